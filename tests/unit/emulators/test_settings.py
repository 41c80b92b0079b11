import json
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emulators import settings
from emulators.errors import EmulatorError
from emulators.settings import load


def test_ports_and_secrets_are_chosen_once_and_kept(tmp_path: Path) -> None:
    environment = {"EMULATORS_HOME": str(tmp_path)}
    first = load(environment)
    assert load(environment) == first
    ports = [first.amqp_port, first.kafka_port, first.kafka_controller_port, first.warehouse_port]
    assert len(set(ports)) == 4
    assert all(1024 <= port < 65536 for port in ports)


def test_two_homes_share_neither_ports_nor_secrets(tmp_path: Path) -> None:
    one, two = (load({"EMULATORS_HOME": str(tmp_path / name)}) for name in ("one", "two"))
    assert one.sas_key != two.sas_key
    assert one.warehouse_token != two.warehouse_token
    assert one.warehouse_port != two.warehouse_port


def test_a_port_variable_wins_over_the_kept_port(tmp_path: Path) -> None:
    environment = {"EMULATORS_HOME": str(tmp_path)}
    before = load(environment)
    after = load(environment | {"WAREHOUSE_PORT": "18443"})
    assert after.warehouse_port == 18443
    assert after.amqp_port == before.amqp_port
    assert load(environment).warehouse_port == 18443


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "80.5"])
def test_a_port_that_is_none_is_refused_with_its_variable(tmp_path: Path, text: str) -> None:
    with pytest.raises(EmulatorError, match=f"EVENTHUBS_AMQP_PORT='{text}' is not a port"):
        load({"EMULATORS_HOME": str(tmp_path), "EVENTHUBS_AMQP_PORT": text})


def test_the_warehouse_is_on_loopback_unless_the_shell_says_otherwise(tmp_path: Path) -> None:
    environment = {"EMULATORS_HOME": str(tmp_path), "WAREHOUSE_PORT": "18443"}

    def url(host: str) -> str:
        return load(environment | {"WAREHOUSE_HOST": host}).warehouse_url

    assert url("192.0.2.1") == "http://192.0.2.1:18443"
    assert url("Build-Host.local") == "http://build-host.local:18443"
    assert url("fe80::1") == "http://[fe80::1]:18443"
    assert url("0.0.0.0") == "http://127.0.0.1:18443"  # noqa: S104 - nothing is bound
    assert url("") == load(environment).warehouse_url == "http://127.0.0.1:18443"


@pytest.mark.parametrize("text", ["http://host", "host:80", "a b", "-x", "a..b", "*"])
def test_a_host_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(
        EmulatorError, match=r"WAREHOUSE_HOST='.*' is neither an address nor the name of a host"
    ):
        load({"EMULATORS_HOME": str(tmp_path), "WAREHOUSE_HOST": text})


def test_secrets_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    load({"EMULATORS_HOME": str(tmp_path)})
    assert stat.S_IMODE((tmp_path / "emulators.json").stat().st_mode) == 0o600


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "emulators.json").write_text("{")
    with pytest.raises(EmulatorError, match=r"emulators.json is not readable .* delete it"):
        load({"EMULATORS_HOME": str(tmp_path)})


def test_the_connection_string_is_one_the_sdk_takes_as_an_emulators(tmp_path: Path) -> None:
    found = load({"EMULATORS_HOME": str(tmp_path)})
    parts = dict(part.split("=", 1) for part in found.connection_string.rstrip(";").split(";"))
    assert parts["Endpoint"] == f"sb://127.0.0.1:{found.amqp_port}"
    assert parts["UseDevelopmentEmulator"] == "true"
    assert parts["SharedAccessKey"] == json.loads((tmp_path / "emulators.json").read_text())["sas_key"]


def test_all_that_start_at_once_in_one_home_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(count: int) -> list[int]:
        ports = free_ports(count)
        time.sleep(0.05)
        return ports

    free_ports = settings._free_ports
    monkeypatch.setattr(settings, "_free_ports", slow)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(load, [{"EMULATORS_HOME": str(tmp_path / "home")}] * 8))
    assert len(set(found)) == 1
    assert load({"EMULATORS_HOME": str(tmp_path / "home")}) == found[0]


def test_nothing_is_written_when_nothing_is_new(tmp_path: Path) -> None:
    environment = {"EMULATORS_HOME": str(tmp_path / "home"), "WAREHOUSE_PORT": "18443"}
    load(environment)
    (tmp_path / "home").chmod(0o500)
    assert load(environment).warehouse_port == 18443


def test_a_home_is_its_owners_alone(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir(0o755)
    for name in ("new", "deep/new", "empty"):
        load({"EMULATORS_HOME": str(tmp_path / name)})
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700


def test_a_folder_with_other_files_keeps_its_mode(tmp_path: Path) -> None:
    home = tmp_path / "shared"
    home.mkdir()
    home.chmod(0o755)
    (home / "notes").write_text("of somebody else")
    load({"EMULATORS_HOME": str(home)})
    assert stat.S_IMODE(home.stat().st_mode) == 0o755


@pytest.mark.parametrize(
    "content", ["[]", "1", '{"amqp_port": "5672"}', '{"sas_key": 7}', '{"kafka_port": 0}', '{"mine": "x"}']
)
def test_a_file_of_something_else_is_named_and_stays(tmp_path: Path, content: str) -> None:
    file = tmp_path / "emulators.json"
    file.write_text(content)
    with pytest.raises(EmulatorError, match=r"emulators.json is not readable .* delete it"):
        load({"EMULATORS_HOME": str(tmp_path)})
    assert file.read_text() == content
