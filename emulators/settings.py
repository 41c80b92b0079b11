"""Where the emulators live on disk, which ports they take and which secrets they check."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import stat
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from emulators.errors import EmulatorError
from emulators.files import locked, write_private
from emulators.hubs import DEFAULT_HUBS, Hub, load_hubs

REPOSITORY = Path(__file__).resolve().parent.parent
DEFAULT_HOME = REPOSITORY / ".local"
LOOPBACK = "127.0.0.1"
EVERY_ADDRESS = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104 - only when WAREHOUSE_HOST says so
"""Hosts that stand for every address of this machine, and how this machine reaches a server there."""
SAS_KEY_NAME = "RootManageSharedAccessKey"
HTTP_PATH = "/sql/1.0/warehouses/local"
CATALOG = "spark_catalog"

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")

PORT_VARIABLES = {
    "amqp_port": "EVENTHUBS_AMQP_PORT",
    "kafka_port": "EVENTHUBS_KAFKA_PORT",
    "kafka_controller_port": "EVENTHUBS_KAFKA_CONTROLLER_PORT",
    "warehouse_port": "WAREHOUSE_PORT",
}
"""Environment variable that sets each port; a port that is not set is chosen free, once, and kept."""

SECRETS: Mapping[str, Callable[[], str]] = {
    "sas_key": lambda: b64encode(secrets.token_bytes(32)).decode(),
    "warehouse_token": lambda: f"local-{secrets.token_hex(16)}",
}
"""How each secret is made, once."""


@dataclass(frozen=True)
class Settings:
    """Ports and secrets of one checkout's emulators; kept in `<home>/emulators.json` (mode 0600)."""

    home: Path
    amqp_port: int
    kafka_port: int
    kafka_controller_port: int
    warehouse_port: int
    sas_key: str
    warehouse_token: str
    hubs: tuple[Hub, ...] = DEFAULT_HUBS
    """The declared event hubs, the first of which clients are pointed at."""
    warehouse_host: str = LOOPBACK
    """Where the SQL warehouse listens: never kept, so that it is loopback unless the shell says otherwise."""

    @property
    def connection_string(self) -> str:
        """What an `azure-eventhub` client connects with; plain AMQP, because it names the emulator."""
        return (
            f"Endpoint=sb://{LOOPBACK}:{self.amqp_port};SharedAccessKeyName={SAS_KEY_NAME};"
            f"SharedAccessKey={self.sas_key};UseDevelopmentEmulator=true;"
        )

    @property
    def kafka_bootstrap(self) -> str:
        """Address of the Kafka endpoint: SASL_PLAINTEXT, PLAIN, user `$ConnectionString`."""
        return f"{LOOPBACK}:{self.kafka_port}"

    @property
    def warehouse_url(self) -> str:
        """Base address of the SQL warehouse."""
        host = self.warehouse_address
        return f"http://{f'[{host}]' if ':' in host else host}:{self.warehouse_port}"

    @property
    def warehouse_address(self) -> str:
        """The host by which this machine reaches the SQL warehouse."""
        return EVERY_ADDRESS.get(self.warehouse_host, self.warehouse_host)

    @property
    def jars(self) -> Path:
        """Jars of this checkout, one folder per class path (`spark`, `kafka`); shared by every home."""
        return REPOSITORY / ".local" / "jars"

    @property
    def spark_conf(self) -> Path:
        """The `SPARK_CONF_DIR` of every local Spark session."""
        return self.home / "spark" / "conf"

    @property
    def kafka_data(self) -> Path:
        """Folder of the broker: its properties file and its log segments."""
        return self.home / "kafka"

    @property
    def warehouse_data(self) -> Path:
        """Folder of the warehouse: metastore, tables and its own records."""
        return self.home / "warehouse"

    @property
    def bronze(self) -> Path:
        """Folder of the bronze Delta tables, one subfolder per table: the ingester writes them by path."""
        return self.home / "bronze"

    @property
    def tls(self) -> Path:
        """Folder of the local certificate authority and the certificates it signed."""
        return self.home / "tls"

    @property
    def run(self) -> Path:
        """Folder of one record (pid, start time) per running process."""
        return self.home / "run"

    @property
    def log(self) -> Path:
        """Folder of one log file per process."""
        return self.home / "log"


