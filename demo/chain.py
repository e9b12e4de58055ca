# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The chain as the audit found it at the end of 2024: its parties, and what they agreed.

Facts of the audit are facts here too: who acts for whom, which taalschool teaches which leerroute,
which limits its contract has, what may be shared.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from contracts.access import Purpose
from demo.parties import (
    GEMEENTEN,
    LEIDEN,
    LEIDSCHENDAM_VOORBURG,
    MEMBERS,
    OEGSTGEEST,
    ORGANISATIONS,
    VOORSCHOTEN,
    WASSENAAR,
    Member,
    Organisation,
    member_id,
    organisation_id,
)

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

_ACT_IN_FORCE = date(2022, 1, 1)  # the Wet inburgering 2021, and with it the work that is shared


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

# fmt: off
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
# fmt: on
