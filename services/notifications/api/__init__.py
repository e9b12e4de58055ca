# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 1, HTTP: parse, authorise, act, answer."""

from chassis.web import Router
from services.notifications.api import deadlines, deliveries, signals

__all__ = ["router"]

router = Router()
router.include_router(deadlines.router)
router.include_router(signals.router)
router.include_router(deliveries.router)
