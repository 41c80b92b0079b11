"""`make demo` as a person sees it, twice; then status, docs and freshness on what it built."""

import json
from collections import Counter

import pytest

from tests.e2e.own_events import OwnEvents
from tests.e2e.place import Place
from tests.e2e.tables import differences, table

pytestmark = pytest.mark.xdist_group("demo")

MOST_STATEMENTS = 16
"""Of one model in an incremental build. Lower it when less is needed."""
MOST_CATALOG_QUERIES = 6
"""Of all models together: tags of columns, which no DESCRIBE tells."""


def _merged_rows(place: Place) -> int:
    """Rows that the last run's merge put into order_events."""
    commits = place.query("describe history silver.order_events")
    metrics = (dict(each) for commit in commits for each in commit if _is_metrics(each))
    return int(next(metrics)["numTargetRowsInserted"])


def _is_metrics(value: object) -> bool:
    return isinstance(value, list) and any("numTargetRowsInserted" in pair for pair in value)


def _check_what_is_asked(asked: Counter[tuple[str, str]]) -> None:
    """Statements wait their turn, and the information schema is one for all of a metastore."""
    models, catalog_queries, states = Counter[str](), 0, Counter[tuple[str, str]]()
    for (model, statement), count in asked.items():
        models[model] += count
        catalog_queries += count * ("information_schema" in statement)
        if statement.startswith("show tblproperties"):  # the project's own; the adapter's are in upper case
            states[model, statement] += count
    assert len(models) > 20
    assert max(models.values()) <= MOST_STATEMENTS, models.most_common(3)
    assert catalog_queries <= MOST_CATALOG_QUERIES
    assert states
    assert set(states.values()) == {1}, states.most_common(3)


def test_every_event_is_accepted_and_accounted_for(place: Place, first_demo: dict[str, int]) -> None:
    assert first_demo == {"sent now": 300, "landed": 300, "accepted": 300, "duplicate": 0, "quarantined": 0}
    assert place.one("select count(*) from bronze.order_events") == 300
    assert place.one("select count(distinct product_id) from silver.order_details") == pytest.approx(
        10, abs=1
    )


def test_gold_is_what_the_landed_bodies_add_up_to(place: Place, first_demo: dict[str, int]) -> None:
    names = ("gold.sales_by_brand_category", "gold.location_performance", "gold.customer_insights")
    found = {name: table(place, name) for name in names}
    assert all(each.rows for each in found.values())
    assert differences(place, found) == []


def test_a_second_demo_continues_and_takes_in_what_others_sent(
    place: Place, first_demo: dict[str, int], own_events: OwnEvents
) -> None:
    outcomes = Counter(message.outcome for message in own_events.messages)
    accepted, duplicate = outcomes["accepted"], outcomes["duplicate"]
    assert own_events.demo == {
        "sent now": 300,
        "landed": 600 + len(own_events.messages),
        "accepted": 600 + accepted,
        "duplicate": duplicate,
        "quarantined": len(own_events.messages) - accepted - duplicate,
    }
    assert _merged_rows(place) == 300 + accepted
    _check_what_is_asked(own_events.asked)


def test_a_full_refresh_has_no_moment_without_rows(place: Place, own_events: OwnEvents) -> None:
    """Each version of the table from then on has its rows: readers never find it empty."""
    mart = "gold.sales_by_brand_category"
    rows, version = table(place, mart).hash(), _version(place, mart)
    place.dbt("run", "--full-refresh", "--select", "sales_by_brand_category")
    later = range(version + 1, _version(place, mart) + 1)
    counts = [place.one(f"select count(*) from {mart} version as of {each}") for each in later]
    assert counts
    assert set(counts) == {len(table(place, mart).rows)}
    assert table(place, mart).hash() == rows


def _version(place: Place, name: str) -> int:
    return int(place.query(f"describe history {name} limit 1")[0][0])


def test_what_the_demo_leaves_out_passes(place: Place, own_events: OwnEvents) -> None:
    """Unit tests and nightly audits; the demo's builds ran every other test."""
    place.dbt("test", "--select", "test_type:unit", "tag:nightly")


def test_status_names_what_a_client_needs(place: Place, first_demo: dict[str, int]) -> None:
    status = json.loads(place.emulators("status", "--json").stdout)
    assert set(status) == {"warehouse", "eventhubs"}
    host, port = place.environment["LOCAL_WAREHOUSE_URL"].removeprefix("http://").split(":")
    assert status["warehouse"] == {
        "host": host,
        "port": int(port),
        "http_path": place.environment["LOCAL_WAREHOUSE_HTTP_PATH"],
        "token": place.environment["LOCAL_WAREHOUSE_TOKEN"],
        "catalog": "spark_catalog",
    }
    assert status["eventhubs"] == {
        "connection_string": place.environment["EVENTHUBS_CONNECTION_STRING"],
        "kafka_bootstrap": place.environment["EVENTHUBS_KAFKA_BOOTSTRAP"],
        "hubs": ["orders"],
    }


def test_the_docs_describe_every_model_and_column(place: Place, first_demo: dict[str, int]) -> None:
    place.dbt("docs", "generate")
    target = place.folder / "target"
    manifest = json.loads((target / "manifest.json").read_text())
    catalog = json.loads((target / "catalog.json").read_text())
    nodes = {
        name: node
        for name, node in (manifest["nodes"] | manifest["sources"]).items()
        if node["resource_type"] in ("model", "seed", "snapshot", "source")
    }
    assert set(nodes) == set(catalog["nodes"] | catalog["sources"])
    for name, node in nodes.items():
        assert node["description"], name
        built = (catalog["nodes"] | catalog["sources"])[name]["columns"]
        described = {column: about["data_type"] for column, about in node["columns"].items()}
        assert {column: about["type"].lower() for column, about in built.items()} == described, name
        assert list(built) == list(described), name


def test_sources_are_fresh(place: Place, first_demo: dict[str, int]) -> None:
    place.dbt("source", "freshness")
    results = json.loads((place.folder / "target" / "sources.json").read_text())["results"]
    assert [result["status"] for result in results] == ["pass", "pass"]
