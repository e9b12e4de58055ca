# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""SQL about who leads, and about who executes the work of a gemeente."""

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.db import Tx
from services.intake.models import Colleague, DutyEndRow, ExecutingGemeente, Inburgeraar

__all__ = [
    "any_known",
    "execute_by",
    "executing_for",
    "find",
    "known",
    "learn",
    "learn_executing",
    "linked_to",
    "told_gemeenten",
]


async def find(tx: Tx, member_id: UUID) -> Colleague | None:
    """Somebody whom the gateway told of, who stays so until the transaction ends.

    Ask this before locking people: whoever learns that a colleague left locks in the same order.
    """
    found: Colleague | None = await tx.scalar(
        sa.select(Colleague)
        .where(col(Colleague.member_id) == member_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    return found


async def any_known(tx: Tx) -> bool:
    """Whether the gateway told of anybody yet."""
    return bool(await tx.scalar(sa.select(sa.exists().select_from(Colleague))))


async def known(tx: Tx, member_ids: Collection[UUID]) -> dict[UUID, Colleague]:
    """Of these, those of whom the gateway told."""
    rows = await tx.scalars(sa.select(Colleague).where(col(Colleague.member_id).in_(member_ids)))
    return {row.member_id: row for row in rows}


async def learn(
    tx: Tx, member_id: UUID, *, gemeentecode: str | None, roles: Sequence[str], active: bool
) -> None:
    """Take over what the gateway tells of somebody."""
    statement = insert(Colleague).values(
        member_id=member_id, gemeentecode=gemeentecode, roles=list(roles), active=active
    )
    new = statement.excluded
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["member_id"],
            set_={"gemeentecode": new.gemeentecode, "roles": new.roles, "active": new.active},
        )
    )


async def linked_to(tx: Tx, member_id: UUID) -> Sequence[Inburgeraar]:
    """People of this lead or second contact, locked in one order for all callers."""
    return await tx.scalars(
        sa.select(Inburgeraar)
        .where(
            sa.or_(
                col(Inburgeraar.lead_member_id) == member_id, col(Inburgeraar.second_member_id) == member_id
            )
        )
        .order_by(col(Inburgeraar.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def execute_by(
    tx: Tx, gemeentecode: str, executing_gemeentecode: str, *, by: UUID
) -> Sequence[Inburgeraar]:
    """Let another gemeente execute the work for all people of a gemeente; answers who it was another for.

    One statement, each person a version further. Those of whom only the short list is left are
    nobody's work any more.
    """
    reduced = sa.exists().where(
        col(DutyEndRow.inburgeraar_id) == col(Inburgeraar.id), col(DutyEndRow.reduced_at).is_not(None)
    )
    statement = (
        sa.update(Inburgeraar)
        .where(
            col(Inburgeraar.gemeentecode) == gemeentecode,
            col(Inburgeraar.executing_gemeentecode) != executing_gemeentecode,
            ~reduced,
        )
        .values(
            executing_gemeentecode=executing_gemeentecode,
            version=col(Inburgeraar.version) + 1,
            changed_at=tx.now,
            changed_by=by,
        )
        .returning(Inburgeraar)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return await tx.scalars(statement)


# What the register told, or what agrees with the grant: nearly always there is one, and nothing is to be learned.
# What a grant would have to change is not locked: two that have the lock and wait to write would wait for ever.
_EXECUTING = sa.text(
    "SELECT executing_gemeentecode, told FROM executing_gemeente WHERE gemeentecode = :code AND "
    "(told OR CAST(:granted AS text) IS NULL OR executing_gemeentecode = :granted) FOR SHARE"
)


async def executing_for(tx: Tx, gemeentecode: str, granted: str | None) -> str | None:
    """Who executes the work of a gemeente, until the transaction ends; None if nobody ever said.

    What the register itself told goes before what a grant says: a grant can be a minute old, and whoever is
    registered by it would stay with who executed before. Told later than a grant, it moves all people of the
    gemeente, also those who came meanwhile. Ask this before locking people of the gemeente.

    Args:
        tx: the transaction.
        gemeentecode: whose work.
        granted: what the caller's grant says; it is remembered where the register did not speak yet.
    """
    known = (await tx.execute(_EXECUTING, {"code": gemeentecode, "granted": granted})).one_or_none()
    if known is None and granted is not None:
        await learn_executing(tx, gemeentecode, granted)
        known = (await tx.execute(_EXECUTING, {"code": gemeentecode, "granted": None})).one_or_none()
        if known is None or not known.told:
            return granted
    return None if known is None else str(known.executing_gemeentecode)


async def learn_executing(
    tx: Tx, gemeentecode: str, executing_gemeentecode: str, *, told: bool = False
) -> None:
    """Remember who executes the work of a gemeente; `told` by the register itself, which no grant overwrites."""
    # Written when it is new only: a row that is written each time would make registrations queue up.
    known = await tx.get(ExecutingGemeente, gemeentecode)
    if known is not None and (
        (known.executing_gemeentecode == executing_gemeentecode and known.told >= told)
        or (known.told and not told)
    ):
        return
    statement = insert(ExecutingGemeente).values(
        gemeentecode=gemeentecode,
        executing_gemeentecode=executing_gemeentecode,
        seen_at=tx.now,
        told=told,
    )
    new = statement.excluded
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["gemeentecode"],
            set_={
                "executing_gemeentecode": new.executing_gemeentecode,
                "seen_at": new.seen_at,
                "told": sa.or_(col(ExecutingGemeente.told), new.told),
            },
            where=sa.or_(new.told, sa.not_(col(ExecutingGemeente.told))),
        )
    )


async def told_gemeenten(tx: Tx) -> frozenset[str]:
    """The gemeenten of which the register told who executes their work: their people are up to date with it."""
    rows = await tx.scalars(sa.select(col(ExecutingGemeente.gemeentecode)).where(col(ExecutingGemeente.told)))
    return frozenset(rows)
