# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""All SQL of the register."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert as insert_into
from sqlmodel import col

from chassis.db import Tx
from gateway import rules
from gateway.models import (
    Agreement,
    Client,
    EndedSession,
    LocalPolicy,
    Mandate,
    Member,
    Organisation,
    RateLimit,
)
from gateway.pacing import Limit, LimitRow

__all__ = [
    "agreements",
    "clients",
    "cooperation",
    "effective_policies",
    "ended_sessions",
    "everything",
    "find",
    "gemeente",
    "gemeente_names",
    "keep_ended_sessions",
    "limit_rows",
    "lock_gemeente",
    "mandates",
    "mandates_of",
    "members",
    "name_of",
    "organisations",
    "party_of",
    "policies",
    "rate_limits",
    "register",
]

Row = TypeVar("Row", Organisation, Member, Client, Mandate, Agreement, LocalPolicy, RateLimit)


async def find(tx: Tx, model: type[Row], key: UUID, *, lock: bool = False) -> Row | None:
    """The row with this id, if the caller may see it."""
    return await tx.get(model, key, lock=lock)


async def _page(
    tx: Tx,
    model: type[Row],
    order: Sequence[Any],
    conditions: Sequence[Any],
    after: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[Row]:
    query = sa.select(model).where(*conditions).order_by(*order).limit(limit)
    if after is not None:
        query = query.where(sa.tuple_(*order) > sa.tuple_(*(sa.literal(part) for part in after)))
    return await tx.scalars(query)


async def organisations(
    tx: Tx, *, kind: str | None, after: tuple[Any, ...] | None, limit: int
) -> Sequence[Organisation]:
    """Organisations by name."""
    conditions = [] if kind is None else [sa.literal(kind) == sa.any_(col(Organisation.kinds))]
    return await _page(
        tx, Organisation, (col(Organisation.name), col(Organisation.id)), conditions, after, limit
    )


async def members(
    tx: Tx,
    *,
    among: frozenset[UUID] | None,
    role: str | None,
    active: bool | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[Member]:
    """Members by display name, of some organisations only (`None`: of all that may be seen)."""
    conditions: list[Any] = []
    if among is not None:
        conditions.append(col(Member.organisation_id).in_(among))
    if role is not None:
        conditions.append(sa.literal(role) == sa.any_(col(Member.roles)))
    if active is not None:
        conditions.append(col(Member.active) == active)
    return await _page(tx, Member, (col(Member.display_name), col(Member.id)), conditions, after, limit)


async def clients(tx: Tx, *, after: tuple[Any, ...] | None, limit: int) -> Sequence[Client]:
    """Clients by name."""
    return await _page(tx, Client, (col(Client.name), col(Client.id)), (), after, limit)


async def mandates(
    tx: Tx, *, gemeentecode: str | None, on: date | None, after: tuple[Any, ...] | None, limit: int
) -> Sequence[Mandate]:
    """Mandates by who gave them and since when."""
    conditions: list[Any] = []
    if gemeentecode is not None:
        conditions.append(
            sa.or_(
                col(Mandate.mandating_code) == gemeentecode,
                col(Mandate.executing_code) == gemeentecode,
            )
        )
    if on is not None:
        conditions += _held_on(Mandate, on)
    order = (col(Mandate.mandating_code), col(Mandate.valid_from), col(Mandate.id))
    return await _page(tx, Mandate, order, conditions, after, limit)


async def agreements(
    tx: Tx, *, gemeentecode: str | None, on: date | None, after: tuple[Any, ...] | None, limit: int
) -> Sequence[Agreement]:
    """Agreements by name."""
    conditions: list[Any] = []
    if gemeentecode is not None:
        conditions.append(sa.literal(gemeentecode) == sa.any_(col(Agreement.gemeentecodes)))
    if on is not None:
        conditions += _held_on(Agreement, on)
    return await _page(tx, Agreement, (col(Agreement.name), col(Agreement.id)), conditions, after, limit)


def _held_on(model: type[Mandate] | type[Agreement], day: date) -> list[Any]:
    return [
        col(model.valid_from) <= day,
        sa.or_(col(model.valid_until).is_(None), col(model.valid_until) >= day),
    ]


async def policies(
    tx: Tx,
    *,
    gemeentecode: str | None,
    key: str | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[LocalPolicy]:
    """Every recorded choice, also earlier and later ones."""
    conditions: list[Any] = []
    if gemeentecode is not None:
        conditions.append(col(LocalPolicy.gemeentecode) == gemeentecode)
    if key is not None:
        conditions.append(col(LocalPolicy.key) == key)
    order = (
        col(LocalPolicy.gemeentecode),
        col(LocalPolicy.key),
        col(LocalPolicy.valid_from),
        col(LocalPolicy.id),
    )
    return await _page(tx, LocalPolicy, order, conditions, after, limit)


async def effective_policies(tx: Tx, gemeentecode: str, day: date) -> Sequence[LocalPolicy]:
    """The choice that counts on a day, per key."""
    query = (
        sa.select(LocalPolicy)
        .where(col(LocalPolicy.gemeentecode) == gemeentecode, col(LocalPolicy.valid_from) <= day)
        .ext(distinct_on(col(LocalPolicy.key)))
        .order_by(col(LocalPolicy.key), col(LocalPolicy.valid_from).desc())
    )
    return await tx.scalars(query)


async def lock_gemeente(tx: Tx, code: str) -> Organisation | None:
    """The gemeente with this code, locked: its mandates and policies take turns.

    What only refers to it does not wait: whoever tells the scopes of all would wait for a mandate that waits for them.
    """
    found: Organisation | None = await tx.scalar(
        sa.select(Organisation).where(col(Organisation.gemeentecode) == code).with_for_update(key_share=True)
    )
    return found


async def gemeente(tx: Tx, code: str) -> Organisation | None:
    """The gemeente with this code."""
    found: Organisation | None = await tx.scalar(
        sa.select(Organisation).where(col(Organisation.gemeentecode) == code)
    )
    return found


async def gemeente_names(tx: Tx) -> dict[str, str]:
    """The name of each gemeente, by code."""
    query = sa.select(col(Organisation.gemeentecode), col(Organisation.name)).where(
        col(Organisation.gemeentecode).is_not(None)
    )
    return {row[0]: row[1] for row in await tx.rows(query)}


async def name_of(tx: Tx, subject: UUID) -> str | None:
    """What a member or client is called, if the caller may see it."""
    found: str | None = await tx.scalar(
        sa.select(col(Member.display_name))
        .where(col(Member.id) == subject)
        .union_all(sa.select(col(Client.name)).where(col(Client.id) == subject))
    )
    return found


async def mandates_of(tx: Tx, mandating_code: str) -> tuple[rules.Mandate, ...]:
    """Every mandate that a gemeente gave, of all times."""
    rows = await tx.scalars(sa.select(Mandate).where(col(Mandate.mandating_code) == mandating_code))
    return tuple(mandate_of(row) for row in rows)


async def register(tx: Tx) -> rules.Register:
    """All facts that scopes are computed from, of all times."""
    return rules.Register(
        parties={row.id: party_of(row) for row in await tx.scalars(sa.select(Organisation))},
        mandates=tuple(mandate_of(row) for row in await tx.scalars(sa.select(Mandate))),
        agreements=tuple(one for row in await tx.scalars(sa.select(Agreement)) for one in agreements_of(row)),
    )


async def cooperation(tx: Tx) -> list[tuple[Mandate | Agreement, list[str], list[str]]]:
    """Every mandate and agreement that the caller may see: `(row, names of the parties, gemeentecodes)`."""
    parties = await tx.scalars(sa.select(Organisation))
    by_code = {row.gemeentecode: row.name for row in parties if row.gemeentecode is not None}
    by_id = {row.id: row.name for row in parties}
    found: list[tuple[Mandate | Agreement, list[str], list[str]]] = []
    for mandate in await tx.scalars(
        sa.select(Mandate).order_by(col(Mandate.mandating_code), col(Mandate.valid_from), col(Mandate.id))
    ):
        codes = [mandate.mandating_code, mandate.executing_code]
        found.append((mandate, [by_code.get(code, code) for code in codes], codes))
    for row in await tx.scalars(sa.select(Agreement).order_by(col(Agreement.name), col(Agreement.id))):
        names = [by_id.get(one, str(one)) for one in (row.provider_id, row.receiver_id)]
        found.append((row, names, list(row.gemeentecodes)))
    return found


async def rate_limits(
    tx: Tx, *, kind: str | None, after: tuple[Any, ...] | None, limit: int
) -> Sequence[RateLimit]:
    """Recorded limits by kind and since when, also earlier and later ones."""
    conditions = [] if kind is None else [col(RateLimit.kind) == kind]
    order = (col(RateLimit.kind), col(RateLimit.valid_from), col(RateLimit.id))
    return await _page(tx, RateLimit, order, conditions, after, limit)


async def limit_rows(tx: Tx) -> tuple[LimitRow, ...]:
    """Every recorded limit, of all times."""
    return tuple(
        LimitRow(
            id=row.id,
            kind=row.kind,
            subject=row.subject,
            limit=Limit(row.per_second, row.burst),
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        for row in await tx.scalars(
            sa.select(RateLimit).order_by(col(RateLimit.valid_from), col(RateLimit.id))
        )
    )


async def everything(
    tx: Tx,
) -> tuple[rules.Register, Sequence[Member], Sequence[Client], tuple[LimitRow, ...]]:
    """The whole register, for the gateway's own memory."""
    return (
        await register(tx),
        await tx.scalars(sa.select(Member)),
        await tx.scalars(sa.select(Client)),
        await limit_rows(tx),
    )


async def ended_sessions(tx: Tx, now: datetime) -> Sequence[tuple[bytes, datetime]]:
    """The digests of sessions that ended, and when, while a token of them may still be alive."""
    rows = await tx.scalars(sa.select(EndedSession).where(col(EndedSession.keep_until) > now))
    return [(row.mark, row.ended_at) for row in rows]


async def keep_ended_sessions(
    tx: Tx, ended: Mapping[bytes, datetime], *, now: datetime, until: datetime
) -> None:
    """Keep digests of sessions that ended, and let go of those that no live token can be of."""
    await tx.execute(sa.delete(EndedSession).where(col(EndedSession.keep_until) <= now))
    insert = insert_into(EndedSession).values(
        [{"mark": mark, "ended_at": at, "keep_until": until} for mark, at in sorted(ended.items())]
    )
    await tx.execute(
        insert.on_conflict_do_update(
            index_elements=["mark"],
            set_={
                "ended_at": sa.func.greatest(EndedSession.ended_at, insert.excluded.ended_at),
                "keep_until": insert.excluded.keep_until,
            },
        )
    )


def party_of(row: Organisation) -> rules.Party:
    """A row as a fact."""
    return rules.Party(
        id=row.id,
        name=row.name,
        kinds=tuple(row.kinds),
        gemeentecode=row.gemeentecode,
        serves=frozenset(row.serves),
    )


def mandate_of(row: Mandate) -> rules.Mandate:
    """A row as a fact."""
    return rules.Mandate(
        id=row.id,
        mandating_code=row.mandating_code,
        executing_code=row.executing_code,
        tasks=frozenset(row.tasks),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        source=row.source,
    )


def agreements_of(row: Agreement) -> list[rules.Agreement]:
    """A row as facts, one per gemeente whose people it is about."""
    return [
        rules.Agreement(
            id=row.id,
            name=row.name,
            provider_id=row.provider_id,
            receiver_id=row.receiver_id,
            gemeentecode=code,
            level="person" if row.level == "person" else "figures",
            purposes=frozenset(row.purposes),
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        for code in row.gemeentecodes
    ]
