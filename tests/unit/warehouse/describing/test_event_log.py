from __future__ import annotations

import json
from types import SimpleNamespace
from typing import cast
from unittest.mock import MagicMock

import pytest

from emulators.warehouse.catalog.records.derived import Refresh
from emulators.warehouse.describing.event_log import events, query
from emulators.warehouse.results import result_set
from emulators.warehouse.spark.helper_views import is_helper
from emulators.warehouse.sql.statements import EventLogQuery, recognise


def test_a_refresh_is_three_events() -> None:
    found = events(
        ("c", "s", "mv"),
        [
            Refresh("2024-01-01 00:00:00.000000", "2024-01-01 00:00:02.500000", 3, None),
            Refresh("2024-01-02 00:00:00.000000", "2024-01-02 00:00:01.000000", None, "[DIVIDE_BY_ZERO] …"),
        ],
    )

    assert [each[9] for each in found] == ["create_update", "flow_progress", "update_progress"] * 2
    assert [each[5] for each in found] == ["INFO"] * 4 + ["ERROR"] * 2
    assert json.loads(found[1][8]) == {
        "flow_progress": {"status": "COMPLETED", "metrics": {"num_output_rows": 3}}
    }
    assert json.loads(found[5][8]) == {"update_progress": {"state": "FAILED"}}
    assert "DIVIDE_BY_ZERO" in found[5][7]
    assert (found[2][3] - found[0][3]).total_seconds() == 2.5
    assert len({each[0] for each in found}) == 6
    assert len({json.loads(each[2])["update_id"] for each in found}) == 2


def test_a_refresh_that_was_cancelled_says_so() -> None:
    refresh = Refresh(
        "2024-01-01 00:00:00.000000", "2024-01-01 00:00:01.000000", None, "[OPERATION_CANCELED] …", True
    )

    found = events(("c", "s", "mv"), [refresh])

    assert json.loads(found[1][8])["flow_progress"]["status"] == "STOPPED"
    assert json.loads(found[2][8]) == {"update_progress": {"state": "CANCELED"}}


def test_each_log_of_a_query_is_a_view_of_its_own_that_goes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_set, "from_dataframe", MagicMock())
    refreshes: dict[tuple[str, ...], list[Refresh]] = {("a_b", "c"): [], ("a", "b_c"): []}
    catalog = MagicMock()
    catalog.get = lambda name, session: SimpleNamespace(schema=name[0], name=name[1])
    catalog.records.refreshes = lambda *where: refreshes[where]
    spark = MagicMock()
    sql = "select * from event_log(table(a_b.c)) union all select * from event_log(table(a.b_c))"

    query(cast(EventLogQuery, recognise(sql)), catalog, MagicMock(spark=spark))

    made = [each.args[0] for each in spark.createDataFrame().createOrReplaceTempView.call_args_list]
    assert len(set(made)) == 2
    assert all(is_helper(each) for each in made)
    (sent,) = spark.sql.call_args.args
    assert all(each in sent for each in made)
    dropped = [each.args[0] for each in spark.catalog.dropTempView.call_args_list]
    assert sorted(dropped) == sorted(made)
