# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Events in any order, twice and late, and everything at the same time: one outcome, nothing double, nothing lost."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.clock import AMSTERDAM
from contracts import intake
from contracts.notifications import DeadlineFired
from services.notifications import actions
from tests.service.notifications.chain import (
    COLLEAGUE,
    LEAD,
    LEIDEN,
    LEIDSCHENDAM,
    OEGSTGEEST,
    SCHOOL,
    WASSENAAR,
    Chain,
)

TODAY = date(2024, 11, 5)
DAY = timedelta(days=1)
Step = Callable[[], Awaitable[Any]]


def story(chain: Chain, person: UUID, clock: UUID, signals: list[UUID]) -> list[Step]:
    """What happens to one person, in the order of the facts."""
    return [
        lambda: chain.register(person, version=1),
        lambda: chain.lead(person, LEAD, version=2),
        lambda: chain.absence(person, signal=signals[0]),
        lambda: chain.set_clock(person, clock=clock, due=TODAY + 30 * DAY, version=1),
        lambda: chain.set_clock(person, clock=clock, due=TODAY - 2 * DAY, version=2),
        lambda: chain.register(
            person, version=3, responsible=OEGSTGEEST, executing=LEIDEN, kind=intake.InburgeraarMoved
        ),
        lambda: chain.lead(person, COLLEAGUE, version=4),
        lambda: chain.absence(person, signal=signals[1], code=OEGSTGEEST),
        lambda: chain.withdraw(signals[1], person),
    ]


async def outcome(chain: Chain, person: UUID) -> list[tuple[Any, ...]]:
    rows = await chain.rows(
        "SELECT kind, audience, gemeentecode, executing_gemeentecode, lead_member_id, status, withdrawn_reason, due_on "
        "FROM notifications.signal WHERE inburgeraar_id = :person AND (status = 'open' OR deadline_id IS NULL) "
        "ORDER BY kind, status",
        person=person,
    )
    clocks = await chain.rows(
        "SELECT status, due_on, gemeentecode, set_version FROM notifications.deadline WHERE inburgeraar_id = :person",
        person=person,
    )
    return [tuple(row)[:4] + tuple(row)[5:] for row in rows if row.status != "withdrawn"] + [
        tuple(row) for row in clocks
    ]


async def test_any_order_of_events_gives_the_same_work_lists(chain: Chain) -> None:
    expected: list[tuple[Any, ...]] | None = None
    for seed in range(8):
        person, clock, signals = uuid4(), uuid4(), [uuid4(), uuid4()]
        steps = story(chain, person, clock, signals)
        if seed:
            draw = random.Random(seed)
            steps = [step for step in steps for _ in range(draw.randint(1, 2))]
            draw.shuffle(steps)
        for step in steps:
            await step()
        await chain.fire()
        found = await outcome(chain, person)
        leads = await chain.rows(
            "SELECT DISTINCT lead_member_id FROM notifications.signal "
            "WHERE inburgeraar_id = :person AND status = 'open' AND audience = 'consulent'",
            person=person,
        )
        assert [row[0] for row in leads] == [COLLEAGUE]
        if expected is None:
            expected = found
        assert found == expected, f"seed {seed}"
    assert expected == [
        ("deadline-overdue", "consulent", OEGSTGEEST, LEIDEN, "open", None, TODAY - 2 * DAY),
        ("unexcused-absences", "consulent", OEGSTGEEST, LEIDEN, "open", None, None),
        ("late", TODAY - 2 * DAY, OEGSTGEEST, 2),
    ]
    assert await chain.signals(chain.operations(), status="open") == []


