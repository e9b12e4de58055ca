# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ends whatever an installation left running on this machine, by process id."""

import contextlib
import os
import signal
import time
from pathlib import Path

from embedded.folder import DataFolder, Running
from embedded.postgres import EmbeddedPostgres

__all__ = ["OWNERS", "down", "end_leftovers"]

OWNERS = ("demo", "run-processes")
"""The locks of those that stop the rest themselves; they are asked first."""

_OWNER_SECONDS = 40.0
_PROCESS_SECONDS = 15.0


def down(chosen: Path | None = None) -> list[str]:
    """Stop every process of the data folder, PostgreSQL too; answers a line about each.

    Args:
        chosen: the data folder, the usual one without.
    """
    folder = DataFolder.locate(chosen)
    if not folder.root.is_dir():
        return []
    lines: list[str] = []
    owners = [one for one in folder.living() if one.name in OWNERS]
    lines += _end(folder, owners, _OWNER_SECONDS)
    lines += end_leftovers(folder)
    server = EmbeddedPostgres(folder)
    pid = server.pid()
    if server.stop():
        lines.append(f"PostgreSQL stopped (process {pid})")
    return lines


def end_leftovers(folder: DataFolder) -> list[str]:
    """End the processes whose supervisor was killed; answers a line about each."""
    left = [one for one in folder.living() if one.name not in OWNERS]
    return _end(folder, left, _PROCESS_SECONDS)


def _end(folder: DataFolder, asked: list[Running], patience: float) -> list[str]:
    """Ask these to go; kill the ones that hold their lock after `patience` seconds."""
    for one in asked:
        _signal(one, signal.SIGTERM)
    give_up = time.monotonic() + patience
    while (left := [one for one in folder.living() if one in asked]) and time.monotonic() < give_up:
        time.sleep(0.05)
    for one in left:
        _signal(one, signal.SIGKILL)
    while left and (left := [one for one in folder.living() if one in asked]):
        time.sleep(0.05)
    return [f"{one.name} stopped (process {one.pid})" for one in asked]


def _signal(one: Running, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(one.pid, number)
