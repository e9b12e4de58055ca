# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""SQL about who follows up on a person."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from chassis.db import Tx
from services.notifications.models import Person

__all__ = ["find", "hold", "lock", "try_hold"]

_MAKE = sa.text(
    "INSERT INTO person (inburgeraar_id, state_version, lead_version) "
    "SELECT id, 0, 0 FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY id ON CONFLICT DO NOTHING"
)


async def _locked(tx: Tx, ids: Collection[UUID], *, share: bool, skip: bool = False) -> dict[UUID, Person]:
    rows = await tx.scalars(
        sa.select(Person)
        .where(col(Person.inburgeraar_id).in_(ids))
        .order_by(col(Person.inburgeraar_id))
        .with_for_update(read=share, skip_locked=skip)
        .execution_options(populate_existing=True)
    )
    return {row.inburgeraar_id: row for row in rows}


async def lock(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Person]:
    """The rows of these people, made if need be, for a change of gemeente or lead."""
    await tx.execute(_MAKE, {"ids": list(ids)})
    return await _locked(tx, ids, share=False)


async def hold(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Person]:
    """The rows of these people, made if need be, held as they are until the transaction ends.

    A row is made for a person that intake has not told of yet, so that there is something to
    hold: a new signal and the arrival of the person then take turns, and none misses the other.
    """
    await tx.execute(_MAKE, {"ids": list(ids)})
    return await _locked(tx, ids, share=True)


async def try_hold(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Person]:
    """The rows of these people that nobody is changing now, held as they are."""
    return await _locked(tx, ids, share=True, skip=True)


async def find(tx: Tx, inburgeraar_id: UUID) -> Person | None:
    """The person, if the caller may know that the person belongs to a gemeente of the caller."""
    return await tx.get(Person, inburgeraar_id)
