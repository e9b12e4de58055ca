# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Loads the demo: enters what the parties of the chain would have entered, over the API alone.

The clock begins on 2 September 2024 and is walked to Tuesday 5 November, 09:00, with a stop each
week: people are registered, PIPs signed, seats taken, roll calls sent in and signals handled in
the week they happen. What is loaded already is skipped, so a loader that was stopped goes on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Protocol
from uuid import NAMESPACE_URL, uuid5

from chassis.clock import AMSTERDAM
from demo import entries, handling
from demo.caseload import Case, Placement, make_caseload
from demo.chain import AGREEMENTS, CONTRACTS, LEIDEN, MANDATES, OEGSTGEEST, POLICIES, PROVIDERS, member_id
from demo.client import Gateway, Refused
from demo.journal import Journal
from demo.timetable import FIRST_DAY, GROUPS, LAST_DAY, TODAY, GroupPlan, LessonPlan, lessons

__all__ = ["Loader", "Show"]

_ADMINISTRATOR = "administrator"
_TAKEN, _NOT_FOUND = "name-taken", 404
_FIRST_WEEK = timedelta(days=4)
_FILES = frozenset({"foxtaal", "danner-en-danner"})
"""Schools whose system sends a file; the others send JSON."""


class Show(Protocol):
    """How somebody follows the loading."""

    def expect(self, calls: int) -> None:
        """So many calls will be made in all."""
        ...

    def stage(self, what: str) -> None:
        """What is being loaded now, in words."""
        ...

    def advance(self, calls: int = 1) -> None:
        """So many calls were made, or were made before."""
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to make: its name in the journal, and the call that makes it and answers its id."""

    name: str
    make: Callable[[], Awaitable[str]]


Wave = list[Task]
"""Tasks that do not need each other, made at the same time."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A moment at which the clock stands still and things are entered."""

    at: datetime
    since: date  # the day of the stop before, whose things were entered then

    @property
    def day(self) -> date:
        """The legal day of the stop."""
        return self.at.date()

    def covers(self, day: date) -> bool:
        """Whether what happened on a day is entered at this stop."""
        return self.since < day <= self.day


def stops() -> list[Stop]:
    """The stops of the walk: the first morning, every Friday after school, and the last two days."""
    fridays = [FIRST_DAY + timedelta(days=4 + 7 * week) for week in range(9)]
    moments = [
        datetime.combine(FIRST_DAY, time(9), AMSTERDAM),
        *(datetime.combine(friday, time(21, 30), AMSTERDAM) for friday in fridays),
        datetime.combine(TODAY - timedelta(days=1), time(21, 30), AMSTERDAM),
        datetime.combine(TODAY, time(9), AMSTERDAM),
    ]
    before = [date(2020, 1, 1), *(moment.date() for moment in moments)]
    return [Stop(moment, since) for moment, since in zip(moments, before, strict=False)]


