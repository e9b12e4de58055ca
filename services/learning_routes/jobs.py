# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 3: what the clock asks, and long work that users ask for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from chassis.service import BackgroundJob, Context, Job, Service, Work
from contracts.access import Purpose
from services.learning_routes import actions
from services.learning_routes.actions.attendance_files import ATTENDANCE_FILE, process_file
from services.learning_routes.actions.counting import begin_counting

__all__ = [
    "ATTENDANCE_FILES",
    "MISSING_REGISTRATIONS",
    "counting",
    "enter_attendance_file",
    "signal_missing_registrations",
]

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


async def enter_attendance_file(ctx: Context, job: BackgroundJob) -> dict[str, Any]:
    """Enter a file of the roll call that a taalschool sent."""
    operation = Service.operation(
        "postAttendanceBatch",
        "Aanwezigheid in bulk vastleggen",
        "aanwezigheid-vastleggen",
        Purpose.EDUCATION,
    )
    return await process_file(ctx, job, operation=operation)


@asynccontextmanager
async def counting(_: Context) -> AsyncIterator[None]:
    """As long as the process lives: what it counts is there from the start, at zero."""
    begin_counting()
    yield


ATTENDANCE_FILES = Work(ATTENDANCE_FILE, enter_attendance_file)
