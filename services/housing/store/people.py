# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Persons as intake's events told of them, and the gemeente of each id."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models import Inburgeraar, Scope

__all__ = ["gemeentecode_of", "lock_person", "save_scope"]


async def lock_person(tx: Tx, inburgeraar_id: UUID) -> Inburgeraar | None:
    """The person, locked; None if not known or not the caller's."""
    return await tx.get(Inburgeraar, inburgeraar_id, lock=True)


async def gemeentecode_of(tx: Tx, id: UUID) -> str | None:
    """The gemeente of a person, household or match, if it is one of the caller's in any way."""
    code: str | None = await tx.scalar(select(Scope.gemeentecode).where(col(Scope.id) == id))
    return code


async def save_scope(tx: Tx, id: UUID, gemeentecode: str) -> None:
    """Remember the gemeente of a person, household or match."""
    await tx.execute(
        sa.text(
            "INSERT INTO scope (id, gemeentecode) VALUES (:id, :code) "
            "ON CONFLICT (id) DO UPDATE SET gemeentecode = excluded.gemeentecode"
        ),
        {"id": id, "code": gemeentecode},
    )
