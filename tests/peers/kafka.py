# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real Apache Kafka for the tests, or a plain word on why there is none.

The first that works: `KAFKA_BOOTSTRAP_SERVERS`; a Docker engine that answers; Java with Maven
(`deploy/kafka/run`).
"""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.peers.run import REPOSITORY, Peer, PeerMissingError, free_port, launch, until

IMAGE = "apache/kafka:4.1.1"


def start(home: Path) -> Peer:
    """Start a broker of one node and return when it answers.

    Raises:
        PeerMissingError: neither a Docker engine nor Java with Maven is there.
    """
    if _docker_answers():
        return _start_container()
    if shutil.which("java") and shutil.which("mvn"):
        return _start_java(home)
    raise PeerMissingError(
        "Apache Kafka cannot be started: set KAFKA_BOOTSTRAP_SERVERS, or start a Docker engine, "
        "or install Java 17 and Maven (Debian: default-jre-headless maven)."
    )


def answers(address: str) -> bool:
    """Tell whether a broker at this address serves requests."""

    async def ask() -> bool:
        admin = AIOKafkaAdminClient(bootstrap_servers=address, request_timeout_ms=2000)
        try:
            await admin.start()
            await admin.list_topics()
        except (KafkaError, OSError):
            return False
        finally:
            await admin.close()
        return True

    # In a thread of its own: the first test to ask may already be in an event loop.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(ask())).result()


def _wait(address: str) -> bool:
    """Wait at most a minute for a broker to answer."""
    give_up = time.monotonic() + 60
    while not answers(address):
        if time.monotonic() > give_up:
            return False
        time.sleep(0.2)
    return True


def _docker_answers() -> bool:
    """Ask the engine: a client on the PATH says nothing."""
    if shutil.which("docker") is None:
        return False
    try:
        asked = subprocess.run(
            ["docker", "info", "--format", "{{.ServerVersion}}"],
            capture_output=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and asked.stdout.strip() != b""


def _start_container() -> Peer:
    port = free_port()
    settings = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    environment = [part for item in settings.items() for part in ("--env", "=".join(item))]
    started = subprocess.run(
        ["docker", "run", "--detach", "--rm", "--publish", f"127.0.0.1:{port}:{port}",
         *environment, IMAGE],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    address = f"127.0.0.1:{port}"
    if not _wait(address):
        raise RuntimeError(f"The container of {IMAGE} started and never answered at {address}.")
    return Peer(address, container=started.stdout.strip())


def _start_java(home: Path) -> Peer:
    script = REPOSITORY / "deploy" / "kafka" / "run"
    subprocess.run([script, "fetch"], check=True)
    port = free_port()
    log = home / "server.log"
    process = launch([script, "serve", home / "data", str(port), str(free_port())], log)
    address = f"127.0.0.1:{port}"
    until(lambda: answers(address), process, log, "Apache Kafka")
    return Peer(address, pid=process.pid)


def main() -> int:
    """Wait for the broker at `KAFKA_BOOTSTRAP_SERVERS`; 0 when it answers within a minute."""
    address = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    return 0 if _wait(address) else 1


if __name__ == "__main__":
    sys.exit(main())
