# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether a request costs the same when there is much more around it.

The measured school always has the same people and lessons; another school grows beside it, in the same
gemeente and the same tables.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg

from bench.lab import Lab
from bench.load import Load, Request
from bench.parts.p04 import as_superuser, roll_call
from bench.platform import GEMEENTE, Process
from bench.results import Figure, Part
from bench.seed import School
from chassis.clock import SystemClock
from contracts.access import Role
from services.learning_routes.app import SERVICE

__all__ = ["measure", "measure_large"]

_KINDS = ("list of placements", "read of an attendance", "ledger of a person", "roll call of a person")
_LESSONS = 20
_ENTERED = 10


def measure(lab: Lab) -> Part:
    """From the smallest to the largest number of persons."""
    return _measure(lab, "FLAT", [(persons, lab.sizes.rows_each) for persons in lab.sizes.persons])


def measure_large(lab: Lab) -> Part:
    """The same with a hundred attendances for each of a hundred thousand persons; only when asked for."""
    most = lab.sizes.persons[-1]
    return _measure(
        lab, "LARGE", [(lab.sizes.persons[0], lab.sizes.rows_each), (most, lab.sizes.rows_each * 10)]
    )


def _measure(lab: Lab, name: str, sizes: Sequence[tuple[int, int]]) -> Part:
    part = Part(name, "Cost of a request as the tables grow", lab.sizes.name)
    today = SystemClock().today()
    smallest = sizes[0][0]
    rows: list[dict[str, Any]] = []
    found: dict[tuple[int, str], Load] = {}
    for persons, each in sizes:
        database = lab.run(lab.installation.database(SERVICE, name=f"bench_{name.lower()}_{persons}_{each}"))
        admin_url = as_superuser(lab, database)
        school = School("measured", min(smallest, 1_000), _LESSONS, today)
        beside = School("beside", persons - school.persons, each, today)
        lab.run(_seed(admin_url, school, beside))
        with lab.installation.service(SERVICE, "services.learning_routes", database) as service:
            loads = _requests(lab, service, school)
        counted = lab.run(
            lab.sql(
                admin_url,
                "SELECT count(*) AS n, pg_total_relation_size('learning_routes.attendance') AS bytes, "
                "pg_database_size(current_database()) AS all FROM learning_routes.attendance",
            )
        )[0]
        for kind, load in loads.items():
            found[persons, kind] = load
        rows.append(
            {
                "persons": persons,
                "attendances": counted["n"],
                "attendanceMB": round(counted["bytes"] / 1e6),
                "databaseMB": round(counted["all"] / 1e6),
                **{f"{kind}, p50 ms": round(load.p50, 2) for kind, load in loads.items()},
                **{
                    f"{kind}, CPU µs": round(load.cpu_microseconds(service.pid))
                    for kind, load in loads.items()
                },
            }
        )
        lab.run(_drop(lab, database.app_url.rsplit("/", 1)[1]))
    part.tables["sizes"] = rows
    first, last = sizes[0][0], sizes[-1][0]
    part.figures = [
        Figure(
            f"{kind}, p50",
            found[last, kind].p50 / found[first, kind].p50,
            "x",
            peer=f"{first:,} persons and {rows[0]['attendances']:,} rows",
            foreign=max(found[first, kind].window.foreign, found[last, kind].window.foreign),
            note=f"with {last:,} persons and {rows[-1]['attendances']:,} rows",
        )
        for kind in _KINDS
    ]
    return part


async def _seed(admin_url: str, school: School, beside: School) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        await school.make(connection, entered=_ENTERED)
        if beside.persons:
            await beside.make(connection, entered=beside.lessons)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _drop(lab: Lab, database: str) -> None:
    await lab.sql(lab.postgres, f"DROP DATABASE {database} WITH (FORCE)")


def _requests(lab: Lab, service: Process, school: School) -> dict[str, Load]:
    root = f"{service.url}/learning-routes/v1"
    teacher = lab.installation.grant(Role.TEACHER)
    consulent = lab.installation.grant(
        Role.CONSULENT, organisation="gemeente-leidschendam-voorburg", gemeentecode=GEMEENTE
    )
    asked = {
        _KINDS[0]: (Request(headers=consulent), f"{root}/placements?pageSize=50"),
        _KINDS[1]: (Request(headers=teacher), f"{root}/attendances/{school.attendance(1, _LESSONS)}"),
        _KINDS[2]: (Request(headers=consulent), f"{root}/inburgeraars/{school.person(1)}/ledger"),
        _KINDS[3]: (roll_call(lab, school, range(1, _LESSONS - _ENTERED + 1)), service.url),
    }
    found: dict[str, Load] = {}
    for kind, (request, url) in asked.items():
        if lab.sizes.rounds > 1:
            request.run(url, connections=1, seconds=1)  # plans and caches
        load = request.run(url, connections=1, seconds=lab.sizes.seconds / 2, watch=(service.pid,))
        if load.refused or load.broken:
            raise RuntimeError(f"{kind}: {load.refused} refused, {load.broken} broken of {load.requests}")
        found[kind] = load
    return found
