from __future__ import annotations

import pytest

from emulators.warehouse.errors import SqlError
from emulators.warehouse.names import restored, shown, spark_schema, split
from emulators.warehouse.sql.translation import Translation

TRANSLATION = Translation(["dev", "prod", "my-raw"])


def translated(sql: str, catalog: str = "dev") -> str:
    return TRANSLATION.translate(sql, catalog, "silver")


def short(sql: str) -> str:
    """A translated text with the names of `dev` and `prod` abbreviated, so that a case fits a line."""
    return (
        sql.replace("spark_catalog.unity3_dev_", "D.")
        .replace("spark_catalog.unity4_prod_", "P.")
        .replace("unity3_dev_", "d_")
    )


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        # Relations of every clause; columns only with a relation before them.
        ("select s.t.a, x.b from s.t, s.u as x", "select d_s.t.a, x.b from d_s.t, d_s.u as x"),
        ("select * from a left join s.b using (x)", "select * from a left join d_s.b using (x)"),
        # `silver` is the current schema.
        ("select silver.t.a, x.b from t, x", "select d_silver.t.a, x.b from t, x"),
        ("select dev.silver.t.* from t", "select D.silver.t.* from t"),
        ("select silver.t.a from s.x as silver, t", "select silver.t.a from d_s.x as silver, t"),
        ("select s.t.*, x.* from s.t, u as x", "select d_s.t.*, x.* from d_s.t, u as x"),
        ("select * from (s.a cross join s.b), s.c", "select * from (d_s.a cross join d_s.b), d_s.c"),
        ("select x.y from t x where x.a in (x.b, x.c)", "select x.y from t x where x.a in (x.b, x.c)"),
        (
            "select 1 from t where exists (select 1 from s.v)",
            "select 1 from t where exists (select 1 from d_s.v)",
        ),
        ("with s as (select 1 as t) select s.t from s", "with s as (select 1 as t) select s.t from s"),
        (
            "select extract(year from x.ts), trim(both x.a from x.b) from s.t x",
            "select extract(year from x.ts), trim(both x.a from x.b) from d_s.t x",
        ),
        (
            "select 1 from s.t where x.a is distinct from x.b",
            "select 1 from d_s.t where x.a is distinct from x.b",
        ),
        (
            "select 1 from s.t lateral view explode(x.y) e as z",
            "select 1 from d_s.t lateral view explode(x.y) e as z",
        ),
        (
            "select * from s.t pivot (sum(a.b) for c.d in (1, 2))",
            "select * from d_s.t pivot (sum(a.b) for c.d in (1, 2))",
        ),
        ("select a like b.c from s.t order by s.t.a", "select a like b.c from d_s.t order by d_s.t.a"),
        ("select * from delta.`/a/b`", "select * from delta.`/a/b`"),
        # Names of three parts, of this catalog, another, and one that is none.
        ("select * from dev.s.t, prod.s.t as p", "select * from D.s.t, P.s.t as p"),
        ("select x.s.t from spark_catalog.s.t as x", "select x.s.t from spark_catalog.s.t as x"),
        ("select dev.a.b from x as dev", "select dev.a.b from x as dev"),
        ("select * from information_schema.tables", "select * from information_schema.tables"),
        ("select * from dev.information_schema.tables", "select * from dev.information_schema.tables"),
        # Functions.
        ("select s.f(x.a), dev.s.g(1), upper(a)", "select d_s.f(x.a), D.s.g(1), upper(a)"),
        (
            "create function s.f(a int) returns int return (select max(b) from s.t)",
            "create function d_s.f(a int) returns int return (select max(b) from d_s.t)",
        ),
        # Changes of rows.
        (
            "insert into s.t (a, b) select x.a, 1 from s.x x",
            "insert into d_s.t (a, b) select x.a, 1 from d_s.x x",
        ),
        (
            "merge with schema evolution into s.t d using prod.s.t x on d.a = x.a when matched then update "
            "set d.a = x.a",
            "merge with schema evolution into d_s.t d using P.s.t x on d.a = x.a when matched then update "
            "set d.a = x.a",
        ),
        ("update s.t set t.a = b.c", "update d_s.t set t.a = b.c"),
        (
            "delete from s.t where x in (select y from s.b)",
            "delete from d_s.t where x in (select y from d_s.b)",
        ),
        # Definitions.
        (
            "create or replace table dev.s.t using delta as select 1",
            "create or replace table D.s.t using delta as select 1",
        ),
        ("create table if not exists s.a like s.b", "create table if not exists d_s.a like d_s.b"),
        ("create table s.a shallow clone prod.s.a", "create table d_s.a shallow clone P.s.a"),
        ("alter table s.t rename to s.u", "alter table d_s.t rename to d_s.u"),
        ("alter table s.t rename column a.b to c", "alter table d_s.t rename column a.b to c"),
        (
            "alter table s.t add constraint k foreign key (a) references s.p (b)",
            "alter table d_s.t add constraint k foreign key (a) references d_s.p (b)",
        ),
        ("alter table s.t set row filter s.f on (a)", "alter table d_s.t set row filter d_s.f on (a)"),
        ("comment on column s.t.a is 'x'", "comment on column d_s.t.a is 'x'"),
        ("comment on column dev.s.t.a is 'x'", "comment on column D.s.t.a is 'x'"),
        ("set tag on column s.t.a k = v", "set tag on column d_s.t.a k = v"),
        ("unset tag on schema prod.s k", "unset tag on schema P.s k"),
        ("set tag on table s.t k", "set tag on table d_s.t k"),
        ("analyze table s.t compute statistics", "analyze table d_s.t compute statistics"),
        (
            "create view s.m with metrics language yaml as $$\nsource: prod.s.t\nmeasures: []\n$$",
            "create view d_s.m with metrics language yaml as $$\nsource: P.s.t\nmeasures: []\n$$",
        ),
        (
            "create view s.m with metrics language yaml as $$\nversion: 0.1\n"
            'source: "`prod`.`s`.`t-1`"\nmeasures: []\n$$',
            "create view d_s.m with metrics language yaml as $$\nversion: 0.1\n"
            'source: "`spark_catalog`.`unity4_prod_s`.`t-1`"\nmeasures: []\n$$',
        ),
        (
            "create view s.m with metrics language yaml as $$\n  source: select a from prod.s.t\n"
            "  joins:\n    - name: n\n      source: 's.n'\n      on: source.a = n.a\n    - source: |\n"
            "        select *\n        from prod.s.o\n  measures: []\n$$",
            "create view d_s.m with metrics language yaml as $$\n  source: select a from P.s.t\n"
            "  joins:\n    - name: n\n      source: 'd_s.n'\n      on: source.a = n.a\n    - source: |\n"
            "        select *\n        from P.s.o\n  measures: []\n$$",
        ),
        ("alter view s.m as $$\nsource: s.t\n$$", "alter view d_s.m as $$\nsource: d_s.t\n$$"),
        # Schemas.
        ("create schema if not exists x", "create schema if not exists d_x"),
        ("drop schema prod.x cascade", "drop schema P.x cascade"),
        ("use x", "use d_x"),
        ("use catalog prod", "use catalog prod"),
        ("show tables in x like 'a*'", "show tables in d_x like 'a*'"),
        ("show table extended in prod.x like 'a*'", "show table extended in P.x like 'a*'"),
        ("show schemas in prod", "show schemas in prod"),
        ("show columns in s.t", "show columns in d_s.t"),
        ("describe table extended dev.s.t as json", "describe table extended D.s.t as json"),
        ("describe history s.t", "describe history d_s.t"),
        ("grant select on s.t to `a`", "grant select on d_s.t to `a`"),
        ("show grants on schema s", "show grants on schema d_s"),
        ("describe schema extended s", "describe schema extended d_s"),
        ("comment on schema prod.s is 'x'", "comment on schema P.s is 'x'"),
        # Columns called schema or database.
        (
            "create table s.t (db string, schema string, database string)",
            "create table d_s.t (db string, schema string, database string)",
        ),
        ("alter table s.t add column schema string", "alter table d_s.t add column schema string"),
        ("alter table s.t rename column schema to x", "alter table d_s.t rename column schema to x"),
        ("grant select, use schema on schema prod.s to `a`", "grant select, use schema on schema P.s to `a`"),
        ("grant use catalog on catalog prod to `a`", "grant use catalog on catalog prod to `a`"),
        ("optimize s.t zorder by (a)", "optimize d_s.t zorder by (a)"),
    ],
)
def test_names_are_translated_where_they_stand_for_relations(sql: str, expected: str) -> None:
    found = translated(sql)

    assert short(found) == expected
    assert restored(found) == sql


