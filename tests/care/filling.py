# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lives of people in the chain, entered through the API as its users do."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from tests.care.chain import CONSULENT, CORPORATION, LANDLORD, POLICY, SCHOOL, TEACHER, Chain
from tests.service.intake.people import a_bsn, a_v_number

FIRST_LESSON = date(2024, 10, 1)


@dataclass(slots=True)
class School:
    """A taalschool with a contract and a group."""

    chain: Chain
    provider: str
    group: str
    lessons: list[str] = field(default_factory=list)
    days: list[date] = field(default_factory=list)

    async def plan(self, count: int) -> None:
        """Lessons on the days after the ones that were planned."""
        for number in range(len(self.lessons), len(self.lessons) + count):
            day = FIRST_LESSON + timedelta(days=number)
            body = {
                "date": day.isoformat(),
                "dayPart": "morning",
                "startsAt": "09:00",
                "endsAt": "12:00",
                "hours": 3,
            }
            made = await self.chain.post(TEACHER, f"/learning-routes/v1/groups/{self.group}/lessons", body)
            self.lessons.append(made["id"])
            self.days.append(day)


async def a_school(chain: Chain, *, lessons: int = 4) -> School:
    """A school of Leidschendam-Voorburg with a group that has had lessons."""
    provider = await chain.post(
        CONSULENT,
        "/learning-routes/v1/providers",
        {
            "name": f"School {uuid4().hex[:8]}",
            "routes": ["b1", "z"],
            "keurmerkFrom": "2020-01-01",
            "organisationId": str(SCHOOL),
        },
    )
    await chain.post(
        CONSULENT,
        "/learning-routes/v1/contracts",
        {
            "providerId": provider["id"],
            "gemeentecodes": ["1916"],
            "validFrom": "2022-01-01",
            "unexcusedLimit": 2,
            "sicknessPercent": 20,
            "groupMax": 12,
            "startWorkingDays": 20,
        },
    )
    school = School(chain, provider["id"], await a_group(chain, provider["id"]))
    await school.plan(lessons)
    return school


async def a_group(chain: Chain, provider: str) -> str:
    body = {"providerId": provider, "leerroute": "b1", "level": "a1", "gemeentecode": "1916"}
    return str((await chain.post(TEACHER, "/learning-routes/v1/groups", body))["id"])


async def register(chain: Chain, **changes: Any) -> dict[str, Any]:
    """A status holder of Leidschendam-Voorburg with every number and a way to be reached."""
    body = {
        "bsn": a_bsn(),
        "vNumber": a_v_number(),
        "givenNames": "Amal",
        "familyName": "Zoekwoord",
        "birthDate": "1990-01-01",
        "gender": "female",
        "group": "statushouder",
        "permitType": "asiel",
        "gemeentecode": "1916",
        "obligedOn": "2024-08-01",
        "duoNoticeOn": "2024-08-05",
        "brpOn": "2024-08-10",
        "email": "amal@voorbeeld.example",
        "street": "Zoekstraat",
        "houseNumber": "1",
        "postalCode": "2264 AB",
        "city": "Leidschendam",
        **changes,
    }
    made: dict[str, Any] = await chain.post(CONSULENT, "/intake/v1/inburgeraars", body)
    return made


async def a_life(chain: Chain, school: School, **changes: Any) -> dict[str, Any]:
    """Somebody with a PIP, a place, a chair in the group and a roll call with absences."""
    person = await register(chain, **changes)
    await chain.post(
        CONSULENT,
        f"/intake/v1/inburgeraars/{person['id']}/pips",
        {
            "signedOn": "2024-09-20",
            "leerroute": "b1",
            "level": "b1",
            "pvtHours": 12,
            "mapHours": 40,
            "participation": "vrijwilligerswerk",
            "talksPlanned": 8,
            "goals": ["werk in de zorg"],
        },
    )
    await seat(chain, school, person["id"])
    await roll_call(chain, school, person["id"])
    return person


async def seat(chain: Chain, school: School, person: str) -> None:
    """A place at the school and a chair in its group, as soon as the school's service knows the person."""
    body = {
        "inburgeraarId": person,
        "providerId": school.provider,
        "leerroute": "b1",
        "referredOn": "2024-09-25",
    }
    placement = await when_known(
        chain, CONSULENT, "/learning-routes/v1/placements", body, **{"Idempotency-Key": uuid4().hex}
    )
    await chain.post(
        TEACHER,
        f"/learning-routes/v1/groups/{school.group}/memberships",
        {"placementId": placement["id"], "since": "2024-09-25"},
    )


async def roll_call(chain: Chain, school: School, person: str, status: str = "unexcused") -> None:
    rows = [
        {
            "inburgeraarId": person,
            "lessonDate": day.isoformat(),
            "dayPart": "morning",
            "status": status if number < 2 else "present",
        }
        for number, day in enumerate(school.days)
    ]
    answer = await chain.post(TEACHER, "/learning-routes/v1/attendance-batches", {"rows": rows})
    assert answer["rejected"] == 0, answer


async def when_known(chain: Chain, name: str, path: str, body: Any, **headers: str) -> Any:
    """The answer of a POST, once the event that it needs has arrived."""
    give_up = time.monotonic() + 60
    answer = await chain.ask(name, "POST", path, body, **headers)
    while answer.status_code == 409 and time.monotonic() < give_up:
        await asyncio.sleep(0.05)
        answer = await chain.ask(name, "POST", path, body, **headers)
    assert answer.is_success, answer.text
    return answer.json()


async def a_house_to_come(chain: Chain, person: str) -> dict[str, Any]:
    """A household of somebody that waits, with a clock of ten weeks, and a dwelling of a corporation; the household."""
    household = await when_known(
        chain,
        POLICY,
        "/housing/v1/households",
        {
            "gemeentecode": "1916",
            "linkedOn": "2024-09-02",
            "members": [{"kind": "adult", "inburgeraarId": person}],
        },
    )
    await chain.post(
        POLICY,
        "/housing/v1/corporations",
        {"name": "Wooninvest", "organisationId": str(LANDLORD), "gemeentecodes": ["1916"]},
    )
    await chain.post(
        CORPORATION,
        "/housing/v1/dwellings",
        {
            "gemeentecode": "1916",
            "quarter": "Voorburg",
            "rooms": 1,
            "sizeM2": 30,
            "rentCents": 50_000,
            "availableFrom": "2024-11-01",
        },
    )
    found: dict[str, Any] = household
    return found
