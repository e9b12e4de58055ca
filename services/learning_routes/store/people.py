# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Persons as intake's events told of them, and the gemeente of each."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.learning_routes.models import Inburgeraar, Scope

__all__ = ["gemeentecode_of", "lock_person", "move_person", "save_scope"]

_CARRY_GEMEENTE = (
    # The placement first: a roll call that is under way holds its lock and copies its gemeente.
    "placement",
    "waiting_entry",
    "membership",
    "attendance",
    "signal",
    "deadline",
)


async def lock_person(tx: Tx, inburgeraar_id: UUID) -> Inburgeraar | None:
    """The person, locked; None if not known or not the caller's."""
    return await tx.get(Inburgeraar, inburgeraar_id, lock=True)


async def gemeentecode_of(tx: Tx, id: UUID) -> str | None:
    """The gemeente of a person or placement, if it is one of the caller's in any way."""
    code: str | None = await tx.scalar(select(Scope.gemeentecode).where(col(Scope.id) == id))
    return code


async def save_scope(tx: Tx, id: UUID, gemeentecode: str) -> None:
    """Remember the gemeente of a person or placement."""
    await tx.execute(
        sa.text(
            "INSERT INTO scope (id, gemeentecode) VALUES (:id, :code) "
            "ON CONFLICT (id) DO UPDATE SET gemeentecode = excluded.gemeentecode"
        ),
        {"id": id, "code": gemeentecode},
    )


async def move_person(tx: Tx, inburgeraar_id: UUID, gemeentecode: str) -> None:
    """Give everything about a person to another gemeente, history included."""
    values = {"person": inburgeraar_id, "code": gemeentecode}
    # In the order in which a batch locks placements, so that the two never wait for each other in a circle.
    await tx.execute(
        sa.text("SELECT id FROM placement WHERE inburgeraar_id = :person ORDER BY id FOR UPDATE"),
        {"person": inburgeraar_id},
    )
    for table in _CARRY_GEMEENTE:
        await tx.execute(
            sa.text(  # the names come from the tuple above
                f"UPDATE {table} SET gemeentecode = :code "
                "WHERE inburgeraar_id = :person AND gemeentecode <> :code"
            ),
            values,
        )
    await tx.execute(
        sa.text(
            "UPDATE attendance_version v SET gemeentecode = :code FROM attendance a "
            "WHERE a.id = v.attendance_id AND a.inburgeraar_id = :person AND v.gemeentecode <> :code"
        ),
        values,
    )
    await tx.execute(
        sa.text(
            "UPDATE scope SET gemeentecode = :code WHERE id = :person OR id IN "
            "(SELECT p.id FROM placement p WHERE p.inburgeraar_id = :person)"
        ),
        values,
    )
