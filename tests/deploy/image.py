# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The image as a container engine would run it: its own environment and user, a root that is read-only.

python -m tests.deploy.image    tells whether this run builds it, and why (for the log of CI)
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.run import REPOSITORY

RUN = REPOSITORY / "deploy" / "image" / "run"
RECORD = REPOSITORY / "deploy" / "image" / "checked.json"
UV = Path(sys.executable).with_name("uv")
NAME = "open-inburgering-check"
BASE = os.environ.get("BASE_IMAGE", "debian")
NEEDED = ("buildah", "debootstrap")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

# What decides how the image is put together. The source itself is not among it: the other tests run that.
INPUTS = (
    ".dockerignore",
    "deploy/Dockerfile",
    "deploy/image/open-inburgering",
    "deploy/image/run",
    "deploy/image/uv.txt",
    "deploy/image/with-certificates",
    "portal/assets/package-lock.json",
    "portal/build.py",
    "tools/sbom.py",
)
# The packages of uv.lock that come into the image or build it; those of developers do not count.
LOCKED = (("--no-dev",), ("--only-group", "image"))

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


def digest() -> str:
    """One number for all inputs."""
    found = hashlib.sha256()
    for name in INPUTS:
        found.update(name.encode() + b"\0" + (REPOSITORY / name).read_bytes() + b"\0")
    for group in LOCKED:
        found.update(
            subprocess.run(
                [UV, "export", "--quiet", "--frozen", "--no-emit-project", "--no-header", *group],
                cwd=REPOSITORY,
                check=True,
                capture_output=True,
            ).stdout
        )
    return found.hexdigest()


def checked() -> dict[str, Any]:
    """What the last full check found; empty when there was none."""
    return dict(json.loads(RECORD.read_text())) if RECORD.exists() else {}


def must_be_built() -> bool:
    """Whether this run has to build: when asked to, or when an input is another than at the last check."""
    return bool(os.environ.get("IMAGE_CHECK")) or checked().get("inputs") != digest()


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


def main() -> None:
    """Say it in words."""
    record = checked()
    if must_be_built():
        sys.stdout.write(
            "The image is built and started in this run: its inputs changed since the last check.\n"
        )
        return
    sys.stdout.write(
        f"NOT RUN HERE: building and starting the image. All that decides how it is put together\n"
        f"({', '.join(INPUTS)}, and the packages of uv.lock that it holds)\n"
        f"is as it was on {record['date']}, when it was built in {record['seconds']['build']} s "
        f"({record['megabytes']} MB) and passed. `make image-check` runs it.\n"
    )


if __name__ == "__main__":
    main()
