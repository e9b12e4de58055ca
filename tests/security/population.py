# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Somebody in each gemeente with everything that the platform can hold on a person, and what must not leak of it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from demo.chain import GEMEENTEN, MANDATES, organisation_id
from tests.journey.chain import Chain

ADMINISTRATOR = "administrator@operations"
DAY = "2024-11-05"
BSN_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
SCHOOLS = {"0546": "foxtaal", "1916": "echt-nederlands"}  # per executing gemeente
CSV_HEADER = "inburgeraar-id;lesdatum;dagdeel;status\n"


def bsn_of(number: int) -> str:
    """The first BSN at or above a number that passes the elfproef; 9999... are never given out."""
    while sum(w * int(d) for w, d in zip(BSN_WEIGHTS, f"{number:09}", strict=True)) % 11:
        number += 1
    return f"{number:09}"


@dataclass(slots=True)
class Tenant:
    """One gemeente, one person in it, and the ids of all that hangs on that person."""

    code: str
    executing: str  # the gemeentecode that does the work
    bsn: str
    v_number: str
    ids: dict[str, str] = field(default_factory=dict)  # by the name of the parameter or field

    @property
    def consulent(self) -> str:
        return f"consulent@{GEMEENTEN[self.executing]}"

    @property
    def school(self) -> str:
        return SCHOOLS[self.executing]

    @property
    def person(self) -> str:
        return self.ids["inburgeraarId"]

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that stand nowhere but in the file of this person."""
        return (
            self.bsn,
            self.v_number,
            f"Geheim{self.code}",
            f"Voornaam{self.code}",
            f"Straat{self.code}",
            f"geheim{self.code}@",
            f"06{self.code}1234",
            f"Doel{self.code}",
            f"Medisch{self.code}",
            f"Reden{self.code}",
        )

    def leaked_in(self, text: str) -> list[str]:
        """Which of the secrets stand in a text."""
        return [secret for secret in self.secrets if secret in text]


@dataclass(slots=True)
class World:
    """The chain with its people."""

    chain: Chain
    tenants: dict[str, Tenant]

    async def settle(self) -> None:
        """Wait until every event is handled and every job that is due has run."""
        await self.chain.post(ADMINISTRATOR, "/demo/v1/clock", {"advance": "PT1M"})


async def populate(chain: Chain) -> World:
    """Register the people and give each a PIP, a school, a lesson, an absence and so a signal."""
    executing = {mandate.by: mandate.to for mandate in MANDATES}
    tenants = {
        code: Tenant(code, executing.get(code, code), bsn_of(999_000_000 + int(code) * 50), f"77{code}{code}")
        for code in GEMEENTEN
    }
    world = World(chain, tenants)
    for centre, school in SCHOOLS.items():
        await _contract(world, centre, school)
    for tenant in tenants.values():
        await _register(chain, tenant)
    await world.settle()
    for tenant in tenants.values():
        await _teach(world, tenant)
    await world.settle()
    for tenant in tenants.values():
        about = f"inburgeraarId={tenant.person}"
        signals = await chain.read(tenant.consulent, f"/notifications/v1/signals?{about}")
        tenant.ids["signalId"] = signals.body["items"][0]["id"]
        tenant.ids["memberId"] = str(uuid5(NAMESPACE_URL, tenant.consulent))
    return world


async def _contract(world: World, centre: str, school: str) -> None:
    consulent = f"consulent@{GEMEENTEN[centre]}"
    provider = await world.chain.post(
        consulent,
        "/learning-routes/v1/providers",
        {
            "name": school,
            "routes": ["b1"],
            "keurmerkFrom": "2020-01-01",
            "organisationId": str(organisation_id(school)),
        },
    )
    served = [code for code, tenant in world.tenants.items() if tenant.executing == centre]
    contract = await world.chain.post(
        consulent,
        "/learning-routes/v1/contracts",
        {
            "providerId": provider["id"],
            "gemeentecodes": served,
            "validFrom": "2022-01-01",
            "unexcusedLimit": 1,
            "sicknessPercent": 20,
            "groupMax": 12,
        },
    )
    for code in served:
        world.tenants[code].ids |= {
            "providerId": provider["id"],
            "contractId": contract["id"],
            "organisationId": str(organisation_id(school)),
            "periodId": provider["keurmerkPeriods"][0]["id"]
            if "keurmerkPeriods" in provider
            else str(uuid4()),
        }


async def _register(chain: Chain, tenant: Tenant) -> None:
    code = tenant.code
    body: dict[str, Any] = {
        "bsn": tenant.bsn,
        "vNumber": tenant.v_number,
        "givenNames": f"Voornaam{code}",
        "familyName": f"Geheim{code}",
        "birthDate": "1990-02-03",
        "gender": "female",
        "group": "statushouder",
        "permitType": "asiel",
        "gemeentecode": code,
        "obligedOn": "2024-08-01",
        "duoNoticeOn": "2024-08-05",
        "brpOn": "2024-08-10",
        "phone": f"06{code}1234",
        "email": f"geheim{code}@example.org",
        "street": f"Straat{code}",
        "houseNumber": "12",
        "postalCode": "2311AB",
        "city": "Leiden",
        "language": "ti",
    }
    tenant.ids["inburgeraarId"] = (await chain.post(tenant.consulent, "/intake/v1/inburgeraars", body))["id"]
    await chain.post(
        tenant.consulent,
        f"/intake/v1/inburgeraars/{tenant.person}/pips",
        {
            "signedOn": "2024-11-01",
            "leerroute": "b1",
            "level": "b1",
            "pvtHours": 15,
            "mapHours": 40,
            "participation": f"Medisch{code}: vrijwilligerswerk naar vermogen",
            "talksPlanned": 4,
            "goals": [f"Doel{code}"],
            "delayReason": f"Reden{code}: ziekte",
        },
    )


async def _teach(world: World, tenant: Tenant) -> None:
    chain, ids = world.chain, tenant.ids
    root = "/learning-routes/v1"
    teacher = f"teacher@{tenant.school}"
    placement = await chain.post(
        tenant.consulent,
        f"{root}/placements",
        {
            "inburgeraarId": tenant.person,
            "providerId": ids["providerId"],
            "leerroute": "b1",
            "referredOn": "2024-11-01",
            "providerReference": f"kenmerk-{tenant.code}",
        },
        **{"Idempotency-Key": uuid4().hex},
    )
    ids["placementId"] = placement["id"]
    group = await chain.post(
        teacher,
        f"{root}/groups",
        {"providerId": ids["providerId"], "leerroute": "b1", "level": "a1", "gemeentecode": tenant.code},
    )
    ids["groupId"] = group["id"]
    membership = await chain.post(
        teacher, f"{root}/groups/{group['id']}/memberships", {"placementId": placement["id"]}
    )
    ids["membershipId"] = membership["id"]
    lesson = await chain.post(
        teacher,
        f"{root}/groups/{group['id']}/lessons",
        {"date": DAY, "dayPart": "morning", "startsAt": "09:00", "endsAt": "12:00", "hours": 3},
    )
    ids["lessonId"] = lesson["id"]
    token = (await chain.authorise(teacher))[0][1].decode()
    marked = await chain.client.put(
        f"{root}/lessons/{lesson['id']}/attendances/{tenant.person}",
        json={"status": "unexcused", "reason": f"Verzuim{tenant.code}"},
        headers={"Authorization": token},
    )
    assert marked.is_success, marked.text
    ids["attendanceId"] = marked.json()["id"]
    if tenant.code not in SCHOOLS:  # one file from each school
        return
    sent = await chain.client.post(
        f"{root}/attendance-batches",
        content=f"{CSV_HEADER}{tenant.person};{DAY};ochtend;ongeoorloofd\n".encode(),
        headers={"Authorization": token, "Content-Type": "text/csv"},
    )
    assert sent.status_code == 202, sent.text
    for other in world.tenants.values():
        if other.school == tenant.school:
            other.ids["jobId"] = sent.json()["id"]
