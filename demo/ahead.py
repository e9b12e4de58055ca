# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the demo knows of the weeks and years to come: classes and a team announced, forecasts, flex, and a large home.

That there are talks about flex homes in five places, and which subsidy there is, is the audit's (sections 3.4 and 3.5);
numbers and days that it does not give are made up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from demo.arrears import ENTERED_BY
from demo.client import Gateway, Refused
from demo.homes import HOMES
from demo.journal import Journal
from demo.needs import QUARTERS
from demo.parties import LEIDSCHENDAM_VOORBURG, OEGSTGEEST, VOORSCHOTEN, WASSENAAR
from demo.places import place_of
from demo.tasks import Task, Wave

__all__ = ["ANNOUNCED", "APPLICATION", "FLEX", "FORECASTS", "TEAM", "Ahead", "AnnouncedGroup"]

_LV, _VO, _WA, _OE = LEIDSCHENDAM_VOORBURG, VOORSCHOTEN, WASSENAAR, OEGSTGEEST
_VWN = "vwn-team-leader"
_STALE = "stale-version"


@dataclass(frozen=True, slots=True)
class AnnouncedGroup:
    """A class that a school announced and that has not begun."""

    key: str
    name: str
    provider: str  # slug
    leerroute: str
    level: str
    gemeentecode: str
    starts_on: str
    chairs: int
    ends_on: str | None = None
    evening: bool = False


ANNOUNCED: tuple[AnnouncedGroup, ...] = (
    AnnouncedGroup("en-lv-next", "Voorburg A1 winter", "echt-nederlands", "b1", "a1", _LV, "2024-11-25", 12),
    AnnouncedGroup(
        "en-lv-evening",
        "Leidschendam A2 avond",
        "echt-nederlands",
        "b1",
        "a2",
        _LV,
        "2025-01-13",
        10,
        ends_on="2025-07-11",
        evening=True,
    ),
    AnnouncedGroup("en-wa-next", "Wassenaar A1 winter", "echt-nederlands", "b1", "a1", _WA, "2025-01-06", 8),
    AnnouncedGroup(
        "fox-lv-next", "Leidschendam Alfa A winter", "foxtaal", "z", "alfa-a", _LV, "2024-12-02", 9
    ),
    AnnouncedGroup(
        "fox-vo-next", "Voorschoten Alfa B winter", "foxtaal", "z", "alfa-b", _VO, "2025-01-13", 8
    ),
    AnnouncedGroup(
        "dd-oe-next", "Oegstgeest A1 winter", "danner-en-danner", "b1", "a1", _OE, "2024-12-09", 10
    ),
)

TEAM: tuple[tuple[str, str, str, int], ...] = (
    (_LV, "2024-11-04", "2024-12-16", 2),
    (_LV, "2024-12-23", "2024-12-30", 0),  # between Christmas and New Year nobody moves
    (_LV, "2025-01-06", "2025-01-20", 2),
    (_VO, "2024-11-04", "2024-12-16", 1),
    (_WA, "2024-11-04", "2024-12-16", 1),
    (_OE, "2024-11-04", "2024-11-25", 1),
)
"""Moves per week that the team of VluchtelingenWerk can take: gemeente, first and last Monday, moves."""

FLEX: tuple[dict[str, Any], ...] = tuple(
    {
        "gemeentecode": _VO,
        "name": f"Flexwoningen locatie {place}",
        "site": f"Locatie {place} van vijf in Voorschoten",
        "kind": "flex",
        "places": 6,
        "status": status,
        "budgetCents": budget,
        "expectedFrom": "2027-12-31",
        "source": "Rapport van de rekenkamers (2025), 3.4; aantallen en dagen van de demo",
    }
    for place, (status, budget) in enumerate(
        (
            ("planned", 72_000_000),
            ("permit-asked", 81_500_000),
            ("idea", None),
            ("idea", None),
            ("stopped", None),
        ),
        start=1,
    )
)

FORECASTS: tuple[dict[str, Any], ...] = (
    {"gemeentecode": _LV, "title": "Met en zonder woningdelen", "housed": 40, "defaultTarget": 66},
    {"gemeentecode": _VO, "title": "Met en zonder het plan van aanpak", "housed": 26, "defaultTarget": 22},
    {"gemeentecode": _OE, "title": "Met en zonder het plan van aanpak", "housed": 22, "defaultTarget": 22},
)

