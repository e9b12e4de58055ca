# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who was housed, as facts for the account: one per person, once."""

from datetime import date
from uuid import UUID

from chassis.db import Tx
from services.housing.models import Household, Realisation
from services.housing.store import households, matches

__all__ = ["count_household"]


async def count_household(
    tx: Tx, household: Household, *, gemeentecode: str, housed_on: date, source: str, match_id: UUID | None
) -> int:
    """Count everybody of a household who is not counted yet; answers how many people that are.

    Who moves on from a temporary house counted when the first house came; family that follows counts
    on the day it joins the household in its house.
    """
    members = (await households.members_of(tx, [household.id])).get(household.id, [])
    counted = await matches.counted_members(tx, [member.id for member in members])
    new = [member for member in members if member.id not in counted]
    recorded_by = None if tx.caller is None else tx.caller.subject
    for member in new:
        tx.add(
            Realisation(
                gemeentecode=gemeentecode,
                housed_on=housed_on,
                persons=1,
                source=source,
                match_id=match_id,
                household_id=household.id,
                member_id=member.id,
                recorded_at=tx.now,
                recorded_by=recorded_by,
            )
        )
    await tx.flush()
    return len(new)
