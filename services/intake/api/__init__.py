# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 1 of intake, HTTP.

`persons` one person; `work` lists and caseloads; `pips` the decision; `retention` how a duty ends and
what goes then.
"""

from chassis.web import Router
from services.intake.api import persons, pips, retention, work

__all__ = ["router"]

router = Router()
# First the fixed names (`_read`, `_search`), then the paths with an id in their place.
router.add(work.router)
router.add(persons.router)
router.add(pips.router)
router.add(retention.router)
