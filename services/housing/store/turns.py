# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Turns for two who make or change the same thing at one moment: the second then sees what the first did."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa

from chassis.db import Tx
from chassis.errors import Problem

__all__ = ["only_one", "take_turn"]


async def take_turn(tx: Tx, kind: str, *key: object) -> None:
    """Wait for whoever makes or changes a thing of this kind and key now; the turn ends with the transaction.

    Not for rows of a file: each turn is a lock that the whole server has room for until the transaction ends.
    """
    name = "\x1f".join((f"housing.{kind}", *map(str, key)))
    await tx.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 12))"), {"name": name})


@asynccontextmanager
async def only_one(tx: Tx, index: str, taken: Problem) -> AsyncIterator[None]:
    """Store what a unique index allows once, without a turn: who comes second, at one moment too, is refused.

    Raises:
        Problem: `taken`; what was stored inside is undone.
    """
    try:
        async with tx.attempt():
            yield
            await tx.flush()
    except sa.exc.IntegrityError as fault:
        if index not in str(fault.orig):
            raise
        raise taken from fault
