from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import MagicMock

import pytest

from emulators.warehouse.describing.metadata_relations import MetadataRelations
from emulators.warehouse.errors import SqlError
from emulators.warehouse.spark.own_views import is_own_view
from emulators.warehouse.sql.statements import recognise


@pytest.fixture
def relations() -> MetadataRelations:
    catalog = MagicMock()
    catalog.get = lambda name, session: SimpleNamespace(schema=name[0], name=name[1])
    catalog.records.derived.refreshes = lambda *where: []
    return MetadataRelations(cast(Any, catalog), cast(Any, MagicMock()))


def views_of(spark: MagicMock) -> tuple[list[str], list[str]]:
    """The views that were made and those that were dropped."""
    made = [each.args[0] for each in spark.createDataFrame().createOrReplaceTempView.call_args_list]
    return made, [each.args[0] for each in spark.catalog.dropTempView.call_args_list]


@pytest.mark.parametrize("head", ["", "create table t as ", "insert into t "])
def test_each_log_of_a_statement_is_a_view_of_its_own_that_goes_with_it(
    relations: MetadataRelations, head: str
) -> None:
    spark = MagicMock()
    sql = f"{head}select * from event_log(table(a_b.c)) union all select * from event_log(table(a.b_c))"

    with relations.named(sql, recognise(sql), MagicMock(spark=spark)) as named:
        made, dropped = views_of(spark)
        assert len(set(made)) == 2
        assert all(is_own_view(each) and each in named for each in made)
        assert dropped == []

    assert sorted(views_of(spark)[1]) == sorted(made)


def test_what_a_temporary_view_reads_stays(relations: MetadataRelations) -> None:
    spark = MagicMock()
    sql = "create temporary view v as select * from event_log(table(a.b))"

    with relations.named(sql, recognise(sql), MagicMock(spark=spark)):
        pass

    made, dropped = views_of(spark)
    assert (len(made), dropped) == (1, [])


@pytest.mark.parametrize(
    "head",
    [
        "create view v as",
        "alter view v as",
        "create materialized view v as",
        "create or refresh streaming table v as",
        "create function f() returns table return",
    ],
)
@pytest.mark.parametrize(
    "relation", ["main.information_schema.tables", "system.query.history", "event_log(table(s.mv))"]
)
def test_what_would_be_read_again_later_is_refused(
    relations: MetadataRelations, head: str, relation: str
) -> None:
    with pytest.raises(SqlError, match="UNSUPPORTED_FEATURE"):
        relations.check(recognise(f"{head} select * from {relation}"))
    relations.check(recognise(f"{head} select '{relation.replace(chr(39), '')}' as a"))
    relations.check(recognise(f"create table t as select * from {relation}"))


def test_a_relation_that_is_written_stays_what_it_is(relations: MetadataRelations) -> None:
    sql = "delete from information_schema.tables"
    with relations.named(sql, recognise(sql), MagicMock()) as named:
        assert named == sql


def test_what_is_left_for_later_stays_in_a_statement_that_reads_none(relations: MetadataRelations) -> None:
    sql = "create table t (a int primary key, b int check (b > 0)) cluster by auto"
    with relations.named(sql, recognise(sql), MagicMock()) as named:
        assert named == sql
