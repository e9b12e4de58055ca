# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The account of the taakstelling on 1 November 2024, as the audit prints it, and what was done about it.

The figures of each year are those of tables 3.2 to 3.5, their slips included: the platform finds these.
Ladder steps, sites and projects are of sections 3.1 to 3.5; days that the audit does not give are made up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from demo.parties import LEIDEN, LEIDSCHENDAM_VOORBURG, OEGSTGEEST, VOORSCHOTEN, WASSENAAR

__all__ = [
    "ENTERED_BY",
    "HISTORY",
    "LADDER",
    "LETTERS",
    "NATIONAL",
    "PLANS",
    "PROJECTS",
    "SITES",
    "SUPPLY",
    "ActionPlan",
    "Site",
    "history_body",
    "inhabitants_body",
]

_LV, _VO, _WA, _OE = LEIDSCHENDAM_VOORBURG, VOORSCHOTEN, WASSENAAR, OEGSTGEEST
_REPORT = "Rapport van de rekenkamers (2025)"

ENTERED_BY = {
    _LV: "consulent-lv",
    _VO: "policy-voorschoten",
    _WA: "policy-wassenaar",
    _OE: "policy-oegstgeest",
}
"""Who of each gemeente enters its housing."""

# Year: stand on 1 January, taakstelling, total, housed. The last row runs to the end of October.
HISTORY: dict[str, tuple[tuple[int, int, int, int, int], ...]] = {
    _LV: (
        (2019, 22, 52, 74, 84),
        (2020, -10, 52, 42, 37),
        (2021, 5, 107, 113, 89),
        (2022, 23, 103, 126, 131),
        (2023, 7, 169, 176, 88),
        (2024, 88, 156, 244, 68),
    ),
    _VO: (
        (2019, 15, 18, 33, 22),
        (2020, 11, 18, 29, 25),
        (2021, 0, 36, 36, 38),
        (2022, -2, 35, 33, 33),
        (2023, 0, 57, 57, 25),
        (2024, 32, 52, 84, 44),
    ),
    _WA: (
        (2019, 11, 18, 29, 35),
        (2020, -6, 19, 13, 20),
        (2021, -3, 38, 35, 36),
        (2022, -1, 37, 36, 47),
        (2023, -11, 60, 49, 52),
        (2024, -3, 55, 52, 18),
    ),
    _OE: (
        (2019, 9, 18, 27, 35),
        (2020, -8, 17, 9, 21),
        (2021, -12, 36, 24, 24),
        (2022, 0, 35, 35, 39),
        (2023, -4, 57, 53, 37),
        (2024, 16, 52, 68, 38),
    ),
}

_TABLE = {_LV: "3.2", _VO: "3.3", _WA: "3.4", _OE: "3.5"}


def history_body(code: str) -> dict[str, Any]:
    """Of PUT /housing/v1/accounts/{gemeentecode}/history."""
    rows: list[dict[str, Any]] = [
        {"year": year, "opening": opening, "target": target, "total": total, "realised": realised}
        for year, opening, target, total, realised in HISTORY[code]
    ]
    rows[-1]["through"] = "2024-10-31"
    return {"source": f"{_REPORT}, tabel {_TABLE[code]}", "rows": rows}


NATIONAL: tuple[dict[str, Any], ...] = (
    {"persons": 17_700, "publishedOn": "2024-09-30"},
    {
        "persons": 15_000,
        "publishedOn": "2024-11-01",
        "reason": f"Bijgesteld door het kabinet ({_REPORT}, 3.2)",
    },
)
"""The national number of the first half of 2025, and its revision."""


def inhabitants_body() -> dict[str, Any]:
    """Of PUT /housing/v1/inhabitants/2024; rounded, and of the gemeenten of the demo alone."""
    counted = ((_LV, 78_000), (_VO, 25_700), (_WA, 27_100), (_OE, 26_200), (LEIDEN, 130_000))
    return {
        "country": 17_943_000,
        "gemeenten": [{"gemeentecode": code, "inhabitants": number} for code, number in counted],
        "source": "CBS, inwoners op 1 januari 2024, voor de demo afgerond",
    }


