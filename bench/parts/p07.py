# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""P07: rebuilding the clocks of notifications from events, beside one statement over the same facts."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg

from bench.lab import Lab
from bench.machine import watched
from bench.parts.p04 import as_superuser
from bench.platform import GEMEENTE
from bench.results import Part, Sample, Series, ratio_figure, value_figure
from bench.seed import id_of
from chassis.bus import Message, encode
from chassis.bus_memory import MemoryBus
from chassis.clock import SystemClock
from chassis.db import Database
from chassis.inbox import Reader
from contracts.intake import IntakeDeadlineSet
from services.notifications.app import SERVICE
from services.notifications.settings import NotificationsSettings

__all__ = ["measure"]

_BATCH = 200
_EMPTY = "TRUNCATE notifications.deadline, notifications.deadline_firing, notifications.person, notifications.inbox"
_FACTS = """
    CREATE TEMP TABLE fact (id uuid, person uuid, code text, starts_on date, due_on date);
"""
_BUILD = """
    INSERT INTO notifications.deadline (id, owner_service, inburgeraar_id, gemeentecode, rule, article, starts_on,
        early_on, due_on, set_version, end_version, status, next_stage_on, fired_count)
    SELECT id, 'intake', person, code, 'pip-ten-weeks', 'Besluit inburgering 2021 art. 5.3', starts_on,
        due_on - 14, due_on, 1, 0, 'running', due_on - 14, 0 FROM fact
"""


def measure(lab: Lab) -> Part:
    """The same clocks twice: by the reader of the service, and by SQL."""
    part = Part("P07", "Rebuilding from events", lab.sizes.name)
    database = lab.run(lab.installation.database(SERVICE))
    found = lab.run(_rebuild(lab, database.app_url, as_superuser(lab, database)))
    part.series = list(found.values())
    part.figures = [
        ratio_figure("rebuild from events", found["from events"], found["one statement"], "perSecond"),
        value_figure("rebuild from events", found["from events"], "perSecond", "events/s"),
        value_figure("rebuild from events", found["from events"], "seconds", "s"),
    ]
    return part


async def _rebuild(lab: Lab, url: str, admin_url: str) -> dict[str, Series]:
    events = lab.sizes.rebuild_events
    today = SystemClock().today()
    database = Database(
        url, schema="notifications", clock=SystemClock(), pool_size=2, settings=NotificationsSettings()
    )
    reader = Reader(SERVICE, database, MemoryBus())
    found = {name: Series(name) for name in ("from events", "one statement")}
    facts = [
        (
            id_of(f"clock-{n}"),
            id_of(f"rebuilt-{n}"),
            GEMEENTE,
            today + timedelta(n % 90),
            today + timedelta(n % 90 + 70),
        )
        for n in range(events)
    ]
    messages = [_message(*fact[:2], *fact[3:]) for fact in facts]
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(_EMPTY)
        with watched() as window:
            for start in range(0, events, _BATCH):
                await reader.deliver(messages[start : start + _BATCH])
        await _check(connection, events)
        found["from events"].samples.append(_sample(events, window.seconds, window.foreign))
        await connection.execute(_EMPTY + ";" + _FACTS)
        with watched() as window:
            began = time.monotonic()
            await connection.copy_records_to_table("fact", records=facts)
            await connection.execute(_BUILD)
            seconds = time.monotonic() - began
        await _check(connection, events)
        found["one statement"].samples.append(_sample(events, seconds, window.foreign))
    finally:
        await connection.close()
        await database.close()
    return found


def _sample(events: int, seconds: float, foreign: float) -> Sample:
    return Sample({"perSecond": events / seconds, "seconds": seconds}, foreign)


async def _check(connection: asyncpg.Connection, wanted: int) -> None:
    """Every clock is there once.

    Raises:
        RuntimeError: it is not.
    """
    have = await connection.fetchval("SELECT count(*) FROM notifications.deadline WHERE due_on IS NOT NULL")
    if have != wanted:
        raise RuntimeError(f"{have} clocks of {wanted} events")


def _message(id_: object, person: object, starts_on: object, due_on: object) -> Message:
    event = IntakeDeadlineSet.model_validate(
        {
            "deadline_id": id_,
            "inburgeraar_id": person,
            "rule": "pip-ten-weeks",
            "article": "Besluit inburgering 2021 art. 5.3",
            "starts_on": starts_on,
            "due_on": due_on,
            "early_on": due_on - timedelta(14),  # type: ignore[operator]
            "organisation_id": None,
        }
    )
    row = {
        "id": uuid4(),
        "topic": event.topic(),
        "key": event.key_value(),
        "type": event.type,
        "subject": str(id_),
        "aggregate_version": 1,
        "gemeentecode": GEMEENTE,
        "traceparent": None,
        "time": datetime.fromtimestamp(0, UTC),
        "data": event.model_dump(mode="json", by_alias=True),
    }
    return encode(row, source=f"urn:nld:oin:{'0' * 20}:systeem:intake")
