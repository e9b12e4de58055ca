# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S23: each look at a file and each change of it is one line in the access log, and stays there."""

import secrets
from typing import Any

import asyncpg
import pytest

from chassis.db import Tx
from tests.journey.chain import OPERATIONS, Chain
from tests.security.population import Tenant, World
from tests.security.sending import Sent, contract_of, fill, role_of, send
from tests.security.snapshots import database_of

SCHEMAS = {
    "housing": "housing",
    "intake": "intake",
    "learning-routes": "learning_routes",
    "notifications": "notifications",
}
LOOKERS = (
    "consulent@gemeente-leidschendam-voorburg",
    "teacher@echt-nederlands",
    "vwn-team-leader@vluchtelingenwerk",
)
OWN_LINES = {"/access-log"}
"""Who reads the log itself is a line of it too, and the lines name the person."""


async def lines_of(world: World, postgres_url: str, service: str, trace_id: str) -> list[Any]:
    """The lines that one request left."""
    connection = await asyncpg.connect(database_of(world.chain, postgres_url, service))
    try:
        return list(
            await connection.fetch(
                f"SELECT * FROM {SCHEMAS[service]}.access_log WHERE trace_id = $1", trace_id
            )
        )
    finally:
        await connection.close()


async def asked(
    world: World, name: str, method: str, path: str, body: Any = None, **more: Any
) -> tuple[str, Sent]:
    """A request with a trace of its own, and its answer."""
    trace_id = secrets.token_hex(16)
    headers = {"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01", **more.pop("headers", {})}
    return trace_id, await send(world.chain, name, method, path, body, headers=headers, **more)


async def not_logged_once(world: World, postgres_url: str, name: str) -> tuple[int, list[str]]:
    """Read everything about everybody in one gemeente's room; answers the looks, and those without one line."""
    contract = contract_of(world.chain)
    looks, wrong = 0, []
    for operation in world.chain.operations:
        allowed = OPERATIONS[operation.method, operation.route].allowed
        if operation.method != "GET" or operation.service not in SCHEMAS or role_of(name) not in allowed:
            continue
        tenant = world.tenants["1916"]
        wanted = {"inburgeraarId": tenant.person, "from": "2024-11-01", "until": "2024-11-30"}
        queries = [
            f"{key}={value}" for key, value in wanted.items() if key in contract.query_names(operation)
        ]
        path = fill(operation.route, tenant.ids) + ("?" + "&".join(queries) if queries else "")
        trace_id, answer = await asked(world, name, "GET", path)
        lines = await lines_of(world, postgres_url, operation.service, trace_id)
        shown = {
            one.person for one in world.tenants.values() if answer.status == 200 and one.person in answer.text
        }
        logged = [str(line["inburgeraar_id"]) for line in lines]
        looks += len(shown)
        wrong += [
            f"{name}: {operation.route} shows somebody and left {logged.count(person)} lines"
            for person in shown
            if logged.count(person) != 1
        ]
        wrong += [
            f"{name}: {operation.route}: {fault}" for line in lines for fault in _incomplete(line, name)
        ]
    return looks, wrong


def _incomplete(line: Any, name: str) -> list[str]:
    """What a line does not say and must."""
    must = ("at", "actor_id", "organisation_id", "gemeentecode", "purpose", "activity", "operation")
    empty = [field for field in must if not line[field]]
    return [*empty, *(["roles"] if line["roles"] != str(role_of(name)) else [])]


@pytest.mark.security("S23")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", LOOKERS)
async def test_each_look_is_one_line(world: World, postgres_url: str, name: str) -> None:
    looks, wrong = await not_logged_once(world, postgres_url, name)
    assert looks >= (1 if name.startswith("vwn") else 6)
    assert not wrong, "\n".join(wrong)


def _changes(tenant: Tenant) -> list[tuple[str, str, str, Any]]:
    """Changes that are taken: who, how, where, what."""
    person = f"/intake/v1/inburgeraars/{tenant.person}"
    lesson = f"/learning-routes/v1/lessons/{tenant.ids['lessonId']}"
    return [
        (tenant.consulent, "PUT", f"{person}/lead", {"memberId": tenant.ids["memberId"]}),
        (tenant.consulent, "POST", f"{person}/provisions", {"code": "pvt"}),
        (f"teacher@{tenant.school}", "PUT", f"{lesson}/attendances/{tenant.person}", {"status": "excused"}),
    ]


