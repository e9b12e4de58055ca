# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""P04: attendance in bulk, at the database and over HTTP, beside raw COPY of the same rows into the same tables."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import orjson

from bench.lab import Lab
from bench.load import Request
from bench.machine import watched
from bench.parts.p01 import BODY
from bench.platform import GEMEENTE, Process
from bench.results import Figure, Part, Sample, Series, Target, ratio_figure, value_figure
from bench.seed import School, id_of, organisation_of
from bench.service.app import QUIET
from chassis.access import Caller
from chassis.clock import SystemClock
from chassis.db import Database
from chassis.migrate import Prepared
from contracts.access import Role
from services.learning_routes.app import SERVICE
from services.learning_routes.store.batches import NewEntry, save_entries

__all__ = ["as_superuser", "measure", "roll_call", "teacher"]

_LESSONS = 100
_SYSTEM = UUID(int=1)
_ATTENDANCE = (
    "id", "lesson_id", "placement_id", "inburgeraar_id", "provider_id", "organisation_id", "gemeentecode",
    "lesson_date", "lesson_hours", "status", "hours", "approval", "recorded_at", "recorded_by", "version",
)  # fmt: skip
_VERSION = (
    "attendance_id", "version", "organisation_id", "gemeentecode", "status", "hours", "approval", "source",
    "recorded_at", "recorded_by",
)  # fmt: skip


def teacher() -> Caller:
    """A teacher of the measured school."""
    return Caller(
        subject=_SYSTEM,
        kind="person",
        organisation_id=organisation_of("measured"),
        organisation_kind="taalschool",
        roles=frozenset({str(Role.TEACHER)}),
    )


def as_superuser(lab: Lab, database: Prepared) -> str:
    """The address of the superuser in a service's database: row-level security does not bind it."""
    return lab.postgres.rsplit("/", 1)[0] + "/" + database.app_url.rsplit("/", 1)[1]


