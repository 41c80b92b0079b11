from __future__ import annotations

import pytest

from emulators.warehouse.errors import SqlError
from emulators.warehouse.relations.merge_errors import Probe, probes
from emulators.warehouse.sql.statements import (
    AddKey,
    AlterSchedule,
    Check,
    Clauses,
    ClusterByAuto,
    ColumnSpec,
    Command,
    CommentOn,
    CreateMaterializedView,
    CreateStreamingTable,
    Describe,
    DescribedQuery,
    DropConstraint,
    DropMaterializedView,
    DropView,
    Grant,
    InsertReplace,
    Key,
    Mask,
    Name,
    Query,
    RefreshMaterializedView,
    RefreshStreamingTable,
    RowFilter,
    SetMask,
    SetNotNull,
    SetOwner,
    SetRowFilter,
    SetTags,
    ShowGrants,
    ShowProperties,
    ShowSchemas,
    ShowTableExtended,
    Statement,
    UseSchema,
    Worded,
    recognise,
)

DBT = '/* {"app": "dbt", "node_id": "model.a.b"} */\n'
NAME = ("spark_catalog", "gold", "mv")


def command(sql: str) -> Command:
    found = recognise(DBT + sql)
    assert isinstance(found, Command)
    return found


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "-- refresh materialized view x\nselect 1",
        "(select 1) union all (select 2)",
        "with a as (select 1 as insert_count) select * from a",
        "from t select 1",
        "values (1)",
        "select 'information_schema.tables'",
    ],
)
def test_queries_go_to_spark_as_they_are(sql: str) -> None:
    assert recognise(sql) == Query(sql)


def test_create_materialized_view_is_read_clause_by_clause() -> None:
    query = "-- Grain: one row per state.\nselect state, sum(amount) as amount\nfrom orders\ngroup by state"
    found = recognise(
        DBT + "create or replace materialized view `spark_catalog`.`gold`.`mv`\n"
        "( `state` string NOT NULL COMMENT 'It\\'s two letters', `amount` decimal(12, 2),\n"
        "  CONSTRAINT mv_pk PRIMARY KEY (`state`) )\n"
        "PARTITIONED BY (state) COMMENT 'By state' tblproperties ('a.b' = '1', 'c' = 'd')\n"
        "SCHEDULE CRON '0 0 * * * ? *' AT TIME ZONE 'Europe/Berlin'\n"
        f"as\n    {query}\n"
    )

    assert isinstance(found, CreateMaterializedView)
    assert found.name == NAME
    assert found.replace
    assert found.query == query
    assert found.columns == (
        ColumnSpec("state", "string", False, "It's two letters"),
        ColumnSpec("amount", "decimal(12, 2)"),
    )
    assert found.clauses.keys == (Key("mv_pk", "PRIMARY KEY", ("state",)),)
    assert found.layout == "PARTITIONED BY (state)"
    assert found.comment == "By state"
    assert found.properties == {"a.b": "1", "c": "d"}
    assert found.schedule == "CRON '0 0 * * * ? *' AT TIME ZONE 'Europe/Berlin'"


@pytest.mark.parametrize(
    ("clause", "shown"),
    [
        ("schedule every 2 hours", "EVERY 2 HOURS"),
        ("schedule refresh cron '0 0 1 * * ?'", "CRON '0 0 1 * * ?' AT TIME ZONE 'Etc/UTC'"),
        ("trigger on update", "TRIGGER ON UPDATE"),
        (
            "trigger on update at most every interval 15 minutes",
            "TRIGGER ON UPDATE AT MOST EVERY INTERVAL 900 SECONDS",
        ),
    ],
)
def test_schedules_are_worded_as_describe_extended_shows_them(clause: str, shown: str) -> None:
    found = recognise(f"create materialized view mv {clause} as select 1")

    assert isinstance(found, CreateMaterializedView)
    assert found.schedule == shown
    altered = recognise(f"alter materialized view mv add {clause}")
    assert isinstance(altered, AlterSchedule)
    assert altered.schedule == shown


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("refresh materialized view gold.mv", RefreshMaterializedView),
        ("refresh materialized view gold.mv full", RefreshMaterializedView),
        ("refresh table gold.t", Command),
        ("drop materialized view if exists gold.mv", DropMaterializedView),
        ("drop view gold.v", DropView),
        ("alter materialized view gold.mv drop schedule", AlterSchedule),
        ("alter table gold.t cluster by auto", ClusterByAuto),
        ("alter table gold.t cluster by (a)", Command),
        ("alter table gold.t set tblproperties ('a' = 'b')", Command),
        ("set spark.sql.ansi.enabled = true", Command),
        ("optimize gold.t", Command),
        ("nonsense", Command),
        ("", Command),
    ],
)
def test_statements_are_told_apart(sql: str, expected: type[Statement]) -> None:
    assert type(recognise(DBT + sql)) is expected


