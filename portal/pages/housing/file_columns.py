# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The columns of the files of housing as the pages explain them; `docs/housing-files.md` is the full list."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["DWELLINGS", "DWELLINGS_EXAMPLE", "HOUSEHOLDS", "HOUSEHOLDS_EXAMPLE", "FileColumn"]


@dataclass(frozen=True, slots=True)
class FileColumn:
    """One column: its Dutch name, its English name, and what stands in it."""

    name: str
    english: str
    what: str
    required: bool = False


HOUSEHOLDS: Sequence[FileColumn] = (
    FileColumn(
        "kenmerk", "reference", "Het nummer van het huishouden in TVS. Nooit een naam of BSN.", required=True
    ),
    FileColumn("koppeldatum", "linkedOn", "De dag van de koppeling: 2024-11-05 of 5-11-2024.", required=True),
    FileColumn("volwassenen", "adults", "Hoeveel volwassenen.", required=True),
    FileColumn("kinderen", "children", "Hoeveel kinderen. Leeg is geen, of zoals het er al stond."),
    FileColumn("gemeentecode", "gemeentecode", "Vier cijfers. Leeg is de gemeente die u kiest."),
    FileColumn("inburgeraar-ids", "inburgeraarIds", "De nummers van de personen op dit platform."),
    FileColumn("toegankelijk", "needsAccessible", "ja of nee: er is een toegankelijke woning nodig."),
    FileColumn("nareis-personen", "reunionPersons", "Hoeveel mensen later komen."),
    FileColumn("nareis-verwacht", "reunionExpectedOn", "De dag waarop zij worden verwacht."),
    FileColumn("status", "status", "gekoppeld of ontkoppeld."),
    FileColumn("ontkoppeldatum", "unlinkedOn", "De dag van de ontkoppeling, bij status ontkoppeld."),
    FileColumn(
        "reden-ontkoppeling", "unlinkReason", "andere-gemeente, eigen-woning, vertrokken of vergissing."
    ),
)

HOUSEHOLDS_EXAMPLE = (
    "kenmerk;koppeldatum;volwassenen;kinderen;toegankelijk;status;ontkoppeldatum;reden-ontkoppeling\n"
    "TVS-0117;5-11-2024;1;0;nee;gekoppeld;;\n"
    "TVS-0118;28-10-2024;2;5;nee;gekoppeld;;\n"
    "TVS-0092;2-9-2024;1;0;nee;ontkoppeld;4-11-2024;andere-gemeente\n"
)

DWELLINGS: Sequence[FileColumn] = (
    FileColumn(
        "woningnummer", "reference", "Het nummer dat de corporatie aan de woning geeft.", required=True
    ),
    FileColumn("wijk", "quarter", "De wijk waarin de woning staat.", required=True),
    FileColumn("kamers", "rooms", "Aantal kamers. De woonkamer telt mee.", required=True),
    FileColumn("oppervlakte", "sizeM2", "In vierkante meters.", required=True),
    FileColumn("huur", "rent", "Huur per maand in euro, bijvoorbeeld 645,50.", required=True),
    FileColumn(
        "beschikbaar-vanaf", "availableFrom", "De dag waarop de woning leeg is: 5-11-2024.", required=True
    ),
    FileColumn("gemeentecode", "gemeentecode", "Vier cijfers. Nodig bij woningen in meer gemeenten."),
    FileColumn("soort", "kind", "eengezins, studio, gedeeld, flex of doorstroom."),
    FileColumn("min-personen", "minPersons", "Voor ten minste zoveel personen. Leeg is 1."),
    FileColumn(
        "max-personen", "maxPersons", "Voor ten hoogste zoveel personen. Leeg is twee per slaapkamer."
    ),
    FileColumn("toegankelijk", "accessible", "ja of nee."),
    FileColumn(
        "verblijf-maanden",
        "maxStayMonths",
        "Hoeveel maanden iemand mag blijven. 0 is voor altijd. Nodig bij flex.",
    ),
    FileColumn(
        "deelplaatsen", "shareSlots", "Hoeveel alleenstaanden de woning kunnen delen. Nodig bij gedeeld."
    ),
)

DWELLINGS_EXAMPLE = (
    "woningnummer;wijk;kamers;oppervlakte;huur;beschikbaar-vanaf;soort;max-personen\n"
    "W-701;Essesteijn;4;84;756,50;18-11-2024;eengezins;6\n"
    "W-702;Bovenveen;1;29;462;1-12-2024;studio;1\n"
)
