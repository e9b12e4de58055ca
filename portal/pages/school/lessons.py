# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which lessons there are, which roll calls are missing, and how full the groups are."""

from datetime import timedelta

from starlette.responses import Response

from portal.dates import parse_day
from portal.gateway import Fault, Json
from portal.visit import Visit

__all__ = ["groups", "lessons_of_day", "missing"]

LESSONS = "/learning-routes/v1/lessons"
MISSING = "/learning-routes/v1/missing-registrations"


async def lessons_of_day(visit: Visit) -> Response:
    """The lessons of one day; today unless another was asked."""
    asked = visit.query("dag")
    day = parse_day(asked) or visit.today
    span = {"from": day.isoformat(), "until": day.isoformat()}
    lessons, groups, gaps = await visit.gateway.all_of(
        visit.gateway.items(LESSONS, **span),
        visit.gateway.items("/learning-routes/v1/groups"),
        visit.gateway.items(MISSING, **span) if day < visit.today else _none(),
    )
    for answer in (lessons, groups, gaps):
        if isinstance(answer, Fault):
            raise answer
    lessons.sort(key=lambda lesson: (lesson["startsAt"], lesson["id"]))
    return visit.render(
        "school/lessons.html",
        day=day,
        not_a_day=asked is not None and parse_day(asked) is None,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        lessons=lessons,
        groups={group["id"]: group for group in groups},
        gaps={gap["lessonId"]: gap for gap in gaps},
    )


async def missing(visit: Visit) -> Response:
    """Lessons that were held and whose roll call is not complete, oldest first."""
    return visit.render("school/missing.html", lessons=await visit.gateway.items(MISSING))


async def groups(visit: Visit) -> Response:
    """Every group with its days, its chairs taken and how alike the levels are."""
    # A service of the release before knows of no days.
    unknown: Json = {"startsOn": None, "endsOn": None, "chairs": None}
    found = [{**unknown, **one} for one in await visit.gateway.items("/learning-routes/v1/groups")]
    found.sort(key=lambda group: (group["leerroute"], group["level"], group["name"] or "", group["id"]))
    return visit.render("school/groups.html", groups=found)


async def _none() -> list[Json]:
    return []
