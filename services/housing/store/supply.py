# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Supply, pipeline, reception sites and the subsidy for large families, as the caller may see them."""

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models.supply import (
    PipelineProject,
    ReceptionSite,
    SiteCapacity,
    SiteDistance,
    SiteResidents,
    SubsidyApplication,
    SubsidyTermsRow,
    SupplyFact,
)
from services.housing.rules import large_families
from services.housing.rules.reception import Capacity, PlacesFor, Residents

__all__ = [
    "applications_page",
    "capacities_of",
    "distances_of",
    "lock_application",
    "lock_project",
    "lock_site",
    "projects_of",
    "projects_page",
    "residents_of",
    "sites_page",
    "subsidy_terms",
    "supply_of",
]


async def supply_of(tx: Tx, gemeentecode: str) -> Sequence[SupplyFact]:
    """The facts of a gemeente, the last year first."""
    return await tx.scalars(
        select(SupplyFact)
        .where(col(SupplyFact.gemeentecode) == gemeentecode)
        .order_by(col(SupplyFact.year).desc())
    )


async def projects_page(
    tx: Tx, *, gemeentecode: str | None, after: UUID | None, limit: int
) -> Sequence[PipelineProject]:
    """Projects by id."""
    query = select(PipelineProject).order_by(col(PipelineProject.id)).limit(limit)
    if gemeentecode is not None:
        query = query.where(col(PipelineProject.gemeentecode) == gemeentecode)
    if after is not None:
        query = query.where(col(PipelineProject.id) > after)
    return await tx.scalars(query)


async def projects_of(tx: Tx, gemeentecode: str) -> Sequence[PipelineProject]:
    """All projects of a gemeente."""
    return await tx.scalars(select(PipelineProject).where(col(PipelineProject.gemeentecode) == gemeentecode))


async def lock_project(tx: Tx, project_id: UUID) -> PipelineProject | None:
    """The project, locked before it changes."""
    return await tx.get(PipelineProject, project_id, lock=True)


async def sites_page(
    tx: Tx, *, gemeentecode: str | None, after: UUID | None, limit: int
) -> Sequence[ReceptionSite]:
    """Sites by id; with a gemeentecode those in it or for its people."""
    query = select(ReceptionSite).order_by(col(ReceptionSite.id)).limit(limit)
    if gemeentecode is not None:
        query = query.where(
            (col(ReceptionSite.gemeentecode) == gemeentecode)
            | col(ReceptionSite.linked_gemeentecodes).bool_op("@>")(
                sa.cast([gemeentecode], sa.ARRAY(sa.String(4)))
            )
        )
    if after is not None:
        query = query.where(col(ReceptionSite.id) > after)
    return await tx.scalars(query)


async def lock_site(tx: Tx, site_id: UUID) -> ReceptionSite | None:
    """The site, locked: it owns its places, counts and distances."""
    return await tx.get(ReceptionSite, site_id, lock=True)


async def capacities_of(tx: Tx, site_ids: Collection[UUID]) -> dict[UUID, list[Capacity]]:
    """The places of these sites by day."""
    found: dict[UUID, list[Capacity]] = {id_: [] for id_ in site_ids}
    for row in await tx.scalars(select(SiteCapacity).where(col(SiteCapacity.site_id).in_(site_ids))):
        found[row.site_id].append(Capacity(PlacesFor(row.places_for), row.since, row.places))
    return found


async def residents_of(tx: Tx, site_ids: Collection[UUID]) -> dict[UUID, list[Residents]]:
    """The counts of residents of these sites, of the gemeenten that the caller may know."""
    found: dict[UUID, list[Residents]] = {id_: [] for id_ in site_ids}
    for row in await tx.scalars(select(SiteResidents).where(col(SiteResidents.site_id).in_(site_ids))):
        found[row.site_id].append(Residents(row.gemeentecode, row.counted_on, row.persons))
    return found


async def distances_of(tx: Tx, site_ids: Collection[UUID]) -> dict[UUID, list[SiteDistance]]:
    """How far these sites are from gemeenten, by gemeentecode."""
    found: dict[UUID, list[SiteDistance]] = {id_: [] for id_ in site_ids}
    rows = await tx.scalars(
        select(SiteDistance)
        .where(col(SiteDistance.site_id).in_(site_ids))
        .order_by(col(SiteDistance.gemeentecode))
    )
    for row in rows:
        found[row.site_id].append(row)
    return found


async def subsidy_terms(tx: Tx) -> list[large_families.SubsidyTerms]:
    """The terms of the scheme by date: what the platform begins with, replaced by a recorded row of that day."""
    found = {terms.since: terms for terms in large_families.SEED}
    for row in await tx.scalars(select(SubsidyTermsRow)):
        found[row.since] = large_families.SubsidyTerms(
            row.since,
            frozenset(large_families.CostKind(kind) for kind in row.kinds),
            row.least_persons,
            tuple((one["fromPersons"], one["cents"]) for one in row.ceilings),
            row.source,
        )
    return [found[since] for since in sorted(found)]


async def applications_page(
    tx: Tx, *, gemeentecode: str | None, after: UUID | None, limit: int
) -> Sequence[SubsidyApplication]:
    """Applications by id."""
    query = select(SubsidyApplication).order_by(col(SubsidyApplication.id)).limit(limit)
    if gemeentecode is not None:
        query = query.where(col(SubsidyApplication.gemeentecode) == gemeentecode)
    if after is not None:
        query = query.where(col(SubsidyApplication.id) > after)
    return await tx.scalars(query)


async def lock_application(tx: Tx, application_id: UUID) -> SubsidyApplication | None:
    """The application, locked before it changes."""
    return await tx.get(SubsidyApplication, application_id, lock=True)