class Loader:
    """Loads one platform."""

    def __init__(self, gateway: Gateway, journal: Journal, show: Show) -> None:
        """Load through `gateway`, remember in `journal`, tell `show`."""
        self._gateway = gateway
        self._journal = journal
        self._show = show
        self._cases = make_caseload()

    async def load(self) -> None:
        """Load all that the journeys need and walk the clock to the demo's today.

        Raises:
            Refused: the platform does not take something that it should.
            NotReachable: it went away.
        """
        await self._check_journal()
        walk = stops()
        planned: list[list[Wave]] = [self._register(), *(self._of(stop) for stop in walk)]
        self._show.expect(sum(len(wave) for waves in planned for wave in waves) + sum(map(len, self._ahead())))
        self._show.stage("Organisaties, mandaten en overeenkomsten")
        await self._make_all(planned[0])
        for stop, waves in zip(walk, planned[1:], strict=True):
            self._show.stage(f"{stop.at:%-d-%-m-%Y}")
            await self._walk_to(stop)
            await self._make_all(waves)

    async def load_ahead(self) -> None:
        """Load the lessons of the rest of the school year; nobody waits for them."""
        self._show.stage("Lesrooster tot de zomer")
        await self._make_all(self._ahead())

    # -- what is made, and by whom -------------------------------------------------------------

    def _register(self) -> list[Wave]:
        register = [
            *(self._row("mandates", f"mandate:{one.by}", partial(entries.mandate_body, one)) for one in MANDATES),
            *(self._row("agreements", f"agreement:{one.name}", partial(entries.agreement_body, one)) for one in AGREEMENTS),
        ]
        policies = [
            Task(f"policy:{policy.gemeentecode}:{body['key']}", partial(self._policy, body))
            for policy in POLICIES
            for body in entries.policy_bodies(policy)
        ]
        providers = [
            Task(
                f"provider:{one.slug}",
                partial(
                    self._post, one.registered_by, "/learning-routes/v1/providers", partial(entries.provider_body, one)
                ),
            )
            for one in PROVIDERS
        ]
        contracts = [
            Task(f"contract:{one.provider}:{one.gemeentecodes[0]}", partial(self._contract, number))
            for number, one in enumerate(CONTRACTS)
        ]
        return [register, [*policies, *providers], contracts]

    def _of(self, stop: Stop) -> list[Wave]:
        known = [case for case in self._cases if stop.covers(case.known_on)]
        signed = [case for case in self._cases if case.pip and self._entered(stop, case, case.pip.signed_on)]
        referred = [
            case for case in self._cases if case.placement and self._entered(stop, case, case.placement.referred_on)
        ]
        of_schools = [(case, case.placement) for case in self._cases if case.placement]
        examined = [case for case, one in of_schools if one.intake_on and self._entered(stop, case, one.intake_on)]
        waiting = [case for case, one in of_schools if one.waiting_reason and case in referred]
        seated = [case for case, one in of_schools if one.seated_on and stop.covers(one.seated_on)]
        late = [
            case
            for case, one in of_schools
            if one.overrun_reason and one.seated_on and stop.covers(one.seated_on + _FIRST_WEEK)
        ]
        groups = GROUPS if stop.day == FIRST_DAY else ()
        held = [
            (group, lesson)
            for group in GROUPS
            for lesson in lessons(group, first=stop.since + timedelta(days=1), last=stop.day)
        ]
        schools = sorted({group.provider for group, lesson in held if lesson.date < TODAY})
        return [
            [
                *(Task(f"case:{case.person.key}", partial(self._person, case)) for case in known),
                *(Task(f"group:{group.key}", partial(self._group, group)) for group in groups),
            ],
            [Task(f"lead:{case.person.key}", partial(self._lead, case)) for case in known if case.lead],
            [Task(f"pip:{case.person.key}", partial(self._pip, case)) for case in signed],
            [Task(f"placement:{case.person.key}", partial(self._placement, case)) for case in referred],
            [
                *(Task(f"seat:{case.person.key}", partial(self._seat, case)) for case in seated),
                *(Task(f"intake:{case.person.key}", partial(self._school_intake, case)) for case in examined),
                *(Task(f"waiting:{case.person.key}", partial(self._waiting, case)) for case in waiting),
            ],
            [self._lesson(group, lesson) for group, lesson in held],
            [Task(f"roll-call:{school}:{stop.day}", partial(self._roll_call, school, stop)) for school in schools],
            [Task(f"start:{case.person.key}", partial(self._late_start, case)) for case in late],
            [Task(f"handled:{stop.day}", partial(self._handle, stop))],
        ]

    @staticmethod
    def _entered(stop: Stop, case: Case, day: date) -> bool:
        """Whether something of a case is entered at this stop: on its day, or once the person is known."""
        return stop.covers(max(day, case.known_on))

    def _ahead(self) -> list[Wave]:
        return [
            [self._lesson(group, lesson) for lesson in lessons(group, first=TODAY + timedelta(days=1), last=LAST_DAY)]
            for group in GROUPS
        ]

    def _row(self, collection: str, name: str, body: Callable[..., dict[str, Any]]) -> Task:
        """A row of the gateway's register, under an id that is the same in every demo."""
        id_ = str(uuid5(NAMESPACE_URL, f"https://open-inburgering.example/{collection}/{name}"))
        return Task(name, partial(self._register_row, f"/gateway/v1/{collection}", body, id_))

    async def _register_row(self, path: str, body: Callable[..., dict[str, Any]], id_: str) -> str:
        try:
            await self._gateway.post(_ADMINISTRATOR, path, body(id_=id_))
        except Refused as fault:
            if fault.code != _TAKEN:
                raise
        return id_

    async def _policy(self, body: dict[str, Any]) -> str:
        try:
            await self._gateway.post(_ADMINISTRATOR, "/gateway/v1/policies", body)
        except Refused as fault:
            if fault.code != _TAKEN:
                raise
        return ""

    async def _post(self, name: str, path: str, body: Callable[[], dict[str, Any]]) -> str:
        made = body()
        answer = await self._gateway.post(name, path, made, key=f"{path}:{sorted(map(str, made.values()))}")
        return str(answer["id"])

    async def _contract(self, number: int) -> str:
        contract = CONTRACTS[number]
        body = entries.contract_body(contract, provider_id=self._journal.id_of(f"provider:{contract.provider}"))
        return await self._post(contract.entered_by, "/learning-routes/v1/contracts", lambda: body)

    async def _person(self, case: Case) -> str:
        answer = await self._gateway.post(
            _clerk(case), "/intake/v1/inburgeraars", entries.person_body(case), key=f"case:{case.person.key}"
        )
        return str(answer["id"])

    async def _lead(self, case: Case) -> str:
        member = str(member_id(case.lead or ""))
        await self._gateway.put(
            _clerk(case), f"/intake/v1/inburgeraars/{self._id(case)}/lead", {"memberId": member}
        )
        return member

    async def _pip(self, case: Case) -> str:
        if case.pip is None:
            raise ValueError("only who has a PIP")
        path = f"/intake/v1/inburgeraars/{self._id(case)}/pips"
        answer = await self._gateway.post(
            _clerk(case), path, entries.pip_body(case.pip), key=f"pip:{self._id(case)}"
        )
        return str(answer["id"])

    async def _placement(self, case: Case) -> str:
        if case.placement is None:
            raise ValueError("only who is referred")
        body = entries.placement_body(
            case.placement,
            inburgeraar_id=self._id(case),
            provider_id=self._journal.id_of(f"provider:{case.placement.provider}"),
        )
        answer = await self._gateway.post(
            _clerk(case), "/learning-routes/v1/placements", body, key=f"placement:{self._id(case)}"
        )
        return str(answer["id"])

    async def _group(self, group: GroupPlan) -> str:
        body = entries.group_body(group, provider_id=self._journal.id_of(f"provider:{group.provider}"))
        answer = await self._gateway.post(
            f"system-{group.provider}", "/learning-routes/v1/groups", body, key=f"group:{group.key}:{body['providerId']}"
        )
        return str(answer["id"])

    async def _seat(self, case: Case) -> str:
        placement, id_ = self._placed(case)
        if placement.group is None or placement.seated_on is None:
            raise ValueError("only who has a seat")
        answer = await self._gateway.post(
            f"system-{placement.provider}",
            f"/learning-routes/v1/groups/{self._journal.id_of(f'group:{placement.group}')}/memberships",
            {"placementId": id_, "since": placement.seated_on.isoformat()},
            key=f"seat:{id_}",
        )
        return str(answer["id"])

    async def _school_intake(self, case: Case) -> str:
        placement, id_ = self._placed(case)
        return await self._note(placement, id_, "intake", {"heldOn": str(placement.intake_on)})

    async def _waiting(self, case: Case) -> str:
        placement, id_ = self._placed(case)
        body = {"reason": placement.waiting_reason, "since": placement.referred_on.isoformat()}
        return await self._note(placement, id_, "waiting-entries", body)

    async def _late_start(self, case: Case) -> str:
        """Say why the first lesson came after the term; the roll call alone does not know."""
        placement, id_ = self._placed(case)
        group = next(plan for plan in GROUPS if plan.key == placement.group)
        first = next(lessons(group, first=placement.seated_on or FIRST_DAY, last=LAST_DAY))
        body = {"startedOn": first.date.isoformat(), "overrunReason": placement.overrun_reason}
        return await self._note(placement, id_, "start", body)

    async def _note(self, placement: Placement, id_: str, what: str, body: dict[str, Any]) -> str:
        path = f"/learning-routes/v1/placements/{id_}/{what}"
        await self._gateway.post(f"system-{placement.provider}", path, body, key=f"{what}:{id_}")
        return id_

    def _placed(self, case: Case) -> tuple[Placement, str]:
        if case.placement is None:
            raise ValueError("only who is referred")
        return case.placement, self._journal.id_of(f"placement:{case.person.key}")

    def _lesson(self, group: GroupPlan, lesson: LessonPlan) -> Task:
        name = f"lesson:{group.key}:{lesson.date}:{lesson.day_part}"
        return Task(name, partial(self._make_lesson, group, lesson))

    async def _make_lesson(self, group: GroupPlan, lesson: LessonPlan) -> str:
        group_id = self._journal.id_of(f"group:{group.key}")
        answer = await self._gateway.post(
            f"system-{group.provider}",
            f"/learning-routes/v1/groups/{group_id}/lessons",
            entries.lesson_body(lesson),
            key=f"lesson:{group_id}:{lesson.date}:{lesson.day_part}",
        )
        return str(answer["id"])

    async def _roll_call(self, school: str, stop: Stop) -> str:
        held = [
            lesson
            for group in GROUPS
            if group.provider == school
            for lesson in lessons(group, first=stop.since + timedelta(days=1), last=min(stop.day, TODAY - timedelta(days=1)))
        ]
        seated = ((case, self._id(case)) for case in self._cases if f"seat:{case.person.key}" in self._journal)
        rows = entries.attendance_rows(seated, held)
        path, key = "/learning-routes/v1/attendance-batches", f"roll-call:{school}:{stop.day}"
        if not rows:
            return ""
        if school in _FILES:
            job = await self._gateway.send_file(
                f"system-{school}", path, entries.csv_file(rows), "text/csv; charset=windows-1252", key=key
            )
            return await self._until_done(school, job["id"])
        answer = await self._gateway.post(f"system-{school}", path, entries.json_batch(rows))
        _check_taken(answer)
        return ""

    async def _until_done(self, school: str, job_id: str) -> str:
        while True:
            job = await self._gateway.get(f"system-{school}", f"/learning-routes/v1/jobs/{job_id}")
            if job["status"] in {"done", "failed"}:
                _check_taken(job)
                return job_id
            await asyncio.sleep(0.2)

    async def _handle(self, stop: Stop) -> str:
        """Let the consulenten handle part of what lies on their list since a few days."""
        cases = {self._id(case): case for case in self._cases if f"case:{case.person.key}" in self._journal}
        for name in sorted({case.lead for case in cases.values() if case.lead}):
            for signal in await self._gateway.items(name, "/notifications/v1/signals", status="open", mine="true"):
                decided = handling.decide(signal, cases.get(signal["inburgeraarId"]), on=stop.day)
                if decided is not None:
                    await self._gateway.post(name, f"/notifications/v1/signals/{signal['id']}/handlings", decided)
        return ""

    # -- the walk ------------------------------------------------------------------------------

    async def _check_journal(self) -> None:
        """Forget a journal of another platform: what it names is not there."""
        first = self._journal.find(f"case:{self._cases[0].person.key}")
        if first is None:
            return
        try:
            await self._gateway.get(_clerk(self._cases[0]), f"/intake/v1/inburgeraars/{first}")
        except Refused as fault:
            if fault.status != _NOT_FOUND:
                raise
            self._journal.forget()

    async def _walk_to(self, stop: Stop) -> None:
        answer = await self._gateway.get(_ADMINISTRATOR, "/demo/v1/clock")
        if datetime.fromisoformat(answer["now"]) < stop.at:
            await self._gateway.post(_ADMINISTRATOR, "/demo/v1/clock", {"now": stop.at.isoformat()})

    async def _make_all(self, waves: Iterable[Wave]) -> None:
        for wave in waves:
            missing = [task for task in wave if task.name not in self._journal]
            self._show.advance(len(wave) - len(missing))
            async with asyncio.TaskGroup() as group:
                for task in missing:
                    group.create_task(self._make(task))

    async def _make(self, task: Task) -> None:
        self._journal.note(task.name, await task.make())
        self._show.advance()

    def _id(self, case: Case) -> str:
        return self._journal.id_of(f"case:{case.person.key}")


def _clerk(case: Case) -> str:
    """Who enters things about a person: the lead, or a colleague while there is none."""
    if case.lead is not None:
        return case.lead
    return "consulent-leiden" if case.gemeentecode in {LEIDEN, OEGSTGEEST} else "consulent-lv-3"


def _check_taken(answer: dict[str, Any]) -> None:
    """A roll call of the demo is right, so a row that is refused is a fault of the plan or the platform."""
    if answer.get("rejected") or answer.get("status") == "failed":
        refused = [row.get("problem") for row in answer.get("rows", []) if row.get("outcome") == "rejected"]
        first = refused[0] if refused else {}
        raise Refused("POST", "/learning-routes/v1/attendance-batches", 200, first or {"detail": "rijen geweigerd"})
