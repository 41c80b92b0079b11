from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from pyspark import cloudpickle

from ingestion.landing.bronze_table import BronzeTable
from ingestion.landing.checkpoint import Identity
from ingestion.settings import BronzeSettings

ON_A_SERVER = """
import base64, json, sys
from unittest.mock import MagicMock
from pyspark import cloudpickle
write = cloudpickle.loads(base64.b64decode(sys.stdin.read()))
batch = MagicMock()
write(batch, 3)
rows = batch.selectExpr.return_value
options = rows.write.options
writer = options.return_value.format.return_value.mode.return_value
print(json.dumps({
    "selected": batch.selectExpr.call_args.args[-1],
    "options": options.call_args.kwargs,
    "saved": writer.method_calls[0][1],
    "modules": [name for name in sys.modules if name.split(".")[0] == "ingestion"],
}))
"""


def _pickled(function: Any) -> bytes:
    """A function as Spark Connect's client sends it."""
    pickled: bytes = cloudpickle.dumps(function)  # type: ignore[no-untyped-call]
    return pickled


@pytest.mark.parametrize("path", ["/bronze", None])
def test_what_writes_a_batch_needs_nothing_of_this_package(tmp_path: Path, path: str | None) -> None:
    settings = BronzeSettings(path, None if path else "main", "bronze")
    spark = MagicMock()
    spark.sql.return_value.collect.return_value = [{"id": "t", "numFiles": 0}]
    table = BronzeTable(spark, settings)
    write = table.batch_writer(Identity("app", "t", "orders", None, first_batch_id=10))
    answer = subprocess.run(
        # -P and an empty folder: nothing but what is installed can be imported.
        [sys.executable, "-P", "-c", ON_A_SERVER],
        cwd=tmp_path,
        env={},
        input=base64.b64encode(_pickled(write)).decode(),
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    told: dict[str, Any] = json.loads(answer.stdout)
    assert told["options"] == {"txnAppId": "app", "txnVersion": "3"}
    assert told["selected"] == "cast(13 as bigint) as `ingest_batch_id`"
    assert told["saved"] == ["/bronze/order_events" if path else "`main`.`bronze`.`order_events`"]
    assert told["modules"] == []
