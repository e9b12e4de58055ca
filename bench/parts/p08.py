# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""P08: how soon everything answers, how much memory it takes, and what it uses when nobody asks anything."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.lab import Lab
from bench.machine import cpu_seconds, descendants, memory, watched
from bench.peers import free_port
from bench.platform import app_process
from bench.results import Part, Sample, Series, Target, value_figure

__all__ = ["measure"]


def measure(lab: Lab) -> Part:
    """One process with everything, and a process for each."""
    part = Part("P08", "Start, memory and rest", lab.sizes.name)
    bare, one, many = Series("bare FastAPI"), Series("everything in one process"), Series("processes")
    port = free_port()
    bare.samples.append(
        _run(lab, ["bench.apps.bare_fastapi", str(port)], port, {}, "bare", path="/health/live")
    )
    _embedded(lab, "first")
    one.samples.append(_embedded(lab, "again"))  # now everything is initialised
    many.samples.append(_processes(lab))
    part.series = [bare, one, many]
    part.figures = [
        value_figure(
            "all answer, one process, initialised", one, "readySeconds", "s", target=Target(8, 3, more=False)
        ),
        value_figure("one process, resident", one, "residentMB", "MB", target=Target(150, 110, more=False)),
        value_figure(
            "all processes, proportional", many, "proportionalMB", "MB", target=Target(600, 250, more=False)
        ),
        value_figure("all processes answer", many, "readySeconds", "s"),
        value_figure("one process at rest", one, "idleCores", "cores"),
        value_figure("all processes at rest", many, "idleCores", "cores"),
        value_figure("bare FastAPI, resident", bare, "residentMB", "MB"),
        value_figure("bare FastAPI answers", bare, "readySeconds", "s"),
    ]
    return part


def _embedded(lab: Lab, log: str) -> Sample:
    port = free_port()
    told = {
        "OPEN_INBURGERING_DATA": str(lab.home / "embedded"),
        "OPEN_INBURGERING_PORT": str(port),
        "DATABASE_URL": "",
    }
    return _run(lab, ["bench.apps.embedded_platform"], port, told, f"embedded-{log}")


def _processes(lab: Lab) -> Sample:
    port = free_port()
    told = {
        "OPEN_INBURGERING_DATA": str(lab.home / "processes"),
        "OPEN_INBURGERING_PORT": str(port),
        "OPEN_INBURGERING_DATABASE_PREFIX": "bench_processes",
        "DATABASE_URL": lab.postgres,
        "KAFKA_BOOTSTRAP_SERVERS": lab.kafka,
        "KAFKA_TOPIC_PREFIX": f"bench{port}.",  # a broker that others use too has groups of these names
    }
    return _run(lab, ["bench.apps.platform_processes"], port, told, "processes")


def _run(
    lab: Lab,
    module: Sequence[str],
    port: int,
    told: Mapping[str, str],
    log: str,
    *,
    path: str = "/health/ready",
) -> Sample:
    """Start, wait until it answers, let it rest, and look at what it takes."""
    rest = 0.2 if lab.sizes.rounds == 1 else 10
    with (
        watched() as window,
        app_process(
            module, log=lab.home / f"{log}.log", port=port, told=told, core=None, path=path
        ) as process,
    ):
        time.sleep(rest)  # what the start left to do
        pids = [pid for pid in descendants(process.pid) if _is_ours(pid)]
        before = sum(map(cpu_seconds, pids))
        time.sleep(rest)
        used = sum(map(cpu_seconds, pids)) - before
        resident, proportional = memory(pids)
    return Sample(
        {
            "readySeconds": process.ready_after,
            "residentMB": resident,
            "proportionalMB": proportional,
            "idleCores": used / rest,
            "processes": len(pids),
        },
        window.foreign,
    )


def _is_ours(pid: int) -> bool:
    """Whether a process runs our Python, rather than PostgreSQL or npm."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return b"python" in words[0]
