# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Many events at once leave what they leave one by one, and cost a few statements instead of some for each."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
import sqlalchemy as sa

from chassis.bus import Message
from chassis.testing import Bench, event_message, service_under_test
from contracts import intake, learning_routes, notifications
from contracts.event import Event
from tests.service.notifications.chain import LEAD, LEIDSCHENDAM, OEGSTGEEST, QUIET, SCHOOL, WASSENAAR, Chain

PEOPLE = 24
CODES = (WASSENAAR, OEGSTGEEST, LEIDSCHENDAM)
_KEPT = {
    "person": "inburgeraar_id, gemeentecode, executing_gemeentecode, state_version, lead_member_id, lead_version",
    "deadline": "id, owner_service, inburgeraar_id, gemeentecode, organisation_id, rule, starts_on, early_on, due_on, "
    "set_version, met_on, withdrawn_reason, end_version, status, next_stage_on, fired_count",
    "deadline_firing": "deadline_id, due_on, stage, fired_on, carried",
    "signal": "kind, audience, inburgeraar_id, gemeentecode, executing_gemeentecode, lead_member_id, organisation_id, "
    "due_on, status, withdrawn_reason, deadline_id, stage, version",
    "webhook_delivery": "event_id, type, key, gemeentecode, body, status",
}


@pytest.fixture
async def both(postgres_url: str) -> AsyncIterator[tuple[Bench, Bench]]:
    """The service twice."""
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(service_under_test(QUIET, postgres_url))
        other = await stack.enter_async_context(service_under_test(QUIET, postgres_url))
        yield one, other


def state(kind: type[intake.InburgeraarState], person: UUID, code: str) -> Event:
    return kind(
        inburgeraar_id=person, law="wi2021", group="statushouder", permit_type="asiel",
        obliged_on=date(2024, 7, 1), responsible_gemeentecode=code, executing_gemeentecode=LEIDSCHENDAM,
    )  # fmt: skip


def clock_set(person: UUID, due: date, *, nth: int = 0, school: bool = False) -> Event:
    kind = learning_routes.LearningRoutesDeadlineSet if school else intake.IntakeDeadlineSet
    return kind(
        deadline_id=uuid5(person, f"clock-{nth}"), inburgeraar_id=person, rule="pip-ten-weeks", article="art. 5.3",
        starts_on=due - timedelta(days=70), due_on=due, early_on=due - timedelta(days=14),
        organisation_id=SCHOOL if school else None,
    )  # fmt: skip


def absence(person: UUID) -> Event:
    lessons = tuple(
        learning_routes.MissedLesson(lesson_id=UUID(int=n), date=date(2024, 10, n)) for n in (1, 2)
    )
    return learning_routes.AbsenceSignalRaised(
        signal_id=uuid5(person, "absence"), inburgeraar_id=person, placement_id=UUID(int=5),
        organisation_id=SCHOOL, lessons=lessons, limit=2, rule="Contract",
    )  # fmt: skip


def story(person: UUID, dice: Random, today: date) -> list[list[Event]]:
    """What happens to somebody, before and after the clocks are looked at."""
    clock = uuid5(person, "clock-0")
    code = dice.choice(CODES)
    due = today + timedelta(days=dice.choice([-30, -1, 0, 5, 40]))
    first = [
        state(intake.InburgeraarRegistered, person, code),
        clock_set(person, due),
        clock_set(person, due + timedelta(days=3), nth=1, school=True),
        intake.LeadAssigned(inburgeraar_id=person, member_id=dice.choice([LEAD, None])),
        absence(person),
    ]
    if dice.random() < 0.3:
        dice.shuffle(first)  # across publishers nothing is promised
    again = clock_set(person, due + timedelta(days=dice.choice([-20, 0, 14])))
    end = dice.choice(
        [
            intake.IntakeDeadlineMet(deadline_id=clock, inburgeraar_id=person, met_on=today),
            intake.IntakeDeadlineWithdrawn(deadline_id=clock, inburgeraar_id=person, reason="moved"),
            clock_set(person, due),
        ]
    )
    moved = dice.choice([intake.InburgeraarMoved, intake.InburgeraarCorrected])
    handled = notifications.SignalHandled(
        signal_id=uuid5(person, "absence"), inburgeraar_id=person, kind="unexcused-absences", outcome="talked"
    )
    return [first, [again, state(moved, person, dice.choice(CODES)), handled], [end]]