@pytest.mark.security("S23")
async def test_each_change_is_one_line(world: World, postgres_url: str) -> None:
    for name, method, path, body in _changes(world.tenants["0629"]):
        trace_id, answer = await asked(world, name, method, path, body)
        assert answer.status in {200, 201}, f"{path}: {answer.text}"
        lines = await lines_of(world, postgres_url, path.split("/")[1], trace_id)
        assert [str(line["inburgeraar_id"]) for line in lines] == [world.tenants["0629"].person], path


@pytest.mark.security("S23")
async def test_a_look_that_is_refused_leaves_no_line_of_a_look(world: World, postgres_url: str) -> None:
    path = f"/intake/v1/inburgeraars/{world.tenants['0546'].person}"
    trace_id, answer = await asked(world, LOOKERS[0], "GET", path)
    assert answer.status == 404
    assert await lines_of(world, postgres_url, "intake", trace_id) == []


@pytest.mark.security("S23")
@pytest.mark.parametrize("service", SCHEMAS)
async def test_the_running_role_can_add_lines_and_do_nothing_else(world: World, service: str) -> None:
    connection = await asyncpg.connect(world.chain.databases[service].app_url)
    schema = SCHEMAS[service]
    try:
        for statement in (
            f"UPDATE {schema}.access_log SET purpose = 'x'",
            f"DELETE FROM {schema}.access_log",
            f"TRUNCATE {schema}.access_log",
            f"UPDATE {schema}.access_chain SET length = 0",
            f"DELETE FROM {schema}.access_chain",
            f"ALTER TABLE {schema}.access_log DISABLE TRIGGER chain",
            f"DROP TABLE {schema}.access_log",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def broken(world: World, postgres_url: str, service: str, *damage: str) -> int:
    """How many chains are broken after a damage that is undone again."""
    connection = await asyncpg.connect(database_of(world.chain, postgres_url, service))
    transaction = connection.transaction()
    await transaction.start()
    try:
        for statement in damage:
            await connection.execute(statement)
        return int(
            await connection.fetchval(f"SELECT count(*) FROM {SCHEMAS[service]}.broken_access_chains()")
        )
    finally:
        await transaction.rollback()
        await connection.close()


async def link_a_household(chain: Chain, tenant: Tenant) -> None:
    """Somebody known waits for a house, and who writes that down has looked."""
    body = {
        "gemeentecode": tenant.code,
        "linkedOn": "2024-09-02",
        "members": [{"kind": "adult", "inburgeraarId": tenant.person}],
    }
    linked = await send(chain, tenant.consulent, "POST", "/housing/v1/households", body)
    assert linked.status == 201, linked.text
    shown = await send(chain, tenant.consulent, "GET", f"/housing/v1/households/{linked.body['id']}")
    assert shown.status == 200, shown.text


@pytest.mark.security("S23")
@pytest.mark.parametrize("service", SCHEMAS)
async def test_the_chains_hold_and_planted_damage_shows(
    world: World, postgres_url: str, service: str
) -> None:
    s = SCHEMAS[service]
    if service == "housing":  # where nobody of the chain is known before
        await link_a_household(world.chain, world.tenants["1916"])
    newest = f"(SELECT id FROM {s}.access_log ORDER BY chain_no DESC, id LIMIT 1)"
    assert await broken(world, postgres_url, service) == 0
    for damage in (
        f"UPDATE {s}.access_log SET purpose = 'figures' WHERE id = {newest}",
        f"UPDATE {s}.access_log SET actor_id = gen_random_uuid() WHERE id = {newest}",
        f"DELETE FROM {s}.access_log WHERE id = {newest}",
    ):
        assert await broken(world, postgres_url, service, damage) > 0, damage


@pytest.mark.security("S23")
async def test_planted_an_operation_that_notes_no_look_is_reported(
    world: World, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tx, "look", lambda *_: None)
    _, wrong = await not_logged_once(world, postgres_url, "vwn-team-leader@vluchtelingenwerk")
    assert any("left 0 lines" in one for one in wrong)


@pytest.mark.security("S23")
async def test_planted_a_look_that_is_noted_twice_is_reported(
    world: World, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows_of = Tx._look_rows

    def twice(self: Tx, caller: Any) -> list[dict[str, Any]]:
        return [*rows_of(self, caller), *rows_of(self, caller)]

    monkeypatch.setattr(Tx, "_look_rows", twice)
    _, wrong = await not_logged_once(world, postgres_url, "vwn-team-leader@vluchtelingenwerk")
    assert any("left 2 lines" in one for one in wrong)
