# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Operations on the end of a duty, on what holds a destruction up, and the list of what will go."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import Field

from chassis.web import (
    CallerDep,
    Day,
    DayOrNone,
    Gemeentecode,
    Instant,
    Page,
    PagingDep,
    Router,
    Schema,
    TxDep,
    access,
    problems,
)
from contracts.access import Purpose, Role
from contracts.retention import Manner
from services.intake.actions import persons, retention as actions
from services.intake.api.doors import CASE, OVERSIGHT, PersonId, VaultDep
from services.intake.errors import AgreementMissing, HoldEnded, NotFound, OnlyShortList, RefusedByLaw
from services.intake.models import RetentionHold
from services.intake.store import persons as person_store, retention as store

__all__ = ["router"]

router = Router(tags=["Bewaren en vernietigen"])

HoldId = Annotated[UUID, Path(alias="holdId", description="De reden om te bewaren.")]
Reason = Annotated[
    Literal["appeal", "financial-account", "legal-claim"],
    Field(
        description="Waarom niets weg mag: bezwaar of beroep, een open financiële verantwoording, een claim."
    ),
]


class DutyEndIn(Schema):
    """Hoe en wanneer de inburgeringsplicht eindigde."""

    ended_on: Day = Field(description="De dag waarop de plicht eindigde, of de dag van overlijden.")
    manner: Literal["met", "exempt", "dispensation", "left", "died"] = Field(
        description="Voldaan, vrijgesteld, ontheven, vertrokken of overleden."
    )


class DutyEndOut(DutyEndIn):
    """Het einde van de plicht, en wanneer gegevens weg moeten."""

    inburgeraar_id: UUID
    next_on: DayOrNone = Field(description="De dag vanaf wanneer gegevens weg moeten.")
    recorded_at: Instant


class HoldIn(Schema):
    """Een reden om niets te vernietigen."""

    reason: Reason
    since: Day = Field(description="Sinds wanneer de reden geldt.")


class HoldEndIn(Schema):
    """Het einde van een reden om te bewaren."""

    ended_on: Day = Field(description="De laatste dag waarop de reden geldt.")


class HoldOut(HoldIn):
    """Een reden om te bewaren, zoals vastgelegd."""

    id: UUID
    inburgeraar_id: UUID
    ended_on: DayOrNone
    recorded_at: Instant


class DueOut(Schema):
    """Van wie gegevens weg gaan, wanneer en waarom. Zonder persoonsgegevens."""

    inburgeraar_id: UUID
    gemeentecode: Gemeentecode
    stage: Literal["reduced", "destroyed"] = Field(
        description="`reduced`: alleen de korte lijst blijft. `destroyed`: er blijft niets."
    )
    due_on: Day
    rule: str = Field(description="De code van de bewaartermijn.")
    article: str = Field(description="Waar de termijn staat.")
    held_by: list[str] = Field(description="Redenen waarom het nog niet mag; leeg als niets het tegenhoudt.")


@router.put(
    "/inburgeraars/{inburgeraarId}/duty-end",
    operation_id="recordDutyEnd",
    summary="Het einde van de inburgeringsplicht vastleggen",
    response_model=DutyEndOut,
    responses=problems(RefusedByLaw, NotFound, AgreementMissing, OnlyShortList),
    openapi_extra=access(roles=CASE, purpose=Purpose.CASE_WORK, activity="plicht-beëindigen"),
)
async def record_duty_end(
    inburgeraar_id: PersonId, body: DutyEndIn, caller: CallerDep, tx: TxDep, vault: VaultDep
) -> Any:
    """Stopt de termijnen en bepaalt wanneer gegevens weg moeten: na vijf jaar, of bij overlijden."""
    return await actions.end_duty(
        tx, caller, vault, inburgeraar_id, ended_on=body.ended_on, manner=Manner(body.manner)
    )


@router.get(
    "/inburgeraars/{inburgeraarId}/duty-end",
    operation_id="getDutyEnd",
    summary="Het einde van de inburgeringsplicht lezen",
    response_model=DutyEndOut,
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=access(roles=OVERSIGHT, purpose=Purpose.CASE_WORK, activity="inburgeraar-inzien"),
)
async def get_duty_end(inburgeraar_id: PersonId, caller: CallerDep, tx: TxDep) -> Any:
    """Toont hoe en wanneer de plicht eindigde, en wanneer gegevens weg moeten."""
    await _look(tx, caller, inburgeraar_id)
    row = await store.duty_end(tx, inburgeraar_id)
    if row is None:
        raise NotFound("De inburgeringsplicht van deze inburgeraar is niet geëindigd.")
    return row


@router.delete(
    "/inburgeraars/{inburgeraarId}/duty-end",
    operation_id="withdrawDutyEnd",
    summary="Het einde van de inburgeringsplicht terugnemen",
    status_code=204,
    responses=problems(NotFound, AgreementMissing, OnlyShortList),
    openapi_extra=access(roles=CASE, purpose=Purpose.CASE_WORK, activity="plicht-beëindigen"),
)
async def withdraw_duty_end(
    inburgeraar_id: PersonId, caller: CallerDep, tx: TxDep, vault: VaultDep
) -> Response:
    """Neemt een vergissing terug. De termijnen lopen weer."""
    await actions.withdraw_end(tx, caller, vault, inburgeraar_id)
    return Response(status_code=204)


