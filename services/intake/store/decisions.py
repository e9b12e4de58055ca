# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""SQL about what was decided and what runs: PIPs, clocks, moves, information, local policy."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from chassis.db import Tx
from services.intake.models import (
    Clock,
    Move,
    PersonIdentity,
    PersonVersion,
    Pip,
    PolicyParameter,
    ThirdPartyInformationRow,
)

__all__ = [
    "clocks",
    "information",
    "last_move",
    "pips",
    "policy_value",
    "stale_identities",
    "stale_versions",
]


async def pips(tx: Tx, inburgeraar_id: UUID, *, after: int = 0, fetch: int | None = None) -> Sequence[Pip]:
    """The versions of a person's PIP, oldest first."""
    statement = (
        sa.select(Pip)
        .where(col(Pip.inburgeraar_id) == inburgeraar_id, col(Pip.version) > after)
        .order_by(col(Pip.version))
        .limit(fetch)
    )
    return await tx.scalars(statement)


async def clocks(tx: Tx, inburgeraar_id: UUID) -> Sequence[Clock]:
    """The clocks of a person, the oldest first."""
    statement = (
        sa.select(Clock)
        .where(col(Clock.inburgeraar_id) == inburgeraar_id)
        .order_by(col(Clock.starts_on), col(Clock.id))
    )
    return await tx.scalars(statement)


async def last_move(tx: Tx, inburgeraar_id: UUID) -> Move | None:
    """The move to the present gemeente, None for who never moved."""
    statement = (
        sa.select(Move)
        .where(col(Move.inburgeraar_id) == inburgeraar_id)
        .order_by(col(Move.registered_on).desc(), col(Move.recorded_at).desc(), col(Move.id))
        .limit(1)
    )
    found: Move | None = await tx.scalar(statement)
    return found


async def information(tx: Tx, inburgeraar_id: UUID) -> Sequence[ThirdPartyInformationRow]:
    """What the PIP had to wait for, in order of receipt."""
    statement = (
        sa.select(ThirdPartyInformationRow)
        .where(col(ThirdPartyInformationRow.inburgeraar_id) == inburgeraar_id)
        .order_by(col(ThirdPartyInformationRow.received_on), col(ThirdPartyInformationRow.id))
    )
    return await tx.scalars(statement)


async def policy_value(tx: Tx, code: str, *, gemeentecode: str, day: date) -> int:
    """A number of local policy: the gemeente's own, else the one that holds for all.

    Raises:
        LookupError: no row holds on that day.
    """
    statement = (
        sa.select(col(PolicyParameter.value))
        .where(
            col(PolicyParameter.code) == code,
            sa.or_(
                col(PolicyParameter.gemeentecode) == gemeentecode, col(PolicyParameter.gemeentecode).is_(None)
            ),
            col(PolicyParameter.valid_from) <= day,
            sa.or_(col(PolicyParameter.valid_to).is_(None), col(PolicyParameter.valid_to) >= day),
        )
        .order_by(
            col(PolicyParameter.gemeentecode).asc().nulls_last(), col(PolicyParameter.valid_from).desc()
        )
        .limit(1)
    )
    found: int | None = await tx.scalar(statement)
    if found is None:
        raise LookupError(f"no policy value {code} holds on {day.isoformat()}")
    return found


async def stale_identities(tx: Tx, *, key_id: str, fetch: int) -> Sequence[PersonIdentity]:
    """Identities with a number under another key than the current one, locked; busy ones are left."""
    statement = (
        sa.select(PersonIdentity)
        .where(
            sa.or_(
                col(PersonIdentity.bsn_key_id) != key_id,
                col(PersonIdentity.v_number_key_id) != key_id,
            )
        )
        .order_by(col(PersonIdentity.inburgeraar_id))
        .limit(fetch)
        .with_for_update(skip_locked=True)
    )
    return await tx.scalars(statement)


async def stale_versions(tx: Tx, *, key_id: str, fetch: int) -> Sequence[PersonVersion]:
    """Recorded changes under another key than the current one, locked; busy ones are left."""
    statement = (
        sa.select(PersonVersion)
        .where(col(PersonVersion.changes_key_id) != key_id)
        .order_by(col(PersonVersion.inburgeraar_id), col(PersonVersion.version))
        .limit(fetch)
        .with_for_update(skip_locked=True)
    )
    return await tx.scalars(statement)
