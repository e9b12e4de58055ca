# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What gemeenten agreed: what must be looked at again, and what the services are told of it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.app import SERVICE
from gateway.measures import measures
from tests.service.gateway.world import World, id_of, world

TASKS = ["intake", "pip", "education", "guidance", "enforcement"]


@pytest.fixture
async def made(postgres_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with world(postgres_url, tmp_path) as running:
        yield running


async def mandate(made: World, by: str, to: str, agreed_on: str, source: str) -> dict[str, Any]:
    answer = await made.post(
        "administrator",
        "/gateway/v1/mandates",
        {
            "mandatingGemeentecode": by,
            "executingGemeentecode": to,
            "tasks": TASKS,
            "source": source,
            "agreedOn": agreed_on,
            "validFrom": "2022-01-01",
        },
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def reviews(made: World, who: str, query: str = "") -> list[dict[str, Any]]:
    answer = await made.get(who, f"/gateway/v1/reviews{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def publish(made: World) -> None:
    assert await made.door.live.run_job(SERVICE.jobs[0])


async def told(made: World) -> list[tuple[str, list[str], str, int]]:
    async with made.door.live.context.begin() as tx:
        rows = await tx.rows(
            sa.text(
                "SELECT data, aggregate_version FROM gateway.outbox WHERE type LIKE '%gemeente-scope-set%' ORDER BY seq"
            )
        )
    return [
        (
            row.data["gemeentecode"],
            row.data["personCodes"],
            row.data["executingGemeentecode"],
            row.aggregate_version,
        )
        for row in rows
    ]


@pytest.mark.capability("GW-04")
async def test_the_agreement_of_2017_is_to_be_reviewed_and_the_one_of_2021_is_not(made: World) -> None:
    await mandate(made, "0579", "0546", "2021-12-01", "Samenwerkingsovereenkomst Oegstgeest en Leiden (2021)")
    old = await mandate(made, "0629", "1916", "2017-04-01", "Samenwerkingsovereenkomst Werk en Inkomen")
    (found,) = await reviews(made, "administrator")
    assert (found["id"], found["kind"], found["agreedOn"]) == (old["id"], "mandate", "2017-04-01")
    assert found["parties"] == ["Gemeente Wassenaar", "Gemeente Leidschendam Voorburg"]
    assert found["tasks"] == sorted(TASKS)
    assert [one["code"] for one in found["reasons"]] == ["older-than-law"]
    assert await reviews(made, "policy-wassenaar") == [found]
    assert await reviews(made, "consulent-lv") == [found]
    assert await reviews(made, "policy-oegstgeest") == []
    assert await reviews(made, "administrator", "?gemeentecode=0579") == []
    assert (await made.get("teacher", "/gateway/v1/reviews")).status_code == 403
    await publish(made)
    assert measures().reviews._value.get() == 1
    ended = await made.patch(
        "administrator", f"/gateway/v1/mandates/{old['id']}", {"validUntil": "2024-11-04"}, old["version"]
    )
    assert ended.status_code == 200, ended.text
    assert await reviews(made, "administrator") == []


@pytest.mark.capability("GW-10", part="what a gemeente may hear of by itself follows its mandates")
async def test_the_services_are_told_whenever_a_scope_changes_and_only_then(made: World) -> None:
    await publish(made)
    before = await told(made)
    assert {(code, tuple(codes)) for code, codes, _, _ in before} == {
        (code, (code,)) for code in ("0546", "0579", "0626", "0629", "1916")
    }
    await publish(made)
    assert await told(made) == before
    given = await mandate(made, "0629", "1916", "2022-01-01", "Mandaat Wassenaar")
    after = (await told(made))[len(before) :]
    assert sorted((code, codes, executing) for code, codes, executing, _ in after) == [
        ("0629", [], "1916"),
        ("1916", ["0629", "1916"], "1916"),
    ]
    assert {version for *_, version in after} == {2}
    answer = await made.patch(
        "administrator", f"/gateway/v1/mandates/{given['id']}", {"validUntil": "2024-11-05"}, given["version"]
    )
    assert answer.status_code == 200
    assert len(await told(made)) == len(before) + 2, "it still holds today"
    made.clock.move(made.clock.now() + timedelta(days=1))
    await publish(made)
    last = (await told(made))[len(before) + 2 :]
    assert sorted((code, codes) for code, codes, _, _ in last) == [("0629", ["0629"]), ("1916", ["1916"])]


async def test_limits_are_data_with_a_period(made: World) -> None:
    body = {
        "kind": "client",
        "subject": str(id_of("teacher")),
        "perSecond": 0.01,
        "burst": 3,
        "source": "Afspraak",
    }
    now = await made.post("administrator", "/gateway/v1/rate-limits", {**body, "validFrom": "2024-11-05"})
    assert now.status_code == 201, now.text
    later = await made.post(
        "administrator", "/gateway/v1/rate-limits", {**body, "burst": 1, "validFrom": "2024-11-06"}
    )
    assert later.status_code == 201, later.text
    said = [(await made.get("teacher", "/mirror/v1/people")).status_code for _ in range(4)]
    assert said == [200, 200, 200, 429]
    assert (await made.get("consulent-lv", "/mirror/v1/people")).status_code == 200
    listed = (await made.get("administrator", "/gateway/v1/rate-limits?kind=client")).json()["items"]
    assert [one["burst"] for one in listed] == [3, 1]
    assert (await made.get("teacher", "/gateway/v1/rate-limits")).status_code in {403, 429}
    for wrong in (
        {**body, "validFrom": "2024-11-05", "subject": "nobody"},
        {**body, "validFrom": "2024-11-05", "kind": "organisation", "subject": str(id_of("nobody"))},
        {**body, "validFrom": "2024-11-05", "kind": "gemeente", "subject": "9999"},
        {**body, "validFrom": "2024-11-05", "validUntil": "2024-11-04"},
        {**body, "validFrom": "2024-11-05", "burst": 0},
    ):
        answer = await made.post("administrator", "/gateway/v1/rate-limits", wrong)
        assert answer.status_code in {400, 409}, wrong
    whole = {"kind": "gemeente", "subject": "1916", "perSecond": 0.01, "burst": 2, "source": "Afspraak"}
    answer = await made.post("administrator", "/gateway/v1/rate-limits", {**whole, "validFrom": "2024-11-05"})
    assert answer.status_code == 201, answer.text
    names = ["consulent-lv", "kwaliteitsmedewerker-lv"] * 2
    said = [(await made.get(name, "/mirror/v1/people")).status_code for name in names]
    assert said == [200, 200, 429, 429]


async def members_told(made: World) -> list[dict[str, Any]]:
    async with made.door.live.context.begin() as tx:
        rows = await tx.rows(
            sa.text("SELECT data FROM gateway.outbox WHERE type LIKE '%member-set%' ORDER BY seq")
        )
    return [row.data for row in rows]


async def test_the_services_are_told_who_works_where_from_the_start_and_no_name(made: World) -> None:
    before = await members_told(made)
    consulent = next(one for one in before if one["memberId"] == str(id_of("consulent-lv")))
    assert (consulent["gemeentecode"], consulent["roles"], consulent["active"]) == (
        "1916",
        ["consulent"],
        True,
    )
    assert set(consulent) == {"memberId", "organisationId", "gemeentecode", "roles", "active"}
    await publish(made)
    assert await members_told(made) == before, "nothing changed"
    path = f"/gateway/v1/members/{consulent['memberId']}"
    answer = await made.patch("administrator", path, {"active": False}, 1)
    assert answer.status_code == 200, answer.text
    assert await members_told(made) == [*before, {**consulent, "active": False}]


async def test_what_was_told_before_a_reader_was_there_is_told_once_more(made: World) -> None:
    await publish(made)
    before = await told(made)
    async with made.door.live.context.begin() as tx:  # as the release before left it
        await tx.execute(sa.text("UPDATE gateway.scope_notice SET edition = 0"))
    await publish(made)
    after = await told(made)
    assert [one[:3] for one in after[len(before) :]] == [one[:3] for one in before]
    assert {version for *_, version in after[len(before) :]} == {2}, "newer than what others heard"
    await publish(made)
    assert await told(made) == after
