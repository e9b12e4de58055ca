# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""P01: one POST of a service, validated and authorised, without a database."""

import json
from collections.abc import Callable
from contextlib import ExitStack

from bench.lab import Lab
from bench.load import Request
from bench.peers import free_port
from bench.platform import Process, app_process
from bench.results import Part, Sample, Target, ratio_figure, rounds, value_figure
from bench.service.app import QUIET
from contracts.access import Role

__all__ = ["BODY", "loaded", "measure"]

BODY = json.dumps(
    {
        "inburgeraarId": "0b9f0a3e-8d2c-4c88-9a2b-7f1d5d3c2b20",
        "gemeentecode": "1916",
        "lessonDate": "2024-11-04",
        "dayPart": "morning",
        "status": "present",
        "externalId": "88121",
    }
)
PATH = "/bench/v1/records"
_TARGET = Target(0.75, 0.90)


def loaded(process: Process, request: Request, *, seconds: float, path: str = PATH) -> Callable[[], Sample]:
    """A run: 32 connections, then one; what a process does with them."""

    def run() -> Sample:
        url = process.url + path
        many = request.run(url, connections=32, seconds=seconds, watch=(process.pid,))
        # A try has no time for a second run.
        one = (
            many
            if seconds <= 1
            else request.run(url, connections=1, seconds=seconds / 2, watch=(process.pid,))
        )
        if many.refused or many.broken:
            raise RuntimeError(f"{url}: {many.refused} refused, {many.broken} broken of {many.requests}")
        return Sample(
            {
                "perSecond": many.per_second,
                "cpuMicroseconds": many.cpu_microseconds(process.pid),
                "p50Milliseconds": many.p50,
                "p99Milliseconds": many.p99,
                "p50AloneMilliseconds": one.p50,
                "p99AloneMilliseconds": one.p99,
            },
            max(many.window.foreign, one.window.foreign),
        )

    return run


def measure(lab: Lab) -> Part:
    """Our service beside FastAPI with nothing around it, and beside the fastest in Python."""
    part = Part("P01", "Single POST of a service, without a database", lab.sizes.name)
    installation = lab.installation
    database = lab.run(installation.database(QUIET))
    json_type = {"Content-Type": "application/json"}
    plain = Request("POST", BODY, json_type)
    granted = Request("POST", BODY, {**json_type, **installation.grant(Role.TEACHER)})
    with ExitStack() as stack:
        apps = {
            name: stack.enter_context(
                app_process([f"bench.apps.{module}", str(port)], log=lab.home / f"{module}.log", port=port)
            )
            for name, module, port in (
                ("bare FastAPI", "bare_fastapi", free_port()),
                ("Starlette with msgspec", "starlette_msgspec", free_port()),
            )
        }
        ours = stack.enter_context(installation.service(QUIET, "bench.service", database))
        found = rounds(
            {
                "our service": loaded(ours, granted, seconds=lab.sizes.seconds),
                **{name: loaded(app, plain, seconds=lab.sizes.seconds) for name, app in apps.items()},
            },
            times=lab.sizes.rounds,
        )
    part.series = list(found.values())
    mine, bare, fastest = found["our service"], found["bare FastAPI"], found["Starlette with msgspec"]
    part.figures = [
        ratio_figure("req/s, c32", mine, bare, "perSecond", target=_TARGET),
        ratio_figure("CPU per request", mine, bare, "cpuMicroseconds"),
        ratio_figure("req/s, c32", mine, fastest, "perSecond"),
        value_figure("CPU per request", mine, "cpuMicroseconds", "µs"),
        value_figure("p50, c1", mine, "p50AloneMilliseconds", "ms"),
        value_figure("p99, c32", mine, "p99Milliseconds", "ms"),
    ]
    return part
