# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A topic that is missing and is not made: what Kafka says of it is heard, and told once, with what to set."""

import asyncio
import io
import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import RequestTimedOutError

from chassis import kafka_topics, running
from chassis.bus_kafka import KafkaBus
from chassis.bus_memory import MemoryBus
from chassis.kafka_topics import TopicRefused, ensure_topics
from chassis.testing import logging_to, service_under_test
from tests.service.chassis.sample import SERVICE


def brokers(code: int, words: str | None) -> Any:
    """An admin client whose brokers know no topic and answer so to each that is asked for."""

    class Admin:
        def __init__(self, **_: Any) -> None:
            pass

        async def start(self) -> None:
            pass

        async def close(self) -> None:
            pass

        async def list_topics(self) -> list[str]:
            return []

        async def create_topics(self, topics: Sequence[Any]) -> Any:
            return SimpleNamespace(topic_errors=[(one.name, code, words) for one in topics])

        async def describe_topics(self, _: Sequence[str]) -> list[Any]:
            return []

    return Admin


@pytest.mark.parametrize(
    ("code", "words", "said"),
    [
        (29, "Authorization failed.", "TopicAuthorizationFailed: Authorization failed.): give our user of Kafka the rights"),
        (38, None, "InvalidReplicationFactor): set KAFKA_REPLICATION to the number of brokers at most, or make it"),
        (44, "policy", "PolicyViolation: policy): mend that, or make it there with 12 partitions"),
    ],
)  # fmt: skip
async def test_a_topic_that_is_refused_is_told_by_name_with_the_reason_and_what_to_set(
    code: int, words: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_topics, "AIOKafkaAdminClient", brokers(code, words))
    with pytest.raises(TopicRefused) as refused:
        await ensure_topics("b:1", ["a"])
    assert str(refused.value).startswith(
        "topic a is missing, or hidden from us, and Kafka refuses to make it ("
    )
    assert said in str(refused.value)

    bus = KafkaBus("b:1", client_id="x", topics=["a"])
    await bus.probe()
    assert (bus.alive(), bus.wrong()) == (True, ""), "the service goes on without"
    assert bus.lacks() == str(refused.value)
    monkeypatch.setattr(kafka_topics, "AIOKafkaAdminClient", brokers(0, None))
    await bus.probe()
    assert bus.lacks() == ""


async def test_who_was_first_with_a_topic_is_no_fault_and_a_broker_that_is_late_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kafka_topics, "AIOKafkaAdminClient", brokers(36, "exists"))
    await ensure_topics("b:1", ["a"])
    monkeypatch.setattr(kafka_topics, "AIOKafkaAdminClient", brokers(7, None))
    with pytest.raises(RequestTimedOutError):
        await ensure_topics("b:1", ["a"])


class _Bus(MemoryBus):
    """A bus with something to mend."""

    def __init__(self) -> None:
        super().__init__()
        self.misfit = self.refused = ""
        self.probes = 0

    def wrong(self) -> str:
        return self.misfit

    def lacks(self) -> str:
        return self.refused

    async def probe(self) -> None:
        self.probes += 1


async def test_what_is_wrong_on_the_bus_is_said_once_in_the_log_and_as_long_as_it_lasts_in_ready(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_MEASURE_SECONDS", 0.01)
    bus, written = _Bus(), io.StringIO()

    async def rounds(number: int = 3) -> None:
        until = bus.probes + number
        async with asyncio.timeout(60):
            while bus.probes < until:
                await asyncio.sleep(0.01)

    async with service_under_test(SERVICE, postgres_url, bus=bus) as bench:

        async def ready() -> tuple[int, Any]:
            answer = await bench.client.get("/health/ready")
            return answer.status_code, answer.json()["checks"]["bus"]

        with logging_to(written):
            bus.misfit = "topic a has 3 partitions, 12 are needed"
            await rounds()
            assert await ready() == (503, {"ok": False, "says": bus.misfit})
            bus.misfit, bus.refused = "", "topic b is missing"
            await rounds()
            assert await ready() == (200, {"ok": True, "says": "reachable; topic b is missing"})
            bus.refused = ""
            await rounds()
            assert await ready() == (200, {"ok": True, "says": "reachable"})
    events = [json.loads(line)["event"] for line in written.getvalue().splitlines()]
    assert [one for one in events if one.startswith("topic")] == [
        "topic_unfit",
        "topics_are_fit",
        "topic_refused",
        "topics_are_there",
    ]
