# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The subsidy for homes of large families: what the old and the widened scheme pay, and whether it comes in time."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from chassis.errors import Forbidden, NotFound
from chassis.schema import described
from chassis.web import (
    Cents,
    Day,
    DayOrNone,
    Gemeentecode,
    Page,
    PagingDep,
    Router,
    Schema,
    ShortText,
    TxDep,
    problems,
)
from contracts.access import Role
from services.housing.actions import supply as actions
from services.housing.api.account_schemas import BookDay, Peildatum
from services.housing.api.declarations import FIGURE_READERS, MUNICIPALITY, figures, housing
from services.housing.api.national import NATIONAL_READERS, NATIONAL_WRITERS
from services.housing.models.supply import SubsidyApplication
from services.housing.rules.large_families import Cost, CostKind, SubsidyTerms
from services.housing.store import supply as store

router = Router()

SUBSIDY_WRITERS = housing(MUNICIPALITY, "subsidie-grote-gezinnen-beheren")
SUBSIDY_READERS = figures(FIGURE_READERS - {Role.PROVINCE}, "subsidie-grote-gezinnen-raadplegen")
"""Not the Province: the title and the size of a family can point at people."""

PositiveCents = Annotated[int, Field(ge=0, le=10**12, strict=True, description="Hele eurocenten.")]
Size = Annotated[int, Field(ge=1, le=50, strict=True)]
Months = Annotated[int, Field(ge=0, le=120, strict=True)]


class SubsidyApplicationStatus(StrEnum):
    """Hoe ver een aanvraag is."""

    DRAFT = "draft"
    SENT = "sent"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class SubsidyCeilingRow(Schema):
    """Een maximum vanaf een gezinsgrootte."""

    from_persons: Size
    cents: PositiveCents


class SubsidyTermsIn(Schema):
    """De voorwaarden van de regeling vanaf een dag."""

    kinds: list[CostKind] = described("De kosten die worden vergoed.", min_length=1, max_length=20)
    least_persons: Size = described("Vanaf zoveel personen is een gezin groot.")
    ceilings: list[SubsidyCeilingRow] = described("Het maximum per woning.", min_length=1, max_length=20)
    source: ShortText = described("Waar dit staat.")


class SubsidyTermsOut(Schema):
    """De voorwaarden van de regeling vanaf een dag."""

    since: Day
    kinds: list[CostKind]
    least_persons: int
    ceilings: list[SubsidyCeilingRow]
    source: str
    in_force: bool = described("Of ze op de peildatum gelden.")


class SubsidyTermsList(Schema):
    """De voorwaarden van de regeling, oud en nieuw."""

    peildatum: Day
    rows: list[SubsidyTermsOut]


class SubsidyCostRow(Schema):
    """Een regel van een begroting."""

    kind: CostKind
    cents: PositiveCents


class SubsidyApplicationIn(Schema):
    """Een begroting voor een woning voor een groot gezin. Noem het gezin zelf niet."""

    gemeentecode: Gemeentecode
    title: ShortText = described("Welke woning.")
    persons: Size = described("Hoe groot het gezin is.")
    costs: list[SubsidyCostRow] = described("De begroting.", min_length=1, max_length=50)
    applied_on: BookDay = described("De dag van de aanvraag; die bepaalt de voorwaarden.")
    lead_months: Months = described("Maanden tot de woning klaar is.")


class SubsidyApplicationOut(Schema):
    """Een aanvraag, met wat de regeling vergoedt en of de woning op tijd komt."""

    id: UUID
    gemeentecode: Gemeentecode
    title: str
    persons: int
    costs: list[SubsidyCostRow]
    applied_on: Day
    lead_months: int
    status: SubsidyApplicationStatus
    granted_cents: Cents | None
    terms_since: DayOrNone = described("De voorwaarden die gelden; leeg als er geen regeling was.")
    eligible_cents: Cents
    ceiling_cents: Cents
    subsidy_cents: Cents
    refused_kinds: list[CostKind] = described("Kosten die niet worden vergoed.")
    gained_cents: Cents = described("Meer dan onder de voorwaarden ervoor.")
    newly_eligible_kinds: list[CostKind] = described("Kosten die de voorwaarden ervoor niet vergoedden.")
    ready_on: Day
    ladder_on: DayOrNone = described("De dag van de volgende trede.")
    too_late_for_ladder: bool = described("Of de woning pas na de volgende trede klaar is.")


class SubsidyApplicationStatusIn(Schema):
    """Wat er van een aanvraag is geworden."""

    status: SubsidyApplicationStatus
    granted_cents: PositiveCents | None = described("Het toegekende bedrag.", default=None)


def _terms_out(row: SubsidyTerms, now: SubsidyTerms | None) -> SubsidyTermsOut:
    return SubsidyTermsOut(
        since=row.since,
        kinds=sorted(row.kinds),
        least_persons=row.least_persons,
        ceilings=[SubsidyCeilingRow(from_persons=persons, cents=cents) for persons, cents in row.ceilings],
        source=row.source,
        in_force=row is now,
    )


async def _terms(tx: TxDep, day: Day) -> SubsidyTermsList:
    rows = await store.subsidy_terms(tx)
    begun = [row for row in rows if row.since <= day]
    return SubsidyTermsList(
        peildatum=day, rows=[_terms_out(row, begun[-1] if begun else None) for row in rows]
    )


