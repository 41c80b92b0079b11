"""Which nodes a client reaches, and what is left of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast

import pytest
from azure.eventhub._pyamqp.utils import generate_sas_token

from emulators.eventhubs import client as module
from emulators.eventhubs.amqp.errors import NOT_FOUND, AmqpError
from emulators.eventhubs.amqp.performatives import Attach, Source, Target
from emulators.eventhubs.client import Client
from emulators.eventhubs.front import Front
from emulators.eventhubs.kafka_log import KafkaLog, PartitionState
from emulators.eventhubs.namespace import Namespace
from emulators.eventhubs.seats import Seats
from emulators.hubs import Hub
from emulators.settings import SAS_KEY_NAME, Settings, load

HUBS = (Hub("Orders", 4, ("Audit",)), Hub("returns", 2))


class Log:
    """A Kafka that has the declared hubs and one more, all of them empty."""

    topics = {"Orders": 4, "returns": 2, "made-by-kafka": 1}  # noqa: RUF012

    async def partition_count(self, hub: str) -> int:
        if hub not in self.topics:
            raise AmqpError(NOT_FOUND, hub)
        return self.topics[hub]

    async def check_partition(self, hub: str, partition: str) -> int:
        assert int(partition) < await self.partition_count(hub)
        return int(partition)

    async def partition_state(self, hub: str, partition: int) -> PartitionState:
        return PartitionState(0, 0, None)


class Link:
    is_gone = False

    def __init__(self, address: str, properties: dict[str, Any] | None = None) -> None:
        self.address = address
        self.peer = Attach(
            name="n",
            handle=0,
            role=True,
            source=Source(address=address),
            target=Target(address=address),
            properties=properties,
        )
        self.told: list[AmqpError | None] = []

    @property
    def way_back(self) -> None:
        return None

    def spawn(self, work: Any) -> None:
        work.close()

    def detach(self, error: AmqpError | None = None) -> None:
        self.told.append(error)

    async def send(self, messages: Iterable[bytes]) -> None:
        raise NotImplementedError


@pytest.fixture
def settings(tmp_path: Any) -> Settings:
    return load({"EMULATORS_HOME": str(tmp_path)})


def connected(settings: Settings, close: Callable[[AmqpError], None] = lambda _: None) -> Client:
    log = cast(KafkaLog, Log())
    return Client(settings, Namespace(HUBS), log, Seats(), close=close, gone=lambda _: None)


def authorized(settings: Settings) -> Client:
    client = connected(settings)
    make: Any = generate_sas_token  # not typed
    client._put_token(make("sb://127.0.0.1", SAS_KEY_NAME, settings.sas_key, 4_000_000_000))
    return client


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await scenario()

    asyncio.run(main())


@pytest.mark.parametrize(
    "address",
    [
        "Orders/ConsumerGroups/$Default/Partitions/0",
        "orders/consumergroups/$DEFAULT/partitions/3",
        "ORDERS/ConsumerGroups/audit/Partitions/1",
        "sb://127.0.0.1/orders/ConsumerGroups/AUDIT/Partitions/0",
        "returns/ConsumerGroups/%24Default/Partitions/1",
        "made-by-kafka/ConsumerGroups/$Default/Partitions/0",
    ],
)
def test_names_have_no_case(settings: Settings, address: str) -> None:
    async def scenario() -> None:
        await authorized(settings).open_outbox(Link(address))
        hub = address.replace("sb://127.0.0.1/", "").split("/")[0]
        await authorized(settings).open_inbox(Link(hub))
        await authorized(settings).open_inbox(Link(f"{hub}/partitions/0"))

    run(scenario)


@pytest.mark.parametrize(
    ("hub", "group"),
    [
        ("orders", "nobody-made-this-group"),
        ("orders", "$Defaul"),
        ("orders", ""),
        ("returns", "audit"),
        ("made-by-kafka", "audit"),
    ],
)
def test_a_group_that_nobody_declared_is_not_found(settings: Settings, hub: str, group: str) -> None:
    async def scenario() -> None:
        client = authorized(settings)
        with pytest.raises(AmqpError, match="amqp:not-found") as error:
            await client.open_outbox(Link(f"{hub}/ConsumerGroups/{group}/Partitions/0"))
        path = f"127.0.0.1:{settings.amqp_port}/{hub}/consumergroups/{group.lower()}/partitions/0"
        assert f"The messaging entity 'sb://{path}' could not be found." in str(error.value)
        assert not client._links

    run(scenario)


@pytest.mark.parametrize(
    "address",
    ["nowhere", "sb://[half an address", "", "/", "orders/x/y", "a/b/c/d/e", "nowhere/partitions/0"],
)
def test_what_is_nowhere_is_not_found_and_leaves_nothing(settings: Settings, address: str) -> None:
    async def scenario() -> None:
        client = authorized(settings)
        for opening in (client.open_inbox, client.open_outbox):
            with pytest.raises(AmqpError, match="amqp:not-found"):
                await opening(Link(address))
        assert not client._links

    run(scenario)


def test_a_link_that_is_refused_its_seat_leaves_nothing(settings: Settings) -> None:
    address = "orders/ConsumerGroups/$Default/Partitions/0"

    async def scenario() -> None:
        client = authorized(settings)
        await client.open_outbox(Link(address, {module.EPOCH: 5}))
        for level in (3, None):
            with pytest.raises(AmqpError, match="amqp:link:stolen"):
                await client.open_outbox(Link(address, {module.EPOCH: level}))
        with pytest.raises(AmqpError, match="whole number, not 'high'"):
            await client.open_outbox(Link(address, {module.EPOCH: "high"}))
        assert len(client._links) == 1

    run(scenario)


def test_links_go_when_they_are_detached(settings: Settings) -> None:
    async def scenario() -> None:
        client = authorized(settings)
        inbox = await client.open_inbox(Link("orders"))
        outbox = await client.open_outbox(Link("orders/ConsumerGroups/$Default/Partitions/0"))
        assert len(client._links) == 2
        inbox.detached()
        outbox.detached()
        assert not client._links

    run(scenario)


def test_a_connection_without_a_token_is_closed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS_WITHOUT_TOKEN", 0.05)

    async def scenario() -> None:
        told: list[AmqpError] = []
        client = connected(settings, told.append)
        assert not client.is_authorized
        await asyncio.sleep(0.2)
        assert [error.condition for error in told] == ["amqp:connection:forced"]
        gone = connected(settings, told.append)
        gone.disconnected()
        await asyncio.sleep(0.2)
        assert len(told) == 1

    run(scenario)


def test_connections_without_a_token_are_few(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulators.eventhubs.front.MAX_WITHOUT_TOKEN", 3)

    async def scenario() -> None:
        front = Front(settings, cast(KafkaLog, Log()))
        clients = [front.connect(cast(Any, Closing())) for _ in range(3)]
        with pytest.raises(AmqpError, match=r"resource-limit-exceeded.*3 connections without a token"):
            front.connect(cast(Any, Closing()))
        clients[0].disconnected()
        front.connect(cast(Any, Closing()))
        for client in clients[1:]:
            client.disconnected()

    run(scenario)


class Closing:
    def close(self, error: AmqpError) -> None:
        pass
