"""More than one catalog: each has its own schemas, and statements and views reach across them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from databricks.sql.exc import ServerOperationError

from tests.integration.warehouse.conftest import Warehouse

PROJECT = Path(__file__).with_name("project_catalogs")


@pytest.fixture(scope="module", autouse=True)
def catalogs(warehouse: Warehouse) -> None:
    with warehouse.cursor() as cursor:
        for statement in (
            "create catalog if not exists dev comment 'For development'",
            "create catalog if not exists prod",
            "create catalog if not exists `raw-data`",
            "create schema `raw-data`.shop",
            "create table `raw-data`.shop.orders as "
            "select * from values (1, 10.50), (2, 4.00) as orders (order_id, amount)",
            "create schema dev.silver",
            "create schema prod.silver",
            "create table dev.silver.t (id bigint not null primary key, n string)",
            "insert into dev.silver.t values (1, 'dev')",
            "create table prod.silver.t as select 1L as id, 'prod' as n",
        ):
            cursor.execute(statement)


def test_one_statement_names_several_catalogs(warehouse: Warehouse) -> None:
    assert warehouse.rows(
        "select dev.silver.t.n, p.n from dev.silver.t join prod.silver.t as p on p.id = dev.silver.t.id"
    ) == [("dev", "prod")]
    assert warehouse.rows("select n from identifier('prod.silver.t')") == [("prod",)]


def test_a_new_name_may_tell_the_catalog(warehouse: Warehouse) -> None:
    for catalog in ("prod", "spark_catalog"):
        warehouse.rows(f"create schema if not exists {catalog}.renaming")
        warehouse.rows(f"create table {catalog}.renaming.a as select 1 as id")
        warehouse.rows(f"alter table {catalog}.renaming.a rename to {catalog}.renaming.b")

        assert warehouse.rows(f"select id from {catalog}.renaming.b") == [(1,)]

        warehouse.rows(f"drop schema {catalog}.renaming cascade")


def test_names_without_a_catalog_are_those_of_the_sessions(warehouse: Warehouse) -> None:
    with warehouse.cursor(catalog="prod", schema="silver") as cursor:

        def run(statement: str) -> list[tuple[Any, ...]]:
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()]

        assert run("select current_catalog(), current_schema()") == [("prod", "silver")]
        assert [each[0] for each in cursor.description or ()] == ["current_catalog()", "current_schema()"]
        assert run("select t.n, silver.t.n from silver.t") == [("prod", "prod")]
        assert run("select t.n, silver.t.n, prod.silver.t.n from t") == [("prod", "prod", "prod")]
        run("create view v as select s.n from silver.t as s join t using (id)")
        run("use catalog dev")
        assert run("select current_catalog(), current_schema()") == [("dev", "default")]
        run("use silver")
        assert run("select n from t") == [("dev",)]
        run("create function silver.twice(x int) returns int comment 'Doubled' return x * 2")
        assert run("select silver.twice(2), dev.silver.twice(3)") == [(4, 6)]
        assert [each[0] for each in cursor.description or ()] == [
            "dev.silver.twice(2)",
            "dev.silver.twice(3)",
        ]
        assert run("select n from prod.silver.v") == [("prod",)]
        with pytest.raises(ServerOperationError, match=r"view `dev`\.`silver`\.`v` cannot be found"):
            run("select * from silver.v")


def test_a_catalog_that_is_not_there_is_named(warehouse: Warehouse) -> None:
    for statement in (
        "use catalog nope",
        "select * from nope.a.b",
        "create schema nope.a",
        "drop catalog nope",
    ):
        with pytest.raises(ServerOperationError, match=r"NO_SUCH_CATALOG_EXCEPTION. Catalog 'nope'"):
            warehouse.rows(statement)
    with pytest.raises(ServerOperationError, match="CATALOG_NOT_EMPTY"):
        warehouse.rows("drop catalog dev")
    with pytest.raises(ServerOperationError, match=r"SCHEMA_NOT_FOUND.*`dev`.`nope`"):
        warehouse.rows("use dev.nope")


def test_what_there_is_is_listed_by_catalog(warehouse: Warehouse) -> None:
    assert {("dev",), ("main",), ("prod",), ("spark_catalog",), ("system",)} <= set(
        warehouse.rows("show catalogs")
    )
    assert warehouse.rows("show schemas in dev like 's*'") == [("silver",)]
    assert warehouse.rows("show tables in dev.silver") == [("silver", "t", False)]
    assert warehouse.rows("show columns in dev.silver.t") == [("id",), ("n",)]
    assert warehouse.rows("show user functions in dev.silver") == [("dev.silver.twice",)]
    assert ("Comment", "For development") in warehouse.rows("describe catalog dev")
    assert ("Catalog Name", "dev") in warehouse.rows("describe schema extended dev.silver")
    assert (
        json.loads(warehouse.rows("describe table extended dev.silver.t as json")[0][0])["catalog_name"]
        == "dev"
    )
    assert warehouse.rows("describe detail dev.silver.t")[0][2] == "dev.silver.t"
    assert "CREATE TABLE dev.silver.t (" in warehouse.rows("show create table dev.silver.t")[0][0]
    with warehouse.cursor() as cursor:
        cursor.schemas("dev", "%")
        assert {row.TABLE_SCHEM for row in cursor.fetchall()} == {"default", "information_schema", "silver"}
        cursor.tables("prod", "silver", "%")
        assert {(row.TABLE_CAT, row.TABLE_NAME) for row in cursor.fetchall()} == {
            ("prod", "t"),
            ("prod", "v"),
        }


def test_every_catalog_has_its_information_schema(warehouse: Warehouse) -> None:
    of_dev = (
        "select table_catalog, table_name from {}.information_schema.tables where table_schema = 'silver'"
    )
    assert warehouse.rows(of_dev.format("dev")) == [("dev", "t")]
    assert set(warehouse.rows(of_dev.format("system"))) >= {("dev", "t"), ("prod", "t"), ("prod", "v")}
    assert warehouse.rows(
        "select view_definition from prod.information_schema.views where table_name = 'v'"
    ) == [("select s.n from silver.t as s join t using (id)",)]
    assert warehouse.rows(
        "select routine_name, data_type, routine_definition, comment from dev.information_schema.routines"
    ) == [("twice", "INT", "x * 2", "Doubled")]
    assert warehouse.rows(
        "select u.column_name, t.n from dev.information_schema.key_column_usage as u, prod.silver.t"
    ) == [("id", "prod")]


def test_names_have_hyphens_and_letters_of_any_alphabet(warehouse: Warehouse) -> None:
    with warehouse.cursor(catalog="prod", schema="named-1") as cursor:

        def run(statement: str) -> list[tuple[Any, ...]]:
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()]

        run("create schema prod.`named-1`")
        run("create table `order-lines` (id int, iso char(2)) comment 'Lines'")
        run("insert into `order-lines` values (1, 'DE')")
        assert run(
            "select `order-lines`.id, l.iso from prod.`named-1`.`order-lines`, `order-lines` as l"
        ) == [(1, "DE")]
        run("create view `заказы_é` as select id from `order-lines`")
        run("create materialized view `mv-1` as select count(*) as n from `заказы_é`")
        run("create streaming table `st-ü` as select * from stream `order-lines`")
        run("create function `f-1`(x int) returns int return x + 1")
        run("create table `copy-1` shallow clone `order-lines`")
        run(
            "merge into `order-lines` as t using `copy-1` as s on t.id = s.id "
            "when matched then update set iso = 'FR'"
        )
        run("refresh materialized view `mv-1`")
        run("alter table `order-lines` rename to `renamed-é`")
        run("comment on column `renamed-é`.id is 'The id'")
        assert run("select `f-1`(id), iso from `renamed-é`") == [(2, "FR")]
        assert run("describe `st-ü`") == [("id", "int", None), ("iso", "char(2)", None)]
        assert [row[1] for row in run("show tables")] == ["copy-1", "mv-1", "renamed-é", "st-ü", "заказы_é"]
        assert run("select n from `mv-1`") == [(1,)]
        assert run(
            "select table_name, comment from information_schema.tables where table_name = 'renamed-é'"
        ) == [("renamed-é", "Lines")]
        for statement in (
            "create table `a b` (x int)",
            "create view `a.b` as select 1 as x",
            "create materialized view `a/b` as select 1 as x",
            "alter table `renamed-é` rename to `a b`",
            "create schema prod.`a b`",
        ):
            with pytest.raises(ServerOperationError, match="INVALID_PARAMETER_VALUE"):
                run(statement)
        with pytest.raises(ServerOperationError, match="INVALID_SCHEMA_OR_RELATION_NAME"):
            run("create table spark_catalog.default.`a-b` (x int)")
        for statement in ("drop view `заказы_é`", "drop materialized view `mv-1`", "drop table `renamed-é`"):
            run(statement)
        assert [row[1] for row in run("show tables")] == ["copy-1", "st-ü"]
        run("drop schema prod.`named-1` cascade")


def test_the_default_catalog_is_the_hive_metastore(warehouse: Warehouse) -> None:
    warehouse.rows("create schema hive_metastore.hive")
    warehouse.rows("create table hive_metastore.hive.t as select 1 as a")

    assert warehouse.rows("select hive_metastore.hive.t.a, s.a from hive_metastore.hive.t, hive.t as s") == [
        (1, 1)
    ]
    assert warehouse.rows("select a from spark_catalog.hive.t") == [(1,)]
    assert ("hive_metastore",) in warehouse.rows("show catalogs")
    with warehouse.cursor(catalog="hive_metastore", schema="hive") as cursor:
        cursor.execute("select current_catalog(), a from t")
        assert [tuple(row) for row in cursor.fetchall()] == [("hive_metastore", 1)]
        cursor.execute(
            "select table_catalog, table_name from information_schema.tables where table_schema = 'hive'"
        )
        assert [tuple(row) for row in cursor.fetchall()] == [("hive_metastore", "t")]
        cursor.columns("hive_metastore", "hive", "t", "%")
        assert [(row.TABLE_CAT, row.COLUMN_NAME) for row in cursor.fetchall()] == [("hive_metastore", "a")]
    warehouse.rows("drop schema hive_metastore.hive cascade")


def test_a_project_without_a_catalog_is_built_in_the_hive_metastore(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    profile = (PROJECT / "profiles.yml").read_text()
    profile = profile[: profile.index("    prod:")].replace("catalog: dev", "")
    project = "name: no_catalog\nprofile: catalogs_check\nversion: '1.0.0'\nmodels:\n  +materialized: view\n"
    rows = "{{ config(materialized='incremental', unique_key='id') }} select 1 as id"
    for name, text in (
        ("profiles.yml", profile.replace("schema: gold", "schema: no_catalog")),
        ("dbt_project.yml", project),
        ("models/rows.sql", rows),
        ("models/counted.sql", "select count(*) as n from {{ ref('rows') }}"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for _ in range(2):
        done = warehouse.dbt("build", target=tmp_path / "target", project=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr

    assert warehouse.rows("select n from hive_metastore.no_catalog.counted") == [(1,)]
    assert any("hive_metastore" in each for each in warehouse.sent() if "no_catalog" in each)


def test_a_dropped_catalog_takes_what_it_holds(warehouse: Warehouse) -> None:
    warehouse.rows("create catalog gone")
    warehouse.rows("create table gone.default.t as select 1 as id")
    warehouse.rows("drop catalog gone cascade")

    assert ("gone",) not in warehouse.rows("show catalogs")
    assert warehouse.rows("select * from system.information_schema.tables where table_catalog = 'gone'") == []


def test_one_project_is_built_into_two_catalogs(warehouse: Warehouse, tmp_path: Path) -> None:
    for target in ("dev", "prod"):
        done = warehouse.dbt("build", "--target", target, target=tmp_path, project=PROJECT)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "WARN=0 ERROR=0 SKIP=0" in done.stdout
    warehouse.rows("insert into `raw-data`.shop.orders values (3, 1.00)")
    done = warehouse.dbt("build", "--target", "prod", target=tmp_path, project=PROJECT)
    assert done.returncode == 0, done.stdout + done.stderr

    built = "select order_id, built_in from {}.gold.orders order by 1"
    assert warehouse.rows(built.format("dev")) == [(1, "dev"), (2, "dev")]
    assert warehouse.rows(built.format("prod")) == [(1, "prod"), (2, "prod"), (3, "prod")]
    assert [str(row[0]) for row in warehouse.rows("select total from dev.gold.mv_total")] == ["14.50"]
    assert warehouse.rows(
        "select catalog_name, table_name from system.information_schema.table_tags where tag_name = 'layer' "
        "and schema_name = 'gold' and table_name = 'orders' order by 1"
    )[:2] == [("dev", "orders"), ("prod", "orders")]

    done = warehouse.dbt("docs", "generate", "--target", "prod", target=tmp_path, project=PROJECT)
    assert done.returncode == 0, done.stdout + done.stderr
    catalog = json.loads((tmp_path / "catalog.json").read_text())
    assert {
        (each["metadata"]["database"], each["metadata"]["name"]) for each in catalog["nodes"].values()
    } == {
        ("prod", "mv_total"),
        ("prod", "orders"),
        ("prod", "stg_orders"),
    }
    assert [each["metadata"]["database"] for each in catalog["sources"].values()] == ["raw-data"]
