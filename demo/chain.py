# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The parties of the chain and what they agreed, as the audit found them at the end of 2024.

Facts of the audit are facts here too: who acts for whom, which taalschool teaches which leerroute,
which limits its contract has, what may be shared. Names of people are made up.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from contracts.access import OrganisationKind, Purpose, Role

__all__ = [
    "AGREEMENTS",
    "CONTRACTS",
    "GEMEENTEN",
    "LEIDEN",
    "LEIDSCHENDAM_VOORBURG",
    "MANDATES",
    "MEMBERS",
    "OEGSTGEEST",
    "ORGANISATIONS",
    "POLICIES",
    "PROVIDERS",
    "VOORSCHOTEN",
    "WASSENAAR",
    "Agreement",
    "Contract",
    "Mandate",
    "Member",
    "Organisation",
    "Provider",
    "member_id",
    "organisation_id",
]

LEIDEN = "0546"
OEGSTGEEST = "0579"
VOORSCHOTEN = "0626"
WASSENAAR = "0629"
LEIDSCHENDAM_VOORBURG = "1916"

GEMEENTEN = {
    LEIDEN: "gemeente-leiden",
    LEIDSCHENDAM_VOORBURG: "gemeente-leidschendam-voorburg",
    OEGSTGEEST: "gemeente-oegstgeest",
    VOORSCHOTEN: "gemeente-voorschoten",
    WASSENAAR: "gemeente-wassenaar",
}

_ACT_IN_FORCE = date(2022, 1, 1)  # the Wet inburgering 2021, and with it the work that is shared


def organisation_id(slug: str) -> UUID:
    """The id of an organisation of the demo, the same in every demo."""
    return uuid5(NAMESPACE_URL, f"https://open-inburgering.example/organisations/{slug}")


def member_id(name: str) -> UUID:
    """The id of a person or a client of the demo, the same in every demo."""
    return uuid5(NAMESPACE_URL, f"https://open-inburgering.example/members/{name}")


@dataclass(frozen=True, slots=True)
class Organisation:
    """A party of the chain. It may be more than one thing at a time."""

    slug: str
    name: str
    kinds: tuple[OrganisationKind, ...]
    gemeentecode: str | None = None  # of a gemeente: its own
    serves: tuple[str, ...] = ()  # of any other party: the gemeenten it works for