def measure(lab: Lab) -> Part:
    """Rows per second of every way to write the same rows."""
    part = Part("P04", "Attendance in bulk", lab.sizes.name)
    installation = lab.installation
    database = lab.run(installation.database(SERVICE))
    rows = lab.sizes.copy_rows
    school = School("measured", max(20, rows // _LESSONS), _LESSONS, SystemClock().today())
    lab.run(_seed(as_superuser(lab, database), school))
    found = lab.run(_at_the_database(lab, database, school))
    with installation.service(SERVICE, "services.learning_routes", database) as service:
        over_http, one_by_one = _over_http(lab, database, school, service)
    plain = lab.run(installation.database(QUIET))
    with installation.service(QUIET, "bench.service", plain) as service:
        single = _single(lab, service)
    part.series = [*found.values(), over_http, one_by_one, single]
    copied = found["COPY"]
    part.figures = [
        ratio_figure(
            "database, 1,000 rows with RLS",
            found["unnest of 1,000"],
            copied,
            "rowsPerSecond",
            target=Target(0.40, 0.65),
        ),
        ratio_figure("database, 100 rows with RLS", found["unnest of 100"], copied, "rowsPerSecond"),
        ratio_figure("database, 10,000 rows with RLS", found["unnest of 10,000"], copied, "rowsPerSecond"),
        ratio_figure(
            "HTTP, 1,000 rows, an event each", over_http, copied, "rowsPerSecond", target=Target(0.15, 0.25)
        ),
        Figure(
            "bulk rows/s for each single roll call/s",
            over_http.median("rowsPerSecond") / one_by_one.median("perSecond"),
            "x",
            peer="single PUT, c16",
            target=Target(40, 80),
            foreign=max(over_http.foreign, one_by_one.foreign),
        ),
        Figure(
            "cost of RLS on writes",
            1
            - found["unnest of 1,000"].median("rowsPerSecond")
            / found["unnest, no RLS"].median("rowsPerSecond"),
            "share",
            peer="the same as superuser",
            target=Target(0.20, 0.10, more=False),
            foreign=max(found["unnest of 1,000"].foreign, found["unnest, no RLS"].foreign),
        ),
        value_figure("HTTP, 1,000 rows", over_http, "rowsPerSecond", "rows/s"),
        value_figure("COPY", copied, "rowsPerSecond", "rows/s"),
        value_figure("single roll call, c16", one_by_one, "perSecond", "/s"),
        value_figure("single roll call, CPU", one_by_one, "cpuMilliseconds", "ms"),
        value_figure(
            "single POST with a row and an event, CPU",
            single,
            "cpuMilliseconds",
            "ms",
            target=Target(2.5, 1.0, more=False),
        ),
    ]
    return part


async def _seed(url: str, school: School) -> None:
    connection = await asyncpg.connect(url)
    try:
        await school.make(connection)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _seats(school: School, rows: int) -> Iterable[tuple[int, int]]:
    """Person and lesson of each row: a whole lesson list of a person after the other."""
    pairs = ((person, lesson) for person in range(1, school.persons + 1) for lesson in range(1, _LESSONS + 1))
    return islice(pairs, rows)


async def _at_the_database(lab: Lab, database: Prepared, school: School) -> dict[str, Series]:
    admin = await asyncpg.connect(as_superuser(lab, database))
    bound = _database(database.app_url)
    free = _database(as_superuser(lab, database))
    seats = list(_seats(school, lab.sizes.copy_rows))
    entries = [
        NewEntry(
            school.lesson(person, lesson),
            school.placement(person),
            "present",
            Decimal(3),
            "not-needed",
            None,
            None,
        )
        for person, lesson in seats
    ]
    copies = _rows_to_copy(school, seats)
    contestants: dict[str, Callable[[], Awaitable[None]]] = {
        "COPY": lambda: _copy(admin, *copies),
        "unnest of 100": lambda: _unnest(bound, entries, 100),
        "unnest of 1,000": lambda: _unnest(bound, entries, 1_000),
        "unnest of 10,000": lambda: _unnest(bound, entries, 10_000),
        "unnest, no RLS": lambda: _unnest(free, entries, 1_000),
    }
    found = {name: Series(name) for name in contestants}
    try:
        for _ in range(lab.sizes.rounds):
            for name, write in contestants.items():
                await admin.execute("TRUNCATE learning_routes.attendance, learning_routes.attendance_version")
                await admin.execute("CHECKPOINT")
                with watched() as window:
                    await write()
                found[name].samples.append(
                    Sample({"rowsPerSecond": len(entries) / window.seconds}, window.foreign)
                )
        await admin.execute("TRUNCATE learning_routes.attendance, learning_routes.attendance_version")
    finally:
        await admin.close()
        await bound.close()
        await free.close()
    return found


def _database(url: str) -> Database:
    return Database(url, schema="learning_routes", clock=SystemClock(), pool_size=2)


def _rows_to_copy(
    school: School, seats: Sequence[tuple[int, int]]
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    provider, organisation, now = (
        id_of("measured-provider"),
        organisation_of("measured"),
        datetime(2024, 1, 1, tzinfo=UTC),
    )
    entries: list[tuple[object, ...]] = []
    versions: list[tuple[object, ...]] = []
    for person, lesson in seats:
        id_ = uuid4()
        entries.append(
            (
                id_, school.lesson(person, lesson), school.placement(person), school.person(person), provider,
                organisation, GEMEENTE, school.slot(lesson)[0], Decimal(3), "present", Decimal(3), "not-needed", now,
                _SYSTEM, 1,
            )
        )  # fmt: skip
        versions.append(
            (id_, 1, organisation, GEMEENTE, "present", Decimal(3), "not-needed", "batch", now, _SYSTEM)
        )
    return entries, versions


async def _copy(
    connection: asyncpg.Connection, entries: list[tuple[object, ...]], versions: list[tuple[object, ...]]
) -> None:
    async with connection.transaction():
        await connection.copy_records_to_table(
            "attendance", schema_name="learning_routes", columns=_ATTENDANCE, records=entries
        )
        await connection.copy_records_to_table(
            "attendance_version", schema_name="learning_routes", columns=_VERSION, records=versions
        )


async def _unnest(database: Database, entries: Sequence[NewEntry], size: int) -> None:
    for start in range(0, len(entries), size):
        async with database.begin(teacher()) as tx:
            await save_entries(tx, entries[start : start + size], source="batch", recorded_by=_SYSTEM)


def _over_http(lab: Lab, database: Prepared, school: School, service: Process) -> tuple[Series, Series]:
    """Batches of 1,000 rows from two clients, and single roll calls from sixteen connections."""
    batches, singles = Series("HTTP, batches of 1,000"), Series("HTTP, single PUT")
    rows = min(lab.sizes.bulk_requests * 1000, school.persons * _LESSONS)
    bodies = [
        orjson.dumps({"rows": [_row(school, person, lesson) for person, lesson in part]})
        for part in _parts(list(_seats(school, rows)), 1000)
    ]
    url = as_superuser(lab, database)
    empty = "TRUNCATE learning_routes.attendance, learning_routes.attendance_version, learning_routes.outbox"
    for _ in range(lab.sizes.rounds):
        lab.run(lab.sql(url, empty))
        with watched(service.pid) as window:
            waits = lab.run(_post_all(service.url, lab.installation.grant(Role.TEACHER), bodies))
        batches.samples.append(
            Sample(
                {
                    "rowsPerSecond": rows / window.seconds,
                    "p50Milliseconds": statistics.median(waits) * 1000,
                    "cpuMicrosecondsPerRow": window.cpu[service.pid] / rows * 1e6,
                },
                window.foreign,
            )
        )
        lab.run(lab.sql(url, empty))
        request = roll_call(lab, school, range(1, _LESSONS + 1))
        load = request.run(service.url, connections=16, seconds=lab.sizes.seconds, watch=(service.pid,))
        if load.refused or load.broken:
            raise RuntimeError(f"roll call: {load.refused} refused, {load.broken} broken of {load.requests}")
        singles.samples.append(
            Sample(
                {
                    "perSecond": load.per_second,
                    "cpuMilliseconds": load.cpu_microseconds(service.pid) / 1000,
                    "p50Milliseconds": load.p50,
                    "p99Milliseconds": load.p99,
                },
                load.window.foreign,
            )
        )
    lab.run(lab.sql(url, empty))
    return batches, singles


def roll_call(lab: Lab, school: School, lessons: Iterable[int]) -> Request:
    """Single roll calls, each of another person and lesson: the same one twice would change nothing."""
    path = lab.home / "roll-calls.txt"
    with path.open("w") as file:
        for lesson in lessons:
            for person in range(1, school.persons + 1):
                file.write(f"{school.lesson(person, lesson)}/attendances/{school.person(person)}\n")
    headers = {"Content-Type": "application/json", **lab.installation.grant(Role.TEACHER)}
    told = "\n".join(f'headers["{name}"] = "{value}"' for name, value in headers.items())
    return Request(
        lua=f"""
local headers, seats, next = {{}}, {{}}, 0
{told}
for line in io.lines("{path}") do seats[#seats + 1] = line end
function request()
  next = next % #seats + 1
  return wrk.format("PUT", "/learning-routes/v1/lessons/" .. seats[next], headers, '{{"status":"present"}}')
end
"""
    )


def _row(school: School, person: int, lesson: int) -> dict[str, str]:
    day, part = school.slot(lesson)
    return {
        "inburgeraarId": str(school.person(person)),
        "lessonDate": day.isoformat(),
        "dayPart": part,
        "status": "present",
        "externalId": f"{person}-{lesson}",
    }


def _parts(seats: Sequence[tuple[int, int]], size: int) -> Iterable[Sequence[tuple[int, int]]]:
    return (seats[start : start + size] for start in range(0, len(seats), size))


async def _post_all(url: str, grant: dict[str, str], bodies: Sequence[bytes]) -> list[float]:
    """Two clients that take the bodies in turn; answers the seconds of each request."""
    waiting = iter(bodies)
    waits: list[float] = []
    headers = {"Content-Type": "application/json", **grant}

    async def client(session: aiohttp.ClientSession) -> None:
        for body in waiting:
            began = time.monotonic()
            async with session.post(
                f"{url}/learning-routes/v1/attendance-batches", data=body, headers=headers
            ) as answer:
                found = orjson.loads(await answer.read())
            if answer.status != 200 or found["rejected"]:
                raise RuntimeError(f"batch: {answer.status} {str(found)[:500]}")
            waits.append(time.monotonic() - began)

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(client(session), client(session))
    return waits


def _single(lab: Lab, service: Process) -> Series:
    series = Series("single POST with a row and an event")
    request = Request(
        "POST",
        BODY,
        {
            "Content-Type": "application/json",
            **lab.installation.grant(
                Role.CONSULENT, organisation="gemeente-leidschendam-voorburg", gemeentecode=GEMEENTE
            ),
        },
    )
    for _ in range(lab.sizes.rounds):
        load = request.run(
            f"{service.url}/bench/v1/rows", connections=16, seconds=lab.sizes.seconds, watch=(service.pid,)
        )
        if load.refused or load.broken:
            raise RuntimeError(f"rows: {load.refused} refused, {load.broken} broken of {load.requests}")
        series.samples.append(
            Sample(
                {
                    "perSecond": load.per_second,
                    "cpuMilliseconds": load.cpu_microseconds(service.pid) / 1000,
                    "p50Milliseconds": load.p50,
                    "p99Milliseconds": load.p99,
                },
                load.window.foreign,
            )
        )
    return series
