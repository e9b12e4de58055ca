# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 1, HTTP: parse, authorise, act, answer."""

from chassis.web import Router
from services.learning_routes.api import (
    attendance,
    batch_jobs,
    batches,
    contracts,
    groups,
    ledger,
    lessons,
    locations,
    placements,
    providers,
    speeds,
    weeks,
)

router = Router()
for part in (
    providers,
    contracts,
    placements,
    groups,
    lessons,
    locations,
    attendance,
    batches,
    batch_jobs,
    ledger,
    speeds,
    weeks,
):
    router.add(part.router)

__all__ = ["router"]
