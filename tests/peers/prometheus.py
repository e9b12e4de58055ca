# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real Prometheus for the tests, and its promtool, as Debian packages them."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.peers.run import Peer, PeerMissingError, free_port, launch, until


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run promtool.

    Raises:
        PeerMissingError: it is not installed.
    """
    if shutil.which("promtool") is None:
        raise PeerMissingError("There is no promtool (Debian: apt-get install prometheus).")
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)


def start(home: Path, config: Path) -> Peer:
    """Start Prometheus on a configuration and return when it answers.

    Raises:
        PeerMissingError: it is not installed.
    """
    if shutil.which("prometheus") is None:
        raise PeerMissingError("There is no Prometheus (Debian: apt-get install prometheus).")
    home.mkdir(exist_ok=True)
    port, log = free_port(), home / "prometheus.log"
    process = launch(
        [
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={home / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        log,
    )
    address = f"http://127.0.0.1:{port}"
    until(lambda: _is_ready(address), process, log, "Prometheus")
    return Peer(address, pid=process.pid)


def ask(address: str, path: str, **parameters: str) -> Any:
    """The `data` of an answer of the HTTP API."""
    query = f"?{urlencode(parameters)}" if parameters else ""
    with urlopen(f"{address}/api/v1/{path}{query}", timeout=30) as answer:  # noqa: S310 - an address of our own
        return json.load(answer)["data"]


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/-/ready", timeout=5) as answer:  # noqa: S310 - an address of our own
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
