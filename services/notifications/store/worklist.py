# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""SQL for what people ask of their work lists. Row-level security decides which rows there are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from chassis.db import Tx
from services.notifications.models import Deadline, Handling, HandlingNote, Person, Signal, SignalPlace

__all__ = [
    "Filters",
    "Reader",
    "counts",
    "deadlines",
    "find",
    "handlings",
    "known_to_organisation",
    "place",
    "signals",
]


@dataclass(frozen=True, slots=True)
class Reader:
    """Which lists a caller can have at all.

    It says again what row-level security says per row, in a form for which there are indexes;
    the lock stays with the database.
    """

    gemeentecodes: Collection[str] | None = None  # of which people may be seen
    guided: Collection[str] | None = None  # gemeenten whose people VluchtelingenWerk guides
    organisation_id: UUID | None = None  # a taalschool
    operations: bool = False

    def of_signals(self) -> Any:
        """The condition on signals."""
        lists: list[Any] = []
        if self.gemeentecodes is not None:
            lists.append(
                sa.and_(col(Signal.audience) == "consulent", col(Signal.gemeentecode).in_(self.gemeentecodes))
            )
        if self.guided is not None:
            lists.append(
                sa.and_(
                    col(Signal.audience) == "vluchtelingenwerk", col(Signal.gemeentecode).in_(self.guided)
                )
            )
        if self.organisation_id is not None:
            lists.append(
                sa.and_(
                    col(Signal.audience) == "taalschool", col(Signal.organisation_id) == self.organisation_id
                )
            )
        if self.operations:
            lists.append(col(Signal.audience) == "operations")
        return sa.or_(sa.false(), *lists)

    def of_deadlines(self) -> Any:
        """The condition on clocks."""
        lists: list[Any] = []
        if self.gemeentecodes is not None:
            lists.append(col(Deadline.gemeentecode).in_(self.gemeentecodes))
        if self.organisation_id is not None:
            lists.append(col(Deadline.organisation_id) == self.organisation_id)
        return sa.or_(sa.false(), *lists)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of signals is narrowed to; None leaves a thing open."""

    reader: Reader
    kind: str | None = None
    inburgeraar_id: UUID | None = None
    status: str | None = None
    gemeentecode: str | None = None
    lead_member_id: UUID | None = None
    executed_by: Collection[str] | None = None  # without a lead, executed by one of these gemeenten


def _narrowed(query: Any, filters: Filters) -> Any:
    query = query.where(filters.reader.of_signals())
    for column, value in (
        (Signal.kind, filters.kind),
        (Signal.inburgeraar_id, filters.inburgeraar_id),
        (Signal.status, filters.status),
        (Signal.gemeentecode, filters.gemeentecode),
        (Signal.lead_member_id, filters.lead_member_id),
    ):
        if value is not None:
            query = query.where(col(column) == value)
    if filters.executed_by is not None:
        query = query.where(
            col(Signal.audience) == "consulent",
            col(Signal.lead_member_id).is_(None),
            col(Signal.executing_gemeentecode).in_(filters.executed_by),
        )
    return query


async def signals(tx: Tx, filters: Filters, *, after: tuple[Any, ...] | None, limit: int) -> Sequence[Signal]:
    """Signals that the caller may see, newest first."""
    query = _narrowed(
        sa.select(Signal).order_by(col(Signal.raised_at).desc(), col(Signal.id).desc()).limit(limit), filters
    )
    if after is not None:
        query = query.where(sa.tuple_(col(Signal.raised_at), col(Signal.id)) < after)
    rows: Sequence[Signal] = await tx.scalars(query)
    return rows


async def deadlines(
    tx: Tx,
    reader: Reader,
    *,
    inburgeraar_id: UUID | None,
    status: str | None,
    rule: str | None,
    gemeentecode: str | None,
    lead_member_id: UUID | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[Deadline]:
    """Clocks that the caller may see, by due day. A clock without dates is not shown yet."""
    query = (
        sa.select(Deadline)
        .where(col(Deadline.due_on).is_not(None), reader.of_deadlines())
        .order_by(col(Deadline.due_on), col(Deadline.id))
        .limit(limit)
    )
    for column, value in (
        (Deadline.inburgeraar_id, inburgeraar_id),
        (Deadline.status, status),
        (Deadline.rule, rule),
        (Deadline.gemeentecode, gemeentecode),
    ):
        if value is not None:
            query = query.where(col(column) == value)
    if lead_member_id is not None:
        query = query.where(
            col(Deadline.inburgeraar_id).in_(
                sa.select(col(Person.inburgeraar_id)).where(col(Person.lead_member_id) == lead_member_id)
            )
        )
    if after is not None:
        query = query.where(sa.tuple_(col(Deadline.due_on), col(Deadline.id)) > after)
    rows: Sequence[Deadline] = await tx.scalars(query)
    return rows


async def counts(tx: Tx, filters: Filters) -> dict[str, int]:
    """How many signals that the caller may see there are of each kind."""
    rows = await tx.rows(
        _narrowed(sa.select(col(Signal.kind), sa.func.count().label("n")).group_by(col(Signal.kind)), filters)
    )
    return {row.kind: row.n for row in rows}


async def find(tx: Tx, signal_id: UUID) -> Signal | None:
    """The signal, if the caller may see it."""
    return await tx.get(Signal, signal_id)


async def place(tx: Tx, signal_id: UUID) -> str | None:
    """The gemeente of a signal, if it is one of the caller's; says nothing else about it."""
    row = await tx.get(SignalPlace, signal_id)
    return None if row is None else row.gemeentecode


async def known_to_organisation(tx: Tx, inburgeraar_id: UUID, organisation_id: UUID) -> bool:
    """Whether a signal of this person stands on the organisation's own list."""
    found = await tx.scalar(
        sa.select(col(Signal.id))
        .where(
            col(Signal.inburgeraar_id) == inburgeraar_id,
            col(Signal.audience) == "taalschool",
            col(Signal.organisation_id) == organisation_id,
        )
        .limit(1)
    )
    return found is not None


async def handlings(tx: Tx, ids: Collection[UUID]) -> dict[UUID, tuple[Handling, str | None]]:
    """The handlings of these signals with their notes."""
    rows = await tx.rows(
        sa.select(Handling, col(HandlingNote.note))
        .outerjoin(HandlingNote, col(HandlingNote.handling_id) == col(Handling.id))
        .where(col(Handling.signal_id).in_(ids))
    )
    return {row.Handling.signal_id: (row.Handling, row.note) for row in rows}
