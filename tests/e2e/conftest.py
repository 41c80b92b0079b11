"""The place of the checks: emulators of their own, or, with CONFORMANCE=1, what the environment names."""

from __future__ import annotations

import os
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators.runtime.environment import client_environment
from emulators.settings import load
from emulators.supervision import lifecycle
from tests.e2e import demo
from tests.e2e import own_events as own
from tests.e2e.place import Place, emulated

NEEDED = (
    "EVENTHUBS_CONNECTION_STRING",
    "DATABRICKS_HOST",
    "DATABRICKS_HTTP_PATH",
    "DATABRICKS_CATALOG",
    "DBT_SCHEMA",
)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("e2e")
    if os.environ.get("CONFORMANCE"):
        yield from _real(folder)
        return
    # Over many builds of little data the optimising compiler saves more than it costs, from the third on.
    with emulated(folder, WAREHOUSE_SIZE="large") as own:
        yield own


def _real(folder: Path) -> Iterator[Place]:
    if missing := [name for name in NEEDED if not os.environ.get(name)]:
        pytest.fail(f"set {', '.join(missing)}: see docs/operations.md", pytrace=False)
    settings = load({"EMULATORS_HOME": str(folder / "home")})
    lifecycle.prepare(settings)
    local_spark = client_environment(settings)
    environment = dict(os.environ) | {
        name: local_spark[name] for name in ("PATH", "JAVA_HOME", "SPARK_CONF_DIR", "SPARK_LOCAL_IP")
    }
    landing = folder / "bronze"
    environment |= {
        "INGESTION_BRONZE_PATH": str(landing),
        "INGESTION_CHECKPOINT": str(folder / "checkpoint"),
        "INGESTION_STATE": str(folder / "state.json"),
        "INGESTION_LOG": str(folder / "ingester.log"),
        "INGESTION_BRONZE_SCHEMA": f"{os.environ['DBT_SCHEMA']}_bronze",
        "INGESTION_OPS_SCHEMA": f"{os.environ['DBT_SCHEMA']}_ops",
    }
    place = Place(environment, "dev", f"{os.environ['DBT_SCHEMA']}_", folder, landing)
    try:
        yield place
    finally:
        for each in place.dbts.values():
            each.close()
        with place.connect() as connection, connection.cursor() as cursor:
            for schema in ("gold", "snapshots", "silver", "bronze", "reference", "ops"):
                cursor.execute(f"drop schema if exists {place.table(schema)} cascade")


@pytest.fixture(scope="session")
def first_demo(place: Place) -> dict[str, int]:
    """The demo, run once; what it counted."""
    return demo.run(place)


@pytest.fixture(scope="session")
def own_events(place: Place, request: pytest.FixtureRequest) -> own.OwnEvents:
    """Events of a user's own, landed and built: on the emulators by a second demo."""
    counted: dict[str, int] = {}
    asked: Counter[tuple[str, str]] = Counter()
    if place.on_emulators:
        request.getfixturevalue("first_demo")
    else:
        place.land()
        place.dbt("build", *own.NO_TESTS, "--select", "+order_events", "+quarantined_order_events")
    before = own.counts(place)
    brand = f"Own{uuid.uuid4().hex[:8]}"
    messages = own.messages(brand)
    bodies = [message.body for message in messages]
    own.send_by_amqp(place, bodies[0::2])
    own.send_by_kafka(place, bodies[1::2])
    if place.on_emulators:
        asked_before = demo.asked(place)
        counted = demo.run(place)
        asked = demo.asked(place) - asked_before
    else:
        assert place.land() == len(bodies)
        place.dbt("build")
    return own.OwnEvents(brand, messages, before, counted, asked)
