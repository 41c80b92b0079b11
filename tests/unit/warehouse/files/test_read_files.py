from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from unittest.mock import MagicMock

import pytest
from pyspark.sql import types as t

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.files.read_files import FileRelations

QUERY = "select * from stream read_files('/a') join read_files('/b')"


@pytest.fixture
def spark() -> MagicMock:
    return MagicMock()


@pytest.fixture
def relations(tmp_path: Path, spark: MagicMock) -> FileRelations:
    catalog = Catalog(spark, Records(tmp_path / "records.sqlite"), tmp_path)
    found = FileRelations(catalog, MagicMock(paths=MagicMock(names_of_files=lambda _: [])), spark)
    found._inner = MagicMock(relation=MagicMock(return_value=None))
    reading = MagicMock(path="/a", format="csv", schema=t.StructType(), options={}, has_renamed=False)
    cast(Any, found)._reading = MagicMock(return_value=reading)
    return found


def created(spark: MagicMock) -> list[str]:
    return [call.args[0] for call in spark.catalog.createTable.call_args_list]


def dropped(spark: MagicMock) -> list[str]:
    texts = [call.args[0] for call in spark.sql.call_args_list]
    return [text.removeprefix("drop table if exists ") for text in texts if text.startswith("drop table")]


def test_a_statement_has_tables_in_the_place_of_its_files_while_it_runs(
    relations: FileRelations, spark: MagicMock
) -> None:
    with relations.named(QUERY, spark) as named:
        first, second = created(spark)
        assert named == f"select * from stream {first} join {second}"
        assert not dropped(spark)
    assert dropped(spark) == created(spark)


def test_a_statement_that_fails_leaves_no_table(relations: FileRelations, spark: MagicMock) -> None:
    with pytest.raises(ZeroDivisionError), relations.named(QUERY, spark):
        raise ZeroDivisionError
    assert dropped(spark) == created(spark)
    cast(Any, relations)._reading.side_effect = [cast(Any, relations)._reading.return_value, OSError]
    with pytest.raises(OSError), relations.named(QUERY, spark):  # noqa: PT011 - what reading raised
        pass
    assert dropped(spark) == created(spark)
    assert len(dropped(spark)) == 3


def test_views_keep_their_tables_and_show_what_was_written(
    relations: FileRelations, spark: MagicMock
) -> None:
    with relations.named(QUERY, spark, is_kept=True) as named:
        pass
    assert not dropped(spark)
    assert relations._catalog.records.files.as_written(named) == QUERY
    with relations.named(QUERY, spark, is_kept=True) as again:
        assert again == named
