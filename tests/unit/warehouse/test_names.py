"""Names of schemas inside Spark, and back."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emulators.warehouse.names import is_taken, own_catalog, restored, shown, spark_schema, split

NAMES = st.text(alphabet=st.sampled_from("abx_-2dé щзf0"), min_size=1, max_size=12)


@given(catalog=NAMES, schema=NAMES)
@example(catalog="raw-data", schema="a_x2d_b")
@example(catalog="dev", schema="_x2d-")
@example(catalog="dev", schema="_x2d_x2d_")
def test_a_schema_inside_spark_is_of_one_catalog_and_one_name(catalog: str, schema: str) -> None:
    inside = spark_schema(catalog, schema)

    assert inside.isascii()
    assert inside.isidentifier()
    assert split(inside) == (catalog, schema)
    assert shown(f"no `{inside}`.`t`") == f"no `{catalog}`.`{schema}`.`t`"
    assert restored(f"select {inside}.f(1)") == f"select {schema}.f(1)"


def test_schemas_keep_the_names_that_they_had_in_older_homes() -> None:
    assert spark_schema("dev", "stg_xero") == "unity3_dev_stg_xero"
    assert spark_schema("raw-data", "shop-1") == "unity12_raw_x2d_data_shop_x2d_1"
    assert spark_schema("spark_catalog", "silver") == "silver"


@pytest.mark.parametrize("text", ["unity9_ab", "unity2_abcd", "unity3_dev_", "unity0__x", "unityx"])
def test_what_only_looks_like_a_schema_of_another_catalog_stays(text: str) -> None:
    assert split(text) == ("spark_catalog", text)
    assert shown(f"`{text}`") == f"`{text}`"


@pytest.mark.parametrize("name", ["hive_metastore", "HIVE_METASTORE", "spark_catalog", "Spark_Catalog"])
def test_the_default_catalog_has_two_names(name: str) -> None:
    assert own_catalog(name) == "spark_catalog"
    assert spark_schema(name, "silver") == "silver"


def test_names_of_other_catalogs_are_in_lower_case() -> None:
    assert own_catalog("Dev") == "dev"
    assert is_taken("unity4_main_default")
    assert not is_taken("unity_main")
