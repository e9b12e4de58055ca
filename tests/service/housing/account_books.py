# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Housing with hands to keep the account: gemeenten, the Province, and who else may look."""

from datetime import date
from typing import Any
from uuid import UUID

from chassis.access import Scope
from chassis.testing import Bench, own
from contracts.access import Role
from services.housing.app import SERVICE
from tests.service.asking import Asking, quiet

QUIET = quiet(SERVICE)
"""The service with jobs that wait until a test says when."""

LEIDEN, LV, OEGSTGEEST, VOORSCHOTEN, WASSENAAR = "0546", "1916", "0579", "0626", "0629"
FOUR = (LV, OEGSTGEEST, VOORSCHOTEN, WASSENAAR)
TODAY = date(2024, 11, 5)  # a Tuesday, where the clock of the bench stands

V1 = "/housing/v1"


class Books(Asking):
    """The service under test, with callers and the steps that most tests need."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench, V1)

    # Callers ------------------------------------------------------------------------------------

    def policy(self, code: str = WASSENAAR, *, role: Role = Role.POLICY_OFFICER) -> dict[str, str]:
        """Of a gemeente that sees to its own housing."""
        return self.bench.as_caller(roles={role}, scopes=own(code), gemeentecode=code)

    def province(self, *codes: str) -> dict[str, str]:
        figures = Scope(level="figures", purposes=frozenset({"figures"}), basis="supervision")
        return self.bench.as_caller(
            roles={Role.PROVINCE},
            scopes=dict.fromkeys(codes or (*FOUR, LEIDEN), figures),
            organisation_id=UUID(int=90),
            organisation_kind="province",
        )

    def administrator(self) -> dict[str, str]:
        return self.bench.as_caller(
            roles={Role.ADMINISTRATOR},
            scopes={},
            organisation_id=UUID(int=91),
            organisation_kind="operations",
        )

    def team_leader(self, *codes: str) -> dict[str, str]:
        scope = Scope(
            level="person", purposes=frozenset({"housing", "guidance"}), basis="agreement", agreement="VWN"
        )
        return self.bench.as_caller(
            roles={Role.VWN_TEAM_LEADER},
            scopes=dict.fromkeys(codes or FOUR, scope),
            organisation_id=UUID(int=92),
            organisation_kind="vluchtelingenwerk",
        )

    async def refused(
        self, method: str, path: str, caller: dict[str, str], body: Any, status: int
    ) -> tuple[str, str]:
        """The code of a refusal, and the place that it names."""
        answer = await self.ask(method, path, caller, body, status)
        errors = answer["errors"] or [{}]
        return answer["code"], errors[0].get("pointer", errors[0].get("parameter", ""))

    # Steps --------------------------------------------------------------------------------------

    async def target(self, code: str, half_year: str, persons: int, published: str, **more: Any) -> Any:
        body = {"target": persons, "publishedOn": published, **more}
        return await self.put(f"/taakstellingen/{code}/{half_year}", self.policy(code), body)

    async def housed(self, code: str, on: str, persons: int) -> None:
        """People whom a match housed, as the desk records them."""
        await self.bench.sql(
            "INSERT INTO housing.realisation (id, gemeentecode, housed_on, persons, source, corrected, recorded_at) "
            "VALUES (gen_random_uuid(), :code, CAST(:on AS date), :persons, 'entered', false, now())",
            code=code,
            on=date.fromisoformat(on),
            persons=persons,
        )

    async def balance(self, code: str, peildatum: str = "2024-11-01") -> Any:
        return await self.get(f"/balances/{code}", self.policy(code), peildatum=peildatum)

    async def audit(self, *codes: str) -> dict[str, Any]:
        """Tables 3.2 to 3.5 of the audit report, read in as they are printed; answers what was found."""
        found = {}
        for code in codes or FOUR:
            rows = [
                dict(zip(("year", "opening", "target", "total", "realised"), row, strict=True))
                | ({"through": "2024-10-31"} if row[0] == 2024 else {})
                for row in PRINTED[code]
            ]
            found[code] = await self.put(
                f"/accounts/{code}/history", self.policy(code), {"source": "Rekenkamer 2025", "rows": rows}
            )
        return found


PRINTED = {
    LV: [
        (2019, 22, 52, 74, 84), (2020, -10, 52, 42, 37), (2021, 5, 107, 113, 89),
        (2022, 23, 103, 126, 131), (2023, 7, 169, 176, 88), (2024, 88, 156, 244, 68),
    ],
    VOORSCHOTEN: [
        (2019, 15, 18, 33, 22), (2020, 11, 18, 29, 25), (2021, 0, 36, 36, 38),
        (2022, -2, 35, 33, 33), (2023, 0, 57, 57, 25), (2024, 32, 52, 84, 44),
    ],
    WASSENAAR: [
        (2019, 11, 18, 29, 35), (2020, -6, 19, 13, 20), (2021, -3, 38, 35, 36),
        (2022, -1, 37, 36, 47), (2023, -11, 60, 49, 52), (2024, -3, 55, 52, 18),
    ],
    OEGSTGEEST: [
        (2019, 9, 18, 27, 35), (2020, -8, 17, 9, 21), (2021, -12, 36, 24, 24),
        (2022, 0, 35, 35, 39), (2023, -4, 57, 53, 37), (2024, 16, 52, 68, 38),
    ],
}  # fmt: skip
