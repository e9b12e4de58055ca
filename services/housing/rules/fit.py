# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether a household and a dwelling go together, and if not, why: each rule by its name.

Origin, nationality, language, religion and sex are no input of anything here: the two classes below
have no field for them (PX-16).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.housing.rules.codes import CorporationRuleKind, DwellingKind, Refusal

__all__ = ["Break", "Candidate", "Home", "LetRule", "breaks", "holding", "need_of"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """What of a household decides whether a dwelling fits."""

    gemeentecode: str  # to which it is linked
    persons: int
    reunion_persons: int = 0  # granted, and expected
    rent_max_cents: int | None = None
    needs_accessible: bool = False
    accepts_sharing: bool = False
    share_group: str | None = None
    exchange: frozenset[str] = frozenset()  # gemeenten it agreed to live in besides its own


@dataclass(frozen=True, slots=True)
class LetRule:
    """A rule of a corporation, on the days on which it holds."""

    kind: CorporationRuleKind
    value: int | None = None
    gemeentecode: str | None = None
    valid_from: date = date.min
    valid_until: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """What of a dwelling decides whom it fits."""

    gemeentecode: str
    kind: DwellingKind
    min_persons: int
    max_persons: int
    rent_cents: int
    accessible: bool = False
    max_stay_months: int = 0  # 0: permanent
    share_slots: int = 0
    shared_with: int = 0  # households that have a place in it now
    shared_group: str | None = None  # of those
    used_whole: bool = False
    let_this_year: int = 0  # dwellings of the corporation, this one not counted
    counts_this_year: bool = False  # this one was let this year too, in part or before; it counts once
    quarter_left: int | None = None  # persons that the quarter may still take; None: no cap
    rules: tuple[LetRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Break:
    """A rule that a match would break."""

    rule: str  # a code, kebab case
    detail: str  # in plain Dutch
    refusal: Refusal  # under what a report counts it


def need_of(candidate: Candidate, home: Home) -> int:
    """Return for how many people the dwelling must do: nareis counts once granted, in a home for good.

    Example: a single with 4 granted needs 5 in a permanent dwelling, and 1 in a temporary shared place.
    """
    return candidate.persons + (candidate.reunion_persons if home.max_stay_months == 0 else 0)


def holding(rules: Iterable[LetRule], gemeentecode: str, day: date) -> tuple[LetRule, ...]:
    """Return the rules that hold for a dwelling in this gemeente on this day."""
    return tuple(
        rule
        for rule in rules
        if rule.gemeentecode in {None, gemeentecode}
        and rule.valid_from <= day
        and (rule.valid_until is None or day <= rule.valid_until)
    )


def breaks(
    candidate: Candidate,
    home: Home,
    *,
    shared: bool,
    exchange_agreed: bool = False,
    without: Collection[str] = (),
) -> tuple[Break, ...]:
    """Return every rule that this match would break, none where it fits.

    Args:
        candidate: the household.
        home: the dwelling, with the rules of its corporation that hold today.
        shared: the household gets a place in it, and not the whole.
        exchange_agreed: an uitruil between the two gemeenten holds this household.
        without: rules that are left out, for the question what lifting them would free.

    Source: the hard rules H2 to H6 of the problem of matching; audit report 3.4.
    """
    found = [
        *_place(candidate, home, exchange_agreed=exchange_agreed),
        *_terms(candidate, home),
        *(_sharing(candidate, home) if shared else _size(candidate, home)),
        *_corporation(candidate, home, shared=shared),
    ]
    return tuple(one for one in found if one.rule not in without)


def _place(candidate: Candidate, home: Home, *, exchange_agreed: bool) -> Sequence[Break]:
    if home.gemeentecode == candidate.gemeentecode or exchange_agreed:
        return ()
    if home.gemeentecode not in candidate.exchange:
        return (
            Break(
                "exchange-consent",
                "Het huishouden stemde er niet mee in om in deze gemeente te wonen.",
                Refusal.LOCATION,
            ),
        )
    return (
        Break(
            "exchange-agreed",
            "Tussen de twee gemeenten is voor dit huishouden geen uitruil afgesproken.",
            Refusal.LOCATION,
        ),
    )


def _terms(candidate: Candidate, home: Home) -> Iterable[Break]:
    if candidate.rent_max_cents is not None and home.rent_cents > candidate.rent_max_cents:
        yield Break("rent", "De huur is hoger dan het huishouden kan betalen.", Refusal.RENT)
    if candidate.needs_accessible and not home.accessible:
        yield Break(
            "accessible", "Het huishouden heeft een toegankelijke woning nodig.", Refusal.NOT_ACCESSIBLE
        )
    if home.quarter_left is not None and candidate.persons > home.quarter_left:
        yield Break(
            "quarter-cap", f"In de wijk kunnen nog {home.quarter_left} personen komen.", Refusal.SPREAD
        )


def _size(candidate: Candidate, home: Home) -> Iterable[Break]:
    need = need_of(candidate, home)
    if home.shared_with:
        yield Break("shared-already", "De woning wordt al gedeeld.", Refusal.SHARING)
    if need > home.max_persons:
        yield Break(
            "max-persons",
            f"De woning is voor ten hoogste {home.max_persons} personen; nodig is plaats voor {need}.",
            Refusal.TOO_SMALL,
        )
    if need < home.min_persons:
        yield Break(
            "min-persons",
            f"De woning is voor ten minste {home.min_persons} personen; het huishouden telt er {need}.",
            Refusal.TOO_LARGE,
        )


def _sharing(candidate: Candidate, home: Home) -> Iterable[Break]:
    if home.share_slots == 0:
        yield Break("no-share-places", "Deze woning kan niet worden gedeeld.", Refusal.SHARING)
    elif home.used_whole or home.shared_with >= home.share_slots:
        yield Break("share-places-taken", "Alle plaatsen in deze woning zijn bezet.", Refusal.SHARING)
    if candidate.persons != 1:
        yield Break("singles-share", "Alleen eenpersoonshuishoudens delen een woning.", Refusal.SHARING)
    if not candidate.accepts_sharing:
        yield Break("share-consent", "Het huishouden stemde niet in met delen.", Refusal.SHARING)
    if home.shared_with and candidate.share_group != home.shared_group:
        yield Break("share-group", "De woning wordt gedeeld door een andere groep.", Refusal.SHARING)


def _corporation(candidate: Candidate, home: Home, *, shared: bool) -> Iterable[Break]:
    for rule in home.rules:
        if (said := _corporation_rule(rule, candidate, home, shared=shared)) is not None:
            yield Break(rule.kind.value, f"{said}{_source(rule)}", Refusal.CORPORATION_RULE)


def _corporation_rule(rule: LetRule, candidate: Candidate, home: Home, *, shared: bool) -> str | None:
    need = need_of(candidate, home)
    match rule.kind:
        case CorporationRuleKind.NO_SINGLES_IN_FAMILY_DWELLING:
            broken = home.kind is DwellingKind.FAMILY and need == 1 and not shared
            said = "De corporatie verhuurt geen eengezinswoning aan alleenstaanden"
        case CorporationRuleKind.NO_SHARING:
            broken = shared
            said = "De corporatie staat het delen van woningen niet toe"
        case CorporationRuleKind.FULL_OCCUPATION:
            broken = not shared and home.max_persons - need > (rule.value or 0)
            said = f"De corporatie laat ten hoogste {rule.value} plaatsen onbezet"
        case CorporationRuleKind.PAUSE:
            broken = True
            said = "De corporatie wijst nu geen woningen toe"
        case _:  # most-per-year
            broken = home.let_this_year >= (rule.value or 0)
            said = f"De corporatie verhuurt dit jaar ten hoogste {rule.value} woningen"
    return said if broken else None


def _source(rule: LetRule) -> str:
    return f" ({rule.source})." if rule.source else "."
