# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S09: whoever stands in between, the rights are those of the one who asked.

A service never gets a token of the gateway, of the portal or of another service that opens more than
the subject may: the grant names the subject, and work that runs later carries the subject's claims.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg
import pytest

from chassis.access import GRANT_HEADER, Caller
from gateway.grants import GrantMinter
from tests.journey.chain import PARTIES
from tests.security.population import World
from tests.security.sending import fill, send
from tests.security.snapshots import database_of

SUBJECTS = {
    "consulent@gemeente-leiden": {"0546", "0579"},
    "consulent@gemeente-leidschendam-voorburg": {"1916", "0626", "0629"},
    "policy-officer@gemeente-oegstgeest": {"0579"},
    "policy-officer@gemeente-wassenaar": set[str](),
    "teacher@echt-nederlands": {"1916", "0626", "0629"},
}
"""Whose people each may look at in the file, itself."""
LOOK = "/intake/v1/inburgeraars/{inburgeraarId}"


async def wrong_decisions(world: World, rounds: int) -> list[str]:
    """Let all subjects ask through the same door at the same time, in turns, and compare with their own rights."""

    async def one(name: str, code: str) -> str | None:
        answer = await send(world.chain, name, "GET", fill(LOOK, world.tenants[code].ids))
        wanted = {200} if code in SUBJECTS[name] else {403, 404}
        return None if answer.status in wanted else f"{name} at {code}: {answer.status}"

    asked = [(name, code) for _ in range(rounds) for code in world.tenants for name in SUBJECTS]
    found: list[str] = []
    for start in range(0, len(asked), 10):
        answers = await asyncio.gather(*(one(*pair) for pair in asked[start : start + 10]))
        found += [answer for answer in answers if answer is not None]
    return found


@pytest.mark.security("S09")
async def test_through_one_door_each_subject_gets_the_own_decision(world: World) -> None:
    assert await wrong_decisions(world, rounds=2) == []


@pytest.mark.security("S09")
async def test_the_grant_of_the_platform_itself_opens_no_file(world: World) -> None:
    """What the gateway signs for itself, to move a demo's clock, reads nobody in any service."""
    door = world.chain.door.app
    grant: str = door.passport.minter.sign_for_platform()  # type: ignore[attr-defined]
    upstreams: Mapping[str, Any] = door.upstreams  # type: ignore[attr-defined]
    headers = [(GRANT_HEADER.lower().encode(), grant.encode())]
    asked = 0
    for operation in world.chain.operations:
        if operation.method != "GET" or operation.service == "gateway":
            continue
        for tenant in world.tenants.values():
            answer = await upstreams[operation.service].ask(
                "GET", fill(operation.route, tenant.ids), headers=headers, deadline=30
            )
            text = answer.body.decode()
            asked += 1
            assert answer.status in {200, 400, 403, 404}, operation.route
            assert tenant.person not in text, operation.route
            assert not tenant.leaked_in(text), operation.route
    assert asked > 100


@pytest.mark.security("S09")
async def test_work_that_runs_later_has_the_rights_of_the_one_who_asked(
    world: World, postgres_url: str
) -> None:
    """The file of a school is worked off as the school, not as the platform."""
    connection = await asyncpg.connect(database_of(world.chain, postgres_url, "learning-routes"))
    try:
        jobs = await connection.fetch("SELECT caller, organisation_id FROM learning_routes.background_job")
    finally:
        await connection.close()
    organisations = {party.slug for party in PARTIES}
    assert jobs
    assert {"echt-nederlands", "foxtaal"} <= organisations
    for job in jobs:
        assert f'"org": "{job["organisation_id"]}"' in job["caller"]
        assert '"roles": ["teacher"]' in job["caller"]
    own, other = world.tenants["1916"], world.tenants["0546"]
    row = f"{other.person};2024-11-05;ochtend;aanwezig"
    sent = await world.chain.client.post(
        "/learning-routes/v1/attendance-batches",
        content=f"inburgeraar-id;lesdatum;dagdeel;status\n{row}\n".encode(),
        headers={
            "Authorization": (await world.chain.authorise(f"teacher@{own.school}"))[0][1].decode(),
            "Content-Type": "text/csv",
        },
    )
    assert sent.status_code == 202
    await world.settle()
    done = await send(
        world.chain, f"teacher@{own.school}", "GET", f"/learning-routes/v1/jobs/{sent.json()['id']}"
    )
    assert (done.body["accepted"], done.body["corrected"], done.body["rejected"]) == (0, 0, 1)


@pytest.mark.security("S09")
async def test_planted_a_gateway_that_mixes_up_subjects_is_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weakness: the grant of whoever came first is used for all who come after."""
    first: list[tuple[Caller, str]] = []
    cached = GrantMinter.cached

    def mixed(self: GrantMinter, token: bytes, facts: int) -> tuple[Caller, str] | None:
        if not first and (held := cached(self, token, facts)) is not None:
            first.append(held)
        return first[0] if first else None

    monkeypatch.setattr(GrantMinter, "cached", mixed)
    await world.chain.read("consulent@gemeente-leiden", "/gateway/v1/me")
    await world.chain.read("consulent@gemeente-leiden", "/gateway/v1/me")
    assert await wrong_decisions(world, rounds=1)