def test_every_expression_of_a_merge_is_probed_by_a_query() -> None:
    merge = (
        "with n as (select 1 as id) merge into s.t as d using (select id from n) as s\n"
        "on case when d.id = s.id then true end\n"
        "when matched and s.id is not null then update set id = case when true then 1 end, d.m = s.m\n"
        "when not matched then insert (id, m) values (s.id, coalesce(s.m, 0))\n"
        "when not matched by source and d.id > 1 then delete;"
    )
    head = "with n as (select 1 as id) select "

    found = [Probe(" ".join(each.query.split()), each.part) for each in probes(merge)]

    assert found == [
        Probe(
            f"{head}1 from s.t as d join (select id from n) as s on case when d.id = s.id then true end",
            "search condition",
        ),
        Probe(f"{head}s.id is not null from s.t as d , (select id from n) as s", "UPDATE condition"),
        Probe(f"{head}case when true then 1 end from s.t as d , (select id from n) as s", "UPDATE clause"),
        Probe(f"{head}id from s.t as d", "UPDATE clause"),
        Probe(f"{head}s.m from s.t as d , (select id from n) as s", "UPDATE clause"),
        Probe(f"{head}d.m from s.t as d", "UPDATE clause"),
        Probe(f"{head}s.id, coalesce(s.m, 0) from (select id from n) as s", "INSERT clause"),
        Probe(f"{head}id, m from s.t as d", "INSERT clause"),
        Probe(f"{head}d.id > 1 from s.t as d", "DELETE condition"),
    ]


def test_descriptions_are_found_in_queries() -> None:
    sql = "select '(describe history t)' from (describe history s.t limit 1) h join (DESC DETAIL t) on true"

    found = recognise(sql)

    assert isinstance(found, DescribedQuery)
    assert [sql[start:end] for start, end in found.described] == [
        "describe history s.t limit 1",
        "DESC DETAIL t",
    ]


@pytest.mark.parametrize("clustering", ["none", "(a)"])
def test_another_clustering_ends_an_automatic_one(clustering: str) -> None:
    found = command(f"alter table t cluster by {clustering}")
    assert found.clauses.is_auto_clustered is False
    assert command("alter table t drop column a").clauses.is_auto_clustered is None


def test_tags_are_read_from_relations_and_columns() -> None:
    assert recognise("alter table t set tags ('a' = 'b', 'c')") == SetTags(
        "alter table t set tags ('a' = 'b', 'c')", ("t",), None, {"a": "b", "c": ""}
    )
    sql = "ALTER MATERIALIZED VIEW g.mv ALTER COLUMN `x` SET TAGS ('pii' = 'no')"
    assert recognise(sql) == SetTags(sql, ("g", "mv"), "x", {"pii": "no"})
    sql = "alter view v alter column x unset tags ('pii')"
    assert recognise(sql) == SetTags(sql, ("v",), "x", {"pii": None})


def test_comments_are_read_whatever_they_are_on() -> None:
    sql = "COMMENT ON COLUMN `spark_catalog`.`gold`.`t`.`a` IS 'It\\'s; \"quoted\"'"
    assert recognise(sql) == CommentOn(sql, "COLUMN", ("spark_catalog", "gold", "t", "a"), 'It\'s; "quoted"')
    sql = "comment on view gold.v is null"
    assert recognise(sql) == CommentOn(sql, "VIEW", ("gold", "v"), None)
    sql = "alter table gold.t alter column a comment 'x'"
    assert recognise(sql) == CommentOn(sql, "COLUMN", ("gold", "t", "a"), "x")


