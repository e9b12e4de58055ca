# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 1, HTTP: parse, authorise, act, answer. One router per subject."""

from chassis.web import Router
from services.housing.api.account import router as account
from services.housing.api.corporations import router as corporations
from services.housing.api.dwellings import router as dwellings
from services.housing.api.households import router as households
from services.housing.api.matches import router as matches
from services.housing.api.national import router as national

router = Router()
for part in (corporations, dwellings, households, matches, account, national):
    router.add(part)

__all__ = ["router"]