LADDER: tuple[dict[str, Any], ...] = (
    {
        "gemeentecode": _LV,
        "step": "2b",
        "since": "2024-07-01",
        "dueOn": "2025-01-01",
        "reason": "Ambtelijk gesprek gevoerd",
    },
    {
        "gemeentecode": _LV,
        "step": "3",
        "since": "2025-01-01",
        "reason": "Aangekondigd: een plan van aanpak, vast te stellen door het college",
    },
    {
        "gemeentecode": _VO,
        "step": "3",
        "since": "2024-07-01",
        "dueOn": "2025-01-01",
        "reason": "Ambtelijk en bestuurlijk gesprek gevoerd; plan van aanpak bestuurlijk vastgelegd",
    },
    {
        "gemeentecode": _VO,
        "step": "4",
        "since": "2025-01-01",
        "reason": "Aangekondigd: vooraankondiging van een interventie, met nog een kans",
    },
    {
        "gemeentecode": _OE,
        "step": "4",
        "since": "2024-07-01",
        "dueOn": "2025-01-01",
        "reason": "Ambtelijk en bestuurlijk overleg gevoerd; vooraankondiging ontvangen",
    },
    {
        "gemeentecode": _WA,
        "step": "2a",
        "since": "2025-01-01",
        "reason": "Aangekondigd: een ambtelijk plan om de achterstand in te halen",
    },
)

LETTERS: tuple[dict[str, Any], ...] = tuple(
    {
        "gemeentecode": code,
        "kind": "quarterly",
        "reference": f"PZH-2024-3-{code}",
        "sentOn": "2024-10-15",
        "quarter": "2024-3",
        "answerDueOn": "2024-11-29",
    }
    for code in (_LV, _VO, _WA, _OE)
)


@dataclass(frozen=True, slots=True)
class ActionPlan:
    """A plan of action, how far it is, and its measures."""

    gemeentecode: str
    title: str
    drawn_up_on: date
    statuses: tuple[tuple[str, date], ...]
    measures: tuple[dict[str, Any], ...]


def _measure(kind: str, title: str, owner: str, expected: int, by: str, percent: int = 100) -> dict[str, Any]:
    return {
        "kind": kind,
        "title": title,
        "owner": owner,
        "expected": expected,
        "expectedBy": by,
        "probabilityPercent": percent,
    }


PLANS: tuple[ActionPlan, ...] = (
    ActionPlan(
        _LV,
        "Plan van aanpak huisvesting statushouders",
        date(2024, 10, 28),
        (),
        (_measure("sharing", "Woningdelen uitbreiden", "Wonen", 12, "2025-06-30", 70),),
    ),
    ActionPlan(
        _VO,
        "Plan van aanpak taakstelling",
        date(2024, 5, 13),
        (("adopted", date(2024, 6, 11)), ("sent", date(2024, 6, 14))),
        (
            _measure("exchange", "Omkoppelen en uitruil in de regio", "Wonen", 9, "2025-06-30", 60),
            _measure(
                "performance-agreement",
                "Ook alleenstaanden in een eengezinswoning",
                "Wonen",
                8,
                "2025-06-30",
                40,
            ),
            _measure("flex", "Flexwoningen op vijf locaties", "Ruimte", 20, "2027-12-31", 25),
        ),
    ),
    ActionPlan(
        _OE,
        "Plan van aanpak huisvesting",
        date(2024, 3, 18),
        (("adopted", date(2024, 4, 9)), ("sent", date(2024, 4, 12))),
        (
            _measure("new-build", "Afspraken bij twee nieuwbouwprojecten", "Wonen", 14, "2026-06-30", 60),
            _measure("conversion", "Gebouwen ombouwen", "Vastgoed", 10, "2026-12-31", 40),
        ),
    ),
)


