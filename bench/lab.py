# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a run takes place: its folder, its sizes, and the peers that the parts share, started once."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import asyncpg

from bench import peers
from bench.platform import Installation
from chassis.serving import new_loop

__all__ = ["FULL", "SMOKE", "Lab", "Sizes"]

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long and how much."""

    name: str
    rounds: int
    seconds: float  # of one run of wrk
    copy_rows: int  # P04, per contestant and round
    bulk_requests: int  # P04 over HTTP, requests of 1,000 rows per round
    drain_events: int  # P05
    latency_seconds: float  # P05, per rate
    listed_rows: int  # P06
    rebuild_events: int  # P07
    persons: tuple[int, ...]  # flatness, ascending; a person has `rows_each` attendances
    rows_each: int


FULL = Sizes(
    "full",
    rounds=3,
    seconds=4,
    copy_rows=50_000,
    bulk_requests=10,
    drain_events=10_000,
    latency_seconds=5,
    listed_rows=1_000_000,
    rebuild_events=100_000,
    persons=(1_000, 10_000, 100_000),
    rows_each=10,
)
SMOKE = Sizes(
    "smoke",
    rounds=1,
    seconds=1,
    copy_rows=1_000,
    bulk_requests=1,
    drain_events=200,
    latency_seconds=1,
    listed_rows=2_000,
    rebuild_events=200,
    persons=(20, 40),
    rows_each=10,
)


class Lab:
    """A run. Peers start when the first part asks for them, and end with the block."""

    def __init__(self, sizes: Sizes) -> None:
        """Measure at these sizes."""
        self.sizes = sizes
        self._stack = ExitStack()
        self._postgres = ""
        self._kafka = ""
        self._installation: Installation | None = None

    def __enter__(self) -> Self:
        """Make the folder; others may enter it, since PostgreSQL refuses to run as root."""
        self.home = Path(tempfile.mkdtemp(prefix="bench-", dir=os.environ.get("BENCH_HOME")))
        self.home.chmod(0o755)
        self._stack.callback(shutil.rmtree, self.home, ignore_errors=True)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the peers and remove the folder."""
        self._stack.close()

    @property
    def postgres(self) -> str:
        """The address of a superuser."""
        if not self._postgres:
            self._postgres = self._stack.enter_context(peers.postgres(self.home / "postgres"))
        return self._postgres

    @property
    def kafka(self) -> str:
        """The address of the broker."""
        if not self._kafka:
            self._kafka = self._stack.enter_context(peers.kafka(self.home / "kafka"))
        return self._kafka

    @property
    def installation(self) -> Installation:
        """Keys, identities and settings of the platform, without a broker."""
        if self._installation is None:
            self._installation = Installation(self.home / "installation", self.postgres)
        return self._installation

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do something asynchronous, on the loop that processes have."""
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(work)

    async def sql(self, url: str, statement: str, *values: Any) -> list[asyncpg.Record]:
        """Rows of a statement, as whoever the address says."""
        connection = await asyncpg.connect(url, server_settings={"app.actor": "system"})
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()


def have(program: str) -> bool:
    """Whether a program is installed."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None


def version(*command: str) -> str:
    """What a program says of its version."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().splitlines()[0] if done.stdout or done.stderr else ""
