# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real Keycloak with the realm of this repository, on loopback; nothing of it is kept.

Its administrator has a password of this run only, in `administrator.json` beside its log.
"""

import json
import os
import secrets
import shutil
import subprocess
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.peers.run import REPOSITORY, Peer, PeerMissingError, free_port, launch, until

REALM = "open-inburgering"
SCRIPT = REPOSITORY / "deploy" / "keycloak" / "run"


def start(home: Path) -> Peer:
    """Start it with the realm file as it is, and return when the realm answers.

    Raises:
        PeerMissingError: Java or Maven is not there.
    """
    if not (shutil.which("java") and shutil.which("mvn")):
        raise PeerMissingError(
            "Keycloak cannot be started: install Java 17 and Maven (Debian: default-jre-headless maven)."
        )
    subprocess.run([SCRIPT, "fetch"], check=True)
    password = secrets.token_urlsafe(24)
    kept = home / "administrator.json"
    kept.touch(mode=0o600)
    kept.write_text(json.dumps({"name": "operator", "password": password}))
    os.environ["KC_BOOTSTRAP_ADMIN_USERNAME"] = "operator"
    os.environ["KC_BOOTSTRAP_ADMIN_PASSWORD"] = password
    port = free_port()
    log = home / "server.log"
    address = f"http://127.0.0.1:{port}"
    try:
        process = launch([SCRIPT, "serve", home / "server", str(port)], log)
    finally:
        for name in ("KC_BOOTSTRAP_ADMIN_USERNAME", "KC_BOOTSTRAP_ADMIN_PASSWORD"):
            del os.environ[name]
    until(lambda: _answers(f"{address}/realms/{REALM}"), process, log, "Keycloak", seconds=480)
    return Peer(address, pid=process.pid)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5) as answer:  # noqa: S310 - the address is ours
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
