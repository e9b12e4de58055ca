# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The facts of who was housed, row by row; their sums are asked for in `store.account`."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models import HouseholdMember, Realisation
from services.housing.rules.codes import TakenBack

__all__ = [
    "REALISATION_KEY",
    "counted_members",
    "lock_counting",
    "lock_realisation",
    "persons_of",
    "realisations_page",
]

REALISATION_KEY = (date, UUID)
"""The kinds of the ordering key of realisations: the day from which they count, and the id."""


async def lock_realisation(tx: Tx, realisation_id: UUID) -> Realisation | None:
    """The realisation, locked and as it is now; None if not known or not the caller's."""
    return await tx.get(Realisation, realisation_id, lock=True)


async def lock_counting(tx: Tx, household_id: UUID) -> Sequence[Realisation]:
    """Everything that counts somebody of a household now, locked, in the order of the days."""
    return await tx.scalars(
        select(Realisation)
        .where(
            col(Realisation.household_id) == household_id,
            col(Realisation.persons) > 0,
            col(Realisation.corrected).is_(False),
        )
        .order_by(col(Realisation.housed_on), col(Realisation.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def counted_members(tx: Tx, member_ids: Collection[UUID], match_id: UUID | None) -> set[UUID]:
    """Those of these members who count already, or were taken back and may not count again by this match.

    Without a match nobody who was taken back counts again, and never who was taken back as counted twice.
    """
    back = aliased(Realisation)
    twice = sa.exists().where(
        col(back.corrects) == col(Realisation.id), col(back.cause) == TakenBack.COUNTED_TWICE.value
    )
    taken_back = sa.true() if match_id is None else sa.or_(col(Realisation.match_id) == match_id, twice)
    return set(
        await tx.scalars(
            select(Realisation.member_id).where(
                col(Realisation.member_id).in_(member_ids),
                col(Realisation.persons) > 0,
                sa.or_(col(Realisation.corrected).is_(False), taken_back),
            )
        )
    )


async def persons_of(tx: Tx, shown: Collection[Realisation]) -> Sequence[tuple[UUID, str]]:
    """The people whom the chain knows among the members of these rows, with their gemeente."""
    members = {row.member_id for row in shown if row.member_id is not None}
    rows = await tx.scalars(
        select(HouseholdMember).where(
            col(HouseholdMember.id).in_(members), col(HouseholdMember.inburgeraar_id).is_not(None)
        )
    )
    return [(row.inburgeraar_id, row.gemeentecode) for row in rows if row.inburgeraar_id is not None]


async def realisations_page(
    tx: Tx,
    *,
    gemeentecode: str | None,
    household_id: UUID | None,
    match_id: UUID | None,
    after: tuple[object, ...] | None,
    limit: int,
) -> Sequence[Realisation]:
    """Realisations and what took them back, by the day from which they count."""
    query = select(Realisation).order_by(col(Realisation.housed_on), col(Realisation.id)).limit(limit)
    for column, value in (
        (col(Realisation.gemeentecode), gemeentecode),
        (col(Realisation.household_id), household_id),
        (col(Realisation.match_id), match_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if after is not None:
        query = query.where(
            sa.tuple_(col(Realisation.housed_on), col(Realisation.id))
            > sa.tuple_(*(sa.literal(part) for part in after))
        )
    return await tx.scalars(query)
