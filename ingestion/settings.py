"""Where to send, what to land from and where to: read once from the environment and checked then."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ingestion.errors import ConfigurationError

DEFAULT_HUB = "orders"
DEFAULT_BRONZE_SCHEMA = "bronze"
DEFAULT_OPS_SCHEMA = "ops"
DEFAULT_ORDERS_PER_DAY = 36.0
DEFAULT_STATE = Path(".local/simulator/state.json")
AMQP_PORT = 5671
AMQP_PORT_OF_EMULATORS = 5672
KAFKA_PORT = 9093
HTTPS_PORT = 443
LOCAL_HINT = 'for the local emulators run: eval "$(python -m emulators env)"'

HUB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,255}")
SERVICE_CREDENTIALS_SINCE = (16, 1)
"""The first Databricks Runtime whose Kafka source takes a service credential."""

SECURITY_PROTOCOLS = ("SASL_SSL", "SASL_PLAINTEXT")


@dataclass(frozen=True)
class ConnectionString:
    """The parts of an Event Hubs connection string that are needed beside the string itself."""

    text: str = field(repr=False)
    host: str
    port: int
    entity_path: str | None
    is_emulator: bool

    @classmethod
    def parse(cls, text: str) -> ConnectionString:
        """Read `Endpoint=sb://HOST/;SharedAccessKeyName=…;SharedAccessKey=…[;EntityPath=HUB]`.

        Raises:
            ConfigurationError: a part is missing or unreadable; the message never holds the key.
        """
        parts: dict[str, str] = {}
        for part in filter(None, text.strip().split(";")):
            name, equals, value = part.partition("=")
            if not equals:
                raise _bad_connection_string("one of its parts is not NAME=VALUE")
            parts[name.strip().lower()] = value.strip()
        for name in ("Endpoint", "SharedAccessKeyName", "SharedAccessKey"):
            if not parts.get(name.lower()):
                raise _bad_connection_string(f"{name} is missing")
        scheme, separator, authority = parts["endpoint"].partition("://")
        host, _, port = authority.rstrip("/").partition(":")
        if scheme != "sb" or not separator or not host or (port and not port.isdecimal()):
            raise _bad_connection_string(f"Endpoint={parts['endpoint']!r} is not sb://HOST/")
        is_emulator = parts.get("usedevelopmentemulator", "").lower() == "true"
        default_port = AMQP_PORT_OF_EMULATORS if is_emulator else AMQP_PORT
        return cls(text.strip(), host, int(port or default_port), parts.get("entitypath"), is_emulator)


def _bad_connection_string(reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"EVENTHUBS_CONNECTION_STRING is not a connection string: {reason}. Copy it from the namespace's "
        "Shared access policies: Endpoint=sb://HOST/;SharedAccessKeyName=NAME;SharedAccessKey=KEY"
    )


def _check_hub_name(where: str, hub: str | None) -> None:
    if hub and not HUB_NAME.fullmatch(hub):
        raise ConfigurationError(
            f"{where}={hub!r} is not the name of an event hub: letters, digits, '.', '-' and '_'."
        )


@dataclass(frozen=True)
class HubSettings:
    """One event hub and how to prove who we are: a connection string, else Entra ID on a namespace."""

    hub: str
    host: str
    port: int
    connection_string: ConnectionString | None

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> HubSettings:
        """Read `EVENTHUBS_CONNECTION_STRING` or `EVENTHUBS_NAMESPACE`, and `EVENTHUBS_HUB`.

        Raises:
            ConfigurationError: neither or both are set, or a value is malformed.
        """
        text = environment.get("EVENTHUBS_CONNECTION_STRING", "").strip()
        namespace = environment.get("EVENTHUBS_NAMESPACE", "").strip()
        hub = environment.get("EVENTHUBS_HUB", "").strip()
        _check_hub_name("EVENTHUBS_HUB", hub)
        if text and namespace:
            raise ConfigurationError(
                "EVENTHUBS_CONNECTION_STRING and EVENTHUBS_NAMESPACE are both set: "
                "unset the first to use Entra ID, the second to use the key."
            )
        if text:
            parsed = ConnectionString.parse(text)
            _check_hub_name("EVENTHUBS_CONNECTION_STRING: EntityPath", parsed.entity_path)
            if hub and parsed.entity_path and hub != parsed.entity_path:
                raise ConfigurationError(
                    f"EVENTHUBS_HUB={hub!r} contradicts EntityPath={parsed.entity_path!r} of "
                    "EVENTHUBS_CONNECTION_STRING: unset one of them."
                )
            return cls(hub or parsed.entity_path or DEFAULT_HUB, parsed.host, parsed.port, parsed)
        if not namespace:
            raise ConfigurationError(
                "no event hub to talk to: set EVENTHUBS_CONNECTION_STRING, or EVENTHUBS_NAMESPACE to use "
                f"Entra ID; {LOCAL_HINT}"
            )
        if "/" in namespace or ":" in namespace or "." not in namespace:
            raise ConfigurationError(
                f"EVENTHUBS_NAMESPACE={namespace!r} is not a host name: "
                "write it in full, as in NAME.servicebus.windows.net."
            )
        return cls(hub or DEFAULT_HUB, namespace, AMQP_PORT, None)


@dataclass(frozen=True)
class EntraApplication:
    """A service principal, for Kafka's OAUTHBEARER (the client credentials flow of Entra ID)."""

    namespace: str
    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class KafkaSettings:
    """The Kafka endpoint of the hub. Exactly one of the three credentials is set."""

    hub: str
    bootstrap: str
    security_protocol: str
    on_databricks: bool
    connection_string: str | None = field(default=None, repr=False)
    application: EntraApplication | None = None
    service_credential: str | None = None

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> KafkaSettings:
        """Read the hub's settings, `EVENTHUBS_KAFKA_BOOTSTRAP` and `EVENTHUBS_KAFKA_SECURITY_PROTOCOL`.

        With a namespace and no key, `EVENTHUBS_SERVICE_CREDENTIAL` names a Unity Catalog service
        credential (Databricks); elsewhere `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`
        name a service principal.

        Raises:
            ConfigurationError: a value is missing or malformed.
        """
        hub = HubSettings.load(environment)
        on_databricks = bool(environment.get("DATABRICKS_RUNTIME_VERSION"))
        protocol = environment.get("EVENTHUBS_KAFKA_SECURITY_PROTOCOL", "").strip() or "SASL_SSL"
        if protocol not in SECURITY_PROTOCOLS:
            raise ConfigurationError(
                f"EVENTHUBS_KAFKA_SECURITY_PROTOCOL={protocol!r} is not one of "
                f"{', '.join(SECURITY_PROTOCOLS)}."
            )
        bootstrap = environment.get("EVENTHUBS_KAFKA_BOOTSTRAP", "").strip()
        if not bootstrap and hub.connection_string and hub.connection_string.is_emulator:
            raise ConfigurationError(f"EVENTHUBS_KAFKA_BOOTSTRAP is not set; {LOCAL_HINT}")
        bootstrap = bootstrap or f"{hub.host}:{KAFKA_PORT}"
        for address in bootstrap.split(","):
            host, _, port = address.strip().rpartition(":")
            if not host or not port.isdecimal() or not 0 < int(port) < 65536:
                raise ConfigurationError(f"EVENTHUBS_KAFKA_BOOTSTRAP={bootstrap!r} is not HOST:PORT.")
        if hub.connection_string:
            return cls(hub.hub, bootstrap, protocol, on_databricks, hub.connection_string.text)
        service_credential = environment.get("EVENTHUBS_SERVICE_CREDENTIAL", "").strip()
        if service_credential:
            if not on_databricks:
                raise ConfigurationError(
                    f"EVENTHUBS_SERVICE_CREDENTIAL={service_credential!r} works on Databricks alone: set "
                    "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET instead."
                )
            _check_service_credentials(environment["DATABRICKS_RUNTIME_VERSION"])
            return cls(hub.hub, bootstrap, protocol, on_databricks, service_credential=service_credential)
        names = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
        missing = [name for name in names if not environment.get(name)]
        if missing:
            raise ConfigurationError(
                f"landing with Entra ID from {hub.host} needs {', '.join(missing)}; on Databricks a service "
                "credential named by EVENTHUBS_SERVICE_CREDENTIAL does as well."
            )
        return cls(
            hub.hub,
            bootstrap,
            protocol,
            on_databricks,
            application=EntraApplication(hub.host, *(environment[name] for name in names)),
        )


