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
    """Install the tools that judge our API and our pages; the address is their `node_modules`.

    Raises:
        PeerMissingError: there is no npm with Node.js 18 or newer.
    """
    return Peer(str(install_from(LOCK_FILES, INSTALLED)))


def install_from(lock_files: Path, installed: Path) -> Path:
    """Install what a lock file says, once for each version of it; answers the folder `node_modules`.

    Args:
        lock_files: folder with package.json, package-lock.json and .npmrc.
        installed: folder to install into.

    Raises:
        PeerMissingError: there is no npm with Node.js 18 or newer.
    """
    if shutil.which("npm") is None or _node_version() < OLDEST_NODE:
        raise PeerMissingError(
            f"There is no Node.js {OLDEST_NODE} or newer with npm (Debian: apt-get install nodejs npm)."
        )
    digest = hashlib.sha256((lock_files / "package-lock.json").read_bytes()).hexdigest()
    stamp = installed / ".lock-file"
    if not stamp.exists() or stamp.read_text() != digest:
        installed.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(lock_files / name, installed / name)
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=installed,
            check=True,
        )
        stamp.write_text(digest)
    return installed / "node_modules"


def _node_version() -> int:
    if shutil.which("node") is None:
        return 0
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    version = re.match(r"v(\d+)", answer.stdout)
    return int(version[1]) if version else 0
