# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Loads the demo: enters what the parties of the chain would have entered, over the API alone.

First a part of the caseload is lived through: the clock begins on 2 September 2024 and is walked
to Tuesday 5 November, 09:00, with a stop each week, and people are registered, PIPs signed, roll
calls sent in and signals handled in the week they happen. Then the platform is ready. Behind it
come the other groups, with what happened to them so far, and the timetable until the summer.

What is loaded already is skipped, so a loader that was stopped goes on.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Protocol

from chassis.clock import AMSTERDAM
from demo import entries
from demo.ahead import Ahead
from demo.calls import Calls, first_lesson
from demo.caseload import make_caseload
from demo.cases import Case
from demo.chain import AGREEMENTS, CONTRACTS, MANDATES, POLICIES, PROVIDERS
from demo.client import Gateway
from demo.housing import Housing
from demo.journal import Journal
from demo.places import PLACES
from demo.tasks import Line, Stop, Task, Wave
from demo.timetable import FIRST_DAY, GROUPS, LAST_DAY, TODAY, GroupPlan, LessonPlan, lessons

__all__ = ["Loader", "Show", "stops"]

_LONG_AGO = date(2020, 1, 1)
_LINES_AT_ONCE = 4  # the platform of a demo is one process: more would only wait in it
_YESTERDAY = TODAY - timedelta(days=1)


class Show(Protocol):
    """How somebody follows the loading."""

    def expect(self, calls: int) -> None:
        """So many things will be made in all."""
        ...

    def stage(self, what: str) -> None:
        """What is being loaded now, in words."""
        ...

    def advance(self, calls: int = 1) -> None:
        """So many things were made, or were there."""
        ...


def stops() -> list[Stop]:
    """The stops of the walk: the first morning, every Friday after school, and the last two days."""
    fridays = [FIRST_DAY + timedelta(days=4 + 7 * week) for week in range(9)]
    moments = [
        datetime.combine(FIRST_DAY, time(9), AMSTERDAM),
        *(datetime.combine(friday, time(21, 30), AMSTERDAM) for friday in fridays),
        datetime.combine(_YESTERDAY, time(21, 30), AMSTERDAM),
        datetime.combine(TODAY, time(9), AMSTERDAM),
    ]
    before = [_LONG_AGO, *(moment.date() for moment in moments)]
    return [Stop(moment, since) for moment, since in zip(moments, before, strict=False)]


