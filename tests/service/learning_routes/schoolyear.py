# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A gemeente, a taalschool and people in its groups: learning routes with hands to use it."""

from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import httpx

from chassis.access import Scope
from chassis.testing import ALL_PURPOSES, Bench, own
from contracts import intake, learning_routes
from contracts.access import Role
from services.learning_routes.app import SERVICE
from tests.service.asking import Asking, quiet

QUIET = quiet(SERVICE)
"""The service with jobs that wait until a test says when."""

LEIDEN, LEIDSCHENDAM, OEGSTGEEST, WASSENAAR = "0546", "1916", "0579", "0629"
ECHT_NEDERLANDS, FOXTAAL = UUID(int=70), UUID(int=71)
TODAY = date(2024, 11, 5)  # a Tuesday, where the clock of the bench stands

V1 = "/learning-routes/v1"


class SchoolYear(Asking):
    """The service under test, with callers, intake's events and the steps that most tests need."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench, V1)

    # Callers ------------------------------------------------------------------------------------

    def consulent(self, *codes: str, role: Role = Role.CONSULENT) -> dict[str, str]:
        """Of Leidschendam-Voorburg, which also works for Wassenaar."""
        codes = codes or (LEIDSCHENDAM, WASSENAAR)
        return self.bench.as_caller(roles={role}, scopes=own(*codes), gemeentecode=codes[0])

    def teacher(self, school: UUID = ECHT_NEDERLANDS, *, role: Role = Role.TEACHER) -> dict[str, str]:
        return self.bench.as_caller(
            roles={role}, scopes={}, organisation_id=school, organisation_kind="taalschool"
        )

    def vwn(self) -> dict[str, str]:
        """A team leader of VluchtelingenWerk, who by agreement sees people of Leidschendam-Voorburg, also for education."""
        scope = Scope(
            level="person",
            purposes=frozenset({"housing", "guidance", "education"}),
            basis="agreement",
            agreement="Uitvoeringsovereenkomst",
        )
        return self.bench.as_caller(
            roles={Role.VWN_TEAM_LEADER},
            scopes={LEIDSCHENDAM: scope},
            organisation_kind="vluchtelingenwerk",
        )

    def policy_officer_of_wassenaar(self) -> dict[str, str]:
        figures = Scope(
            level="figures",
            purposes=frozenset({"figures"}),
            basis="agreement",
            missing="gegevensovereenkomst op persoonsniveau tussen Leidschendam-Voorburg en Wassenaar",
            executing=LEIDSCHENDAM,
        )
        return self.bench.as_caller(
            roles={Role.POLICY_OFFICER}, scopes={WASSENAAR: figures}, gemeentecode=WASSENAAR
        )

    def reader_by_agreement(self, code: str = OEGSTGEEST) -> dict[str, str]:
        scope = Scope(
            level="person",
            purposes=frozenset(ALL_PURPOSES),
            basis="agreement",
            agreement="Leiden en Oegstgeest",
        )
        return self.bench.as_caller(
            roles={Role.POLICY_OFFICER, Role.CONSULENT}, scopes={code: scope}, gemeentecode=code
        )

    # Intake's events ----------------------------------------------------------------------------

    async def person(
        self,
        id: UUID | None = None,
        *,
        group: intake.Group = "statushouder",
        gemeentecode: str = LEIDSCHENDAM,
        executing: str = LEIDSCHENDAM,
        version: int = 1,
        kind: type[intake.InburgeraarState] = intake.InburgeraarRegistered,
    ) -> UUID:
        id = id or uuid4()
        await self.bench.deliver(
            kind(
                inburgeraar_id=id,
                law="wi2021",
                group=group,
                permit_type="asiel" if group == "statushouder" else "regulier",
                obliged_on=date(2024, 1, 2),
                responsible_gemeentecode=gemeentecode,
                executing_gemeentecode=executing,
            ),
            gemeentecode=gemeentecode,
            aggregate_id=id,
            version=version,
        )
        return id

    async def pip(
        self,
        person: UUID,
        leerroute: intake.Leerroute = "z",
        *,
        level: Literal["a1", "a2", "b1", "b2"] = "a1",
        version: int = 1,
    ) -> None:
        await self.bench.deliver(
            intake.PipSigned(
                inburgeraar_id=person,
                pip_id=uuid4(),
                pip_version=version,
                signed_on=date(2024, 3, 20),
                first_signed_on=date(2024, 3, 20),
                on_time=True,
                leerroute=leerroute,
                level=level,
                term_starts_on=date(2024, 3, 21),
                term_ends_on=date(2027, 3, 20),
            ),
            gemeentecode=LEIDSCHENDAM,
            version=version,
        )

    # Steps --------------------------------------------------------------------------------------

    async def provider(self, **fields: Any) -> UUID:
        body = {
            "name": "Echt Nederlands",
            "routes": ["b1", "z"],
            "keurmerkFrom": "2020-01-01",
            "organisationId": str(ECHT_NEDERLANDS),
            **fields,
        }
        return UUID((await self.post("/providers", self.consulent(), body))["id"])

    async def contract(self, provider: UUID, *codes: str, **fields: Any) -> UUID:
        codes = codes or (LEIDSCHENDAM, WASSENAAR)
        body = {
            "providerId": str(provider),
            "gemeentecodes": list(codes),
            "validFrom": "2022-01-01",
            "unexcusedLimit": 2,
            "sicknessPercent": 20,
            "groupMax": 12,
            "startWorkingDays": 20,
            **fields,
        }
        return UUID((await self.post("/contracts", self.consulent(*codes), body))["id"])

    async def refer(
        self,
        person: UUID,
        provider: UUID,
        *,
        caller: dict[str, str] | None = None,
        expect: int = 201,
        **fields: Any,
    ) -> Any:
        body = {
            "inburgeraarId": str(person),
            "providerId": str(provider),
            "leerroute": "b1",
            "referredOn": "2024-09-02",
            **fields,
        }
        return await self.post(
            "/placements", caller or self.consulent(), body, expect, headers={"Idempotency-Key": uuid4().hex}
        )

    async def group(self, provider: UUID, *, teacher: dict[str, str] | None = None, **fields: Any) -> UUID:
        body = {
            "providerId": str(provider),
            "leerroute": "b1",
            "level": "a1",
            "gemeentecode": LEIDSCHENDAM,
            **fields,
        }
        return UUID((await self.post("/groups", teacher or self.teacher(), body))["id"])

    async def seat(self, group: UUID, placement: str, expect: int = 201, **fields: Any) -> Any:
        return await self.post(
            f"/groups/{group}/memberships", self.teacher(), {"placementId": placement, **fields}, expect
        )

    async def lesson(
        self, group: UUID, day: date | str, part: str = "morning", hours: float = 3, expect: int = 201
    ) -> Any:
        starts = {"morning": "09:00", "afternoon": "13:00", "evening": "19:00"}[part]
        ends = {"morning": "12:00", "afternoon": "16:00", "evening": "22:00"}[part]
        body = {"date": str(day), "dayPart": part, "startsAt": starts, "endsAt": ends, "hours": hours}
        return await self.post(f"/groups/{group}/lessons", self.teacher(), body, expect)

    async def mark(
        self,
        lesson: Any,
        person: UUID,
        status: str = "present",
        *,
        expect: int = 200,
        caller: dict[str, str] | None = None,
        **fields: Any,
    ) -> Any:
        lesson_id = lesson["id"] if isinstance(lesson, dict) else lesson
        return await self.put(
            f"/lessons/{lesson_id}/attendances/{person}",
            caller or self.teacher(),
            {"status": status, **fields},
            expect,
        )

    async def enrolled(self, **contract: Any) -> "Enrolled":
        """One person in one group of a school with a contract."""
        provider = await self.provider()
        await self.contract(provider, **contract)
        person = await self.person()
        placement = await self.refer(person, provider)
        group = await self.group(provider)
        await self.seat(group, placement["id"])
        return Enrolled(self, provider, person, UUID(placement["id"]), group)

    async def absence_signals(self) -> list[learning_routes.AbsenceSignalRaised]:
        return await self.bench.published(learning_routes.AbsenceSignalRaised)


class Enrolled:
    """A person with a chair, and lessons day after day."""

    def __init__(self, year: SchoolYear, provider: UUID, person: UUID, placement: UUID, group: UUID) -> None:
        self.year = year
        self.provider = provider
        self.person = person
        self.placement = placement
        self.group = group

    async def lessons(self, *days: date | str, hours: float = 3) -> list[Any]:
        return [await self.year.lesson(self.group, day, hours=hours) for day in days]

    async def attend(self, lesson: Any, status: str = "present", **fields: Any) -> Any:
        return await self.year.mark(lesson, self.person, status, **fields)


def day(offset: int) -> date:
    """A day counted from today; yesterday is -1."""
    return TODAY + timedelta(days=offset)


def problem(response: httpx.Response | dict[str, Any]) -> tuple[int, str]:
    """Status and code of a problem document."""
    body = response.json() if isinstance(response, httpx.Response) else response
    return body["status"], body["code"]
