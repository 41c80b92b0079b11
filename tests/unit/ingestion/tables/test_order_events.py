from __future__ import annotations

from ingestion.settings import BronzeSettings
from ingestion.tables import bootstrap, order_events


def test_statements_create_what_is_missing_and_repeat_harmlessly() -> None:
    settings = BronzeSettings(None, "main", "raw", "runs")
    schema, table, ops, record = bootstrap.statements(settings)
    assert schema.startswith("create schema if not exists `main`.`raw`")
    assert table.startswith("create table if not exists `main`.`raw`.`order_events` (")
    assert "location" not in table
    assert "'delta.appendOnly' = 'true'" in table
    assert ops.startswith("create schema if not exists `main`.`runs`")
    assert record.startswith("create table if not exists `main`.`runs`.`ingest_batches` (")


def test_local_tables_have_fixed_folders() -> None:
    settings = BronzeSettings("/home/o'neil/bronze/", None, "bronze")
    schema, table, _, record = bootstrap.statements(settings)
    assert schema.startswith("create schema if not exists `bronze`")
    assert "location '/home/o\\'neil/bronze/order_events'" in table
    assert "location '/home/o\\'neil/bronze/ingest_batches'" in record


def test_every_column_is_declared_and_selected_with_its_type() -> None:
    table = order_events.DEFINITION.create_statement("t")
    for column, expression in zip(order_events.COLUMNS, order_events.select_expressions(), strict=True):
        assert f"`{column.name}` {column.spark_type} comment" in table
        assert expression.endswith(f"as {column.spark_type}) as `{column.name}`")
    filled = [expression.format(batch_id=7) for expression in order_events.select_expressions()]
    assert filled[-1] == "cast(7 as bigint) as `ingest_batch_id`"
