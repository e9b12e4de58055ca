# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S08: which field a role never gets, in answers, events, exports, errors and logs.

The table of intake (`services/intake/rules/sight.py`) says who sees what of a person. Here every
operation that gives something is asked by every role, and the fields that come back are compared.
"""

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

import asyncpg
import pytest
from pydantic.alias_generators import to_camel

from chassis.testing import logging_to
from contracts.access import Role
from services.intake.rules import sight
from tests.journey.chain import OPERATIONS
from tests.security.population import Tenant, World
from tests.security.sending import contract_of, fill, role_of, send
from tests.security.snapshots import database_of

OUTSIDE = {
    "teacher@echt-nederlands": "1916",
    "school-system@echt-nederlands": "1916",
    "vwn-team-leader@vluchtelingenwerk": "1916",
    "vwn-volunteer@vluchtelingenwerk": "1916",
    "corporation@wassenaarsche-bouwstichting": "0629",
    "province@provincie-zuid-holland": "1916",
    "participation-partner@newbees": "1916",
    "operations@operations": "1916",
    "administrator@operations": "1916",
}
"""Who is not of a gemeente, each with a gemeente that it works for."""

PLAN = {"goals", "participation", "delayReason", "talksPlanned"}
"""Of a PIP: what somebody can and cannot, their health among it. For the gemeente alone."""
CONTACT = {"phone", "email", "street", "houseNumber", "postalCode", "city"}
MONEY = {"amountCents", "priceCents", "spentCents"}


def forbidden(role: Role) -> frozenset[str]:
    """The fields that must be empty wherever this role looks."""
    hidden = {
        to_camel(field)
        for field in sight.FIELDS
        # These names have another meaning elsewhere: of a group, a signal, a mandate.
        if field not in {"gemeentecode", "executing_gemeentecode", "pip", "group"}
        and sight.shown(field, {role}) == "hidden"
    }
    return frozenset(hidden & ({"bsn", "vNumber", "birthDate", "permitType"} | CONTACT) | PLAN | MONEY)


def filled(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every field with something in it, wherever it stands in an answer."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from filled(part, f"{at}/{name}")
    elif isinstance(value, list):
        for part in value:
            yield from filled(part, at)
    elif value is not None:
        yield at, value


async def shown_to(world: World, name: str, tenant: Tenant) -> Mapping[str, dict[str, Any]]:
    """All that somebody gets about one gemeente: per operation the fields that are filled."""
    contract = contract_of(world.chain)
    found: dict[str, dict[str, Any]] = {}
    for operation in world.chain.operations:
        if operation.method != "GET" or role_of(name) not in OPERATIONS["GET", operation.route].allowed:
            continue
        path = fill(operation.route, {**tenant.ids, "gemeentecode": tenant.code})
        queries = {"inburgeraarId": tenant.person, "from": "2024-11-01", "until": "2024-11-30"}
        asked = [f"{key}={value}" for key, value in queries.items() if key in contract.query_names(operation)]
        answer = await send(world.chain, name, "GET", path + ("?" + "&".join(asked) if asked else ""))
        found[operation.route] = {**dict(filled(answer.body)), "": answer.text}
    return found


async def seen_too_much(world: World, name: str, must_not: frozenset[str]) -> list[str]:
    """What somebody gets and must not, of somebody near and of somebody far."""
    wrong = []
    for tenant in (world.tenants[OUTSIDE[name]], world.tenants["0546"]):
        for route, fields in (await shown_to(world, name, tenant)).items():
            text = fields.pop("")
            wrong += [f"{route}: {at} is filled" for at in fields if at.rpartition("/")[2] in must_not]
            numbers = (tenant.bsn, tenant.v_number, f"Medisch{tenant.code}", f"Doel{tenant.code}")
            wrong += [f"{route}: shows {number}" for number in numbers if number in text]
    return [f"{name} at {one}" for one in wrong]


@pytest.mark.security("S08")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", OUTSIDE)
async def test_no_role_outside_a_gemeente_sees_a_number_a_plan_or_money(world: World, name: str) -> None:
    wrong = await seen_too_much(world, name, forbidden(role_of(name)))
    assert not wrong, "\n".join(wrong)


@pytest.mark.security("S08")
@pytest.mark.parametrize(
    "name",
    [
        "teacher@echt-nederlands",
        "vwn-team-leader@vluchtelingenwerk",
        "policy-officer@gemeente-leidschendam-voorburg",
        "consulent@gemeente-leidschendam-voorburg",
    ],
)
async def test_of_a_person_each_role_gets_the_fields_of_the_table_and_no_other(
    world: World, name: str
) -> None:
    tenant = world.tenants["1916"]
    answer = await send(world.chain, name, "GET", f"/intake/v1/inburgeraars/{tenant.person}")
    assert answer.status == 200
    role = role_of(name)
    for field in sight.FIELDS:
        value = answer.body[to_camel(field)]
        how = sight.shown(field, {role})
        assert how != "hidden" or value is None, f"{field} is shown to {role}"
        assert (to_camel(field) in answer.body["hiddenFields"]) is (how != "full"), field
    for number, field in ((tenant.bsn, "bsn"), (tenant.v_number, "v_number")):
        assert (number in answer.text) is (sight.shown(field, {role}) == "full")


@pytest.mark.security("S08")
async def test_no_event_tells_who_somebody_is(world: World, postgres_url: str) -> None:
    """Neither what waits in the outboxes nor what was handled and kept holds a number, a name or a plan."""
    looked, wrong = 0, []
    for service in world.chain.databases:
        connection = await asyncpg.connect(database_of(world.chain, postgres_url, service))
        try:
            schema = service.replace("-", "_")
            rows = await connection.fetch(f"SELECT type, data::text AS data, key FROM {schema}.outbox")
        finally:
            await connection.close()
        looked += len(rows)
        for row in rows:
            for tenant in world.tenants.values():
                wrong += [f"{row['type']} holds {one}" for one in tenant.leaked_in(row["data"] + row["key"])]
    assert looked > 50
    assert not wrong, sorted(set(wrong))


@pytest.mark.security("S08")
async def test_no_other_service_stores_who_somebody_is(world: World, postgres_url: str) -> None:
    """Only intake knows names and numbers, and the numbers it stores only encrypted."""
    wrong = []
    for service in world.chain.databases:
        connection = await asyncpg.connect(database_of(world.chain, postgres_url, service))
        try:
            schema = service.replace("-", "_")
            for row in await connection.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = $1", schema
            ):
                table = row["tablename"]
                secrets = [
                    re.escape(one)
                    for tenant in world.tenants.values()
                    for one in (tenant.secrets[:2] if service == "intake" else tenant.secrets)
                ]
                found = await connection.fetchval(
                    f"SELECT substring(string_agg(t::text, '|') FROM $1) FROM {schema}.\"{table}\" t",
                    "|".join(secrets),
                )
                if found is not None:
                    wrong.append(f"{schema}.{table} holds {found}")
        finally:
            await connection.close()
    assert not wrong, wrong


@pytest.mark.security("S08")
async def test_neither_errors_nor_logs_repeat_what_was_sent(world: World) -> None:
    tenant = world.tenants["1916"]
    written = io.StringIO()
    bodies: list[Any] = [
        {"bsn": tenant.bsn, "familyName": tenant.bsn, "gemeentecode": tenant.bsn},
        {"bsn": "999990012", "vNumber": tenant.v_number, "extra": tenant.v_number},
        [tenant.bsn],
        tenant.bsn,
    ]
    with logging_to(written):
        answers = [
            await send(world.chain, tenant.consulent, "POST", "/intake/v1/inburgeraars", one)
            for one in bodies
        ]
        answers += [
            await send(
                world.chain, tenant.consulent, "POST", "/intake/v1/inburgeraars/_search", {"bsn": "123"}
            ),
            await send(world.chain, tenant.consulent, "GET", f"/intake/v1/inburgeraars/{tenant.bsn}"),
            await send(
                world.chain, tenant.consulent, "GET", f"/intake/v1/inburgeraars?gemeentecode={tenant.bsn}"
            ),
        ]
    assert all(400 <= answer.status < 500 for answer in answers)
    for text in [answer.text for answer in answers] + [written.getvalue()]:
        assert not tenant.leaked_in(text), text
        assert "999990012" not in text


@pytest.mark.security("S08")
async def test_planted_a_field_that_a_school_sees_is_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weakness: every role gets every field in full."""
    name = "teacher@echt-nederlands"
    must_not = forbidden(role_of(name))
    monkeypatch.setattr(sight, "shown", lambda *_: "full")
    wrong = await seen_too_much(world, name, must_not)
    assert any(one.endswith("is filled") for one in wrong), wrong
