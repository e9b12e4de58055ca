# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The clock and tokens of a demo, and the published contract for programs and for people."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

from chassis.errors import all_problems
from tests.service.gateway.world import World, world


def stands_at(told: httpx.Response, wanted: str) -> None:
    """The clock goes on while a test runs, however long that takes."""
    since = datetime.fromisoformat(told.json()["now"]) - datetime.fromisoformat(wanted)
    assert timedelta(0) <= since < timedelta(hours=1)


@pytest.fixture
async def fresh(postgres_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with world(postgres_url, tmp_path) as made:
        yield made


async def test_the_clock_is_shown_to_all_and_moved_by_the_administrator(fresh: World) -> None:
    stands_at(await fresh.client.get("/demo/v1/clock"), "2024-11-05T09:00:00+01:00")
    assert (await fresh.client.post("/demo/v1/clock", json={"advance": "P7D"})).status_code == 401
    refused = await fresh.post("consulent-lv", "/demo/v1/clock", {"advance": "P7D"})
    assert (refused.status_code, refused.json()["missing"]) == (403, ["administrator"])
    moved = await fresh.post("administrator", "/demo/v1/clock", {"advance": "P7D"})
    assert moved.status_code == 200
    stands_at(moved, "2024-11-12T09:00:00+01:00")
    moved = await fresh.post("administrator", "/demo/v1/clock", {"now": "2025-07-01T09:00:00+02:00"})
    stands_at(moved, "2025-07-01T09:00:00+02:00")


async def test_the_clock_goes_forward_only(fresh: World) -> None:
    answer = await fresh.post("administrator", "/demo/v1/clock", {"now": "2024-11-05T08:00:00+01:00"})
    assert (answer.status_code, answer.json()["code"]) == (409, "clock-goes-forward")
    stands_at(await fresh.client.get("/demo/v1/clock"), "2024-11-05T09:00:00+01:00")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"advance": "P1D", "now": "2025-01-01T00:00:00Z"}, ""),
        ({"advance": "morgen"}, "/advance"),
        ({"advance": 7}, "/advance"),
        ({"advance": "-P1D"}, "/advance"),
        ({"advance": "P30Y"}, "/advance"),
        ({"now": "2025-01-01"}, "/now"),
        ({"now": "2025-01-01T00:00:00"}, "/now"),
        ({"now": "2025-02-30T00:00:00Z"}, "/now"),
        ({"now": None}, "/now"),
        ({"until": "P1D"}, "/until"),
        (["P1D"], ""),
    ],
)
async def test_what_is_no_time_is_refused(chain: World, body: Any, pointer: str) -> None:
    answer = await chain.post("administrator", "/demo/v1/clock", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_the_answer_comes_when_all_services_are_quiet_twice(fresh: World) -> None:
    fresh.mirror.moves = 3
    await fresh.post("administrator", "/demo/v1/clock", {"advance": "P1D"})
    assert fresh.mirror.settled == 5


async def test_a_service_that_cannot_settle_is_told(fresh: World) -> None:
    fresh.door.app.upstreams["mirror"]._app = _broken  # type: ignore[attr-defined]
    answer = await fresh.post("administrator", "/demo/v1/clock", {"advance": "P1D"})
    assert answer.status_code == 503


async def _broken(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 500, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def test_two_moves_at_once_take_turns(fresh: World) -> None:
    answers = await asyncio.gather(
        *(fresh.post("administrator", "/demo/v1/clock", {"advance": "P1D"}) for _ in range(3))
    )
    assert [answer.status_code for answer in answers] == [200] * 3
    stands_at(await fresh.client.get("/demo/v1/clock"), "2024-11-08T09:00:00+01:00")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "niemand"}, 404),
        ({"name": 3}, 400),
        ({}, 400),
        ({"name": "teacher", "roles": ["x"]}, 400),
        ([], 400),
    ],
)
async def test_a_token_is_given_for_the_demo_only(chain: World, body: Any, status: int) -> None:
    answer = await chain.client.post("/demo/v1/tokens", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_token_is_asked_in_json(chain: World) -> None:
    answer = await chain.client.post("/demo/v1/tokens", data={"name": "teacher"})
    assert answer.status_code == 415
    broken = await chain.client.post(
        "/demo/v1/tokens", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert broken.status_code == 400


async def test_one_document_holds_every_operation(chain: World) -> None:
    answer = await chain.client.get("/openapi.json")
    assert answer.headers["access-control-allow-origin"] == "*"
    document = answer.json()
    validate(document)
    assert "/mirror/v1/people/{id}" in document["paths"]
    assert "/gateway/v1/me" in document["paths"]
    own = (await chain.client.get("/mirror/v1/openapi.json")).json()
    assert "/people/{id}" in own["paths"]


class _Page(HTMLParser):
    """What a page needs from elsewhere, and the places it links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.foreign: list[str] = []
        self.scripts = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "script" or any(name.startswith("on") for name in given):
            self.scripts += 1
        for name in ("href", "src", "action"):
            value = given.get(name)
            if value:
                (self.foreign if "://" in value else self.links).append(value)


@pytest.mark.parametrize("path", ["/docs", "/docs/problems", "/docs/problems/too-large", "/docs/glossary"])
async def test_a_page_stands_on_its_own_and_its_links_lead_somewhere(chain: World, path: str) -> None:
    answer = await chain.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    page = _Page(answer.text)
    assert page.scripts == 0
    assert page.foreign == []
    assert len(page.ids) == len(set(page.ids))
    for link in set(page.links):
        target, _, fragment = link.partition("#")
        if target:
            found = await chain.client.get(target)
            assert found.status_code == 200, link
            text = found.text
        else:
            text = answer.text
        assert not fragment or f'id="{fragment}"' in text, link


async def test_the_documentation_shows_each_operation_with_its_roles(chain: World) -> None:
    text = (await chain.client.get("/docs")).text
    assert "Proef readPerson" in text
    assert "/gateway/v1/mandates" in text
    assert "executingGemeentecode" in text
    assert "geen" not in text or "zonder inloggen" in text


async def test_every_fault_has_a_page_with_its_remedy(chain: World) -> None:
    for code, kind in all_problems().items():
        answer = await chain.client.get(f"/docs/problems/{code}")
        assert answer.status_code == 200, code
        assert kind.title.split("'")[0] in answer.text.replace("&#39;", "'")
        assert "Wat u doet" in answer.text
    assert (await chain.client.get("/docs/problems/verzonnen")).status_code == 404


async def test_the_glossary_holds_the_closed_list(chain: World) -> None:
    text = (await chain.client.get("/docs/glossary")).text
    for word in ("inburgeraar", "leerroute", "PIP", "taakstelling", "verwijtbaarheid", "ELIP", "peildatum"):
        assert f"<dfn>{word}</dfn>" in text
