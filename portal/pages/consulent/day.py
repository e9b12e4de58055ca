# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""My day: open signals by urgency, clocks that end soon, and work that nobody leads yet."""

from datetime import date, timedelta

from starlette.responses import Response

from portal.dates import days_until
from portal.gateway import Fault, Json
from portal.pages.consulent.urgency import urgency
from portal.visit import Visit

__all__ = ["show"]

SIGNALS = "/notifications/v1/signals"
DEADLINES = "/notifications/v1/deadlines"
SOON_DAYS = 28
MOST_CLOCKS = 12


async def show(visit: Visit) -> Response:
    """The work of this person and what nobody leads; that of colleagues when asked for.

    Each list is asked by itself, so that no name is looked up that the page does not show.
    """
    everyone = visit.query("van") == "iedereen"
    mine, unled, counts, deadlines, all_open = await visit.gateway.all_of(
        visit.gateway.items(SIGNALS, status="open", mine="true"),
        visit.gateway.items(SIGNALS, status="open", openList="true"),
        visit.gateway.get("/notifications/v1/signal-counts"),
        visit.gateway.get(DEADLINES, status="running", mine="true", pageSize=MOST_CLOCKS),
        visit.gateway.items(SIGNALS, status="open") if everyone else _nothing(),
    )
    for answer in (mine, unled, all_open, counts):
        if isinstance(answer, Fault):
            raise answer
    shown = {signal["id"] for signal in (*mine, *unled)}
    others = [signal for signal in all_open if signal["id"] not in shown]
    clocks = deadlines if isinstance(deadlines, Fault) else _soon(deadlines["items"], visit.today)
    ids = [signal["inburgeraarId"] for signal in (*mine, *unled, *others)]
    if not isinstance(clocks, Fault):
        ids += [clock["inburgeraarId"] for clock in clocks]
    names = await _names(visit, ids)
    for signals in (mine, unled, others):
        signals.sort(key=lambda signal: urgency(signal, visit.today))
    return visit.render(
        "consulent/day.html",
        mine=mine,
        unled=unled,
        others=others,
        of_colleagues=len(others) if everyone else counts["open"] - len(shown),
        everyone=everyone,
        clocks=clocks,
        clocks_away=isinstance(clocks, Fault),
        names=names,
        soon_days=SOON_DAYS,
    )


async def _nothing() -> list[Json]:
    return []


def _soon(deadlines: list[Json], today: date) -> list[Json]:
    """Clocks that end within four weeks or have ended, the first to end on top."""
    until = (today + timedelta(days=SOON_DAYS)).isoformat()
    near = [clock for clock in deadlines if clock["dueOn"] <= until]
    near.sort(key=lambda clock: (clock["dueOn"], clock["id"]))
    return [{**clock, "days": days_until(clock["dueOn"], today)} for clock in near]


async def _names(visit: Visit, ids: list[str | None]) -> dict[str, Json] | Fault:
    """Names by id, or the fault: signals can be shown without names."""
    answer = (await visit.gateway.all_of(visit.gateway.names(one for one in ids if one)))[0]
    return answer if isinstance(answer, Fault) else dict(answer)
