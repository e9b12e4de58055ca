# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The chain as intake sees it: who calls with which grant, and people to register."""

import base64
import itertools
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import httpx

from chassis.access import Scope
from chassis.testing import ALL_PURPOSES, Bench, own
from contracts.access import Role
from contracts.event import Event
from contracts.gateway import GemeenteScopeSet, MemberSet

LEIDEN, LV, OEGSTGEEST, VOORSCHOTEN, WASSENAAR = "0546", "1916", "0579", "0626", "0629"
ROOT = "/intake/v1/inburgeraars"
MISSING = "gegevensovereenkomst op persoonsniveau tussen Leidschendam-Voorburg en Wassenaar"
CASE_WORK = frozenset({"case-work"})

Json = dict[str, Any]
Published = TypeVar("Published", bound=Event)


def keys(*names: str) -> str:
    """A ring of keys, made of their names."""
    return ",".join(f"{name}:{base64.b64encode(name.ljust(32, '.').encode()).decode()}" for name in names)


SETTINGS = {"encryption_keys": keys("e1"), "index_keys": keys("i1")}


def organisation(slug: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"https://open-inburgering.example/organisations/{slug}")


def member(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"https://open-inburgering.example/members/{name}")


def mandate(code: str, executing: str) -> dict[str, Scope]:
    return {code: Scope("person", ALL_PURPOSES, "mandate", f"Mandaatbesluit {code}", executing=executing)}


FIGURES = Scope("figures", frozenset({"figures"}), "agreement", "cijfers", missing=MISSING, executing=LV)


@dataclass(frozen=True, slots=True)
class Chain:
    """Callers of the chain, as headers of a request."""

    bench: Bench

    def of(
        self, name: str, *roles: Role, organisation_slug: str, kind: str = "gemeente", **more: Any
    ) -> dict[str, str]:
        return self.bench.as_caller(
            roles=roles,
            organisation_id=organisation(organisation_slug),
            organisation_kind=kind,
            subject=member(name),
            **more,
        )

    def lv(self, role: Role = Role.CONSULENT, name: str = "consulent-lv") -> dict[str, str]:
        scopes = {**own(LV), **mandate(VOORSCHOTEN, LV), **mandate(WASSENAAR, LV)}
        return self.of(
            name, role, organisation_slug="gemeente-leidschendam-voorburg", gemeentecode=LV, scopes=scopes
        )

    def leiden(self, role: Role = Role.CONSULENT) -> dict[str, str]:
        scopes = {**own(LEIDEN), **mandate(OEGSTGEEST, LEIDEN)}
        return self.of(
            "consulent-leiden", role, organisation_slug="gemeente-leiden", gemeentecode=LEIDEN, scopes=scopes
        )

    def oegstgeest(self, role: Role = Role.KLANTMANAGER) -> dict[str, str]:
        scopes = {
            OEGSTGEEST: Scope("person", CASE_WORK, "agreement", "Gegevensovereenkomst 2021", executing=LEIDEN)
        }
        return self.of(
            f"{role}-oegstgeest",
            role,
            organisation_slug="gemeente-oegstgeest",
            gemeentecode=OEGSTGEEST,
            scopes=scopes,
        )

    def wassenaar(self, role: Role = Role.POLICY_OFFICER) -> dict[str, str]:
        return self.of(
            f"{role}-wassenaar",
            role,
            organisation_slug="gemeente-wassenaar",
            gemeentecode=WASSENAAR,
            scopes={WASSENAAR: FIGURES},
        )

    def vwn(self) -> dict[str, str]:
        scopes = {
            LV: Scope("person", frozenset({"guidance"}), "agreement", "Opdracht maatschappelijke begeleiding")
        }
        return self.of(
            "vwn-team-leader",
            Role.VWN_TEAM_LEADER,
            organisation_slug="vluchtelingenwerk",
            kind="vluchtelingenwerk",
            scopes=scopes,
        )

    def school(self, slug: str = "echt-nederlands", role: Role = Role.TEACHER) -> dict[str, str]:
        return self.of(f"teacher-{slug}", role, organisation_slug=slug, kind="taalschool", scopes={})


_numbers = itertools.count(1)


def a_bsn() -> str:
    """The next BSN that passes the elfproef, of those that are never given out."""
    while True:
        eight = f"9999{next(_numbers):04d}"
        last = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), eight, strict=True)) % 11
        if last < 10:
            return f"{eight}{last}"


def a_v_number() -> str:
    return f"{next(_numbers):010d}"


