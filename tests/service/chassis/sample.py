# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A service of a handful of lines, with all three doors, to test the chassis with."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from fastapi import Response

from chassis.errors import Conflict, NotFound, StaleVersion
from chassis.service import Context, Handler, Job, Service
from chassis.settings import ServiceSettings
from chassis.tables import chassis_tables
from chassis.web import (
    CallerDep,
    DayOrNone,
    Gemeentecode,
    HoursOrNone,
    IfMatchDep,
    Page,
    PagingDep,
    Router,
    Schema,
    ShortText,
    TxDep,
    access,
    problems,
    set_etag,
)
from contracts.event import Envelope
from contracts.intake import InburgeraarCorrected, InburgeraarRegistered, LeadAssigned

SCHEMA = "sample"
METADATA = sa.MetaData(schema=SCHEMA)
chassis_tables(METADATA, SCHEMA)

_MIGRATION = '''
"""The sample's first and only revision."""
from alembic import op
from chassis import rls, tables
revision, down_revision = "0001", None
def upgrade():
    rls.create_functions(op, "sample")
    tables.create(op, "sample")
    op.execute("""CREATE TABLE sample.thing (id uuid PRIMARY KEY, gemeentecode text NOT NULL, name text NOT NULL,
                  version int NOT NULL DEFAULT 1, CONSTRAINT late CHECK (name <> 'never'))""")
    op.execute("""CREATE TABLE sample.unique_late (name text, CONSTRAINT once UNIQUE (name) DEFERRABLE INITIALLY DEFERRED)""")
    op.execute("""CREATE TABLE sample.effect (key text NOT NULL, nth bigint GENERATED ALWAYS AS IDENTITY, event_id uuid,
                  version int)""")
    op.execute("CREATE TABLE sample.state (inburgeraar_id uuid PRIMARY KEY, version int, gemeentecode text)")
    rls.protect(op, "sample", "thing", "sample.may_see(gemeentecode)")
def downgrade():
    pass
'''


def _migrations() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sample-migrations-"))
    (folder / "0001_first.py").write_text(_MIGRATION)
    return folder


class Settings(ServiceSettings):
    """Nothing of its own."""


class ThingIn(Schema):
    gemeentecode: Gemeentecode
    name: ShortText
    on: DayOrNone = None
    hours: HoursOrNone = None


class ThingOut(Schema):
    id: UUID
    gemeentecode: Gemeentecode
    name: ShortText


class NamePatch(Schema):
    name: ShortText


router = Router()
MAKERS = access(roles={"maker"}, purpose="case-work", activity="ding-beheren")
STRICT = access(roles={"maker"}, purpose="case-work", activity="ding-beheren", idempotency="required")


@router.post(
    "/things",
    operation_id="makeThing",
    summary="Een ding maken",
    status_code=201,
    response_model=ThingOut,
    responses=problems(Conflict),
    openapi_extra=MAKERS,
)
async def make_thing(body: ThingIn, tx: TxDep, caller: CallerDep, response: Response) -> dict[str, Any]:
    """Make a thing, publish that it is there and look at it."""
    id = uuid4()
    await tx.execute(
        sa.text("INSERT INTO sample.thing (id, gemeentecode, name) VALUES (:id, :code, :name)"),
        {"id": id, "code": body.gemeentecode, "name": body.name},
    )
    if body.name == "deferred":
        await tx.execute(sa.text("INSERT INTO sample.unique_late VALUES ('x'), ('x')"))
    tx.look(id, body.gemeentecode)
    await tx.publish(
        LeadAssigned(inburgeraar_id=id, member_id=caller.subject),
        aggregate_id=id,
        version=1,
        gemeentecode=body.gemeentecode,
    )
    set_etag(response, 1)
    response.headers["Location"] = f"/sample/v1/things/{id}"
    return {"id": id, "gemeentecode": body.gemeentecode, "name": body.name}


@router.post(
    "/payments",
    operation_id="pay",
    summary="Betalen",
    status_code=201,
    response_model=ThingOut,
    openapi_extra=STRICT,
)
async def pay(body: ThingIn, tx: TxDep, caller: CallerDep, response: Response) -> dict[str, Any]:
    """As making a thing, for operations that ask for a key."""
    return await make_thing(body, tx, caller, response)


