# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tools of others that come by npm: Spectral, axe-core, html-validate."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from tests.peers.run import REPOSITORY, Peer, PeerMissingError

LOCK_FILES = REPOSITORY / "tests" / "tools" / "node"
INSTALLED = REPOSITORY / "build" / "test-tools"
OLDEST_NODE = 18


def install(_home: Path) -> Peer:
    """Install what the lock file says, once for each version of it; the address is its `node_modules`.

    Raises:
        PeerMissingError: there is no npm with Node.js 18 or newer.
    """
    if shutil.which("npm") is None or _node_version() < OLDEST_NODE:
        raise PeerMissingError(
            f"There is no Node.js {OLDEST_NODE} or newer with npm (Debian: apt-get install nodejs npm)."
        )
    digest = hashlib.sha256((LOCK_FILES / "package-lock.json").read_bytes()).hexdigest()
    stamp = INSTALLED / ".lock-file"
    if not stamp.exists() or stamp.read_text() != digest:
        INSTALLED.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(LOCK_FILES / name, INSTALLED / name)
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=INSTALLED,
            check=True,
        )
        stamp.write_text(digest)
    return Peer(str(INSTALLED / "node_modules"))


def _node_version() -> int:
    if shutil.which("node") is None:
        return 0
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    version = re.match(r"v(\d+)", answer.stdout)
    return int(version[1]) if version else 0
