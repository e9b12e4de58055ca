# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How far a reader is; where nobody knows, that is told instead of the last number that was known."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError

from chassis.bus_kafka import KafkaBus
from chassis.bus_memory import MemoryBus
from chassis.metrics import metrics
from chassis.running import Running
from chassis.testing import Bench, service_under_test
from tests.service.chassis.sample import SERVICE

TOPIC = SERVICE.reads[0]


class _Reader:
    """A reader of topic `a` with a right that was taken away, or with a topic that is not there."""

    def __init__(self, *topics: str) -> None:
        self._topics = frozenset(topics)

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition("a", 0)}

    def subscription(self) -> frozenset[str]:
        return self._topics

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return {0} if topic == "a" else None

    async def end_offsets(self, parts: Any) -> Any:
        raise TopicAuthorizationFailedError(parts)


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        (None, "the reader is not connected"),
        (_Reader("a"), "the brokers do not say: TopicAuthorizationFailedError"),
        (_Reader("a", "b"), "topic b is not there, or we may not read it"),
    ],
)
async def test_a_reader_that_cannot_tell_how_far_it_is_says_why(reader: Any, said: str) -> None:
    bus = KafkaBus("127.0.0.1:1", client_id="lag")
    if reader is not None:
        bus._consumers["x"] = reader
    with pytest.raises(ConnectionError, match=said):
        await bus.lag("x")


class _Bus(MemoryBus):
    """A bus that answers, with a reader that gets in or does not."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Mapping[str, int] | Exception = {}

    async def lag(self, _: str) -> Mapping[str, int]:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.fixture
async def reading(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Bench, _Bus]]:
    """A service that asks how far its reader is when the test says so, and not by the clock as well."""

    async def nothing(_: Running) -> None:
        pass

    monkeypatch.setattr(Running, "measure", nothing)
    bus = _Bus()
    async with service_under_test(SERVICE, postgres_url, bus=bus) as bench:
        yield bench, bus


def connected() -> float | None:
    return metrics().registry.get_sample_value("reader_connected", {"service": SERVICE.name})


def behind(topic: str) -> float | None:
    labels = {"service": SERVICE.name, "topic": topic}
    return metrics().registry.get_sample_value("consumer_lag", labels)


async def test_a_reader_that_is_not_connected_has_no_lag_and_says_so(reading: tuple[Bench, _Bus]) -> None:
    bench, bus = reading
    bus.found = {TOPIC: 7}
    await bench.live._lag()
    assert (connected(), behind(TOPIC)) == (1, 7)
    bus.found = ConnectionError("the reader has no partitions yet")
    await bench.live._lag()
    assert (connected(), behind(TOPIC)) == (0, None)
    ready = (await bench.client.get("/health/ready")).json()
    assert ready["checks"]["bus"] == {
        "ok": True,
        "says": "reachable; nothing is read: the reader has no partitions yet",
    }
    bus.found = {TOPIC: 8}
    await bench.live._lag()
    bus.found = TimeoutError()
    await bench.live._lag()
    assert (connected(), behind(TOPIC)) == (1, 8), "slow for once is no word on the reader"
    await bench.live._lag()
    assert (connected(), behind(TOPIC)) == (0, None)
    bus.found = {}  # connected, and another process reads this topic now
    await bench.live._lag()
    assert (connected(), behind(TOPIC)) == (1, None)
