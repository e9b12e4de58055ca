# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Write docs/capacity.md from what was measured: `python -m tools.capacity`.

`make capacity` measures first (`tests/care/capacity.py`). Everything beyond the measured sizes is
reckoned here, with formulas that the page shows.
"""
# ruff: noqa: E501 - the lines of a table of Markdown cannot be broken

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
RESULTS = REPOSITORY / "bench" / "results" / "capacity.json"
PAGE = REPOSITORY / "docs" / "capacity.md"

LESSONS = 250  # per person over the whole route: 750 hours in lessons of three
LOOKS = 500  # at one person over the whole route: roll calls, the case, lists
ACTIVE_YEARS, KEPT_YEARS = 3, 8  # the term; the term and five years
TERM_WEEKS = 120  # in which there are lessons
PEAK_SHARE, PEAK_SECONDS = 0.6, 7200  # of a day's roll calls, in the two hours after lessons
INBOX_DAYS, OUTBOX_DAYS = 30, 7
_FLOWING = ("outbox", "inbox", "idempotency_key", "background_job", "background_job_row")


@dataclass(frozen=True, slots=True)
class Place:
    """A size of installation: people who begin in a year."""

    name: str
    per_year: int
    source: str


PLACES = (
    Place("one gemeente (Leidschendam-Voorburg)", 115, "345 in 2022 to 2024: audit, table 5.7"),
    Place("five gemeenten", 407, "audit, tables 5.7 to 5.9 and 5.11: 115 + 34 + 30 + 44; Leiden, which was not "
          "audited, taken as 1.6 times Leidschendam-Voorburg"),
    Place("the country, upper bound", 62_000, "15,000 permit holders to be housed in a half-year (taakstelling 2025-1), "
          "times 2, times 2.08: of 537 inburgeraars in tables 5.7 to 5.9, 258 are status holders"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """What one thing takes, in bytes, indexes included."""

    person: float  # all rows about a person but attendance and looks
    attendance: float  # with its version
    look: float
    event: float  # in the outbox, for seven days
    seen: float  # in one inbox, for thirty days
    events_per_person: float  # without those of attendance
    events_per_attendance: float
    reads_per_event: float


def units(found: Mapping[str, Any]) -> Unit:
    """The difference between the two sizes, per thing."""
    (_, small), (_, large) = sorted(found["sizes"].items(), key=lambda one: int(one[0]))
    few, many = sorted(map(int, found["sizes"]))

    def grown(*tables: str, what: str = "bytes") -> int:
        return sum(
            large[place][what] - small.get(place, {what: 0})[what]
            for place in large
            if place.split(".")[1] in tables
        )

    def each(*tables: str) -> float:
        return grown(*tables) / max(grown(tables[0], what="rows"), 1)

    people = many - few
    attendances = grown("attendance", what="rows")
    every = {place.split(".")[1] for place in large}
    apart = {"attendance", "attendance_version", "access_log", "access_chain", *_FLOWING}
    sent = grown("outbox", what="rows")
    of_attendance = attendances  # one event per roll call of one person
    return Unit(
        person=grown(*(every - apart)) / people,
        attendance=each("attendance", "attendance_version"),
        look=each("access_log", "access_chain"),
        event=each("outbox"),
        seen=each("inbox"),
        events_per_person=(sent - of_attendance) / people,
        events_per_attendance=of_attendance / max(attendances, 1),
        reads_per_event=grown("inbox", what="rows") / max(sent, 1),
    )


def row(place: Place, unit: Unit) -> dict[str, float]:
    """What a size needs."""
    active, kept = place.per_year * ACTIVE_YEARS, place.per_year * KEPT_YEARS
    per_day = active * LESSONS / (ACTIVE_YEARS * 365)
    # On a day with lessons, not spread over weekends and holidays.
    school_day = active * LESSONS / (TERM_WEEKS * 5)
    events_per_day = per_day * unit.events_per_attendance + place.per_year / 365 * unit.events_per_person
    stored = kept * (unit.person + LESSONS * unit.attendance + LOOKS * unit.look)
    flowing = events_per_day * (OUTBOX_DAYS * unit.event + INBOX_DAYS * unit.reads_per_event * unit.seen)
    return {
        "active": active,
        "kept": kept,
        "attendances": kept * LESSONS,
        "looks": kept * LOOKS,
        "events_per_day": events_per_day,
        "peak": PEAK_SHARE * school_day * unit.events_per_attendance / PEAK_SECONDS,
        "gigabytes": (stored + flowing) / 1e9,
        "hot": (active * (unit.person + LESSONS * unit.attendance) + flowing) / 1e9,
    }


def _number(value: float) -> str:
    if value >= 100:  # noqa: PLR2004 - as people read it
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def page(found: Mapping[str, Any]) -> str:
    """The whole page."""
    unit = units(found)
    few, many = sorted(map(int, found["sizes"]))
    lines = [
        f"| {place.name} | {_number(place.per_year)} | "
        + " | ".join(
            _number(value)
            for value in (
                numbers["active"],
                numbers["kept"],
                numbers["attendances"],
                numbers["looks"],
                numbers["events_per_day"],
                numbers["peak"],
                numbers["gigabytes"],
                numbers["hot"],
            )
        )
        + " |"
        for place in PLACES
        for numbers in [row(place, unit)]
    ]
    sources = "\n".join(f"- *{place.name}*: {place.source}." for place in PLACES)
    return _TEXT.format(
        few=few,
        many=many,
        lessons=found["lessons"],
        table="\n".join(lines),
        sources=sources,
        memory=found["embeddedMegabytes"],
        person=_number(unit.person),
        attendance=_number(unit.attendance),
        look=_number(unit.look),
        event=_number(unit.event),
        seen=_number(unit.seen),
        of_person=_number(unit.events_per_person),
        reads=_number(unit.reads_per_event),
        LESSONS=LESSONS,
        LOOKS=LOOKS,
        ACTIVE_YEARS=ACTIVE_YEARS,
        KEPT_YEARS=KEPT_YEARS,
        OUTBOX_DAYS=OUTBOX_DAYS,
        INBOX_DAYS=INBOX_DAYS,
        TERM_DAYS=TERM_WEEKS * 5,
        PEAK=int(PEAK_SHARE * 100),
    )


_TEXT = """<!-- SPDX-FileCopyrightText: Open Inburgering contributors
     SPDX-License-Identifier: EUPL-1.2
     Made by `python -m tools.capacity` from bench/results/capacity.json. -->