ORGANISATIONS: tuple[Organisation, ...] = (
    Organisation("gemeente-leiden", "Gemeente Leiden", (OrganisationKind.GEMEENTE,), LEIDEN),
    Organisation(
        "gemeente-leidschendam-voorburg",
        "Gemeente Leidschendam-Voorburg",
        (OrganisationKind.GEMEENTE,),
        LEIDSCHENDAM_VOORBURG,
    ),
    Organisation("gemeente-oegstgeest", "Gemeente Oegstgeest", (OrganisationKind.GEMEENTE,), OEGSTGEEST),
    Organisation("gemeente-voorschoten", "Gemeente Voorschoten", (OrganisationKind.GEMEENTE,), VOORSCHOTEN),
    Organisation("gemeente-wassenaar", "Gemeente Wassenaar", (OrganisationKind.GEMEENTE,), WASSENAAR),
    Organisation(
        "echt-nederlands",
        "Echt Nederlands",
        (OrganisationKind.TAALSCHOOL,),
        serves=(LEIDSCHENDAM_VOORBURG, VOORSCHOTEN, WASSENAAR),
    ),
    Organisation(
        "foxtaal",
        "Foxtaal",
        (OrganisationKind.TAALSCHOOL,),
        serves=(LEIDSCHENDAM_VOORBURG, VOORSCHOTEN, WASSENAAR),
    ),
    Organisation(
        "roc-mondriaan", "ROC Mondriaan", (OrganisationKind.TAALSCHOOL,), serves=tuple(sorted(GEMEENTEN))
    ),
    Organisation(
        "haagse-hogeschool",
        "De Haagse Hogeschool",
        (OrganisationKind.TAALSCHOOL,),
        serves=tuple(sorted(GEMEENTEN)),
    ),
    Organisation(
        "danner-en-danner", "Danner & Danner", (OrganisationKind.TAALSCHOOL,), serves=(LEIDEN, OEGSTGEEST)
    ),
    Organisation("nltraining", "NLtraining", (OrganisationKind.TAALSCHOOL,), serves=(LEIDEN, OEGSTGEEST)),
    Organisation(
        "vluchtelingenwerk",
        "VluchtelingenWerk",
        (OrganisationKind.VLUCHTELINGENWERK, OrganisationKind.TAALSCHOOL),
        serves=tuple(sorted(GEMEENTEN)),
    ),
    Organisation(
        "wassenaarsche-bouwstichting",
        "Wassenaarsche Bouwstichting",
        (OrganisationKind.WONINGCORPORATIE,),
        serves=(WASSENAAR,),
    ),
    Organisation(
        "willibrordus", "St. Willibrordus", (OrganisationKind.WONINGCORPORATIE,), serves=(WASSENAAR,)
    ),
    Organisation(
        "rijnhart-wonen",
        "Rijnhart Wonen",
        (OrganisationKind.WONINGCORPORATIE,),
        serves=(OEGSTGEEST, VOORSCHOTEN),
    ),
    Organisation(
        "de-sleutels", "De Sleutels", (OrganisationKind.WONINGCORPORATIE,), serves=(LEIDEN, VOORSCHOTEN)
    ),
    Organisation("vidomes", "Vidomes", (OrganisationKind.WONINGCORPORATIE,), serves=(LEIDSCHENDAM_VOORBURG,)),
    Organisation(
        "wooninvest", "WoonInvest", (OrganisationKind.WONINGCORPORATIE,), serves=(LEIDSCHENDAM_VOORBURG,)
    ),
    Organisation(
        "provincie-zuid-holland",
        "Provincie Zuid-Holland",
        (OrganisationKind.PROVINCE,),
        serves=tuple(sorted(GEMEENTEN)),
    ),
    Organisation("operations", "Beheer van Open Inburgering", (OrganisationKind.OPERATIONS,)),
)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody, or a system, that signs in to the demo under its own `name`."""

    name: str
    display_name: str
    organisation: str
    roles: tuple[Role, ...]
    kind: Literal["person", "client"] = "person"

    @property
    def id(self) -> UUID:
        """The same in every demo."""
        return member_id(self.name)


_LV = "gemeente-leidschendam-voorburg"

MEMBERS: tuple[Member, ...] = (
    Member("teacher-echt-nederlands", "Marieke van Dalen", "echt-nederlands", (Role.TEACHER,)),
    Member("teacher-foxtaal", "Joost Hendriks", "foxtaal", (Role.TEACHER,)),
    Member(
        "system-echt-nederlands",
        "Leerlingvolgsysteem van Echt Nederlands",
        "echt-nederlands",
        (Role.SCHOOL_SYSTEM,),
        "client",
    ),
    Member("system-foxtaal", "Leerlingvolgsysteem van Foxtaal", "foxtaal", (Role.SCHOOL_SYSTEM,), "client"),
    Member(
        "system-roc-mondriaan",
        "Studentenadministratie van ROC Mondriaan",
        "roc-mondriaan",
        (Role.SCHOOL_SYSTEM,),
        "client",
    ),
    Member(
        "system-danner-en-danner",
        "Leerlingvolgsysteem van Danner & Danner",
        "danner-en-danner",
        (Role.SCHOOL_SYSTEM,),
        "client",
    ),
    Member(
        "system-nltraining",
        "Leerlingvolgsysteem van NLtraining",
        "nltraining",
        (Role.SCHOOL_SYSTEM,),
        "client",
    ),
    Member(
        "system-vluchtelingenwerk",
        "Leerlingvolgsysteem van VluchtelingenWerk",
        "vluchtelingenwerk",
        (Role.SCHOOL_SYSTEM,),
        "client",
    ),
    Member("consulent-lv", "Annelies Brouwer", _LV, (Role.CONSULENT,)),
    Member("consulent-lv-2", "Rachid Amrani", _LV, (Role.CONSULENT,)),
    Member("consulent-lv-3", "Petra Kuipers", _LV, (Role.CONSULENT,)),
    Member("kwaliteitsmedewerker-lv", "Wouter Schouten", _LV, (Role.KWALITEITSMEDEWERKER,)),
    Member("consulent-leiden", "Saskia de Graaf", "gemeente-leiden", (Role.CONSULENT,)),
    Member("klantmanager-oegstgeest", "Hanneke Postma", "gemeente-oegstgeest", (Role.KLANTMANAGER,)),
    Member("policy-oegstgeest", "Bram Verhoeven", "gemeente-oegstgeest", (Role.POLICY_OFFICER,)),
    Member("policy-wassenaar", "Eveline van Rijn", "gemeente-wassenaar", (Role.POLICY_OFFICER,)),
    Member("policy-voorschoten", "Koen Dijkstra", "gemeente-voorschoten", (Role.POLICY_OFFICER,)),
    Member("controller-wassenaar", "Ingrid Blok", "gemeente-wassenaar", (Role.CONTROLLER,)),
    Member("vwn-team-leader", "Jolanda Smit", "vluchtelingenwerk", (Role.VWN_TEAM_LEADER,)),
    Member("vwn-volunteer", "Theo van Leeuwen", "vluchtelingenwerk", (Role.VWN_VOLUNTEER,)),
    Member("corporation-wassenaarsche", "Monique Bakker", "wassenaarsche-bouwstichting", (Role.CORPORATION,)),
    Member("province", "Jeroen Vermeulen", "provincie-zuid-holland", (Role.PROVINCE,)),
    Member("operations", "Beheerder van dienst", "operations", (Role.OPERATIONS,)),
    Member("administrator", "Hoofdbeheerder", "operations", (Role.ADMINISTRATOR,)),
)


@dataclass(frozen=True, slots=True)
class Mandate:
    """One gemeente acts for another; the other stays responsible (Wet inburgering 2021 art. 1)."""

    by: str  # gemeentecode of the one that gives it
    to: str  # gemeentecode of the one that acts
    source: str
    agreed_on: date
    review_on: date | None = None
    tasks: tuple[str, ...] = ("intake", "pip", "education", "guidance", "enforcement")
    valid_from: date = _ACT_IN_FORCE


_W_AND_I = "Samenwerkingsovereenkomst Werk en Inkomen (2011, herijkt in 2017)"

MANDATES: tuple[Mandate, ...] = (
    Mandate(OEGSTGEEST, LEIDEN, "Samenwerkingsovereenkomst Oegstgeest en Leiden (2021)", date(2021, 12, 1)),
    Mandate(VOORSCHOTEN, LEIDSCHENDAM_VOORBURG, _W_AND_I, date(2017, 4, 1)),
    Mandate(WASSENAAR, LEIDSCHENDAM_VOORBURG, _W_AND_I, date(2017, 4, 1)),
)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What one organisation lets another see, of whom and for what."""

    name: str
    provider: str  # slug of the organisation that has the data
    receiver: str  # slug of the one that may see it
    gemeentecodes: tuple[str, ...]
    level: Literal["person", "figures"]
    purposes: tuple[Purpose, ...]
    data_set: str
    tasks: tuple[str, ...] = ()
    agreed_on: date | None = None
    legal_ground: str = "AVG art. 6 lid 1 onder e; Wet inburgering 2021 art. 33 tot en met 37"
    valid_from: date = _ACT_IN_FORCE