def _check_service_credentials(runtime: str) -> None:
    """See to it that the runtime knows them; serverless compute, which counts from `client.1` on, does."""
    version = re.match(r"(\d+)\.(\d+)", runtime)
    if version and tuple(map(int, version.groups())) < SERVICE_CREDENTIALS_SINCE:
        raise ConfigurationError(
            f"EVENTHUBS_SERVICE_CREDENTIAL needs Databricks Runtime 16.1 or above, and this is {runtime}: "
            "use a newer runtime, or EVENTHUBS_CONNECTION_STRING."
        )


@dataclass(frozen=True)
class BronzeSettings:
    """Where the landed tables are: folders on a laptop (`path`), names in a catalog on Databricks."""

    path: str | None
    catalog: str | None
    schema: str
    ops_schema: str = DEFAULT_OPS_SCHEMA

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> BronzeSettings:
        """Read `INGESTION_BRONZE_PATH`, or `INGESTION_CATALOG`, and the schemas.

        `INGESTION_BRONZE_SCHEMA` is that of the landed messages, `INGESTION_OPS_SCHEMA` that of the record
        of batches.

        Raises:
            ConfigurationError: neither a path nor a catalog is set.
        """
        path = environment.get("INGESTION_BRONZE_PATH", "").strip() or None
        catalog = environment.get("INGESTION_CATALOG", "").strip() or None
        schema = environment.get("INGESTION_BRONZE_SCHEMA", "").strip() or DEFAULT_BRONZE_SCHEMA
        if not path and not catalog:
            raise ConfigurationError(
                "no bronze to land in: set INGESTION_CATALOG (tables by name, on Databricks) or "
                f"INGESTION_BRONZE_PATH (tables by path); {LOCAL_HINT}"
            )
        ops_schema = environment.get("INGESTION_OPS_SCHEMA", "").strip() or DEFAULT_OPS_SCHEMA
        return cls(path, None if path else catalog, schema, ops_schema)


