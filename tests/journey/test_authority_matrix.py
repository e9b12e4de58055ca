# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every operation of every service as every role of every organisation, against the table that people read.

The whole platform runs in this process, on databases of its own. The demo's organisations take part,
with the three kinds that the demo has no organisation of; each has one member for each of its roles.
"""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import httpx
import orjson
import pytest
import pytest_asyncio

from chassis.access import GRANT_HEADER
from chassis.clock import MovableClock
from chassis.settings import PlatformSettings
from chassis.testing import fresh_database
from contracts.access import OrganisationKind, Purpose, Role
from demo import entries
from demo.chain import AGREEMENTS, GEMEENTEN, MANDATES, ORGANISATIONS, organisation_id
from embedded.app import ALL, everything
from embedded.environment import DEMO_BEGINS, environment
from embedded.folder import DataFolder
from gateway.app import Gateway
from gateway.catalogue import Operation
from gateway.upstreams import InProcess
from tools.authority import KIND_ROLES, PAGE, Row, page, parse, rows_of, sight_of

URL = "http://127.0.0.1:8000"
TODAY = datetime.fromisoformat("2024-11-05T09:00:00+01:00")
OPERATIONS, SIGHT = parse(PAGE.read_text(encoding="utf-8"))
ACTIVE = {"administrator@operations", "consulent@gemeente-leiden", "consulent@gemeente-leidschendam-voorburg"}


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation that takes part."""

    slug: str
    name: str
    kinds: tuple[str, ...]
    gemeentecode: str | None = None
    serves: tuple[str, ...] = ()

    @property
    def roles(self) -> list[Role]:
        return sorted({role for kind in self.kinds for role in KIND_ROLES[kind]}, key=list(Role).index)


PARTIES = [
    *(Party(one.slug, one.name, tuple(one.kinds), one.gemeentecode, one.serves) for one in ORGANISATIONS),
    Party("newbees", "NewBees", (OrganisationKind.PARTICIPATION_PARTNER,)),
    Party("duo", "DUO", (OrganisationKind.DUO,)),
    Party("coa", "COA", (OrganisationKind.COA,)),
]
CALLERS = [(party, role) for party in PARTIES for role in party.roles]


def login(party: Party, role: Role) -> str:
    return f"{role.value}@{party.slug}"


@dataclass(slots=True)
class Answer:
    """What came back."""

    status: int
    body: Any

    @property
    def code(self) -> str | None:
        return self.body.get("code") if isinstance(self.body, dict) else None


@dataclass(slots=True)
class Chain:
    """The platform at work, with the people of the chain in it."""

    door: Gateway
    client: httpx.AsyncClient
    tokens: dict[str, bytes] = field(default_factory=dict)
    persons: dict[str, str] = field(default_factory=dict)  # one inburgeraar per gemeentecode
    _front: InProcess = field(init=False)

    def __post_init__(self) -> None:
        self._front = InProcess("front", self.door.app, limit=10)

    @property
    def operations(self) -> list[Operation]:
        return list(self.door.catalogues.catalogue.operations())

    async def authorise(self, name: str) -> list[tuple[bytes, bytes]]:
        if name not in self.tokens:
            answer = await self.client.post("/demo/v1/tokens", json={"name": name})
            assert answer.status_code == 200, answer.text
            self.tokens[name] = f"Bearer {answer.json()['access_token']}".encode()
        return [(b"authorization", self.tokens[name])]

    async def ask(self, method: str, path: str, headers: Iterable[tuple[bytes, bytes]]) -> Answer:
        """Through the front door, without a body: who may not call is refused before it is read."""
        given = [*headers, (b"content-type", b"application/json"), (b"if-match", b'"1"')]
        answer = await self._front.ask(method, path, headers=given, deadline=30)
        return Answer(answer.status, orjson.loads(answer.body) if answer.body else None)

    async def post(self, name: str, path: str, body: Any, **headers: str) -> Any:
        token = (await self.authorise(name))[0][1].decode()
        answer = await self.client.post(path, json=body, headers={"Authorization": token, **headers})
        assert answer.is_success, f"{name} POST {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def read(self, name: str, path: str) -> Answer:
        return await self.ask("GET", path, await self.authorise(name))


