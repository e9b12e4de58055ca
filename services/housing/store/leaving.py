# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What of a household ends with its home, and how it stands again when that was recorded by mistake."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models import Match, Stay
from services.housing.rules.codes import HomeEnd, TaskKind

__all__ = ["forget_stay", "let_stand_again", "move_items_gone", "stay_before", "tasks_open", "what_stands"]

_STANDS = {
    "household_member": ("left_on IS NULL", "left_on = NULL"),
    "task": ("status = 'open'", "status = 'open', closed_on = NULL, version = version + 1"),
    "share_conflict": ("solved_on IS NULL", "solved_on = NULL"),
    "reunion": ("arrived_on IS NULL AND withdrawn_on IS NULL", "withdrawn_on = NULL, version = version + 1"),
    "pin": ("lifted_on IS NULL", "lifted_on = NULL"),
}
"""Of each table that a departure touches: what stands, and what lets a row stand again."""

_MEMBERS_AGAIN = sa.text(
    "UPDATE household_member SET left_on = NULL WHERE household_id = :household "
    "AND left_on = greatest(joined_on, CAST(:day AS date))"
)


async def what_stands(tx: Tx, household_id: UUID) -> dict[str, list[str]]:
    """The ids, by table, of all that stands for a household now and ends when it leaves."""
    found = {}
    for table, (stands, _) in _STANDS.items():
        rows = await tx.scalars(
            sa.text(  # the names and conditions come from the table above
                f"SELECT id FROM {table} WHERE household_id = :household AND {stands} ORDER BY id"
            ),
            {"household": household_id},
        )
        found[table] = [str(one) for one in rows]
    return found


async def tasks_open(tx: Tx, household_id: UUID, kinds: Collection[TaskKind]) -> dict[str, list[str]]:
    """The ids of the open tasks of these kinds, in the form of `what_stands`."""
    rows = await tx.scalars(
        sa.text(
            "SELECT id FROM task WHERE household_id = :household AND status = 'open' "
            "AND kind = ANY (CAST(:kinds AS text[])) ORDER BY id"
        ),
        {"household": household_id, "kinds": [kind.value for kind in kinds]},
    )
    return {"task": [str(one) for one in rows]}


async def let_stand_again(tx: Tx, stay: Stay) -> None:
    """Let everything stand again that ended with a stay, as far as it is still there.

    Of a departure that was recorded before the ids were kept only the members are known: who left on its last day.
    """
    kept: Mapping[str, Sequence[str]] | None = stay.took_along
    if kept is None:
        if stay.end_reason != HomeEnd.MOVED_ON:
            await tx.execute(_MEMBERS_AGAIN, {"household": stay.household_id, "day": stay.ended_on})
        return
    for table, (_, again) in _STANDS.items():
        if kept.get(table):
            await tx.execute(
                sa.text(  # the names and values come from the table above
                    f"UPDATE {table} SET {again} WHERE household_id = :household "
                    "AND id = ANY (CAST(:ids AS uuid[]))"
                ),
                {"household": stay.household_id, "ids": list(kept[table])},
            )


async def stay_before(tx: Tx, match: Match, *, lock: bool) -> Stay | None:
    """The stay that ended with the key of this match; to lock it, lock its household before."""
    ended_by = sa.func.jsonb_extract_path_text(col(Stay.took_along), "match")
    query = (
        select(Stay)
        .where(
            col(Stay.household_id) == match.household_id,
            col(Stay.match_id) != match.id,
            col(Stay.end_reason) == HomeEnd.MOVED_ON.value,
            sa.or_(
                ended_by == str(match.id),
                sa.and_(  # it ended before this was kept
                    col(Stay.took_along).is_(None),
                    col(Stay.ended_on) == sa.func.greatest(col(Stay.starts_on), match.key_on),
                ),
            ),
        )
        .order_by(ended_by.is_(None), col(Stay.starts_on).desc(), col(Stay.id))
        .limit(1)
    )
    found: Stay | None = await tx.scalar(query.with_for_update() if lock else query)
    return found


async def forget_stay(tx: Tx, stay: Stay) -> None:
    """Delete a stay that never was; the match may get another one."""
    await tx.session.delete(stay)
    await tx.flush()


async def move_items_gone(tx: Tx, match_id: UUID) -> None:
    """Delete the list of a move that does not take place."""
    await tx.execute(sa.text("DELETE FROM move_item WHERE match_id = :match"), {"match": match_id})