@dataclass(frozen=True)
class LandSettings:
    """Everything the landing stream needs to know."""

    kafka: KafkaSettings
    bronze: BronzeSettings
    checkpoint: Path
    log: Path | None

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> LandSettings:
        """Read the Kafka and bronze settings, `INGESTION_CHECKPOINT` and `INGESTION_LOG`.

        Raises:
            ConfigurationError: a value is missing or malformed.
        """
        kafka = KafkaSettings.load(environment)
        bronze = BronzeSettings.load(environment)
        checkpoint = environment.get("INGESTION_CHECKPOINT", "").strip()
        if not checkpoint:
            raise ConfigurationError(
                "INGESTION_CHECKPOINT is not set: name a folder that outlives the process (on Databricks "
                f"/Volumes/CATALOG/SCHEMA/VOLUME/orders); {LOCAL_HINT}"
            )
        if "://" in checkpoint or checkpoint.startswith("dbfs:"):
            raise ConfigurationError(
                f"INGESTION_CHECKPOINT={checkpoint!r} is a URI: name a folder (on Databricks /Volumes/…)."
            )
        log = environment.get("INGESTION_LOG", "").strip()
        return cls(kafka, bronze, Path(checkpoint).absolute(), Path(log) if log else None)


@dataclass(frozen=True)
class WarehouseSettings:
    """One SQL warehouse, where dbt's target keeps its schemas, and how to sign in: as profiles.yml says."""

    target: str
    host: str
    port: int
    http_path: str
    catalog: str
    schema_prefix: str
    bronze_schema: str
    ops_schema: str
    url: str | None
    token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)

    @classmethod
    def load(cls, target: str, environment: Mapping[str, str] = os.environ) -> WarehouseSettings:
        """Read the variables that dbt's target of this name reads.

        Args:
            target: `local`, `dev` or `prod`.
            environment: `LOCAL_WAREHOUSE_…` for local, `DATABRICKS_…` for the others, `DBT_SCHEMA` for dev.

        Raises:
            ConfigurationError: a value is missing or malformed.
        """

        def value(name: str) -> str:
            return environment.get(name, "").strip()

        def needed(*names: str, hint: str = "see profiles.yml") -> list[str]:
            if missing := [name for name in names if not value(name)]:
                raise ConfigurationError(f"target {target!r} needs {', '.join(missing)}: {hint}.")
            return [value(name) for name in names]

        bronze = value("INGESTION_BRONZE_SCHEMA") or DEFAULT_BRONZE_SCHEMA
        ops = value("INGESTION_OPS_SCHEMA") or DEFAULT_OPS_SCHEMA
        if target == "local":
            names = ("LOCAL_WAREHOUSE_URL", "LOCAL_WAREHOUSE_HTTP_PATH", "LOCAL_WAREHOUSE_TOKEN")
            url, http_path, token = needed(*names, hint=LOCAL_HINT)
            catalog = value("LOCAL_WAREHOUSE_CATALOG") or "spark_catalog"
            host, port = _host_and_port("LOCAL_WAREHOUSE_URL", url)
            return cls(target, host, port, http_path, catalog, "", bronze, ops, url, token)
        address, http_path, catalog = needed("DATABRICKS_HOST", "DATABRICKS_HTTP_PATH", "DATABRICKS_CATALOG")
        host, port = _host_and_port("DATABRICKS_HOST", address)
        prefix = f"{needed('DBT_SCHEMA')[0]}_" if target == "dev" else ""
        places = (target, host, port, http_path, catalog, prefix, bronze, ops, None)
        if token := value("DATABRICKS_TOKEN"):
            return cls(*places, token)
        client_id, client_secret = needed(
            "DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET", hint="or set DATABRICKS_TOKEN"
        )
        return cls(*places, None, client_id, client_secret)


def _host_and_port(name: str, text: str) -> tuple[str, int]:
    """Of `host`, `host:port` or a URL; the port of HTTPS where none is named."""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise ConfigurationError(f"{name}={text!r} is not the address of a SQL warehouse.")
    return host, port or HTTPS_PORT


def state_file(environment: Mapping[str, str] = os.environ) -> Path:
    """File that holds where the simulated shop stands: `INGESTION_STATE`, else under `.local`."""
    return Path(environment.get("INGESTION_STATE", "").strip() or DEFAULT_STATE)
