"""Hubs, partitions and consumer groups from a file or a variable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emulators.errors import EmulatorError
from emulators.hubs import DEFAULT_HUBS, Hub, load_hubs
from emulators.runtime.environment import client_environment, service_environment
from emulators.settings import load


def microsofts(*entities: dict[str, Any], namespace: str = "emulatorNs1") -> dict[str, Any]:
    """A file as the installer of Microsoft's emulator brings it."""
    return {
        "UserConfig": {
            "NamespaceConfig": [{"Type": "EventHub", "Name": namespace, "Entities": list(entities)}],
            "LoggingConfig": {"Type": "File"},
        }
    }


def entity(name: Any = "eh1", partitions: Any = "2", *groups: Any) -> dict[str, Any]:
    return {"Name": name, "PartitionCount": partitions, "ConsumerGroups": [{"Name": each} for each in groups]}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "home" / "hubs.json"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "Config.json"


def test_without_a_word_there_is_one_hub(kept: Path) -> None:
    assert load_hubs(kept, {}) == (Hub("orders", 4),) == DEFAULT_HUBS
    assert not kept.exists()


def test_the_file_of_microsofts_emulator_works_as_it_is(kept: Path, config: Path) -> None:
    config.write_text(json.dumps(microsofts(entity("eh1", "2", "cg1"))))
    assert load_hubs(kept, {"EVENTHUBS_CONFIG": str(config)}) == (Hub("eh1", 2, ("cg1",)),)


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(microsofts(entity("a", 32, "x", "$default"), entity("B-2_c.d", "1"), namespace="mine")),
        "\ufeff" + json.dumps(microsofts(entity("a", "32", "x"), {"Name": "B-2_c.d", "PartitionCount": 1})),
        json.dumps(microsofts(entity("a", "32", "$Default", "x"), entity("B-2_c.d", "1")))
        .replace("UserConfig", "userConfig")
        .replace("PartitionCount", "partitionCount")
        .replace('"Name"', '"name"'),
        json.dumps(
            microsofts(
                entity("a", "32", "x"), {"Name": "B-2_c.d", "PartitionCount": "1", "ConsumerGroups": None}
            )
        ),
    ],
    ids=["numbers and a name of its own", "byte order mark", "other case", "no groups"],
)
def test_files_as_others_write_them(kept: Path, config: Path, content: str) -> None:
    config.write_text(content, encoding="utf-8")
    assert load_hubs(kept, {"EVENTHUBS_CONFIG": str(config)}) == (Hub("a", 32, ("x",)), Hub("B-2_c.d", 1))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not JSON"),
        ("[]", "the file is [] where an object with UserConfig is due"),
        ("{}", "the file has no UserConfig"),
        ({"UserConfig": {}}, "UserConfig has no NamespaceConfig"),
        (
            {"UserConfig": {"NamespaceConfig": "x"}},
            'NamespaceConfig of UserConfig is "x" where a list is due',
        ),
        ({"UserConfig": {"NamespaceConfig": []}}, "0 namespaces: one is possible"),
        ({"UserConfig": {"NamespaceConfig": [{"Entities": [entity()]}] * 2}}, "2 namespaces"),
        (microsofts(), "declares no hub"),
        (microsofts({"PartitionCount": "2"}), "an entity has no Name"),
        (microsofts({"Name": "eh1"}), "the entity 'eh1' has no PartitionCount"),
        (microsofts(entity(partitions="0")), "hub 'eh1' has 0 partitions: 1 to 32 are possible"),
        (microsofts(entity(partitions=33)), "hub 'eh1' has 33 partitions"),
        (microsofts(entity(partitions="two")), "hub 'eh1' has 'two' partitions"),
        (microsofts(entity(partitions=2.5)), "hub 'eh1' has 2.5 partitions"),
        (microsofts(entity(partitions=-1)), "hub 'eh1' has -1 partitions"),
        (microsofts(entity(partitions=True)), "hub 'eh1' has True partitions"),
        (microsofts(entity(name="-eh1")), "'-eh1' is no name of a hub"),
        (microsofts(entity(name="__consumer_offsets")), "'__consumer_offsets' is no name of a hub"),
        (microsofts(entity(name="a" * 250)), "is no name of a hub"),
        (microsofts(entity(name=7)), "7 is no name of a hub"),
        (microsofts(entity("eh1", "1", "a b")), "'a b' is no name of a consumer group"),
        (microsofts(entity("eh1", "1", "cg", "CG")), "hub 'eh1' has consumer group 'CG' twice"),
        (
            microsofts(entity("eh1", "1", *(f"g{n}" for n in range(21)))),
            "has 21 consumer groups: 20 are",
        ),
        (microsofts(entity("eh1"), entity("EH1")), "declares the hub 'EH1' twice"),
        (microsofts({**entity("eh1"), "ConsumerGroups": ["cg1"]}), "a consumer group of 'eh1' is \"cg1\""),
    ],
)
def test_a_bad_file_is_one_error_that_names_file_and_fault(
    kept: Path, config: Path, content: Any, said: str
) -> None:
    config.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(EmulatorError) as error:
        load_hubs(kept, {"EVENTHUBS_CONFIG": str(config)})
    assert str(error.value).startswith(f"EVENTHUBS_CONFIG={config}: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert not kept.exists()


def test_a_file_that_is_not_there(kept: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.json", tmp_path):
        with pytest.raises(EmulatorError, match=r"EVENTHUBS_CONFIG=.*the file cannot be read \("):
            load_hubs(kept, {"EVENTHUBS_CONFIG": str(path)})


@pytest.mark.parametrize(
    ("text", "hubs"),
    [
        ("orders", (Hub("orders", 4),)),
        ("orders:4,returns:2", (Hub("orders", 4), Hub("returns", 2))),
        ("orders:4:audit:billing, returns:2 ", (Hub("orders", 4, ("audit", "billing")), Hub("returns", 2))),
        ("a:1:$default", (Hub("a", 1),)),
    ],
)
def test_hubs_in_a_variable(kept: Path, text: str, hubs: tuple[Hub, ...]) -> None:
    assert load_hubs(kept, {"EVENTHUBS_HUBS": text}) == hubs


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("orders:", "hub 'orders' has '' partitions"),
        ("orders:many", "hub 'orders' has 'many' partitions"),
        (":4", "'' is no name of a hub"),
        ("orders:4,", "'' is no name of a hub"),
        ("orders:4,Orders:2", "'Orders' twice"),
        ("orders:99999999999999999999", "partitions"),
    ],
)
def test_a_bad_variable_is_one_error(kept: Path, text: str, said: str) -> None:
    with pytest.raises(EmulatorError, match="EVENTHUBS_HUBS=") as error:
        load_hubs(kept, {"EVENTHUBS_HUBS": text})
    assert said in str(error.value)


