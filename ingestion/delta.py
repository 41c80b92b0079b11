"""A Delta table of the ingester: by path on a laptop, where the warehouse owns the catalog, else by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ingestion.errors import LandingError
from ingestion.settings import BronzeSettings
from ingestion.tables import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ATTEMPTS = 10
"""How often rows are written while someone changes the table's properties."""


class DeltaTable:
    """A table that is there, or is made where it is a folder; a missing name is the owner's to create."""

    definition: ClassVar[Table]

    def __init__(self, spark: SparkSession, settings: BronzeSettings) -> None:
        """Find the table, in this session.

        Raises:
            LandingError: the named table does not exist.
        """
        self.spark = spark
        self.path = self.definition.path_in(settings)
        self.name = f"delta.`{self.path}`" if self.path else self.definition.name_in(settings)
        if self.path:
            if not (Path(self.path) / "_delta_log").is_dir():
                spark.sql(self.definition.create_statement(self.name))
        elif not spark.catalog.tableExists(self.name):
            raise LandingError(
                f"table {self.name} does not exist, or may not be read: run the statements that "
                "`python -m ingestion bootstrap` prints."
            )

    @property
    def label(self) -> str:
        """What to call the table when speaking to a person."""
        return self.path or self.name.replace("`", "")

    def identify(self) -> tuple[str, bool]:
        """Delta's own id of the table, and whether it holds no file.

        A table that is dropped and made anew has another id.
        """
        detail = self.spark.sql(f"describe detail {self.name}").select("id", "numFiles")
        ((table_id, files),) = detail.collect()
        return str(table_id), files == 0

    def append(self, rows: DataFrame, app_id: str, version: int) -> None:
        """Write rows in one transaction of `app_id`, left out if it holds this version or a later."""
        append(rows, self.path, self.name, app_id, version)


def append(rows: DataFrame, path: str | None, name: str, app_id: str, version: int) -> None:
    """`DeltaTable.append` on plain values: with Spark Connect it runs in a process on the server."""
    writer = (
        rows.write.format("delta")
        .mode("append")
        .option("txnAppId", app_id)
        .option("txnVersion", str(version))
    )
    for attempt in range(ATTEMPTS):
        try:
            if path:
                writer.save(path)
            else:
                writer.saveAsTable(name)
            break
        except Exception as error:
            # A property of the table changed since the rows were planned, as while a customer is erased:
            # nothing was written, and by its transaction it is written but once.
            if "DELTA_METADATA_CHANGED" not in str(error) or attempt + 1 == ATTEMPTS:
                raise
