# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The topics at the brokers: there with enough partitions, or why they are not."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

__all__ = ["PARTITIONS", "TooFewPartitions", "TopicRefused", "ensure_topics"]

PARTITIONS = 12
_MADE = {0, 36}  # made now; somebody else just made it
_REMEDIES = {
    29: "give our user of Kafka the rights Create and Describe on it",
    31: "give our user of Kafka the rights Create and Describe on it",
    38: "set KAFKA_REPLICATION to the number of brokers at most",
}


class TooFewPartitions(RuntimeError):
    """A topic has fewer partitions than its readers count on."""


class TopicRefused(RuntimeError):
    """A topic is not there and the brokers refuse to make it; the text says why and what to set."""


async def ensure_topics(
    bootstrap: str,
    topics: Sequence[str],
    *,
    replication: int = 1,
    options: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Create the topics and their dead-letter topics where they are not there.

    Raises:
        TooFewPartitions: one exists with fewer than `PARTITIONS`.
        TopicRefused: one is missing, and the brokers do not make it for us.
        KafkaError, OSError: the broker cannot be reached.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **options)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        wanted = [name for topic in topics for name in (topic, f"{topic}.dlq")]
        missing = [
            NewTopic(name, num_partitions=PARTITIONS, replication_factor=replication)
            for name in wanted
            if name not in existing
        ]
        refused = _refused(await admin.create_topics(missing)) if missing else None
        for described in await admin.describe_topics([name for name in topics if name in existing]):
            if len(described["partitions"]) < PARTITIONS:
                raise TooFewPartitions(
                    f"topic {described['topic']} has {len(described['partitions'])} partitions, {PARTITIONS} are needed"
                )
        if refused is not None:
            raise refused
    finally:
        await admin.close()


def _refused(answer: Any) -> Exception | None:
    """The first topic that was not made: aiokafka tells of each in its answer, and raises nothing."""
    for topic, code, *words in answer.topic_errors:
        if code in _MADE:
            continue
        kind = for_code(code)
        said = ": ".join([kind.__name__.removesuffix("Error"), *(one for one in words if one)])
        if kind.retriable:
            away: Exception = kind(f"{topic}: {said}")
            return away
        return TopicRefused(
            f"topic {topic} is missing, or hidden from us, and Kafka refuses to make it ({said}): "
            f"{_REMEDIES.get(code, 'mend that')}, or make it there with {PARTITIONS} partitions"
        )
    return None