def a_person(**changes: Any) -> Json:
    """An asylum holder of Leidschendam-Voorburg, registered before DUO's notice."""
    return {
        "bsn": a_bsn(),
        "givenNames": "Amal",
        "familyName": "Öztürk",
        "birthDate": "1990-01-01",
        "gender": "female",
        "group": "statushouder",
        "permitType": "asiel",
        "gemeentecode": LV,
        "obligedOn": "2024-01-10",
        "duoNoticeOn": "2024-01-15",
        "brpOn": "2023-12-01",
        **changes,
    }


def a_gezinsmigrant(**changes: Any) -> Json:
    return a_person(group="gezinsmigrant", permitType="regulier", **changes)


def a_pip(**changes: Any) -> Json:
    return {
        "signedOn": "2024-03-20",
        "leerroute": "b1",
        "level": "b1",
        "pvtHours": 12,
        "mapHours": 40,
        "participation": "vrijwilligerswerk in het buurthuis",
        "talksPlanned": 8,
        "goals": ["werk in de zorg"],
        **changes,
    }


@dataclass(frozen=True, slots=True)
class Intake:
    """The calls of intake, each for one caller."""

    bench: Bench

    async def post(self, path: str, body: Any, caller: dict[str, str]) -> httpx.Response:
        return await self.bench.client.post(path, json=body, headers=caller)

    async def get(self, path: str, caller: dict[str, str], **parameters: Any) -> httpx.Response:
        return await self.bench.client.get(path, params=parameters, headers=caller)

    async def events(self, kind: type[Published], person: Json) -> list[Published]:
        """The events of this kind about this person, oldest first."""
        return [
            event
            for event in await self.bench.published(kind)
            if str(event.model_dump()["inburgeraar_id"]) == person["id"]
        ]

    async def counts(self) -> list[int]:
        """How many rows there are of everything that a refused request must not leave behind."""
        return [
            (await self.bench.sql(f"SELECT count(*) FROM intake.{table}"))[0][0]
            for table in (
                "inburgeraar",
                "person_identity",
                "person_version",
                "blind_index",
                "pip",
                "clock",
                "outbox",
                "access_log",
            )
        ]

    async def colleague(
        self,
        gemeentecode: str | None = LV,
        *,
        id: UUID | None = None,
        role: Role = Role.CONSULENT,
        active: bool = True,
        version: int = 1,
    ) -> str:
        """Somebody of a gemeente, as the gateway tells it; answers the id."""
        told = MemberSet(
            member_id=id or uuid4(),
            organisation_id=organisation(f"gemeente-{gemeentecode}"),
            gemeentecode=gemeentecode,
            roles=(role.value,),
            active=active,
        )
        await self.bench.deliver(
            told, gemeentecode=gemeentecode, aggregate_id=told.member_id, version=version
        )
        return str(told.member_id)

    async def executed_by(self, gemeentecode: str, executing: str, *, version: int) -> None:
        """The gateway tells who does the work for a gemeente from today."""
        told = GemeenteScopeSet(
            organisation_id=organisation(f"gemeente-{gemeentecode}"),
            gemeentecode=gemeentecode,
            person_codes=(),
            executing_gemeentecode=executing,
        )
        await self.bench.deliver(
            told, gemeentecode=gemeentecode, aggregate_id=told.organisation_id, version=version
        )

    async def register(self, caller: dict[str, str], **changes: Any) -> Json:
        answer = await self.post(ROOT, a_person(**changes), caller)
        assert answer.status_code == 201, answer.text
        registered: Json = answer.json()
        return registered

    async def sign(self, person: Json, caller: dict[str, str], **changes: Any) -> Json:
        answer = await self.post(f"{ROOT}/{person['id']}/pips", a_pip(**changes), caller)
        assert answer.status_code == 201, answer.text
        pip: Json = answer.json()
        return pip

    async def read(self, person: Json, caller: dict[str, str]) -> Json:
        answer = await self.get(f"{ROOT}/{person['id']}", caller)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def patch(
        self, person: Json, changes: Json, caller: dict[str, str], *, etag: str | None = None
    ) -> httpx.Response:
        """Correct on the version that is there now, unless an ETag is given."""
        etag = etag or f'"{(await self.read(person, caller))["version"]}"'
        return await self.bench.client.patch(
            f"{ROOT}/{person['id']}",
            json=changes,
            headers={**caller, "If-Match": etag, "Content-Type": "application/merge-patch+json"},
        )


def faults(answer: httpx.Response) -> dict[str, str]:
    """Pointer (or parameter) to code, of a problem document."""
    assert answer.headers["content-type"] == "application/problem+json"
    return {error.get("pointer", error.get("parameter")): error["code"] for error in answer.json()["errors"]}
