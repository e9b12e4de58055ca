# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Loads the housing of the demo: who enters what, at which stop of the walk, and what waits until later."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime, time
from functools import partial
from typing import Any

from chassis.clock import AMSTERDAM
from demo import arrears, homes
from demo.client import Gateway
from demo.households import HOUSEHOLDS, KNOWN, KnownMember, LinkedHousehold
from demo.journal import Journal
from demo.parties import LEIDSCHENDAM_VOORBURG, ORGANISATIONS, member_id, organisation_id
from demo.tasks import Line, Stop, Task, Wave
from demo.timetable import FIRST_DAY, TODAY

__all__ = ["Housing", "household_body"]

VWN = "vwn-team-leader"
_HOUSING = "/housing/v1"
_OF_ITSELF = {"wassenaarsche-bouwstichting": "corporation-wassenaarsche"}
"""Corporations of which somebody signs in to the demo; VluchtelingenWerk enters the dwellings of others."""

_NAMES = {one.slug: one.name for one in ORGANISATIONS}


class Housing:
    """Makes the housing of the demo through the gateway."""

    def __init__(self, gateway: Gateway, journal: Journal) -> None:
        """Call `gateway`; read ids from `journal`."""
        self._gateway = gateway
        self._journal = journal

    def at(self, stop: Stop) -> Iterator[Wave]:
        """What is entered at a stop of the walk; the largest gemeente comes behind."""
        if stop.covers(FIRST_DAY):
            yield from self._corporations()
        yield from self._desk(stop, lambda code: code != LEIDSCHENDAM_VOORBURG)
        if stop.covers(TODAY):
            yield [self._known(one) for one in KNOWN if one.first]
            yield from self._account()

    def behind(self) -> Iterator[Wave]:
        """What nobody waits for: the largest gemeente, plans, projects, sites and letters."""
        every_day = Stop(datetime.combine(TODAY, time(12), AMSTERDAM), date(2020, 1, 1))
        yield from self._desk(every_day, lambda code: code == LEIDSCHENDAM_VOORBURG)
        yield [
            *(
                [self._task(f"letter:{one['reference']}", "province", "ladder-letters", one)]
                for one in arrears.LETTERS
            ),
            *(
                [self._task(f"project:{one['name']}", _clerk(one), "pipeline-projects", one)]
                for one in arrears.PROJECTS
            ),
            *(
                [self._set(f"supply:{code}:{year}", _of(code), f"supply/{code}/{year}", body)]
                for code, year, body in arrears.SUPPLY
            ),
            *(self._site(site) for site in arrears.SITES),
            *(self._plan(plan) for plan in arrears.PLANS),
        ]

    def members(self) -> Iterator[Wave]:
        """Who the others are, once these people are registered too."""
        yield [self._known(one) for one in KNOWN if not one.first]

    # -- corporations and the desk -------------------------------------------------------------

    def _corporations(self) -> Iterator[Wave]:
        yield [
            [
                self._task(
                    f"corporation:{slug}",
                    VWN,
                    "corporations",
                    {
                        "name": _NAMES[slug],
                        "shortName": homes.SHORT_NAMES.get(slug),
                        "organisationId": str(organisation_id(slug)),
                        "gemeentecodes": list(codes),
                    },
                )
            ]
            for slug, codes in homes.CORPORATIONS.items()
        ]
        yield [
            *(
                [Task(f"letting:{one.corporation}:{one.kind}", partial(self._rule, one))]
                for one in homes.RULES
            ),
            *(
                [Task(f"to-deliver:{slug}:{code}", partial(self._agreement, slug, code, who, dwellings))]
                for slug, code, who, dwellings in homes.AGREEMENTS_TO_DELIVER
            ),
            *(
                [self._task(f"urgency:{code}", who, "urgency-rules", _urgency_body(code, source))]
                for code, who, source in homes.URGENCY
            ),
        ]

    def _desk(self, stop: Stop, wanted: Callable[[str], bool]) -> Iterator[Wave]:
        """Households, dwellings and then the matches, which need both."""
        yield [
            *(
                [self._task(f"household:{one.key}", _of(one.gemeentecode), "households", household_body(one))]
                for one in HOUSEHOLDS
                if wanted(one.gemeentecode) and stop.covers(max(one.linked_on, FIRST_DAY))
            ),
            *(
                [Task(f"home:{one.key}", partial(self._offer, one))]
                for one in homes.HOMES
                if wanted(one.gemeentecode) and stop.covers(one.offered_on)
            ),
        ]
        lines = (
            self._match(plan, stop)
            for plan in homes.MATCHES
            if wanted(next(one.gemeentecode for one in homes.HOMES if one.key == plan.home))
        )
        yield [line for line in lines if line]

    def _match(self, plan: homes.MatchPlan, stop: Stop) -> Line:
        """What happens to a match up to a stop and since the one before."""
        name = f"match:{plan.household}:{plan.home}"
        steps: list[tuple[str, date | None, Callable[[], Awaitable[str]]]] = [
            ("proposed", plan.proposed_on, partial(self._propose, plan)),
            ("approved", plan.approved_on, partial(self._decide, plan, name, "approved")),
            ("rejected", plan.rejected_on, partial(self._decide, plan, name, "rejected")),
            ("accepted", plan.accepted_on, partial(self._step, name, "accepted", plan.accepted_on)),
            ("key", plan.key_on, partial(self._step, name, "key-handed-over", plan.key_on)),
            ("volunteer", plan.key_on, partial(self._volunteer, name)),
        ]
        return [
            Task(name if what == "proposed" else f"{name}:{what}", make)
            for what, day, make in steps
            if day is not None and stop.covers(day)
        ]

    async def _rule(self, one: homes.Letting) -> str:
        body = {
            "kind": one.kind,
            "value": one.value,
            "gemeentecode": one.gemeentecode,
            "validFrom": one.valid_from.isoformat(),
            "validUntil": one.valid_until.isoformat() if one.valid_until else None,
            "source": one.source,
        }
        id_ = self._journal.id_of(f"corporation:{one.corporation}")
        return await self._post(VWN, f"corporations/{id_}/rules", body, f"letting:{id_}:{one.kind}")

    async def _agreement(self, slug: str, code: str, who: str, dwellings: int) -> str:
        id_ = self._journal.id_of(f"corporation:{slug}")
        body = {
            "gemeentecode": code,
            "year": TODAY.year,
            "dwellings": dwellings,
            "source": f"Prestatieafspraken {TODAY.year}",
        }
        return await self._post(
            who, f"corporations/{id_}/performance-agreements", body, f"deliver:{id_}:{code}"
        )

    async def _offer(self, one: homes.Home) -> str:
        who = _OF_ITSELF.get(one.corporation, VWN)
        id_ = self._journal.id_of(f"corporation:{one.corporation}")
        body = {
            "corporationId": id_,
            "gemeentecode": one.gemeentecode,
            "quarter": one.quarter,
            "rooms": one.rooms,
            "sizeM2": one.size_m2,
            "rentCents": one.rent_cents,
            "availableFrom": one.available_from.isoformat(),
            "reference": one.key,
            **one.more,
        }
        return await self._post(who, "dwellings", body, f"home:{id_}:{one.key}")

    async def _propose(self, plan: homes.MatchPlan) -> str:
        household = self._journal.id_of(f"household:{plan.household}")
        body = {
            "householdId": household,
            "dwellingId": self._journal.id_of(f"home:{plan.home}"),
            "reason": plan.reason,
        }
        return await self._post(VWN, "matches", body, f"match:{household}:{plan.home}")

    async def _decide(self, plan: homes.MatchPlan, name: str, outcome: str) -> str:
        id_ = self._journal.id_of(name)
        day = plan.approved_on or plan.rejected_on
        body = {
            "outcome": outcome,
            "reason": plan.said,
            "refusal": plan.refusal,
            "decidedOn": None if day is None else day.isoformat(),
        }
        return await self._post(plan.decided_by, f"matches/{id_}/decisions", body, f"decision:{id_}")

    async def _step(self, name: str, step: str, on: date | None) -> str:
        id_ = self._journal.id_of(name)
        body = {"step": step, "on": None if on is None else on.isoformat()}
        return await self._post(VWN, f"matches/{id_}/steps", body, f"step:{id_}:{step}")

    async def _volunteer(self, name: str) -> str:
        id_ = self._journal.id_of(name)
        body = {"volunteerId": str(member_id("vwn-volunteer"))}
        await self._gateway.put(VWN, f"{_HOUSING}/matches/{id_}/volunteer", body)
        return ""

    def _known(self, one: KnownMember) -> Line:
        return [Task(f"member:{one.household}:{one.person}", partial(self._know, one))]

    async def _know(self, one: KnownMember) -> str:
        who = _of(one.gemeentecode)
        path = f"{_HOUSING}/households/{self._journal.id_of(f'household:{one.household}')}"
        household = await self._gateway.get(who, path)
        member = next(it for it in household["members"] if it["kind"] == "adult")
        body = {"inburgeraarId": self._journal.id_of(f"person:{one.person}")}
        await self._gateway.patch(who, f"{path}/members/{member['id']}", body, version=household["version"])
        return ""

    # -- the account ---------------------------------------------------------------------------

    def _account(self) -> Iterator[Wave]:
        history = [
            [self._set(f"history:{code}", _of(code), f"accounts/{code}/history", arrears.history_body(code))]
            for code in arrears.HISTORY
        ]
        national = [
            self._set("inhabitants:2024", "administrator", "inhabitants/2024", arrears.inhabitants_body()),
            *(
                self._set(f"national:{body['publishedOn']}", "administrator", "national-targets/2025-1", body)
                for body in arrears.NATIONAL
            ),
        ]
        yield [*history, national]
        codes = {one["gemeentecode"] for one in arrears.LADDER}
        yield [
            [
                self._task(f"ladder:{code}:{one['since']}", "province", "ladder-steps", one)
                for one in arrears.LADDER
                if one["gemeentecode"] == code
            ]
            for code in sorted(codes)
        ]

    def _site(self, site: arrears.Site) -> Line:
        name = f"site:{site.body['name']}"
        who = _of(site.gemeentecode)
        return [
            self._task(name, who, "reception-sites", site.body),
            *(
                Task(f"{name}:{code}:{day}", partial(self._count, name, who, code, day, persons))
                for code, day, persons in site.residents
            ),
        ]

    async def _count(self, name: str, who: str, code: str, day: str, persons: int) -> str:
        path = f"{_HOUSING}/reception-sites/{self._journal.id_of(name)}/residents/{code}/{day}"
        await self._gateway.put(who, path, {"persons": persons})
        return ""

    def _plan(self, plan: arrears.ActionPlan) -> Line:
        name, who = f"plan:{plan.gemeentecode}", _of(plan.gemeentecode)
        body = {
            "gemeentecode": plan.gemeentecode,
            "title": plan.title,
            "drawnUpOn": plan.drawn_up_on.isoformat(),
        }
        return [
            self._task(name, who, "action-plans", body),
            *(
                Task(f"{name}:{one['title']}", partial(self._below, name, who, "measures", one))
                for one in plan.measures
            ),
            *(
                Task(
                    f"{name}:{status}",
                    partial(self._below, name, who, "statuses", {"status": status, "on": on.isoformat()}),
                )
                for status, on in plan.statuses
            ),
        ]

    async def _below(self, name: str, who: str, what: str, body: dict[str, Any]) -> str:
        id_ = self._journal.id_of(name)
        key = f"{what}:{id_}:{body.get('title') or body.get('status')}"
        return await self._post(who, f"action-plans/{id_}/{what}", body, key)

    # -- calls ---------------------------------------------------------------------------------

    def _task(self, name: str, who: str, path: str, body: dict[str, Any]) -> Task:
        return Task(name, partial(self._post, who, path, body, name))

    def _set(self, name: str, who: str, path: str, body: dict[str, Any]) -> Task:
        return Task(name, partial(self._put, who, path, body))

    async def _post(self, who: str, path: str, body: dict[str, Any], key: str) -> str:
        return str((await self._gateway.post(who, f"{_HOUSING}/{path}", body, key=key))["id"])

    async def _put(self, who: str, path: str, body: dict[str, Any]) -> str:
        await self._gateway.put(who, f"{_HOUSING}/{path}", body)
        return ""


def _of(code: str) -> str:
    return arrears.ENTERED_BY[code]


def _clerk(body: dict[str, Any]) -> str:
    return _of(body["gemeentecode"])


def _urgency_body(code: str, source: str) -> dict[str, Any]:
    """Of POST /housing/v1/urgency-rules."""
    return {
        "gemeentecode": code,
        "statusHolders": True,
        "explanation": "Statushouders die aan de gemeente zijn gekoppeld",
        "validFrom": "2022-01-01",
        "source": source,
    }


def household_body(one: LinkedHousehold) -> dict[str, Any]:
    """Of POST /housing/v1/households."""
    body: dict[str, Any] = {
        "gemeentecode": one.gemeentecode,
        "linkedOn": one.linked_on.isoformat(),
        "adults": one.adults,
        "children": one.children,
        "reference": one.key,
        "acceptsSharing": one.accepts_sharing,
        "exchange": list(one.exchange),
        **one.needs,
    }
    if one.expected:
        body["reunion"] = {
            "persons": one.expected,
            "adults": 1,
            "expectedOn": "2025-06-02",
            "grantedOn": None if one.granted_on is None else one.granted_on.isoformat(),
        }
    return body
