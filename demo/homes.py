# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The dwellings that the six corporations of the demo offer, their rules, and the matches under way.

Which corporation works where, and who lets no family home to singles, is the audit's (section 3.4);
each dwelling, number and day is made up.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from demo.parties import LEIDSCHENDAM_VOORBURG, OEGSTGEEST, VOORSCHOTEN, WASSENAAR

__all__ = [
    "AGREEMENTS_TO_DELIVER",
    "CORPORATIONS",
    "HOMES",
    "MATCHES",
    "RULES",
    "SHORT_NAMES",
    "Home",
    "Letting",
    "MatchPlan",
]

_LV, _VO, _WA, _OE = LEIDSCHENDAM_VOORBURG, VOORSCHOTEN, WASSENAAR, OEGSTGEEST

CORPORATIONS: dict[str, tuple[str, ...]] = {
    "wassenaarsche-bouwstichting": (_WA,),
    "willibrordus": (_WA,),
    "rijnhart-wonen": (_OE, _VO),
    "de-sleutels": (_VO,),
    "vidomes": (_LV,),
    "wooninvest": (_LV,),
}
"""Slug of the organisation, and the gemeenten where it offers dwellings to status holders."""

SHORT_NAMES: dict[str, str] = {"wassenaarsche-bouwstichting": "Bouwstichting"}
"""How a corporation with a long name is called in tables."""


@dataclass(frozen=True, slots=True)
class Letting:
    """A rule by which a corporation lets."""

    corporation: str
    kind: str
    valid_from: date
    source: str
    gemeentecode: str | None = None
    value: int | None = None
    valid_until: date | None = None


RULES: tuple[Letting, ...] = (
    Letting(
        "rijnhart-wonen",
        "no-singles-in-family-dwelling",
        date(2022, 1, 1),
        "Toewijzingsbeleid Rijnhart Wonen",
        _VO,
    ),
    # It stopped for a while in Oegstgeest, and lets again.
    Letting(
        "rijnhart-wonen",
        "pause",
        date(2023, 9, 1),
        "Brief Rijnhart Wonen van 30 augustus 2023",
        _OE,
        valid_until=date(2024, 3, 31),
    ),
    Letting("de-sleutels", "no-sharing", date(2022, 1, 1), "Toewijzingsbeleid De Sleutels", _VO),
    # It met its share last year, and argues that it owes fewer dwellings this year.
    Letting("vidomes", "most-per-year", date(2024, 1, 1), "Brief Vidomes van 15 januari 2024", _LV, value=12),
)

AGREEMENTS_TO_DELIVER: tuple[tuple[str, str, str, int], ...] = (
    ("vidomes", _LV, "consulent-lv", 20),
    ("wooninvest", _LV, "consulent-lv", 24),
    ("wassenaarsche-bouwstichting", _WA, "policy-wassenaar", 14),
    ("rijnhart-wonen", _OE, "policy-oegstgeest", 12),
)
"""Performance agreements of 2024: corporation, gemeente, who enters it, dwellings."""


URGENCY: tuple[tuple[str, str, str], ...] = (
    (_WA, "policy-wassenaar", "Huisvestingsverordening Wassenaar"),
    (_LV, "consulent-lv", "Huisvestingsverordening Leidschendam-Voorburg"),
)
"""Gemeenten whose urgency rule names status holders, who enters it, and where it stands; two have none."""


@dataclass(frozen=True, slots=True)
class Home:
    """A dwelling that a corporation offers."""

    key: str
    corporation: str
    gemeentecode: str
    quarter: str
    rooms: int
    size_m2: int
    rent_cents: int
    offered_on: date
    available_from: date
    more: dict[str, Any] = field(default_factory=dict)


_WB = "wassenaarsche-bouwstichting"
_AUTUMN, _LATE = date(2024, 10, 14), date(2024, 11, 4)
_STUDIO = {"kind": "studio"}
_SHARED = {"kind": "shared", "shareSlots": 3, "shareMin": 2}
_ACCESSIBLE = {"accessible": True}

