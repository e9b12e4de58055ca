# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S07: every body that an operation reads, with fields in it that are not the sender's to set.

The bodies and their objects come from OpenAPI, so that a new one is tested the day it is there.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ConfigDict

from gateway.catalogue import Catalogue, Operation
from services.intake.api import schemas
from tests.security.population import World
from tests.security.sending import Contract, allowed_caller, contract_of, fill, send
from tests.security.snapshots import changed, snapshot

EXTRA: Mapping[str, Any] = {
    "id": "00000000-0000-4000-8000-000000000001",
    "tenant": "1916",
    "gemeentecode": "1916",
    "organisationId": "00000000-0000-4000-8000-000000000002",
    "status": "approved",
    "approval": "approved",
    "amountCents": 1,
    "createdAt": "2020-01-01T00:00:00Z",
    "recordedAt": "2020-01-01T00:00:00Z",
    "recordedBy": "00000000-0000-4000-8000-000000000003",
    "role": "administrator",
    "roles": ["administrator"],
    "version": 99,
    "law": "wi2013",
    "__proto__": {"roles": ["administrator"]},
    "snake_case": 1,
}
MINE = ("consulent@gemeente-leidschendam-voorburg", "teacher@echt-nederlands", "administrator@operations")


def _writes(world: World, contract: Contract) -> list[Operation]:
    return [one for one in world.chain.operations if contract.body_schema(one) is not None]


def open_objects(world: World) -> list[str]:
    """The objects in bodies that take what they do not name."""
    contract = contract_of(world.chain)
    found = []
    for operation in _writes(world, contract):
        schema = contract.body_schema(operation) or {}
        for pointer, one in contract.objects(operation.service, schema):
            if one.get("additionalProperties") is not False:
                found.append(f"{operation.method} {operation.route} at '{pointer or '/'}'")
    return found


async def assigned(world: World) -> tuple[int, list[str]]:
    """Send every body with every field too many; answers the number of fields and which were not refused."""
    contract = contract_of(world.chain)
    tried, taken = 0, []
    for operation in _writes(world, contract):
        schema = contract.body_schema(operation) or {}
        caller = allowed_caller(operation, *MINE)
        assert caller is not None, operation
        tenant = world.tenants["1916"]
        body = contract.example(operation.service, schema, tenant.ids)
        added = {name: value for name, value in EXTRA.items() if name not in schema.get("properties", {})}
        answer = await send(
            world.chain,
            caller,
            operation.method,
            fill(operation.route, tenant.ids),
            {**body, **added},
            media=contract.media_type(operation),
        )
        refused = {
            error["pointer"].removeprefix("/")
            for error in (answer.body.get("errors", []) if answer.status == 400 else [])
            if error["code"] == "extra-forbidden"
        }
        tried += len(added)
        taken += [
            f"{operation.method} {operation.route}: {name} ({answer.status} {answer.code})"
            for name in sorted(added.keys() - refused)
        ]
    return tried, taken


@pytest.mark.security("S07")
def test_no_object_of_any_body_is_open(world: World) -> None:
    assert open_objects(world) == []


@pytest.mark.security("S07")
@pytest.mark.timeout(300)
async def test_each_field_too_many_is_refused_by_its_name_and_nothing_changes(
    world: World, postgres_url: str
) -> None:
    before = await snapshot(world.chain, postgres_url, tables=("outbox",))
    tried, taken = await assigned(world)
    assert tried > 400
    assert taken == []
    assert changed(before, await snapshot(world.chain, postgres_url, tables=("outbox",))) == []


@pytest.mark.security("S07")
async def test_a_field_too_many_in_a_row_of_a_batch_costs_that_row(world: World, postgres_url: str) -> None:
    tenant = world.tenants["1916"]
    row = {
        "inburgeraarId": tenant.person,
        "lessonDate": "2024-11-05",
        "dayPart": "morning",
        "status": "present",
    }
    before = await snapshot(world.chain, postgres_url)
    answer = await send(
        world.chain,
        f"teacher@{tenant.school}",
        "POST",
        "/learning-routes/v1/attendance-batches",
        {"rows": [{**row, **EXTRA}]},
    )
    assert answer.status == 200
    assert answer.body["rejected"] == 1
    codes = {error["code"] for error in answer.body["rows"][0]["problem"]["errors"]} - {"literal-error"}
    assert "extra-forbidden" in codes
    assert changed(before, await snapshot(world.chain, postgres_url)) == []


@pytest.mark.security("S07")
async def test_planted_a_body_that_takes_anything_is_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weakness: the body of a move ignores what it does not know."""
    monkeypatch.setattr(
        schemas.MoveIn, "model_config", ConfigDict(**{**schemas.MoveIn.model_config, "extra": "ignore"})
    )
    schemas.MoveIn.model_rebuild(force=True)
    try:
        loose = schemas.MoveIn.model_json_schema()
    finally:
        monkeypatch.undo()
        schemas.MoveIn.model_rebuild(force=True)
    assert loose.get("additionalProperties") is not False
    documents = world.chain.door.catalogues.catalogue.documents
    monkeypatch.setitem(documents["intake"]["components"]["schemas"], "MoveIn", loose)
    monkeypatch.setattr(Catalogue, "documents", documents)  # else they are read anew each time
    assert open_objects(world) == ["POST /intake/v1/inburgeraars/{inburgeraarId}/moves at '/'"]
