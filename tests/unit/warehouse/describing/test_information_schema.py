from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import types as t
from sqlglot import parse_one
from sqlglot.errors import SqlglotError

from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.catalog.spark_catalog import RelationEntry, SchemaEntry
from emulators.warehouse.describing.information_schema import translate
from emulators.warehouse.describing.sqlite_queries import used_tables
from emulators.warehouse.sql.statements import Key

COLUMNS = t.StructType(
    [
        t.StructField("id", t.LongType(), False, {"comment": "Its own."}),
        t.StructField("amount", t.DecimalType(12, 2)),
        t.StructField("parts", t.ArrayType(t.StructType([t.StructField("a", t.StringType())]))),
    ]
)


def entry(name: str, kind: str = "VIEW", provider: str | None = None) -> RelationEntry:
    return RelationEntry(
        schema="gold",
        name=name,
        kind=kind,
        provider=provider,
        location=None,
        columns=COLUMNS.jsonValue(),
        partition_columns=[],
        options={},
        properties={},
        view_text="select 1" if kind == "VIEW" else None,
        comment=None,
        created_at=0,
    )


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    found = Records(tmp_path / "records.sqlite")
    found.schemas.put(SchemaEntry("gold", "", "file:/gold"))
    found.relations.put(entry("orders", "MANAGED", "parquet"))
    found.relations.put(entry("recent"))
    yield found
    found.close()


def run(records: Records, sql: str) -> list[dict[str, Any]]:
    tree = parse_one(sql, read="databricks")
    for table in used_tables(tree):
        table.set("catalog", None)
    translated = translate(tree, records.information_schema())
    _, rows = records.query(translated.sql)
    page = translated.result(rows)
    return [dict(zip([each.name for each in page.columns], row, strict=True)) for row in rows]


def test_the_relations_are_those_that_were_recorded(records: Records) -> None:
    rows = run(
        records,
        "select table_name, "
        "if(table_type in ('EXTERNAL', 'MANAGED'), 'table', lower(table_type)) as table_type, "
        "lower(data_source_format) as file_format from `system`.`information_schema`.`tables` "
        "where table_catalog = 'spark_catalog' and table_schema = 'gold' order by table_name",
    )

    assert rows == [
        {"table_name": "orders", "table_type": "table", "file_format": "parquet"},
        {"table_name": "recent", "table_type": "view", "file_format": "unknown_data_source_format"},
    ]


def test_views_tell_whether_they_are_materialized(records: Records) -> None:
    records.relations.put(entry("kept"), "MATERIALIZED_VIEW")

    assert run(records, "select table_name, is_materialized from information_schema.views order by 1") == [
        {"table_name": "kept", "is_materialized": "TRUE"},
        {"table_name": "recent", "is_materialized": "FALSE"},
    ]


def test_columns_have_both_names_of_their_type(records: Records) -> None:
    rows = run(
        records,
        "select column_name, ordinal_position, is_nullable, data_type, full_data_type, numeric_precision, "
        "numeric_scale, comment from information_schema.columns where table_name = 'orders'",
    )

    assert [tuple(each.values()) for each in rows] == [
        ("id", 0, "NO", "LONG", "bigint", 19, 0, "Its own."),
        ("amount", 1, "YES", "DECIMAL", "decimal(12,2)", 12, 2, None),
        ("parts", 2, "YES", "ARRAY", "array<struct<a:string>>", None, None, None),
    ]


def test_a_comment_on_a_column_overrides_its_own_until_the_relation_is_made_anew(records: Records) -> None:
    sql = "select comment from information_schema.columns where table_name = 'orders' and column_name = 'id'"

    records.columns.put_comment("gold", "orders", "ID", "Later.")
    assert run(records, sql) == [{"comment": "Later."}]

    records.relations.reset("gold", "orders")
    records.relations.put(entry("orders", "MANAGED", "parquet"))
    assert run(records, sql) == [{"comment": "Its own."}]


def test_foreign_keys_lead_to_the_primary_key_as_the_adapter_asks_for_them(records: Records) -> None:
    records.keys.put("gold", "orders", Key("orders_pk", "PRIMARY KEY", ("id",)), "orders_pk", None)
    foreign = Key("recent_fk", "FOREIGN KEY", ("id",), ("gold", "orders"), ("id",))
    records.keys.put("gold", "recent", foreign, "recent_fk", ("gold", "orders"))

    rows = run(
        records,
        """
        select kcu.constraint_name, kcu.column_name as from_column, ukcu.table_name as to_table,
            ukcu.column_name as to_column
        from `spark_catalog`.information_schema.key_column_usage kcu
        join `spark_catalog`.information_schema.referential_constraints rc
            on kcu.constraint_catalog = rc.constraint_catalog and kcu.constraint_schema = rc.constraint_schema
            and kcu.constraint_name = rc.constraint_name
        join `spark_catalog`.information_schema.key_column_usage ukcu
            on rc.unique_constraint_name = ukcu.constraint_name
            and kcu.ordinal_position = ukcu.ordinal_position
        where kcu.table_name = 'recent' and kcu.constraint_name in (
            select constraint_name from `spark_catalog`.information_schema.table_constraints
            where table_name = 'recent' and constraint_type = 'FOREIGN KEY')
        order by kcu.ordinal_position
        """,
    )

    assert rows == [
        {"constraint_name": "recent_fk", "from_column": "id", "to_table": "orders", "to_column": "id"}
    ]