# fmt: off
HOMES: tuple[Home, ...] = (
    # Wassenaar: small family homes come free, and two that were split into rooms.
    Home("WB-101", _WB, _WA, "Oostdorp", 3, 68, 68_450, date(2024, 9, 30), date(2024, 10, 21)),
    Home("WB-102", _WB, _WA, "Kerkehout", 4, 82, 74_210, _AUTUMN, date(2024, 11, 11)),
    Home("WB-103", _WB, _WA, "Oostdorp", 4, 88, 71_000, _AUTUMN, date(2024, 11, 18), _SHARED),
    Home("WB-104", _WB, _WA, "Kerkehout", 4, 92, 73_300, _LATE, date(2025, 1, 13), _SHARED),
    Home("WI-201", "willibrordus", _WA, "Kerkehout", 1, 28, 45_472, date(2024, 9, 30), date(2024, 10, 28), _STUDIO),
    Home("WI-202", "willibrordus", _WA, "Oostdorp", 1, 31, 47_900, _LATE, date(2024, 11, 25), _STUDIO),
    Home("WI-203", "willibrordus", _WA, "Centrum", 3, 61, 69_900, _LATE, date(2024, 12, 2), _ACCESSIBLE),
    # Voorschoten: family homes, and hardly a studio.
    Home("RW-301", "rijnhart-wonen", _VO, "Noord-Hofland", 4, 84, 75_650, _AUTUMN, date(2024, 11, 11)),
    Home("RW-302", "rijnhart-wonen", _VO, "Vlietwijk", 3, 66, 69_310, _AUTUMN, date(2024, 11, 18)),
    Home("RW-303", "rijnhart-wonen", _VO, "Vlietwijk", 4, 80, 73_400, _LATE, date(2024, 12, 2)),
    Home("RW-304", "rijnhart-wonen", _VO, "Adegeest", 3, 64, 68_200, _LATE, date(2024, 12, 2)),
    Home("DS-401", "de-sleutels", _VO, "Noord-Hofland", 1, 30, 46_800, _LATE, date(2024, 11, 18), _STUDIO),
    Home("DS-402", "de-sleutels", _VO, "Adegeest", 2, 44, 58_220, _LATE, date(2024, 11, 25), _ACCESSIBLE),
    # Oegstgeest: little social rent.
    Home("RW-501", "rijnhart-wonen", _OE, "Haaswijk", 4, 86, 77_100, date(2024, 10, 7), date(2024, 11, 4)),
    Home("RW-502", "rijnhart-wonen", _OE, "Buitenlust", 2, 48, 60_150, _LATE, date(2024, 11, 25)),
    # Leidschendam-Voorburg.
    Home("VI-601", "vidomes", _LV, "Prinsenhof", 3, 70, 70_980, _AUTUMN, date(2024, 11, 11)),
    Home("VI-602", "vidomes", _LV, "De Heuvel", 2, 50, 62_330, _AUTUMN, date(2024, 11, 11)),
    Home("VI-603", "vidomes", _LV, "Prinsenhof", 4, 85, 76_600, _LATE, date(2024, 12, 2)),
    Home("VI-604", "vidomes", _LV, "Bovenveen", 1, 29, 46_200, _LATE, date(2024, 11, 25), _STUDIO),
    Home("WO-701", "wooninvest", _LV, "Essesteijn", 3, 72, 69_400, _AUTUMN, date(2024, 11, 18)),
    Home("WO-702", "wooninvest", _LV, "Voorburg Midden", 2, 46, 59_870, _AUTUMN, date(2024, 11, 18), _ACCESSIBLE),
    Home("WO-703", "wooninvest", _LV, "Essesteijn", 6, 124, 87_500, _LATE, date(2025, 1, 6)),
    Home("WO-704", "wooninvest", _LV, "Bovenveen", 4, 90, 72_000, _LATE, date(2024, 12, 2), _SHARED),
    Home("WO-705", "wooninvest", _LV, "De Heuvel", 1, 27, 45_100, _LATE, date(2024, 11, 25), _STUDIO),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class MatchPlan:
    """A match and the days on which it went on; None for what has not happened."""

    household: str
    home: str
    decided_by: str  # name of the member of the gemeente
    reason: str
    proposed_on: date
    approved_on: date | None = None
    accepted_on: date | None = None
    key_on: date | None = None
    rejected_on: date | None = None
    said: str = ""  # the words of the decision
    refusal: str | None = None


MATCHES: tuple[MatchPlan, ...] = (
    # The move of this week.
    MatchPlan(
        "TVS-WA-014",
        "WB-101",
        "policy-wassenaar",
        "Drie personen in drie kamers; de langst wachtende met dit aantal.",
        date(2024, 10, 18),
        approved_on=date(2024, 10, 25),
        accepted_on=date(2024, 11, 1),
        key_on=date(2024, 11, 4),
        said="Past bij de wijk en bij de grootte van het huishouden.",
    ),
    MatchPlan(
        "TVS-OE-010",
        "RW-501",
        "policy-oegstgeest",
        "Gezin van vijf; de woning heeft drie slaapkamers.",
        date(2024, 10, 25),
        approved_on=date(2024, 11, 1),
        said="Akkoord: het gezin wacht al lang en de school is dichtbij.",
    ),
    MatchPlan(
        "TVS-WA-001",
        "WI-201",
        "policy-wassenaar",
        "Alleenstaand; een studio is passend.",
        date(2024, 10, 18),
        rejected_on=date(2024, 10, 25),
        said="In dit portiek wonen al drie statushouders; wij zoeken een andere wijk.",
        refusal="spread",
    ),
    # These wait for the gemeente.
    MatchPlan(
        "TVS-VO-023",
        "RW-302",
        "policy-voorschoten",
        "Twee personen in drie kamers; de regel voor alleenstaanden geldt hier niet.",
        date(2024, 11, 4),
    ),
    MatchPlan(
        "TVS-VO-025",
        "RW-301",
        "policy-voorschoten",
        "Gezin van vier, en een eengezinswoning met drie slaapkamers.",
        date(2024, 11, 4),
    ),
    MatchPlan(
        "TVS-WA-004",
        "WI-201",
        "policy-wassenaar",
        "Alleenstaand en werkt in Wassenaar; de studio ligt op fietsafstand.",
        date(2024, 11, 4),
    ),
    MatchPlan(
        "TVS-LV-045",
        "VI-602",
        "consulent-lv",
        "Twee personen in twee kamers.",
        date(2024, 11, 4),
    ),
    MatchPlan(
        "TVS-LV-055",
        "VI-601",
        "consulent-lv",
        "Gezin van vier; de langst wachtende met dit aantal.",
        date(2024, 11, 4),
    ),
)
