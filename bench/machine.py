# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the machine does while we measure: whose processor time, how much memory, and who else is busy."""

import os
import platform
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

__all__ = [
    "LIMIT",
    "Window",
    "cores",
    "cpu_seconds",
    "descendants",
    "description",
    "memory",
    "pinned",
    "watched",
]

LIMIT = 0.10
"""Share of the machine's processors that others may use before a result is repeated, and then flagged."""

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


def cores() -> int:
    """How many processors there are."""
    return os.cpu_count() or 1


def pinned(core: int) -> list[str]:
    """The words before a command that keep it on one processor; none where there is only one."""
    if cores() < 2 or shutil.which("taskset") is None:
        return []
    return ["taskset", "-c", str(core % cores())]


@dataclass(slots=True)
class Window:
    """One stretch of time, filled in when it ends."""

    seconds: float = 0.0
    foreign: float = 0.0  # share of all processors that processes not started by us used
    cpu: dict[int, float] = field(default_factory=dict)  # processor seconds of the watched processes


@contextmanager
def watched(*pids: int) -> Iterator[Window]:
    """Measure a stretch of time, and what these processes used in it."""
    window = Window()
    began = time.monotonic()
    busy, own = _busy(), _own()
    used = {pid: cpu_seconds(pid) for pid in pids}
    try:
        yield window
    finally:
        window.seconds = time.monotonic() - began
        window.cpu = {pid: cpu_seconds(pid) - before for pid, before in used.items()}
        others = (_busy() - busy) - (_own() - own)
        window.foreign = max(0.0, others / (window.seconds * cores()))


def cpu_seconds(pid: int) -> float:
    """Processor time that the living threads of a process used, to the nanosecond."""
    spent = 0
    for thread in (_PROC / str(pid) / "task").iterdir():
        spent += int((thread / "schedstat").read_text().split()[0])
    return spent / 1e9


def descendants(pid: int) -> list[int]:
    """A process and all that it started, as far as they live."""
    children: dict[int, list[int]] = {}
    for child, (parent, _) in _processes().items():
        children.setdefault(parent, []).append(child)
    found = [pid]
    for one in found:
        found.extend(children.get(one, ()))
    return found


def memory(pids: Iterable[int]) -> tuple[float, float]:
    """Resident and proportional memory of these processes together, in MB."""
    resident = proportional = 0
    for pid in pids:
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Rss:"):
                resident += int(line.split()[1])
            elif line.startswith("Pss:"):
                proportional += int(line.split()[1])
    return resident / 1024, proportional / 1024


def description() -> dict[str, object]:
    """The machine, for the record."""
    kilobytes = next(
        int(line.split()[1])
        for line in (_PROC / "meminfo").read_text().splitlines()
        if line.startswith("MemTotal:")
    )
    return {
        "cores": cores(),
        "memoryGiB": round(kilobytes / 1024 / 1024, 1),
        "python": platform.python_version(),
    }


def _busy() -> float:
    """Processor seconds that anything used since the start of the machine."""
    words = (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]
    user, nice, system, _, _, irq, softirq, _ = map(int, words)
    return (user + nice + system + irq + softirq) / _TICKS


def _own() -> float:
    """Processor seconds of this process and all that it started, ended ones included."""
    processes = _processes()
    return sum(processes[pid][1] for pid in descendants(os.getpid()) if pid in processes) / _TICKS


def _processes() -> dict[int, tuple[int, int]]:
    """Of every process its parent, and the ticks that it and its ended children used."""
    found: dict[int, tuple[int, int]] = {}
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        found[int(entry.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    return found
