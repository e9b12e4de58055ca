# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S06: every id in an address, a query or a body replaced by the one of another gemeente or another person.

One id at a time: the rest of the request stays the caller's own, so that nested addresses and mixed
bodies are tried too. Nothing is read and nothing is written of the other.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from chassis.access import Caller
from chassis.db import Database, Operation as Doing
from gateway.catalogue import Operation
from tests.security.population import Tenant, World
from tests.security.sending import Contract, Sent, allowed_caller, contract_of, fill, names_in, send
from tests.security.snapshots import changed, snapshot

OWN, FOREIGN = "1916", "0546"
MINE = ("consulent@gemeente-leidschendam-voorburg", "teacher@echt-nederlands")
SHARED = {"organisationId", "providerId", "gemeentecode", "memberId", "leadMemberId", "periodId"}
"""What leads to no person: registers that every gemeente reads."""


@dataclass(frozen=True, slots=True)
class Swap:
    """A request in which one id is somebody else's."""

    operation: Operation
    caller: str
    where: str
    path: str
    body: Any

    def __str__(self) -> str:
        return f"{self.operation.method} {self.operation.route} with a foreign {self.where}"


def swaps(world: World, contract: Contract, other: Tenant) -> Iterator[Swap]:
    """Every request with one id of the other, for every operation that the two callers may use."""
    mine = world.tenants[OWN].ids
    for operation in world.chain.operations:
        caller = allowed_caller(operation, *MINE)
        if operation.service == "gateway" or caller not in MINE:
            continue
        schema = contract.body_schema(operation)
        body = None if schema is None else contract.example(operation.service, schema, mine)
        for name in names_in(operation.route):
            if name in other.ids and name not in SHARED:
                yield Swap(
                    operation, caller, name, fill(operation.route, {**mine, name: other.ids[name]}), body
                )
        for name in sorted(contract.query_names(operation) & other.ids.keys() - SHARED):
            path = f"{fill(operation.route, mine)}?{name}={other.ids[name]}&from=2024-11-01&until=2024-11-30"
            if "from" not in contract.query_names(operation):
                path = path.partition("&from")[0]
            yield Swap(operation, caller, name, path, body)
        for where, changed_body in _bodies(body, mine, other.ids):
            yield Swap(operation, caller, f"{where} in the body", fill(operation.route, mine), changed_body)


def _bodies(body: Any, mine: Mapping[str, str], theirs: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """A body once for each id in it, with that id replaced; of a list both, the own and the foreign one."""
    if not isinstance(body, dict):
        return
    for name, value in body.items():
        field = "inburgeraarId" if name in {"ids", "inburgeraarIds"} else name
        if field in SHARED or field not in theirs:
            continue
        replaced = copy.deepcopy(body)
        replaced[name] = [mine[field], theirs[field]] if isinstance(value, list) else theirs[field]
        yield name, replaced


def _refused(answer: Sent, swap: Swap, other: Tenant) -> str | None:
    """What is wrong with an answer; None if nothing of the other was read or done."""
    if answer.status >= 500:
        return f"{swap}: {answer.status}"
    leaked = other.leaked_in(answer.text)
    if leaked:
        return f"{swap}: shows {leaked}"
    if answer.status >= 400:
        return None
    listed = answer.body.get("items", None) if isinstance(answer.body, dict) else None
    if listed == [] or "_read" in swap.path or answer.body.get("persons") == 0:
        return None
    if swap.operation.method == "GET" and any(part in swap.path for part in ("/groups", "/lessons")):
        ids = [other.ids[name] for name in ("inburgeraarId", "placementId", "attendanceId")]
        return f"{swap}: shows a person in a timetable" if any(one in answer.text for one in ids) else None
    return f"{swap}: {answer.status} {answer.text[:200]}"


async def findings(world: World, other: Tenant) -> tuple[int, list[str]]:
    """Send every swap; answers how many and what was wrong."""
    contract = contract_of(world.chain)
    tried, wrong = 0, []
    for swap in swaps(world, contract, other):
        media = contract.media_type(swap.operation)
        answer = await send(
            world.chain, swap.caller, swap.operation.method, swap.path, swap.body, media=media
        )
        tried += 1
        if (fault := _refused(answer, swap, other)) is not None:
            wrong.append(fault)
    return tried, wrong


@pytest.mark.security("S06")
@pytest.mark.timeout(300)
async def test_nothing_of_another_gemeente_is_read_or_written_by_its_id(
    world: World, postgres_url: str
) -> None:
    other = world.tenants[FOREIGN]
    about = [other.ids[name] for name in ("inburgeraarId", "placementId", "groupId", "signalId")]
    before = await snapshot(world.chain, postgres_url, about=about, tables=("outbox",))
    tried, wrong = await findings(world, other)
    assert tried >= 40
    assert not wrong, "\n".join(wrong)
    assert changed(before, await snapshot(world.chain, postgres_url, about=about, tables=("outbox",))) == []


@pytest.mark.security("S06")
async def test_of_a_list_with_one_foreign_id_only_that_item_is_refused(world: World) -> None:
    own, other = world.tenants[OWN], world.tenants[FOREIGN]
    read = await send(
        world.chain, MINE[0], "POST", "/intake/v1/inburgeraars/_read", {"ids": [own.person, other.person]}
    )
    assert read.status == 200
    assert [one["id"] for one in read.body["items"]] == [own.person]
    assert read.body["missing"] == [other.person]
    row = {"lessonDate": "2024-11-05", "dayPart": "morning", "status": "unexcused"}
    batch = await send(
        world.chain,
        MINE[1],
        "POST",
        "/learning-routes/v1/attendance-batches",
        {"rows": [{**row, "inburgeraarId": own.person}, {**row, "inburgeraarId": other.person}]},
    )
    assert [one["outcome"] for one in batch.body["rows"]] == ["unchanged", "rejected"]
    assert not other.leaked_in(batch.text)
    moved = await send(
        world.chain,
        "kwaliteitsmedewerker@gemeente-leidschendam-voorburg",
        "POST",
        "/intake/v1/inburgeraars/_reassign",
        {"inburgeraarIds": [own.person, other.person], "toMemberId": None},
    )
    assert moved.status == 400 or other.person not in moved.body["inburgeraarIds"]


@pytest.mark.security("S06")
async def test_an_own_lesson_takes_no_attendance_of_somebody_who_does_not_sit_in_it(world: World) -> None:
    """Another person of the same school: both ids are the caller's, their combination is not."""
    lesson, elsewhere = world.tenants[OWN].ids["lessonId"], world.tenants["0629"].person
    answer = await send(
        world.chain,
        MINE[1],
        "PUT",
        f"/learning-routes/v1/lessons/{lesson}/attendances/{elsewhere}",
        {"status": "present"},
    )
    assert (answer.status, answer.code) == (409, "not-enrolled")


@pytest.mark.security("S06")
@pytest.mark.timeout(300)
async def test_planted_a_database_that_hides_nothing_is_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weakness: every transaction carries the platform itself, so row-level security lets all rows through."""
    identity = Database._identity

    def system(self: Database, caller: Caller | None, operation: Doing) -> dict[str, str]:
        del caller
        return identity(self, None, operation)

    monkeypatch.setattr(Database, "_identity", system)
    contract, other = contract_of(world.chain), world.tenants[FOREIGN]
    wrong = []
    for swap in swaps(world, contract, other):
        if swap.operation.method == "GET":
            answer = await send(world.chain, swap.caller, "GET", swap.path)
            wrong.append(_refused(answer, swap, other))
    assert any(one is not None for one in wrong)
