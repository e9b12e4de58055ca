# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Housing with hands to match: households, dwellings, and all who have a say."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.access import Scope
from chassis.clock import AMSTERDAM
from chassis.testing import Bench, own
from contracts import intake
from contracts.access import Role
from tests.service.asking import Asking
from tests.service.housing.account_books import TODAY, V1

WASSENAAR, OEGSTGEEST, LV, VOORSCHOTEN = "0629", "0579", "1916", "0626"
BOUWSTICHTING, WILLIBRORDUS = UUID(int=201), UUID(int=202)
VOLUNTEER = UUID(int=301)


class Desk(Asking):
    """The service under test, with callers, intake's events and the steps that most tests need."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench, V1)

    # Callers ------------------------------------------------------------------------------------

    def gemeente(self, code: str = WASSENAAR, *, role: Role = Role.POLICY_OFFICER) -> dict[str, str]:
        return self.bench.as_caller(roles={role}, scopes=own(code), gemeentecode=code)

    def vwn(
        self, *codes: str, role: Role = Role.VWN_TEAM_LEADER, subject: UUID | None = None
    ) -> dict[str, str]:
        scope = Scope(
            level="person",
            purposes=frozenset({"housing", "guidance"}),
            basis="agreement",
            agreement="Uitvoeringsovereenkomst",
        )
        codes = codes or (WASSENAAR, OEGSTGEEST, LV)
        return self.bench.as_caller(
            roles={role},
            scopes={} if role is Role.VWN_VOLUNTEER else dict.fromkeys(codes, scope),
            organisation_id=UUID(int=200),
            organisation_kind="vluchtelingenwerk",
            subject=subject or UUID(int=300),
        )

    def corporation(self, organisation: UUID = BOUWSTICHTING) -> dict[str, str]:
        return self.bench.as_caller(
            roles={Role.CORPORATION},
            scopes={},
            organisation_id=organisation,
            organisation_kind="woningcorporatie",
            subject=UUID(int=400),
        )

    def province(self) -> dict[str, str]:
        figures = Scope(level="figures", purposes=frozenset({"figures"}), basis="supervision")
        return self.bench.as_caller(
            roles={Role.PROVINCE},
            scopes=dict.fromkeys((WASSENAAR, OEGSTGEEST, LV), figures),
            organisation_kind="province",
        )

    # Time ---------------------------------------------------------------------------------------

    def on(self, day: date) -> None:
        """Let the clock of the bench stand on the morning of this day."""
        self.bench.clock.set(datetime(day.year, day.month, day.day, 9, 0, tzinfo=AMSTERDAM))

    # Steps --------------------------------------------------------------------------------------

    async def person(self, gemeentecode: str = WASSENAAR, id: UUID | None = None) -> UUID:
        id = id or uuid4()
        await self.bench.deliver(
            intake.InburgeraarRegistered(
                inburgeraar_id=id,
                law="wi2021",
                group="statushouder",
                permit_type="asiel",
                obliged_on=date(2024, 1, 2),
                responsible_gemeentecode=gemeentecode,
                executing_gemeentecode=LV,
            ),
            gemeentecode=gemeentecode,
            aggregate_id=id,
        )
        return id

    async def household(
        self, code: str = WASSENAAR, *, adults: int = 1, children: int = 0, expect: int = 201, **fields: Any
    ) -> Any:
        body = {
            "gemeentecode": code,
            "linkedOn": "2024-09-02",
            **({} if "members" in fields else {"adults": adults, "children": children}),
            **fields,
        }
        return await self.post("/households", self.gemeente(code), body, expect)

    async def known(self, code: str = WASSENAAR, **fields: Any) -> tuple[UUID, Any]:
        """A single whom the chain knows."""
        person = await self.person(code)
        members = [{"kind": "adult", "inburgeraarId": str(person)}]
        return person, await self.household(code, members=members, **fields)

    async def housing_corporation(self, organisation: UUID = BOUWSTICHTING, *codes: str) -> str:
        body = {
            "name": "Wassenaarsche Bouwstichting",
            "organisationId": str(organisation),
            "gemeentecodes": list(codes or (WASSENAAR,)),
        }
        made = await self.post("/corporations", self.gemeente(), body)
        return str(made["id"])

    async def dwelling(
        self, *, organisation: UUID = BOUWSTICHTING, expect: int = 201, rooms: int = 1, **fields: Any
    ) -> Any:
        body = {
            "quarter": "Kerkehout",
            "rooms": rooms,
            "sizeM2": 30 * rooms,
            "rentCents": 45_000 + 5_000 * rooms,
            "availableFrom": "2024-11-01",
            **fields,
        }
        return await self.post("/dwellings", self.corporation(organisation), body, expect)

    async def propose(self, household: Any, dwelling: Any, expect: int = 201, **fields: Any) -> Any:
        body = {
            "householdId": household["id"],
            "dwellingId": dwelling["id"],
            "reason": "Wacht het langst; de woning past.",
            **fields,
        }
        return await self.post("/matches", self.vwn(), body, expect, headers={"Idempotency-Key": uuid4().hex})

    async def decide(
        self,
        match: Any,
        outcome: str = "approved",
        *,
        caller: dict[str, str] | None = None,
        expect: int = 200,
        **more: Any,
    ) -> Any:
        body = {"outcome": outcome, "reason": "Past bij de spreiding.", **more}
        path = f"/matches/{match['id']}/decisions"
        return await self.post(path, caller or self.gemeente(match["gemeentecode"]), body, expect)

    async def step(
        self,
        match: Any,
        step: str,
        caller: dict[str, str],
        on: date | str = TODAY,
        expect: int = 200,
        **more: Any,
    ) -> Any:
        return await self.post(
            f"/matches/{match['id']}/steps", caller, {"step": step, "on": str(on), **more}, expect
        )

    async def house(self, household: Any, dwelling: Any, on: date = TODAY) -> Any:
        """The whole way, on one day."""
        match = await self.propose(household, dwelling)
        await self.decide(match)
        await self.step(match, "accepted", self.vwn(), on)
        await self.step(match, "key-handed-over", self.vwn(), on)
        return await self.step(match, "housed", self.vwn(), on)


def day(offset: int) -> date:
    """A day counted from today; yesterday is -1."""
    return TODAY + timedelta(days=offset)


def codes(problem: Any) -> set[str]:
    """The codes under `errors` of a problem document."""
    return {error["code"] for error in problem["errors"]}
