# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The calls that make the things of the plan: who makes each, where, and what comes back.

Every call can be made again: under its own id, or with an Idempotency-Key after the plan's name.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from demo import entries, handling
from demo.cases import Case, Placement
from demo.chain import Agreement, Contract, Mandate, Provider
from demo.client import Gateway, Refused
from demo.journal import Journal
from demo.parties import LEIDEN, OEGSTGEEST, member_id
from demo.places import Place, place_of
from demo.timetable import GROUPS, LAST_DAY, GroupPlan, LessonPlan, lessons

__all__ = ["ADMINISTRATOR", "Calls", "clerk", "first_lesson"]

ADMINISTRATOR = "administrator"
_TAKEN = "name-taken"
_FILES = frozenset({"foxtaal", "danner-en-danner"})
"""Schools whose system sends a file; the others send JSON."""


class Calls:
    """Makes things through the gateway; finds what was made before in the journal."""

    def __init__(self, gateway: Gateway, journal: Journal) -> None:
        """Call `gateway`; read ids from `journal`."""
        self._gateway = gateway
        self._journal = journal

    async def mandate(self, mandate: Mandate) -> str:
        """A gemeente has its work done by another."""
        return await self._row("mandates", mandate.by, lambda id_: entries.mandate_body(mandate, id_=id_))

    async def agreement(self, agreement: Agreement) -> str:
        """An organisation lets another see data."""
        return await self._row(
            "agreements", agreement.name, lambda id_: entries.agreement_body(agreement, id_=id_)
        )

    async def _row(self, collection: str, name: str, body: Callable[[str], dict[str, Any]]) -> str:
        id_ = str(uuid5(NAMESPACE_URL, f"https://open-inburgering.example/{collection}/{name}"))
        await self._unless_taken(f"/gateway/v1/{collection}", body(id_))
        return id_

    async def policy(self, body: dict[str, Any]) -> str:
        """A choice that the law leaves to a gemeente."""
        await self._unless_taken("/gateway/v1/policies", body)
        return ""

    async def _unless_taken(self, path: str, body: dict[str, Any]) -> None:
        try:
            await self._gateway.post(ADMINISTRATOR, path, body)
        except Refused as fault:
            if fault.code != _TAKEN:
                raise

    async def provider(self, provider: Provider) -> str:
        """A taalschool as provider of routes."""
        path = "/learning-routes/v1/providers"
        return await self._make(
            provider.registered_by, path, entries.provider_body(provider), f"provider:{provider.slug}"
        )

    async def contract(self, contract: Contract) -> str:
        """What gemeenten agreed with a provider."""
        provider_id = self._journal.id_of(f"provider:{contract.provider}")
        body = entries.contract_body(contract, provider_id=provider_id)
        key = f"contract:{provider_id}:{contract.gemeentecodes[0]}"
        return await self._make(contract.entered_by, "/learning-routes/v1/contracts", body, key)

    async def location(self, place: Place) -> str:
        """Where a taalschool teaches."""
        provider_id = self._journal.id_of(f"provider:{place.provider}")
        path = f"/learning-routes/v1/providers/{provider_id}/locations"
        key = f"location:{provider_id}:{place.gemeentecode}"
        return await self._make(place.entered_by, path, entries.location_body(place), key)

    async def person(self, case: Case) -> str:
        """Register somebody."""
        key = f"person:{case.person.key}"
        return await self._make(clerk(case), "/intake/v1/inburgeraars", entries.person_body(case), key)

    async def lead(self, case: Case) -> str:
        """Name the consulent who leads."""
        member = str(member_id(case.lead or ""))
        path = f"/intake/v1/inburgeraars/{self.id_of(case)}/lead"
        await self._gateway.put(clerk(case), path, {"memberId": member})
        return member

    async def pip(self, case: Case) -> str:
        """Enter the signed PIP."""
        if case.pip is None:
            raise ValueError("only who has a PIP")
        id_ = self.id_of(case)
        return await self._make(
            clerk(case), f"/intake/v1/inburgeraars/{id_}/pips", entries.pip_body(case.pip), f"pip:{id_}"
        )

    async def placement(self, case: Case) -> str:
        """Refer somebody to a taalschool."""
        if case.placement is None:
            raise ValueError("only who is referred")
        id_ = self.id_of(case)
        body = entries.placement_body(
            case.placement,
            inburgeraar_id=id_,
            provider_id=self._journal.id_of(f"provider:{case.placement.provider}"),
        )
        return await self._make(clerk(case), "/learning-routes/v1/placements", body, f"placement:{id_}")

    async def group(self, group: GroupPlan) -> str:
        """Make a group."""
        place = place_of(group.provider, group.gemeentecode)
        body = entries.group_body(
            group,
            provider_id=self._journal.id_of(f"provider:{group.provider}"),
            location_id=None if place is None else self._journal.id_of(f"location:{place.key}"),
        )
        key = f"group:{group.key}:{body['providerId']}"
        return await self._make(_system(group.provider), "/learning-routes/v1/groups", body, key)

    async def seat(self, case: Case) -> str:
        """Give somebody a seat in a group."""
        placement, id_ = self._placed(case)
        group_id = self._journal.id_of(f"group:{placement.group}")
        body = {"placementId": id_, "since": str(placement.seated_on)}
        path = f"/learning-routes/v1/groups/{group_id}/memberships"
        return await self._make(_system(placement.provider), path, body, f"seat:{id_}")

    async def school_intake(self, case: Case) -> str:
        """Say when the school held its own intake."""
        placement, id_ = self._placed(case)
        return await self._note(placement, id_, "intake", {"heldOn": str(placement.intake_on)})

    async def waiting(self, case: Case) -> str:
        """Say why somebody waits for a seat."""
        placement, id_ = self._placed(case)
        body = {"reason": placement.waiting_reason, "since": placement.referred_on.isoformat()}
        return await self._note(placement, id_, "waiting-entries", body)

    async def start(self, case: Case) -> str:
        """Say when the first lesson was, and why it was late if it was."""
        placement, id_ = self._placed(case)
        body = {"startedOn": str(first_lesson(case)), "overrunReason": placement.overrun_reason}
        return await self._note(placement, id_, "start", body)

    async def _note(self, placement: Placement, id_: str, what: str, body: dict[str, Any]) -> str:
        path = f"/learning-routes/v1/placements/{id_}/{what}"
        await self._gateway.post(_system(placement.provider), path, body, key=f"{what}:{id_}")
        return id_

    async def lesson(self, group: GroupPlan, lesson: LessonPlan) -> str:
        """Put a lesson in the timetable."""
        group_id = self._journal.id_of(f"group:{group.key}")
        path = f"/learning-routes/v1/groups/{group_id}/lessons"
        key = f"lesson:{group_id}:{lesson.date}:{lesson.day_part}"
        return await self._make(_system(group.provider), path, entries.lesson_body(lesson), key)

    async def roll_call(
        self, school: str, cases: Sequence[Case], held: Sequence[LessonPlan], *, name: str
    ) -> str:
        """Send in the roll calls of lessons, as the school's own system does.

        Raises:
            Refused: a row was not taken; the demo's rows are all right, so plan or platform is not.
        """
        rows = entries.attendance_rows(((case, self.id_of(case)) for case in cases), held)
        if not rows:
            return ""
        path, system = "/learning-routes/v1/attendance-batches", _system(school)
        if school not in _FILES:
            _check_taken(await self._gateway.post(system, path, entries.json_batch(rows)))
            return ""
        kind = "text/csv; charset=windows-1252"
        job = await self._gateway.send_file(
            system, path, entries.csv_file(rows), kind, key=f"{name}:{rows[0].inburgeraar_id}"
        )
        while job["status"] not in {"done", "failed"}:
            await asyncio.sleep(0.1)
            job = await self._gateway.get(system, f"/learning-routes/v1/jobs/{job['id']}")
        _check_taken(job)
        return str(job["id"])

    async def handle_signals(self, cases: Sequence[Case], day: date) -> str:
        """Let the consulenten handle part of what lies on their list since a few days."""
        known = {self.id_of(case): case for case in cases}
        for lead in sorted({case.lead for case in cases if case.lead}):
            path = "/notifications/v1/signals"
            for signal in await self._gateway.items(lead, path, status="open", mine="true"):
                decided = handling.decide(signal, known.get(signal["inburgeraarId"]), on=day)
                if decided is not None:
                    await self._gateway.post(lead, f"{path}/{signal['id']}/handlings", decided)
        return ""

    async def knows(self, case: Case) -> bool:
        """Whether the platform knows the person under the id in the journal."""
        try:
            await self._gateway.get(clerk(case), f"/intake/v1/inburgeraars/{self.id_of(case)}")
        except Refused as fault:
            if fault.status != 404:
                raise
            return False
        return True

    async def clock(self) -> str:
        """Where the demo's clock stands."""
        return (await self._gateway.clock())["now"]

    async def move_clock(self, instant: str) -> None:
        """Move the demo's clock; returns when all that became due is done."""
        await self._gateway.post(ADMINISTRATOR, "/demo/v1/clock", {"now": instant})

    def id_of(self, case: Case) -> str:
        """The id that a person got.

        Raises:
            KeyError: the person is not registered yet.
        """
        return self._journal.id_of(f"person:{case.person.key}")

    def _placed(self, case: Case) -> tuple[Placement, str]:
        if case.placement is None:
            raise ValueError("only who is referred")
        return case.placement, self._journal.id_of(f"placement:{case.person.key}")

    async def _make(self, name: str, path: str, body: dict[str, Any], key: str) -> str:
        return str((await self._gateway.post(name, path, body, key=key))["id"])


def first_lesson(case: Case) -> date | None:
    """The day of somebody's first lesson; None for who has no seat in a group."""
    placement = case.placement
    if placement is None or placement.group is None or placement.seated_on is None:
        return None
    group = next(plan for plan in GROUPS if plan.key == placement.group)
    return next(lessons(group, first=placement.seated_on, last=LAST_DAY)).date


def clerk(case: Case) -> str:
    """Who enters things about a person: the lead, or a colleague while there is none."""
    if case.lead is not None:
        return case.lead
    return "consulent-leiden" if case.gemeentecode in {LEIDEN, OEGSTGEEST} else "consulent-lv-3"


def _system(school: str) -> str:
    return f"system-{school}"


def _check_taken(answer: dict[str, Any]) -> None:
    if answer.get("rejected") or answer.get("status") == "failed":
        refused = [row.get("problem") for row in answer.get("rows", []) if row.get("outcome") == "rejected"]
        problem = refused[0] if refused else {"detail": f"{answer.get('rejected')} rijen geweigerd"}
        raise Refused("POST", "/learning-routes/v1/attendance-batches", 200, problem)
