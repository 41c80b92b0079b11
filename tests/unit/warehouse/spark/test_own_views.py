from __future__ import annotations

from unittest.mock import MagicMock

import pytest

from emulators.warehouse.spark.own_views import is_own_view, own_views


@pytest.mark.parametrize("error", [None, ZeroDivisionError()])
def test_own_views_have_names_of_their_own_and_go_with_the_statement(error: Exception | None) -> None:
    spark, frame, names = MagicMock(), MagicMock(), []

    def run() -> None:
        with own_views(spark) as views:
            names.extend([views.put(frame), views.put(frame)])
            spark.catalog.dropTempView.assert_not_called()
            if error:
                raise error

    if error:
        with pytest.raises(ZeroDivisionError):
            run()
    else:
        run()
    assert [each.args[0] for each in frame.createOrReplaceTempView.call_args_list] == names
    assert len(set(names)) == 2
    assert sorted(each.args[0] for each in spark.catalog.dropTempView.call_args_list) == sorted(names)


def test_views_of_clients_are_none() -> None:
    for name in ("__x", "orders", "warehouse", "orders__dbt_tmp"):
        assert not is_own_view(name)
