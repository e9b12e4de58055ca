# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The words of the law as the API serves them: the closed list, each with its meaning and source."""

from dataclasses import dataclass

__all__ = ["TERMS", "Term"]


@dataclass(frozen=True, slots=True)
class Term:
    """One word, for people."""

    word: str
    meaning: str  # Dutch
    source: str  # where it is defined, or how others name it


TERMS: tuple[Term, ...] = (
    Term(
        "beschikking", "Schriftelijk besluit van de gemeente waartegen bezwaar mogelijk is.", "Awb art. 1:3"
    ),
    Term(
        "brede intake",
        "Gesprekken en toets waarmee de gemeente bepaalt wat iemand kan en nodig heeft.",
        "Wi2021 art. 14",
    ),
    Term("consulent", "Medewerker van de gemeente die een inburgeraar begeleidt.", "gemeentelijke praktijk"),
    Term(
        "eindgesprek",
        "Gesprek waarmee de Z-route of de MAP wordt afgesloten.",
        "Besluit inburgering 2021 art. 3.2 en 3.14",
    ),
    Term(
        "ELIP",
        "Eindelijk inburgeraars onder de vorige wet: mensen die onder de Wi2013 vallen en extra hulp krijgen.",
        "bestuurlijke afspraken; hier zoals gemeenten het gebruiken",
    ),
    Term(
        "gemeente",
        "De verantwoordelijke of uitvoerende gemeente; in codes 'gemeentecode', vier cijfers zoals DUO die schrijft.",
        "CBS-gemeentecode",
    ),
    Term("gemeentefonds", "Algemene uitkering van het Rijk aan gemeenten.", "Financiële-verhoudingswet"),
    Term(
        "gezinsmigrant",
        "Inburgeringsplichtige die voor gezinshereniging of gezinsvorming kwam.",
        "Wi2021 art. 1; GGM: Gezinsmigrant en Overige migrant",
    ),
    Term("inburgeraar", "Persoon die inburgeringsplichtig is.", "Wi2021 art. 3; GGM: Inburgeraar"),
    Term(
        "interventieladder",
        "Oplopende maatregelen van de toezichthouder bij een achterstand op de taakstelling.",
        "Huisvestingswet 2014, toezicht",
    ),
    Term("klantmanager", "Medewerker van de gemeente voor werk en inkomen.", "Participatiewet"),
    Term("KNM", "Kennis van de Nederlandse maatschappij, onderdeel van het examen.", "Wi2021 art. 6"),
    Term("leerbaarheidstoets", "Toets die voorspelt welk taalniveau haalbaar is.", "Wi2021 art. 14"),
    Term(
        "leerroute",
        "De weg naar het taaldoel: B1-route, onderwijsroute of Z-route; in codes b1, onderwijsroute, z.",
        "Wi2021 art. 6 tot en met 8",
    ),
    Term(
        "maatschappelijke begeleiding",
        "Hulp bij het regelen van het dagelijks leven voor statushouders.",
        "Wi2021 art. 13",
    ),
    Term("MAP", "Module arbeidsmarkt en participatie.", "Wi2021 art. 6"),
    Term("nareis", "Gezinshereniging bij een statushouder.", "Vreemdelingenwet 2000 art. 29"),
    Term("onderwijsroute", "Leerroute die voorbereidt op een Nederlandse opleiding.", "Wi2021 art. 7"),
    Term(
        "ondertussengroep", "Mensen die tussen twee wetten of regelingen in vallen.", "gemeentelijke praktijk"
    ),
    Term(
        "ontzorgen",
        "De gemeente betaalt de eerste zes maanden vaste lasten uit de bijstand.",
        "Participatiewet art. 56a",
    ),
    Term("peildatum", "De dag waarop een cijfer geldt.", "statistiek"),
    Term(
        "PIP",
        "Persoonlijk plan inburgering en participatie: de beschikking met leerroute en uren.",
        "Wi2021 art. 15",
    ),
    Term("PVT", "Participatieverklaringstraject.", "Wi2021 art. 6"),
    Term(
        "SiSa",
        "Verantwoording door gemeenten van specifieke uitkeringen: single information, single audit.",
        "Financiële-verhoudingswet art. 17a",
    ),
    Term(
        "SPUK", "Specifieke uitkering voor inburgeringsvoorzieningen.", "Financiële-verhoudingswet art. 15a"
    ),
    Term("spoedzoeker", "Persoon die met voorrang een woning zoekt.", "huisvestingsverordening"),
    Term("startgroep", "Groepsprogramma na het PIP.", "beleid Leiden"),
    Term("startklas", "Groepsprogramma waarmee iemand begint.", "beleid Leidschendam-Voorburg"),
    Term("statushouder", "Persoon met een verblijfsvergunning asiel.", "GGM: Asielstatushouder"),
    Term(
        "taakstelling",
        "Het aantal statushouders dat een gemeente per half jaar huisvest.",
        "Huisvestingswet 2014 art. 28 en 29",
    ),
    Term("taalschool", "Aanbieder van taallessen aan inburgeraars.", "Wi2021; DUO: cursusinstelling"),
    Term(
        "uitruil",
        "Gemeenten ruilen een statushouder of een plaats in de taakstelling.",
        "Huisvestingswet 2014",
    ),
    Term(
        "verwijtbaarheid",
        "De mate waarin iemand een overtreding kan worden aangerekend.",
        "Awb art. 5:41; Wi2021 hoofdstuk 6",
    ),
    Term("woningcorporatie", "Toegelaten instelling die sociale huurwoningen verhuurt.", "Woningwet art. 19"),
    Term("Z-route", "Zelfredzaamheidsroute, voor wie B1 of A2 niet haalbaar is.", "Wi2021 art. 8"),
)