def bootstrap(folder: Path) -> Path:
    path = folder / "bootstrap.json"
    path.write_text(
        json.dumps(
            {
                "organisations": [
                    {
                        "id": str(organisation_id(one.slug)),
                        "slug": one.slug,
                        "name": one.name,
                        "kinds": list(one.kinds),
                        "gemeentecode": one.gemeentecode,
                        "serves": list(one.serves),
                    }
                    for one in PARTIES
                ],
                "members": [
                    {
                        "id": str(uuid5(NAMESPACE_URL, login(party, role))),
                        "name": login(party, role),
                        "displayName": f"{role.value} van {party.name}",
                        "organisation": party.slug,
                        "roles": [role.value],
                    }
                    for party, role in CALLERS
                ],
            }
        )
    )
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chain(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chain]:
    root = tmp_path_factory.mktemp("authority")
    folder = DataFolder(root)
    folder.secrets.mkdir()
    told = environment(folder, address=URL, bootstrap=bootstrap(root))
    fast = {f"GATEWAY_{who}_BURST": "1000000" for who in ("CALLER", "ORGANISATION", "ADDRESS")}
    async with AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in {**told, **fast}.items():
            patch.setenv(name, value)
        databases = {
            service.name: await stack.enter_async_context(fresh_database(service, postgres_url))
            for service in ALL
        }
        clock = MovableClock(folder.clock, start=datetime.fromisoformat(DEMO_BEGINS))
        door = await stack.enter_async_context(
            everything(databases, platform=PlatformSettings(), clock=clock)
        )
        transport = httpx.ASGITransport(app=door.app, raise_app_exceptions=False)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=URL))
        made = Chain(door, client)
        await _load(made)
        yield made


async def _load(made: Chain) -> None:
    administrator = "administrator@operations"
    for mandate in MANDATES:
        await made.post(
            administrator, "/gateway/v1/mandates", entries.mandate_body(mandate, id_=str(uuid4()))
        )
    for agreement in AGREEMENTS:
        body = entries.agreement_body(agreement, id_=str(uuid4()))
        await made.post(administrator, "/gateway/v1/agreements", body)
    executing = {mandate.by: mandate.to for mandate in MANDATES}
    for code in GEMEENTEN:
        consulent = f"consulent@{GEMEENTEN[executing.get(code, code)]}"
        person = {
            "givenNames": "Test",
            "familyName": f"Persoon {code}",
            "birthDate": "1990-01-01",
            "gender": "female",
            "group": "statushouder",
            "permitType": "asiel",
            "gemeentecode": code,
            "obligedOn": "2024-08-01",
            "duoNoticeOn": "2024-08-05",
            "brpOn": "2024-08-10",
        }
        made.persons[code] = (await made.post(consulent, "/intake/v1/inburgeraars", person))["id"]
    await made.post(administrator, "/demo/v1/clock", {"now": TODAY.isoformat()})


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


def _address(operation: Operation) -> str:
    """An address of an operation with ids of nothing."""
    parts = [
        ("1916" if "code" in part.lower() else str(uuid4())) if part.startswith("{") else part
        for part in operation.route.split("/")
    ]
    return "/".join(parts)


def _verdict(row: Row, role: Role, answer: Answer) -> str | None:
    """What is wrong with an answer; None if it is what the table says."""
    if answer.status >= 500 or answer.status in {401, 405, 406, 415}:
        return f"answered {answer.status} {answer.code}"
    refused = answer.status == 403 and answer.code == "role-missing"
    if refused and role in row.allowed:
        return "was refused and may"
    if not refused and role not in row.allowed and not row.public:
        return f"was let in ({answer.status} {answer.code}) and may not"
    return None


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
            answer = await chain.ask(operation.method, _address(operation), headers)
            calls += 1
            if (fault := _verdict(row, role, answer)) is not None:
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
            operation.method, _address(operation), headers=headers, deadline=30
        )
        assert answer.status == 401, f"{operation.method} {operation.route}: {answer.status}"


async def test_without_a_token_only_open_operations_answer(chain: Chain) -> None:
    for operation in chain.operations:
        answer = await chain.ask(operation.method, _address(operation), [])
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


def _seen(party: Party, role: Role, code: str, purpose: str) -> int:
    """The status that the second table promises for a look at a person of a gemeente."""
    cell = SIGHT.get((party.name, role.value), ("–",) * len(GEMEENTEN))[list(GEMEENTEN).index(code)]
    if cell == "–":
        return 404
    purposes = {part.strip() for part in cell.partition(" *(")[0].split(",")}
    return 200 if purpose in purposes else 403


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
            wanted = _seen(party, role, code, row.purpose_of(role))
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
