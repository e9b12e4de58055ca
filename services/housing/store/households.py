# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Households, their members, what they agreed to and who is expected."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models import Consent, Household, HouseholdMember, Inburgeraar, Reunion

__all__ = [
    "HOUSEHOLD_KEY",
    "Mover",
    "Named",
    "all_reunions",
    "by_reference",
    "consents_of",
    "elsewhere_member",
    "gone_by_exchange",
    "household_of_person",
    "households_by_id",
    "households_page",
    "known_persons",
    "lift_pins",
    "lock_household",
    "lock_reunion",
    "members_of",
    "move_household",
    "open_consents",
    "reunions_of",
    "waiting_households",
    "who_move_on",
    "withdraw_exchanges",
    "withdraw_reunions",
]

HOUSEHOLD_KEY = (date, UUID)
"""The kinds of the ordering key of households: the day of the link, and the id."""

_CARRY_GEMEENTE = (
    "household_member",
    "reunion",
    "consent",
    "stay",
    "share_conflict",
    "task",
    "deadline",
    "exchange_household",
    "pin",
)


async def lock_household(tx: Tx, household_id: UUID) -> Household | None:
    """The household, locked; None if not known or not the caller's. Lock a dwelling before it."""
    return await tx.get(Household, household_id, lock=True)


