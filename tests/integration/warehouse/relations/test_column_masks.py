"""A mask that a table has is told by the name that models give it, so that it is not set again."""

from __future__ import annotations

import json

from dbt.adapters.databricks.impl import DatabricksDescribeJsonMetadata
from dbt.adapters.databricks.relation_configs.column_mask import ColumnMaskConfig, ColumnMaskProcessor

from tests.integration.warehouse.conftest import Warehouse

FUNCTION = "spark_catalog.masked_silver.mask_pii"


def test_a_mask_is_read_back_as_it_was_set(warehouse: Warehouse) -> None:
    for statement in (
        "create schema if not exists masked_silver",
        "create or replace function `spark_catalog`.`masked_silver`.`mask_pii`(value string) returns string "
        "return case when value is null or is_account_group_member('readers') then value else '[masked]' end",
        "create or replace table masked_silver.orders (id int, customer_name string)",
        f"alter table masked_silver.orders alter column `customer_name` set mask {FUNCTION}",
    ):
        warehouse.rows(statement)
    stated = ColumnMaskConfig(set_column_masks={"customer_name": {"function": FUNCTION}})

    ((described,),) = warehouse.rows("describe table extended masked_silver.orders as json")
    by_json = DatabricksDescribeJsonMetadata.from_json_metadata(json.loads(described))
    held = ColumnMaskProcessor.from_relation_results({"column_masks": by_json.column_masks})
    assert held == stated
    assert stated.get_diff(held) is None
    warehouse.rows("drop schema masked_silver cascade")
