# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Matches, what hangs on them, and what they say together."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models import Dwelling, Household, Match, MoveItem, Stay

__all__ = [
    "ITEM_KEY",
    "Held",
    "first_offers",
    "first_proposal_on",
    "held",
    "home_ids",
    "homes_of",
    "households_of",
    "items_of",
    "last_matches",
    "left_on",
    "lives_there",
    "lock_match",
    "match_under_way",
    "matches_page",
    "open_stay",
    "sharers",
    "stay_of",
    "stays_of",
]

UNDER_WAY = ("proposed", "approved", "accepted", "key-handed-over")


def lives_there() -> sa.ColumnElement[bool]:
    """Whether somebody lives in the dwelling of a match now: housed by it, and no stay of it that ended.

    For queries that join the stays of their matches where there are any. A home for good has no stay until it is left.
    """
    return sa.and_(
        col(Match.status) == "housed", sa.or_(col(Stay.id).is_(None), col(Stay.ended_on).is_(None))
    )


def _holds() -> sa.ColumnElement[bool]:
    """Whether a match holds its place in a dwelling: under way, or lived in now."""
    return sa.or_(col(Match.status).in_(UNDER_WAY), lives_there())


async def lock_match(tx: Tx, match_id: UUID) -> Match | None:
    """The match, locked; lock its dwelling and its household before."""
    return await tx.get(Match, match_id, lock=True)


async def matches_page(
    tx: Tx,
    *,
    gemeentecode: str | None,
    status: str | None,
    household_id: UUID | None,
    dwelling_id: UUID | None,
    key_from: date | None,
    key_until: date | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Match]:
    """Matches by id; `key_from` and `key_until` bound the day of the key, or the day it is expected by."""
    query = select(Match).order_by(col(Match.id)).limit(limit)
    for column, value in (
        (col(Match.gemeentecode), gemeentecode),
        (col(Match.status), status),
        (col(Match.household_id), household_id),
        (col(Match.dwelling_id), dwelling_id),
    ):
        if value is not None:
            query = query.where(column == value)
    moves_on = sa.func.coalesce(col(Match.key_on), col(Match.move_due_on))
    if key_from is not None:
        query = query.where(moves_on >= key_from)
    if key_until is not None:
        query = query.where(moves_on <= key_until)
    if after is not None:
        query = query.where(col(Match.id) > after)
    return await tx.scalars(query)


async def match_under_way(tx: Tx, household_id: UUID) -> Match | None:
    """The match that holds a household now."""
    found: Match | None = await tx.scalar(
        select(Match).where(col(Match.household_id) == household_id, col(Match.status).in_(UNDER_WAY))
    )
    return found


async def last_matches(tx: Tx, household_ids: Collection[UUID]) -> dict[UUID, Match]:
    """The last match of each household that was not refused."""
    rows = await tx.scalars(
        select(Match)
        .where(col(Match.household_id).in_(household_ids), col(Match.status).not_in(("rejected", "declined")))
        .order_by(col(Match.proposed_on), (col(Match.status) == "housed").desc(), col(Match.id))
    )
    return {row.household_id: row for row in rows}


async def first_offers(tx: Tx, household_ids: Collection[UUID]) -> dict[UUID, date]:
    """The day on which each household was first offered a dwelling that it did not refuse."""
    rows = await tx.scalars(
        select(Match)
        .where(
            col(Match.household_id).in_(household_ids),
            col(Match.status).in_(("approved", "accepted", "key-handed-over", "housed")),
        )
        .order_by(col(Match.decided_on).desc())
    )
    return {row.household_id: row.decided_on for row in rows if row.decided_on is not None}


async def first_proposal_on(tx: Tx, household_id: UUID) -> date | None:
    """The day of the first match of a household that was not refused."""
    found: date | None = await tx.scalar(
        select(sa.func.min(col(Match.proposed_on))).where(
            col(Match.household_id) == household_id, col(Match.status).not_in(("rejected", "declined"))
        )
    )
    return found


async def households_of(tx: Tx, shown: Collection[Match]) -> Sequence[Household]:
    """The households of these matches that the caller can see at all."""
    return await tx.scalars(
        select(Household).where(col(Household.id).in_({row.household_id for row in shown}))
    )


async def sharers(tx: Tx, dwelling_id: UUID) -> Sequence[Match]:
    """The matches that hold a place in a dwelling, or the whole of it: under way, or living there now."""
    return await tx.scalars(
        select(Match)
        .outerjoin(Stay, col(Stay.match_id) == col(Match.id))
        .where(col(Match.dwelling_id) == dwelling_id, _holds())
        .order_by(col(Match.id))
    )


class Held(NamedTuple):
    """What of a dwelling is held: by matches under way, by who lives there, known or no longer known."""

    places: int = 0  # of sharers
    group: str | None = None  # the share group of these
    whole: bool = False  # somebody has all of it


