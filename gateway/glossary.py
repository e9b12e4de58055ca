# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The law's own Dutch words: what each means, where it stands, and what DUO and the municipal data model call it.

Served at `/docs/glossary`; `docs/glossary.md` is made from it. All other names in code and API are English.
"""

from dataclasses import dataclass

__all__ = ["TERMS", "Term", "markdown"]


@dataclass(frozen=True, slots=True)
class Term:
    """One word, for people; empty where another party has no name for it."""

    word: str
    meaning: str  # Dutch
    source: str  # the article, or whose practice it is
    duo: str = ""  # in DUO's interface for gemeenten
    ggm: str = ""  # object type in the Gemeentelijk Gegevensmodel, domain Inburgering


TERMS: tuple[Term, ...] = (
    Term(
        "beschikking",
        "Schriftelijk besluit van de gemeente waartegen bezwaar mogelijk is.",
        "Awb art. 1:3",
        "",
        "",
    ),
    Term(
        "brede intake",
        "Gesprekken en toets waarmee de gemeente bepaalt wat iemand kan en nodig heeft.",
        "Wi2021 art. 14; Besluit inburgering 2021 art. 5.2",
        "bredeintake",
        "BREDE_INTAKE",
    ),
    Term(
        "consulent",
        "Medewerker van de uitvoerende gemeente die een inburgeraar begeleidt.",
        "gemeentelijke praktijk",
        "contactpersoon",
        "",
    ),
    Term(
        "eindgesprek",
        "Gesprek waarmee de Z-route of de MAP wordt afgesloten; dat van de Z-route voert de gemeente zelf.",
        "Besluit inburgering 2021 art. 3.2 en 3.14 lid 4",
        "datumEindgesprekMap, datumAfrondingZroute",
        "",
    ),
    Term(
        "ELIP",
        "Einde Lening, nog InburgeringsPlichtig: iemand onder de Wi2013 van wie de lening bijna op is.",
        "Besluit inburgering 2021 art. 12.1a",
        "",
        "",
    ),
    Term(
        "gemeente",
        "De gemeente die verantwoordelijk is of uitvoert; in codes gemeentecode, vier cijfers.",
        "Wi2021 art. 1",
        "gemeentecode",
        "GEMEENTE",
    ),
    Term(
        "gemeentefonds",
        "Algemene uitkering van het Rijk aan gemeenten, voor de uitvoeringskosten.",
        "Financiële-verhoudingswet; Wi2021 art. 40",
        "",
        "",
    ),
    Term(
        "gezinsmigrant",
        "Inburgeringsplichtige die voor zijn gezin naar Nederland kwam, met een reguliere vergunning.",
        "Wi2021 art. 19",
        "doelgroep",
        "GEZINSMIGRANT_EN_OVERIGE_MIGRANT_",
    ),
    Term("inburgeraar", "Persoon die inburgeringsplichtig is.", "Wi2021 art. 3", "persoon", "INBURGERAAR"),
    Term(
        "interventieladder",
        "Oplopende stappen van de provincie bij een achterstand op de taakstelling.",
        "beleidsregel van de provincie; Huisvestingswet 2014",
        "",
        "",
    ),
    Term(
        "klantmanager",
        "Medewerker van de gemeente voor werk en inkomen.",
        "gemeentelijke praktijk; Participatiewet",
        "",
        "",
    ),
    Term(
        "KNM",
        "Kennis van de Nederlandse maatschappij: onderdeel van het examen, acht thema's.",
        "Wi2021 art. 7; Besluit inburgering 2021 art. 3.4",
        "onderdeel KNM",
        "EXAMENONDERDEEL",
    ),
    Term(
        "leerbaarheidstoets",
        "Toets in de brede intake die laat zien hoe snel iemand kan leren.",
        "Wi2021 art. 14 lid 3",
        "lbt",
        "BREDE_INTAKE",
    ),
    Term(
        "leerroute",
        "De weg naar het taaldoel; in codes b1, onderwijsroute, z.",
        "Wi2021 art. 7 tot en met 9",
        "leerroute B, O, Z",
        "LEERROUTE",
    ),
    Term(
        "maatschappelijke begeleiding",
        "Praktische hulp en voorlichting voor een statushouder vanaf de inschrijving in de gemeente.",
        "Wi2021 art. 13; Besluit inburgering 2021 art. 5.1",
        "",
        "",
    ),
    Term(
        "MAP",
        "Module arbeidsmarkt en participatie: acht thema's, ten minste 40 uur praktijk en een eindgesprek.",
        "Besluit inburgering 2021 art. 3.2",
        "map",
        "MAP",
    ),
    Term(
        "nareis",
        "Gezinsleden die later naar een statushouder komen.",
        "Vreemdelingenwet 2000 art. 29 lid 2",
        "",
        "",
    ),
    Term(
        "onderwijsroute",
        "Leerroute die voorbereidt op een Nederlandse opleiding.",
        "Wi2021 art. 8",
        "leerroute O",
        "LEERROUTE",
    ),
    Term("ondertussengroep", "Mensen die nog onder de Wi2013 inburgeren.", "Wi2021 art. 54", "", ""),
    Term(
        "ontzorgen",
        "De gemeente betaalt zes maanden lang vaste lasten uit de bijstand van een statushouder.",
        "Participatiewet art. 56a",
        "",
        "",
    ),
    Term(
        "peildatum",
        "De dag waarop een cijfer of een toestand geldt.",
        "statistiek",
        "",
        "DATUMTOT_PEILDATUM_ in BREDE_INTAKE",
    ),
    Term(
        "PIP",
        "Persoonlijk plan inburgering en participatie: de beschikking met leerroute, uren en begeleiding.",
        "Wi2021 art. 15; Besluit inburgering 2021 art. 5.3",
        "PIP, dagtekeningPip",
        "PIP",
    ),
    Term(
        "PVT",
        "Participatieverklaringstraject: ten minste 12 uur, een activiteit en de ondertekening.",
        "Besluit inburgering 2021 art. 3.1",
        "pvt, datumOndertekeningPvt",
        "PVT",
    ),
    Term(
        "SiSa",
        "Verantwoording van specifieke uitkeringen in de jaarrekening: single information, single audit.",
        "Financiële-verhoudingswet art. 17a",
        "",
        "",
    ),
    Term(
        "spoedzoeker",
        "Persoon die met spoed een woning zoekt en geen statushouder hoeft te zijn.",
        "huisvestingsverordening",
        "",
        "",
    ),
    Term("SPUK", "Specifieke uitkering voor de voorzieningen van de inburgering.", "Wi2021 art. 40", "", ""),
    Term("startgroep", "Groepsprogramma na het PIP.", "beleid van Leiden en Oegstgeest", "", ""),
    Term(
        "startklas",
        "Groepsprogramma van zes weken voor het PIP.",
        "beleid van Leidschendam-Voorburg, Voorschoten en Wassenaar",
        "",
        "",
    ),
    Term(
        "statushouder",
        "Inburgeraar met een verblijfsvergunning asiel, of een gezinslid dat bij zo iemand verblijft.",
        "Wi2021 art. 13 lid 1",
        "doelgroep",
        "ASIELSTATUSHOUDER",
    ),
    Term(
        "taakstelling",
        "Het aantal statushouders dat een gemeente in een half jaar huisvest.",
        "Huisvestingswet 2014 art. 28 en 29",
        "",
        "",
    ),
    Term(
        "taalschool",
        "Aanbieder van taallessen aan inburgeraars, met keurmerk of diploma-erkenning.",
        "Wi2021 art. 16 en 32",
        "instelling",
        "INBURGERINGSAANBOD",
    ),
    Term(
        "uitruil",
        "Gemeenten wijzigen samen hun taakstelling; de som blijft gelijk.",
        "Huisvestingswet 2014 art. 29 lid 2",
        "",
        "",
    ),
    Term(
        "verwijtbaarheid",
        "De mate waarin iemand een overtreding kan worden aangerekend.",
        "Besluit inburgering 2021 art. 7.1 lid 4; Awb art. 5:41",
        "verwijtbaar",
        "",
    ),
    Term(
        "woningcorporatie",
        "Toegelaten instelling die sociale huurwoningen verhuurt.",
        "Woningwet art. 19",
        "",
        "",
    ),
    Term(
        "Z-route",
        "Zelfredzaamheidsroute, voor wie de B1-route en de onderwijsroute niet haalbaar zijn.",
        "Wi2021 art. 9; Besluit inburgering 2021 art. 3.14",
        "leerroute Z, zroute",
        "LEERROUTE",
    ),
)


def markdown() -> str:
    """The page for readers of the repository."""
    lines = [
        # REUSE-IgnoreStart
        "<!-- SPDX-FileCopyrightText: Open Inburgering contributors",
        "     SPDX-License-Identifier: EUPL-1.2 -->",
        # REUSE-IgnoreEnd
        "# Glossary",
        "",
        "The law's own Dutch words that code, API and events use as they are; everything else is English.",
        "Made from `gateway/glossary.py`, which the platform serves at `/docs/glossary`.",
        "",
        "| word | meaning | source | DUO | GGM |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| {t.word} | {t.meaning} | {t.source} | {t.duo} | {t.ggm} |" for t in TERMS]
    lines += [
        "",
        "English words with a fixed meaning: attendance (one person at one lesson), placement (a person referred to a",
        "taalschool), group, lesson, day part (morning, afternoon, evening), ledger (hours offered, attended, missed),",
        "signal (facts that ask for a talk; it decides nothing), deadline (a clock with a start and a last day),",
        "mandate (one gemeente acts for another), agreement (one gemeente may see data of another, for a purpose),",
        "lead (the one consulent of a person).",
        "",
        "Gemeenten: Leiden 0546, Leidschendam-Voorburg 1916, Oegstgeest 0579, Voorschoten 0626, Wassenaar 0629.",
    ]
    return "\n".join(lines) + "\n"
