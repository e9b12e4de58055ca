# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the households of the demo need of a home, and where its quarters lie. All made up, and no fact about origin.

Rent is bound by the limit above which no rent allowance is paid (2024). Places are in steps of 100 m, roughly
where they are on the map, so that a home near somebody's work is near.
"""

from typing import Any

from demo.parties import LEIDSCHENDAM_VOORBURG, OEGSTGEEST, VOORSCHOTEN, WASSENAAR

__all__ = ["ACCESSIBLE", "FAMILY_IN", "PLACES", "QUARTERS", "RENT_LIMIT", "WORKS_IN", "needs_of"]

RENT_LIMIT = 87_966
"""Cents: rent above it gets no rent allowance in 2024."""

QUARTERS: dict[tuple[str, str], dict[str, Any]] = {
    (WASSENAAR, "Oostdorp"): {"x": 872, "y": 4632, "school": True, "socialDwellings": 620},
    (WASSENAAR, "Kerkehout"): {"x": 848, "y": 4588, "school": False, "socialDwellings": 410},
    (WASSENAAR, "Centrum"): {"x": 866, "y": 4618, "school": True, "socialDwellings": 180},
    (VOORSCHOTEN, "Noord-Hofland"): {"x": 906, "y": 4612, "school": True, "socialDwellings": 720},
    (VOORSCHOTEN, "Vlietwijk"): {"x": 898, "y": 4603, "school": True, "socialDwellings": 540},
    (VOORSCHOTEN, "Adegeest"): {"x": 911, "y": 4622, "school": False, "socialDwellings": 260},
    (OEGSTGEEST, "Haaswijk"): {"x": 931, "y": 4666, "school": True, "socialDwellings": 690},
    (OEGSTGEEST, "Buitenlust"): {"x": 921, "y": 4654, "school": False, "socialDwellings": 240},
    (LEIDSCHENDAM_VOORBURG, "Prinsenhof"): {"x": 876, "y": 4566, "school": True, "socialDwellings": 1480},
    (LEIDSCHENDAM_VOORBURG, "De Heuvel"): {"x": 864, "y": 4564, "school": True, "socialDwellings": 960},
    (LEIDSCHENDAM_VOORBURG, "Bovenveen"): {"x": 852, "y": 4547, "school": False, "socialDwellings": 530},
    (LEIDSCHENDAM_VOORBURG, "Essesteijn"): {"x": 862, "y": 4528, "school": True, "socialDwellings": 880},
    (LEIDSCHENDAM_VOORBURG, "Voorburg Midden"): {"x": 843, "y": 4541, "school": True, "socialDwellings": 610},
}
"""Where each quarter of the demo lies, and whether there is a school."""

PLACES = {
    "wassenaar": (866, 4618),
    "voorschoten": (905, 4608),
    "leiden": (938, 4640),
    "den-haag": (813, 4553),
    "leidschendam": (872, 4565),
}
"""Where people of the demo work."""

WORKS_IN: dict[tuple[str, int], str] = {
    ("WA", 4): "wassenaar",  # the studio lies within cycling distance
    ("WA", 8): "den-haag",
    ("VO", 2): "leiden",
    ("VO", 11): "voorschoten",
    ("VO", 17): "den-haag",
    ("OE", 4): "leiden",
    ("LV", 3): "den-haag",
    ("LV", 9): "leidschendam",
    ("LV", 16): "den-haag",
    ("LV", 27): "leiden",
    ("LV", 46): "den-haag",
}

FAMILY_IN: dict[tuple[str, int], str] = {
    ("WA", 6): VOORSCHOTEN,
    ("VO", 9): WASSENAAR,
    ("VO", 12): VOORSCHOTEN,
    ("OE", 8): VOORSCHOTEN,
    ("LV", 5): LEIDSCHENDAM_VOORBURG,
    ("LV", 22): LEIDSCHENDAM_VOORBURG,
    ("LV", 30): VOORSCHOTEN,
}

ACCESSIBLE = frozenset({("WA", 13), ("VO", 24), ("OE", 3), ("LV", 12), ("LV", 47), ("LV", 66)})
"""Somebody of these uses a wheelchair."""


def needs_of(prefix: str, number: int, *, children: int) -> dict[str, Any]:
    """What a household needs, as fields of POST /housing/v1/households."""
    key = (prefix, number)
    place = PLACES.get(WORKS_IN.get(key, ""))
    return {
        "rentMaxCents": RENT_LIMIT,
        "needsAccessible": key in ACCESSIBLE,
        "asksSchool": children > 0,
        "workX": None if place is None else place[0],
        "workY": None if place is None else place[1],
        "familyGemeentecode": FAMILY_IN.get(key),
    }
