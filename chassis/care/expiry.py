# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The looks at people who were destroyed have a term of their own; then their chain goes whole."""

from datetime import datetime, time, timedelta

from chassis.care.destruction import expire_access_log
from chassis.clock import AMSTERDAM
from chassis.logs import log
from chassis.service import Context, Job, Service
from contracts.retention import Category, term_on

__all__ = ["EXPIRE_LOOKS"]

_CHAINS = 200
_OPERATION = Service.operation("expireLooks", "Inzageregister opschonen", "gegevens-vernietigen")


async def _expire(context: Context) -> None:
    while True:
        async with context.begin(operation=_OPERATION) as tx:
            term = term_on(Category.ACCESS_LOG, "destroyed", tx.today)
            day = tx.today.replace(year=tx.today.year - term.years, day=min(tx.today.day, 28))
            before = datetime.combine(day, time(), AMSTERDAM) - timedelta(days=term.days)
            removed = await expire_access_log(tx, before=before, most=_CHAINS)
        if removed:
            log().info("looks_expired", chains=removed)
        if removed < _CHAINS:
            return


EXPIRE_LOOKS = Job("expire-looks", timedelta(hours=1), _expire)
"""Every service that holds something of people has this job."""