def test_keys_are_cut_out_of_create_table_and_the_rest_is_kept() -> None:
    found = command(
        "create or replace table gold.t (\n"
        "  id bigint not null comment 'a, b' primary key,\n"
        "  parent bigint constraint fk references gold.p (id),\n"
        "  amount decimal(12, 2),\n"
        "  constraint t_pk primary key (id, amount) rely,\n"
        "  constraint t_fk foreign key (parent) references gold.p (id) not enforced\n"
        ") using delta cluster by auto comment 'primary key (x)'"
    )

    assert " ".join(found.sql.removeprefix(DBT).split()) == (
        "create or replace table gold.t ( id bigint not null comment 'a, b' , parent bigint , "
        "amount decimal(12, 2) not null ) using delta comment 'primary key (x)'"
    )
    assert found.clauses.is_auto_clustered
    assert found.clauses.keys == (
        Key(None, "PRIMARY KEY", ("id",)),
        Key("fk", "FOREIGN KEY", ("parent",), ("gold", "p"), ("id",)),
        Key("t_pk", "PRIMARY KEY", ("id", "amount"), is_rely=True),
        Key("t_fk", "FOREIGN KEY", ("parent",), ("gold", "p"), ("id",)),
    )


@pytest.mark.parametrize(
    ("sql", "in_spark"),
    [
        (
            "create table t using iceberg partitioned by (d) as select 1 as d",
            "create table t using delta tblproperties ('recorded.provider' = 'iceberg') cluster by (d) "
            "as select 1 as d",
        ),
        (
            "create table t (a int) partitioned by (a) tblproperties (delta.targetFileSize = 1, 'b' = 'c') "
            "using iceberg",
            "create table t (a int) cluster by (a) tblproperties ('recorded.provider' = 'iceberg', "
            "'recorded.delta.targetFileSize' = 1, 'b' = 'c') using delta",
        ),
        (
            "create table t using delta partitioned by (a) tblproperties ('a' = 'using iceberg') as select 1",
            "create table t using delta partitioned by (a) tblproperties ('a' = 'using iceberg') as select 1",
        ),
        (
            "alter table t set tblproperties ('delta.x' = true, `delta`.`targetFileSize` '64mb')",
            "alter table t set tblproperties ('delta.x' = true, 'recorded.delta.targetFileSize' '64mb')",
        ),
        (
            "create or replace table t using delta cluster by () comment 'x' as select 1",
            "create or replace table t using delta   comment 'x' as select 1",
        ),
        (
            "alter table t unset tblproperties if exists ('delta.tuneFileSizesForRewrites', 'a')",
            "alter table t unset tblproperties if exists ('recorded.delta.tuneFileSizesForRewrites', 'a')",
        ),
    ],
)
def test_what_open_source_delta_refuses_of_a_layout_is_kept_as_properties(sql: str, in_spark: str) -> None:
    assert command(sql).sql.removeprefix(DBT) == in_spark


def test_checks_masks_and_row_filters_are_cut_out_of_create_table() -> None:
    found = command(
        "create or replace table t (\n"
        "  `a` int not null comment 'x' mask c.s.hide using columns (b, 'it''s (x)'),\n"
        "  b string mask hide, constraint positive check ((a > 0) and b <> ')'), check (a < 9)\n"
        ") using delta partitioned by (b) with row filter `c`.`s`.`keep` on (`a`, 'x', 1) "
        "cluster by (a) as with x as (select 1) select * from x"
    )

    assert " ".join(found.sql.removeprefix(DBT).split()) == (
        "create or replace table t ( `a` int not null comment 'x' , b string ) "
        "using delta partitioned by (b) cluster by (a) as with x as (select 1) select * from x"
    )
    assert found.clauses == Clauses(
        checks=(Check("positive", "(a > 0) and b <> ')'"), Check(None, "a < 9")),
        masks=(Mask("a", ("c", "s", "hide"), "b, 'it''s (x)'"), Mask("b", ("hide",))),
        row_filter=RowFilter(("c", "s", "keep"), ("a", "'x'", "1")),
    )


def test_row_filters_and_masks_are_set_and_dropped() -> None:
    sql = "ALTER TABLE `c`.`s`.`t`\n  SET ROW FILTER `c`.`s`.`keep`\n  ON (`a`, `b`)"
    assert recognise(sql) == SetRowFilter(sql, ("c", "s", "t"), RowFilter(("c", "s", "keep"), ("a", "b")))
    sql = "alter streaming table t drop row filter"
    assert recognise(sql) == SetRowFilter(sql, ("t",), None)
    sql = "ALTER TABLE t ALTER COLUMN `a` SET MASK hide USING COLUMNS (b);"
    assert recognise(sql) == SetMask(sql, ("t",), "a", Mask("a", ("hide",), "b"))
    sql = "ALTER MATERIALIZED VIEW t ALTER COLUMN `a` DROP MASK;"
    assert recognise(sql) == SetMask(sql, ("t",), "a", None)


