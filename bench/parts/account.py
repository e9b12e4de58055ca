# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""ACCOUNT: the running account of 342 gemeenten over 20 half-years, beside one statement of PostgreSQL."""

import time
from datetime import date, timedelta

import asyncpg

from bench.lab import Lab
from bench.machine import watched
from bench.parts.p04 import as_superuser
from bench.results import Part, Sample, Series, Target, ratio_figure, value_figure
from chassis.clock import SystemClock
from chassis.db import Database
from services.housing.app import SERVICE
from services.housing.rules.account import Fact, Housed, Target as TargetFact, accounts
from services.housing.rules.half_years import HalfYear
from services.housing.store.account import facts as stored_facts

__all__ = ["measure"]

_GEMEENTEN, _HALF_YEARS = 342, 20
_FIRST = HalfYear(2015, 1)
_PEILDATUM = _FIRST.plus(_HALF_YEARS - 1).last_day
_TARGET, _HOUSED = 40, 38
_REPEATS = 7
_BALANCE = (_TARGET - _HOUSED) * _HALF_YEARS

_ONE_STATEMENT = """
    WITH period AS (
        SELECT gemeentecode, half_year, sum(target) AS target, sum(housed) AS housed FROM (
            SELECT gemeentecode, half_year, persons AS target, 0 AS housed FROM housing.target_version
            UNION ALL
            SELECT gemeentecode, extract(year FROM housed_on) || '-' || (1 + (extract(month FROM housed_on) > 6)::int),
                0, persons FROM housing.realisation
        ) fact GROUP BY gemeentecode, half_year
    )
    SELECT gemeentecode, half_year, target, housed,
        sum(target - housed) OVER (PARTITION BY gemeentecode ORDER BY half_year) AS closing
    FROM period ORDER BY gemeentecode, half_year
"""


def measure(lab: Lab) -> Part:
    """The same account three times: of facts in hand, of facts that are read first, and by one statement."""
    part = Part("ACCOUNT", "The account of all gemeenten", lab.sizes.name)
    database = lab.run(lab.installation.database(SERVICE))
    found = lab.run(_measure(database.app_url, as_superuser(lab, database)))
    part.series = list(found.values())
    part.figures = [
        value_figure(
            "342 gemeenten, 20 half-years, computed",
            found["computed"],
            "milliseconds",
            "ms",
            target=Target(100, 50, more=False),
        ),
        value_figure(
            "the same, facts read from the database", found["read and computed"], "milliseconds", "ms"
        ),
        ratio_figure(
            "computed, beside one statement", found["computed"], found["one statement"], "perSecond"
        ),
    ]
    return part


def _days() -> list[tuple[str, HalfYear]]:
    return [
        (f"{number:04d}", _FIRST.plus(place)) for number in range(_GEMEENTEN) for place in range(_HALF_YEARS)
    ]


async def _measure(url: str, admin_url: str) -> dict[str, Series]:
    found = {name: Series(name) for name in ("computed", "read and computed", "one statement")}
    facts: list[Fact] = []
    for code, half_year in _days():
        facts.append(TargetFact(code, half_year, _TARGET, half_year.first_day - timedelta(weeks=13)))
        facts.append(Housed(code, half_year.last_day, _HOUSED))
    for _ in range(_REPEATS):
        with watched() as window:
            began = time.perf_counter()
            books = accounts(facts, _PEILDATUM)
            seconds = time.perf_counter() - began
        _check({code: book.balance for code, book in books.items()})
        found["computed"].samples.append(_sample(seconds, window.foreign))
    connection = await asyncpg.connect(admin_url)
    database = Database(url, schema="housing", clock=SystemClock(), pool_size=2)
    try:
        await _fill(connection)
        for _ in range(_REPEATS):
            with watched() as window:
                began = time.perf_counter()
                async with database.begin() as tx:
                    books = accounts(await stored_facts(tx, None, _PEILDATUM), _PEILDATUM)
                seconds = time.perf_counter() - began
            _check({code: book.balance for code, book in books.items()})
            found["read and computed"].samples.append(_sample(seconds, window.foreign))
        for _ in range(_REPEATS):
            with watched() as window:
                began = time.perf_counter()
                rows = await connection.fetch(_ONE_STATEMENT)
                seconds = time.perf_counter() - began
            _check({row["gemeentecode"]: row["closing"] for row in rows})
            found["one statement"].samples.append(_sample(seconds, window.foreign))
    finally:
        await connection.close()
        await database.close()
    return found


async def _fill(connection: asyncpg.Connection) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    await connection.execute("TRUNCATE housing.target_version, housing.realisation")
    targets: list[tuple[str, str, int, date]] = []
    housed: list[tuple[str, date, int]] = []
    for code, half_year in _days():
        targets.append((code, str(half_year), _TARGET, half_year.first_day - timedelta(weeks=13)))
        housed.append((code, half_year.last_day, _HOUSED))
    await connection.executemany(
        "INSERT INTO housing.target_version (id, gemeentecode, half_year, number, persons, published_on, source, "
        f"recorded_at, recorded_by) VALUES (gen_random_uuid(), $1, $2, 1, $3, $4, 'entered', now(), '{nobody}')",
        targets,
    )
    await connection.executemany(
        "INSERT INTO housing.realisation (id, gemeentecode, housed_on, persons, source, corrected, recorded_at) "
        "VALUES (gen_random_uuid(), $1, $2, $3, 'entered', false, now())",
        housed,
    )
    await connection.execute("ANALYZE housing.target_version, housing.realisation")


def _check(balances: dict[str, int]) -> None:
    """Every gemeente has its balance.

    Raises:
        RuntimeError: one has another.
    """
    if len(balances) != _GEMEENTEN or set(balances.values()) != {_BALANCE}:
        raise RuntimeError(f"{len(balances)} gemeenten with balances {sorted(set(balances.values()))[:3]}")


def _sample(seconds: float, foreign: float) -> Sample:
    return Sample({"milliseconds": seconds * 1000, "perSecond": 1 / seconds}, foreign)
