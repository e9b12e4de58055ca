# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Work lists: what asks for action, and saying what was done."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path, Query
from pydantic import Field

from chassis.access import Caller
from chassis.db import Tx
from chassis.errors import AgreementMissing, NotFound
from chassis.web import (
    CallerDep,
    Count,
    DayOrNone,
    Gemeentecode,
    Instant,
    InstantOrNone,
    LongText,
    Page,
    PagingDep,
    Router,
    Schema,
    TxDep,
    access,
    problems,
)
from contracts.access import Purpose, Role
from services.notifications import actions, store
from services.notifications.actions.signals import not_visible, note_look
from services.notifications.api.visibility import (
    HANDLERS,
    OF_GEMEENTE,
    OF_SCHOOL,
    OF_VLUCHTELINGENWERK,
    ROLE_PURPOSES,
    reader,
    require_person,
)
from services.notifications.errors import AlreadyHandled, SignalIsWithdrawn
from services.notifications.models import Handling, Signal
from services.notifications.rules import FIRST_STEP, Audience, SignalKind, SignalStatus
from services.notifications.store.worklist import Filters

__all__ = ["router"]

router = Router(tags=["Signalen"])

READERS = OF_GEMEENTE | OF_SCHOOL | OF_VLUCHTELINGENWERK | {Role.OPERATIONS}
_READING = access(
    roles=READERS, purpose=Purpose.CASE_WORK, role_purposes=ROLE_PURPOSES, activity="signalen-opvolgen"
)
SignalId = Annotated[UUID, Path(description="Nummer van het signaal.")]


class HandlingIn(Schema):
    """Wat er met een signaal is gedaan."""

    outcome: Literal["talked", "no-action", "passed-on"] = Field(
        description="`talked`: gesproken; `no-action`: er was niets nodig; `passed-on`: doorgegeven aan een collega."
    )
    note: LongText | None = Field(
        default=None, description="Eigen aantekening. Blijft hier en gaat niet mee in berichten of cijfers."
    )


class HandlingOut(Schema):
    """De afhandeling van een signaal."""

    id: UUID
    signal_id: UUID
    outcome: Literal["talked", "no-action", "passed-on"]
    note: str | None
    handled_by: UUID = Field(description="Het lid dat het signaal afhandelde.")
    handled_at: Instant


class SignalOut(Schema):
    """Iets dat vraagt om actie van een mens."""

    id: UUID
    kind: SignalKind
    audience: Audience = Field(description="Op wiens werklijst het signaal staat.")
    inburgeraar_id: UUID | None
    gemeentecode: Gemeentecode | None = Field(description="De verantwoordelijke gemeente.")
    executing_gemeentecode: Gemeentecode | None = Field(description="De gemeente die het werk doet.")
    lead_member_id: UUID | None = Field(
        description="De regiehouder; leeg is de open lijst van de uitvoerende gemeente."
    )
    organisation_id: UUID | None = Field(description="De taalschool waar het over gaat, als die er is.")
    raised_at: Instant
    due_on: DayOrNone
    rule: str = Field(description="Waar de regel staat, voor mensen.")
    facts: dict[str, Any] = Field(
        description="Wat er speelt: nummers, dagen en aantallen, per soort signaal."
    )
    first_step: str = Field(description="Wat u het beste eerst kunt doen.")
    status: SignalStatus
    withdrawn_at: InstantOrNone
    withdrawn_reason: str | None
    deadline_id: UUID | None
    handling: HandlingOut | None


class KindCount(Schema):
    """Hoeveel open signalen van één soort."""

    kind: SignalKind
    count: Count


class SignalCounts(Schema):
    """Aantallen boven een werklijst. Alleen open signalen tellen mee."""

    open: Count = Field(description="Alle open signalen die u mag zien.")
    mine: Count = Field(description="Waarvan u de regiehouder bent.")
    open_list: Count = Field(description="Op de open lijst van uw gemeente: nog zonder regiehouder.")
    by_kind: list[KindCount]


def _handling(handling: Handling, note: str | None) -> HandlingOut:
    return HandlingOut(
        id=handling.id,
        signal_id=handling.signal_id,
        outcome=handling.outcome,  # type: ignore[arg-type]
        note=note,
        handled_by=handling.member_id,
        handled_at=handling.handled_at,
    )


async def _out(tx: Tx, rows: Sequence[Signal]) -> dict[UUID, SignalOut]:
    handled = await store.worklist.handlings(tx, [row.id for row in rows if row.status == "handled"])
    for row in rows:
        note_look(tx, row)
    return {
        row.id: SignalOut.model_validate(
            {
                **row.model_dump(),
                "first_step": FIRST_STEP[SignalKind(row.kind)],
                "handling": _handling(*handled[row.id]) if row.id in handled else None,
            },
            extra="ignore",
        )
        for row in rows
    }


