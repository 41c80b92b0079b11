"""A customer is erased: name and e-mail address are in no file any more, and nothing else changed.

The warehouse alone is needed: messages are put into bronze tables of the test's own schemas.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest

from emulators.settings import REPOSITORY
from emulators.warehouse.sessions.history import HISTORY_FILE
from tests.e2e.place import Place

pytestmark = pytest.mark.xdist_group("dbt")

CUSTOMER = "C1023"
NAME = "Ánn O'Zyxwv"
EMAIL = "ann.zyxwv@example.com"
TOKENS = [token.encode(encoding) for token in ("zyxwv", "Zyxwv") for encoding in ("utf-8", "utf-16-le")]
"""What every name and address of the customer holds, in the encodings they are sent in."""

ERASED = "[erased]"
NO_UTF8 = b"[erased]\xff"
"""What a value becomes where the message is no JSON, and must not turn into JSON."""

MODELS = ("+sales_by_brand_category", "quarantined_order_events", "order_event_ledger", "snap_buyers")

SNAPSHOT = {
    "name": "snap_buyers",
    "description": "One row per order and period: a table with personal data that only its tags tell of.",
    "relation": "ref('order_details')",
    "config": {
        "unique_key": "order_id",
        "strategy": "check",
        "check_cols": ["order_status"],
        "tblproperties": {"delta.dataSkippingStatsColumns": "order_id, customer_id"},
    },
    "columns": [
        {"name": "order_id", "data_type": "string"},
        {"name": "customer_id", "data_type": "string"},
        {"name": "customer_name", "data_type": "string", "config": {"tags": ["pii"]}},
        {"name": "customer_email", "data_type": "string", "config": {"tags": ["pii"]}},
    ],
}


def order(**fields: Any) -> dict[str, Any]:
    """An order_placed event of the customer; `...` leaves a field out."""
    values = {
        "event_id": "e1",
        "event_type": "order_placed",
        "schema_version": 1,
        "occurred_at": "2026-03-01T12:00:00Z",
        "order_id": "O1",
        "customer_id": CUSTOMER,
        "customer_name": NAME,
        "customer_email": EMAIL,
        "city": "Austin",
        "state": "TX",
        "product_id": "P1",
        "product_name": "Lamp",
        "category": "Home",
        "brand": "Zenith",
        "unit_price": "19.99",
        "quantity": 2,
        "total_amount": "39.98",
    } | fields
    return {name: value for name, value in values.items() if value is not ...}


def dumped(value: Any, **options: Any) -> bytes:
    return json.dumps(value, **options).encode()


@dataclass(frozen=True)
class Case:
    """A message before and after, and whether it is accepted."""

    name: str
    before: bytes
    after: bytes
    is_accepted: bool = False


def valid(name: str, is_accepted: bool = True, **fields: Any) -> Case:
    """A message that stays the JSON it is, written compactly as the simulator does."""
    erased = {"customer_name": ERASED, "customer_email": ERASED} | fields
    compact = {"separators": (",", ":")}
    return Case(name, dumped(order(**fields), **compact), dumped(order(**erased), **compact), is_accepted)


def replaced(name: str, before: bytes, *values: bytes, by: bytes = NO_UTF8, accepted: bool = False) -> Case:
    """A message in which each of these values must become the constant, and no other byte change."""
    after = before
    for value in values:
        assert value in after
        after = after.replace(value, by)
    return Case(name, before, after, accepted)


def _cases() -> Iterator[Case]:
    name, email = NAME.encode(), EMAIL.encode()
    text = dumped(order(), ensure_ascii=False)
    both = dumped(NAME)[1:-1], email
    erased = order(customer_name=ERASED, customer_email=ERASED)

    # Accepted: each is an event of its own, so that silver holds it.
    yield valid("as sent", event_id="v1", order_id="O1")
    yield valid("a later event", event_id="v2", event_type="order_shipped", order_id="O1")
    yield valid("its copy", False, event_id="v1", order_id="O1")
    yield replaced(
        "written loosely",
        dumped(order(event_id="v3", order_id="O3"), indent=2),
        *both,
        by=b"[erased]",
        accepted=True,
    )
    yield replaced(
        "UTF-8",
        dumped(order(event_id="v4", order_id="O4"), ensure_ascii=False),
        *(name, email),
        by=b"[erased]",
        accepted=True,
    )
    yield Case(
        "quotes and backslashes",
        dumped(order(event_id="v5", order_id="O5", customer_name='"Ann" \\ Zyxwv\\')),
        dumped(order(event_id="v5", order_id="O5", customer_name=ERASED, customer_email=ERASED)),
        True,
    )
    yield Case(
        "a number as name",
        dumped(order(event_id="v6", order_id="O6", customer_name=123)),
        dumped(order(event_id="v6", order_id="O6", customer_name=ERASED, customer_email=ERASED)),
        True,
    )
    yield valid("no name", event_id="v7", order_id="O7", customer_name=None)
    yield valid("a blank name", event_id="v8", order_id="O8", customer_name=" ")
    escaped = dumped(order(event_id="v9", order_id="O9")).replace(b'"C1023"', b'"\\u00431023"')
    yield replaced("an id in escapes", escaped, *both, by=b"[erased]", accepted=True)
    escaped = dumped(order(event_id="v10", order_id="O10")).replace(b"customer_name", b"customer\\u005Fname")
    yield replaced("a key in escapes", escaped, *both, by=b"[erased]", accepted=True)
    inner = {"event_id": "v11", "order_id": "O11"}
    yield Case(
        "JSON in a string",
        dumped(order(**inner, payload=dumped(order()).decode())),
        dumped(erased | inner | {"payload": dumped(erased).decode()}),
        True,
    )

    # Rejected, as the customer's: what was no JSON stays none, an object stays an object.
    yield valid("unknown state", False, state="ZZ")
    yield Case(
        "an object as name",
        dumped(order(customer_name={"first": "Ann } Zyxwv", "more": [{"last": "Zyxwv"}]})),
        dumped(order(customer_name={}, customer_email=ERASED)),
    )
    yield Case(
        "a list as name",
        dumped(order(customer_name=["Ann", ["Zyxwv]"]])),
        dumped(order(customer_name=[], customer_email=ERASED)),
    )
    yield replaced("Python's notation", repr(order()).encode(), name, email)
    yield Case("cut off in the name", *_cut(text, name, b"Zy"))
    cut = text[: text.index(email) + 9]
    yield replaced("cut off in the address", cut, name, email[:9])
    yield replaced("text behind", text + b" trailing", name, email)
    latin = NAME.encode("latin-1")
    yield replaced("a name in ISO-8859-1", text.replace(name, latin), latin, email)
    wide = text.decode().encode("utf-16-le")
    # Up to the quotes, which are two bytes there.
    yield Case(
        "UTF-16",
        wide,
        wide.replace(b"\0" + NAME.encode("utf-16-le"), NO_UTF8).replace(
            b"\0" + EMAIL.encode("utf-16-le"), NO_UTF8
        ),
    )
    yield Case("JSON as a string", dumped(text.decode()), dumped(dumped(erased).decode()))
    yield Case("a list of events", dumped([order(), order()]), dumped([erased, erased]))
    yield Case("an event inside", dumped({"order": order()}), dumped({"order": erased}))
    doubled = b'{"customer_name":"Zyxwv","customer_id":"C1023","customer_name":"Ann"}'
    yield replaced("a key twice", doubled, b"Zyxwv", b"Ann")
    yield replaced("a form", b"customer_id=C1023&customer_name=Ann Zyxwv&city=X", b"Ann Zyxwv")
    yield replaced("no quotes", b"{customer_id: C1023, customer_name: Ann Zyxwv, quantity: 2}", b"Ann Zyxwv")
    long = dumped(order(customer_name="Zyxwv\\" * 20_000, state="ZZ"))
    yield Case("a long name", long, dumped(order(customer_name=ERASED, customer_email=ERASED, state="ZZ")))

    # Theirs although nothing says so: by an order, and by an address, that silver knows.
    yield valid("no customer, known order", False, customer_id=..., order_id="O3")
    yield valid("blank customer, known order", False, customer_id=" ", order_id="O3")
    shouted = dumped(order(customer_id=..., order_id="O99", customer_email=EMAIL.upper()))
    yield replaced("no customer, known address", shouted, both[0], EMAIL.upper().encode(), by=b"[erased]")
    unknown = dumped(order(customer_id=..., order_id=...), ensure_ascii=False)
    yield replaced("broken, known address", unknown + b"}", name, email)


def _cut(text: bytes, value: bytes, behind: bytes) -> tuple[bytes, bytes]:
    """The text up to these bytes of the value, before and after."""
    start = text.index(value)
    return text[: text.index(behind, start) + len(behind)], text[:start] + NO_UTF8


def _cases_of_others() -> Iterator[Case]:
    """Messages that must stay as they are, however near they come."""

    def same(name: str, body: bytes, is_accepted: bool = False) -> Case:
        return Case(name, body, body, is_accepted)

    bob = {"customer_name": "Bob", "customer_email": "bob@example.com"}
    for number, other in enumerate(("C10", "C10234", "c1023", " C1023", "C1023 ", "XC1023", "C1023\n")):
        body = dumped(order(event_id=f"o{number}", order_id=f"P{number}", customer_id=other, **bob))
        yield same(f"customer {other!r}", body, True)
    mention = {"note": f'customer_id: {CUSTOMER} "customer_name":"x"', "friend": {"customer_id": CUSTOMER}}
    body = dumped(order(event_id="o10", order_id="P10", customer_id="C77", **bob, **mention))
    yield same("names the customer in passing", body, True)
    yield same("broken", dumped(order(customer_id="C77", **bob, note=CUSTOMER)) + b"}")
    yield same("cut off in the id", b'{"customer_name":"Bob","customer_id":"C1023')
    yield same("nobody's", dumped(order(customer_id=..., order_id="P99", **bob)))
    yield same("nobody's, broken", b'{"customer_name":"Bob","customer_email":"bob@example.com"')
    yield same("empty", b"")
    yield same("only the id", CUSTOMER.encode())


CASES = list(_cases())
OTHERS = list(_cases_of_others())
CORRECTED = valid("as corrected", event_id="v1", order_id="O1", city="Dallas")


def _rows(cases: list[Case], batch: int, first_offset: int) -> list[dict[str, Any]]:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    return [
        {
            "body": case.before,
            "event_hub": "orders",
            "partition": 0,
            "offset": first_offset + number,
            "enqueued_at": moment,
            "ingested_at": moment,
            "ingest_batch_id": batch,
        }
        for number, case in enumerate(cases)
    ]


def _project(folder: Path, schema: str) -> None:
    """The project with one snapshot more, for the emulated warehouse as the target dev."""
    for each in ("dbt_project.yml", "models", "macros", "seeds", "analyses", "tests"):
        (folder / each).symlink_to(REPOSITORY / each)
    (folder / "snapshots").mkdir()
    for file in (REPOSITORY / "snapshots").iterdir():
        (folder / "snapshots" / file.name).symlink_to(file)
    # JSON is YAML.
    (folder / "snapshots" / "snap_buyers.yml").write_text(json.dumps({"snapshots": [SNAPSHOT]}))
    profile = (REPOSITORY / "profiles.yml").read_text()
    local = profile[profile.index("    local:") : profile.index("    dev:")]
    own = local.replace("local:", "dev:").replace("schema: gold", f"schema: {schema}")
    (folder / "profiles.yml").write_text("order_intelligence:\n  target: dev\n  outputs:\n" + own)


@dataclass(frozen=True)
class State:
    """What tables held at one time."""

    rows: dict[str, list[tuple[Any, ...]]]
    properties: dict[str, dict[str, str]]


TABLES = (
    "bronze.order_events",
    "silver.order_events",
    "silver.order_details",
    "silver.quarantined_order_events",
    "ops.order_event_corrections",
    "snapshots.snap_buyers",
)
"""The tables that hold personal data."""

FAILURES = "ops.all_hold_order_details"
"""What `dbt test --store-failures` would have kept."""


class Shop:
    """The place, with what this test asks of it."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def dbt(self, *arguments: str) -> str:
        return self.place.dbt(*arguments, "--project-dir", str(self.place.folder))

    def refused(self, *arguments: str) -> str:
        """What dbt says as it fails."""
        return self.place.dbt_refuses(*arguments, "--project-dir", str(self.place.folder))

    def erase(self) -> str:
        return self.dbt("run-operation", "erase_customer", "--args", f"{{customer_id: {CUSTOMER}}}")

    def commits(self) -> dict[str, int]:
        return {name: len(list(self.folder(name).glob("_delta_log/*.json"))) for name in TABLES}

    def rows(self, name: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """All rows in one order; lists as lists, which can be compared."""
        rows = self.place.query(f"select {columns} from {self.place.table(name)}")
        return sorted(
            (tuple(getattr(value, "tolist", lambda v=value: v)() for value in row) for row in rows), key=repr
        )

    def bodies(self, name: str) -> dict[int, bytes]:
        return {row[0]: bytes(row[1]) for row in self.rows(name, "`offset`, body")}

    def folder(self, name: str) -> Path:
        (detail,) = self.place.query(f"describe detail {self.place.table(name)}")
        return Path(next(str(each) for each in detail if str(each).startswith("file:")).removeprefix("file:"))

    def files_with_tokens(self, folder: Path) -> list[str]:
        """Files under a folder, data and logs, of any version, that hold a token of the customer."""
        files = [path for path in folder.rglob("*") if path.is_file()]
        return [str(path) for path in files if any(token in _readable(path) for token in TOKENS)]

    def state(self) -> State:
        read = ("silver.order_event_ledger", "gold.sales_by_brand_category")
        return State(
            rows={name: self.rows(name) for name in TABLES + read},
            properties={
                name: dict(self.place.query(f"show tblproperties {self.place.table(name)}"))
                for name in TABLES
            },
        )


def _readable(path: Path) -> bytes:
    """The bytes of a file, those of compressed data as they are read."""
    if path.suffix != ".parquet":
        return path.read_bytes()
    return b"\n".join(_bytes(parquet.read_table(path).to_pylist()))


def _bytes(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, str):
        yield value.encode()
    elif isinstance(value, dict):
        yield from _bytes(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _bytes(each)


@pytest.fixture(scope="module")
def shop(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Messages, landed and built; rows that a failed test kept."""
    assert place.emulators("up", "--only", "warehouse").returncode == 0
    folder = tmp_path_factory.mktemp("erasure")
    _project(folder, "erasure")
    environment = place.environment | {
        "DBT_PROFILES_DIR": str(folder),
        "INGESTION_BRONZE_SCHEMA": "erasure_bronze",
        "INGESTION_OPS_SCHEMA": "erasure_ops",
    }
    own = replace(place, environment=environment, target="dev", schema_prefix="erasure_", folder=folder)
    shop = Shop(own)
    own.create_bronze()
    own.insert(_rows(CASES + OTHERS, 1, 0))
    shop.dbt("build", "--resource-types", "seed", "model", "snapshot", "--select", *MODELS)
    own.execute(f"create table {own.table(FAILURES)} as select * from {own.table('silver.order_details')}")
    # A correction that was taken back: nothing is read from it, and it still holds the name.
    own.execute(
        f"""
        insert into {own.table("ops.order_event_corrections")} values
            ('orders', 0, 0, 'ada', null, X'{CORRECTED.before.hex()}', timestamp'2026-03-02 01:00:00Z'),
            ('orders', 0, 0, 'ada', null, null, timestamp'2026-03-02 02:00:00Z')
        """
    )
    return shop


@pytest.fixture(scope="module")
def before(shop: Shop) -> State:
    for name in (*TABLES, FAILURES):
        assert shop.files_with_tokens(shop.folder(name)), name
    return shop.state()


@pytest.fixture(scope="module")
def underway(shop: Shop) -> Path:
    """A data file of the bronze table that no commit names yet."""
    data = next(shop.folder("bronze.order_events").glob("*.parquet"))
    path = data.with_name("part-00000-written-and-not-yet-committed.snappy.parquet")
    parquet.write_table(parquet.read_table(data).slice(0, 0), path)
    return path


@pytest.fixture(scope="module")
def erased(shop: Shop, before: State, underway: Path) -> State:
    shop.erase()
    return shop.state()


def test_every_case_is_where_it_belongs(before: State) -> None:
    """The cases are what their names say."""
    accepted = sum(case.is_accepted for case in CASES + OTHERS)
    assert len(before.rows["silver.order_events"]) == accepted
    duplicates = 1
    rejected = len(CASES + OTHERS) - accepted - duplicates
    assert len(before.rows["silver.quarantined_order_events"]) == rejected


def test_no_file_holds_the_name_or_the_address(shop: Shop, erased: State) -> None:
    """Neither a table of any schema, nor what dbt and the warehouse write down."""
    for name in TABLES:
        assert shop.files_with_tokens(shop.folder(name)) == [], name
    home = Path(shop.place.environment["EMULATORS_HOME"])
    assert shop.files_with_tokens(home / "log") == []
    assert shop.files_with_tokens(shop.place.folder / "logs") == []


def test_stored_failures_are_dropped(shop: Shop, erased: State) -> None:
    ops = shop.place.table("ops")
    tables = {row[1] for row in shop.place.query(f"show tables in {ops}")}
    assert FAILURES.removeprefix("ops.") not in tables
    assert "order_event_corrections" in tables


def test_messages_are_erased_byte_by_byte(shop: Shop, before: State, erased: State) -> None:
    bodies = shop.bodies("bronze.order_events")
    for offset, case in enumerate(CASES + OTHERS):
        assert bodies[offset] == case.after, case.name
    quarantined = shop.bodies("silver.quarantined_order_events")
    assert quarantined.items() <= bodies.items()
    corrected = [
        bytes(row[0]) for row in shop.rows("ops.order_event_corrections", "corrected_body") if row[0]
    ]
    assert corrected == [CORRECTED.after]
    # All other columns, and hence positions, are as they were.
    assert sorted(map(repr, (row[1:] for row in erased.rows["bronze.order_events"]))) == sorted(
        map(repr, (row[1:] for row in before.rows["bronze.order_events"]))
    )


def test_silver_changed_in_the_customers_values_alone(shop: Shop, before: State, erased: State) -> None:
    for name in ("silver.order_events", "silver.order_details"):
        columns = [row[0] for row in shop.place.query(f"describe {shop.place.table(name)}")]
        columns = columns[: columns.index("")] if "" in columns else columns
        customer = columns.index("customer_id")
        personal = [columns.index(each) for each in ("customer_name", "customer_email")]

        def expected(
            row: tuple[Any, ...], customer: int = customer, personal: list[int] = personal
        ) -> tuple[Any, ...]:
            if row[customer] != CUSTOMER:
                return row
            return tuple(
                ERASED if at in personal and value is not None else value for at, value in enumerate(row)
            )

        assert sorted(map(repr, map(expected, before.rows[name]))) == sorted(map(repr, erased.rows[name]))


def test_the_ledger_and_revenue_are_as_before(shop: Shop, before: State, erased: State) -> None:
    for name in ("silver.order_event_ledger", "gold.sales_by_brand_category"):
        assert erased.rows[name] == before.rows[name] != []
    ledger = shop.place.table("silver.order_event_ledger")
    assert shop.place.query(f"select sum(landed_count), min(is_balanced) from {ledger}") == [
        (len(CASES + OTHERS), True)
    ]


def test_tables_are_set_as_before(before: State, erased: State) -> None:
    assert before.properties["bronze.order_events"]["delta.appendOnly"] == "true"
    assert erased.properties == before.properties


def test_a_write_under_way_keeps_its_files(erased: State, underway: Path) -> None:
    assert underway.exists()


def test_a_build_after_it_is_green_and_changes_nothing(shop: Shop, erased: State) -> None:
    shop.dbt(
        "build",
        *("--exclude-resource-type", "unit_test"),
        *("--indirect-selection", "buildable"),
        *("--select", *MODELS),
    )
    assert shop.state() == erased


@pytest.mark.nightly
def test_a_full_refresh_does_not_bring_the_name_back(shop: Shop, erased: State) -> None:
    shop.dbt("run", "--full-refresh", "--select", *MODELS)
    assert shop.state().rows == erased.rows
    for name in TABLES:
        assert shop.files_with_tokens(shop.folder(name)) == [], name


@pytest.mark.nightly
def test_erasing_again_takes_what_came_later_and_nothing_else(shop: Shop, erased: State) -> None:
    late = valid("late", False, event_id="v1", order_id="O1")
    offset = len(CASES + OTHERS)
    shop.place.insert(_rows([late], 3, offset))
    output = shop.erase()
    assert output.count(": 1 messages erased") == 1
    assert output.count(": 0 messages erased") == 2
    assert output.count(": 0 rows erased") == 3
    bodies = shop.bodies("bronze.order_events")
    assert [bodies[each] for each in range(offset + 1)] == [case.after for case in (*CASES, *OTHERS, late)]
    assert shop.files_with_tokens(shop.folder("bronze.order_events")) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("{customer_id: ' '}", "erase_customer needs a customer: --args '{customer_id: C1023}'"),
        ("{customer_id: C102}", "there is no customer C102: no table holds a row or message of theirs"),
    ],
)
def test_a_customer_that_is_missing_or_unknown_is_refused(
    shop: Shop, before: State, arguments: str, message: str
) -> None:
    commits = shop.commits()
    assert message in shop.refused("run-operation", "erase_customer", "--args", arguments)
    assert shop.commits() == commits


VARIABLES = "{pii_readers: pii-readers, schema_readers: {gold: [analysts], silver: [analysts]}}"


def test_masks_and_grants_come_from_variables(shop: Shop) -> None:
    output = shop.dbt(
        *("run-operation", "protect_pii", "--vars", VARIABLES, "--args", "{dry_run: true}"),
    )
    for statement in (
        "create or replace function `spark_catalog`.`erasure_silver`.`mask_pii`(value string)",
        "create or replace function `spark_catalog`.`erasure_silver`.`mask_pii_message`(value binary)",
        "is_account_group_member('pii-readers') then value else '[masked]' end",
        "grant use schema, select on schema `spark_catalog`.`erasure_gold` to `analysts`;",
        "grant use schema, select on schema `spark_catalog`.`erasure_silver` to `analysts`;",
    ):
        assert statement in output
    masked = {
        (node["name"], column["name"])
        for node in json.loads((shop.place.folder / "target" / "manifest.json").read_text())["nodes"].values()
        for column in node.get("columns", {}).values()
        if column.get("column_mask")
    }
    assert masked == {
        ("order_events", "customer_name"),
        ("order_events", "customer_email"),
        ("order_details", "customer_name"),
        ("order_details", "customer_email"),
        ("quarantined_order_events", "body"),
    }


def test_without_variables_nothing_is_masked(shop: Shop, before: State) -> None:
    home = Path(shop.place.environment["EMULATORS_HOME"])
    with sqlite3.connect(home / "warehouse" / HISTORY_FILE) as history:
        statements = "".join(text for (text,) in history.execute("select statement_text from statement"))
    statements = statements.lower()
    assert "`erasure_silver`.`order_details`" in statements
    assert "mask_pii" not in statements


def test_unmasked_personal_data_is_not_granted(shop: Shop) -> None:
    variables = "{schema_readers: {silver: [analysts]}}"
    output = shop.refused("run-operation", "protect_pii", "--vars", variables, "--args", "{dry_run: true}")
    assert "schema_readers opens erasure_silver to analysts, but it holds personal data" in output


def test_the_catalog_knows_what_is_personal(shop: Shop, before: State) -> None:
    tags = shop.place.query(
        """
        select table_name, column_name, tag_value
        from system.information_schema.column_tags
        where schema_name = 'erasure_silver' and tag_name = 'pii'
        """
    )
    assert sorted(tags) == [
        ("order_details", "customer_email", "email"),
        ("order_details", "customer_name", "name"),
        ("order_events", "customer_email", "email"),
        ("order_events", "customer_name", "name"),
        ("quarantined_order_events", "body", "message"),
    ]
