# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Makes the topics of all services, before the first process needs one."""

import asyncio
from collections.abc import Iterable

from chassis.bus_kafka import TooFewPartitions, TopicRefused, client_options, ensure_topics
from chassis.run import read_settings
from chassis.service import Service
from chassis.settings import KafkaSettings
from embedded.faults import CannotStart

__all__ = ["make_topics"]

_SECONDS = 20.0


async def make_topics(services: Iterable[Service]) -> list[str]:
    """Make what is not there, dead-letter topics too; answers the names of the topics with events.

    Raises:
        CannotStart: no broker is named, none answers, a topic has too few partitions or cannot be made.
    """
    kafka = read_settings(KafkaSettings)
    if not kafka.bootstrap_servers:
        raise CannotStart(
            "KAFKA_BOOTSTRAP_SERVERS is missing.",
            remedy="Set it to host:port of Apache Kafka; `make kafka` starts one on 127.0.0.1:9092.",
        )
    names = {topic for service in services for topic in (service.topic, *service.reads)}
    topics = sorted(kafka.topic_prefix + name for name in names)
    try:
        async with asyncio.timeout(_SECONDS):
            await ensure_topics(
                kafka.bootstrap_servers, topics, replication=kafka.replication, options=client_options(kafka)
            )
    except TooFewPartitions as fault:
        raise CannotStart(str(fault), remedy="Remove the topic, or give it more partitions.") from fault
    except TopicRefused as fault:
        raise CannotStart(f"{fault}.", remedy="What stops a start: docs/starting.md.") from fault
    except Exception as fault:
        raise CannotStart(
            f"Apache Kafka does not answer at {kafka.bootstrap_servers} ({type(fault).__name__}).",
            remedy="Start it (`make kafka`), or correct KAFKA_BOOTSTRAP_SERVERS.",
        ) from fault
    return topics
