# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Searches for matches, as jobs that people ask for and can stop."""

import sqlalchemy as sa

from chassis.background import JobState
from chassis.db import Tx
from services.housing.errors import JobOver

__all__ = ["cancel_job"]


async def cancel_job(tx: Tx, job: JobState) -> None:
    """Ask the worker to stop; what it would have kept is not kept.

    Raises:
        JobOver: it ended already.
    """
    if job.status in {"done", "failed"}:
        raise JobOver("Deze verwerking is al afgelopen.")
    await tx.execute(sa.text("UPDATE background_job SET cancel_asked = true WHERE id = :id"), {"id": job.id})
