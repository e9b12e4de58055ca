# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 1, HTTP: parse, authorise, act, answer. One router per subject."""

from chassis.web import Router
from services.housing.api.account import router as account
from services.housing.api.corporations import router as corporations
from services.housing.api.dwellings import router as dwellings
from services.housing.api.equity import router as equity
from services.housing.api.exchanges import router as exchanges
from services.housing.api.forecasts import router as forecasts
from services.housing.api.households import router as households
from services.housing.api.imports import router as imports
from services.housing.api.jobs import router as jobs
from services.housing.api.ladder import router as ladder
from services.housing.api.matches import router as matches
from services.housing.api.national import router as national
from services.housing.api.pins import router as pins
from services.housing.api.plans import router as plans
from services.housing.api.policy import router as policy
from services.housing.api.realisations import router as realisations
from services.housing.api.reports import router as reports
from services.housing.api.searches import router as searches
from services.housing.api.sites import router as sites
from services.housing.api.subsidies import router as subsidies
from services.housing.api.supply import router as supply
from services.housing.api.swaps import router as swaps
from services.housing.api.tasks import router as tasks
from services.housing.api.team import router as team
from services.housing.api.weeks_lost import router as weeks_lost
from services.housing.api.why_not import router as why_not

router = Router()
for part in (
    corporations,
    imports,
    jobs,
    dwellings,
    households,
    matches,
    searches,
    why_not,
    pins,
    tasks,
    reports,
    equity,
    team,
    policy,
    exchanges,
    account,
    realisations,
    national,
    swaps,
    ladder,
    plans,
    forecasts,
    sites,
    supply,
    subsidies,
    weeks_lost,
):
    router.add(part)

__all__ = ["router"]
