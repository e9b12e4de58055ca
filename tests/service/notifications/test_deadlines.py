# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The deadline engine: each stage once, in order, never for a clock that ended."""

import asyncio
import random
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from chassis.clock import AMSTERDAM
from contracts.notifications import DeadlineFired
from services.notifications import actions
from services.notifications.models import Deadline
from tests.service.notifications.chain import (
    COLLEAGUE,
    LEAD,
    OTHER_SCHOOL,
    SCHOOL,
    Chain,
)

TODAY = date(2024, 11, 5)
DAY = timedelta(days=1)


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=AMSTERDAM)


async def kinds(chain: Chain, **query: str) -> list[str]:
    """Kinds of all signals, oldest first, with a star at the ones that are open."""
    found = await chain.signals(chain.consulent(), **query)
    return sorted(
        one["kind"].removeprefix("deadline-") + ("*" if one["status"] == "open" else "") for one in found
    )


async def stages(chain: Chain) -> list[str]:
    return [one.stage.removeprefix("deadline-") for one in await chain.bench.published(DeadlineFired)]


@pytest.mark.capability("NO-01", part="the engine, with the clocks of intake and learning routes")
async def test_a_clock_fires_early_due_and_overdue_once_each_as_the_days_pass(chain: Chain) -> None:
    person = await chain.register()
    await chain.lead(person, LEAD)
    clock = await chain.set_clock(person, due=TODAY + 20 * DAY, early=TODAY + 6 * DAY)
    expected = {
        5: [],
        6: ["early*"],
        19: ["early*"],
        20: ["due*", "early"],
        21: ["due", "early", "overdue*"],
        90: ["due", "early", "overdue*"],
    }
    for days, shown in expected.items():
        chain.bench.clock.set(at(TODAY + days * DAY))
        for _ in range(3):
            await chain.fire()
        assert await kinds(chain) == shown, f"after {days} days"
    assert await stages(chain) == ["early", "due", "overdue"]
    overdue = (await chain.signals(chain.consulent(), status="open", mine=True))[0]
    assert overdue["dueOn"] == "2024-11-25"
    assert overdue["rule"] == "Besluit inburgering 2021 art. 5.3 lid 1"
    assert overdue["facts"] == {
        "deadlineId": str(clock),
        "rule": "pip-ten-weeks",
        "stage": "overdue",
        "startsOn": "2024-09-16",
        "dueOn": "2024-11-25",
        "ownerService": "intake",
    }
    (shown_clock,) = await chain.deadlines(chain.consulent())
    assert (shown_clock["status"], shown_clock["lateDays"], shown_clock["metOn"]) == ("late", 70, None)


async def test_the_engine_runs_by_itself(chain: Chain) -> None:
    person = await chain.register()
    await chain.set_clock(person, due=TODAY)
    await chain.bench.settle()
    assert await kinds(chain) == ["due*", "early"]


async def test_a_jump_over_several_stages_fires_each_in_order_and_leaves_the_last_open(chain: Chain) -> None:
    person = await chain.register()
    await chain.set_clock(person, due=TODAY + 20 * DAY)
    chain.bench.clock.set(at(TODAY + 200 * DAY))
    await chain.fire()
    assert await stages(chain) == ["early", "due", "overdue"]
    found = {
        one["kind"]: (one["status"], one["withdrawnReason"]) for one in await chain.signals(chain.consulent())
    }
    assert found == {
        "deadline-early": ("withdrawn", "superseded"),
        "deadline-due": ("withdrawn", "superseded"),
        "deadline-overdue": ("open", None),
    }


