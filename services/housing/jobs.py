# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 3: what the clock asks, and long work that users ask for."""

from datetime import timedelta
from functools import partial
from typing import Any

from chassis.service import BackgroundJob, Context, Job, Service, Work
from contracts.access import Purpose
from services.housing.actions.departures import end_households
from services.housing.actions.imports import JOB_KINDS, process_import
from services.housing.actions.searches import MATCH_PROPOSALS, run_search, settle_searches
from services.housing.actions.stays import open_follow_ups
from services.housing.actions.why_not import WHY_NOT, explain, forget_old_inputs
from services.housing.rules.import_files import Kind

__all__ = [
    "DWELLING_FILES",
    "END_HOUSEHOLDS",
    "EXPLANATIONS",
    "FOLLOW_UPS",
    "FORGET_INPUTS",
    "HOUSEHOLD_FILES",
    "SEARCHES",
    "SETTLE_SEARCHES",
    "follow_up_stays",
]

_HOUSEHOLDS_AT_ONCE = 20
_STAYS_AT_ONCE = 100
_INPUTS_AT_ONCE = 20


async def follow_up_stays(ctx: Context) -> None:
    """Open a task for each temporary stay whose month nine is over (HO-12)."""
    while True:
        async with ctx.begin() as tx:
            if await open_follow_ups(tx, limit=_STAYS_AT_ONCE) < _STAYS_AT_ONCE:
                break


FOLLOW_UPS = Job("follow-up-stays", timedelta(minutes=1), follow_up_stays)


async def _forget_inputs(ctx: Context) -> None:
    """Let go of the inputs of searches whose term is over, and of those that name somebody who is gone."""
    while True:
        async with ctx.begin() as tx:
            if await forget_old_inputs(tx, limit=_INPUTS_AT_ONCE) < _INPUTS_AT_ONCE:
                break


FORGET_INPUTS = Job("forget-search-inputs", timedelta(hours=1), _forget_inputs)


async def _end_households(ctx: Context) -> None:
    """Destroy the households that go with nobody, when their term is over (rule 12.2)."""
    while True:
        async with ctx.begin(operation=_END_OPERATION) as tx:
            if await end_households(tx, limit=_HOUSEHOLDS_AT_ONCE) < _HOUSEHOLDS_AT_ONCE:
                break


_END_OPERATION = Service.operation("endHouseholds", "Huishoudens opschonen", "gegevens-vernietigen")
END_HOUSEHOLDS = Job("end-households", timedelta(hours=1), _end_households)


async def _enter(kind: Kind, ctx: Context, job: BackgroundJob) -> dict[str, Any]:
    names: dict[Kind, tuple[str, str, str]] = {
        "households": ("importHouseholds", "Gekoppelde huishoudens uit TVS inlezen", "huishouden-vastleggen"),
        "dwellings": ("importDwellings", "Woningen van een corporatie inlezen", "woning-aanbieden"),
    }
    operation = Service.operation(*names[kind], Purpose.HOUSING)
    return await process_import(ctx, job, kind, operation=operation)


HOUSEHOLD_FILES = Work(JOB_KINDS["households"], partial(_enter, "households"))
DWELLING_FILES = Work(JOB_KINDS["dwellings"], partial(_enter, "dwellings"))


async def _search(ctx: Context, job: BackgroundJob) -> dict[str, Any]:
    operation = Service.operation("searchMatches", "Naar matches zoeken", "match-zoeken", Purpose.HOUSING)
    return await run_search(ctx, job, operation=operation)


SEARCHES = Work(MATCH_PROPOSALS, _search)


async def _settle(ctx: Context) -> None:
    """End the searches that no worker does any more."""
    async with ctx.begin() as tx:
        await settle_searches(tx)


SETTLE_SEARCHES = Job("settle-searches", timedelta(minutes=1), _settle)


async def _explain(ctx: Context, job: BackgroundJob) -> dict[str, Any]:
    operation = Service.operation("askWhyNot", "Vragen waarom niet", "match-zoeken", Purpose.HOUSING)
    return await explain(ctx, job, operation=operation)


EXPLANATIONS = Work(WHY_NOT, _explain)
