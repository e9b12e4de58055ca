# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which act applies to a person, in which group, with which rights and duties (rules 1.1 to 1.5)."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from chassis.calendar import add_months, add_years
from services.intake.rules.parameters import value_on

__all__ = [
    "ASYLUM_PERMITS",
    "Group",
    "Law",
    "PermitType",
    "Provision",
    "Refusal",
    "age_refusal",
    "duties",
    "group_refusal",
    "is_asylum_holder",
    "law_for",
    "notice_refusal",
    "provision_refusal",
    "rights",
]

Law = Literal["wi2013", "wi2021"]
Group = Literal["statushouder", "gezinsmigrant", "overig"]
PermitType = Literal["asiel", "afgeleid-asiel", "regulier-bij-asiel", "regulier"]
Provision = Literal["pvt", "map", "leerroute", "leerroute-paid", "maatschappelijke-begeleiding", "ontzorgen"]

ASYLUM_PERMITS: frozenset[PermitType] = frozenset({"asiel", "afgeleid-asiel"})
"""Permits of the asylum holder himself: housing duty and ontzorgen hang on these."""

_GROUP_PERMITS: dict[Group, frozenset[PermitType]] = {
    "statushouder": frozenset({"asiel", "afgeleid-asiel", "regulier-bij-asiel"}),
    "gezinsmigrant": frozenset({"regulier"}),
    "overig": frozenset({"regulier"}),
}
_WI2021_FROM = date(2022, 1, 1)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the law does not allow: the field, a stable code, words for people, the article."""

    field: str
    code: str
    detail: str
    rule: str


def law_for(obliged_on: date) -> Law:
    """The act that applies to a duty that began on `obliged_on` (rule 1.3).

    The day on which the duty began decides, not the day of settling in a gemeente.

    Source: Wet inburgering 2021 art. 54 lid 1, jci1.3:c:BWBR0044770&artikel=54&lid=1.
    """
    return "wi2021" if obliged_on >= _WI2021_FROM else "wi2013"


def is_asylum_holder(permit: PermitType) -> bool:
    """Whether the person holds an asylum permit, also a derived one (rules 2.3 and 10.2)."""
    return permit in ASYLUM_PERMITS


def group_refusal(group: Group, permit: PermitType) -> Refusal | None:
    """Say why this permit does not belong to this group, if it does not (rule 1.2).

    Family with a regular permit at an asylum holder belongs to the asylum group.

    Source: Wet inburgering 2021 art. 13 lid 1 and art. 19.
    """
    if permit in _GROUP_PERMITS[group]:
        return None
    return Refusal(
        field="permitType",
        code="permit-of-other-group",
        detail=(
            f"De verblijfsvergunning '{permit}' hoort niet bij de groep '{group}'. "
            f"Bij deze groep hoort: {', '.join(sorted(_GROUP_PERMITS[group]))}."
        ),
        rule="Wet inburgering 2021 art. 13 lid 1 en art. 19",
    )


def age_refusal(birth_date: date, obliged_on: date) -> Refusal | None:
    """Say why nobody born on this day can have a duty that began on that day (rule 1.1).

    The duty exists from 16 years up to the AOW age.

    Source: Wet inburgering 2021 art. 3, jci1.3:c:BWBR0044770&artikel=3.
    """
    rule = "Wet inburgering 2021 art. 3"
    if obliged_on < birth_date:
        return Refusal("obligedOn", "before-birth", "De plicht begint voor de geboortedatum.", rule)
    youngest = value_on("youngest-age", max(obliged_on, date(2007, 1, 1)))
    if obliged_on < add_years(birth_date, youngest):
        return Refusal(
            "obligedOn",
            "too-young",
            f"De inburgeringsplicht begint niet voor de leeftijd van {youngest} jaar.",
            rule,
        )
    oldest = value_on("aow-age", max(obliged_on, date(2007, 1, 1)))
    if obliged_on >= add_months(birth_date, oldest):
        return Refusal(
            "obligedOn",
            "pension-age",
            "De inburgeringsplicht begint niet na het bereiken van de AOW-leeftijd.",
            rule,
        )
    return None


def notice_refusal(obliged_on: date, duo_notice_on: date | None) -> Refusal | None:
    """Say why DUO cannot have sent notice of this duty on that day.

    DUO sends notice of a duty under the Wi2021 since that act holds; nothing is said of the old act.
    """
    if duo_notice_on is None or law_for(obliged_on) == "wi2013" or duo_notice_on >= _WI2021_FROM:
        return None
    return Refusal(
        "duoNoticeOn",
        "before-act",
        "DUO stuurt een kennisgeving onder de Wet inburgering 2021 pas sinds 1 januari 2022.",
        "Wet inburgering 2021 art. 54 lid 1",
    )


def rights(law: Law, group: Group, permit: PermitType) -> tuple[Provision, ...]:
    """What the gemeente must offer (rules 1.5, 5.3, 10.1 and 10.2).

    PVT and MAP are free for both groups. The paid leerroute and maatschappelijke begeleiding are
    for the asylum group, ontzorgen for the asylum holder only. Under the Wi2013 the gemeente must
    offer none of these; it may help (Besluit inburgering 2021 art. 12.1a lid 4).

    Source: Wet inburgering 2021 art. 6 lid 3, 13 and 16; Participatiewet art. 56a.
    """
    if law == "wi2013":
        return ()
    offered: tuple[Provision, ...] = ("pvt", "map")
    if group == "statushouder":
        offered += ("leerroute-paid", "maatschappelijke-begeleiding")
    if is_asylum_holder(permit):
        offered += ("ontzorgen",)
    return offered


def duties(law: Law) -> tuple[Provision, ...]:
    """What the person must finish (rule 1.5): PVT, MAP and a leerroute, in both groups.

    The duty under the Wi2013 is an exam and has none of these parts. That the onderwijsroute needs
    no MAP shows when its PIP is signed, not here.

    Source: Wet inburgering 2021 art. 6 lid 1, jci1.3:c:BWBR0044770&artikel=6&lid=1.
    """
    return () if law == "wi2013" else ("pvt", "map", "leerroute")


_NO_RIGHT: dict[Provision, tuple[str, str]] = {
    "leerroute-paid": (
        "De gemeente betaalt de leerroute alleen voor de asielgroep. Anderen betalen zelf; zij kunnen bij DUO lenen.",
        "Wet inburgering 2021 art. 16 en 19",
    ),
    "maatschappelijke-begeleiding": (
        "Maatschappelijke begeleiding is er alleen voor de asielgroep.",
        "Wet inburgering 2021 art. 13",
    ),
    "ontzorgen": (
        "Ontzorgen geldt alleen voor houders van een asielvergunning, ook een afgeleide, met een uitkering.",
        "Participatiewet art. 56a",
    ),
}


def provision_refusal(provision: Provision, *, law: Law, group: Group, permit: PermitType) -> Refusal | None:
    """Say why a person has no right to a provision that was asked for, if there is none (IN-01)."""
    if law == "wi2013":
        return Refusal(
            "code",
            "other-act",
            "Voor deze persoon geldt de Wet inburgering 2013. Die kent deze voorziening niet.",
            "Wet inburgering 2021 art. 54 lid 1",
        )
    held = rights(law, group, permit)
    # Following a leerroute is for everybody; only who pays differs.
    if provision in held or provision == "leerroute":
        return None
    detail, rule = _NO_RIGHT[provision]
    return Refusal("code", "no-right", detail, rule)