# Capacity

How large an installation gets, for who buys disks. The units are measured; what is beyond the measured size is
reckoned from them by the formulas below. How fast it is stands in `docs/performance.md`.

## Measured

The chain was filled through its API with {few} people and then with {many}: each with a PIP, a place, a chair in a group
of twelve, {lessons} lessons on the roll and three looks at the dossier. What one thing takes is the difference between the
two sizes, indexes included; pages that are there once fall out.

| unit | bytes |
|---|---|
| a person in all services, without lessons and looks | {person} |
| an attendance with its first version | {attendance} |
| a look in the access log | {look} |
| an event in the outbox | {event} |
| an event that one reader has seen | {seen} |

A person gives {of_person} events beside one for each attendance; an event is read {reads} times. The embedded
platform, all services in one process, took {memory} MB at its most.

## Reckoned

| installation | people a year | active | kept | attendances | looks | events a day | events a second, peak | disk, GB | in daily use, GB |
|---|---|---|---|---|---|---|---|---|---|
{table}

- *active* = people a year × {ACTIVE_YEARS} (the term); *kept* = people a year × {KEPT_YEARS} (the term and five years).
- *attendances* = kept × {LESSONS} (750 hours in lessons of three); *looks* = kept × {LOOKS}.
- *events a day* = active × {LESSONS} / ({ACTIVE_YEARS} × 365) + people a year / 365 × events of a person.
- *peak* = {PEAK}% of the roll calls of a day with lessons (active × {LESSONS} / {TERM_DAYS}) within two hours.
- *disk* = kept × (person + {LESSONS} × attendance + {LOOKS} × look) + events a day × ({OUTBOX_DAYS} × event + {INBOX_DAYS} ×
  readers × seen). Add as much again for WAL, growth and a reindex; backups are reckoned at a tenth each, times 35.
- *in daily use* = active people and their lessons, and what flows: what PostgreSQL should find in memory.

People a year:

{sources}

Assumed, and neither measured nor in a source: {LESSONS} lessons and {LOOKS} looks per person, everybody stays the whole term
of {ACTIVE_YEARS} years, {PEAK}% of a day's roll calls in two hours, a backup of a tenth of the disk, as much again for WAL and
growth. Who has figures of their own puts them at the head of `tools/capacity.py`. The units
are as exact as a page of 8 kB per table and index, over the people between the two sizes.

## Processes

A service process holds 115 to 130 MB resident after its start and 135 to 155 MB was seen under load, the portal 115 MB, each connection of its pool 5 to
10 MB in PostgreSQL more. A pool has 8 connections; the relay, each job that runs and the worker take one of them.

| installation | processes of each service | PostgreSQL memory | Kafka |
|---|---|---|---|
| one gemeente, five gemeenten | 1 (2 to lose one without notice) | 1 GB | 1 broker, 1 GB heap is plenty |
| the country | 4 to 8 behind the gateway, one database server per service | what is in daily use, by service | 3 brokers, 12 partitions per topic |

Attendance is the one table that grows large in the country. Its cost per request does not depend on its size
(measured by the benchmarks); splitting it by year is a matter of maintenance, not of speed.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