def test_a_streaming_table_is_read_as_a_materialized_view_is() -> None:
    query = "select * from stream landed"
    found = recognise(
        f"{DBT}create or refresh streaming table s.t (`a` int) with row filter keep on (a) cluster by auto "
        f"comment 'c' schedule every 1 day as {query}"
    )

    assert isinstance(found, CreateStreamingTable)
    assert (found.name, found.query, found.replace) == (("s", "t"), query, True)
    assert found.columns == (ColumnSpec("a", "int"),)
    assert found.clauses == Clauses(row_filter=RowFilter(("keep",), ("a",)), is_auto_clustered=True)
    assert (found.comment, found.schedule) == ("c", "EVERY 1 DAYS")
    sql = "refresh streaming table s.t full"
    assert recognise(sql) == RefreshStreamingTable(sql, ("s", "t"), is_full=True)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "insert into table s.t as target\nreplace on (target.`a` <=> temp.`a`)\n"
            "(select `a`\n from x) as temp",
            {"alias": "target", "source_alias": "temp", "query": "select `a`\n from x"},
        ),
        (
            "with x as (select 1 as a) insert into s.t by name replace on t.a in (select 2) and (t.a > 0) "
            "select * from x;",
            {"by_name": True, "query": "select * from x", "head": "with x as (select 1 as a) "},
        ),
        ("insert into s.t replace using (a, `b`) table x", {"using": ("a", "b"), "query": "table x"}),
    ],
)
def test_insert_replace_is_taken_apart(sql: str, expected: dict[str, object]) -> None:
    found = recognise(sql)

    assert isinstance(found, InsertReplace)
    assert found.name == ("s", "t")
    assert {name: getattr(found, name) for name in expected} == expected
    if not found.using:
        assert found.condition in ("(target.`a` <=> temp.`a`)", "t.a in (select 2) and (t.a > 0)")


def test_the_definition_of_a_metric_view_is_one_string() -> None:
    body = '$$\nversion: "0.1"\nsource: it\'s /* one\n$$'
    created = command(f"create or replace view s.v with metrics language yaml as {body}")
    assert created.is_view
    assert created.replaces
    altered = command(f"alter view s.v as {body};")
    assert altered.sql == f"{DBT}create or replace view s.v  with metrics language yaml as {body}"
    assert altered.is_view
    assert not altered.replaces
    assert not command("alter view s.v as select 1").is_view


def test_keys_are_added_and_dropped() -> None:
    sql = "alter table t add constraint t_pk primary key(`a`, `b`)"
    assert recognise(sql) == AddKey(sql, ("t",), Key("t_pk", "PRIMARY KEY", ("a", "b")))
    sql = "alter table t drop constraint if exists t_pk"
    assert recognise(sql) == DropConstraint(sql, ("t",), "t_pk", None, (), True)
    sql = "alter table t drop primary key cascade"
    assert recognise(sql) == DropConstraint(sql, ("t",), None, "PRIMARY KEY", (), False, is_cascade=True)
    sql = "alter streaming table t add unique (a) not enforced deferrable initially deferred rely"
    assert recognise(sql) == AddKey(sql, ("t",), Key(None, "UNIQUE", ("a",), is_rely=True))
    sql = (
        "alter table t add constraint f foreign key (a) references s.p match full on delete no action norely"
    )
    assert recognise(sql) == AddKey(sql, ("t",), Key("f", "FOREIGN KEY", ("a",), ("s", "p")))
    assert command("alter table t add constraint c check (a > 0)").sql.endswith("check (a > 0)")
    assert command("alter table t add constraint c check (a > 0) enforced;").sql.strip().endswith("(a > 0)")


@pytest.mark.parametrize(
    ("constraint", "error", "state"),
    [
        ("primary key (a) enforced", "UNSUPPORTED_CONSTRAINT_CHARACTERISTIC", "0A000"),
        ("unique (a) rely norely", "INVALID_CONSTRAINT_CHARACTERISTICS", "42613"),
        ("unique (a) deferrable deferrable", "INVALID_CONSTRAINT_CHARACTERISTICS", "42613"),
        ("check (a > 0) not enforced", "UNSUPPORTED_CONSTRAINT_CHARACTERISTIC", "0A000"),
        ("primary key (a) on delete no action", "PARSE_SYNTAX_ERROR", "42601"),
        ("foreign key (a) references p on delete cascade", "PARSE_SYNTAX_ERROR", "42601"),
    ],
)
@pytest.mark.parametrize(
    "statement", ["alter table t add constraint c {}", "create table t (a int, constraint c {})"]
)
def test_what_no_constraint_can_be_is_refused(
    statement: str, constraint: str, error: str, state: str
) -> None:
    with pytest.raises(SqlError) as caught:
        recognise(statement.format(constraint))
    assert (caught.value.error_class, caught.value.sql_state) == (error, state)


