# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which lessons there are, which roll calls are missing, and how full the groups are."""

from collections import defaultdict
from datetime import timedelta

from starlette.responses import Response

from portal.dates import parse_day
from portal.gateway import Json
from portal.visit import Visit

__all__ = ["groups", "lessons_of_day", "missing"]

LESSONS = "/learning-routes/v1/lessons"
DAY_PARTS = ("morning", "afternoon", "evening")


async def lessons_of_day(visit: Visit) -> Response:
    """The lessons of one day; today unless another was asked."""
    asked = visit.query("dag")
    day = parse_day(asked) or visit.today
    lessons = await visit.gateway.items(LESSONS, **{"from": day.isoformat(), "until": day.isoformat()})
    groups = {group["id"]: group for group in await visit.gateway.items("/learning-routes/v1/groups")}
    lessons.sort(key=lambda lesson: (lesson["startsAt"], lesson["id"]))
    return visit.render(
        "school/lessons.html",
        day=day,
        not_a_day=asked is not None and parse_day(asked) is None,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        lessons=lessons,
        groups=groups,
    )


async def missing(visit: Visit) -> Response:
    """Lessons that were held and whose roll call is not complete, oldest first."""
    entries = await visit.gateway.items("/learning-routes/v1/missing-registrations")
    groups = {group["id"]: group for group in await visit.gateway.items("/learning-routes/v1/groups")}
    by_lesson: dict[str, list[Json]] = defaultdict(list)
    for entry in entries:
        by_lesson[entry["lessonId"]].append(entry)
    lessons = [
        {**group[0], "missing": sum(int(entry.get("missing") or 1) for entry in group)} for group in by_lesson.values()
    ]
    lessons.sort(key=lambda lesson: (lesson["date"], DAY_PARTS.index(lesson["dayPart"])))
    return visit.render("school/missing.html", lessons=lessons, groups=groups)


async def groups(visit: Visit) -> Response:
    """Every group with its chairs taken and how alike the levels are."""
    found = await visit.gateway.items("/learning-routes/v1/groups")
    found.sort(key=lambda group: (group["leerroute"], group["level"], group["id"]))
    return visit.render("school/groups.html", groups=found)