async def test_a_day_begins_at_midnight_in_amsterdam_in_summer_and_winter(chain: Chain) -> None:
    person = await chain.register()
    for due in (date(2025, 1, 15), date(2025, 3, 30), date(2025, 7, 15), date(2025, 10, 26)):
        clock = await chain.set_clock(person, due=due, early=due)
        chain.bench.clock.set(at(due - DAY, 23, 59))
        await chain.fire()
        before = await chain.bench.sql(
            "SELECT stage FROM notifications.deadline_firing WHERE deadline_id = :id", id=clock
        )
        chain.bench.clock.set(at(due, 0, 0))
        await chain.fire()
        after = await chain.bench.sql(
            "SELECT stage FROM notifications.deadline_firing WHERE deadline_id = :id", id=clock
        )
        assert (len(before), len(after)) == (0, 2)


@pytest.mark.parametrize(("days", "late"), [(-1, 0), (0, 0), (3, 3)])
async def test_a_clock_that_is_met_never_fires_again_and_keeps_how_late_it_was(
    chain: Chain, days: int, late: int
) -> None:
    person = await chain.register()
    due = TODAY + 2 * DAY
    clock = await chain.set_clock(person, due=due)
    met_on = due + days * DAY
    chain.bench.clock.set(at(met_on))
    await chain.fire()
    fired = len(await stages(chain))
    await chain.meet(clock, person, met_on)
    chain.bench.clock.advance(timedelta(days=100))
    await chain.fire()
    assert len(await stages(chain)) == fired
    assert await chain.signals(chain.consulent(), status="open") == []
    (shown,) = await chain.deadlines(chain.consulent())
    assert (shown["status"], shown["metOn"], shown["lateDays"]) == ("met", str(met_on), late)


async def test_a_withdrawn_clock_takes_its_signal_along_and_never_fires(chain: Chain) -> None:
    person = await chain.register()
    clock = await chain.set_clock(person, due=TODAY + 2 * DAY)
    await chain.fire()
    assert await kinds(chain) == ["early*"]
    await chain.drop(clock, person)
    (shown,) = await chain.signals(chain.consulent())
    assert (shown["status"], shown["withdrawnReason"]) == ("withdrawn", "deadline-withdrawn")
    chain.bench.clock.advance(timedelta(days=100))
    await chain.fire()
    assert await stages(chain) == ["early"]
    (shown_clock,) = await chain.deadlines(chain.consulent())
    assert (shown_clock["status"], shown_clock["lateDays"]) == ("withdrawn", 0)


async def test_a_later_due_day_arms_the_stages_that_lie_ahead_again(chain: Chain) -> None:
    person = await chain.register()
    clock = await chain.set_clock(person, due=TODAY, early=TODAY - 5 * DAY)
    await chain.fire()
    assert await stages(chain) == ["early", "due"]
    await chain.set_clock(person, clock=clock, due=TODAY + 20 * DAY, early=TODAY + 10 * DAY)
    (corrected, _) = await chain.signals(chain.consulent())
    assert {one["withdrawnReason"] for one in await chain.signals(chain.consulent())} == {
        "superseded",
        "dates-corrected",
    }
    assert corrected["status"] == "withdrawn"
    chain.bench.clock.set(at(TODAY + 30 * DAY))
    await chain.fire()
    assert await stages(chain) == ["early", "due", "early", "due", "overdue"]


async def test_a_correction_does_not_repeat_a_stage_that_was_told_and_is_still_past(chain: Chain) -> None:
    person = await chain.register()
    clock = await chain.set_clock(person, due=TODAY + 10 * DAY, early=TODAY - DAY)
    await chain.fire()
    await chain.set_clock(person, clock=clock, due=TODAY + 8 * DAY, early=TODAY - 3 * DAY)
    await chain.fire()
    assert await stages(chain) == ["early"]
    (shown,) = await chain.signals(chain.consulent())
    assert (shown["status"], shown["dueOn"], shown["facts"]["dueOn"]) == ("open", "2024-11-13", "2024-11-13")


