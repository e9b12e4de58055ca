# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S05: seven actors at five gemeenten with every operation that names something of somebody.

The matrix of roles (`tests/journey/test_authority_matrix.py`) says who may do what at all; here every
operation gets the ids of each gemeente in turn. What is not the actor's answers exactly as what does
not exist: same status, same code, same size. The operations and their parameters come from OpenAPI.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from demo.chain import GEMEENTEN
from gateway.catalogue import Operation
from services.intake.store import persons
from tests.journey.chain import OPERATIONS, PARTIES, SIGHT, seen
from tests.security.population import Tenant, World
from tests.security.sending import Contract, Sent, contract_of, fill, names_in, role_of, send

ACTORS = (
    "consulent@gemeente-leiden",
    "consulent@gemeente-leidschendam-voorburg",
    "policy-officer@gemeente-oegstgeest",
    "policy-officer@gemeente-voorschoten",
    "policy-officer@gemeente-wassenaar",
    "teacher@echt-nederlands",
    "vwn-team-leader@vluchtelingenwerk",
)
PARTY = {party.slug: party for party in PARTIES}
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|urn:trace:[0-9a-f]+|\d{4}-\d\d-\d\dT[\d:.+Z]+")
PERSONAL = {  # parameters and fields that lead to somebody
    "inburgeraarId",
    "placementId",
    "groupId",
    "membershipId",
    "lessonId",
    "attendanceId",
    "jobId",
    "signalId",
    "ids",
    "inburgeraarIds",
}


TIMETABLE = ("/groups", "/lessons")
"""What shows no person: gemeenten see it of the schools that they have a contract with."""
TOLD_APART = {"POST /learning-routes/v1/attendance-batches"}
"""A row about somebody of another school is refused at once, one about nobody may become known (contract, Batches)."""
NO_BODY = {"dit veld bestaat niet": True}


@dataclass(frozen=True, slots=True)
class Cell:
    """One actor, one operation, one gemeente."""

    actor: str
    operation: Operation
    tenant: Tenant

    def __str__(self) -> str:
        return f"{self.actor} at {self.tenant.code}: {self.operation.method} {self.operation.route}"

    @property
    def role_may(self) -> bool:
        return role_of(self.actor) in OPERATIONS[self.operation.method, self.operation.route].allowed

    @property
    def sight(self) -> int:
        """What a look at a person of this gemeente is promised: 200, 403 or 404."""
        role = role_of(self.actor)
        row = OPERATIONS[self.operation.method, self.operation.route]
        return seen(PARTY[self.actor.partition("@")[2]], role, self.tenant.code, row.purpose_of(role))

    @property
    def key(self) -> str:
        return f"{self.operation.method} {self.operation.route}"

    @property
    def may_see(self) -> bool:
        return self.sight == 200 or self.teaches

    @property
    def teaches(self) -> bool:
        return self.actor == f"teacher@{self.tenant.school}"


def _personal_operations(world: World, contract: Contract) -> list[Operation]:
    found = []
    for operation in world.chain.operations:
        if operation.public or operation.service == "gateway":
            continue  # the register is no file of a person; its rows are in the matrix of roles
        schema = contract.body_schema(operation) or {}
        named = {*names_in(operation.route), *contract.query_names(operation), *schema.get("properties", {})}
        if named & PERSONAL or operation.route.endswith("/attendance-batches"):
            found.append(operation)
    return found


async def ask(
    world: World, contract: Contract, cell: Cell, ids: Mapping[str, str], *, fitting: bool = True
) -> Sent:
    """Send the operation of a cell with these ids wherever it takes an id."""
    operation = cell.operation
    path = fill(operation.route, ids)
    known = {
        **{name: ids[name] for name in PERSONAL & ids.keys()},
        "from": "2024-11-01",
        "until": "2024-11-30",
    }
    queries = contract.query_names(operation) & known.keys()
    if operation.method == "GET" and queries:
        path += "?" + "&".join(f"{name}={known[name]}" for name in sorted(queries))
    body: Any = None
    if not fitting and operation.method != "GET":
        body = NO_BODY  # what is the actor's own would really change: let in is enough here
    elif (schema := contract.body_schema(operation)) is not None:
        body = contract.example(operation.service, schema, ids)
    elif operation.method in {"POST", "PUT", "PATCH"} and operation.route.endswith("/attendance-batches"):
        row = {"inburgeraarId": ids["inburgeraarId"], "lessonDate": "2024-11-05", "dayPart": "morning"}
        body = {"rows": [{**row, "status": "present"}]}
    return await send(
        world.chain, cell.actor, operation.method, path, body, media=contract.media_type(operation)
    )


def shape(answer: Sent) -> tuple[int, str | None, int]:
    """What can be told from an answer: status, code and size, numbers of things left out."""
    return answer.status, answer.code, len(ID.sub("*", answer.text))


