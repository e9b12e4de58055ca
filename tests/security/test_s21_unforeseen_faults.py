# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S21: a fault that nobody foresaw, provoked in every service, tells nothing but its number."""

import re
from typing import Any

import pytest

from chassis.db import Database
from chassis.errors import Problem
from gateway.catalogue import Catalogue
from portal.session import SessionCookie
from tests.security.population import World
from tests.security.sending import Sent, allowed_caller, fill, send

INSIDE = (
    "SELECT bsn FROM intake.inburgeraar WHERE bsn = '999990019' -- /srv/secret/settings.py password=hunter2"
)
TELLS = re.compile(
    r"Traceback|File \"|\.py|SELECT|inburgeraar WHERE|/srv/|hunter2|999990019|RuntimeError|asyncpg|sqlalchemy"
)
INSTANCE = re.compile(r"urn:trace:[0-9a-f]{32}")


def told_too_much(answer: Sent) -> list[str]:
    """What a 500 shows and must not, or does not show and must."""
    wrong = [f"shows {found[0]}" for found in TELLS.finditer(answer.text)]
    if answer.headers.get("content-type") != "application/problem+json":
        return [*wrong, "is no problem document"]
    body = answer.body
    if (answer.status, body["status"], body["code"]) != (500, 500, "server-fault"):
        wrong.append(f"says {answer.status} {body['code']}")
    if not INSTANCE.fullmatch(body["instance"]):
        wrong.append("gives no number")
    if body["errors"] or answer.headers.get("x-content-type-options") != "nosniff":
        wrong.append("has details, or lacks the headers of every answer")
    return wrong


async def provoke(world: World) -> dict[str, Sent]:
    """One operation of every service whose database does what nobody foresaw."""
    found: dict[str, Sent] = {}
    for operation in world.chain.operations:
        if operation.service not in found and operation.method == "GET":
            caller = allowed_caller(operation, "consulent@gemeente-leidschendam-voorburg")
            path = fill(operation.route, world.tenants["1916"].ids)
            found[operation.service] = await send(world.chain, caller, "GET", path)
    return found


def _fail(*_: Any, **__: Any) -> Any:
    raise RuntimeError(INSIDE)


@pytest.mark.security("S21")
async def test_in_each_service_it_is_a_number_and_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "begin", _fail)
    answers = await provoke(world)
    assert set(answers) == set(world.chain.databases)
    assert {name: told_too_much(answer) for name, answer in answers.items()} == {name: [] for name in answers}


@pytest.mark.security("S21")
async def test_in_the_gateway_itself_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Catalogue, "match", _fail)
    answer = await send(world.chain, "consulent@gemeente-leiden", "GET", "/intake/v1/inburgeraars")
    assert told_too_much(answer) == []


@pytest.mark.security("S21")
async def test_in_the_portal_a_person_gets_a_page_without_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SessionCookie, "read_session", _fail)
    answer = await world.chain.client.get("/portal/")
    assert answer.status_code == 500
    assert TELLS.findall(answer.text) == []


@pytest.mark.security("S21")
async def test_planted_an_answer_that_quotes_the_fault_is_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weakness: the detail of a problem is whatever the fault said."""
    document = Problem.document

    def quoting(self: Problem, **kwargs: Any) -> dict[str, Any]:
        return {**document(self, **kwargs), "detail": INSIDE}

    monkeypatch.setattr(Problem, "document", quoting)
    monkeypatch.setattr(Database, "begin", _fail)
    answers = await provoke(world)
    assert all(told_too_much(answer) for answer in answers.values())
