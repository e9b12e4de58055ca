# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every operation of every service as every role of every organisation, against the table that people read."""

from collections.abc import AsyncIterator, Mapping
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from chassis.access import GRANT_HEADER
from contracts.access import OrganisationKind, Purpose, Role
from demo.chain import GEMEENTEN, organisation_id
from tests.journey.chain import (
    CALLERS,
    OPERATIONS,
    PARTIES,
    SIGHT,
    Answer,
    Chain,
    address_of,
    chain_at_work,
    login,
    seen,
    verdict,
)
from tools.authority import PAGE, page, rows_of, sight_of


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chain(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chain]:
    async with chain_at_work(postgres_url, tmp_path_factory.mktemp("authority")) as made:
        yield made


def test_the_page_in_the_repository_is_what_the_code_declares(chain: Chain) -> None:
    documents = chain.door.catalogues.catalogue.documents
    declared = {(row.method, row.route): row for row in rows_of(documents)}
    without = sorted(declared.keys() - OPERATIONS.keys())
    assert not without, f"operations without a row in {PAGE.name}: {without}; see its first lines"
    assert declared == OPERATIONS
    whole = page({name: documents[name] for name in sorted(documents)})
    assert PAGE.read_text(encoding="utf-8") == whole, f"write {PAGE.name} anew: python -m tools.authority"


def test_every_role_and_every_kind_of_organisation_is_called() -> None:
    assert {role for _, role in CALLERS} == set(Role)
    assert {kind for party in PARTIES for kind in party.kinds} == set(OrganisationKind)
    assert all(len(row.cells) == len(Role) for row in OPERATIONS.values())


@pytest.mark.timeout(900)
@pytest.mark.capability("GW-01")
@pytest.mark.parametrize("role", list(Role))
async def test_each_operation_answers_each_role_as_the_table_says(chain: Chain, role: Role) -> None:
    """One test per role; in it every organisation that has the role calls every operation."""
    wrong = []
    calls = 0
    for party in (party for party, held in CALLERS if held == role):
        headers = await chain.authorise(login(party, role))
        for operation in chain.operations:
            row = OPERATIONS.get((operation.method, operation.route))
            if row is None:
                wrong.append(f"{operation.method} {operation.route} has no row")
                continue
            answer = await chain.ask(operation.method, address_of(operation), headers)
            calls += 1
            if (fault := verdict(row, role, answer)) is not None:
                wrong.append(f"{party.name} as {role.value}: {operation.method} {operation.route} {fault}")
    assert calls >= len(OPERATIONS)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "forged", [None, "forged", "eyJhbGciOiJub25lIn0.e30."], ids=["none", "text", "unsigned"]
)
async def test_nobody_goes_round_the_gateway(chain: Chain, forged: str | None) -> None:
    """A service that gets no grant of the gateway answers 401, also from inside, for every operation."""
    headers = [] if forged is None else [(GRANT_HEADER.lower().encode(), forged.encode())]
    headers += [(b"x-tenant", b"1916"), (b"x-user", b"administrator"), (b"content-type", b"application/json")]
    upstreams: Mapping[str, Any] = chain.door.app.upstreams  # type: ignore[attr-defined]
    for operation in chain.operations:
        if operation.public:
            continue
        answer = await upstreams[operation.service].ask(
            operation.method, address_of(operation), headers=headers, deadline=30
        )
        assert answer.status == 401, f"{operation.method} {operation.route}: {answer.status}"


async def test_without_a_token_only_open_operations_answer(chain: Chain) -> None:
    for operation in chain.operations:
        answer = await chain.ask(operation.method, address_of(operation), [])
        assert (answer.status == 401) is not OPERATIONS[operation.method, operation.route].public


@pytest.mark.capability("GW-01")
async def test_each_organisation_sees_the_gemeenten_that_the_table_says(chain: Chain) -> None:
    for party, role in CALLERS:
        me = (await chain.read(login(party, role), "/gateway/v1/me")).body
        scopes = {
            one["gemeentecode"]: SimpleNamespace(
                level=one["level"], purposes=frozenset(one["purposes"]), basis=one["basis"]
            )
            for one in me["gemeenten"]
        }
        wanted = SIGHT.get((party.name, role.value), ("–",) * len(GEMEENTEN))
        assert sight_of(scopes) == wanted, f"{party.name} as {role.value}"


