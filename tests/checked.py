# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is slow is checked in full when something that decides it changed since it last passed.

The record of that time lies in the repository: a target of the Makefile runs the check and writes it.

python -m tests.checked    tells what this run leaves out for that reason (for the log of CI)
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from chassis.clock import SystemClock

REPOSITORY = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")


@dataclass(frozen=True)
class Checked:
    """One slow check.

    Args:
        name: what is checked, in words.
        target: of the Makefile, which runs it; in capitals, with `_` for `-`, the variable that asks for it.
        record: where the last time is written down, from the root of the repository.
        inputs: the files that decide it, as patterns from the root of the repository.
        locked: choices of `uv export`: the packages whose versions decide it too.
    """

    name: str
    target: str
    record: str
    inputs: tuple[str, ...]
    locked: tuple[tuple[str, ...], ...] = (("--no-dev",),)

    @cached_property
    def digest(self) -> str:
        """One number for all inputs."""
        found = hashlib.sha256()
        for pattern in self.inputs:
            own = REPOSITORY / self.record
            files = sorted(path for path in REPOSITORY.glob(pattern) if path.is_file() and path != own)
            if not files:
                raise FileNotFoundError(f"{self.record}: nothing is named {pattern}")
            for path in files:
                name = path.relative_to(REPOSITORY).as_posix()
                found.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
        for group in self.locked:
            found.update(
                subprocess.run(
                    [UV, "export", "--quiet", "--frozen", "--no-emit-project", "--no-header", *group],
                    cwd=REPOSITORY,
                    check=True,
                    capture_output=True,
                ).stdout
            )
        return found.hexdigest()

    @property
    def last(self) -> dict[str, Any]:
        """What the last full check found; empty when there was none."""
        path = REPOSITORY / self.record
        return dict(json.loads(path.read_text())) if path.exists() else {}

    @property
    def due(self) -> bool:
        """Whether this run has to do it: when asked to, or when an input is another than at the last time."""
        return self._asked or self.last.get("inputs") != self.digest

    @property
    def _asked(self) -> bool:
        return bool(os.environ.get(self.target.upper().replace("-", "_")))

    def passed(self, facts: Mapping[str, Any]) -> None:
        """Write down that it passed, where the run was asked for."""
        if self._asked:
            body = {"date": SystemClock().today().isoformat(), "inputs": self.digest, **facts}
            (REPOSITORY / self.record).write_text(json.dumps(body, indent=1) + "\n")

    def told(self) -> str:
        """For the log: whether it runs here, and why not."""
        if self.due:
            return f"Runs here, since its inputs changed after it last passed: {self.name}."
        return (
            f"NOT RUN HERE: {self.name}. All that decides it is as it was on {self.last['date']}, when it passed "
            f"(deciding files: {', '.join(self.inputs)}; packages of uv.lock). `make {self.target}` runs it."
        )


# What decides how the image is put together. The source itself is not among it: the other tests run that.
IMAGE = Checked(
    "building and starting the image",
    "image-check",
    "deploy/image/checked.json",
    (
        ".dockerignore",
        "deploy/Dockerfile",
        "deploy/image/healthy",
        "deploy/image/open-inburgering",
        "deploy/image/run",
        "deploy/image/uv.txt",
        "deploy/image/with-certificates",
        "portal/assets/package-lock.json",
        "portal/build.py",
        "tools/sbom.py",
    ),
    (("--no-dev",), ("--only-group", "image")),
)
IDENTITY = Checked(
    "signing in through Keycloak and oidc-provider in a browser",
    "identity-check",
    "deploy/keycloak/checked.json",
    (
        "chassis/run.py",
        "chassis/web.py",
        "contracts/access.py",
        "deploy/keycloak/*",
        "gateway/*.py",
        "portal/*.py",
        "tests/identity/*.py",
        "tests/peers/keycloak.py",
        "tests/peers/oidc_provider/*",
    ),
)
BENCH = Checked(
    "the measurements at their smallest size",
    "bench-check",
    "bench/checked.json",
    ("bench/**/*.py", "bench/**/*.sql", "chassis/settings.py", "gateway/settings.py", "tests/bench/*.py"),
)
FAULTS = Checked(
    "the faults of the chassis alone (F02, F03, F04, F08, F09, F14, F19) at the size of CI",
    "faults-check",
    "tests/faults/checked.json",
    (
        "chassis/*.py",
        "contracts/event.py",
        "gateway/remote.py",
        "gateway/upstreams.py",
        "tests/faults/*.py",
        "tests/service/chassis/sample*.py",
    ),
)
PAGES = Checked(
    "every state but the first of every page, by axe at both widths",
    "pages-check",
    "tests/portal/checked.json",
    (
        "portal/*.py",
        "portal/assets/*",
        "portal/pages/**/*.py",
        "portal/static/*",
        "portal/templates/**/*",
        "tests/portal/*.py",
    ),
)
ALL = (IMAGE, IDENTITY, BENCH, FAULTS, PAGES)


def leave_out(config: pytest.Config, items: list[pytest.Item], which: Callable[[pytest.Item], bool]) -> None:
    """Take tests out of a run."""
    left = [item for item in items if which(item)]
    items[:] = [item for item in items if not which(item)]
    config.hook.pytest_deselected(items=left)


def main() -> None:
    """Say it in words."""
    for one in ALL:
        sys.stdout.write(one.told() + "\n")


if __name__ == "__main__":
    main()
