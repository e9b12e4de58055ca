# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a PIP may hold, by law, route and group (rules 2.4 to 2.6, 4.1 to 4.5, 4.8, 5.1 and 5.2)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, TypeGuard

from services.intake.rules.clocks import PipClock, is_on_time
from services.intake.rules.law import Group, Law, PermitType, Refusal, is_asylum_holder
from services.intake.rules.parameters import value_on

__all__ = [
    "LEGAL_BASIS",
    "Earlier",
    "Leerroute",
    "Level",
    "Participation",
    "PipDraft",
    "PipPerson",
    "early_start_warning",
    "participation_hours",
    "pip_refusals",
    "talks_in_term",
    "talks_warning",
]

Leerroute = Literal["b1", "onderwijsroute", "z"]
Level = Literal["a1", "a2", "b1", "b2"]
Participation = bool | Decimal | str | None
"""The participation part as the gemeente wrote it: hours, yes or no, or what will be done."""

LEGAL_BASIS = "Wet inburgering 2021 art. 15 lid 1; Besluit inburgering 2021 art. 5.3"
"""What every PIP is a decision under, open to objection and appeal (Algemene wet bestuursrecht)."""

_LEVELS: dict[Leerroute, tuple[frozenset[Level], str]] = {
    "b1": (frozenset({"b1", "b2"}), "Wet inburgering 2021 art. 7"),
    "onderwijsroute": (frozenset({"b1", "b2"}), "Wet inburgering 2021 art. 8 lid 4"),
    "z": (frozenset({"a1", "a2"}), "Wet inburgering 2021 art. 9"),
}
_ROUTE_NAMES: dict[Leerroute, str] = {
    "b1": "de B1-route",
    "onderwijsroute": "de onderwijsroute",
    "z": "de Z-route",
}


@dataclass(frozen=True, slots=True)
class PipPerson:
    """Who the PIP is for."""

    law: Law
    group: Group
    obliged_on: date


@dataclass(frozen=True, slots=True)
class Earlier:
    """The decision that a new one follows."""

    signed_on: date
    leerroute: Leerroute
    by_other_gemeente: bool  # made before the move to the present gemeente


@dataclass(frozen=True, slots=True)
class PipDraft:
    """A PIP as it is offered for signing."""

    signed_on: date
    leerroute: Leerroute
    level: Level
    pvt_hours: Decimal
    map_hours: Decimal
    participation: Participation
    talks_planned: int
    route_hours: Decimal | None = None  # intensity of the route, of the asylum group
    delay_reason: str | None = None


def early_start_warning(signed_on: date, *, brp_on: date | None, permit: PermitType) -> str | None:
    """What to know about a first PIP of before the registration in the gemeente (rule 2.10).

    It is allowed, and it starts the three years while the person still lives in the azc.

    Source: Wet inburgering 2021 art. 11 lid 1.
    """
    if not is_asylum_holder(permit) or (brp_on is not None and brp_on <= signed_on):
        return None
    return (
        "Dit PIP is van voor de inschrijving in de gemeente. De termijn van drie jaar begint toch al op de dag "
        "na de dagtekening."
    )


TERM_YEARS = 3


def talks_in_term(*, in_term: int | None, per_year: int | None) -> int | None:
    """The norm of a gemeente for progress talks over the whole term; None where it has none.

    Local policy, not law: the one gemeente counts over the term, the other per year (rules 2.9 and 13).
    """
    if in_term is not None:
        return in_term
    return None if per_year is None else per_year * TERM_YEARS


def talks_warning(planned: int, *, norm: int | None) -> str | None:
    """What to know about a PIP that plans fewer talks than the gemeente aims at. It is allowed.

    Source: Wet inburgering 2021 art. 15 (the number stands in the PIP); the norm is local policy.
    """
    if norm is None or planned >= norm:
        return None
    return (
        f"Dit PIP noemt {planned} voortgangsgesprekken; de norm van de gemeente is er {norm} in de termijn."
    )


def participation_hours(
    participation: Participation, *, group: Group, leerroute: Leerroute, day: date
) -> Decimal:
    """The hours of the participation part that the person must make.

    The Z-route of the asylum group has them, whatever the PIP says; nothing else has (rule 4.3).

    Source: Besluit inburgering 2021 art. 3.14.
    """
    if leerroute != "z" or group != "statushouder":
        return Decimal(0)
    least = Decimal(value_on("z-participation-hours", day))
    return participation if _is_hours(participation) and participation > least else least


def pip_refusals(
    draft: PipDraft,
    person: PipPerson,
    *,
    today: date,
    clock: PipClock | None,
    earlier: Earlier | None,
) -> tuple[Refusal, ...]:
    """Return everything in a PIP that the law does not allow, all at once; empty: it may be signed.

    Args:
        draft: the PIP.
        person: who it is for; under the Wi2013 nobody has a PIP, so ask that first.
        today: a decision is not signed in the future.
        clock: what the PIP is judged against, if it must be judged: None for an amendment, which
            keeps the judgement of the decision that it amends.
        earlier: the decision before this one, None for the first.
    """
    return (
        *_dates(draft, person, today=today, earlier=earlier),
        *_route(draft, person, earlier=earlier),
        *_hours(draft, person),
        *_delay(draft, clock),
    )


