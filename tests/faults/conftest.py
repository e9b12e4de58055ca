# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The faults: which of them run here, what they need, and the line that each leaves in the results."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.checked import FAULTS, leave_out
from tests.faults.own_peers import OwnKafka, OwnPostgres
from tests.faults.promises import Promises
from tests.faults.results import LINE, Tally
from tests.faults.sample import Sample
from tests.faults.sizes import EVERYTHING, MAKE_FAULTS_ONLY, SEED, SIZE, WHEN_CHANGED
from tests.faults.whole import Whole
from tests.journey.platform import in_processes
from tests.peers import PeerMissingError

_outcome = pytest.StashKey[str]()


def fault_of(item: pytest.Item) -> str | None:
    """The id of the fault that a test is about."""
    mark = item.get_closest_marker("fault")
    return None if mark is None else str(mark.args[0])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Outside `make faults` some are left out; `tests.faults.summary` says at the end which."""
    if EVERYTHING:
        return
    left = {*MAKE_FAULTS_ONLY, *(() if FAULTS.due else WHEN_CHANGED)}
    leave_out(
        config, items, lambda item: item.path.parent == Path(__file__).parent and fault_of(item) in left
    )


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write down that all of them passed."""
    if exitstatus == pytest.ExitCode.OK and {*WHEN_CHANGED} <= {fault_of(item) for item in session.items}:
        FAULTS.passed({"tests": session.testscollected, "seed": SEED})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep how a test ended, for its line in the results."""
    report = yield
    if call.when == "call":
        item.stash[_outcome] = report.outcome
    return report


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """The line of this test in the results."""
    made = Tally(str(fault_of(request.node)), request.node.name)
    began = time.monotonic()
    print(f"FAULT_SIZE={SIZE} FAULT_SEED={SEED}")  # noqa: T201 - so that a failure can be repeated
    yield made
    made.seconds = time.monotonic() - began
    made.outcome = request.node.stash.get(_outcome, "failed")
    request.node.user_properties.append((LINE, asdict(made)))  # travels with the report, also from a worker


@pytest.fixture
def promises(tmp_path: Path) -> Iterator[Promises]:
    """The file of what clients are promised in this test."""
    made = Promises(tmp_path / "promises.jsonl")
    yield made
    made.close()


@pytest.fixture
async def sample(postgres_url: str, kafka: str, tmp_path: Path) -> AsyncIterator[Sample]:
    """The sample service on a database and topics of its own; its processes are started by the test."""
    async with Sample.prepared(postgres_url, kafka, tmp_path) as made:
        yield made


@pytest.fixture(scope="package")
def own_kafka() -> Iterator[OwnKafka]:
    """A broker that a test may stop, freeze, kill and empty; it runs again when the test is over."""
    try:
        broker = OwnKafka.fresh()
    except PeerMissingError as missing:
        pytest.skip(str(missing))
    broker.start()
    yield broker
    broker.remove()


@pytest.fixture(scope="package")
def own_postgres() -> Iterator[OwnPostgres]:
    """A PostgreSQL that waits for its disk, and that a test may stop and kill."""
    server = OwnPostgres.fresh()
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="package")
def whole(own_postgres: OwnPostgres, kafka: str) -> Iterator[Whole]:
    """The whole product, every service a process of its own, with people who have lessons."""
    told = {
        "KAFKA_TOPIC_PREFIX": f"faults{secrets.token_hex(4)}.",  # another platform may use this broker
        "GATEWAY_CALLER_PER_SECOND": "100000",
        "GATEWAY_CALLER_BURST": "100000",
        "GATEWAY_ORGANISATION_PER_SECOND": "100000",
        "GATEWAY_ORGANISATION_BURST": "100000",
    }
    with in_processes(own_postgres.url, kafka, environment=told) as platform:
        made = Whole(platform, own_postgres)
        asyncio.run(made.furnish())
        yield made
