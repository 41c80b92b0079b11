from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from emulators.settings import Settings
from ingestion.simulation.simulator import Simulator
from tests.integration.ingestion.conftest import Emulator, Place, wait_until


def test_what_is_simulated_arrives_byte_for_byte(place: Place) -> None:
    assert place.summary("simulate", "--events", "7000", "--seed", "11")["sent"] == 7000
    assert sorted(place.held().values()) == sorted(Simulator(11).take(7000))


def test_a_second_run_continues_the_shop(place: Place) -> None:
    place.summary("simulate", "--events", "200", "--seed", "11")
    place.summary("simulate", "--events", "300", "--seed", "11")
    assert sorted(place.held().values()) == sorted(Simulator(11).take(500))


def test_the_shop_stands_still_when_the_hub_takes_nothing(place: Place) -> None:
    place.summary("simulate", "--events", "10")
    state = (place.folder / "state.json").read_bytes()
    assert place.run("simulate", "--events", "10", EVENTHUBS_HUB="no-such-hub").returncode == 1
    assert (place.folder / "state.json").read_bytes() == state


def test_own_events_are_sent_as_they_are_and_the_rest_is_kept(place: Place) -> None:
    good = [
        b'{"a": 1.10}',
        b'  {"b":"\xc3\xa9"}\t',
        b'{"schema_version": 99}',
        b'{"big": "' + b"x" * 900_000 + b'"}',
    ]
    oversized = b'{"big": "' + b"x" * 1_100_000 + b'"}'
    lines = [good[0], b"", b"not json", good[1], oversized, b'{"x": NaN}', good[2], b"\xff", good[3]]
    file = place.folder / "own.jsonl"
    file.write_bytes(b"\n".join(lines))
    answer = place.run("send", str(file))
    assert answer.returncode == 1
    assert "4 events sent" in answer.stdout
    assert "4 rejected (3 malformed, 1 oversized)" in answer.stdout
    assert sorted(place.held().values()) == sorted(good)
    rejects = [json.loads(line) for line in (place.folder / "own.rejected.jsonl").read_text().splitlines()]
    assert [reject["line"] for reject in rejects] == [3, 5, 6, 8]
    assert rejects[1]["body"].encode() == oversized


def test_a_file_without_rejects_ends_well_and_from_a_line_on(place: Place) -> None:
    file = place.folder / "own.jsonl"
    bodies = Simulator(4).take(3000)
    file.write_bytes(b"\n".join(bodies))
    assert place.summary("send", str(file), "--from-line", "1001")["sent"] == 2000
    assert sorted(place.held().values()) == sorted(bodies[1000:])
    assert not (place.folder / "own.rejected.jsonl").exists()


def test_standard_input_is_sent_too(place: Place) -> None:
    with place.start("send", "-", "--rejects", str(place.folder / "r.jsonl"), "--json") as process:
        stdout, _ = process.communicate('{"a":1}\n{"b":2}\n', timeout=60)
    assert (process.returncode, json.loads(stdout)["sent"]) == (0, 2)
    assert sorted(place.held().values()) == [b'{"a":1}', b'{"b":2}']


def connection_string(settings: Settings, port: int | None = None, key: str | None = None) -> str:
    return (
        f"Endpoint=sb://127.0.0.1:{port or settings.amqp_port};SharedAccessKeyName=RootManageSharedAccessKey;"
        f"SharedAccessKey={key or settings.sas_key};UseDevelopmentEmulator=true;"
    )


@pytest.mark.parametrize(
    ("command", "wrong", "said"),
    [
        ("simulate", "key", "refuses the credentials of EVENTHUBS_CONNECTION_STRING"),
        ("simulate", "hub", "event hub 'no-such-hub' does not exist"),
        ("simulate", "port", "cannot reach 127.0.0.1:1 (Connection refused)"),
        ("simulate", "service", "127.0.0.1:{kafka_port} "),
        ("send", "key", "refuses the credentials of EVENTHUBS_CONNECTION_STRING"),
        ("send", "connection string", "EVENTHUBS_CONNECTION_STRING is not a connection string"),
    ],
)
def test_a_hub_that_cannot_take_events_is_one_line(
    emulator: Emulator, command: str, wrong: str, said: str
) -> None:
    settings = emulator.settings
    place = emulator.place(with_hub=wrong != "hub")
    variables = {
        "key": {"EVENTHUBS_CONNECTION_STRING": connection_string(settings, key="d3Jvbmc=")},
        "hub": {"EVENTHUBS_HUB": "no-such-hub"},
        "port": {"EVENTHUBS_CONNECTION_STRING": connection_string(settings, port=1)},
        "service": {"EVENTHUBS_CONNECTION_STRING": connection_string(settings, port=settings.kafka_port)},
        "connection string": {"EVENTHUBS_CONNECTION_STRING": "hello"},
    }[wrong]
    file = place.folder / "own.jsonl"
    file.write_text("{}\n")
    began = time.monotonic()
    answer = place.run(
        *(["simulate", "--events", "5"] if command == "simulate" else ["send", str(file)]), **variables
    )
    assert time.monotonic() - began < 15
    assert answer.returncode in (1, 2)
    assert answer.stdout == ""
    assert answer.stderr.startswith("error: ")
    assert answer.stderr.count("\n") == 1
    assert said.format(kafka_port=settings.kafka_port) in answer.stderr
    assert settings.sas_key not in answer.stderr
    assert not (place.folder / "state.json").exists()
    assert [each.name for each in place.folder.iterdir()] == ["own.jsonl"]
    if wrong == "key":
        assert place.held() == {}


def test_reject_files_of_files_without_a_suffix(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_text("nonsense\n")
    assert place.run("send", str(file)).returncode == 1
    assert (tmp_path / "events.rejected.jsonl").exists()


def test_sending_goes_on_when_the_hub_comes_back(emulator: Emulator, place: Place) -> None:
    with place.start("simulate", "--events", "6000", "--seed", "12", "--rate", "1500", "--json") as process:
        wait_until((place.folder / "state.json").exists, "the first events are accepted")
        emulator.kill("front")
        emulator.start("front")
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, "")
    assert json.loads(stdout)["sent"] == 6000
    # A batch whose acknowledgement was lost is sent again: copies may arrive, but nothing is missing.
    assert set(place.held().values()) == set(Simulator(12).take(6000))