def messages(bench: Bench, parts: list[list[list[Event]]]) -> list[list[Message]]:
    """Per part what everybody has in it, people mixed; versions rise per aggregate."""
    versions: dict[UUID, int] = {}
    found = []
    for events in zip(*parts, strict=True):
        told = []
        for turn in range(max(len(one) for one in events)):
            for event in (one[turn] for one in events if turn < len(one)):
                aggregate = getattr(event, "deadline_id", None) or getattr(event, "signal_id", None)
                aggregate = aggregate or event.inburgeraar_id
                versions[aggregate] = versions.get(aggregate, 0) + 1
                told.append(
                    event_message(
                        event,
                        id=uuid4(),
                        gemeentecode=CODES[0],
                        aggregate_id=aggregate,
                        version=versions[aggregate],
                        now=bench.clock.now(),
                    )
                )
        found.append(told)
    return found


async def wants_all(bench: Bench) -> None:
    """Somebody receives every event."""
    await bench.sql(
        "INSERT INTO notifications.webhook_subscription (id, organisation_id, gemeentecode, url, types, active, failures, "
        "version, created_at, created_by) SELECT :id, :org, :code, 'https://gemeente.example/', "
        "array_agg(DISTINCT t), true, 0, 1, now(), :org FROM unnest(CAST(:types AS text[])) AS t",
        id=UUID(int=1),
        org=UUID(int=2),
        code=CODES[0],
        types=[
            intake.IntakeDeadlineSet.type,
            intake.InburgeraarRegistered.type,
            notifications.SignalHandled.type,
        ],
    )
    await bench.sql(
        "INSERT INTO notifications.webhook_scope (organisation_id, codes, version) VALUES (:org, :codes, 1)",
        org=UUID(int=2),
        codes=list(CODES),
    )


async def kept(bench: Bench) -> dict[str, list[Any]]:
    return {
        table: sorted(
            (tuple(row) for row in await bench.sql(f"SELECT {columns} FROM notifications.{table}")), key=repr
        )
        for table, columns in _KEPT.items()
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_batch_leaves_what_its_events_leave_one_by_one(both: tuple[Bench, Bench], seed: int) -> None:
    one, other = both
    dice = Random(seed)
    parts = [story(uuid5(UUID(int=seed), str(n)), dice, one.clock.today()) for n in range(PEOPLE)]
    for bench in both:
        await wants_all(bench)
    for told in messages(one, parts):
        for message in told:
            await one.live.reader.deliver([message])
        await other.live.reader.deliver(told)
        for bench in both:
            await Chain(bench).fire()
        assert await kept(other) == await kept(one)
    assert len((await kept(one))["webhook_delivery"]) > PEOPLE
    assert not await other.sql("SELECT 1 FROM notifications.dead_letter")


@contextmanager
def counted(bench: Bench) -> Iterator[list[str]]:
    """The statements that the service sends meanwhile."""
    said: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    engine = bench.live.context.database.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


async def test_two_hundred_new_people_and_clocks_cost_a_few_statements(chain: Chain) -> None:
    bench = chain.bench
    people = [uuid4() for _ in range(100)]
    told = [
        [[state(intake.InburgeraarRegistered, one, WASSENAAR), clock_set(one, date(2024, 12, 1))]]
        for one in people
    ]
    (batch,) = messages(bench, told)
    with counted(bench) as said:
        await bench.live.reader.deliver(batch)
    assert len(await bench.sql("SELECT 1 FROM notifications.deadline WHERE due_on IS NOT NULL")) == 100
    assert len(await bench.sql("SELECT 1 FROM notifications.person WHERE gemeentecode IS NOT NULL")) == 100
    assert len(said) < 60, said  # measuring and the other jobs included; one by one some 1,800
