# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The whole chain in this process: every organisation, every role, one person in each gemeente.

The platform runs on databases of its own. The demo's organisations take part, with the three kinds
that the demo has no organisation of; each has one member for each of its roles.
"""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import httpx
import orjson
import pytest

from chassis.clock import MovableClock
from chassis.migrate import Prepared
from chassis.settings import PlatformSettings
from chassis.testing import fresh_database
from contracts.access import OrganisationKind, Role
from demo import entries
from demo.chain import AGREEMENTS, GEMEENTEN, MANDATES, ORGANISATIONS, organisation_id
from embedded.app import ALL, everything
from embedded.environment import DEMO_BEGINS, environment
from embedded.folder import DataFolder
from gateway.app import Gateway
from gateway.catalogue import Operation
from gateway.upstreams import InProcess
from tools.authority import KIND_ROLES, PAGE, Row, parse

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
    databases: dict[str, Prepared] = field(default_factory=dict)
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
        kind = b"text/csv" if path.endswith("-imports") else b"application/json"  # what is imported is a file
        given = [*headers, (b"content-type", kind), (b"if-match", b'"1"')]
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


@asynccontextmanager
async def chain_at_work(postgres_url: str, root: Path) -> AsyncIterator[Chain]:
    """The chain, running; everything is gone when the block ends.

    Args:
        postgres_url: of a superuser.
        root: an empty folder.
    """
    folder = DataFolder(root)
    folder.secrets.mkdir()
    told = environment(folder, address=URL, bootstrap=bootstrap(root))
    fast = {f"GATEWAY_{who}_BURST": "1000000" for who in ("CALLER", "ORGANISATION", "ADDRESS")}
    async with AsyncExitStack() as stack:
        databases = {
            service.name: await stack.enter_async_context(fresh_database(service, postgres_url))
            for service in ALL
        }
        clock = MovableClock(folder.clock, start=datetime.fromisoformat(DEMO_BEGINS))
        with pytest.MonkeyPatch.context() as starting:  # others' tests read the environment while it runs
            for name, value in {**told, **fast}.items():
                starting.setenv(name, value)
            door = await stack.enter_async_context(
                everything(databases, platform=PlatformSettings(), clock=clock)
            )
        transport = httpx.ASGITransport(app=door.app, raise_app_exceptions=False)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=URL))
        made = Chain(door, client, databases)
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


def address_of(operation: Operation) -> str:
    """An address of an operation with ids of nothing."""
    parts = [
        ("1916" if "code" in part.lower() else str(uuid4())) if part.startswith("{") else part
        for part in operation.route.split("/")
    ]
    return "/".join(parts)


def verdict(row: Row, role: Role, answer: Answer) -> str | None:
    """What is wrong with an answer; None if it is what the table says."""
    if answer.status >= 500 or answer.status in {401, 405, 406, 415}:
        return f"answered {answer.status} {answer.code}"
    refused = answer.status == 403 and answer.code == "role-missing"
    if refused and role in row.allowed:
        return "was refused and may"
    if not refused and role not in row.allowed and not row.public:
        return f"was let in ({answer.status} {answer.code}) and may not"
    return None


def seen(party: Party, role: Role, code: str, purpose: str) -> int:
    """The status that the second table promises for a look at a person of a gemeente."""
    cell = SIGHT.get((party.name, role.value), ("–",) * len(GEMEENTEN))[list(GEMEENTEN).index(code)]
    if cell == "–":
        return 404
    purposes = {part.strip() for part in cell.partition(" *(")[0].split(",")}
    return 200 if purpose in purposes else 403
