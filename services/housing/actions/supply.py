# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Facts of the supply, dwellings to come, and the subsidy for homes of large families."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from chassis.db import Tx
from chassis.errors import InvalidInput, NotFound, StaleVersion
from services.housing.actions.ladder import read_ladders
from services.housing.actions.standing import caller_of, check_acts
from services.housing.models.supply import (
    PipelineProject,
    SubsidyApplication,
    SubsidyTermsRow,
    SupplyFact,
)
from services.housing.rules import large_families
from services.housing.rules.supply import ProjectKind, ProjectStage
from services.housing.store import account as accounts, supply as store

__all__ = [
    "Estimate",
    "add_project",
    "apply_for_subsidy",
    "change_project",
    "estimates_of",
    "set_application_status",
    "set_subsidy_terms",
    "set_supply",
    "visible_application",
]


async def set_supply(
    tx: Tx,
    *,
    gemeentecode: str,
    year: int,
    mutations: int,
    social_dwellings: int | None,
    dwellings: int | None,
    source: str,
) -> SupplyFact:
    """Record the supply of a gemeente in a year; a later word replaces it.

    Raises:
        InvalidInput: more social dwellings than dwellings.
    """
    check_acts(tx, gemeentecode)
    if social_dwellings is not None and dwellings is not None and social_dwellings > dwellings:
        raise InvalidInput.on(
            "/socialDwellings", "Er zijn niet meer sociale huurwoningen dan woningen.", code="share"
        )
    await accounts.lock_account(tx, gemeentecode)
    row = await tx.get(SupplyFact, (gemeentecode, year), lock=True)
    if row is None:
        row = SupplyFact(gemeentecode=gemeentecode, year=year, mutations=mutations, source=source, version=0)
        tx.add(row)
    row.mutations = mutations
    row.social_dwellings = social_dwellings
    row.dwellings = dwellings
    row.source = source
    row.version += 1
    await tx.flush()
    return row


async def add_project(
    tx: Tx,
    *,
    gemeentecode: str,
    name: str,
    kind: ProjectKind,
    stage: ProjectStage,
    dwellings: int,
    social_percent: int,
    places: int,
    probability_percent: int,
    ready_on: date,
    source: str,
) -> PipelineProject:
    """Record dwellings to come."""
    check_acts(tx, gemeentecode, place="/gemeentecode")
    row = PipelineProject(
        gemeentecode=gemeentecode,
        name=name,
        kind=kind.value,
        stage=stage.value,
        dwellings=dwellings,
        social_percent=social_percent,
        places=places,
        probability_percent=probability_percent,
        ready_on=ready_on,
        source=source,
    )
    tx.add(row)
    await tx.flush()
    return row


async def change_project(
    tx: Tx, *, project_id: UUID, expected_version: int, changes: Mapping[str, Any]
) -> PipelineProject:
    """Change what is stated of a project: its stage, its day, its places, its chance.

    Raises:
        NotFound: there is no such project, or it is none of the caller's.
        StaleVersion: somebody else changed it first.
    """
    row = await store.lock_project(tx, project_id)
    if row is None:
        raise NotFound("Een project met dit nummer is niet gevonden.")
    check_acts(tx, row.gemeentecode, place="projectId")
    if row.version != expected_version:
        raise StaleVersion(f"Dit project heeft nu versie {row.version}.")
    for name, value in changes.items():
        setattr(row, name, value)
    row.version += 1
    await tx.flush()
    return row


async def set_subsidy_terms(
    tx: Tx,
    *,
    since: date,
    kinds: Sequence[large_families.CostKind],
    least_persons: int,
    ceilings: Sequence[tuple[int, int]],
    source: str,
) -> None:
    """Record the terms of the scheme from a day on; a later word for the same day replaces it."""
    await accounts.lock_account(tx, "subsidy-terms")
    row = await tx.get(SubsidyTermsRow, since, lock=True)
    if row is None:
        row = SubsidyTermsRow(
            since=since, least_persons=least_persons, source=source, recorded_by=caller_of(tx).subject
        )
        tx.add(row)
    row.kinds = sorted(kind.value for kind in kinds)
    row.least_persons = least_persons
    row.ceilings = [{"fromPersons": persons, "cents": cents} for persons, cents in sorted(ceilings)]
    row.source = source
    row.recorded_by = caller_of(tx).subject
    await tx.flush()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the scheme pays for an application, and whether the home comes in time for the ladder."""

    result: large_families.SubsidyResult
    ready_on: date
    ladder_on: date | None
    warns: bool


async def estimates_of(tx: Tx, rows: Sequence[SubsidyApplication]) -> dict[UUID, Estimate]:
    """Judge each application by the terms of its day and the next step of its gemeente; by id."""
    terms = await store.subsidy_terms(tx)
    standings = await read_ladders(tx, sorted({row.gemeentecode for row in rows}), tx.today)
    found = {}
    for row in rows:
        costs = [large_families.Cost(large_families.CostKind(one["kind"]), one["cents"]) for one in row.costs]
        result = large_families.subsidy(terms, costs, persons=row.persons, applied_on=row.applied_on)
        ready = large_families.ready_on(row.applied_on, row.lead_months)
        ladder_on = standings[row.gemeentecode].outlook.next_on
        found[row.id] = Estimate(result, ready, ladder_on, large_families.warns(ready, ladder_on))
    return found


async def apply_for_subsidy(
    tx: Tx,
    *,
    gemeentecode: str,
    title: str,
    persons: int,
    costs: Sequence[large_families.Cost],
    applied_on: date,
    lead_months: int,
) -> SubsidyApplication:
    """Record an estimate for a home of a large family, as a draft."""
    check_acts(tx, gemeentecode, place="/gemeentecode")
    row = SubsidyApplication(
        gemeentecode=gemeentecode,
        title=title,
        persons=persons,
        costs=[{"kind": cost.kind.value, "cents": cost.cents} for cost in costs],
        applied_on=applied_on,
        lead_months=lead_months,
        status="draft",
    )
    tx.add(row)
    await tx.flush()
    return row


async def visible_application(tx: Tx, application_id: UUID) -> SubsidyApplication:
    """The application, for a reader.

    Raises:
        NotFound: there is none, or it is none of the caller's.
    """
    row = await tx.get(SubsidyApplication, application_id)
    if row is None:
        raise NotFound("Een aanvraag met dit nummer is niet gevonden.")
    return row


async def set_application_status(
    tx: Tx, *, application_id: UUID, status: str, granted_cents: int | None
) -> SubsidyApplication:
    """Record what became of an application.

    Raises:
        InvalidInput: an amount without a grant, or a grant without an amount.
    """
    row = await store.lock_application(tx, application_id)
    if row is None:
        raise NotFound("Een aanvraag met dit nummer is niet gevonden.")
    check_acts(tx, row.gemeentecode, place="applicationId")
    if (status == "granted") is not (granted_cents is not None):
        raise InvalidInput.on(
            "/grantedCents", "Noem het bedrag bij een toekenning, en alleen dan.", code="amount-of-grant"
        )
    row.status = status
    row.granted_cents = granted_cents
    row.version += 1
    await tx.flush()
    return row