async def by_reference(tx: Tx, gemeentecode: str, references: Collection[str]) -> dict[str, Household]:
    """Households of a gemeente by their reference in TVS, locked in the order of their ids.

    Of those that bore one reference after each other: the one that is linked, else the last that was.
    """
    rows = await tx.scalars(
        select(Household)
        .where(col(Household.gemeentecode) == gemeentecode, col(Household.reference).in_(references))
        .order_by(col(Household.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    latest_last = sorted(rows, key=lambda row: (row.unlinked_on is None, row.unlinked_on or row.linked_on))
    return {row.reference: row for row in latest_last if row.reference is not None}


async def households_page(
    tx: Tx,
    *,
    gemeentecode: str | None,
    status: str | None,
    inburgeraar_id: UUID | None,
    reference: str | None,
    after: tuple[object, ...] | None,
    limit: int,
) -> Sequence[Household]:
    """Households, the longest linked first."""
    query = select(Household).order_by(col(Household.linked_on), col(Household.id)).limit(limit)
    if gemeentecode is not None:
        query = query.where(col(Household.gemeentecode) == gemeentecode)
    if status is not None:
        query = query.where(col(Household.status) == status)
    if reference is not None:
        query = query.where(col(Household.reference) == reference)
    if inburgeraar_id is not None:
        query = query.where(
            col(Household.id).in_(
                select(HouseholdMember.household_id).where(
                    col(HouseholdMember.inburgeraar_id) == inburgeraar_id,
                    col(HouseholdMember.left_on).is_(None),
                )
            )
        )
    if after is not None:
        query = query.where(
            sa.tuple_(col(Household.linked_on), col(Household.id))
            > sa.tuple_(*(sa.literal(part) for part in after))
        )
    return await tx.scalars(query)


async def households_by_id(tx: Tx, household_ids: Collection[UUID]) -> Sequence[Household]:
    """Those of these households that the caller can see, by id."""
    return await tx.scalars(
        select(Household).where(col(Household.id).in_(household_ids)).order_by(col(Household.id))
    )


async def waiting_households(tx: Tx, gemeentecodes: Sequence[str]) -> Sequence[Household]:
    """Everybody who waits in these gemeenten, and no match holds; the longest linked first."""
    return await tx.scalars(
        select(Household)
        .where(col(Household.gemeentecode).in_(gemeentecodes), col(Household.status) == "waiting")
        .order_by(col(Household.linked_on), col(Household.id))
    )


class Mover(NamedTuple):
    """A household with a home for which somebody looks for another one."""

    household: Household
    since: date  # the day from which the next home is looked for
    for_family: bool  # only because the family that is expected has no room where it lives


async def who_move_on(tx: Tx, gemeentecodes: Sequence[str]) -> Sequence[Mover]:
    """Everybody who has a home in these gemeenten, needs another one, and has no match for it yet.

    A temporary stay counts from the day on which its follow-up must be looked for, whether a task tells so or
    not; a conflict in a shared home and family that is expected there from the day on which their task opened.
    """
    rows = await tx.rows(
        sa.text(
            "SELECT h.id, min(w.since) AS since, bool_and(w.for_family) AS for_family FROM household h JOIN ("
            "SELECT household_id, follow_up_on AS since, false AS for_family FROM stay "
            "WHERE ended_on IS NULL AND follow_up_on <= :today "
            "UNION ALL SELECT household_id, opened_on, kind = 'reunion-exit' FROM task "
            "WHERE status = 'open' AND kind IN ('reallocation', 'reunion-exit')) w ON w.household_id = h.id "
            "WHERE h.gemeentecode = ANY (CAST(:codes AS varchar[])) AND h.status = 'housed' "
            "GROUP BY h.id ORDER BY 2, 1"
        ),
        {"codes": list(gemeentecodes), "today": tx.today},
    )
    known = {row.id: row for row in await households_by_id(tx, [row.id for row in rows])}
    return [Mover(known[row.id], row.since, row.for_family) for row in rows if row.id in known]


async def members_of(tx: Tx, household_ids: Collection[UUID]) -> Mapping[UUID, list[HouseholdMember]]:
    """The members now of each household: adults first, in the order in which they were entered."""
    found: dict[UUID, list[HouseholdMember]] = defaultdict(list)
    for row in await tx.scalars(
        select(HouseholdMember)
        .where(col(HouseholdMember.household_id).in_(household_ids), col(HouseholdMember.left_on).is_(None))
        .order_by(col(HouseholdMember.kind), col(HouseholdMember.joined_on), col(HouseholdMember.id))
    ):
        found[row.household_id].append(row)
    return found


async def household_of_person(tx: Tx, inburgeraar_id: UUID) -> Household | None:
    """The household in which somebody is now, if the caller may see it."""
    found: Household | None = await tx.scalar(
        select(Household)
        .join(HouseholdMember, col(HouseholdMember.household_id) == col(Household.id))
        .where(col(HouseholdMember.inburgeraar_id) == inburgeraar_id, col(HouseholdMember.left_on).is_(None))
    )
    return found


async def elsewhere_member(
    tx: Tx, inburgeraar_ids: Collection[UUID], *, household_id: UUID | None
) -> set[UUID]:
    """Those of these people who are in another household now."""
    query = select(HouseholdMember.inburgeraar_id).where(
        col(HouseholdMember.inburgeraar_id).in_(inburgeraar_ids), col(HouseholdMember.left_on).is_(None)
    )
    if household_id is not None:
        query = query.where(col(HouseholdMember.household_id) != household_id)
    return set(await tx.scalars(query))


async def known_persons(tx: Tx, inburgeraar_ids: Collection[UUID]) -> set[UUID]:
    """Those of these people whom intake told of and the caller may see, locked.

    The lock makes two who put one person in two households take turns; the second sees the first.
    """
    return set(
        await tx.scalars(
            select(Inburgeraar.id)
            .where(col(Inburgeraar.id).in_(inburgeraar_ids))
            .order_by(col(Inburgeraar.id))
            .with_for_update()
        )
    )


async def consents_of(
    tx: Tx, household_id: UUID, *, after: tuple[object, ...] | None, limit: int
) -> Sequence[Consent]:
    """Every consent of a household, those taken back included, the oldest first."""
    query = (
        select(Consent)
        .where(col(Consent.household_id) == household_id)
        .order_by(col(Consent.given_on), col(Consent.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(
            sa.tuple_(col(Consent.given_on), col(Consent.id))
            > sa.tuple_(*(sa.literal(part) for part in after))
        )
    return await tx.scalars(query)


async def open_consents(tx: Tx, household_ids: Collection[UUID]) -> Mapping[UUID, list[Consent]]:
    """What each household agrees to now."""
    found: dict[UUID, list[Consent]] = defaultdict(list)
    for row in await tx.scalars(
        select(Consent)
        .where(col(Consent.household_id).in_(household_ids), col(Consent.revoked_on).is_(None))
        .order_by(col(Consent.kind), col(Consent.for_gemeentecode))
    ):
        found[row.household_id].append(row)
    return found


async def reunions_of(tx: Tx, household_ids: Collection[UUID]) -> Mapping[UUID, list[Reunion]]:
    """The family that each household still expects."""
    found: dict[UUID, list[Reunion]] = defaultdict(list)
    for row in await tx.scalars(
        select(Reunion)
        .where(
            col(Reunion.household_id).in_(household_ids),
            col(Reunion.arrived_on).is_(None),
            col(Reunion.withdrawn_on).is_(None),
        )
        .order_by(col(Reunion.expected_on), col(Reunion.id))
    ):
        found[row.household_id].append(row)
    return found


async def all_reunions(tx: Tx, household_id: UUID) -> Sequence[Reunion]:
    """All family of a household that was ever expected, also who came or no longer comes; oldest first."""
    return await tx.scalars(
        select(Reunion)
        .where(col(Reunion.household_id) == household_id)
        .order_by(col(Reunion.expected_on), col(Reunion.id))
    )


class Named(NamedTuple):
    """How a row of TVS names a household."""

    gemeentecode: str
    reference: str
    linked_on: date


async def gone_by_exchange(tx: Tx, named: Collection[Named]) -> dict[Named, UUID]:
    """Those of these households that an uitruil took from their gemeente, if they were linked before that.

    They are of another gemeente now, so their former one does not see them any more; their ids alone are told.
    """
    asked = list(named)
    if not asked:
        return {}
    async with tx.as_platform():
        rows = await tx.rows(
            sa.text(
                "SELECT DISTINCT ON (a.place) a.place, h.id FROM unnest(CAST(:codes AS text[]), "
                "CAST(:names AS text[]), CAST(:days AS date[])) WITH ORDINALITY "
                "AS a(code, reference, linked_on, place) "
                "JOIN exchange_household e ON e.from_gemeentecode = a.code "
                "JOIN exchange x ON x.id = e.exchange_id AND x.status = 'settled' "
                "AND x.settled_on >= a.linked_on "
                "JOIN household h ON h.id = e.household_id AND h.gemeentecode <> a.code "
                "AND h.reference = a.reference ORDER BY a.place, x.settled_on DESC, h.id"
            ),
            {
                "codes": [one.gemeentecode for one in asked],
                "names": [one.reference for one in asked],
                "days": [one.linked_on for one in asked],
            },
        )
    return {asked[row.place - 1]: row.id for row in rows}


async def lock_reunion(tx: Tx, reunion_id: UUID) -> Reunion | None:
    """The expected family, locked and as it is now; lock its household before."""
    return await tx.get(Reunion, reunion_id, lock=True)


async def lift_pins(tx: Tx, household_id: UUID, on: date) -> None:
    """Lift every pin, ban and hold of a household."""
    await tx.execute(
        sa.text("UPDATE pin SET lifted_on = :on WHERE household_id = :household AND lifted_on IS NULL"),
        {"household": household_id, "on": on},
    )


async def withdraw_exchanges(tx: Tx, household_id: UUID) -> None:
    """Withdraw the exchanges that would have taken a household elsewhere, as far as they are not settled."""
    await tx.execute(
        sa.text(
            "UPDATE exchange SET status = 'withdrawn', version = version + 1 WHERE status = 'proposed' "
            "AND id IN (SELECT exchange_id FROM exchange_household WHERE household_id = :household)"
        ),
        {"household": household_id},
    )


async def withdraw_reunions(tx: Tx, household_id: UUID, on: date) -> None:
    """Expect no family of a household any more."""
    await tx.execute(
        sa.update(Reunion)
        .where(
            col(Reunion.household_id) == household_id,
            col(Reunion.arrived_on).is_(None),
            col(Reunion.withdrawn_on).is_(None),
        )
        .values(withdrawn_on=on, version=Reunion.version + 1)
    )


async def move_household(tx: Tx, household_id: UUID, gemeentecode: str) -> None:
    """Give everything about a household to another gemeente. What was matched before stays where it was."""
    values = {"household": household_id, "code": gemeentecode}
    for table in _CARRY_GEMEENTE:
        await tx.execute(
            sa.text(  # the names come from the tuple above
                f"UPDATE {table} SET gemeentecode = :code WHERE household_id = :household"
            ),
            values,
        )
    await tx.execute(sa.text("UPDATE household SET gemeentecode = :code WHERE id = :household"), values)
    await tx.execute(sa.text("UPDATE scope SET gemeentecode = :code WHERE id = :household"), values)
