"""The broker's configuration and its storage."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulators.eventhubs import broker
from emulators.settings import Settings, load


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"EMULATORS_HOME": str(tmp_path)})


def properties(settings: Settings) -> dict[str, str]:
    text = (settings.kafka_data / "server.properties").read_text()
    return dict(line.split("=", 1) for line in text.splitlines())


def test_storage_is_formatted_once(settings: Settings) -> None:
    broker.prepare(settings)
    meta = settings.kafka_data / "data" / "meta.properties"
    first = meta.read_text()
    broker.prepare(settings)
    assert meta.read_text() == first
    assert len(dict(line.split("=") for line in first.splitlines())["cluster.id"]) == 22


def test_the_configuration_follows_the_settings(settings: Settings) -> None:
    broker.prepare(settings)
    values = properties(settings)
    addresses = [*values["listeners"].split(","), values["advertised.listeners"]]
    assert all("://127.0.0.1:" in address for address in addresses)
    assert f"CLIENT://127.0.0.1:{settings.kafka_port}" in addresses
    assert settings.connection_string in values["listener.name.client.plain.sasl.jaas.config"]


def test_no_listener_is_without_authentication(settings: Settings) -> None:
    broker.prepare(settings)
    assert "PLAINTEXT" not in properties(settings)["listener.security.protocol.map"].replace(
        "SASL_PLAINTEXT", ""
    )


def test_the_file_with_the_key_is_its_owners_alone(settings: Settings) -> None:
    broker.prepare(settings)
    assert (settings.kafka_data / "server.properties").stat().st_mode & 0o077 == 0


def test_the_key_is_not_on_the_command_line(settings: Settings) -> None:
    command = broker.command(settings, Path("java"))
    assert not [argument for argument in command if settings.sas_key in argument]
    assert command[-1] == str(settings.kafka_data / "server.properties")


def test_nothing_listens_so_nothing_is_ready(settings: Settings) -> None:
    assert not broker.is_ready(settings)
