# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The image as a container engine would run it: its own environment and user, a root that is read-only."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.run import REPOSITORY

RUN = REPOSITORY / "deploy" / "image" / "run"
NAME = "open-inburgering-check"
BASE = os.environ.get("BASE_IMAGE", "debian")
NEEDED = ("buildah", "debootstrap")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

# A namespace of its own: the root read-only, /tmp in memory, and no more rights than the image asks for.
_ENTER = """
root=$1 user=$2; shift 2
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o mode=1777,size=64m tmpfs "$root/tmp"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
exec setpriv --no-new-privs --inh-caps=-all \
  chroot --userspec="$user" "$root" /usr/bin/env -i -C /app "$@"
"""


@dataclass(frozen=True)
class Image:
    """A built image, its files laid out below `root`."""

    root: Path
    configuration: Mapping[str, Any]

    def command(self, *arguments: str, environment: Mapping[str, str] | None = None) -> list[str]:
        """What starts a program in it; the process that comes of it is that program."""
        given = [*self.configuration["Env"], *(f"{k}={v}" for k, v in (environment or {}).items())]
        user = str(self.configuration["User"])
        return ["unshare", "--mount", "sh", "-ec", _ENTER, "enter", str(self.root), user, *given, *arguments]

    def run(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in it to its end."""
        return subprocess.run(
            self.command(*arguments, environment=environment),
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip


def missing() -> list[str]:
    """Programs that this machine lacks."""
    return [program for program in NEEDED if shutil.which(program) is None]


@contextmanager
def built() -> Iterator[Image]:
    """Build the image, and lay it out; the layout is gone afterwards, the base stays for the next time."""
    environment = {**os.environ, "BASE_IMAGE": BASE}
    if CERTIFICATES.exists():
        environment["CERTIFICATES"] = str(CERTIFICATES)
    done = subprocess.run(
        [RUN, "build", NAME], env=environment, capture_output=True, text=True, check=False, timeout=1500
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    configuration = json.loads(_buildah("inspect", "--type", "image", NAME))["Docker"]["config"]
    container = _buildah("from", NAME).strip()
    try:
        yield Image(Path(_buildah("mount", container).strip()), configuration)
    finally:
        _buildah("rm", container)


def _buildah(*arguments: str) -> str:
    return subprocess.run([RUN, "buildah", *arguments], check=True, capture_output=True, text=True).stdout
