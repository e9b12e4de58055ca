# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Destroying what a service holds of a person, and the record of it, which names nobody.

The record holds the digest of the person's id. The id is random, so nobody can be found by the
digest; whoever has the id can see that the person was destroyed. That is how a late event about a
destroyed person is recognised, and how a restored backup forgets again what was destroyed after it.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.care.holdings import Care, Holding
from chassis.db import Tx
from contracts.retention import Stage

__all__ = [
    "Grounds",
    "Tombstone",
    "destroy",
    "destroyed_among",
    "digest_of",
    "expire_access_log",
    "reapply",
]


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why data goes: the term, where it stands, and the day on which it was decided."""

    rule: str
    article: str
    decided_on: date


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One destruction as it must be done again after an older backup was restored."""

    digest: bytes
    stage: Stage
    grounds: Grounds

    def line(self) -> str:
        """As a line of a file of tombstones."""
        return json.dumps(
            {
                "digest": self.digest.hex(),
                "stage": str(self.stage),
                "rule": self.grounds.rule,
                "article": self.grounds.article,
                "decidedOn": self.grounds.decided_on.isoformat(),
            },
            ensure_ascii=False,
        )

    @classmethod
    def of_row(cls, row: Any) -> "Tombstone":
        """From a row of the record."""
        grounds = Grounds(row["rule"], row["article"], row["decided_on"])
        return cls(bytes(row["person_digest"]), Stage(row["stage"]), grounds)

    @classmethod
    def of_line(cls, line: str) -> "Tombstone":
        """Read back from a line.

        Raises:
            ValueError, KeyError: it is no such line.
        """
        held = json.loads(line)
        return cls(
            bytes.fromhex(held["digest"]),
            Stage(held["stage"]),
            Grounds(held["rule"], held["article"], date.fromisoformat(held["decidedOn"])),
        )


def digest_of(person: UUID) -> bytes:
    """The digest by which a destroyed person is recognised."""
    return hashlib.sha256(person.bytes).digest()


async def destroy(tx: Tx, care: Care, person: UUID, *, stage: Stage, grounds: Grounds) -> dict[str, int]:
    """Destroy what this service holds of a person, and record that it was done; again is no change.

    Args:
        tx: of the platform itself, not of a caller.
        care: what the service holds.
        person: whose data.
        stage: `reduced` leaves the short list where a holding says so.
        grounds: for the record.

    Returns:
        How many rows of which table went or were emptied.
    """
    if care.parting is not None:
        await care.parting(tx, person, grounds.rule)
    counts: dict[str, int] = {}
    for holding in care.everything:
        if holding.own_term:
            continue
        statement = _statement(holding, stage)
        if statement is None:
            continue
        changed = await tx.change(sa.text(statement), {"persons": [person]})
        if changed:
            counts[holding.table] = changed
    await tx.execute(
        sa.text(
            "INSERT INTO destruction (person_digest, stage, rule, article, decided_on, destroyed_at, counts) "
            "VALUES (:digest, :stage, :rule, :article, :decided_on, :now, CAST(:counts AS jsonb)) "
            "ON CONFLICT (person_digest, stage) DO NOTHING"
        ),
        {
            "digest": digest_of(person),
            "stage": str(stage),
            "rule": grounds.rule,
            "article": grounds.article,
            "decided_on": grounds.decided_on,
            "now": tx.now,
            "counts": json.dumps(counts),
        },
    )
    return counts


def _statement(holding: Holding, stage: Stage) -> str | None:
    """What a stage does to the rows of a holding; None: nothing. Names come from our own declarations."""
    if stage is Stage.DESTROYED or holding.kept_clearing is None:
        return f"DELETE FROM {holding.table} WHERE {holding.rows}"
    if holding.kept_where is not None:
        return f"DELETE FROM {holding.table} WHERE {holding.rows} AND NOT ({holding.kept_where})"
    if not holding.kept_clearing:
        return None
    emptied = ", ".join(f"{column} = {value}" for column, value in holding.kept_clearing.items())
    return f"UPDATE {holding.table} SET {emptied} WHERE {holding.rows}"


async def destroyed_among(tx: Tx, persons: Collection[UUID]) -> set[UUID]:
    """Those of these people whose data was destroyed here."""
    if not persons:
        return set()
    by_digest = {digest_of(person): person for person in persons}
    found = await tx.scalars(
        sa.text(
            "SELECT DISTINCT person_digest FROM destruction WHERE person_digest = ANY (CAST(:digests AS bytea[]))"
        ),
        {"digests": list(by_digest)},
    )
    return {by_digest[bytes(digest)] for digest in found}


async def reapply(tx: Tx, care: Care, stones: Iterable[Tombstone]) -> int:
    """Destroy again those who were destroyed after a backup that was restored; answers how many."""
    wanted: dict[bytes, Tombstone] = {}
    for stone in stones:
        if wanted.get(stone.digest, stone).stage is Stage.REDUCED or stone.stage is Stage.DESTROYED:
            wanted[stone.digest] = stone
    people: Sequence[UUID] = await tx.scalars(sa.text(care.people))
    known = [(person, wanted[digest_of(person)]) for person in people if digest_of(person) in wanted]
    done = 0
    for person, stone in known:
        if stone.stage is Stage.REDUCED and await destroyed_among(tx, [person]):
            continue  # the backup knew already; what is left is the short list
        await destroy(tx, care, person, stage=stone.stage, grounds=stone.grounds)
        done += 1
    for digest, stone in wanted.items():  # also of people that the backup has only traces of
        await tx.execute(
            sa.text(
                "INSERT INTO destruction (person_digest, stage, rule, article, decided_on, destroyed_at, counts) "
                "VALUES (:digest, :stage, :rule, :article, :decided_on, :now, '{}') ON CONFLICT DO NOTHING"
            ),
            {
                "digest": digest,
                "stage": str(stone.stage),
                "rule": stone.grounds.rule,
                "article": stone.grounds.article,
                "decided_on": stone.grounds.decided_on,
                "now": tx.now,
            },
        )
    return done


async def expire_access_log(tx: Tx, *, before: datetime, most: int = 200) -> int:
    """Remove whole chains of looks at people destroyed before an instant; answers how many chains.

    The database itself sees to it that no other chain goes.
    """
    removed: Any = await tx.scalar(
        sa.text("SELECT remove_access_chains(:before, :most)"), {"before": before, "most": most}
    )
    return int(removed)