async def findings(world: World, actor: str) -> tuple[int, list[str]]:
    """Ask everything as one actor; answers the number of cells and what is wrong in them."""
    contract = contract_of(world.chain)
    cells, wrong = 0, []
    for operation in _personal_operations(world, contract):
        nothing: Sent | None = None
        for tenant in world.tenants.values():
            cell = Cell(actor, operation, tenant)
            cells += 1
            answer = await ask(world, contract, cell, tenant.ids, fitting=not cell.may_see)
            if not cell.role_may:
                if (answer.status, answer.code) != (403, "role-missing"):
                    wrong.append(f"{cell}: {answer.status} {answer.code}, the role may not")
                continue
            if nothing is None:
                unknown = {name: str(uuid4()) for name in tenant.ids} | {"memberId": tenant.ids["memberId"]}
                nothing = await ask(world, contract, cell, unknown)
            wrong += [f"{cell}: {fault}" for fault in judge(cell, answer, nothing)]
    return cells, wrong


def judge(cell: Cell, answer: Sent, nothing: Sent) -> list[str]:
    """What is wrong with an answer, given what the same operation says of ids that do not exist."""
    if answer.status >= 500:
        return [f"answered {answer.status}"]
    if cell.may_see:
        # An export is asked by POST, without a body, and only tells. 404: the signal of another's list.
        only_tells = cell.operation.method == "GET" or cell.operation.route.endswith("/exports")
        wanted = {200, 404} if only_tells else {400, 404}
        return [] if answer.status in wanted else [f"is to be seen, answered {answer.status} {answer.code}"]
    wrong = [f"shows {secret}" for secret in cell.tenant.leaked_in(answer.text)]
    if cell.operation.method == "GET" and any(part in cell.operation.route for part in TIMETABLE):
        about = [
            cell.tenant.ids[name] for name in ("inburgeraarId", "placementId", "attendanceId", "membershipId")
        ]
        return wrong + [f"shows {one} in a timetable" for one in about if one in answer.text]
    if cell.key in TOLD_APART:
        return wrong
    if cell.sight == 403 and answer.status == 403:
        if answer.code == "agreement-missing" and not answer.body["missing"]:
            wrong.append("does not name what is missing")
        return wrong
    if shape(answer) != shape(nothing):
        wrong.append(f"answered {shape(answer)}, and of what does not exist {shape(nothing)}")
    return wrong


@pytest.mark.security("S05")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("actor", ACTORS)
async def test_what_is_not_the_actors_cannot_be_told_from_what_does_not_exist(
    world: World, actor: str
) -> None:
    cells, wrong = await findings(world, actor)
    assert cells >= 5 * 30
    assert not wrong, f"{len(wrong)} of {cells} cells:\n" + "\n".join(wrong)


@pytest.mark.security("S05")
async def test_lists_hold_only_what_the_actor_may_see(world: World) -> None:
    contract = contract_of(world.chain)
    wrong = []
    for actor in ACTORS:
        for operation in world.chain.operations:
            row = OPERATIONS[operation.method, operation.route]
            if operation.method != "GET" or names_in(operation.route) or role_of(actor) not in row.allowed:
                continue
            query = "?pageSize=200" if "pageSize" in contract.query_names(operation) else ""
            answer = await send(world.chain, actor, "GET", operation.route + query)
            for tenant in world.tenants.values():
                cell = Cell(actor, operation, tenant)
                known = {tenant.person, *tenant.secrets}
                if not cell.may_see and any(one in answer.text for one in known):
                    wrong.append(f"{cell} lists somebody")
    assert not wrong, "\n".join(wrong)


@pytest.mark.security("S05")
def test_the_seven_actors_cover_every_way_to_see_somebody() -> None:
    """Two centres, three clients, a school, VluchtelingenWerk: by own work, mandate, agreement, placement."""
    cells = {
        cell
        for actor in ACTORS
        for cell in SIGHT.get((PARTY[actor.partition("@")[2]].name, str(role_of(actor))), ())
    }
    for basis in ("own", "mandate", "agreement", "retained"):
        assert any(f"*({basis})*" in cell for cell in cells), basis
    assert len(GEMEENTEN) == 5


@pytest.mark.security("S05")
async def test_planted_a_service_that_tells_that_a_foreign_person_exists_is_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weakness: intake knows the gemeente of everybody, and so says 403 where it must say 404."""

    there = {tenant.ids["inburgeraarId"] for tenant in world.tenants.values()}

    async def everywhere(_: Any, inburgeraar_id: Any) -> str | None:
        return "1916" if str(inburgeraar_id) in there else None

    monkeypatch.setattr(persons, "gemeentecode_of", everywhere)
    _, wrong = await findings(world, "consulent@gemeente-leiden")
    assert any("/intake/v1/inburgeraars/{inburgeraarId}: answered (403" in one for one in wrong), wrong
