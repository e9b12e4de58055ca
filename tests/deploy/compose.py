# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""`docker-compose.yml` as the loader of Docker Compose itself reads it."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.peers.run import REPOSITORY, Peer, PeerMissingError

COMPOSE_FILE = REPOSITORY / "docker-compose.yml"
NEW_SECRETS = REPOSITORY / "deploy" / "compose" / "new-secrets"
OURS = ("gateway", "housing", "intake", "learning-routes", "notifications", "portal")
"""The processes of the platform itself."""

OLDEST_GO = (1, 23)
SOURCE = Path(__file__).parent / "compose_loader"


class Refused(Exception):
    """The loader refused the file; the text is what it said."""


def loader(home: Path) -> Peer:
    """Compile the loader; the address is its path.

    Raises:
        PeerMissingError: there is no Go.
    """
    if _go_version() < OLDEST_GO:
        raise PeerMissingError("There is no Go 1.23 or newer to compile the loader of Docker Compose.")
    program = home / "compose_loader"
    subprocess.run(["go", "build", "-o", program, "."], cwd=SOURCE, check=True)
    return Peer(str(program))


def _go_version() -> tuple[int, ...]:
    if shutil.which("go") is None:
        return (0,)
    said = subprocess.run(["go", "version"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"go(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0,)


def load(program: str, text: str, environment: str) -> dict[str, Any]:
    """The whole project, with everything filled in.

    Raises:
        Refused: it is no valid compose file, or a variable that it asks for is empty.
    """
    with tempfile.TemporaryDirectory(dir=REPOSITORY / "build") as folder:
        env_file = Path(folder) / "env"
        env_file.write_text(environment)
        file = Path(folder) / "docker-compose.yml"
        file.write_text(text)
        done = subprocess.run(
            [program, file, env_file],
            env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise Refused(done.stderr)
    return dict(json.loads(done.stdout))


def new_environment(local: Path) -> str:
    """What `new-secrets` makes, and the one line that a person fills in."""
    made = subprocess.run(
        [NEW_SECRETS, "platform.example"],
        env={**os.environ, "OPEN_INBURGERING_LOCAL": str(local)},
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return made.replace("OPEN_INBURGERING_OIN=", "OPEN_INBURGERING_OIN=00000001234567890000")