async def _out(tx: TxDep, row: SubsidyApplication) -> SubsidyApplicationOut:
    return _with_estimate(row, (await actions.estimates_of(tx, [row]))[row.id])


def _with_estimate(row: SubsidyApplication, found: actions.Estimate) -> SubsidyApplicationOut:
    result = found.result
    return SubsidyApplicationOut(
        **row.model_dump(exclude={"version"}),
        terms_since=result.terms.since if result.terms else None,
        eligible_cents=result.eligible_cents,
        ceiling_cents=result.ceiling_cents,
        subsidy_cents=result.subsidy_cents,
        refused_kinds=list(result.refused),
        gained_cents=result.gained_cents,
        newly_eligible_kinds=list(result.newly_eligible),
        ready_on=found.ready_on,
        ladder_on=found.ladder_on,
        too_late_for_ladder=found.warns,
    )


@router.get(
    "/subsidy-terms",
    operation_id="readSubsidyTerms",
    summary="De regeling voor grote gezinnen",
    response_model=SubsidyTermsList,
    openapi_extra=NATIONAL_READERS,
)
async def read_subsidy_terms(
    tx: TxDep,
    peildatum: Peildatum = None,
) -> SubsidyTermsList:
    """De voorwaarden van de regeling per dag, de oude en de verbrede naast elkaar."""
    return await _terms(tx, peildatum or tx.today)


@router.put(
    "/subsidy-terms/{since}",
    operation_id="setSubsidyTerms",
    summary="Voorwaarden van de regeling vastleggen",
    response_model=SubsidyTermsList,
    openapi_extra=NATIONAL_WRITERS,
)
async def set_subsidy_terms(since: Day, body: SubsidyTermsIn, tx: TxDep) -> SubsidyTermsList:
    """Legt de voorwaarden vast die vanaf een dag gelden."""
    await actions.set_subsidy_terms(
        tx,
        since=since,
        kinds=body.kinds,
        least_persons=body.least_persons,
        ceilings=[(one.from_persons, one.cents) for one in body.ceilings],
        source=body.source,
    )
    return await _terms(tx, tx.today)


@router.post(
    "/subsidy-applications",
    operation_id="applyForSubsidy",
    summary="Een begroting voor een groot gezin vastleggen",
    status_code=201,
    response_model=SubsidyApplicationOut,
    responses=problems(Forbidden),
    openapi_extra=SUBSIDY_WRITERS,
)
async def apply_for_subsidy(body: SubsidyApplicationIn, tx: TxDep) -> SubsidyApplicationOut:
    """Berekent wat de regeling vergoedt, en waarschuwt als de woning pas na de volgende trede klaar is."""
    row = await actions.apply_for_subsidy(
        tx,
        gemeentecode=body.gemeentecode,
        title=body.title,
        persons=body.persons,
        costs=[Cost(one.kind, one.cents) for one in body.costs],
        applied_on=body.applied_on,
        lead_months=body.lead_months,
    )
    return await _out(tx, row)


@router.get(
    "/subsidy-applications",
    operation_id="listSubsidyApplications",
    summary="Aanvragen voor grote gezinnen",
    response_model=Page[SubsidyApplicationOut],
    openapi_extra=SUBSIDY_READERS,
)
async def list_subsidy_applications(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen van deze gemeente.")] = None,
) -> object:
    """De aanvragen van de gemeenten waarvan u de cijfers mag zien."""
    rows = await store.applications_page(
        tx, gemeentecode=gemeentecode, after=paging.after_id, limit=paging.fetch
    )
    found = await actions.estimates_of(tx, rows)
    return paging.page(rows, key=lambda row: (row.id,), item=lambda row: _with_estimate(row, found[row.id]))


@router.get(
    "/subsidy-applications/{applicationId}",
    operation_id="readSubsidyApplication",
    summary="Een aanvraag voor een groot gezin",
    response_model=SubsidyApplicationOut,
    responses=problems(NotFound),
    openapi_extra=SUBSIDY_READERS,
)
async def read_subsidy_application(applicationId: UUID, tx: TxDep) -> SubsidyApplicationOut:  # noqa: N803 - as in the path
    """Een aanvraag met wat de regeling vergoedt onder de voorwaarden van die dag."""
    return await _out(tx, await actions.visible_application(tx, applicationId))


@router.post(
    "/subsidy-applications/{applicationId}/statuses",
    operation_id="setSubsidyApplicationStatus",
    summary="Vastleggen wat er van een aanvraag is geworden",
    status_code=201,
    response_model=SubsidyApplicationOut,
    responses=problems(NotFound, Forbidden),
    openapi_extra=SUBSIDY_WRITERS,
)
async def set_subsidy_application_status(
    applicationId: UUID,  # noqa: N803 - as in the path
    body: SubsidyApplicationStatusIn,
    tx: TxDep,
) -> SubsidyApplicationOut:
    """Legt vast dat een aanvraag is verstuurd, toegekend, afgewezen of ingetrokken."""
    row = await actions.set_application_status(
        tx, application_id=applicationId, status=body.status.value, granted_cents=body.granted_cents
    )
    return await _out(tx, row)