def test_constraints_of_columns_are_the_tables_and_a_primary_key_is_not_null() -> None:
    found = command(
        "create table t (\n"
        "  id bigint comment 'x' constraint t_pk primary key enable novalidate,\n"
        "  a int unique rely, b int constraint b_fk references p, c int not null,\n"
        "  constraint ac unique (a, c), other struct<unique: array<int>, b: int>\n"
        ")"
    )

    assert " ".join(found.sql.removeprefix(DBT).split()) == (
        "create table t ( id bigint comment 'x' not null, a int , b int , c int not null , "
        "other struct<unique: array<int>, b: int> )"
    )
    assert found.clauses.keys == (
        Key("t_pk", "PRIMARY KEY", ("id",)),
        Key(None, "UNIQUE", ("a",), is_rely=True),
        Key("b_fk", "FOREIGN KEY", ("b",), ("p",)),
        Key("ac", "UNIQUE", ("a", "c")),
    )
    view = recognise(
        "create materialized view v (a map<string, int> constraint k unique, b references p (b)) as select 1"
    )
    assert isinstance(view, CreateMaterializedView)
    assert view.columns == (ColumnSpec("a", "map<string, int>"), ColumnSpec("b"))
    assert view.clauses.keys == (
        Key("k", "UNIQUE", ("a",)),
        Key(None, "FOREIGN KEY", ("b",), ("p",), ("b",)),
    )


def test_not_null_is_set_and_dropped_in_both_spellings() -> None:
    sql = "alter table t change column `a` set not null "
    assert recognise(sql) == SetNotNull(sql, ("t",), "a", True)
    sql = "ALTER TABLE t ALTER COLUMN a DROP NOT NULL"
    assert recognise(sql) == SetNotNull(sql, ("t",), "a", False)


@pytest.mark.parametrize(
    ("sql", "written", "is_insert"),
    [
        ("insert into `c`.`s`.`t` by name select * from x", ("c", "s", "t"), True),
        ("insert overwrite table s.t select 1", ("s", "t"), True),
        ("with x as (select 1) insert into t select * from x", ("t",), True),
        (
            "merge with schema evolution into s.t as d using x on true when matched then delete",
            ("s", "t"),
            False,
        ),
        ("-- back compat\nmerge into s.t using x on true when matched then delete", ("s", "t"), False),
        ("update s.t set a = 1", ("s", "t"), False),
        ("delete from s.t where a = 1", ("s", "t"), False),
        ("truncate table s.t", ("s", "t"), False),
    ],
)
def test_writes_name_their_table(sql: str, written: tuple[str, ...], is_insert: bool) -> None:
    found = command(sql)

    assert found.writes == written
    assert found.is_insert == is_insert


def test_definitions_name_what_they_change() -> None:
    assert command("create table if not exists s.t (a int)").if_not_exists
    assert command("create or replace view s.v as select 1").defines == (("s", "v"),)
    assert command("create or replace temporary view v as select 1").defines == ()
    assert command("drop table if exists s.t").defines == (("s", "t"),)
    assert command("create schema if not exists `c`.`s`").schema == ("c", "s")
    renamed = command("alter table s.t rename to s.u")
    assert (renamed.defines, renamed.renamed_to) == ((("s", "t"),), ("s", "u"))
    renamed = command("alter table s.t rename to spark_catalog.`s`.`u` ;")
    assert renamed.sql.endswith("\nalter table s.t rename to `s`.`u` ;")
    assert renamed.renamed_to == ("spark_catalog", "s", "u")
    assert command("alter table s.t rename column `a` to b").renamed_column == ("a", "b")
    assert command("alter view s.v as select 1 as a").is_new_query


