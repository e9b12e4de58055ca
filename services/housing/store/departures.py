# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Households whose people's data must go, and those that nobody in the chain belongs to."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models import HouseholdMember, Match, Proposal, ProposalRun, Stay
from services.housing.store.matches import UNDER_WAY, lives_there

__all__ = [
    "forget_in_account",
    "forget_in_events",
    "forget_words",
    "households_with",
    "known_rows",
    "lived_on_in",
    "places_held",
    "proposals_naming",
    "runs_naming",
    "without_term",
]


async def households_with(tx: Tx, inburgeraar_id: UUID) -> Sequence[UUID]:
    """The households that bear this person, or have or had it as a member, by id."""
    return await tx.scalars(
        sa.text(
            "SELECT id FROM household WHERE inburgeraar_id = :person UNION "
            "SELECT household_id FROM household_member WHERE inburgeraar_id = :person ORDER BY 1"
        ),
        {"person": inburgeraar_id},
    )


async def known_rows(tx: Tx, household_id: UUID) -> Sequence[HouseholdMember]:
    """The members whom the chain knows, also who left: those of now first, in the order of joining."""
    return await tx.scalars(
        select(HouseholdMember)
        .where(
            col(HouseholdMember.household_id) == household_id,
            col(HouseholdMember.inburgeraar_id).is_not(None),
        )
        .order_by(
            col(HouseholdMember.left_on).is_not(None),
            col(HouseholdMember.kind),
            col(HouseholdMember.joined_on),
            col(HouseholdMember.id),
        )
    )


async def places_held(tx: Tx, household_ids: Sequence[UUID], *, died: bool) -> Sequence[Match]:
    """What falls free when these households are gone: matches under way, and homes for a time.

    A home for good stays let: nobody tells here who lives there next. So does a place in a shared one, unless
    who had it died: whose data goes for another reason lives there still.
    """
    for_good = col(Match.shared) if died else sa.false()
    return await tx.scalars(
        select(Match)
        .outerjoin(Stay, col(Stay.match_id) == col(Match.id))
        .where(
            col(Match.household_id).in_(household_ids),
            sa.or_(
                col(Match.status).in_(UNDER_WAY),
                sa.and_(lives_there(), sa.or_(for_good, col(Stay.id).is_not(None))),
            ),
        )
        .order_by(col(Match.id))
    )


async def lived_on_in(tx: Tx, household_ids: Sequence[UUID]) -> Sequence[Match]:
    """The places for good in shared homes of these households: they live there on when their data is gone."""
    return await tx.scalars(
        select(Match)
        .outerjoin(Stay, col(Stay.match_id) == col(Match.id))
        .where(
            col(Match.household_id).in_(household_ids),
            lives_there(),
            col(Match.shared),
            col(Stay.id).is_(None),
        )
        .order_by(col(Match.id))
    )


async def forget_in_account(
    tx: Tx, *, household_id: UUID | None = None, member_ids: Sequence[UUID] = ()
) -> None:
    """Let the account keep its counts, and no id of a household or a member that is gone, nor words about them."""
    if household_id is not None:
        await tx.execute(
            sa.text(
                "UPDATE realisation SET household_id = NULL, member_id = NULL, match_id = NULL, reason = NULL "
                "WHERE household_id = :household"
            ),
            {"household": household_id},
        )
    if member_ids:
        await tx.execute(
            sa.text(
                "UPDATE realisation SET member_id = NULL WHERE member_id = ANY (CAST(:members AS uuid[]))"
            ),
            {"members": list(member_ids)},
        )


async def forget_words(tx: Tx, member_ids: Sequence[UUID]) -> None:
    """Let go of why realisations of these members were taken back: it may tell of the person."""
    await tx.execute(
        sa.text("UPDATE realisation SET reason = NULL WHERE member_id = ANY (CAST(:members AS uuid[]))"),
        {"members": list(member_ids)},
    )


async def forget_in_events(tx: Tx, inburgeraar_id: UUID) -> None:
    """Take a person off the lists of members in events that were or are to be sent."""
    await tx.execute(
        sa.text(
            "UPDATE outbox SET data = jsonb_set(data, '{inburgeraarIds}', (data->'inburgeraarIds') - :person) "
            "WHERE data->'inburgeraarIds' ? :person"
        ),
        {"person": str(inburgeraar_id)},
    )


async def runs_naming(tx: Tx, household_id: UUID) -> Sequence[ProposalRun]:
    """The searches whose outcome names a household."""
    return await tx.scalars(
        select(ProposalRun)
        .where(sa.cast(col(ProposalRun.outcome), sa.Text).contains(str(household_id)))
        .order_by(col(ProposalRun.id))
        .with_for_update()
    )


async def proposals_naming(tx: Tx, household_id: UUID) -> Sequence[Proposal]:
    """The proposals for others that name a household as one that would fit too."""
    return await tx.scalars(
        select(Proposal)
        .where(
            col(Proposal.household_id) != household_id,
            sa.cast(col(Proposal.alternatives), sa.Text).contains(str(household_id)),
        )
        .order_by(col(Proposal.id))
        .with_for_update()
    )


async def without_term(tx: Tx, *, before: date, limit: int) -> Sequence[UUID]:
    """Households that no destruction of a person takes along in time, and that ended before a day.

    Unlinked ones, and housed ones in which the chain knows nobody. Who waits is not among them.
    """
    return await tx.scalars(
        sa.text(
            "SELECT h.id FROM household h WHERE (h.status = 'unlinked' AND h.unlinked_on < :before) "
            "OR (h.status = 'housed' AND h.housed_on < :before AND NOT EXISTS (SELECT FROM household_member m "
            "WHERE m.household_id = h.id AND m.inburgeraar_id IS NOT NULL)) ORDER BY h.id LIMIT :limit"
        ),
        {"before": before, "limit": limit},
    )
