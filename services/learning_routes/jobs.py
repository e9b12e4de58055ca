# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 3, the clock: roll calls that nobody completed."""

from datetime import timedelta

from chassis.service import Context, Job
from services.learning_routes import actions

__all__ = ["MISSING_REGISTRATIONS", "signal_missing_registrations"]

_LESSONS_AT_ONCE = 200


async def signal_missing_registrations(ctx: Context) -> None:
    """Signal the lessons of before today that lack entries, and withdraw what was completed meanwhile."""
    while True:
        async with ctx.begin() as tx:
            if await actions.raise_missing(tx, limit=_LESSONS_AT_ONCE) < _LESSONS_AT_ONCE:
                break
    async with ctx.begin() as tx:
        await actions.withdraw_completed(tx)


MISSING_REGISTRATIONS = Job("missing-registrations", timedelta(minutes=1), signal_missing_registrations)
