# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What all tests share: the peers, no network beyond this machine, and no skip in CI."""

import os
import shutil
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.capabilities import known_capabilities, marks_of
from tests.patience import wait_longer
from tests.peers import PeerMissingError, TestRun, kafka as kafka_peer, node, postgres

# Here, since the controller of workers reads no conftest further down.
pytest_plugins = ["tests.faults.summary", "tests.workers"]

REPOSITORY = Path(__file__).parents[1]
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")

# In CI the same examples each time; nowhere does it matter how fast the machine makes or takes them.
settings.register_profile(
    "tests",
    settings.get_profile("ci" if IN_CI else "default"),
    deadline=None,
    print_blob=True,
    suppress_health_check=(HealthCheck.too_slow,),
)
settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    """Open the run; workers of pytest-xdist find the one of their controller."""
    sys.addaudithook(_refuse_the_outside_world)
    wait_longer()
    if not hasattr(config, "workerinput"):
        run = TestRun.begin()
        config.add_cleanup(run.end)


def _refuse_the_outside_world(event: str, args: tuple[object, ...]) -> None:
    """Refuse any connection that would leave this machine."""
    if event != "socket.connect":
        return
    address = args[1]
    if isinstance(address, tuple) and not _is_loopback(str(address[0])):
        raise ConnectionRefusedError(f"Tests may connect to this machine only, not to {address}.")


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test that carries a capability which is not in the list."""
    known = known_capabilities()
    for item in items:
        for identifier, _ in marks_of(item):
            if identifier not in known:
                raise pytest.UsageError(f"{item.nodeid}: docs/capabilities.md has no {identifier}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI everything that a test needs must be there, so a skipped test has failed."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped in CI, where nothing may be missing: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Treat a module that skips itself as the tests in it."""
    report = yield
    if IN_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"Skipped in CI, where nothing may be missing: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say where the time went in CI, and loudly what was not tested on this machine and why."""
    if IN_CI:
        _say_where_the_time_went(terminalreporter)
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    terminalreporter.section("NOT TESTED ON THIS MACHINE", sep="!", red=True, bold=True)
    reasons: dict[str, int] = {}
    for report in skipped:
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else "no reason"
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items()):
        terminalreporter.line(f"{count:5d}  {reason}")


def _say_where_the_time_went(terminalreporter: pytest.TerminalReporter) -> None:
    seconds: dict[str, float] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                file = report.nodeid.partition("::")[0]
                seconds[file] = seconds.get(file, 0.0) + report.duration
    terminalreporter.section("seconds per file")
    for file, spent in sorted(seconds.items(), key=lambda one: -one[1])[:40]:
        terminalreporter.line(f"{spent:7.0f}  {file}")


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """URL of a superuser: `DATABASE_URL`, else a PostgreSQL that this run starts.

    Tests make databases of their own with random names there, and drop them.
    """
    return os.environ.get("DATABASE_URL") or TestRun.current().peer("postgres", postgres.start)


@pytest.fixture(scope="session")
def kafka() -> str:
    """Bootstrap servers of a real Apache Kafka. Topics and groups need names of their own."""
    if configured := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        return configured
    try:
        return TestRun.current().peer("kafka", kafka_peer.start)
    except PeerMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Path of the machine's Chromium, as Debian packages it."""
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return Path(found)
    pytest.skip("There is no Chromium (Debian: apt-get install chromium).")


@pytest.fixture(scope="session")
def node_tools() -> Path:
    """The folder `node_modules` with Spectral, axe-core and html-validate."""
    try:
        return Path(TestRun.current().peer("node-tools", node.install))
    except PeerMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def standards() -> Path:
    """Folder with the published standards that we are checked against (`STANDARDS_DIR`)."""
    folder = Path(os.environ.get("STANDARDS_DIR", REPOSITORY.parent / "shared" / "standards"))
    if folder.is_dir():
        return folder
    pytest.skip(f"There is no folder {folder.name} with the standards; set STANDARDS_DIR.")