LOOKS = {
    "GET /intake/v1/inburgeraars/{inburgeraarId}": "/intake/v1/inburgeraars/{id}",
    "GET /intake/v1/inburgeraars/{inburgeraarId}/pips": "/intake/v1/inburgeraars/{id}/pips",
    "GET /intake/v1/inburgeraars/{inburgeraarId}/versions": "/intake/v1/inburgeraars/{id}/versions",
    "GET /intake/v1/inburgeraars/{inburgeraarId}/access-log": "/intake/v1/inburgeraars/{id}/access-log",
    "GET /learning-routes/v1/inburgeraars/{inburgeraarId}/ledger": "/learning-routes/v1/inburgeraars/{id}/ledger",
    "GET /notifications/v1/deadlines": "/notifications/v1/deadlines?inburgeraarId={id}",
}
"""Operations that look at one person, each with how a person is asked for."""


@pytest.mark.timeout(600)
@pytest.mark.capability("GW-02", "GW-03")
@pytest.mark.parametrize("look", LOOKS)
async def test_a_person_is_seen_missed_or_refused_as_the_table_says(chain: Chain, look: str) -> None:
    method, _, route = look.partition(" ")
    row = OPERATIONS[method, route]
    wrong = []
    for party, role in CALLERS:
        if role not in row.allowed:
            continue
        for code, person in chain.persons.items():
            wanted = seen(party, role, code, row.purpose_of(role))
            answer = await chain.read(login(party, role), LOOKS[look].format(id=person))
            told = f"{party.name} as {role.value} at a person of {code}: {answer.status} {answer.code}, wanted {wanted}"
            if answer.status != wanted:
                wrong.append(told)
            elif wanted == 403 and (answer.code != "agreement-missing" or not answer.body["missing"]):
                wrong.append(f"{told}, without naming what is missing")
    assert not wrong, "\n".join(wrong)


@pytest.mark.capability("GW-02", "GW-03")
async def test_the_same_code_answers_two_policy_officers_in_opposite_ways(chain: Chain) -> None:
    """Oegstgeest sees its own person; Wassenaar is told which agreement is missing, and sees once it is there."""

    async def look(slug: str, code: str) -> Answer:
        return await chain.read(f"policy-officer@{slug}", f"/intake/v1/inburgeraars/{chain.persons[code]}")

    seen = await look("gemeente-oegstgeest", "0579")
    assert (seen.status, seen.body["familyName"]) == (200, "Persoon 0579")
    refused = await look("gemeente-wassenaar", "0629")
    assert (refused.status, refused.code) == (403, "agreement-missing")
    assert refused.body["missing"] == (
        "gegevensovereenkomst op persoonsniveau tussen Gemeente Leidschendam-Voorburg en Gemeente Wassenaar"
    )
    assert refused.body["missing"] in refused.body["detail"]
    made = await chain.post(
        "administrator@operations",
        "/gateway/v1/agreements",
        {
            "name": "Gegevensovereenkomst Leidschendam-Voorburg en Wassenaar",
            "providerId": str(organisation_id("gemeente-leidschendam-voorburg")),
            "receiverId": str(organisation_id("gemeente-wassenaar")),
            "gemeentecodes": ["0629"],
            "level": "person",
            "purposes": [Purpose.CASE_WORK],
            "dataSet": "Dossier",
            "legalGround": "AVG art. 6 lid 1 onder e",
            "validFrom": "2024-11-01",
        },
    )
    agreed = await look("gemeente-wassenaar", "0629")
    assert (agreed.status, agreed.body["familyName"]) == (200, "Persoon 0629")
    assert (await look("gemeente-voorschoten", "0626")).status == 403
    other = await chain.read(
        "policy-officer@gemeente-wassenaar",
        f"/learning-routes/v1/inburgeraars/{chain.persons['0629']}/ledger",
    )
    assert (other.status, other.code) == (403, "agreement-missing")
    assert "Gegevensovereenkomst Leidschendam-Voorburg en Wassenaar" in other.body["missing"]
    token = (await chain.authorise("administrator@operations"))[0][1].decode()
    ended = await chain.client.patch(
        f"/gateway/v1/agreements/{made['id']}",
        json={"validUntil": "2024-11-04"},
        headers={"Authorization": token, "If-Match": f'"{made["version"]}"'},
    )
    assert ended.status_code == 200
    assert (await look("gemeente-wassenaar", "0629")).status == 403


async def test_ids_of_nobody_and_of_others_answer_the_same(chain: Chain) -> None:
    """A person of another chain and a person who does not exist cannot be told apart."""
    name = "consulent@gemeente-leiden"
    bodies = []
    for person in (chain.persons["1916"], str(UUID(int=0x1234_5678_1234_4678_9234_5678_1234_5678))):
        answer = await chain.read(name, f"/intake/v1/inburgeraars/{person}")
        assert answer.status == 404
        bodies.append({key: value for key, value in answer.body.items() if key != "instance"})
    assert bodies[0] == bodies[1]
