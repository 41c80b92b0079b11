from __future__ import annotations

from ingestion import bronze


def test_statements_create_what_is_missing_and_repeat_harmlessly() -> None:
    schema, table = bronze.bootstrap_statements("main", "raw", None)
    assert schema.startswith("create schema if not exists `main`.`raw`")
    assert table.startswith("create table if not exists `main`.`raw`.`order_events` (")
    assert "location" not in table
    assert "'delta.appendOnly' = 'true'" in table


def test_local_tables_have_fixed_folders() -> None:
    schema, table = bronze.bootstrap_statements(None, "bronze", "/home/o'neil/bronze/")
    assert schema.startswith("create schema if not exists `bronze`")
    assert "location '/home/o\\'neil/bronze/order_events'" in table


def test_every_column_is_declared_and_selected_with_its_type() -> None:
    table = bronze.create_table_statement("t", None)
    for column, expression in zip(bronze.COLUMNS, bronze.select_expressions(), strict=True):
        assert f"`{column.name}` {column.spark_type} comment" in table
        assert expression.endswith(f"as {column.spark_type}) as `{column.name}`")
    filled = [expression.format(batch_id=7) for expression in bronze.select_expressions()]
    assert filled[-1] == "cast(7 as bigint) as `ingest_batch_id`"
