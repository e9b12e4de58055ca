# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""`open-inburgering topics`: all topics, once, before the first process of an installation."""

import asyncio
import secrets
import subprocess
import sys
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from embedded.app import ALL

COMMAND = Path(sys.executable).with_name("open-inburgering")


def test_the_topics_of_all_services_are_made_with_their_dead_letters(kafka: str) -> None:
    prefix = f"topics-{secrets.token_hex(4)}."
    told: set[str] = set()
    for _ in range(2):  # a second time is no fault
        done = subprocess.run(
            [COMMAND, "topics"],
            env={"PATH": "/usr/bin:/bin", "KAFKA_BOOTSTRAP_SERVERS": kafka, "KAFKA_TOPIC_PREFIX": prefix},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told = set(done.stdout.split())
    assert {prefix + service.topic for service in ALL} <= told
    found = asyncio.run(partitions(kafka, prefix))
    assert set(found) == told | {f"{name}.dlq" for name in told}
    assert set(found.values()) == {12}


def test_a_topic_that_the_brokers_refuse_to_make_ends_the_step_with_a_sentence(kafka: str) -> None:
    prefix = f"topics-{secrets.token_hex(4)}."
    done = subprocess.run(
        [COMMAND, "topics"],
        env={
            "PATH": "/usr/bin:/bin", "KAFKA_BOOTSTRAP_SERVERS": kafka, "KAFKA_TOPIC_PREFIX": prefix,
            "KAFKA_REPLICATION": "9",  # copies, and there is one broker
        },
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1
    said = " ".join((done.stdout + done.stderr).split())
    assert f"topic {prefix}inburgering." in said
    assert "set KAFKA_REPLICATION to the number of brokers at most" in said
    assert "Traceback" not in said


async def partitions(kafka: str, prefix: str) -> dict[str, int]:
    """How many partitions each topic has; the topics are removed."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        names = sorted(name for name in await admin.list_topics() if name.startswith(prefix))
        described = {one["topic"]: len(one["partitions"]) for one in await admin.describe_topics(names)}
        await admin.delete_topics(names)
    finally:
        await admin.close()
    return described