async def test_a_due_day_corrected_into_the_past_fires_what_was_missed(chain: Chain) -> None:
    person = await chain.register()
    clock = await chain.set_clock(person, due=TODAY + 10 * DAY, early=TODAY - DAY)
    await chain.fire()
    await chain.set_clock(person, clock=clock, due=TODAY - 4 * DAY)
    (shown,) = await chain.deadlines(chain.consulent())
    assert (shown["status"], shown["lateDays"]) == ("late", 4)
    await chain.fire()
    assert await stages(chain) == ["early", "due", "overdue"]
    assert await kinds(chain) == ["due", "early", "overdue*"]


async def test_dates_that_come_back_put_the_same_signal_back_without_firing_again(chain: Chain) -> None:
    person = await chain.register()
    clock = await chain.set_clock(person, due=TODAY - DAY)
    await chain.fire()
    await chain.set_clock(person, clock=clock, due=TODAY + 60 * DAY)
    assert await chain.signals(chain.consulent(), status="open") == []
    await chain.lead(person, COLLEAGUE)
    await chain.set_clock(person, clock=clock, due=TODAY - DAY)
    await chain.fire()
    assert await stages(chain) == ["early", "due", "overdue"]
    assert await kinds(chain) == ["due", "early", "overdue*"]
    (shown,) = await chain.signals(chain.consulent(), status="open")
    assert shown["leadMemberId"] == str(COLLEAGUE), "the lead changed while the signal was away"


async def test_a_signal_that_was_handled_is_not_put_back(chain: Chain) -> None:
    person = await chain.register()
    clock = await chain.set_clock(person, due=TODAY - DAY)
    await chain.fire()
    (signal,) = await chain.signals(chain.consulent(), status="open")
    await chain.post(f"/signals/{signal['id']}/handlings", chain.consulent(), {"outcome": "talked"}, 201)
    await chain.drop(clock, person)
    await chain.set_clock(person, clock=clock, due=TODAY - DAY)
    await chain.fire()
    assert await chain.signals(chain.consulent(), status="open") == []
    assert await stages(chain) == ["early", "due", "overdue"]


async def test_a_clock_set_again_after_its_end_runs_again(chain: Chain) -> None:
    person = await chain.register()
    clock = await chain.set_clock(person, due=TODAY + DAY)
    await chain.meet(clock, person, TODAY)
    await chain.set_clock(person, clock=clock, due=TODAY + DAY)
    (shown,) = await chain.deadlines(chain.consulent())
    assert (shown["status"], shown["metOn"]) == ("running", None)


async def test_words_on_a_clock_may_come_in_any_order(chain: Chain) -> None:
    person = await chain.register()
    order = list(range(4))
    for seed in range(8):
        clock = uuid4()
        random.Random(seed).shuffle(order)
        for step in order:
            if step == 0:
                await chain.set_clock(person, clock=clock, due=TODAY + 30 * DAY, version=1)
            elif step == 1:
                await chain.set_clock(person, clock=clock, due=TODAY + 40 * DAY, version=2, times=2)
            elif step == 2:
                await chain.meet(clock, person, TODAY, version=3)
            else:
                await chain.drop(clock, person, version=4)
    found = await chain.deadlines(chain.consulent())
    assert len(found) == 8
    assert {(one["status"], one["dueOn"], one["metOn"]) for one in found} == {
        ("withdrawn", "2024-12-15", None)
    }


async def test_an_end_without_a_beginning_is_kept_and_not_shown(chain: Chain) -> None:
    person, clock = await chain.register(), uuid4()
    await chain.meet(clock, person, TODAY, version=2)
    assert await chain.deadlines(chain.consulent()) == []
    await chain.set_clock(person, clock=clock, due=TODAY - 10 * DAY, version=1)
    await chain.fire()
    assert await stages(chain) == []
    (shown,) = await chain.deadlines(chain.consulent())
    assert (shown["status"], shown["lateDays"]) == ("met", 10)