AGREEMENTS: tuple[Agreement, ...] = (
    Agreement(
        "Gegevensovereenkomst Leiden en Oegstgeest",
        "gemeente-leiden",
        "gemeente-oegstgeest",
        (OEGSTGEEST,),
        "person",
        (
            Purpose.CASE_WORK,
            Purpose.EDUCATION,
            Purpose.GUIDANCE,
            Purpose.ENFORCEMENT,
            Purpose.FINANCE,
            Purpose.FIGURES,
        ),
        "Dossier, leerroute, aanwezigheid en begeleiding van inwoners van Oegstgeest",
        ("intake", "pip", "education", "guidance", "enforcement", "figures"),
        date(2021, 12, 1),
    ),
    Agreement(
        "Cijferafspraak Leidschendam-Voorburg en Voorschoten",
        "gemeente-leidschendam-voorburg",
        "gemeente-voorschoten",
        (VOORSCHOTEN,),
        "figures",
        (Purpose.FIGURES,),
        "Aantallen per kwartaal, zonder personen",
        ("figures",),
    ),
    Agreement(
        "Cijferafspraak Leidschendam-Voorburg en Wassenaar",
        "gemeente-leidschendam-voorburg",
        "gemeente-wassenaar",
        (WASSENAAR,),
        "figures",
        (Purpose.FIGURES,),
        "Aantallen per kwartaal, zonder personen",
        ("figures",),
    ),
    *(
        Agreement(
            f"Uitvoeringsovereenkomst maatschappelijke begeleiding {place}",
            executor,
            "vluchtelingenwerk",
            codes,
            "person",
            (Purpose.GUIDANCE, Purpose.HOUSING),
            "Naam, contactgegevens, gezin en vestiging van statushouders",
            ("guidance", "housing"),
        )
        for place, executor, codes in (
            ("Leiden en Oegstgeest", "gemeente-leiden", (LEIDEN, OEGSTGEEST)),
            (
                "Leidschendam-Voorburg, Voorschoten en Wassenaar",
                "gemeente-leidschendam-voorburg",
                (LEIDSCHENDAM_VOORBURG, VOORSCHOTEN, WASSENAAR),
            ),
        )
    ),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """Local policy of one gemeente (rules 13): what it chose where the law leaves room."""

    gemeentecode: str
    values: tuple[tuple[str, str | int], ...]
    valid_from: date
    source: str


def _lv_policy(code: str, participation: str) -> Policy:
    return Policy(
        code,
        (
            ("progress-talks", 8),
            ("progress-talks-with-work-guidance", 16),
            ("guidance-months", 18),
            ("guidance-by", "VluchtelingenWerk"),
            ("first-group-programme", "startklas"),
            ("first-group-programme-order", "before-pip"),
            ("b1-provider", "Echt Nederlands"),
            ("z-provider", "Foxtaal"),
            (
                "onderwijsroute-provider",
                "ROC Mondriaan; vanaf 1 januari 2025 voor hbo en wo De Haagse Hogeschool",
            ),
            ("participation", participation),
            ("pvt-by", "VluchtelingenWerk"),
            ("map-by", "Gemeente en WerkgeversServicepunt"),
            ("caseload", 70),
        ),
        _ACT_IN_FORCE,
        "Rapport van de rekenkamers (2025), 5.2, 6.2 en 7.2",
    )


def _leiden_policy(code: str) -> Policy:
    return Policy(
        code,
        (
            ("progress-talks-per-year", 4),
            ("guidance-months", 12),
            ("guidance-by", "VluchtelingenWerk"),
            ("first-group-programme", "startgroep"),
            ("first-group-programme-order", "after-pip"),
            ("b1-provider", "Danner & Danner, VluchtelingenWerk"),
            ("z-provider", "NLtraining, Danner & Danner"),
            (
                "onderwijsroute-provider",
                "ROC Mondriaan; vanaf 1 januari 2025 voor hbo en wo De Haagse Hogeschool",
            ),
            ("participation", "NewBees, 800 uur"),
            ("pvt-by", "Gemeente Leiden"),
            ("map-by", "Gemeente Leiden (B1); NewBees en taalscholen (Z)"),
        ),
        _ACT_IN_FORCE,
        "Rapport van de rekenkamers (2025), 5.3, 6.3 en 7.3",
    )


POLICIES: tuple[Policy, ...] = (
    _lv_policy(LEIDSCHENDAM_VOORBURG, "Foxtaal 400 uur, gemeente de overige 400 uur"),
    _lv_policy(VOORSCHOTEN, "Foxtaal 400 uur, gemeente de overige 400 uur"),
    _lv_policy(WASSENAAR, "Vrijwilligerscentrale, ongeveer 600 uur"),
    _leiden_policy(OEGSTGEEST),
    _leiden_policy(LEIDEN),
)


@dataclass(frozen=True, slots=True)
class Provider:
    """A taalschool as provider of routes, with the period of its keurmerk or recognition."""

    slug: str  # of the organisation
    name: str
    routes: tuple[Literal["b1", "onderwijsroute", "z"], ...]
    registered_by: str  # name of the member that enters it
    keurmerk_from: date
    keurmerk_until: date | None


PROVIDERS: tuple[Provider, ...] = (
    Provider(
        "echt-nederlands", "Echt Nederlands", ("b1",), "kwaliteitsmedewerker-lv", date(2021, 7, 1), None
    ),
    Provider("foxtaal", "Foxtaal", ("z",), "kwaliteitsmedewerker-lv", date(2021, 3, 1), None),
    Provider(
        "roc-mondriaan",
        "ROC Mondriaan",
        ("onderwijsroute",),
        "kwaliteitsmedewerker-lv",
        date(2022, 1, 1),
        None,
    ),
    Provider(
        "haagse-hogeschool",
        "De Haagse Hogeschool",
        ("onderwijsroute",),
        "kwaliteitsmedewerker-lv",
        date(2025, 1, 1),
        None,
    ),
    Provider("danner-en-danner", "Danner & Danner", ("b1", "z"), "consulent-leiden", date(2020, 9, 1), None),
    Provider("nltraining", "NLtraining", ("z",), "consulent-leiden", date(2021, 1, 1), None),
    Provider("vluchtelingenwerk", "VluchtelingenWerk", ("b1",), "consulent-leiden", date(2021, 5, 1), None),
)


@dataclass(frozen=True, slots=True)
class Contract:
    """The terms that gemeenten agreed with a provider (rules 6.4). Numbers are theirs, not the law's."""

    provider: str
    gemeentecodes: tuple[str, ...]
    entered_by: str
    valid_from: date
    valid_until: date | None
    unexcused_limit: int
    sickness_percent: int
    group_max: int = 12
    start_working_days: int | None = None
    intake_days: int | None = None
    start_days: int | None = None


_LV_AREA = (LEIDSCHENDAM_VOORBURG, VOORSCHOTEN, WASSENAAR)
_LEIDEN_AREA = (LEIDEN, OEGSTGEEST)

CONTRACTS: tuple[Contract, ...] = (
    Contract(
        "echt-nederlands",
        _LV_AREA,
        "kwaliteitsmedewerker-lv",
        date(2022, 1, 1),
        date(2025, 12, 31),
        2,
        20,
        start_working_days=20,
    ),
    Contract(
        "foxtaal",
        _LV_AREA,
        "kwaliteitsmedewerker-lv",
        date(2022, 1, 1),
        date(2025, 12, 31),
        2,
        20,
        start_working_days=20,
    ),
    # Onderwijsroute: absent "more than once", so the second absence makes the signal.
    Contract(
        "roc-mondriaan",
        _LV_AREA,
        "kwaliteitsmedewerker-lv",
        date(2022, 9, 1),
        None,
        2,
        20,
        start_working_days=20,
    ),
    Contract(
        "roc-mondriaan",
        _LEIDEN_AREA,
        "consulent-leiden",
        date(2022, 9, 1),
        None,
        2,
        20,
        intake_days=14,
        start_days=14,
    ),
    Contract(
        "haagse-hogeschool",
        _LV_AREA,
        "kwaliteitsmedewerker-lv",
        date(2025, 1, 1),
        None,
        2,
        20,
        start_working_days=20,
    ),
    Contract(
        "danner-en-danner",
        _LEIDEN_AREA,
        "consulent-leiden",
        date(2022, 1, 1),
        date(2025, 12, 31),
        2,
        20,
        intake_days=14,
        start_days=14,
    ),
    Contract(
        "nltraining",
        _LEIDEN_AREA,
        "consulent-leiden",
        date(2022, 1, 1),
        date(2025, 12, 31),
        2,
        20,
        intake_days=14,
        start_days=14,
    ),
    Contract(
        "vluchtelingenwerk",
        _LEIDEN_AREA,
        "consulent-leiden",
        date(2022, 1, 1),
        date(2025, 12, 31),
        2,
        20,
        intake_days=14,
        start_days=14,
    ),
)
