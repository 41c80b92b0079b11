"""A Delta table of the ingester: by path on a laptop, where the warehouse owns the catalog, else by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ingestion.errors import LandingError
from ingestion.settings import BronzeSettings
from ingestion.tables.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, DataFrameWriter, SparkSession

ATTEMPTS = 10
"""How often rows are written while someone changes the table's properties."""


class DeltaTable:
    """A table that is there, or is made where it is a folder; a missing name is the owner's to create.

    `table_id` is Delta's own: a table that is dropped and made anew has another. `file_count` is how many
    files it held when it was found.
    """

    definition: ClassVar[Table]

    def __init__(self, spark: SparkSession, settings: BronzeSettings) -> None:
        """Find the table, and ask what it is.

        Raises:
            LandingError: the named table does not exist, or its folder holds something else.
        """
        self.spark = spark
        self.path = self.definition.path_in(settings)
        self.name = f"delta.`{self.path}`" if self.path else self.definition.name_in(settings)
        if self.path:
            if not (Path(self.path) / "_delta_log").is_dir():
                check_folder(Path(self.path))
                spark.sql(self.definition.create_statement(self.name))
        elif not spark.catalog.tableExists(self.name):
            raise LandingError(
                f"table {self.name} does not exist, or may not be read: run the statements that "
                "`python -m ingestion bootstrap` prints."
            )
        self.table_id, self.file_count = self._identified()

    @property
    def label(self) -> str:
        """What to call the table when speaking to a person."""
        return self.path or self.name.replace("`", "")

    def _identified(self) -> tuple[str, int]:
        if self.path and (known := summary(Path(self.path))):
            return known
        (detail,) = self.spark.sql(f"describe detail {self.name}").collect()
        return str(detail["id"]), int(detail["numFiles"])

    def of(self, event_hub: str) -> DataFrame:
        """The rows of a hub."""
        from pyspark.sql.functions import col

        return self.spark.table(self.name).where(col("event_hub") == event_hub)

    def append(self, rows: DataFrame) -> None:
        """Write rows in one commit."""
        appender(self.path, self.name)(rows.write)

    def compact(self) -> None:
        """Write small files together, which changes no row."""
        self.spark.sql(f"optimize {self.name}")


def check_folder(path: Path) -> None:
    """See to it that a table is here or can be made: a folder of Delta's, an empty one, or none yet.

    Raises:
        LandingError: the folder holds something, or cannot be one.
    """
    try:
        if (path / "_delta_log").is_dir():
            return
        held = next(path.iterdir(), None)
    except FileNotFoundError:
        return
    except OSError as error:
        raise LandingError(
            f"INGESTION_BRONZE_PATH={str(path.parent)!r} cannot hold the table {path.name} "
            f"({error.strerror}): name another folder."
        ) from error
    if held:
        raise LandingError(
            f"{path} is not a Delta table, but holds {held.name!r}. Nothing was changed there. Set "
            "INGESTION_BRONZE_PATH to a folder of the ingester's own."
        )


def summary(path: Path) -> tuple[str, int] | None:
    """Id and number of files of a table by what Delta wrote beside its latest commit, without a Spark job.

    Returns:
        None where the file is missing, as after a crash, or not readable. Delta's protocol describes it under
        "Version Checksum File", and lets writers leave it out.
    """
    try:
        latest = max(file for file in (path / "_delta_log").glob("*.json") if file.stem.isdecimal())
        values = json.loads(latest.with_suffix(".crc").read_text())
        return str(values["metadata"]["id"]), int(values["numFiles"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def appender(path: str | None, name: str) -> Callable[[DataFrameWriter], None]:
    """What writes rows into a table in one commit.

    With Spark Connect it runs in a process on the server, where this package need not be installed: it is a
    nested function, which is sent as its code and not as its name, and uses nothing of the package.

    Args:
        path: folder of the table, if it is one.
        name: the table in SQL, otherwise.
    """
    attempts = ATTEMPTS

    def append(writer: DataFrameWriter) -> None:
        writer = writer.format("delta").mode("append")
        for attempt in range(attempts):
            try:
                if path:
                    writer.save(path)
                else:
                    writer.saveAsTable(name)
                break
            except Exception as error:
                # A property of the table changed since the rows were planned, as while a customer is erased:
                # nothing was written.
                if "DELTA_METADATA_CHANGED" not in str(error) or attempt + 1 == attempts:
                    raise

    return append
