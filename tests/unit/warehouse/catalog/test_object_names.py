from __future__ import annotations

import pytest

from emulators.warehouse.catalog.object_names import check_new_relation, check_new_schema
from emulators.warehouse.errors import SqlError
from emulators.warehouse.names import spark_schema

IN_MAIN = spark_schema("main", "s")


@pytest.mark.parametrize(
    "name", ["order-lines", "заказы_é", "1st", "a&b", "日本", "x" * 255, "q'\"", "p%20q"]
)
def test_unity_catalog_takes_more_than_letters(name: str) -> None:
    check_new_relation(IN_MAIN, name)
    check_new_schema(spark_schema("main", name))


@pytest.mark.parametrize("name", ["a b", "a.b", "a/b", "a\tb", "a\x7f", "", "x" * 256, ".", ".."])
def test_what_unity_catalog_forbids_is_refused(name: str) -> None:
    with pytest.raises(SqlError, match=r"INVALID_PARAMETER_VALUE.*is not a valid name"):
        check_new_relation(IN_MAIN, name)
    if name:
        with pytest.raises(SqlError, match="INVALID_PARAMETER_VALUE"):
            check_new_schema(spark_schema("main", name))


@pytest.mark.parametrize("name", ["a-b", "é", "a b", "", "a.b"])
def test_the_hive_metastore_takes_letters_digits_and_underscores(name: str) -> None:
    with pytest.raises(SqlError, match="INVALID_SCHEMA_OR_RELATION_NAME") as refused:
        check_new_relation("s", name)
    assert refused.value.sql_state == "42602"
    check_new_relation("s", "order_lines_1")


def test_a_colon_is_refused_before_hadoop_reads_it() -> None:
    with pytest.raises(SqlError, match="UNSUPPORTED_FEATURE"):
        check_new_relation(IN_MAIN, "c:d")