def _dates(draft: PipDraft, person: PipPerson, *, today: date, earlier: Earlier | None) -> list[Refusal]:
    found = []
    if draft.signed_on < person.obliged_on:
        found.append(
            Refusal(
                "signedOn",
                "before-duty",
                f"Het PIP is gedagtekend voor de inburgeringsplicht begon, op {person.obliged_on.isoformat()}.",
                "Wet inburgering 2021 art. 3 en art. 15 lid 1",
            )
        )
    if draft.signed_on > today:
        found.append(
            Refusal(
                "signedOn",
                "in-future",
                "Een PIP kan niet een dagtekening in de toekomst hebben.",
                "Wet inburgering 2021 art. 15 lid 1",
            )
        )
    if earlier is not None and draft.signed_on < earlier.signed_on:
        found.append(
            Refusal(
                "signedOn",
                "before-earlier",
                f"Een nieuwe versie kan niet ouder zijn dan de vorige, van {earlier.signed_on.isoformat()}.",
                "Besluit inburgering 2021 art. 5.3 lid 6",
            )
        )
    return found


def _route(draft: PipDraft, person: PipPerson, *, earlier: Earlier | None) -> list[Refusal]:
    found = []
    if earlier is not None and earlier.by_other_gemeente and draft.leerroute != earlier.leerroute:
        found.append(
            Refusal(
                "leerroute",
                "route-taken-over",
                f"Na een verhuizing neemt de nieuwe gemeente {_ROUTE_NAMES[earlier.leerroute]} over. "
                "Wijzig de route daarna met een eigen besluit.",
                "Besluit inburgering 2021 art. 5.3 lid 3",
            )
        )
    levels, rule = _LEVELS[draft.leerroute]
    # Scaling down to A2 is a later decision, after 600 hours and enough effort (rule 4.8).
    scaled_down = draft.leerroute == "b1" and draft.level == "a2"
    if scaled_down and earlier is None:
        found.append(
            Refusal(
                "level",
                "scaling-down-later",
                "Een eerste PIP in de B1-route heeft niveau B1 of hoger. Afschalen naar A2 kan later, "
                "na ten minste 600 uur les en voldoende inspanning.",
                "Wet inburgering 2021 art. 17 lid 3; Besluit inburgering 2021 art. 5.5",
            )
        )
    elif draft.level not in levels and not scaled_down:
        allowed = " of ".join(sorted(level.upper() for level in levels))
        found.append(
            Refusal(
                "level",
                "level-of-other-route",
                f"In {_ROUTE_NAMES[draft.leerroute]} is het niveau {allowed}.",
                rule,
            )
        )
    hours = _is_hours(draft.participation)
    if draft.leerroute == "z" and person.group != "statushouder" and (hours or draft.participation is True):
        found.append(
            Refusal(
                "participation",
                "no-participation-part",
                "Het participatiedeel van de Z-route geldt alleen voor de asielgroep. "
                "Voor deze persoon zijn het 800 cursusuren en een eindgesprek.",
                "Wet inburgering 2021 art. 9; Besluit inburgering 2021 art. 3.14",
            )
        )
    elif draft.leerroute != "z" and hours:
        found.append(
            Refusal(
                "participation",
                "no-participation-part",
                f"{_ROUTE_NAMES[draft.leerroute].capitalize()} kent geen participatie-uren; die horen bij de Z-route. "
                "Een doel voor participatie kan wel: schrijf het in woorden.",
                "Wet inburgering 2021 art. 9; Besluit inburgering 2021 art. 3.14",
            )
        )
    return found


def _hours(draft: PipDraft, person: PipPerson) -> list[Refusal]:
    # The parameters of the PIP exist since 2022; an earlier day is refused as before the duty.
    day = max(draft.signed_on, date(2022, 1, 1))
    found = []
    pvt = value_on("pvt-hours", day)
    if draft.pvt_hours < pvt:
        found.append(
            Refusal(
                "pvtHours",
                "too-few",
                f"Het PVT is ten minste {pvt} uur.",
                "Besluit inburgering 2021 art. 3.1",
            )
        )
    least_map = value_on("map-hours", day)
    if draft.leerroute != "onderwijsroute" and draft.map_hours < least_map:
        found.append(
            Refusal(
                "mapHours",
                "too-few",
                f"De MAP is ten minste {least_map} uur in de praktijk. Alleen de onderwijsroute kent geen MAP.",
                "Besluit inburgering 2021 art. 3.2; Regeling inburgering 2021",
            )
        )
    talks = value_on("progress-talks", day)
    if draft.talks_planned < talks:
        found.append(
            Refusal(
                "talksPlanned",
                "too-few",
                f"In het eerste jaar van de termijn zijn ten minste {talks} voortgangsgesprekken nodig.",
                "Wet inburgering 2021 art. 15 lid 3 en de toelichting daarop",
            )
        )
    if draft.route_hours is not None:
        if person.group != "statushouder":
            found.append(
                Refusal(
                    "routeHours",
                    "asylum-group-only",
                    "De intensiteit van de leerroute staat alleen in het PIP van de asielgroep.",
                    "Wet inburgering 2021 art. 15 lid 2",
                )
            )
        elif draft.leerroute == "z" and draft.route_hours < (least := value_on("z-course-hours", day)):
            found.append(
                Refusal(
                    "routeHours",
                    "too-few",
                    f"De Z-route heeft ten minste {least} cursusuren.",
                    "Besluit inburgering 2021 art. 3.14",
                )
            )
    return found


def _delay(draft: PipDraft, clock: PipClock | None) -> list[Refusal]:
    if clock is None or is_on_time(draft.signed_on, clock) or draft.delay_reason is not None:
        return []
    return [
        Refusal(
            "delayReason",
            "required",
            f"De laatste dag voor dit PIP was {clock.due_on.isoformat()}. Schrijf op waarom het later werd.",
            clock.article,
        )
    ]


def _is_hours(participation: Participation) -> TypeGuard[Decimal]:
    """Whether it is a number of hours above nothing. `True` is an answer, not one hour."""
    return isinstance(participation, Decimal) and participation > 0
