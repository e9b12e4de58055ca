# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Telling the services what a gemeente may hear of people and who works where, whenever that changes.

A grant says it for a request; what reaches a gemeente by itself (a webhook) has no request, so
the owner of the register publishes it: after each change, and when a day begins or ends a period.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.db import Tx
from chassis.service import Context, Service
from contracts.access import Purpose
from contracts.gateway import GemeenteScopeSet, MemberSet
from gateway import rules, store
from gateway.measures import measures
from gateway.models import Member, MemberNotice, Organisation, ScopeNotice
from gateway.reviews import reasons

__all__ = ["publish_members", "publish_scopes", "publish_scopes_of_today"]

_EDITION = 1
"""Of what is told of scopes. Raise it with a new reader of `GemeenteScopeSet`: all of them are then told once more,
since a reader hears only what is said from its first day on (docs/upgrading.md). 1: intake, of who executes."""
_OPERATION = Service.operation("publishScopes", "Veranderde bevoegdheden melden", "toegang-beheren")


async def publish_scopes(tx: Tx) -> int:
    """Publish the scope of every gemeente for which it is another than all readers were told; answers how many."""
    await tx.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('gateway:scope-notices', 0))"))
    register = await store.register(tx)
    told = {row.organisation_id: row for row in await tx.scalars(sa.select(ScopeNotice).with_for_update())}
    changed = 0
    for party in sorted(register.parties.values(), key=lambda one: str(one.id)):
        code = party.gemeentecode
        if code is None:
            continue
        scopes = rules.scopes(register, party, rules.GEMEENTE_ROLES, tx.today)
        codes = sorted(
            one
            for one, scope in scopes.items()
            if scope.level == "person" and Purpose.CASE_WORK in scope.purposes
        )
        executing = rules.executing_code(register, code, tx.today)
        row = told.get(party.id)
        if row is not None and (row.person_codes, row.executing_code, row.edition) == (
            codes,
            executing,
            _EDITION,
        ):
            continue
        if row is None:
            row = ScopeNotice(
                organisation_id=party.id, person_codes=codes, executing_code=executing, version=0
            )
            tx.add(row)
        row.person_codes, row.executing_code, row.edition = codes, executing, _EDITION
        row.version += 1
        await tx.flush()
        await tx.publish(
            GemeenteScopeSet(
                organisation_id=party.id,
                gemeentecode=code,
                person_codes=tuple(codes),
                executing_gemeentecode=executing,
            ),
            aggregate_id=party.id,
            version=row.version,
            gemeentecode=code,
        )
        changed += 1
    return changed


async def publish_members(tx: Tx) -> int:
    """Publish every member of whom the services know another version, or none; answers how many.

    After each change and at the start, for who stands in the bootstrap file; and as a job, for who
    was registered before this was told.
    """
    await tx.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('gateway:member-notices', 0))"))
    rows = await tx.rows(
        sa.select(Member, col(Organisation.gemeentecode))
        .join(Organisation, col(Organisation.id) == col(Member.organisation_id))
        .outerjoin(MemberNotice, col(MemberNotice.member_id) == col(Member.id))
        .where(col(MemberNotice.version).is_distinct_from(col(Member.version)))
        .order_by(col(Member.id))
    )
    for member, gemeentecode in rows:
        await tx.publish(
            MemberSet(
                member_id=member.id,
                organisation_id=member.organisation_id,
                gemeentecode=gemeentecode,
                roles=tuple(member.roles),
                active=member.active,
            ),
            aggregate_id=member.id,
            version=member.version,
            gemeentecode=gemeentecode,
        )
    if rows:
        told = insert(MemberNotice).values(
            [{"member_id": member.id, "version": member.version} for member, _ in rows]
        )
        await tx.execute(
            told.on_conflict_do_update(index_elements=["member_id"], set_={"version": told.excluded.version})
        )
    return len(rows)


async def publish_scopes_of_today(context: Context) -> None:
    """The same as a job: a mandate or agreement can begin, end and grow old without anybody touching it."""
    async with context.begin(operation=_OPERATION) as tx:
        await publish_members(tx)
        await publish_scopes(tx)
        waiting = sum(
            bool(
                reasons(
                    agreed_on=row.agreed_on,
                    review_on=row.review_on,
                    valid_until=row.valid_until,
                    today=tx.today,
                )
            )
            for row, _, _ in await store.cooperation(tx)
        )
    measures().reviews.set(waiting)