class Loader:
    """Loads one platform."""

    def __init__(self, gateway: Gateway, journal: Journal, show: Show) -> None:
        """Load through `gateway`, remember in `journal`, tell `show`."""
        self._calls = Calls(gateway, journal)
        self._housing = Housing(gateway, journal)
        self._ahead = Ahead(gateway, journal)
        self._journal = journal
        self._show = show
        self._cases = make_caseload()
        # Few at a time, each to its end: a clock of long ago is met right after it started.
        self._lines = asyncio.Semaphore(_LINES_AT_ONCE)

    async def load(self) -> None:
        """Load all that the journeys need and walk the clock to the demo's today.

        Raises:
            Refused: the platform does not take something that it should.
            NotReachable: it went away.
        """
        await self._check_journal()
        walk = [(stop, list(self._at(stop))) for stop in stops()]
        register = self._register()
        behind = [wave for _, waves in self._behind() for wave in waves]
        everything = [*register, *(wave for _, waves in walk for wave in waves), *behind]
        self._show.expect(sum(len(line) for wave in everything for line in wave))
        self._show.stage("mandates, agreements, contracts")
        await self._make_all(register)
        for stop, waves in walk:
            self._show.stage(f"{stop.day:%d-%m-%Y}")
            if datetime.fromisoformat(await self._calls.clock()) < stop.at:
                await self._calls.move_clock(stop.at.isoformat())
            await self._make_all(waves)

    async def load_behind(self) -> None:
        """Load the other groups and people, and the timetable until the summer; nobody waits for them."""
        for title, waves in self._behind():
            self._show.stage(title)
            await self._make_all(waves)

    async def _check_journal(self) -> None:
        """Forget a journal of another platform: what it names is not there."""
        first = self._cases[0]
        if f"person:{first.person.key}" in self._journal and not await self._calls.knows(first):
            self._journal.forget()

    # -- what is made --------------------------------------------------------------------------

    def _register(self) -> list[Wave]:
        calls = self._calls
        return [
            [
                *([Task(f"mandate:{one.by}", partial(calls.mandate, one))] for one in MANDATES),
                *([Task(f"agreement:{one.name}", partial(calls.agreement, one))] for one in AGREEMENTS),
            ],
            [
                *([Task(f"provider:{one.slug}", partial(calls.provider, one))] for one in PROVIDERS),
                *(
                    [Task(f"policy:{policy.gemeentecode}:{body['key']}", partial(calls.policy, body))]
                    for policy in POLICIES
                    for body in entries.policy_bodies(policy)
                ),
            ],
            [
                [Task(f"contract:{one.provider}:{one.gemeentecodes[0]}", partial(calls.contract, one))]
                for one in CONTRACTS
            ],
            [[Task(f"location:{one.key}", partial(calls.location, one))] for one in PLACES],
        ]

    def _at(self, stop: Stop) -> Iterator[Wave]:
        """What is entered at a stop of the walk, for the part of the caseload that is lived through."""
        cases = [case for case in self._cases if case.first]
        groups = [group for group in GROUPS if group.first]
        yield from self._of_people(cases, [group for group in groups if stop.covers(group.begins_on)], stop)
        yield from self._of_lessons(groups, stop)
        yield [[Task(f"handled:{stop.day}", partial(self._handle, cases, stop.day))]]
        yield from self._housing.at(stop)

    def _behind(self) -> Iterator[tuple[str, list[Wave]]]:
        """What comes after: each other group at once with all that happened to it; then what is ahead."""
        yield "housing", list(self._housing.behind())
        now = Stop(datetime.combine(TODAY, time(9), AMSTERDAM), _LONG_AGO)
        others = [case for case in self._cases if not case.first]
        for group in GROUPS:
            if not group.first:
                learners = [case for case in others if case.placement and case.placement.group == group.key]
                yield group.name, [*self._of_people(learners, [group], now), *self._of_lessons([group], now)]
        without = [case for case in others if case.placement is None or case.placement.group is None]
        yield "new people", list(self._of_people(without, [], now))
        yield "members of households", list(self._housing.members())
        yield "the weeks to come", list(self._ahead.waves())
        ahead = partial(lessons, first=TODAY + timedelta(days=1), last=LAST_DAY)
        yield (
            "timetable until the summer",
            [[[self._lesson(group, lesson) for lesson in ahead(group)] for group in GROUPS]],
        )

    def _of_people(self, cases: Sequence[Case], groups: Sequence[GroupPlan], stop: Stop) -> Iterator[Wave]:
        """New groups, and then what happens to people, one line each."""
        yield [[Task(f"group:{group.key}", partial(self._calls.group, group))] for group in groups]
        yield [line for case in cases if (line := self._line(case, stop))]

    def _line(self, case: Case, stop: Stop) -> Line:
        """What happens to one person up to a stop and since the one before.

        In an order that meets a clock right after it started: the demo enters long past days, and
        a clock of those fires at once.
        """
        calls, key, placement = self._calls, case.person.key, case.placement
        happened = [
            (case.known_on, "person", calls.person),
            (case.pip and case.pip.signed_on, "pip", calls.pip),
            (case.known_on if case.lead else None, "lead", calls.lead),
            (placement and placement.referred_on, "placement", calls.placement),
            (placement and placement.intake_on, "intake", calls.school_intake),
            (placement and placement.waiting_reason and placement.referred_on, "waiting", calls.waiting),
            (placement and placement.seated_on, "seat", calls.seat),
            (first_lesson(case), "start", calls.start),
        ]
        return [
            Task(f"{what}:{key}", partial(call, case))
            for day, what, call in happened
            # What happened before the gemeente knew the person is entered once it does.
            if isinstance(day, date) and stop.covers(max(day, case.known_on))
        ]

    def _of_lessons(self, groups: Sequence[GroupPlan], stop: Stop) -> Iterator[Wave]:
        """The lessons since the stop before, and at once their roll calls, so that none is missing meanwhile."""
        span = partial(lessons, first=stop.since + timedelta(days=1))
        yield [[self._lesson(group, lesson)] for group in groups for lesson in span(group, last=stop.day)]
        yield [
            [Task(f"roll-call:{group.key}:{stop.day}", partial(self._roll_call, group, held, stop))]
            for group in groups
            if (held := list(span(group, last=min(stop.day, _YESTERDAY))))
        ]

    def _lesson(self, group: GroupPlan, lesson: LessonPlan) -> Task:
        name = f"lesson:{group.key}:{lesson.date}:{lesson.day_part}"
        return Task(name, partial(self._calls.lesson, group, lesson))

    async def _roll_call(self, group: GroupPlan, held: Sequence[LessonPlan], stop: Stop) -> str:
        seated = [
            case
            for case in self._cases
            if case.placement
            and case.placement.group == group.key
            and f"seat:{case.person.key}" in self._journal
        ]
        name = f"roll-call:{group.key}:{stop.day}"
        return await self._calls.roll_call(group.provider, seated, held, name=name)

    async def _handle(self, cases: Sequence[Case], day: date) -> str:
        known = [case for case in cases if f"person:{case.person.key}" in self._journal]
        return await self._calls.handle_signals(known, day)

    # -- making it -----------------------------------------------------------------------------

    async def _make_all(self, waves: Sequence[Wave]) -> None:
        for wave in waves:
            async with asyncio.TaskGroup() as group:
                for line in wave:
                    group.create_task(self._make(line))

    async def _make(self, line: Line) -> None:
        async with self._lines:
            for task in line:
                if task.name not in self._journal:
                    self._journal.note(task.name, await task.make())
                self._show.advance()
