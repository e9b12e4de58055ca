# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Searches for matches, their proposals, and what people pinned."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models import Pin, Proposal, ProposalRun
from services.housing.store.matches import UNDER_WAY
from services.housing.store.turns import take_turn

__all__ = [
    "NOT_ENDED",
    "RUN_KEYS",
    "RunOrder",
    "last_done",
    "lift_pair",
    "lock_scope",
    "persons_under_way",
    "pinned_pairs",
    "pins_in_force",
    "pins_page",
    "proposals_page",
    "running_search",
    "runs_page",
    "settle_lost",
    "still_there",
]


RunOrder = Literal["id", "latest"]

RUN_KEYS: Mapping[RunOrder, tuple[type, ...]] = MappingProxyType({"id": (UUID,), "latest": (datetime, UUID)})
"""The kinds of the ordering key of searches."""

NOT_ENDED = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands in an ordering key for the end of a search that waits or runs."""


async def lock_scope(tx: Tx, scope: str) -> None:
    """Let two who ask for a search on one scope take turns, to the end of the transaction."""
    await take_turn(tx, "search", scope)


async def running_search(tx: Tx, scope: str) -> UUID | None:
    """The search on a scope that waits or runs. One whose job is over, or gone, does not count."""
    found: UUID | None = await tx.scalar(
        sa.text(
            "SELECT r.id FROM proposal_run r JOIN background_job j ON j.id = r.id "
            "WHERE r.scope = :scope AND r.status IN ('queued', 'running') AND j.status IN ('queued', 'running')"
        ),
        {"scope": scope},
    )
    if found is None:
        await settle_lost(tx)
    return found


async def last_done(tx: Tx, scope: str) -> ProposalRun | None:
    """The last search on a scope that has an outcome."""
    statement = (
        sa.select(ProposalRun)
        .where(col(ProposalRun.scope) == scope, col(ProposalRun.status) == "done")
        .order_by(col(ProposalRun.finished_at).desc(), col(ProposalRun.id))
        .limit(1)
    )
    found: ProposalRun | None = await tx.scalar(statement)
    return found


async def settle_lost(tx: Tx) -> int:
    """End the searches that seem to wait or run and whose job is over, or gone; answers how many."""
    return await tx.change(
        sa.text(
            "UPDATE proposal_run r SET status = 'failed', finished_at = :now "
            "WHERE r.status IN ('queued', 'running') AND NOT EXISTS (SELECT FROM background_job j "
            "WHERE j.id = r.id AND j.status IN ('queued', 'running'))"
        ),
        {"now": tx.now},
    )


async def still_there(
    tx: Tx, *, dwelling_ids: Collection[UUID], household_ids: Collection[UUID]
) -> set[UUID]:
    """Keep both from going until the transaction ends; answers those of the households that are there.

    Whether the caller sees them does not matter. Ask it before the search or an explanation is locked:
    whoever destroys locks in this order too.
    """
    async with tx.as_platform():
        await tx.execute(
            sa.text(
                "SELECT id FROM dwelling WHERE id = ANY (CAST(:ids AS uuid[])) ORDER BY id FOR KEY SHARE"
            ),
            {"ids": list(dwelling_ids)},
        )
        return set(
            await tx.scalars(
                sa.text(
                    "SELECT id FROM household WHERE id = ANY (CAST(:ids AS uuid[])) "
                    "ORDER BY id FOR NO KEY UPDATE"
                ),
                {"ids": list(household_ids)},
            )
        )


async def runs_page(
    tx: Tx, *, order: RunOrder, after: tuple[Any, ...] | None, limit: int
) -> Sequence[ProposalRun]:
    """Searches that the caller may see: by id, or those without an end first and then the last that ended."""
    id_, ended = col(ProposalRun.id), col(ProposalRun.finished_at)
    if order == "id":
        query = select(ProposalRun).order_by(id_)
        if after is not None:
            query = query.where(id_ > after[0])
        return await tx.scalars(query.limit(limit))
    query = select(ProposalRun).order_by(ended.desc().nulls_first(), id_.desc())
    if after is not None:
        end, last = after
        query = query.where(
            sa.or_(ended.is_not(None), id_ < last)
            if end == NOT_ENDED
            else sa.tuple_(ended, id_) < sa.tuple_(sa.literal(end), sa.literal(last))
        )
    return await tx.scalars(query.limit(limit))


async def proposals_page(tx: Tx, run_id: UUID, *, after: int, limit: int) -> Sequence[Proposal]:
    """The proposals of a search by their rank."""
    return await tx.scalars(
        select(Proposal)
        .where(col(Proposal.run_id) == run_id, col(Proposal.rank) > after)
        .order_by(col(Proposal.rank))
        .limit(limit)
    )


async def pins_in_force(tx: Tx, household_ids: Collection[UUID], day: date) -> Sequence[Pin]:
    """What is pinned, ruled out or held of these households on a day."""
    return await tx.scalars(
        select(Pin)
        .where(
            col(Pin.household_id).in_(household_ids), col(Pin.lifted_on).is_(None), col(Pin.expires_on) >= day
        )
        .order_by(col(Pin.id))
    )


async def pinned_pairs(tx: Tx, gemeentecodes: Sequence[str], day: date) -> Sequence[Pin]:
    """The pairs that are pinned on a day for households of these gemeenten, whether these wait or not."""
    return await tx.scalars(
        select(Pin)
        .where(
            col(Pin.gemeentecode).in_(gemeentecodes),
            col(Pin.kind) == "pin",
            col(Pin.lifted_on).is_(None),
            col(Pin.expires_on) >= day,
        )
        .order_by(col(Pin.id))
    )


async def lift_pair(tx: Tx, household_id: UUID, dwelling_id: UUID) -> None:
    """Take back that this pair is pinned."""
    await tx.execute(
        sa.update(Pin)
        .where(
            col(Pin.household_id) == household_id,
            col(Pin.dwelling_id) == dwelling_id,
            col(Pin.kind) == "pin",
            col(Pin.lifted_on).is_(None),
        )
        .values(lifted_on=tx.today)
    )


async def pins_page(
    tx: Tx, *, gemeentecode: str | None, in_force_on: date | None, after: UUID | None, limit: int
) -> Sequence[Pin]:
    """What people pinned, by id; maybe only what is in force."""
    query = select(Pin).order_by(col(Pin.id)).limit(limit)
    if gemeentecode is not None:
        query = query.where(col(Pin.gemeentecode) == gemeentecode)
    if in_force_on is not None:
        query = query.where(col(Pin.lifted_on).is_(None), col(Pin.expires_on) >= in_force_on)
    if after is not None:
        query = query.where(col(Pin.id) > after)
    return await tx.scalars(query)


async def persons_under_way(tx: Tx, gemeentecodes: Sequence[str]) -> dict[str, int]:
    """People for whom a match runs that is not lived in yet, by the gemeente of the dwelling.

    Who moves on from a first home is not among them: they counted when that came.
    """
    rows = await tx.rows(
        sa.text(
            "SELECT m.dwelling_gemeentecode AS code, sum(m.persons) AS persons FROM match m "
            "LEFT JOIN household h ON h.id = m.household_id "
            "WHERE m.dwelling_gemeentecode = ANY (CAST(:codes AS varchar[])) AND h.housed_on IS NULL "
            "AND m.status = ANY (CAST(:under_way AS text[])) GROUP BY 1"
        ),
        {"codes": list(gemeentecodes), "under_way": list(UNDER_WAY)},
    )
    return {row.code: int(row.persons) for row in rows}