async def test_a_clock_that_the_taalschool_must_act_on_signals_both_and_is_told_once(chain: Chain) -> None:
    person = await chain.register()
    await chain.set_clock(person, due=TODAY + DAY, organisation=SCHOOL)
    await chain.fire()
    (of_school,) = await chain.signals(chain.teacher())
    (of_consulent,) = await chain.signals(chain.consulent())
    assert of_school["id"] != of_consulent["id"]
    assert of_school["kind"] == of_consulent["kind"] == "deadline-early"
    (event,) = await chain.bench.published(DeadlineFired)
    assert str(event.signal_id) == of_consulent["id"]
    await chain.post(f"/signals/{of_school['id']}/handlings", chain.teacher(), {"outcome": "no-action"}, 201)
    assert await kinds(chain) == ["early*"]
    (clock,) = await chain.deadlines(chain.teacher(), inburgeraarId=person)
    assert (clock["rule"], clock["organisationId"]) == ("placement-start", str(SCHOOL))
    assert await chain.deadlines(chain.teacher(OTHER_SCHOOL)) == []
    await chain.get("/deadlines", chain.teacher(OTHER_SCHOOL), 404, inburgeraarId=person)


async def test_a_clock_of_a_person_nobody_knows_fires_before_the_eyes_of_operations(chain: Chain) -> None:
    person = uuid4()
    await chain.set_clock(person, due=TODAY - DAY)
    await chain.fire()
    (told,) = await chain.signals(chain.operations(), status="open")
    assert (told["facts"]["kind"], told["inburgeraarId"]) == ("deadline-overdue", None)
    await chain.register(person)
    assert await kinds(chain, openList="true") == ["overdue*"]
    assert await chain.signals(chain.operations(), status="open") == []


async def test_workers_at_the_same_time_fire_each_stage_once(chain: Chain) -> None:
    people = [await chain.register() for _ in range(4)]
    for number in range(60):
        await chain.set_clock(
            people[number % 4], due=TODAY - number * DAY, organisation=SCHOOL if number % 2 else None
        )
    context = chain.bench.live.context

    async def worker() -> int:
        done = 0
        while True:
            async with context.begin() as tx:
                fired = await actions.fire_due(tx, context.settings.model_copy(update={"deadline_batch": 7}))
            if not fired:
                return done
            done += fired

    fired = await asyncio.gather(*(worker() for _ in range(6)))
    await chain.fire()
    assert sum(fired) <= 60
    events = await chain.bench.published(DeadlineFired)
    told = [(event.deadline_id, event.stage) for event in events]
    assert len(told) == len(set(told)) == 60 * 3 - 1, "the clock that is due today is not overdue"
    rows = await chain.bench.sql(
        "SELECT deadline_id, stage, audience, count(*) FROM notifications.signal GROUP BY 1, 2, 3 HAVING count(*) > 1"
    )
    assert rows == []
    open_per_list = await chain.bench.sql(
        "SELECT deadline_id, audience FROM notifications.signal WHERE status = 'open' GROUP BY 1, 2 HAVING count(*) > 1"
    )
    assert open_per_list == []


async def test_the_versions_of_what_fired_rise_by_one(chain: Chain) -> None:
    person = await chain.register()
    await chain.set_clock(person, due=TODAY)
    await chain.fire()
    chain.bench.clock.advance(timedelta(days=3))
    await chain.fire()
    rows = await chain.bench.sql(
        "SELECT aggregate_version, gemeentecode FROM notifications.outbox ORDER BY seq"
    )
    assert [tuple(row) for row in rows] == [(1, "0629"), (2, "0629"), (3, "0629")]


async def test_a_clock_that_changes_while_the_engine_looks_does_not_fire(chain: Chain) -> None:
    """An event holds the row; the engine leaves it and finds it withdrawn the next time."""
    person = await chain.register()
    clock = await chain.set_clock(person, due=TODAY)
    context = chain.bench.live.context
    async with context.begin() as holder:
        await holder.get(Deadline, clock, lock=True)
        async with context.begin() as tx:
            assert await actions.fire_due(tx, context.settings) == 0
    await chain.drop(clock, person)
    await chain.fire()
    assert await stages(chain) == []
