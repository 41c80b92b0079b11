"""Statements through the official connector: types, metadata, Databricks' own forms, refusals."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest
from databricks.sql.exc import ServerOperationError

from tests.integration.warehouse.conftest import Warehouse


@pytest.fixture(scope="module", autouse=True)
def _schema(warehouse: Warehouse) -> None:
    warehouse.rows("create schema if not exists s comment 'For these tests.'")


def failure_of(warehouse: Warehouse, statement: str) -> str:
    with pytest.raises(ServerOperationError) as caught:
        warehouse.rows(statement)
    return str(caught.value)


VALUES: list[tuple[str, Any]] = [
    ("true", True),
    ("cast(1 as tinyint)", 1),
    ("9223372036854775807", 9223372036854775807),
    ("1.5e0", 1.5),
    ("cast('12345678901234567890.12' as decimal(38, 2))", Decimal("12345678901234567890.12")),
    ("'it\\'s ü'", "it's ü"),
    ("x'00ff'", b"\x00\xff"),
    ("date'2024-02-29'", date(2024, 2, 29)),
    ("timestamp'2024-01-01 00:00:00.123456+02:00'", datetime(2023, 12, 31, 22, 0, 0, 123456, UTC)),
    ("timestamp_ntz'2024-01-01 00:00:00'", datetime(2024, 1, 1)),
    ("named_struct('a', 1, 'b', 'x')", {"a": 1, "b": "x"}),
    ("map('a', 1)", [("a", 1)]),
    ("interval '1-2' year to month", "1-2"),
    ("interval '1 02:03:04.5' day to second", "1 02:03:04.500000000"),
    ("parse_json('{\"a\": [1, null]}')", '{"a":[1,null]}'),
    ("null", None),
]


@pytest.mark.parametrize("interpreted", [True, False], ids=["interpreted", "compiled"])
def test_every_type_makes_the_round_trip(warehouse: Warehouse, interpreted: bool) -> None:
    selected = ", ".join(f"{expression} as c{index}" for index, (expression, _) in enumerate(VALUES))
    with warehouse.cursor() as cursor:
        if not interpreted:
            cursor.execute("set spark.sql.codegen.factoryMode = FALLBACK")
            cursor.execute("set spark.sql.codegen.wholeStage = true")
        cursor.execute(f"select {selected}, array(1, 2, null) as items")
        row = cursor.fetchone()
        types = [each[1] for each in cursor.description or []]

    assert row is not None
    assert [*row][:-1] == [value for _, value in VALUES]
    assert [None if each is None or each != each else int(each) for each in row[-1]] == [1, 2, None]
    assert types[:5] == ["boolean", "tinyint", "bigint", "double", "decimal"]
    assert types[14] == "variant"


def test_rows_come_in_pages(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection, connection.cursor(arraysize=1000) as cursor:
        cursor.execute("select id, repeat('x', 100) as x from range(250000) order by id")
        first = cursor.fetchmany(3)
        rest = cursor.fetchall_arrow()

    assert [row.id for row in first] == [0, 1, 2]
    assert rest["id"].to_pylist() == list(range(3, 250000))


def test_parameters_are_bound_by_name_and_by_position(warehouse: Warehouse) -> None:
    with warehouse.cursor() as cursor:
        cursor.execute("select :a + 1 as a, :d as d, :n as n", {"a": 41, "d": Decimal("1.50"), "n": None})
        assert tuple(cursor.fetchone() or ()) == (42, Decimal("1.50"), None)
        cursor.execute("select ? as a, ? as b", ["x", datetime(2024, 1, 1, tzinfo=UTC)])
        assert tuple(cursor.fetchone() or ()) == ("x", datetime(2024, 1, 1, tzinfo=UTC))


def test_parameters_stand_for_names_and_in_statements_of_ours(warehouse: Warehouse) -> None:
    with warehouse.cursor(schema="s") as cursor:

        def run(statement: str, *parameters: Any, **named: Any) -> list[tuple[Any, ...]]:
            cursor.execute(statement, list(parameters) or named or None)
            return [tuple(row) for row in cursor.fetchall()]

        run("create or replace table identifier(:t) (id int, n string)", t="s.named")
        run("insert into identifier(:s || '.' || :t) values (:v::int, 'a')", s="s", t="named", v=1)
        run("insert into identifier(?) as t replace on (t.id = ?) select 1, ?", "s.named", 1, "b")
        run("insert into named replace using (id) select :id as id, :n as n", id=2, n="it's c")
        assert run("select id, n from identifier(?) order by identifier(?)", "named", "id") == [
            (1, "b"),
            (2, "it's c"),
        ]
        assert run("update named set n = :n where id = :id", n="d", id=2)[0][0] == 1
        assert run("select table_type from information_schema.tables where table_name = :t", t="named") == [
            ("MANAGED",)
        ]
        run(
            "create or replace materialized view identifier(:v) as select n from named where id = :id",
            v="v_named",
            id=2,
        )
        assert run("select n from v_named") == [("d",)]
        assert len(run("select * from event_log(table(identifier(:v)))", v="s.v_named")) == 3
        run("refresh materialized view identifier(?)", "v_named")
        assert run(
            "select count(*) > 0 from system.query.history where statement_text like ?", "%v_named%"
        ) == [(True,)]
        assert run("select element_at(:m, 'k') as k, :a[1] as a", m={"k": 1.5}, a=[1, 2]) == [(1.5, 2)]
        for statement, error in (
            ("select * from identifier(:missing)", "UNBOUND_SQL_PARAMETER"),
            ("select :missing", "UNBOUND_SQL_PARAMETER"),
            ("insert into named replace using (id) select :missing as id, 'x' as n", "UNBOUND_SQL_PARAMETER"),
            ("select * from identifier(:t)", "TABLE_OR_VIEW_NOT_FOUND"),
        ):
            with pytest.raises(ServerOperationError, match=error):
                run(statement, t="s.nope")


def test_a_change_meets_an_append_as_on_databricks(warehouse: Warehouse) -> None:
    warehouse.rows("create or replace table s.contended (id int, n string)")
    slow = "coalesce(java_method('java.lang.Thread', 'sleep', 3000L), 'slow')"
    replace = f"insert into s.contended replace using (id) select 1 as id, {slow} as n"
    merge = (
        f"merge into s.contended as t using (select {{}} as id, {slow} as n) as s on t.id = s.id "
        "when not matched then insert *"
    )

    def failure(statement: str) -> str | None:
        try:
            warehouse.rows(statement)
        except ServerOperationError as error:
            return str(error)
        return None

    warehouse.rows("insert into s.contended values (0, 'first'), (1, 'old')")
    with ThreadPoolExecutor(2) as pool:
        changed = pool.submit(failure, replace)
        time.sleep(1.5)
        warehouse.rows("insert into s.contended values (2, 'meanwhile')")
        assert changed.result() is None
        assert warehouse.rows("select id from s.contended order by id") == [(0,), (1,), (2,)]

        failures = [each for each in pool.map(failure, (merge.format(3), merge.format(4))) if each]
    assert len(failures) == 1
    assert failures[0].startswith("[DELTA_CONCURRENT_APPEND.WITHOUT_HINT]")


def test_row_counts_of_changes(warehouse: Warehouse) -> None:
    with warehouse.cursor(schema="s") as cursor:
        cursor.execute("create or replace table counted (id int, n string)")
        counts = []
        for statement in (
            "insert into counted values (1, 'a'), (2, 'b'), (3, 'c')",
            "update counted set n = 'z' where id > 1",
            "merge into counted as t using (select 3 as id union all select 4) as s on t.id = s.id "
            "when matched then delete when not matched then insert (id, n) values (s.id, 'd')",
            "delete from counted where id = 1",
        ):
            cursor.execute(statement)
            counts.append(cursor.rowcount)
        cursor.execute("select id from counted order by id")

        assert counts == [3, 2, 2, 1]
        assert [row.id for row in cursor.fetchall()] == [2, 4]


def test_the_first_schema_of_a_session_may_come_later(warehouse: Warehouse) -> None:
    with warehouse.cursor(catalog="spark_catalog", schema="later") as cursor:
        cursor.execute("select 1 as one")
        assert tuple(cursor.fetchone() or ()) == (1,)
        cursor.execute("create schema later")
        cursor.execute("create table t as select 1 as id")
        cursor.execute("select current_schema() as name")
        assert tuple(cursor.fetchone() or ()) == ("later",)
    assert warehouse.rows("select id from later.t") == [(1,)]


def test_temporary_views_and_settings_are_a_sessions_own(warehouse: Warehouse) -> None:
    with warehouse.cursor() as one, warehouse.cursor() as other:
        one.execute("create temporary view mine as select 1 as id")
        one.execute("set spark.sql.session.timeZone = America/New_York")
        one.execute("describe table extended mine as json")
        assert '"name": "id"' in str(one.fetchall()[0][0])
        with pytest.raises(ServerOperationError, match="TABLE_OR_VIEW_NOT_FOUND"):
            other.execute("select * from mine")
        other.execute("select current_timezone() as zone")
        assert tuple(other.fetchone() or ()) == ("UTC",)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("selec 1", "[PARSE_SYNTAX_ERROR]"),
        ("select * from s.nope", "[TABLE_OR_VIEW_NOT_FOUND]"),
        ("select nope from (select 1 as id)", "[UNRESOLVED_COLUMN"),
        ("select 1 / 0", "[DIVIDE_BY_ZERO]"),
        ("select cast('x' as int)", "[CAST_INVALID_INPUT]"),
        ("use catalog nope", "[NO_SUCH_CATALOG_EXCEPTION]"),
        ("select * from system.information_schema.nope", "[TABLE_OR_VIEW_NOT_FOUND]"),
        ("refresh materialized view s.nope", "[TABLE_OR_VIEW_NOT_FOUND]"),
        ("create streaming table s.t as select 1", "[STREAMING_TABLE_QUERY_INVALID]"),
        ("copy into s.t from 's3://x' fileformat = json", "[TABLE_OR_VIEW_NOT_FOUND]"),
    ],
)
def test_errors_name_their_class_and_show_no_java(warehouse: Warehouse, statement: str, message: str) -> None:
    text = failure_of(warehouse, statement)

    assert text.startswith(message)
    assert "\tat " not in text
    assert "Exception:" not in text
    assert warehouse.rows("select 1") == [(1,)]


@pytest.mark.parametrize(
    ("merge", "part"),
    [
        ("on t.nope = n.id when matched then delete", "search condition"),
        ("on t.id = n.id when matched and t.nope > 1 then delete", "DELETE condition"),
        ("on t.id = n.id when matched then update set id = t.nope", "UPDATE clause"),
        ("on t.id = n.id when not matched then insert (t.nope) values (n.id)", "INSERT clause"),
    ],
)
def test_a_merge_names_the_column_that_is_not_there(warehouse: Warehouse, merge: str, part: str) -> None:
    warehouse.rows("create or replace table s.merged as select 1 as id")

    assert f"[DELTA_MERGE_UNRESOLVED_EXPRESSION] Cannot resolve `t`.`nope` in {part} given" in failure_of(
        warehouse, f"merge into s.merged as t using s.merged as n {merge}"
    )


def test_not_null_and_check_are_enforced(warehouse: Warehouse) -> None:
    with warehouse.cursor(schema="s") as cursor:
        cursor.execute("create or replace table strict (id int, amount int not null, price int)")
        cursor.execute("insert into strict values (1, 1, 1)")
        cursor.execute("alter table strict change column `id` set not null")
        cursor.execute("alter table strict add constraint positive check (price > 0)")
    for values, message in (
        ("(null, 1, 1)", "DELTA_NOT_NULL_CONSTRAINT_VIOLATED"),
        ("(1, null, 1)", "DELTA_NOT_NULL_CONSTRAINT_VIOLATED"),
        ("(1, 1, 0)", "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"),
    ):
        assert message in failure_of(warehouse, f"insert into s.strict values {values}")
    assert warehouse.rows(
        "select column_name from information_schema.columns "
        "where table_name = 'strict' and is_nullable = 'NO' order by 1"
    ) == [("amount",), ("id",)]

    warehouse.rows("alter table s.strict alter column id drop not null")
    warehouse.rows("insert into s.strict values (null, 1, 1)")
    assert "DELTA_NEW_NOT_NULL_VIOLATION" in failure_of(
        warehouse, "alter table s.strict alter column id set not null"
    )


def test_keys_comments_tags_and_grants_are_recorded_and_readable(warehouse: Warehouse) -> None:
    with warehouse.cursor(schema="s") as cursor:
        for statement in (
            "create or replace table parent (id bigint not null comment 'Its own.', n string, "
            "constraint parent_pk primary key (id)) comment 'Parents.'",
            "create or replace table child (id bigint, parent_id bigint) cluster by (id)",
            "alter table child add constraint child_fk foreign key (parent_id) references s.parent",
            "set tag on column s.child.id kind = 'own'",
            "analyze table child compute statistics for columns id",
            "comment on column s.parent.n is 'It\\'s a name'",
            "alter table parent set tags ('layer' = 'test')",
            "alter table parent alter column id set tags ('kind' = 'key')",
            "grant select on table parent to `a@b.c`",
        ):
            cursor.execute(statement)

    assert warehouse.rows(
        "select constraint_name, constraint_type from spark_catalog.information_schema.table_constraints "
        "where table_schema = 's' and table_name in ('parent', 'child') order by 1"
    ) == [("child_fk", "FOREIGN KEY"), ("parent_pk", "PRIMARY KEY")]
    assert warehouse.rows(
        "select column_name, comment from system.information_schema.columns "
        "where table_name = 'parent' order by 1"
    ) == [("id", "Its own."), ("n", "It's a name")]
    assert warehouse.rows("describe s.parent") == [
        ("id", "bigint", "Its own."),
        ("n", "string", "It's a name"),
    ]
    assert warehouse.rows(
        "select tag_name, tag_value from system.information_schema.table_tags where table_name = 'parent'"
    ) == [("layer", "test")]
    assert warehouse.rows(
        "select table_name, tag_value from system.information_schema.column_tags "
        "where schema_name = 's' and column_name = 'id' order by 1"
    ) == [("child", "own"), ("parent", "key")]
    assert warehouse.rows("show grants on table s.parent") == [
        ("a@b.c", "SELECT", "TABLE", "spark_catalog.s.parent")
    ]
    assert "INVALID_PARAMETER_VALUE" in failure_of(warehouse, "grant usage on table s.parent to `a@b.c`")
    assert ("clusteringColumns", '[["id"]]') in warehouse.rows("show tblproperties s.child")
    constraint = "FOREIGN KEY (`parent_id`) REFERENCES `spark_catalog`.`s`.`parent` (`id`)"
    described = warehouse.rows("describe extended s.child")
    assert described[-2:] == [("# Constraints", "", ""), ("child_fk", constraint, "")]
    assert "CONSTRAINT_ALREADY_EXISTS" in failure_of(
        warehouse, "alter table s.child add constraint child_fk foreign key (id) references s.parent (id)"
    )
    assert "UNRESOLVED_COLUMN" in failure_of(warehouse, "comment on column s.parent.nope is 'x'")


def test_functions_that_spark_has_under_another_name(warehouse: Warehouse) -> None:
    assert warehouse.rows("select charindex('b', 'abc'), iff(1 > 2, 'a', 'b'), getdate() = now()") == [
        (2, "b", True)
    ]
    warehouse.rows(
        "create or replace function s.hidden(name string) return "
        "case when is_account_group_member('hr') or is_member('hr') then name else '***' end"
    )
    assert warehouse.rows("select s.hidden('Ann')") == [("***",)]


def test_owners_are_recorded_and_readable(warehouse: Warehouse) -> None:
    def owners(of: str) -> list[str]:
        table = f"select table_owner from information_schema.tables where table_schema = 'mine' and {of}"
        return [owner for (owner,) in warehouse.rows(f"{table} order by table_name")]

    with warehouse.cursor() as cursor:
        for statement in (
            "create schema mine",
            "create table mine.a as select 1 as id",
            "create view mine.b as select * from mine.a",
            "create table mine.c as select 1 as id",
            "alter table mine.a owner to `data engineers`",
            "alter view mine.b set owner to analysts",
            "alter schema mine owner to `a@b.c`",
            "alter catalog spark_catalog owner to admins",
        ):
            cursor.execute(statement)
    assert owners("true") == ["data engineers", "analysts", "root"]
    assert ("Owner", "data engineers", "") in warehouse.rows("describe extended mine.a")
    assert ("Owner", "a@b.c") in warehouse.rows("describe schema mine")
    assert ("Owner", "admins") in warehouse.rows("describe catalog spark_catalog")
    assert warehouse.rows(
        "select catalog_owner, schema_owner from information_schema.catalogs as c "
        "join information_schema.schemata as s using (catalog_name) where schema_name = 'mine'"
    ) == [("admins", "a@b.c")]

    warehouse.rows("create or replace table mine.a as select 2 as id")
    warehouse.rows("alter table mine.a rename to mine.d")
    assert owners("table_name = 'd'") == ["data engineers"]
    warehouse.rows("drop table mine.d")
    warehouse.rows("create table mine.d (id int)")
    assert owners("table_name = 'd'") == ["root"]
    assert "TABLE_OR_VIEW_NOT_FOUND" in failure_of(warehouse, "alter table mine.nope owner to x")
    warehouse.rows("alter catalog spark_catalog owner to root")
    warehouse.rows("drop schema mine cascade")


def test_a_table_with_deletion_vectors_is_read(warehouse: Warehouse) -> None:
    warehouse.rows(
        "create or replace table s.vectors (id int) tblproperties ('delta.enableDeletionVectors' = true)"
    )
    warehouse.rows("insert into s.vectors select * from range(10)")
    warehouse.rows("delete from s.vectors where id = 3")
    ((metrics,),) = warehouse.rows(
        "select operationMetrics from (describe history s.vectors) where operation = 'DELETE'"
    )
    assert ("numDeletionVectorsAdded", "1") in metrics
    assert warehouse.rows("select count(*), max(id) from s.vectors where id > 1") == [(7, 9)]


def test_a_shallow_clone_is_replaced_and_keeps_its_history(warehouse: Warehouse) -> None:
    clone = "create or replace table s.cloned shallow clone s.original"
    warehouse.rows("create or replace table s.original as select 1 as id")
    warehouse.rows(clone)
    warehouse.rows("alter table s.original add column name string")
    warehouse.rows("insert into s.original values (2, 'two')")
    warehouse.rows("insert into s.cloned values (3)")
    assert warehouse.rows("select * from s.cloned order by id") == [(1,), (3,)]

    warehouse.rows(clone)
    assert warehouse.rows("select * from s.cloned order by id") == [(1, None), (2, "two")]
    assert warehouse.rows("select * from s.cloned version as of 1 order by id") == [(1,), (3,)]
    assert warehouse.rows(
        "select table_type from information_schema.tables where table_schema = 's' and table_name = 'cloned'"
    ) == [("MANAGED_SHALLOW_CLONE",)]

    warehouse.rows("create table if not exists s.cloned shallow clone s.original")
    assert "TABLE_OR_VIEW_NOT_FOUND" in failure_of(warehouse, f"{clone}_that_is_not_there")
    assert "ALREADY_EXISTS" in failure_of(warehouse, clone.replace(" or replace", ""))
    assert warehouse.rows("select count(*) from s.cloned") == [(2,)]
    assert "DELTA_UNSUPPORTED_NON_EMPTY_CLONE" in failure_of(
        warehouse, "create or replace table s.original shallow clone s.cloned"
    )


def test_properties_that_only_tune_databricks_are_recorded(warehouse: Warehouse) -> None:
    tuning = {
        "delta.targetFileSize": "64mb",
        "delta.tuneFileSizesForRewrites": "true",
        "delta.parquet.compression.codec": "ZSTD",
        "delta.autoOptimize.autoCompact": "auto",
    }
    pairs = ", ".join(f"'{name}' = '{text}'" for name, text in tuning.items())
    warehouse.rows(f"create or replace table s.tuned tblproperties ({pairs}, 'a' = 'b') as select 1 as id")
    shown = dict(warehouse.rows("show tblproperties s.tuned"))
    assert tuning.items() <= shown.items()
    assert shown["a"] == "b"
    assert not [each for each in shown if "recorded" in each]
    (described,) = (each for each in warehouse.rows("describe detail s.tuned")[0] if isinstance(each, list))
    assert tuning.items() <= dict(described).items()

    warehouse.rows("alter table s.tuned rename to s.tuned_again")
    warehouse.rows("alter table s.tuned_again set tblproperties ('delta.targetFileSize' = '32mb')")
    warehouse.rows("alter table s.tuned_again unset tblproperties ('delta.autoOptimize.autoCompact')")
    assert warehouse.rows("show tblproperties s.tuned_again ('delta.targetFileSize')") == [
        ("delta.targetFileSize", "32mb")
    ]
    ((definition,),) = warehouse.rows("show create table s.tuned_again")
    assert "'delta.targetFileSize' = '32mb'" in definition
    assert "autoCompact" not in definition
    assert "DELTA_UNKNOWN_CONFIGURATION" in failure_of(
        warehouse, "alter table s.tuned_again set tblproperties ('delta.targetFileSiz' = '32mb')"
    )


def test_iceberg_tables_are_kept_as_delta(warehouse: Warehouse) -> None:
    managed = "create or replace table s.managed using iceberg partitioned by (day)"
    warehouse.rows(f"{managed} as select 1 as id, date'2024-01-02' as day")
    warehouse.rows(
        "merge into s.managed as t using (select 1 as id) as n on t.id = n.id when matched then delete"
    )
    warehouse.rows("insert into s.managed values (2, date'2024-01-03')")
    assert warehouse.rows("select * from s.managed") == [(2, date(2024, 1, 3))]
    described = {name: value for name, value, _ in warehouse.rows("describe extended s.managed")}
    assert described["Provider"] == "iceberg"
    assert "Partition" not in " ".join(described)
    formats = (
        "select data_source_format from information_schema.tables "
        "where table_schema = 's' and table_name = 'managed'"
    )
    assert warehouse.rows(formats) == [("ICEBERG",)]
    ((definition,),) = warehouse.rows("show create table s.managed")
    assert "USING iceberg\nCLUSTER BY (day)" in definition
    warehouse.rows("drop table s.managed")
    warehouse.rows(definition)
    assert warehouse.rows(formats) == [("ICEBERG",)]
    warehouse.rows("create or replace table s.managed using delta as select 1 as id")
    assert warehouse.rows(formats) == [("DELTA",)]

    uniform = "'delta.enableIcebergCompatV2' = 'true', 'delta.universalFormat.enabledFormats' = 'iceberg'"
    for _ in range(2):
        warehouse.rows(f"create or replace table s.uniform tblproperties ({uniform}) as select 1 as id")
    warehouse.rows("insert into s.uniform values (2)")
    assert warehouse.rows("select count(*) from s.uniform") == [(2,)]
    assert ("delta.universalFormat.enabledFormats", "iceberg") in warehouse.rows(
        "show tblproperties s.uniform"
    )


def test_generated_columns_are_shown_as_they_are_made(warehouse: Warehouse) -> None:
    warehouse.rows(
        "create or replace table s.generated (id bigint generated always as identity (start with 5 "
        "increment by 2), n bigint generated by default as identity, at timestamp, "
        "day date generated always as (cast(at as date)) comment 'Of at.')"
    )
    ((shown,),) = warehouse.rows("show create table s.generated")
    assert "id BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 5 INCREMENT BY 2)," in shown
    assert "n BIGINT GENERATED BY DEFAULT AS IDENTITY (START WITH 1 INCREMENT BY 1)," in shown
    assert "GENERATED ALWAYS AS ( cast(at as date) ) COMMENT 'Of at.'" in shown

    warehouse.rows("drop table s.generated")
    warehouse.rows(shown)
    warehouse.rows("insert into s.generated (at) values (timestamp'2024-01-02 03:04:05')")
    assert warehouse.rows("select id, n, day from s.generated") == [(5, 1, date(2024, 1, 2))]


def test_every_form_of_a_constraint_is_recorded_or_refused(warehouse: Warehouse) -> None:
    with warehouse.cursor(schema="s") as cursor:
        for statement in (
            "create or replace table people (id int constraint people_pk primary key not enforced rely, "
            "a int, b int unique, constraint people_uk unique (a, b) deferrable initially deferred)",
            "create or replace table staff (boss int references staff, id int primary key)",
            "create or replace table pets (id int, owner int references people, a int, b int)",
            "alter table pets add constraint by_ab foreign key (a, b) references people (a, b) "
            "match full norely",
            "alter table pets add unique (id) enable novalidate",
            "alter table pets add constraint cute check (id > 0) enforced",
        ):
            cursor.execute(statement)

    keys = (
        "select table_name, constraint_type, count(*) from information_schema.table_constraints "
        "where table_schema = 's' and table_name in ('people', 'pets') group by all order by 1, 2"
    )
    assert warehouse.rows(keys) == [
        ("people", "PRIMARY KEY", 1),
        ("people", "UNIQUE", 2),
        ("pets", "FOREIGN KEY", 2),
        ("pets", "UNIQUE", 1),
    ]
    assert warehouse.rows(
        "select column_name from information_schema.key_column_usage where constraint_name = 'people_uk' "
        "order by ordinal_position"
    ) == [("a",), ("b",)]
    assert warehouse.rows(
        "select unique_constraint_name from information_schema.referential_constraints "
        "where constraint_name like 'pets_fk%' or constraint_name = 'by_ab' order by 1"
    ) == [("people_pk",), ("people_uk",)]
    ((created,),) = warehouse.rows("show create table s.people")
    assert "CONSTRAINT `people_pk` PRIMARY KEY (`id`) RELY" in created
    assert "id INT NOT NULL" in created
    assert "DELTA_NOT_NULL_CONSTRAINT_VIOLATED" in failure_of(
        warehouse, "insert into s.people values (null, 1, 1)"
    )
    assert "DELTA_VIOLATE_CONSTRAINT" in failure_of(warehouse, "insert into s.pets values (0, 1, 1, 1)")

    for statement, error in (
        ("alter table s.people add primary key (a)", "Cannot create the primary key `people_pk` because its"),
        ("create table s.never (a int primary key, b int primary key)", "[MULTIPLE_PRIMARY_KEYS]"),
        ("alter table s.people add constraint people_uk unique (a)", "[DELTA_CONSTRAINT_ALREADY_EXISTS]"),
        ("alter table s.pets add foreign key (a) references s.people (nope)", "[UNRESOLVED_COLUMN"),
        ("alter table s.pets add foreign key (a) references s.people (a)", "[FOREIGN_KEY_MISMATCH]"),
        ("alter table s.pets add foreign key (a, b) references s.people", "[FOREIGN_KEY_MISMATCH]"),
        ("alter table s.people add foreign key (a) references s.pets", "[FOREIGN_KEY_MISMATCH]"),
        ("alter table s.people drop primary key", "A foreign key `pets_fk_"),
        (
            "alter table s.people drop constraint people_uk restrict",
            "A foreign key `by_ab` depends on the unique",
        ),
        ("alter table s.pets add unique (id) enforced", "[UNSUPPORTED_CONSTRAINT_CHARACTERISTIC]"),
    ):
        assert failure_of(warehouse, statement).startswith(error)
    warehouse.rows("alter table s.people drop primary key cascade")
    warehouse.rows("alter table s.people drop constraint people_uk cascade")
    assert warehouse.rows(keys) == [("people", "UNIQUE", 1), ("pets", "UNIQUE", 1)]
    assert warehouse.rows("select 1 from information_schema.tables where table_name = 'never'") == []


def test_row_filters_and_masks_are_recorded_and_not_applied(warehouse: Warehouse) -> None:
    with warehouse.cursor(schema="s") as cursor:
        for statement in (
            "create or replace function keep(x int) returns boolean return x > 1",
            "create or replace function hide(x string, y int) returns string return '*'",
            "create or replace table secret (id int, n string mask hide using columns (id), "
            "constraint positive check (id > 0)) with row filter s.keep on (id)",
            "insert into secret values (1, 'a')",
        ):
            cursor.execute(statement)

    assert warehouse.rows("select * from s.secret") == [(1, "a")]
    filters = (
        "select filter_name, target_columns from information_schema.row_filters where table_schema = 's'"
    )
    masks = (
        "select column_name, mask_name, using_columns from system.information_schema.column_masks "
        "where table_schema = 's'"
    )
    assert warehouse.rows(filters) == [("spark_catalog.s.keep", "id")]
    assert warehouse.rows(masks) == [("n", "spark_catalog.s.hide", "id")]
    described = warehouse.rows("describe extended s.secret")
    assert ("Function", "spark_catalog.s.keep", "") in described
    assert ("n", "spark_catalog.s.hide", "using id") in described
    assert "DELTA_VIOLATE_CONSTRAINT" in failure_of(warehouse, "insert into s.secret values (0, 'b')")
    warehouse.rows("create or replace table s.secret (id int, n string)")
    assert warehouse.rows(filters) != []
    warehouse.rows("alter table s.secret drop row filter")
    warehouse.rows("alter table s.secret alter column n drop mask")
    assert warehouse.rows(filters) == warehouse.rows(masks) == []

    for statement, error in (
        ("alter table s.secret set row filter s.nope on (id)", "[ROUTINE_NOT_FOUND]"),
        ("alter table s.secret set row filter s.keep on (nope)", "[UNRESOLVED_COLUMN"),
        ("alter table s.secret alter column nope set mask s.hide", "[UNRESOLVED_COLUMN"),
        ("create table s.never (id int mask s.nope)", "[ROUTINE_NOT_FOUND]"),
        ("create table s.never (id int, check (nope > 0))", "[UNRESOLVED_COLUMN"),
    ):
        assert failure_of(warehouse, statement).startswith(error)
    assert warehouse.rows("select 1 from information_schema.tables where table_name = 'never'") == []


def test_rows_are_replaced_in_one_commit(warehouse: Warehouse) -> None:
    warehouse.rows("create or replace table s.replaced (id int, n string)")
    warehouse.rows("insert into s.replaced values (1, 'a'), (2, 'b'), (2, 'c'), (null, 'd')")

    for statement, expected in (
        (
            "insert into s.replaced as t replace on (t.id <=> x.id) "
            "(select * from values (2, 'x'), (2, 'y'), (null, 'z') as v (id, n)) as x",
            [(None, "z"), (1, "a"), (2, "x"), (2, "y")],
        ),
        (
            "insert into s.replaced by name replace using (id) "
            "select 'n' as n, cast(null as int) as id union all select 'm', 1",
            [(None, "n"), (None, "z"), (1, "m"), (2, "x"), (2, "y")],
        ),
        (
            "insert into s.replaced replace where id >= 2 select 3, 'w'",
            [(None, "n"), (None, "z"), (1, "m"), (3, "w")],
        ),
        (
            "insert into s.replaced replace using (id) select id, n from s.replaced where false",
            [(None, "n"), (None, "z"), (1, "m"), (3, "w")],
        ),
    ):
        warehouse.rows(statement)
        assert warehouse.rows("select * from s.replaced order by 1 nulls first, 2") == expected


def test_a_comment_that_a_table_has_makes_no_new_version(warehouse: Warehouse) -> None:
    warehouse.rows("create table s.noted (id int) using delta comment 'Noted.'")
    for comment, versions in (("Noted.", 1), ("It''s noted.", 2), ("It''s noted.", 2)):
        warehouse.rows(f"comment on table s.noted is '{comment}'")
        assert len(warehouse.rows("describe history s.noted")) == versions


def test_creating_what_is_there_already_forgets_nothing(warehouse: Warehouse) -> None:
    warehouse.rows("create table if not exists s.kept (id int, constraint kept_pk primary key (id))")
    warehouse.rows("comment on column s.kept.id is 'Kept.'")

    warehouse.rows("create table if not exists s.kept (other string)")

    assert warehouse.rows("describe s.kept") == [("id", "int", "Kept.")]
    assert warehouse.rows(
        "select constraint_name from information_schema.table_constraints where table_name = 'kept'"
    ) == [("kept_pk",)]


def test_what_was_recorded_of_a_column_goes_and_moves_with_it(warehouse: Warehouse) -> None:
    warehouse.rows("create or replace table s.columns_move (a int, b int, c int)")
    warehouse.rows("alter table s.columns_move set tblproperties ('delta.columnMapping.mode' = 'name')")
    for column in "ab":
        warehouse.rows(f"alter table s.columns_move alter column {column} set tags ('of' = '{column}')")
        warehouse.rows(f"comment on column s.columns_move.{column} is 'Of {column}'")

    warehouse.rows("alter table s.columns_move drop column a")
    warehouse.rows("alter table s.columns_move rename column b to d")
    warehouse.rows("alter table s.columns_move add column a int")

    assert warehouse.rows("describe s.columns_move") == [
        ("d", "int", "Of b"),
        ("c", "int", None),
        ("a", "int", None),
    ]
    assert warehouse.rows(
        "select column_name, tag_value from system.information_schema.column_tags "
        "where table_name = 'columns_move'"
    ) == [("d", "b")]


def test_another_query_takes_the_comments_of_a_views_columns_away(warehouse: Warehouse) -> None:
    warehouse.rows("create or replace view s.altered (a comment 'Its own.', b) as select 1, 2")
    warehouse.rows("comment on column s.altered.b is 'Later.'")

    warehouse.rows("alter view s.altered as select 3 as a, 4 as b")

    assert warehouse.rows("describe s.altered") == [("a", "int", None), ("b", "int", None)]


def test_a_renamed_table_takes_what_was_recorded_along(warehouse: Warehouse) -> None:
    warehouse.rows("create or replace table s.old_name (id int) cluster by auto")
    warehouse.rows("alter table s.old_name set tags ('a' = 'b')")

    warehouse.rows("alter table s.old_name rename to s.new_name")

    assert warehouse.rows(
        "select table_name, tag_value from system.information_schema.table_tags "
        "where table_name like '%_name'"
    ) == [("new_name", "b")]
    assert warehouse.rows(
        "select table_name from system.information_schema.tables where table_name like '%_name'"
    ) == [("new_name",)]
    assert warehouse.rows("select count(*) from s.new_name") == [(0,)]
    assert ("clusterByAuto", "true") in warehouse.rows("show tblproperties s.new_name")

    warehouse.rows("alter table s.new_name cluster by none")
    assert "clusterByAuto" not in dict(warehouse.rows("show tblproperties s.new_name"))


def test_a_comment_is_no_property_of_a_view(warehouse: Warehouse) -> None:
    warehouse.rows("create or replace view s.told tblproperties ('key' = 'value') as select 1 as id")

    warehouse.rows("comment on view s.told is 'Told.'")

    assert warehouse.rows("show tblproperties s.told") == [("key", "value")]
    assert ("Comment", "Told.", "") in warehouse.rows("describe extended s.told")


def test_metadata_may_be_joined_with_tables(warehouse: Warehouse) -> None:
    warehouse.rows("create or replace table s.wanted as select 'wanted' as name")

    assert warehouse.rows(
        "select t.table_type from system.information_schema.tables as t "
        "join s.wanted as w on w.name = t.table_name"
    ) == [("MANAGED",)]


def test_a_table_written_by_path_is_seen_as_it_is_now(warehouse: Warehouse) -> None:
    path = warehouse.settings.home / "outside" / "t"
    warehouse.rows(f"create table s.outside (id int) using delta location '{path}'")
    warehouse.rows(f"insert into delta.`{path}` values (1)")
    warehouse.rows(f"alter table delta.`{path}` add columns (later string comment 'Added by path.')")

    assert warehouse.rows("select id, later from s.outside") == [(1, None)]
    assert warehouse.rows("describe s.outside") == [
        ("id", "int", None),
        ("later", "string", "Added by path."),
    ]
    assert warehouse.rows(
        "select table_type, last_altered > created from information_schema.tables "
        "where table_name = 'outside'"
    ) == [("EXTERNAL", True)]


def test_maintenance_runs(warehouse: Warehouse) -> None:
    warehouse.rows("create or replace table s.maintained as select * from range(10)")

    ((path, metrics),) = warehouse.rows("optimize s.maintained")
    assert path.endswith("/maintained")
    assert "numFilesAdded" in metrics
    assert warehouse.rows("describe history s.maintained")[-1][4] == "CREATE OR REPLACE TABLE AS SELECT"
    assert warehouse.rows(
        "select h.operation, d.name from (describe history s.maintained) h, (describe detail s.maintained) d "
        "where h.version = 0"
    ) == [("CREATE OR REPLACE TABLE AS SELECT", "spark_catalog.s.maintained")]


@pytest.mark.timeout(45)
@pytest.mark.parametrize("extent", ["lite", "full"])
def test_old_values_are_purged_and_vacuumed(warehouse: Warehouse, extent: str) -> None:
    table = f"s.purged_{extent}"
    warehouse.rows(
        f"create or replace table {table} tblproperties ('delta.enableDeletionVectors' = 'true') "
        "as select id from range(10)"
    )
    folder = Path(warehouse.rows(f"describe detail {table}")[0][4].removeprefix("file:"))
    warehouse.rows(f"update {table} set id = -1 where id = 7")
    assert warehouse.rows(f"reorg table {table} apply (purge)")
    warehouse.rows(
        f"alter table {table} set tblproperties ('delta.deletedFileRetentionDuration' = 'interval 0 hours')"
    )
    warehouse.rows(f"vacuum {table} {extent}")

    kept = [
        value for each in folder.glob("*.parquet") for value in parquet.read_table(each)["id"].to_pylist()
    ]
    assert sorted(kept) == [-1, 0, 1, 2, 3, 4, 5, 6, 8, 9]


def test_metadata_calls_of_the_protocol(warehouse: Warehouse) -> None:
    with warehouse.cursor() as cursor:
        assert {"main", "spark_catalog", "system"} <= {row.TABLE_CAT for row in cursor.catalogs().fetchall()}
        assert "s" in [row.TABLE_SCHEM for row in cursor.schemas("spark_catalog", "%").fetchall()]
        cursor.tables("spark_catalog", "s", "paren_")
        assert [(row.TABLE_NAME, row.TABLE_TYPE) for row in cursor.fetchall()] == [("parent", "TABLE")]
        cursor.columns("spark_catalog", "s", "parent")
        assert [(row.COLUMN_NAME, row.TYPE_NAME, row.IS_NULLABLE) for row in cursor.fetchall()] == [
            ("id", "BIGINT", "NO"),
            ("n", "STRING", "YES"),
        ]


def test_a_metric_view_is_one_and_answers(warehouse: Warehouse) -> None:
    warehouse.rows(
        "create or replace table s.sold as select 'CA' as state, 2 as amount union all select 'CA', 3"
    )
    warehouse.rows(
        'create or replace view s.metrics with metrics language yaml as $$\nversion: "0.1"\nsource: s.sold\n'
        "dimensions:\n  - name: state\n    expr: state\nmeasures:\n  - name: total\n    expr: sum(amount)\n$$"
    )

    assert warehouse.rows("select state, measure(total) from s.metrics group by state") == [("CA", 5)]
    assert warehouse.rows(
        "select table_type from information_schema.tables where table_name = 'metrics'"
    ) == [("METRIC_VIEW",)]


def test_a_metric_view_is_replaced_or_stays_as_it_was(warehouse: Warehouse) -> None:
    def create(source: str, total: str) -> str:
        return (
            'create or replace view s.measures with metrics language yaml as $$\nversion: "0.1"\n'
            f"source: {source}\ndimensions:\n  - name: state\n    expr: state\n"
            f"measures:\n  - name: total\n    expr: {total}\n$$"
        )

    warehouse.rows("create or replace table s.sold_again as select 'CA' as state, 5 as amount")
    warehouse.rows(create("s.sold_again", "sum(amount)"))

    warehouse.rows(create("s.sold_again", "sum(amount) * 2"))
    assert warehouse.rows("select measure(total) from s.measures") == [(10,)]

    failure_of(warehouse, create("s.missing", "sum(amount)"))
    assert warehouse.rows("select measure(total) from s.measures") == [(10,)]
    assert warehouse.rows(
        "select table_name from information_schema.tables where table_name like 'measures%'"
    ) == [("measures",)]


def test_statements_within_statements_are_recorded(warehouse: Warehouse) -> None:
    with warehouse.cursor(catalog="main", schema="default") as cursor:

        def run(statement: str) -> list[tuple[Any, ...]]:
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

        run("create schema if not exists main.within")
        run("execute immediate 'create table main.within.b as select 1 as x'")
        run("declare variable v string default 'create view within.vw as select * from main.within.b'")
        run("execute immediate v")
        run("declare variable n int default 7")
        run("execute immediate 'insert into main.within.b values (:n), (:other)' using n, 3 as other")
        run("execute immediate 'select max(x) from main.within.b;' into n")
        assert run("select n") == [(7,)]
        run("replace table main.within.b as select 2 as y")
        run(
            "begin create table within.s1 as select 1 as id; create or replace view within.sv as "
            "select * from main.within.s1; if exists (select * from main.within.s1) then execute immediate "
            "'create table main.within.s2 as select 2 as a'; end if; "
            "alter table within.s1 rename to within.s3; end"
        )
        with pytest.raises(ServerOperationError, match="DIVIDE_BY_ZERO"):
            run("begin create table within.s4 as select 1 as a; select 1 / 0; end")
        for refused in (
            "begin create materialized view within.mv as select 1 as a; end",
            "begin declare q string = 'drop table within.b'; execute immediate q; end",
            "begin transaction",
        ):
            with pytest.raises(ServerOperationError, match="UNSUPPORTED_FEATURE"):
                run(refused)
        assert run(
            "select table_name, table_type from information_schema.tables where table_schema = 'within' "
            "order by 1"
        ) == [
            ("b", "MANAGED"),
            ("s2", "MANAGED"),
            ("s3", "MANAGED"),
            ("s4", "MANAGED"),
            ("sv", "VIEW"),
            ("vw", "VIEW"),
        ]
        assert run("select column_name from information_schema.columns where table_name = 'b'") == [("y",)]
        run("begin drop schema main.within cascade; end")
        assert ("within",) not in run("show schemas in main")


def test_metadata_is_read_in_statements_of_every_kind(warehouse: Warehouse) -> None:
    with warehouse.cursor(catalog="main", schema="default") as cursor:

        def run(statement: str) -> list[tuple[Any, ...]]:
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

        run("create schema if not exists main.meta")
        run(
            "create or replace table meta.seen as select table_name as n "
            "from information_schema.tables where false"
        )
        run(
            "insert into meta.seen with found as (select tables.table_name from information_schema.tables "
            "where information_schema.tables.table_schema = 'meta') select * from found"
        )
        run(
            "merge into meta.seen s using main.information_schema.columns c on c.table_schema = 'meta' and "
            "s.n = c.table_name when matched then update set n = concat(c.table_name, '.', c.column_name)"
        )
        assert run("select * from meta.seen") == [("seen.n",)]
        run("create or replace temporary view tv as select schema_name from information_schema.schemata")
        assert ("meta",) in run("select * from tv")
        run("create or replace materialized view meta.mv as select 1 as a")
        run(
            "create or replace table meta.logs as select event_type, l.statement_text from "
            "event_log(table(meta.mv)) join (select statement_text from system.query.history "
            "where statement_text like '%meta.mv%' limit 1) l"
        )
        assert run("select count(*) from meta.logs where statement_text is not null") == [(3,)]
        assert run("explain create table meta.x as select * from information_schema.tables")
        for text in ("view", "materialized view"):
            for relation in (
                "information_schema.tables",
                "system.query.history",
                "event_log(table(meta.mv))",
            ):
                with pytest.raises(ServerOperationError, match="UNSUPPORTED_FEATURE"):
                    run(f"create or replace {text} meta.kept as select * from {relation}")
        shown = [name for _, name, _ in run("show tables in main.meta")]
        assert shown == ["logs", "mv", "seen", "tv"]


def test_paths_reach_into_json(warehouse: Warehouse) -> None:
    body = (
        '{"order":{"id":7,"note":null,"Price":19.90},"lines":[{"sku":"a","z":1},{"sku":"b","a":2},{"q":3}],'
        '"ship to":"X","m":[[1,2],["x",{"b":1,"a":2}]],"A":1,"a":2}'
    )
    with warehouse.cursor(catalog="main", schema="default") as cursor:

        def run(statement: str) -> list[tuple[Any, ...]]:
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

        run("create schema if not exists main.j")
        run(f"create or replace table j.raw as select '{body}' as body, parse_json('{body}') as v")
        for path, expected in {
            "body:order.id": "7",
            "body:ORDER.id::int": 7,
            "body:['ORDER']": None,
            "body:order.note": None,
            "body:lines[1].sku": "b",
            "body:lines[9].sku": None,
            "body:lines[*].sku": '["a","b",null]',
            "body:lines[*]": '[{"sku":"a","z":1},{"sku":"b","a":2},{"q":3}]',
            "body:m[*][0]": '[1,"x"]',
            "body:m[*][*]": '[1,2,"x",{"b":1,"a":2}]',
            "(body):`Ship To`": "X",
            "upper(body:`ship to`)": "X",
            "body:order:price::decimal(9, 2)": Decimal("19.90"),
            "body:['a']": "2",
            "'no json':a": None,
            "v:order.id::int": 7,
            "v:Order": None,
        }.items():
            assert run(f"select {path} from j.raw") == [(expected,)], path
        assert failure_of(warehouse, "select body:a from main.j.raw").startswith("[USER_RAISED_EXCEPTION]")
        assert "COLUMN_IS_NOT_VARIANT_TYPE" in failure_of(warehouse, "select 1:a")
        assert run(
            "with c as (select body:order as o from j.raw) select o:id as i, count(*) from c r "
            "where r.o:id = '7' group by o:id order by o:id"
        ) == [("7", 1)]
        run("create or replace view j.vw as select body:order.id, v:order.id::int as n from j.raw")
        run("create or replace materialized view j.mv as select body:order.id::int from j.raw")
        run("create or replace table j.t as select body:order.id from j.raw")
        for relation in ("j.vw", "j.mv", "j.t"):
            assert run(f"select id from {relation}")[0][0] in (7, "7")
        assert run(
            "select view_definition from information_schema.views where table_name in ('mv', 'vw') "
            "and table_schema = 'j' order by table_name"
        ) == [
            ("select body:order.id::int from j.raw",),
            ("select body:order.id, v:order.id::int as n from j.raw",),
        ]
