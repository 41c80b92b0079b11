from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast
from unittest.mock import MagicMock

from emulators.warehouse.catalog import Catalog
from emulators.warehouse.records import Records


def test_a_refresh_that_is_recorded_and_a_look_at_every_table_do_not_wait_for_each_other(
    tmp_path: Path,
) -> None:
    records = Records(tmp_path / "records.sqlite")
    catalog = Catalog(cast(Any, MagicMock()), records, tmp_path)
    catalog._inner = MagicMock(relation=MagicMock(return_value=None))
    is_recording, may_go_on = threading.Event(), threading.Event()

    def record() -> None:
        with records.transaction():
            is_recording.set()
            may_go_on.wait()
            catalog.sync_relation("s", "mv", is_new=False)

    recording = threading.Thread(target=record, daemon=True)
    looking = threading.Thread(target=catalog.follow, daemon=True)
    recording.start()
    is_recording.wait()
    looking.start()
    looking.join(0.2)  # it waits for the records by now
    may_go_on.set()
    for each in (recording, looking):
        each.join(5)
        assert not each.is_alive()