def _open_list_of(caller: Caller) -> frozenset[str]:
    return frozenset() if caller.gemeentecode is None else frozenset({caller.gemeentecode})


@router.get(
    "/signals",
    operation_id="listSignals",
    summary="Signalen opvragen",
    response_model=Page[SignalOut],
    responses=problems(AgreementMissing, NotFound),
    openapi_extra=_READING,
)
async def list_signals(
    *,
    caller: CallerDep,
    tx: TxDep,
    paging: PagingDep,
    kind: Annotated[SignalKind | None, Query(description="Alleen van deze soort.")] = None,
    inburgeraar_id: Annotated[
        UUID | None, Query(alias="inburgeraarId", description="Alleen over deze inburgeraar.")
    ] = None,
    status: Annotated[SignalStatus | None, Query(description="Alleen met deze status.")] = None,
    gemeentecode: Annotated[
        str | None, Query(description="Alleen van deze verantwoordelijke gemeente.", pattern="^[0-9]{4}$")
    ] = None,
    mine: Annotated[bool, Query(description="Alleen waarvan u de regiehouder bent.")] = False,
    open_list: Annotated[
        bool, Query(alias="openList", description="Alleen de open lijst van uw gemeente: zonder regiehouder.")
    ] = False,
) -> dict[str, Any]:
    """De signalen op uw werklijst, de nieuwste eerst.

    Een gemeente ziet de signalen over haar inburgeraars, een taalschool die over haar lessen en
    termijnen, VluchtelingenWerk die over wie het begeleidt, beheer die over het platform zelf, zonder personen.
    """
    if inburgeraar_id is not None:
        await require_person(tx, caller, inburgeraar_id)
    filters = Filters(
        reader(caller),
        kind=kind,
        inburgeraar_id=inburgeraar_id,
        status=status,
        gemeentecode=gemeentecode,
        lead_member_id=caller.subject if mine else None,
        executed_by=_open_list_of(caller) if open_list else None,
    )
    rows = await store.worklist.signals(
        tx, filters, after=paging.position(datetime, UUID), limit=paging.fetch
    )
    items = await _out(tx, rows[: paging.size])
    return paging.page(rows, key=lambda row: (row.raised_at, row.id), item=lambda row: items[row.id])


@router.get(
    "/signal-counts",
    operation_id="countSignals",
    summary="Open signalen tellen",
    response_model=SignalCounts,
    openapi_extra=_READING,
)
async def count_signals(caller: CallerDep, tx: TxDep) -> SignalCounts:
    """Hoeveel signalen er op u wachten, voor de kop van een werklijst. Noemt geen personen."""
    own = reader(caller)
    by_kind = await store.worklist.counts(tx, Filters(own, status="open"))
    mine = await store.worklist.counts(tx, Filters(own, status="open", lead_member_id=caller.subject))
    unled = await store.worklist.counts(tx, Filters(own, status="open", executed_by=_open_list_of(caller)))
    return SignalCounts(
        open=sum(by_kind.values()),
        mine=sum(mine.values()),
        open_list=sum(unled.values()),
        by_kind=[KindCount(kind=kind, count=by_kind[kind]) for kind in SignalKind if kind in by_kind],
    )


@router.get(
    "/signals/{signalId}",
    operation_id="readSignal",
    summary="Een signaal lezen",
    response_model=SignalOut,
    responses=problems(AgreementMissing, NotFound),
    openapi_extra=_READING,
)
async def read_signal(signalId: SignalId, caller: CallerDep, tx: TxDep) -> SignalOut:  # noqa: N803 - the name on the wire
    """Eén signaal, met de afhandeling als die er is."""
    row = await store.worklist.find(tx, signalId)
    if row is None:
        raise await not_visible(tx, caller, signalId)
    return (await _out(tx, [row]))[row.id]


@router.post(
    "/signals/{signalId}/handlings",
    operation_id="handleSignal",
    summary="Een signaal afhandelen",
    status_code=201,
    response_model=HandlingOut,
    responses=problems(AgreementMissing, NotFound, AlreadyHandled, SignalIsWithdrawn),
    openapi_extra=access(
        roles=HANDLERS,
        purpose=Purpose.CASE_WORK,
        role_purposes=ROLE_PURPOSES,
        activity="signalen-opvolgen",
        idempotency="accepted",
    ),
)
async def handle_signal(
    signalId: SignalId,  # noqa: N803 - the name on the wire
    body: HandlingIn,
    caller: CallerDep,
    tx: TxDep,
) -> HandlingOut:
    """Vastleggen wat er met een signaal is gedaan. De eerste afhandeling telt."""
    return _handling(
        *await actions.handle_signal(tx, caller, signal_id=signalId, outcome=body.outcome, note=body.note)
    )
