# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Turns for two who make the same thing at one moment: the second then sees what the first made."""

import sqlalchemy as sa

from chassis.db import Tx

__all__ = ["take_turn"]


async def take_turn(tx: Tx, kind: str, *key: object) -> None:
    """Wait for whoever makes a thing of this kind and key now; the turn ends with the transaction."""
    name = "\x1f".join((f"housing.{kind}", *map(str, key)))
    await tx.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 12))"), {"name": name})
