# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The change of keys, for every encrypted column of a service: how far it is, and doing it while people work.

New rows take the first key of a ring at once, old ones stay readable while their key is in it. A
service does not start while rows need a key that is no longer there.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from chassis.background import Later
from chassis.care.holdings import Care, Sealed
from chassis.crypto import FieldCipher
from chassis.db import Database, Tx
from chassis.service import BackgroundJob, Context, Work

__all__ = ["RENEW_KEYS", "KeyUse", "MissingKey", "check_keys", "key_uses", "old_rows", "renewal"]

RENEW_KEYS = "renew-keys"
_AGAIN_SECONDS = 1.0


class MissingKey(RuntimeError):
    """Rows need a key that is not in the ring; the text names its id and the setting."""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """How many rows of one column are under one key."""

    table: str
    column: str
    setting: str
    key_id: str
    rows: int
    current: bool
    in_ring: bool
    may_be_retired: bool  # no row needs it: an old key is done with, a new one waits behind


def _ring(settings: Any, sealed: Sealed) -> tuple[str, ...]:
    held: SecretStr = getattr(settings, sealed.ring)
    text = held.get_secret_value()
    return FieldCipher.parse(text).key_ids if text else ()


async def key_uses(tx: Tx, care: Care) -> list[KeyUse]:
    """Every key of every ring with the rows that are under it, and keys outside a ring that rows need."""
    found = []
    for sealed in care.sealed:
        ring = _ring(tx.settings, sealed)
        rows = await tx.rows(
            sa.text(  # the names come from our own declarations
                f"SELECT {sealed.key_column} AS key_id, count(*) AS n FROM {sealed.table} "
                f"WHERE {sealed.key_column} IS NOT NULL GROUP BY 1"
            )
        )
        counts = {row.key_id: int(row.n) for row in rows}
        now = counts.get(ring[0], 0) if ring else 0
        for key_id in dict.fromkeys((*ring, *sorted(counts))):
            count = counts.get(key_id, 0)
            done = now >= count if sealed.digest else count == 0
            found.append(
                KeyUse(
                    table=sealed.table,
                    column=sealed.key_column,
                    setting=sealed.ring,
                    key_id=key_id,
                    rows=count,
                    current=bool(ring) and key_id == ring[0],
                    in_ring=key_id in ring,
                    may_be_retired=bool(ring) and key_id != ring[0] and done,
                )
            )
    return found


async def old_rows(tx: Tx, care: Care) -> int:
    """How many rows are still to be renewed."""
    uses = await key_uses(tx, care)
    return sum(use.rows for use in uses if not use.current and not (use.may_be_retired and use.in_ring))


async def check_keys(database: Database, care: Care | None) -> None:
    """Refuse to go on when rows could not be read.

    Raises:
        MissingKey: a key was taken out of its ring too early.
    """
    if care is None:
        return
    async with database.begin() as tx:
        for sealed in care.sealed:
            if sealed.digest:
                continue  # a digest under a lost key is made anew from the number itself
            missing = await tx.scalar(
                sa.text(
                    f"SELECT {sealed.key_column} FROM {sealed.table} WHERE {sealed.key_column} <> "
                    "ALL (CAST(:ring AS text[])) LIMIT 1"
                ),
                {"ring": list(_ring(tx.settings, sealed))},
            )
            if missing is not None:
                raise MissingKey(
                    f"rows of {sealed.table} need the key '{missing}', which is not in {sealed.ring.upper()}: "
                    "put it back at the end of the ring until the change of keys is done "
                    "(docs/care-for-data.md)"
                )


async def _renew(context: Context, job: BackgroundJob, care: Care) -> dict[str, Any]:
    """Give every old row the current key, a batch per transaction; ends when none is left."""
    async with context.begin() as tx:
        left = await old_rows(tx, care)
    result = job.result or {"atBegin": left, "renewed": 0}
    for renew in care.renewals:
        while renewed := await renew(context):
            result["renewed"] += renewed
            begin = max(result["atBegin"], result["renewed"], 1)
            await job.report(min(99, 100 * result["renewed"] // begin), result)
    async with context.begin() as tx:
        left = await old_rows(tx, care)
    if left:
        await job.report(job.progress, result)
        raise Later(_AGAIN_SECONDS)  # somebody was at work on these rows
    return result


def renewal(care: Care) -> Work:
    """The change of keys as work that an operator asks for."""

    async def run(context: Context, job: BackgroundJob) -> dict[str, Any]:
        return await _renew(context, job, care)

    return Work(RENEW_KEYS, run)