@pytest.mark.parametrize("seed", range(3))
async def test_any_walk_fires_each_stage_once_per_due_day_and_leaves_one_open(
    chain: Chain, seed: int
) -> None:
    """Words on five clocks, held up or not, and days that pass, against the promises of the engine."""
    draw = random.Random(seed)
    people = [await chain.register() for _ in range(2)]
    clocks = [uuid4() for _ in range(5)]
    day, late = TODAY, list[Step]()
    for version in range(1, 41):
        clock = draw.choice(clocks)
        person = people[clocks.index(clock) % 2]
        organisation = SCHOOL if clocks.index(clock) % 2 else None
        due = day + draw.randint(-20, 40) * DAY
        early = due - draw.randint(0, 25) * DAY
        words: list[Step] = [
            partial(
                chain.set_clock,
                person,
                clock=clock,
                due=due,
                early=early,
                organisation=organisation,
                version=version,
            ),
            partial(chain.meet, clock, person, day, version=version),
            partial(chain.drop, clock, person, version=version),
        ]
        word = draw.choice(words)
        if draw.random() < 0.25:
            late.append(word)
        else:
            await word()
        if late and draw.random() < 0.3:
            await late.pop(draw.randrange(len(late)))()
        if draw.random() < 0.5:
            day += draw.randint(1, 15) * DAY
            chain.bench.clock.set(datetime(day.year, day.month, day.day, 9, tzinfo=AMSTERDAM))
            ended_before = {
                row[0]
                for row in await chain.rows(
                    "SELECT id FROM notifications.deadline WHERE status IN ('met', 'withdrawn')"
                )
            }
            told_before = len(await chain.bench.published(DeadlineFired))
            await chain.fire()
            new = (await chain.bench.published(DeadlineFired))[told_before:]
            assert not {event.deadline_id for event in new} & ended_before, "a clock that ended never fires"
        doubles = await chain.rows(
            "SELECT deadline_id, audience FROM notifications.signal WHERE status = 'open' "
            "GROUP BY 1, 2 HAVING count(*) > 1"
        )
        assert doubles == [], "one open signal per clock and list"
        wrong = await chain.rows(
            "SELECT d.id FROM notifications.deadline d JOIN notifications.signal s ON s.deadline_id = d.id "
            "WHERE s.status = 'open' AND (d.status IN ('met', 'withdrawn') OR s.due_on <> d.due_on)"
        )
        assert wrong == [], "no open signal of a clock that ended, or of a day that is no longer its due day"
    fired = await chain.rows(
        "SELECT (SELECT count(*) FROM notifications.deadline_firing WHERE NOT carried), "
        "(SELECT count(*) FROM notifications.outbox)"
    )
    assert fired[0][0] == fired[0][1] > 0
    versions = await chain.rows(
        "SELECT subject, array_agg(aggregate_version ORDER BY seq) FROM notifications.outbox GROUP BY 1"
    )
    assert all(row[1] == list(range(1, len(row[1]) + 1)) for row in versions)


async def test_a_new_lead_and_a_firing_clock_never_miss_each_other(chain: Chain) -> None:
    """The engine and the events work on the same people at the same time."""
    people = [await chain.register() for _ in range(20)]
    for person in people:
        await chain.set_clock(person, due=TODAY)
    context = chain.bench.live.context

    async def engine() -> None:
        for _ in range(30):
            async with context.begin() as tx:
                await actions.fire_due(tx, context.settings.model_copy(update={"deadline_batch": 3}))

    async def leads() -> None:
        for person in people:
            await chain.lead(person, LEAD)
            await chain.absence(person)

    async def moves() -> None:
        for person in reversed(people):
            await chain.register(
                person, responsible=OEGSTGEEST, executing=LEIDEN, kind=intake.InburgeraarMoved, version=100
            )

    await asyncio.gather(engine(), engine(), leads(), moves())
    await chain.fire()
    rows = await chain.rows(
        "SELECT gemeentecode, executing_gemeentecode, lead_member_id, count(*) FROM notifications.signal "
        "WHERE status = 'open' GROUP BY 1, 2, 3"
    )
    assert [tuple(row) for row in rows] == [(OEGSTGEEST, LEIDEN, LEAD, 40)]
    places = await chain.rows(
        "SELECT count(*) FROM notifications.signal s JOIN notifications.signal_place p ON p.signal_id = s.id "
        "WHERE s.status = 'open' AND p.gemeentecode IS DISTINCT FROM s.gemeentecode"
    )
    assert places[0][0] == 0
    assert len(await chain.bench.published(DeadlineFired)) == 40


async def test_a_signal_and_the_arrival_of_its_person_never_miss_each_other(chain: Chain) -> None:
    people = [uuid4() for _ in range(25)]
    await asyncio.gather(
        *(chain.absence(person, code=None) for person in people),
        *(chain.register(person, version=1) for person in people),
        *(chain.lead(person, LEAD, version=2) for person in people),
    )
    rows = await chain.rows(
        "SELECT gemeentecode, executing_gemeentecode, lead_member_id, count(*) FROM notifications.signal "
        "WHERE audience = 'consulent' GROUP BY 1, 2, 3"
    )
    assert [tuple(row) for row in rows] == [(WASSENAAR, LEIDSCHENDAM, LEAD, 25)]
    assert await chain.signals(chain.operations(), status="open") == []


async def test_a_signal_and_its_withdrawal_at_the_same_time_leave_it_withdrawn(chain: Chain) -> None:
    person = await chain.register()
    for _ in range(15):
        signal = uuid4()
        await asyncio.gather(chain.absence(person, signal=signal), chain.withdraw(signal, person))
    assert {one["status"] for one in await chain.signals(chain.consulent())} == {"withdrawn"}
