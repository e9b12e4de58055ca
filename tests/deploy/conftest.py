# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the tests of the deliverables share: the compose file as loaded, and the chart as rendered."""

from pathlib import Path
from typing import Any

import pytest

from tests.deploy.chart import CHART, VALUES, Manifest, render
from tests.deploy.compose import COMPOSE_FILE, load, loader, new_environment
from tests.peers import PeerMissingError, TestRun, helm as helm_peer


@pytest.fixture(scope="session")
def compose_program() -> str:
    """The loader of Docker Compose."""
    try:
        return TestRun.current().peer("compose-loader", loader)
    except PeerMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def helm_program() -> str:
    try:
        return TestRun.current().peer("helm", helm_peer.install)
    except PeerMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `new-secrets` writes its files."""
    return tmp_path_factory.mktemp("compose") / "local"


@pytest.fixture(scope="session")
def environment(local: Path) -> str:
    """What `new-secrets` prints."""
    return new_environment(local)


@pytest.fixture(scope="session")
def project(compose_program: str, environment: str) -> dict[str, Any]:
    """The compose file with everything filled in."""
    return load(compose_program, COMPOSE_FILE.read_text(), environment)


@pytest.fixture(scope="session", params=VALUES)
def manifests(request: pytest.FixtureRequest, helm_program: str) -> list[Manifest]:
    """The chart with each of its values files."""
    return render(helm_program, CHART / request.param)