def test_quotes_and_case_stay() -> None:
    sql = "select `DEV`.`S`.`T`.a from `DEV`.`S`.`T` join `my-raw`.s.t"

    found = translated(sql, "spark_catalog")

    assert found == (
        "select `spark_catalog`.`unity3_DEV_S`.`T`.a from `spark_catalog`.`unity3_DEV_S`.`T` "
        "join `spark_catalog`.unity10_my_x2d_raw_s.t"
    )
    assert restored(found) == sql


def test_what_names_no_other_catalog_stays_as_it_is() -> None:
    for sql in ("select a.b from a.b", "select 'unclosed", "select developer from a.main, a.b"):
        assert translated(sql, "spark_catalog") == sql


def test_current_names_are_those_of_the_client() -> None:
    assert translated("select current_catalog(), current_schema() from t") == (
        "select 'dev' as `current_catalog()`, 'silver' as `current_schema()` from t"
    )
    assert translated("select upper(current_database()) as x") == "select upper('silver') as x"


def test_texts_of_spark_are_put_into_the_clients_names() -> None:
    assert shown("`spark_catalog`.`unity3_dev_s`.`t`, unity3_dev_s.t") == "`dev`.`s`.`t`, dev.s.t"
    assert (
        shown("file:/x/unity3_dev_s.db/t and spark_catalog.s.t")
        == "file:/x/unity3_dev_s.db/t and spark_catalog.s.t"
    )


