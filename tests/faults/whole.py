# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The whole product under load: clients write through the gateway and keep what they are promised."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any

import aiohttp
import asyncpg
from sqlalchemy import make_url

from demo import entries
from demo.caseload import make_caseload
from demo.chain import CONTRACTS, PROVIDERS, member_id
from demo.timetable import GROUPS
from embedded.app import ALL
from embedded.databases import known_passwords
from embedded.environment import environment
from embedded.folder import DataFolder
from tests.faults.own_peers import OwnPostgres
from tests.faults.promises import Promises
from tests.faults.sizes import PATIENCE, sized
from tests.journey.platform import Platform

CONSULENT, QUALITY = "consulent-lv", "kwaliteitsmedewerker-lv"
SCHOOL, TEACHER = "system-echt-nederlands", "teacher-echt-nederlands"
OTHER_CONSULENT = "consulent-leiden"
IDENTITIES = (CONSULENT, QUALITY, SCHOOL, TEACHER, OTHER_CONSULENT, "administrator")
SERVICES = ("housing", "intake", "learning-routes", "notifications")
GEMEENTE = "1916"
LESSON_HOURS = 3
STATUSES = ("present", "excused", "sick", "unexcused")
_LEARNERS = 8  # in one group
_FIRST_DAY, _LAST_DAY = date(2024, 11, 1), date(2024, 11, 28)
_NOW = "2024-11-28T20:00:00+01:00"
_TIMES = {"morning": ("08:45", "11:45"), "afternoon": ("13:00", "16:00")}
_RETRY = {0, 409, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was not acknowledged at once."""

    at: float  # monotonic
    service: str
    status: int  # 0: no answer
    body: str
    code: str = ""  # of the problem document, if it was one


@dataclass
class Load:
    """What clients met while they wrote."""

    writes: int = 0
    times: list[tuple[float, str, float]] = field(default_factory=list)  # end, service, seconds
    refusals: list[Refusal] = field(default_factory=list)


class Whole:
    """All processes, people with lessons, and hands to use and to break them."""

    def __init__(self, platform: Platform, postgres: OwnPostgres) -> None:
        self.platform = platform
        self.postgres = postgres
        self.folder = DataFolder(platform.folder / "data")
        self.tokens: dict[str, str] = {}
        self.provider = ""
        self.learners: list[str] = []
        self.lessons: list[str] = []
        self._numbers = 0

    def database(self, service: str) -> str:
        """The name of a service's database."""
        prefix = self.platform.environment["OPEN_INBURGERING_DATABASE_PREFIX"]
        return f"{prefix}_{service.replace('-', '_')}"

    async def sql(self, service: str, statement: str, *values: Any) -> list[Any]:
        """Rows of a query in a service's schema as superuser, past the service."""
        connection = await asyncpg.connect(self.postgres.url, database=self.database(service))
        try:
            await connection.execute(f"SET search_path = {service.replace('-', '_')}")
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    async def furnish(self) -> None:
        """A school with a contract, a group with lessons, and learners with a chair in it."""
        with ThreadPoolExecutor(3) as threads:
            told = threads.map(lambda name: self.platform.command("demo", "token", name).strip(), IDENTITIES)
            self.tokens = dict(zip(IDENTITIES, told, strict=True))
        async with self.client() as client:
            await self.call(client, "administrator", "POST", "/demo/v1/clock", {"now": _NOW})
            body = entries.provider_body(PROVIDERS[0])
            self.provider = (await self.make(client, QUALITY, "/learning-routes/v1/providers", body))["id"]
            terms = entries.contract_body(CONTRACTS[0], provider_id=self.provider)
            terms["gemeentecodes"] = [GEMEENTE]
            await self.make(client, QUALITY, "/learning-routes/v1/contracts", terms)
            placements = await asyncio.gather(*(self.placed(client) for _ in range(_LEARNERS)))
            self.learners = [person for person, _ in placements]
            group = await self.group(client)
            for _, placement in placements:
                await self.make(
                    client,
                    SCHOOL,
                    f"/learning-routes/v1/groups/{group}/memberships",
                    {"placementId": placement},
                )
            days = [_FIRST_DAY + timedelta(days=n) for n in range((_LAST_DAY - _FIRST_DAY).days + 1)]
            for day in [day for day in days if day.weekday() < 5]:
                for part, (starts, ends) in _TIMES.items():
                    lesson = {"date": day.isoformat(), "dayPart": part, "startsAt": starts, "endsAt": ends}
                    made = await self.make(
                        client,
                        SCHOOL,
                        f"/learning-routes/v1/groups/{group}/lessons",
                        lesson | {"hours": LESSON_HOURS},
                    )
                    self.lessons.append(made["id"])

    async def group(self, client: aiohttp.ClientSession) -> str:
        """A new group of the school."""
        body = entries.group_body(GROUPS[0], provider_id=self.provider, location_id=None)
        return str((await self.make(client, SCHOOL, "/learning-routes/v1/groups", body))["id"])

    async def placed(self, client: aiohttp.ClientSession) -> tuple[str, str]:
        """Somebody with a PIP and a placement at the school: ids of both."""
        case = _LEARNER
        person = str((await self.make(client, CONSULENT, "/intake/v1/inburgeraars", self.person()))["id"])
        lead = {"memberId": str(member_id(CONSULENT))}
        await self.call(client, CONSULENT, "PUT", f"/intake/v1/inburgeraars/{person}/lead", lead)
        assert case.pip is not None
        await self.make(
            client, CONSULENT, f"/intake/v1/inburgeraars/{person}/pips", entries.pip_body(case.pip)
        )
        assert case.placement is not None
        body = entries.placement_body(case.placement, inburgeraar_id=person, provider_id=self.provider)
        body["providerReference"] = person[:8]
        placement = await self.make(client, CONSULENT, "/learning-routes/v1/placements", body, key=person)
        return person, str(placement["id"])

    def person(self, name: str = "") -> dict[str, Any]:
        """Of POST /intake/v1/inburgeraars: somebody new, without numbers."""
        self._numbers += 1
        body = entries.person_body(_LEARNER) | {"familyName": name or f"Leerling {self._numbers}"}
        return {field: value for field, value in body.items() if field not in {"bsn", "vNumber"}}

    def client(self) -> aiohttp.ClientSession:
        """The connections of a client."""
        return aiohttp.ClientSession(
            self.platform.url,
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=60),
        )

    async def call(
        self,
        client: aiohttp.ClientSession,
        name: str,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The body of a call that succeeds; waits while a service is busy, or an event is on its way."""
        give_up = time.monotonic() + PATIENCE
        status, answer = await self.ask(client, name, method, path, body, headers)
        while time.monotonic() < give_up and (
            status == 503 or (status == 409 and answer["code"] == "reference-not-yet-known")
        ):
            await asyncio.sleep(0.5)
            status, answer = await self.ask(client, name, method, path, body, headers)
        assert status < 300, f"{method} {path}: {status} {answer}"
        return answer

    async def ask(
        self,
        client: aiohttp.ClientSession,
        name: str,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Status and body of a call; status 0 where no answer came."""
        status, said = await self._ask(client, name, method, path, body, headers)
        if status != 401:
            return status, said
        renewed = await asyncio.to_thread(self.platform.command, "demo", "token", name)  # an hour has passed
        self.tokens[name] = renewed.strip()
        return await self._ask(client, name, method, path, body, headers)

    async def _ask(
        self,
        client: aiohttp.ClientSession,
        name: str,
        method: str,
        path: str,
        body: Any,
        headers: Mapping[str, str] | None,
    ) -> tuple[int, Any]:
        sent = {"Authorization": f"Bearer {self.tokens[name]}", **(headers or {})}
        try:
            async with client.request(method, path, json=body, headers=sent) as answer:
                return answer.status, await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as fault:
            return 0, type(fault).__name__

    async def make(
        self, client: aiohttp.ClientSession, name: str, path: str, body: Any, key: str | None = None
    ) -> Any:
        """The body of a POST that is taken; waits while an event is on its way, or a service is busy."""
        headers = {"Idempotency-Key": key} if key else {}
        give_up = time.monotonic() + PATIENCE
        while True:
            status, answer = await self.ask(client, name, "POST", path, body, headers)
            if status < 300 and status:
                return answer
            waits = status == 503 or (status == 409 and answer["code"] == "reference-not-yet-known")
            assert waits and time.monotonic() < give_up, f"POST {path}: {status} {answer}"  # noqa: PT018
            await asyncio.sleep(0.2)

    async def write(
        self,
        promises: Promises,
        over: asyncio.Event,
        *,
        writes: int,
        per_second: int,
        dice: Random,
        label: str,
    ) -> Load:
        """So many writes at least, and more until it is over; each is repeated until it is acknowledged."""
        load = Load()
        cells = [(lesson, person) for lesson in self.lessons for person in self.learners]
        numbers = count()
        async with self.client() as client:

            async def work(mine: list[tuple[str, str]], own_dice: Random) -> None:
                for number in numbers:
                    if number >= writes and over.is_set():
                        return
                    began = time.monotonic()
                    if own_dice.random() < 0.7:
                        lesson, person = own_dice.choice(mine)
                        status = own_dice.choice(STATUSES)
                        await self._roll_call(client, promises, load, lesson, person, status)
                    else:
                        await self._register(client, promises, load, f"{label}-{number}")
                    load.writes += 1
                    await asyncio.sleep(max(0.0, began + CLIENTS / per_second - time.monotonic()))

            await asyncio.gather(*(work(cells[n::CLIENTS], Random(dice.random())) for n in range(CLIENTS)))
        return load

    async def _roll_call(
        self,
        client: aiohttp.ClientSession,
        promises: Promises,
        load: Load,
        lesson: str,
        person: str,
        status: str,
    ) -> None:
        path = f"/learning-routes/v1/lessons/{lesson}/attendances/{person}"
        await self._until_taken(
            client, promises, load, (TEACHER, "PUT", path, {"status": status}), f"{lesson} {person}", status
        )

    async def _register(
        self, client: aiohttp.ClientSession, promises: Promises, load: Load, name: str
    ) -> None:
        asked = (CONSULENT, "POST", "/intake/v1/inburgeraars", self.person(name))
        await self._until_taken(client, promises, load, asked, f"person {name}", None, key=name)

    async def _until_taken(
        self,
        client: aiohttp.ClientSession,
        promises: Promises,
        load: Load,
        asked: tuple[str, str, str, Any],
        thing: str,
        word: Any,
        *,
        key: str | None = None,
    ) -> None:
        name, method, path, body = asked
        service = path.split("/")[1]
        give_up = time.monotonic() + PATIENCE
        pause = 0.15
        while True:
            promises.trying(thing, word)
            began = time.monotonic()
            status, answer = await self.ask(
                client, name, method, path, body, {"Idempotency-Key": key} if key else None
            )
            ended = time.monotonic()
            if 200 <= status < 300:
                promises.acknowledged(thing, word or answer["id"])
                load.times.append((ended, service, ended - began))
                return
            code = str(answer.get("code", "")) if isinstance(answer, dict) else ""
            load.refusals.append(Refusal(ended, service, status, str(answer)[:2000], code))
            assert status in _RETRY, f"{method} {path}: {status} {answer}"
            assert ended < give_up, f"never taken: {method} {path}: {status} {answer}"
            await asyncio.sleep(pause)
            pause = min(1.0, pause * 1.5)  # as a client should: who hammers keeps a service from coming back

    def pids(self) -> dict[str, int]:
        """The process of each service, and of the launcher."""
        return {one.name: one.pid for one in self.folder.living()}

    def settings(self, name: str) -> dict[str, str]:
        """The settings with which a service or the gateway was started, its port apart."""
        schema, folder = name.replace("-", "_"), self.folder
        password = known_passwords(folder.secrets / "databases.json", ALL)[f"{schema}_app"]
        address = make_url(self.postgres.url).set(
            username=f"{schema}_app", password=password, database=self.database(name)
        )
        made = environment(folder, address=self.platform.url, bootstrap=folder.secrets / "bootstrap.json")
        return {
            **made,
            **self.platform.environment,
            f"{schema.upper()}_DATABASE_URL": address.render_as_string(hide_password=False),
            f"{schema.upper()}_HOST": "127.0.0.1",
            "GATEWAY_PORTAL_URL": self.addresses()["portal"],
        }

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to a process, by its id; answers that."""
        pid = self.pids()[name]
        os.kill(pid, number)
        return pid

    def addresses(self) -> dict[str, str]:
        """Where each process answers."""
        return {one.name: str(one.address) for one in self.folder.living()}

    async def all_ready(self, seconds: float = PATIENCE) -> float:
        """Wait until every process takes requests; answers how long that took."""
        began = time.monotonic()
        async with self.client() as client:
            while True:
                paths = {
                    "housing": "corporations",
                    "intake": "inburgeraars",
                    "learning-routes": "providers",
                    "notifications": "signals",
                }
                asked = [
                    self.ask(client, CONSULENT, "GET", f"/{service}/v1/{path}?pageSize=1")
                    for service, path in paths.items()
                ]
                answers = await asyncio.gather(*asked)
                if all(status == 200 for status, _ in answers):
                    return time.monotonic() - began
                assert time.monotonic() - began < seconds, f"not ready: {answers}"
                await asyncio.sleep(0.05)


_LEARNER = next(case for case in make_caseload() if case.person.key == "lv-001")
CLIENTS = sized(8, 16)