@router.get(
    "/things",
    operation_id="listThings",
    summary="Dingen opvragen",
    response_model=Page[ThingOut],
    openapi_extra=MAKERS,
)
async def list_things(tx: TxDep, paging: PagingDep) -> dict[str, Any]:
    """All things that the caller may see."""
    rows = await tx.rows(
        sa.text(
            "SELECT id, gemeentecode, name FROM sample.thing WHERE CAST(:after AS uuid) IS NULL OR id > :after "
            "ORDER BY id LIMIT :n"
        ),
        {"after": paging.after[0] if paging.after else None, "n": paging.fetch},
    )
    return paging.page(rows, key=lambda row: (row.id,), item=ThingOut.model_validate)


@router.patch(
    "/things/{id}",
    operation_id="renameThing",
    summary="Een ding hernoemen",
    response_model=ThingOut,
    responses=problems(NotFound, StaleVersion),
    openapi_extra=MAKERS,
)
async def rename_thing(id: UUID, body: NamePatch, tx: TxDep, expected: IfMatchDep, response: Response) -> Any:
    """Rename, if nobody did so first."""
    row = (
        await tx.execute(sa.text("SELECT version FROM sample.thing WHERE id = :id FOR UPDATE"), {"id": id})
    ).one_or_none()
    if row is None:
        raise NotFound("Dit ding is er niet.")
    if row.version != expected:
        raise StaleVersion("Dit ding is intussen veranderd.")
    await tx.execute(
        sa.text("UPDATE sample.thing SET name = :name, version = version + 1 WHERE id = :id"),
        {"id": id, "name": body.name},
    )
    set_etag(response, expected + 1)
    return (
        await tx.execute(
            sa.text("SELECT id, gemeentecode, name FROM sample.thing WHERE id = :id"), {"id": id}
        )
    ).one()


@router.get("/broken", operation_id="break", summary="Stuk", response_model=ThingOut, openapi_extra=MAKERS)
async def broken(tx: TxDep) -> Any:
    """Fail in a way that nobody foresaw."""
    raise RuntimeError("secret 999990019 in /some/path")


async def on_leads_assigned(tx: Any, events: Any) -> None:
    """Count effects; some members stand for a handler that cannot cope."""
    if any(event.member_id == UUID(int=666) for event, _ in events):
        raise ValueError("cannot cope")
    await tx.execute(
        sa.text(
            "INSERT INTO sample.effect (key, event_id, version) SELECT * FROM unnest(CAST(:keys AS text[]), "
            "CAST(:ids AS uuid[]), CAST(:versions AS int[]))"
        ),
        {
            "keys": [envelope.key for _, envelope in events],
            "ids": [envelope.id for _, envelope in events],
            "versions": [envelope.aggregate_version for _, envelope in events],
        },
    )


async def on_state(tx: Any, event: Any, envelope: Envelope) -> None:
    """Keep the newest state only."""
    await tx.execute(
        sa.text(
            "INSERT INTO sample.state VALUES (:id, :version, :code) ON CONFLICT (inburgeraar_id) DO UPDATE "
            "SET version = excluded.version, gemeentecode = excluded.gemeentecode"
        ),
        {
            "id": event.inburgeraar_id,
            "version": envelope.aggregate_version,
            "code": event.responsible_gemeentecode,
        },
    )


async def remember_the_day(ctx: Context) -> None:
    """A job: publishes once per legal day."""
    async with ctx.begin() as tx:
        await tx.execute(
            sa.text(
                "INSERT INTO sample.effect (key, version) SELECT :day, 0 WHERE NOT EXISTS (SELECT FROM sample.effect WHERE key = :day)"
            ),
            {"day": str(tx.today)},
        )


SERVICE = Service(
    name="sample",
    title="Voorbeeld",
    description="Een dienst om het chassis mee te beproeven.",
    version="1.0.0",
    router=router,
    schema=SCHEMA,
    metadata=METADATA,
    migrations=_migrations(),
    settings=Settings,
    handlers=(
        Handler(LeadAssigned, apply_many=on_leads_assigned),
        Handler(InburgeraarRegistered, on_state, versioned=True),
        Handler(InburgeraarCorrected, on_state, versioned=True),
    ),
    jobs=(Job("remember-the-day", timedelta(hours=1), remember_the_day),),
)
