# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 1, HTTP: parse, authorise, act, answer."""

from chassis.web import Router
from services.notifications.api import deadlines, deliveries, signals, webhooks

__all__ = ["router"]

router = Router()
router.add(deadlines.router)
router.add(signals.router)
router.add(deliveries.router)
router.add(webhooks.router)
