# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What operators ask of any service: is it well, what waits, what was put aside. No personal data."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import Path, Request
from pydantic import Field

from chassis.db import Tx
from chassis.errors import NotFound
from chassis.outbox import republish
from chassis.schema import Count, Instant, InstantOrNone, Page, Schema, ShortText
from chassis.web import PagingDep, Router, TxDep, access, problems

__all__ = ["router"]

_OPERATORS = {"operations", "administrator"}


class JobStatus(Schema):
    """One job of the clock."""

    name: str
    last_success: InstantOrNone
    failing: bool


class Status(Schema):
    """How one service is doing."""

    service: str
    outbox_depth: Count
    outbox_age_seconds: float
    relay_leader: bool
    bus_alive: bool
    lag_per_topic: dict[str, int]
    dead_letters: Count
    background_jobs: Count
    jobs: list[JobStatus]


class DeadLetter(Schema):
    """An event that was put aside, without its data."""

    id: UUID
    event_id: str | None
    topic: str
    type: str | None
    reason: str
    attempts: Count
    failed_at: Instant
    replayed_at: InstantOrNone


class ReplayIn(Schema):
    """Which events are sent again: all that are kept, or a part of them."""

    since: InstantOrNone = Field(None, description="Alleen wat vanaf dit moment is verzonden.")
    until: InstantOrNone = Field(None, description="Alleen wat voor dit moment is verzonden.")
    key: ShortText | None = Field(
        None, description="Alleen van deze sleutel, bijvoorbeeld het id van een inburgeraar."
    )


class ReplayOut(Schema):
    """How many events are sent again."""

    events: Count


class Replayed(Schema):
    """The outcome of a replay."""

    id: UUID
    replayed: bool


def router(schema: str) -> Router:
    """The operators' part of a service's API."""
    made = Router(tags=["Beheer"])

    @made.get(
        "/operations/status",
        operation_id="readStatus",
        summary="Toestand van deze dienst lezen",
        response_model=Status,
        openapi_extra=access(roles=_OPERATORS, purpose="operations", activity="beheer"),
    )
    async def read_status(request: Request, tx: TxDep) -> dict[str, Any]:
        """What waits to be sent, what is still to be read, what was put aside and which jobs ran."""
        found: dict[str, Any] = await request.app.state.status(tx)
        return found

    @made.get(
        "/operations/dead-letters",
        operation_id="listDeadLetters",
        summary="Opzijgezette gebeurtenissen opvragen",
        response_model=Page[DeadLetter],
        openapi_extra=access(roles=_OPERATORS, purpose="operations", activity="beheer"),
    )
    async def list_dead_letters(tx: TxDep, paging: PagingDep) -> dict[str, Any]:
        """Events that failed after all tries, oldest first; the data itself is not shown."""
        after = paging.position(datetime, UUID)
        rows = await tx.rows(
            sa.text(
                "SELECT id, event_id, topic, type, reason, attempts, failed_at, replayed_at "
                f"FROM {schema}.dead_letter WHERE CAST(:at AS timestamptz) IS NULL "
                "OR (failed_at, id) > (:at, CAST(:id AS uuid)) "
                "ORDER BY failed_at, id LIMIT :n"
            ),
            {
                "at": after[0] if after else None,
                "id": after[1] if after else None,
                "n": paging.fetch,
            },
        )
        return paging.page(rows, key=lambda row: (row.failed_at, row.id), item=DeadLetter.model_validate)

    @made.post(
        "/operations/dead-letters/{id}/replays",
        operation_id="replayDeadLetter",
        summary="Een opzijgezette gebeurtenis opnieuw aanbieden",
        response_model=Replayed,
        responses=problems(NotFound),
        openapi_extra=access(roles=_OPERATORS, purpose="operations", activity="beheer", idempotency=None),
    )
    async def replay_dead_letter(id: Annotated[UUID, Path()], request: Request) -> Replayed:
        """Offer the event once more; it takes effect once, however often this is asked."""
        if not await request.app.state.replay(id):
            raise NotFound("Deze gebeurtenis is er niet, of is al opnieuw aangeboden.")
        return Replayed(id=id, replayed=True)

    @made.post(
        "/operations/replays",
        operation_id="replayEvents",
        summary="Verzonden gebeurtenissen opnieuw verzenden",
        response_model=ReplayOut,
        openapi_extra=access(roles=_OPERATORS, purpose="operations", activity="beheer", idempotency=None),
    )
    async def replay_events(body: ReplayIn, request: Request) -> ReplayOut:
        """Verzendt opnieuw wat deze dienst nog bewaart. Wie een gebeurtenis al verwerkte, slaat haar over."""
        database = request.app.state.runtime.database
        return ReplayOut(events=await republish(database, since=body.since, until=body.until, key=body.key))

    return made


async def dead_letters_waiting(tx: Tx, schema: str) -> int:
    """How many dead letters were not replayed."""
    return int(
        await tx.scalar(sa.text(f"SELECT count(*) FROM {schema}.dead_letter WHERE replayed_at IS NULL"))
    )
