# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who waited and was housed, and what became of proposals, for the report on how fair the matching is."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from chassis.db import Tx
from services.housing.rules.equity import Wait
from services.housing.rules.following import Following
from services.housing.store.reports import END_OF_WAIT

__all__ = ["exchanged", "following", "waits_in"]


async def waits_in(tx: Tx, gemeentecodes: Sequence[str], first: date, last: date) -> list[Wait]:
    """Every household of these gemeenten that waited at some time in a period, each with its first key or house.

    Whose link ended without a house by the last day is left out. A move on from a first home is no second wait.
    """
    rows = await tx.rows(
        sa.text(
            "SELECT gemeentecode, persons, needs_accessible, linked_on, until FROM ("
            "SELECT h.id, h.gemeentecode, h.adults + h.children AS persons, h.needs_accessible, h.linked_on, "
            f"{END_OF_WAIT} AS until FROM household h "
            "WHERE h.gemeentecode = ANY (CAST(:codes AS varchar[])) AND h.linked_on <= :last "
            "AND (h.unlinked_on IS NULL OR h.unlinked_on > :last)) w "
            "WHERE until IS NULL OR until >= :first ORDER BY linked_on, id"
        ),
        {"codes": list(gemeentecodes), "first": first, "last": last},
    )
    return [
        Wait(row.gemeentecode, row.persons, row.needs_accessible, row.linked_on, row.until) for row in rows
    ]


async def exchanged(tx: Tx, gemeentecodes: Sequence[str], first: date, last: date) -> dict[str, int]:
    """How many households each of these gemeenten gave away by an uitruil in a period; who they are is not told."""
    async with tx.as_platform():  # they are of another gemeente now
        rows = await tx.rows(
            sa.text(
                "SELECT e.from_gemeentecode AS code, count(*) AS households FROM exchange_household e "
                "JOIN exchange x ON x.id = e.exchange_id WHERE x.status = 'settled' "
                "AND x.settled_on BETWEEN :first AND :last "
                "AND e.from_gemeentecode = ANY (CAST(:codes AS varchar[])) GROUP BY 1 ORDER BY 1"
            ),
            {"codes": list(gemeentecodes), "first": first, "last": last},
        )
    return {row.code: row.households for row in rows}


async def following(tx: Tx, gemeentecodes: Sequence[str], first: date, last: date) -> Following:
    """What became of the proposals of searches of a period, and of the matches that were decided in it."""
    values = {"codes": list(gemeentecodes), "first": first, "last": last}
    (told,) = await tx.rows(
        sa.text(
            "SELECT count(*) FILTER (WHERE p.status = 'sent') AS sent, "
            "count(*) FILTER (WHERE p.status = 'set-aside') AS set_aside, "
            "count(*) FILTER (WHERE p.status = 'open') AS untouched FROM proposal p "
            "JOIN proposal_run r ON r.id = p.run_id WHERE r.requested_on BETWEEN :first AND :last "
            "AND p.gemeentecode = ANY (CAST(:codes AS varchar[]))"
        ),
        values,
    )
    (decided,) = await tx.rows(
        sa.text(
            "SELECT count(*) FILTER (WHERE proposal_id IS NOT NULL AND status <> 'rejected') AS approved, "
            "count(*) FILTER (WHERE proposal_id IS NOT NULL AND status = 'rejected') AS rejected, "
            "count(*) FILTER (WHERE proposal_id IS NULL) AS own, "
            "coalesce(array_agg(looked_seconds) FILTER (WHERE looked_seconds IS NOT NULL), '{}') AS seconds "
            "FROM match WHERE decided_on BETWEEN :first AND :last "
            "AND gemeentecode = ANY (CAST(:codes AS varchar[]))"
        ),
        values,
    )
    return Following(
        sent=told.sent,
        set_aside=told.set_aside,
        untouched=told.untouched,
        approved=decided.approved,
        rejected=decided.rejected,
        own=decided.own,
        seconds=list(decided.seconds),
    )