def test_metadata_statements_are_read() -> None:
    assert recognise("use catalog `spark_catalog`") == UseSchema(
        "use catalog `spark_catalog`", "spark_catalog", None
    )
    assert recognise("use gold") == UseSchema("use gold", None, "gold")
    assert recognise("SHOW SCHEMAS IN `c` LIKE 'g*'") == ShowSchemas(
        "SHOW SCHEMAS IN `c` LIKE 'g*'", "c", "g*"
    )
    sql = "SHOW TABLE EXTENDED IN `c`.`s` LIKE 'a|b'"
    assert recognise(sql) == ShowTableExtended(sql, ("c", "s"), "a|b")
    assert recognise("show tblproperties s.t ('delta.x')") == ShowProperties(
        "show tblproperties s.t ('delta.x')", ("s", "t"), "delta.x"
    )
    assert recognise("DESCRIBE TABLE EXTENDED s.t AS JSON") == Describe(
        "DESCRIBE TABLE EXTENDED s.t AS JSON", ("s", "t"), True, True
    )
    assert recognise("describe t") == Describe("describe t", ("t",), False, False)
    assert isinstance(recognise("describe history s.t"), Command)
    assert isinstance(recognise("describe table s.t a"), Command)


@pytest.mark.parametrize(
    ("object_", "kind", "name"),
    [
        ("table s.t", "TABLE", ("s", "t")),
        ("view s.v", "TABLE", ("s", "v")),
        ("materialized view s.m", "TABLE", ("s", "m")),
        ("streaming table s.n", "TABLE", ("s", "n")),
        ("schema c.s", "SCHEMA", ("c", "s")),
        ("database s", "DATABASE", ("s",)),
        ("catalog c", "CATALOG", ("c",)),
    ],
)
@pytest.mark.parametrize("verb", ["owner to", "set owner to"])
def test_new_owners_are_read(object_: str, kind: str, name: Name, verb: str) -> None:
    sql = f"alter {object_} {verb} `data engineers`"
    assert recognise(sql) == SetOwner(sql, kind, name, "data engineers")


def test_grants_are_read() -> None:
    sql = "grant select, modify on table s.t to `a@b.c`"
    assert recognise(sql) == Grant(sql, True, ("SELECT", "MODIFY"), "TABLE", ("s", "t"), "a@b.c")
    assert recognise("show grants on table s.t") == ShowGrants(
        "show grants on table s.t", "TABLE", ("s", "t")
    )


@pytest.mark.parametrize(
    "sql",
    [
        "create table t deep clone s",
        "create function f(x int) returns int language python as $$ return x $$",
        "create materialized view mv (constraint c expect (a > 0)) as select 1",
        "insert with schema evolution into t replace using (a) select 1",
    ],
)
def test_what_is_not_carried_out_is_refused(sql: str) -> None:
    with pytest.raises(SqlError, match=r"^\[UNSUPPORTED_FEATURE\]") as caught:
        recognise(sql)
    assert caught.value.sql_state == "0A000"


@pytest.mark.parametrize(
    "sql",
    [
        "create materialized view mv",
        "create materialized view mv as",
        "create materialized view mv sorted by a as select 1",
        "refresh materialized view mv now",
        "alter materialized view mv rename to x",
        "comment on column a.b.c",
    ],
)
def test_a_form_of_ours_that_goes_wrong_is_a_syntax_error(sql: str) -> None:
    with pytest.raises(SqlError, match=r"^\[PARSE_SYNTAX_ERROR\]"):
        recognise(sql)


@pytest.mark.parametrize(
    "explained",
    [
        "create or replace materialized view m as select 1",
        "create streaming table t as select * from stream s",
        "refresh materialized view m",
        "copy into t from '/a' fileformat = csv",
        "show tables",
    ],
)
def test_a_plan_of_what_spark_does_not_carry_out_is_refused(explained: str) -> None:
    with pytest.raises(SqlError, match="UNSUPPORTED_FEATURE"):
        recognise(f"explain {explained}")


@pytest.mark.parametrize("mode", ["", "extended ", "formatted ", "cost "])
def test_the_plan_of_all_else_is_of_what_spark_gets(mode: str) -> None:
    assert recognise(f"explain {mode}select 1") == Worded(f"explain {mode}select 1")
    found = recognise(f"explain {mode}create table t (a int primary key) as select 1 as a")
    assert "primary key" not in found.sql


@pytest.mark.parametrize("words", ["temporary table t (a int)", "temp table t as select 1 as a"])
def test_temporary_tables_are_refused(words: str) -> None:
    with pytest.raises(SqlError, match="UNSUPPORTED_FEATURE"):
        recognise(f"create {words}")