APPLICATION: dict[str, Any] = {
    "gemeentecode": _LV,
    "title": "Zeskamerwoning in Essesteijn",
    "persons": 9,
    "appliedOn": "2024-10-21",
    "leadMonths": 8,
    "costs": [
        {"kind": "construction", "cents": 2_150_000},
        {"kind": "sound-insulation", "cents": 640_000},
        {"kind": "furnishing", "cents": 380_000},
    ],
}

_DISTANCES = ((_OE, 2, 15), (_VO, 9, 38), (_WA, 11, 45), (_LV, 17, 52))
"""From the regional site in Oegstgeest: gemeente, kilometres, minutes by public transport."""


class Ahead:
    """Makes it through the gateway."""

    def __init__(self, gateway: Gateway, journal: Journal) -> None:
        """Call `gateway`; read ids from `journal`."""
        self._gateway = gateway
        self._journal = journal

    def waves(self) -> Iterator[Wave]:
        """Nobody waits for it. Plans and homes must be there."""
        yield [
            *(
                [Task(f"quarter:{code}:{name}", partial(self._quarter, code, name))]
                for code, name in QUARTERS
            ),
            *(
                [Task(f"team:{code}:{week}", partial(self._team, code, week, last, moves))]
                for code, week, last, moves in TEAM
            ),
            *([Task(f"announced:{one.key}", partial(self._announce, one))] for one in ANNOUNCED),
            *([self._made(f"flex:{one['name']}", one, "flex-projects", one)] for one in FLEX),
            *(
                [
                    self._made(
                        f"forecast:{one['gemeentecode']}",
                        one,
                        "forecasts",
                        {"since": "2025-1", "until": "2026-2", **one},
                    )
                ]
                for one in FORECASTS
            ),
            [self._made("large-home", APPLICATION, "subsidy-applications", APPLICATION)],
            *(
                [Task(f"distance:{code}", partial(self._distance, code, kilometres, minutes))]
                for code, kilometres, minutes in _DISTANCES
            ),
        ]

    def _made(self, name: str, of: dict[str, Any], what: str, body: dict[str, Any]) -> Task:
        return Task(
            name, partial(self._post, ENTERED_BY[of["gemeentecode"]], f"/housing/v1/{what}", body, name)
        )

    async def _post(self, who: str, path: str, body: dict[str, Any], key: str) -> str:
        return str((await self._gateway.post(who, path, body, key=key))["id"])

    async def _quarter(self, code: str, name: str) -> str:
        """Say where a quarter lies; it came with the first home in it."""
        home = next(one for one in HOMES if (one.gemeentecode, one.quarter) == (code, name))
        who = ENTERED_BY[code]
        dwelling = await self._gateway.get(
            who, f"/housing/v1/dwellings/{self._journal.id_of(f'home:{home.key}')}"
        )
        path = f"/housing/v1/quarters/{dwelling['quarterId']}"
        try:
            await self._gateway.patch(who, path, QUARTERS[code, name], version=1)
        except Refused as fault:
            if fault.code != _STALE:  # a loader that was stopped had said it already
                raise
        return str(dwelling["quarterId"])

    async def _team(self, code: str, week: str, last: str, moves: int) -> str:
        path = f"/housing/v1/team-capacities/{code}/{week}"
        await self._gateway.put(_VWN, path, {"moves": moves, "untilWeek": last})
        return ""

    async def _announce(self, one: AnnouncedGroup) -> str:
        place = place_of(one.provider, one.gemeentecode)
        provider_id = self._journal.id_of(f"provider:{one.provider}")
        body = {
            "providerId": provider_id,
            "leerroute": one.leerroute,
            "level": one.level,
            "gemeentecode": one.gemeentecode,
            "name": one.name,
            "evening": one.evening,
            "locationId": None if place is None else self._journal.id_of(f"location:{place.key}"),
            "startsOn": one.starts_on,
            "endsOn": one.ends_on,
            "chairs": one.chairs,
        }
        key = f"announced:{one.key}:{provider_id}"
        return await self._post(f"system-{one.provider}", "/learning-routes/v1/groups", body, key)

    async def _distance(self, code: str, kilometres: int, minutes: int) -> str:
        id_ = self._journal.id_of("site:Regionale Opvanglocatie Oegstgeest")
        path = f"/housing/v1/reception-sites/{id_}/distances/{code}"
        body = {"distanceKm": kilometres, "travelMinutes": minutes}
        await self._gateway.put(ENTERED_BY[OEGSTGEEST], path, body)
        return ""
