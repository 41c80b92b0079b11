from __future__ import annotations

import json

from emulators.warehouse.catalog.records.derived import Refresh
from emulators.warehouse.describing.event_log import events


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
