# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 1, HTTP: parse, authorise, act, answer. One router per subject."""

from chassis.web import Router
from services.housing.api.corporations import router as corporations

router = Router()
for part in (corporations,):
    router.add(part)

__all__ = ["router"]
