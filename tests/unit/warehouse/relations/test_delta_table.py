from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest

from emulators.warehouse.errors import SqlError
from emulators.warehouse.relations import delta_table


def test_a_column_that_holds_a_null_stays_nullable_whatever_its_name() -> None:
    spark: Any = MagicMock()
    spark.sql.return_value.collect.return_value = [(1,)]

    with pytest.raises(SqlError, match="DELTA_NEW_NOT_NULL_VIOLATION"):
        delta_table.set_not_null(spark, ("s", "order-lines"), "tick`s")

    spark.sql.assert_called_once_with("select 1 from `s`.`order-lines` where `tick``s` is null limit 1")