async def held(tx: Tx, offered: Collection[Dwelling], *, apart_from: UUID | None = None) -> dict[UUID, Held]:
    """What is held of each of these dwellings; a match may be left out, as if it were not there."""
    query = (
        sa.select(col(Match.dwelling_id), col(Match.shared), col(Household.share_group))
        .outerjoin(Household, col(Household.id) == col(Match.household_id))
        .outerjoin(Stay, col(Stay.match_id) == col(Match.id))
        .where(col(Match.dwelling_id).in_([row.id for row in offered]), _holds())
        .order_by(col(Match.id))
    )
    if apart_from is not None:
        query = query.where(col(Match.id) != apart_from)
    known: dict[UUID, Held] = {}
    for row in await tx.rows(query):
        now = known.get(row.dwelling_id, Held())
        if row.shared:
            now = now._replace(places=now.places + 1, group=now.group if now.places else row.share_group)
        else:
            now = now._replace(whole=True)
        known[row.dwelling_id] = now
    found = {}
    for dwelling in offered:
        now = known.get(dwelling.id, Held())
        group = now.group if now.places else dwelling.kept_group
        found[dwelling.id] = Held(now.places + dwelling.kept_places, group, now.whole)
    return found


async def home_ids(tx: Tx, household_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The dwelling in which each of these households lives now by a match, the last where there are more."""
    rows = await tx.rows(
        sa.select(col(Match.household_id), col(Match.dwelling_id))
        .outerjoin(Stay, col(Stay.match_id) == col(Match.id))
        .where(col(Match.household_id).in_(household_ids), lives_there())
        .order_by(col(Match.housed_on), col(Match.id))
    )
    return {row.household_id: row.dwelling_id for row in rows}


async def homes_of(tx: Tx, household_id: UUID) -> Sequence[Match]:
    """The matches by which a household lives somewhere now, and has not moved on."""
    return await tx.scalars(
        select(Match)
        .outerjoin(Stay, col(Stay.match_id) == col(Match.id))
        .where(col(Match.household_id) == household_id, lives_there())
        .order_by(col(Match.id))
    )


async def left_on(tx: Tx, household_ids: Collection[UUID]) -> dict[UUID, date]:
    """Since when those of these households that were housed by a match, and live nowhere by one, have left.

    Who has the key of a next home has left none: a match holds it.
    """
    rows = await tx.rows(
        sa.select(col(Match.household_id), sa.func.max(col(Stay.ended_on)).label("day"))
        .join(Household, col(Household.id) == col(Match.household_id))
        .outerjoin(Stay, col(Stay.match_id) == col(Match.id))
        .where(
            col(Household.id).in_(household_ids),
            col(Household.status) == "housed",
            col(Match.status) == "housed",
        )
        .group_by(col(Match.household_id))
        .having(sa.not_(sa.func.bool_or(lives_there())))
    )
    return {row.household_id: row.day for row in rows}


async def stays_of(tx: Tx, shown: Collection[Match]) -> dict[UUID, Stay]:
    """The stays that came of these matches, by the match."""
    rows = await tx.scalars(select(Stay).where(col(Stay.match_id).in_({row.id for row in shown})))
    return {row.match_id: row for row in rows}


async def stay_of(tx: Tx, match_id: UUID) -> Stay | None:
    """The stay that came of a match, locked; lock its household before."""
    found: Stay | None = await tx.scalar(select(Stay).where(col(Stay.match_id) == match_id).with_for_update())
    return found


async def open_stay(tx: Tx, household_id: UUID) -> Stay | None:
    """The temporary stay of a household that has not ended."""
    found: Stay | None = await tx.scalar(
        select(Stay)
        .where(col(Stay.household_id) == household_id, col(Stay.ended_on).is_(None))
        .with_for_update()
    )
    return found


ITEM_KEY = (date, str)
"""The kinds of the ordering key of what is to be done: the last day, and the code."""


async def items_of(
    tx: Tx,
    match_id: UUID,
    *,
    party: str | None = None,
    after: tuple[object, ...] | None,
    limit: int,
) -> Sequence[MoveItem]:
    """What is to be done around a move, in the order of the days; with `party` only what that one does."""
    query = (
        select(MoveItem)
        .where(col(MoveItem.match_id) == match_id)
        .order_by(col(MoveItem.due_on), col(MoveItem.code))
        .limit(limit)
    )
    if party is not None:
        query = query.where(col(MoveItem.party) == party)
    if after is not None:
        query = query.where(
            sa.tuple_(col(MoveItem.due_on), col(MoveItem.code))
            > sa.tuple_(*(sa.literal(part) for part in after))
        )
    return await tx.scalars(query)