@pytest.mark.parametrize("catalog", ["dev", "a_b", "my-raw", "ümlaut"])
@pytest.mark.parametrize("schema", ["s", "b_c", "1_x", "with-hyphen"])
def test_a_schema_inside_spark_tells_its_catalog(catalog: str, schema: str) -> None:
    name = spark_schema(catalog, schema)

    assert name.isascii()
    assert name.replace("_", "").isalnum()
    assert split(name) == (catalog, schema)
    assert split(spark_schema("spark_catalog", schema)) == ("spark_catalog", schema)


@pytest.mark.parametrize("catalog", ["spark_catalog", "hive_metastore"])
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select hive_metastore.s.t.a from hive_metastore.s.t",
         "select spark_catalog.s.t.a from spark_catalog.s.t"),
        ("select a from `HIVE_METASTORE`.`S`.`T`", "select a from `spark_catalog`.`S`.`T`"),
        ("select s.t.a from s.t, dev.s.t as d", "select s.t.a from s.t, spark_catalog.unity3_dev_s.t as d"),
        ("alter table s.t rename to hive_metastore.s.u", "alter table s.t rename to spark_catalog.s.u"),
        ("create schema hive_metastore.s", "create schema spark_catalog.s"),
        ("show tables in hive_metastore.s", "show tables in spark_catalog.s"),
        ("show schemas in hive_metastore", "show schemas in hive_metastore"),
        ("use hive_metastore.s", "use hive_metastore.s"),
        ("use s", "use s"),
        ("select * from hive_metastore.information_schema.tables",) * 2,
        ("select hive_metastore from t", "select hive_metastore from t"),
        ("select 'hive_metastore.s.t'", "select 'hive_metastore.s.t'"),
    ],
)  # fmt: skip
def test_the_default_catalog_has_another_name(sql: str, expected: str, catalog: str) -> None:
    assert translated(sql, catalog) == expected


def test_a_session_tells_the_name_of_the_catalog_that_it_was_given() -> None:
    assert translated("select current_catalog() as c", "hive_metastore") == "select 'hive_metastore' as c"


@pytest.mark.parametrize(
    "sql", ["create schema unity4_prod_x", "create database spark_catalog.`UNITY4_prod_x`"]
)
def test_a_schema_is_not_made_under_a_name_of_another_catalogs_schema(sql: str) -> None:
    with pytest.raises(SqlError, match="UNSUPPORTED_FEATURE"):
        translated(sql, "spark_catalog")
    assert translated("create schema unity4_prod_x") == "create schema unity3_dev_unity4_prod_x"
