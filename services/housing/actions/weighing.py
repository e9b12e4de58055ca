# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Household and dwelling side by side: the facts that the rules of fit ask for, and what a person is shown."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from chassis.db import Tx
from services.housing.actions.households import expected_persons
from services.housing.actions.law import switched_off
from services.housing.models import Consent, CorporationRule, Dwelling, Household, Match, Reunion
from services.housing.rules import fit
from services.housing.rules.codes import ConsentKind, CorporationRuleKind, DwellingKind
from services.housing.rules.half_years import HalfYear
from services.housing.rules.law import LawSwitch
from services.housing.rules.spread import spread_after
from services.housing.store import corporations, dwellings, households, matches

__all__ = ["candidate_of", "home_of", "let_rules", "own_rules", "weigh"]


def candidate_of(
    household: Household, consents: Collection[Consent], reunions: Sequence[Reunion]
) -> fit.Candidate:
    """The household as the rules know it."""
    return fit.Candidate(
        gemeentecode=household.gemeentecode,
        persons=household.persons,
        reunion_persons=expected_persons(reunions, granted_only=True),
        rent_max_cents=household.rent_max_cents,
        needs_accessible=household.needs_accessible,
        accepts_sharing=any(one.kind == ConsentKind.SHARING for one in consents),
        share_group=household.share_group,
        exchange=frozenset(one.for_gemeentecode for one in consents if one.for_gemeentecode is not None),
    )


def let_rules(rows: Sequence[CorporationRule]) -> tuple[fit.LetRule, ...]:
    """Rules of corporations as the rules of fit know them."""
    return tuple(
        fit.LetRule(
            kind=CorporationRuleKind(row.kind),
            value=row.value,
            gemeentecode=row.gemeentecode,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            source=row.source,
        )
        for row in rows
    )


def own_rules(dwelling: Dwelling) -> tuple[fit.LetRule, ...]:
    """The rules that came with the dwelling itself."""
    return tuple(
        fit.LetRule(kind=CorporationRuleKind(code), value=0, source="bij deze woning")
        for code in dwelling.rules
    )


def home_of(
    dwelling: Dwelling,
    *,
    rules: tuple[fit.LetRule, ...],
    let: Collection[UUID],
    quarter_left: int | None,
    held: matches.Held,
) -> fit.Home:
    """The dwelling as the rules know it; `let` are all that its corporation let in this gemeente this year."""
    return fit.Home(
        gemeentecode=dwelling.gemeentecode,
        kind=DwellingKind(dwelling.kind),
        min_persons=dwelling.min_persons,
        max_persons=dwelling.max_persons,
        rent_cents=dwelling.rent_cents,
        accessible=dwelling.accessible,
        max_stay_months=dwelling.max_stay_months,
        share_slots=dwelling.share_slots,
        shared_with=held.places,
        shared_group=held.group if held.places else None,
        used_whole=held.whole,
        let_this_year=len({*let} - {dwelling.id}),
        counts_this_year=dwelling.id in let,
        quarter_left=quarter_left,
        rules=rules,
    )


async def weigh(
    tx: Tx,
    household: Household,
    dwelling: Dwelling,
    *,
    shared: bool | None,
    exchange_agreed: bool,
    apart_from: Match | None = None,
) -> tuple[bool, tuple[fit.Break, ...], dict[str, Any]]:
    """Return whether it would be a place in a shared dwelling, the rules it breaks, and the facts weighed.

    Where nobody says whether the dwelling is shared, a dwelling that fits as a whole is not. A match that is
    weighed again does not stand in its own way: it is left out of what the dwelling and the quarter hold.
    """
    consents = (await households.open_consents(tx, [household.id])).get(household.id, [])
    reunions = (await households.reunions_of(tx, [household.id])).get(household.id, [])
    own = None if apart_from is None else apart_from.id
    rows = await corporations.rules_on(tx, tx.today, corporation_id=dwelling.corporation_id)
    quarter = (await dwellings.quarters_by_id(tx, [dwelling.quarter_id]))[dwelling.quarter_id]
    since = HalfYear.of(tx.today).first_day
    housed = await dwellings.housed_by_quarter(tx, dwelling.gemeentecode, since)
    # What was proposed in the half-year before is not counted in this one.
    if apart_from is not None and apart_from.proposed_on >= since and quarter.name in housed:
        housed[quarter.name] = max(0, housed[quarter.name] - apart_from.persons)
    candidate = candidate_of(household, consents, reunions)
    home = home_of(
        dwelling,
        rules=(
            *fit.holding(let_rules(rows), dwelling.gemeentecode, tx.today),
            *own_rules(dwelling),
        ),
        let=await dwellings.let_in_year(tx, dwelling.corporation_id, dwelling.gemeentecode, tx.today.year),
        quarter_left=None if quarter.cap is None else max(0, quarter.cap - housed.get(quarter.name, 0)),
        held=(await matches.held(tx, [dwelling], apart_from=own))[dwelling.id],
    )

    def broken(as_shared: bool) -> tuple[fit.Break, ...]:  # noqa: FBT001 - the one question asked twice
        return fit.breaks(candidate, home, shared=as_shared, exchange_agreed=exchange_agreed)

    if shared is None:
        shared = bool(home.share_slots and broken(as_shared=False) and not broken(as_shared=True))
    facts = {
        "need": fit.need_of(candidate, home),
        "maxPersons": home.max_persons,
        "waitedDays": (tx.today - household.linked_on).days,
        "expectedPersons": expected_persons(reunions, granted_only=False),
        "spread": _shown(spread_after(housed, quarter.name, household.persons)),
        "urgency": await _urgency(tx, household, tx.today),
    }
    return shared, broken(as_shared=shared), facts


def _shown(shares: Sequence[Any]) -> list[dict[str, Any]]:
    def number(value: Decimal | None) -> float | None:
        return None if value is None else float(value)

    return [
        {
            "quarter": one.quarter,
            "personsBefore": one.persons_before,
            "personsAfter": one.persons_after,
            "shareBefore": number(one.share_before),
            "shareAfter": number(one.share_after),
        }
        for one in shares
    ]


async def _urgency(tx: Tx, household: Household, day: date) -> dict[str, Any]:
    """What the urgency rule of the gemeente says of this household (rules 9.8)."""
    rule = await dwellings.urgency_on(tx, household.gemeentecode, day)
    if rule is None:
        return {
            "rule": False,
            "statusHolders": False,
            "priorityGroup": None,
            "explanation": None,
            "source": None,
        }
    forbidden = await switched_off(tx, LawSwitch.PRIORITY, day)
    if forbidden is not None:  # the rule stands, and the law gives it no effect
        return {
            "rule": True,
            "statusHolders": False,
            "priorityGroup": None,
            "explanation": "De wet kent op deze dag geen voorrang voor statushouders.",
            "source": forbidden,
        }
    group = household.priority_group if household.priority_group in rule.priority_groups else None
    return {
        "rule": True,
        "statusHolders": rule.status_holders,
        "priorityGroup": group,
        "explanation": rule.explanation,
        "source": rule.source,
    }