def _project(
    code: str, name: str, kind: str, stage: str, numbers: tuple[int, int, int, int], ready_on: str
) -> dict[str, Any]:
    dwellings, social, places, percent = numbers
    return {
        "gemeentecode": code,
        "name": name,
        "kind": kind,
        "stage": stage,
        "dwellings": dwellings,
        "socialPercent": social,
        "places": places,
        "probabilityPercent": percent,
        "readyOn": ready_on,
        "source": f"{_REPORT}, 3.4; aantallen en dagen van de demo",
    }


PROJECTS: tuple[dict[str, Any], ...] = (
    _project(_OE, "Nieuwbouw I", "new-build", "permit", (60, 30, 9, 70), "2026-03-31"),
    _project(_OE, "Nieuwbouw II", "new-build", "drawings", (45, 30, 6, 50), "2026-09-30"),
    _project(_OE, "Ombouw van een leegstaand pand", "conversion", "talks", (20, 100, 10, 40), "2026-12-31"),
    *(
        _project(_VO, f"Flexwoningen locatie {place}", "flex", "talks", (12, 100, 6, 25), "2027-12-31")
        for place in range(1, 6)
    ),
    _project(
        _LV, "750 extra sociale huurwoningen", "new-build", "drawings", (750, 100, 90, 50), "2030-12-31"
    ),
)

_MADE_UP = "Voor de demo verzonnen"

SUPPLY: tuple[tuple[str, int, dict[str, Any]], ...] = (
    (_WA, 2024, {"mutations": 167, "source": f"{_REPORT}, 3.4 (ongeveer 167 per jaar)"}),
    (_LV, 2024, {"mutations": 540, "socialDwellings": 12_400, "dwellings": 37_600, "source": _MADE_UP}),
    (_VO, 2024, {"mutations": 155, "socialDwellings": 3_100, "dwellings": 11_300, "source": _MADE_UP}),
    (_OE, 2024, {"mutations": 130, "socialDwellings": 2_500, "dwellings": 11_200, "source": _MADE_UP}),
)


@dataclass(frozen=True, slots=True)
class Site:
    """A reception site, with who lives there for which gemeente."""

    gemeentecode: str
    body: dict[str, Any]
    residents: tuple[tuple[str, str, int], ...] = ()  # gemeente, day, persons


def _sites() -> Iterator[Site]:
    # Oegstgeest, Leiden, Leiderdorp, Voorschoten, Zoeterwoude, Katwijk, Noordwijk, Teylingen, Wassenaar.
    nine = [_OE, LEIDEN, "0547", _VO, "0638", "0537", "0575", "1525", _WA]
    yield Site(
        _OE,
        {
            "name": "Regionale Opvanglocatie Oegstgeest",
            "kind": "regional",
            "gemeentecode": _OE,
            "linkedGemeentecodes": nine,
            "opensOn": "2021-09-01",
            "closesOn": "2025-11-30",
            "needsRenovation": True,
            "buildingNotedOn": "2024-11-01",
            "buildingNote": "Verouderd pand, toe aan renovatie",
            "capacities": [
                {"placesFor": "statushouders", "since": "2021-09-01", "places": 175},
                {"placesFor": "statushouders", "since": "2024-01-01", "places": 205},
                {"placesFor": "spoedzoekers", "since": "2021-09-01", "places": 80},
            ],
            "source": f"{_REPORT}, 3.4 en 5.4",
        },
        ((_OE, "2024-11-01", 7),),
    )
    yield Site(
        _WA,
        {
            "name": "Azc Duinrell",
            "kind": "azc",
            "gemeentecode": _WA,
            "linkedGemeentecodes": [_WA],
            "opensOn": "2021-10-01",
            "statushoudersPercent": 33,
            "capacities": [{"placesFor": "all", "since": "2021-10-01", "places": 930}],
            "source": f"{_REPORT}, 3.4",
        },
    )


SITES: tuple[Site, ...] = tuple(_sites())
