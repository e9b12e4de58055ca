# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where the taalscholen of the demo teach. Which town has lessons is the audit's; the names are made up."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from demo.parties import LEIDSCHENDAM_VOORBURG, OEGSTGEEST, VOORSCHOTEN, WASSENAAR

__all__ = ["PLACES", "Place", "place_of"]

Offer = Literal["b1", "voorschoten-class", "onderwijsroute", "z", "small-groups"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a taalschool; each school has one in a gemeente."""

    provider: str  # slug
    gemeentecode: str
    name: str
    offers: tuple[Offer, ...]
    entered_by: str  # name of the member that enters it
    central: bool = False
    valid_from: date = date(2022, 1, 1)

    @property
    def key(self) -> str:
        """How the demo calls it."""
        return f"{self.provider}:{self.gemeentecode}"


_LV = "kwaliteitsmedewerker-lv"

PLACES: tuple[Place, ...] = (
    Place("echt-nederlands", LEIDSCHENDAM_VOORBURG, "Leslocatie Voorburg", ("b1",), _LV, central=True),
    # Opened later, since Voorschoten asked for it (section 6.2 of the audit).
    Place(
        "echt-nederlands",
        VOORSCHOTEN,
        "Leslocatie Voorschoten",
        ("voorschoten-class",),
        _LV,
        valid_from=date(2023, 9, 1),
    ),
    Place("echt-nederlands", WASSENAAR, "Leslocatie Wassenaar", ("b1",), _LV),
    Place("foxtaal", LEIDSCHENDAM_VOORBURG, "Foxtaal Leidschendam", ("z", "small-groups"), _LV),
    Place("foxtaal", VOORSCHOTEN, "Foxtaal Voorschoten", ("z",), _LV),
    Place("foxtaal", WASSENAAR, "Foxtaal Wassenaar", ("z",), _LV),
    Place("danner-en-danner", OEGSTGEEST, "Leslocatie Oegstgeest", ("b1", "z"), "consulent-leiden"),
)

_BY_KEY = {place.key: place for place in PLACES}


def place_of(provider: str, gemeentecode: str) -> Place | None:
    """The place of a taalschool in a gemeente, if the demo has one."""
    return _BY_KEY.get(f"{provider}:{gemeentecode}")