def test_unique_constraints_are_keys_that_foreign_ones_may_lead_to(records: Records) -> None:
    for key in (
        Key("orders_pk", "PRIMARY KEY", ("id",)),
        Key("orders_uk", "UNIQUE", ("number", "Shop")),
    ):
        records.keys.put("gold", "orders", key, str(key.name), None)
    for name, to in (("to_pk", ("id",)), ("to_uk", ("number", "shop")), ("to_neither", ())):
        foreign = Key(name, "FOREIGN KEY", ("a", "b")[: len(to) or 1], ("gold", "orders"), to)
        records.keys.put("gold", "recent", foreign, name, ("gold", "orders"))

    assert run(
        records,
        "select constraint_name, constraint_type, is_deferrable, enforced "
        "from information_schema.table_constraints where table_name = 'orders' order by 1",
    ) == [
        {"constraint_name": name, "constraint_type": kind, "is_deferrable": "YES", "enforced": "NO"}
        for name, kind in (("orders_pk", "PRIMARY KEY"), ("orders_uk", "UNIQUE"))
    ]
    assert run(
        records,
        "select constraint_name as c, column_name as n from information_schema.key_column_usage "
        "where constraint_name = 'orders_uk' order by ordinal_position",
    ) == [{"c": "orders_uk", "n": "number"}, {"c": "orders_uk", "n": "Shop"}]
    assert run(
        records,
        "select constraint_name as f, unique_constraint_name as u "
        "from information_schema.referential_constraints order by 1",
    ) == [
        {"f": "to_neither", "u": "orders_pk"},
        {"f": "to_pk", "u": "orders_pk"},
        {"f": "to_uk", "u": "orders_uk"},
    ]


def test_tags_are_kept_per_relation_and_per_column(records: Records) -> None:
    records.tags.put("gold", "orders", None, {"layer": "gold", "old": "x"})
    records.tags.put("gold", "orders", "id", {"kind": "key"})
    records.tags.put("gold", "orders", None, {"old": None})

    assert run(records, "select tag_name, tag_value from information_schema.table_tags") == [
        {"tag_name": "layer", "tag_value": "gold"}
    ]
    assert run(records, "select column_name, tag_name, tag_value from information_schema.column_tags") == [
        {"column_name": "id", "tag_name": "kind", "tag_value": "key"}
    ]


def test_types_of_a_result_follow_from_the_query(records: Records) -> None:
    tree = parse_one(
        "select table_name, created, current_timestamp() as now, count(*) as n, "
        "(created is not null and table_type not ilike '%VIEW%') as is_table, "
        "1.5 as half, null as nothing from information_schema.tables group by all",
        read="databricks",
    )
    translated = translate(tree, records.information_schema())
    _, rows = records.query(
        translate(
            parse_one("select created, 1 > 0 as yes from information_schema.tables", read="databricks"),
            records.information_schema(),
        ).sql
    )

    assert translated.types[:5] == [
        t.StringType(),
        t.TimestampType(),
        t.TimestampType(),
        t.LongType(),
        t.BooleanType(),
    ]
    assert rows == [("1970-01-01 00:00:00.000000", 1)] * 2


def test_names_of_a_result_are_the_clients(records: Records) -> None:
    tree = parse_one(
        "select 'x' as `stats:last_modified:label`, Table_Name as TableName from information_schema.tables",
        read="databricks",
    )

    assert translate(tree, records.information_schema()).names[0] == "stats:last_modified:label"


def test_a_column_that_does_not_exist_is_not_translated(records: Records) -> None:
    tree = parse_one("select nope from information_schema.tables", read="databricks")

    with pytest.raises(SqlglotError):
        translate(tree, records.information_schema())


def test_common_table_expressions_are_not_tables() -> None:
    tree = parse_one(
        "with tables as (select * from information_schema.tables) select * from tables join s.other",
        read="databricks",
    )

    assert sorted(each.sql() for each in used_tables(tree)) == ["information_schema.tables", "s.other"]