def test_file_and_variable_at_once(kept: Path, config: Path) -> None:
    with pytest.raises(EmulatorError, match="EVENTHUBS_CONFIG and EVENTHUBS_HUBS both declare hubs"):
        load_hubs(kept, {"EVENTHUBS_CONFIG": str(config), "EVENTHUBS_HUBS": "a"})


def test_what_was_declared_is_kept_for_other_shells(tmp_path: Path) -> None:
    home = {"EMULATORS_HOME": str(tmp_path)}
    declared = load(home | {"EVENTHUBS_HUBS": "returns:2:audit"})
    assert load(home).hubs == declared.hubs == (Hub("returns", 2, ("audit",)),)
    assert load(home | {"EVENTHUBS_HUBS": "orders:4"}).hubs == DEFAULT_HUBS
    assert load(home).hubs == DEFAULT_HUBS


def test_a_kept_file_that_is_damaged_is_named(tmp_path: Path) -> None:
    for content in ("{", "{}", '[{"name": "a"}]', '[{"name": "a", "partitions": 99, "groups": []}]'):
        (tmp_path / "hubs.json").write_text(content)
        with pytest.raises(EmulatorError, match=r"hubs\.json is not readable"):
            load({"EMULATORS_HOME": str(tmp_path)})


def test_clients_are_pointed_at_the_first_hub_and_processes_at_what_was_kept(tmp_path: Path) -> None:
    environment = {"EMULATORS_HOME": str(tmp_path), "EVENTHUBS_HUBS": "returns:2,orders:4"}
    settings = load(environment)
    variables = client_environment(settings, environment)
    assert variables["EVENTHUBS_HUB"] == "returns"
    assert variables["INGESTION_CHECKPOINT"].endswith("checkpoints/returns")
    # A relative EVENTHUBS_CONFIG would be another file where the processes run.
    inherited = service_environment(settings, tmp_path / "bin" / "java", environment)
    assert "EVENTHUBS_HUBS" not in inherited
