# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why pairs were not proposed, and the inputs of searches that are kept for it."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models import Explanation

__all__ = ["explanation_of", "forget_inputs", "is_under_way"]


async def explanation_of(tx: Tx, run_id: UUID, household_id: UUID, dwelling_id: UUID) -> Explanation | None:
    """What was asked of this pair before."""
    found: Explanation | None = await tx.scalar(
        select(Explanation).where(
            col(Explanation.run_id) == run_id,
            col(Explanation.household_id) == household_id,
            col(Explanation.dwelling_id) == dwelling_id,
        )
    )
    return found


async def is_under_way(tx: Tx, job_id: UUID) -> bool:
    """Whether a job waits or runs, whoever asked for it."""
    async with tx.as_platform():
        return bool(
            await tx.scalar(
                sa.text(
                    "SELECT EXISTS (SELECT FROM background_job WHERE id = :id AND status IN ('queued', 'running'))"
                ),
                {"id": job_id},
            )
        )


async def forget_inputs(tx: Tx, *, before: date, limit: int) -> int:
    """Let go of inputs whose last day lies before a day, or that name a household that is gone; answers how many.

    An older version beside this one destroys households and knows nothing of inputs.
    """
    return await tx.change(
        sa.text(
            "DELETE FROM search_input WHERE run_id IN "
            "(SELECT run_id FROM search_input WHERE kept_until < :before OR EXISTS "
            "(SELECT FROM unnest(household_ids) named WHERE NOT EXISTS "
            "(SELECT FROM household h WHERE h.id = named)) LIMIT :limit)"
        ),
        {"before": before, "limit": limit},
    )