def home_from(environment: Mapping[str, str] = os.environ) -> Path:
    """Folder that holds everything a run leaves behind: `EMULATORS_HOME`, else `.local` of the checkout."""
    return Path(environment.get("EMULATORS_HOME") or DEFAULT_HOME).resolve()


def is_loopback(host: str) -> bool:
    """Whether a host is reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def catalogs_from(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Catalogs the warehouse makes when it starts without them: `WAREHOUSE_CATALOGS`, else `main`."""
    return [each for each in re.split(r"[\s,]+", environment.get("WAREHOUSE_CATALOGS", "main")) if each]


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read this home's settings, or make and keep them on the first call: the same for all who call at once.

    Raises:
        EmulatorError: a port variable is not a port, a host no host, a hub no hub, or a kept file is not
            readable.
    """
    home, host = home_from(environment), _host(environment)
    ports = {name: _port(environment, variable) for name, variable in PORT_VARIABLES.items()}
    wanted = {name: port for name, port in ports.items() if port}
    file = home / "emulators.json"
    values = _kept(file)
    if {*PORT_VARIABLES, *SECRETS} - values.keys() or values | wanted != values:
        try:
            _make_private(home)
        except OSError as error:
            raise EmulatorError(
                f"EMULATORS_HOME={str(home)!r} cannot be used ({error.strerror}): set it to another folder."
            ) from None
        with locked(home / "settings.lock"):
            values = _kept(file) | wanted
            for name, port in zip(PORT_VARIABLES, _free_ports(len(PORT_VARIABLES)), strict=True):
                values.setdefault(name, port)
            for name, make in SECRETS.items():
                values.setdefault(name, make())
            write_private(file, json.dumps(values, indent=2).encode())
    return Settings(
        home=home,
        hubs=load_hubs(home / "hubs.json", environment),
        warehouse_host=host,
        **{name: values[name] for name in (*PORT_VARIABLES, *SECRETS)},
    )


def _kept(file: Path) -> dict[str, Any]:
    """What an earlier call has kept, checked; nothing before the first."""
    try:
        values = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise EmulatorError(f"{file} is not readable ({error}): delete it and run again.") from None
    types = dict.fromkeys(PORT_VARIABLES, int) | dict.fromkeys(SECRETS, str)
    if not isinstance(values, dict):
        raise EmulatorError(f"{file} is not readable (no object): delete it and run again.")
    for name, value in values.items():
        if type(value) is not types.get(name) or not value:
            raise EmulatorError(f"{file} is not readable ({name}: {value!r}): delete it and run again.")
    return values


def _make_private(home: Path) -> None:
    """Make the home for its owner alone: it holds what statements and messages hold.

    One that was there with files in it is somebody's choice and stays as it is, but for the checkout's own.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = home.stat()
    is_ours = found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX
    if is_ours and (home == DEFAULT_HOME.resolve() or not any(home.iterdir())):
        home.chmod(0o700)


def _host(environment: Mapping[str, str]) -> str:
    text = environment.get("WAREHOUSE_HOST") or LOOPBACK
    try:
        return str(ip_address(text))
    except ValueError:
        if not _HOST_NAME.fullmatch(text):
            raise EmulatorError(
                f"WAREHOUSE_HOST={text!r} is neither an address nor the name of a host: set one of this "
                "machine without scheme and port, or unset it."
            ) from None
        return text.lower()


def _port(environment: Mapping[str, str], variable: str) -> int | None:
    text = environment.get(variable, "")
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise EmulatorError(f"{variable}={text!r} is not a port: set a number from 1 to 65535, or unset it.")
    return int(text)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