@router.post(
    "/inburgeraars/{inburgeraarId}/retention-holds",
    operation_id="addRetentionHold",
    summary="Vastleggen waarom gegevens nog niet weg mogen",
    status_code=201,
    response_model=HoldOut,
    responses=problems(RefusedByLaw, NotFound, AgreementMissing, OnlyShortList),
    openapi_extra=access(roles=OVERSIGHT, purpose=Purpose.CASE_WORK, activity="gegevens-bewaren"),
)
async def add_retention_hold(
    inburgeraar_id: PersonId, body: HoldIn, caller: CallerDep, tx: TxDep
) -> RetentionHold:
    """Zolang bezwaar of beroep loopt of een verantwoording open is, wordt niets vernietigd."""
    return await actions.hold_up(tx, caller, inburgeraar_id, reason=body.reason, since=body.since)


@router.get(
    "/inburgeraars/{inburgeraarId}/retention-holds",
    operation_id="listRetentionHolds",
    summary="Waarom gegevens nog niet weg mogen",
    response_model=Page[HoldOut],
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=access(roles=OVERSIGHT, purpose=Purpose.CASE_WORK, activity="inburgeraar-inzien"),
)
async def list_retention_holds(
    inburgeraar_id: PersonId, caller: CallerDep, tx: TxDep, paging: PagingDep
) -> dict[str, Any]:
    """Alle redenen, de oudste eerst, ook wat geëindigd is."""
    await _look(tx, caller, inburgeraar_id)
    after = paging.position(date, UUID)
    rows = [
        row
        for row in await store.holds(tx, inburgeraar_id)
        if after is None or (row.since, row.id) > (after[0], after[1])
    ][: paging.fetch]
    return paging.page(rows, key=lambda row: (row.since, row.id), item=HoldOut.model_validate)


@router.post(
    "/inburgeraars/{inburgeraarId}/retention-holds/{holdId}/endings",
    operation_id="endRetentionHold",
    summary="Een reden om te bewaren beëindigen",
    response_model=HoldOut,
    responses=problems(RefusedByLaw, NotFound, AgreementMissing, HoldEnded, OnlyShortList),
    openapi_extra=access(roles=OVERSIGHT, purpose=Purpose.CASE_WORK, activity="gegevens-bewaren"),
)
async def end_retention_hold(
    inburgeraar_id: PersonId, hold_id: HoldId, body: HoldEndIn, caller: CallerDep, tx: TxDep
) -> RetentionHold:
    """Vanaf de dag erna mogen gegevens weg, als hun termijn voorbij is."""
    return await actions.end_hold(tx, caller, inburgeraar_id, hold_id, ended_on=body.ended_on)


@router.get(
    "/destructions-due",
    operation_id="listDestructionsDue",
    summary="Van wie gegevens weg gaan",
    response_model=Page[DueOut],
    openapi_extra=access(
        roles={Role.KWALITEITSMEDEWERKER, Role.ADMINISTRATOR},
        purpose=Purpose.CASE_WORK,
        role_purposes={Role.ADMINISTRATOR: Purpose.ADMINISTRATION},
        activity="vernietiging-voorbereiden",
    ),
)
async def list_destructions_due(
    caller: CallerDep,
    tx: TxDep,
    paging: PagingDep,
    until: Annotated[
        Day | None, Query(description="Tot en met deze dag; zonder: tot en met vandaag.")
    ] = None,
) -> dict[str, Any]:
    """Wat de vernietiging tot deze dag zal raken, voordat zij gebeurt. Er staan alleen nummers en dagen in."""
    if caller.has_role(Role.ADMINISTRATOR):
        await tx.act_as_platform()  # ids and days only, of all gemeenten
    rows = await store.due_page(
        tx,
        until=until or tx.today,
        after=paging.position(date, UUID),
        fetch=paging.fetch,
        today=tx.today,
    )

    def shown(row: store.DuePerson) -> DueOut:
        due = actions.due_of(row.end, held_by=row.holds, today=tx.today, settings=tx.settings)
        return DueOut(
            inburgeraar_id=row.end.inburgeraar_id,
            gemeentecode=row.gemeentecode,
            stage=due.stage.value,
            due_on=due.due_on,
            rule=due.term.code,
            article=due.term.source,
            held_by=list(due.held_by),
        )

    return paging.page(rows, key=lambda row: (row.end.next_on, row.end.inburgeraar_id), item=shown)


async def _look(tx: TxDep, caller: CallerDep, inburgeraar_id: UUID) -> None:
    """Note the look at a person, or refuse it."""
    held = await person_store.dossier(tx, inburgeraar_id)
    if held is None:
        raise await persons.absent(tx, caller, inburgeraar_id)
    tx.look(held.person.id, held.person.gemeentecode)
