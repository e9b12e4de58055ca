# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a rule of a corporation costs: how many more matches would be possible at once without it (HO-09)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.db import Tx
from chassis.errors import NotFound
from services.housing.actions.law import lawful
from services.housing.actions.weighing import candidate_of, home_of, let_rules, own_rules
from services.housing.models import CorporationRule, Dwelling, Household
from services.housing.rules import fit
from services.housing.rules.codes import CorporationRuleKind
from services.housing.rules.half_years import HalfYear
from services.housing.rules.lettings import most_matches
from services.housing.store import corporations, dwellings, households, matches

__all__ = ["Effect", "effect_of_rule", "homes_on_offer"]

_MOST = CorporationRuleKind.MOST_PER_YEAR


@dataclass(frozen=True, slots=True)
class Effect:
    """The most matches at once with a rule and without it."""

    households: int
    dwellings: int
    matches_with: int
    matches_without: int

    @property
    def extra(self) -> int:
        """How many more there would be."""
        return self.matches_without - self.matches_with


async def effect_of_rule(tx: Tx, *, corporation_id: UUID, rule_id: UUID) -> Effect:
    """Return what lifting a rule would free, among all that waits and is on offer where the caller looks.

    Raises:
        NotFound: the corporation has no such rule.
    """
    rule = await tx.get(CorporationRule, rule_id)
    if rule is None or rule.corporation_id != corporation_id:
        raise NotFound("Deze regel van de corporatie is niet gevonden.")
    corporation = await corporations.lock_corporation(tx, corporation_id)
    codes = sorted(tx.acting.person_codes(tx.purpose) & set(corporation.gemeentecodes if corporation else ()))
    waiting = await households.waiting_households(tx, codes)
    offered = await lawful(tx, await dwellings.offered_dwellings(tx, codes))
    candidates = await _candidates(tx, waiting)
    owners = {row.id: (row.corporation_id, row.gemeentecode) for row in offered}
    with_it = await homes_on_offer(tx, offered, codes)
    without_it = await homes_on_offer(tx, offered, codes, leaving_out={rule_id})
    return Effect(
        households=len(waiting),
        dwellings=len(offered),
        matches_with=_most(candidates, with_it, owners),
        matches_without=_most(candidates, without_it, owners),
    )


def _most(
    candidates: dict[UUID, fit.Candidate],
    homes: dict[UUID, fit.Home],
    owners: Mapping[UUID, tuple[UUID, str]],
) -> int:
    fits = {
        household: [
            dwelling for dwelling, home in homes.items() if not fit.breaks(candidate, home, shared=False)
        ]
        for household, candidate in candidates.items()
    }
    left: dict[tuple[UUID, str], int] = {}
    counted = {}
    for dwelling, home in homes.items():
        most = min((one.value or 0 for one in home.rules if one.kind is _MOST), default=None)
        if most is not None and not home.counts_this_year:  # one that was let this year takes no more of it
            owner = counted[dwelling] = owners[dwelling]
            left[owner] = max(left.get(owner, 0), most - home.let_this_year)
    return len(most_matches(fits, counted, left))


async def _candidates(tx: Tx, waiting: Sequence[Household]) -> dict[UUID, fit.Candidate]:
    ids = [row.id for row in waiting]
    consents = await households.open_consents(tx, ids)
    reunions = await households.reunions_of(tx, ids)
    return {row.id: candidate_of(row, consents.get(row.id, []), reunions.get(row.id, [])) for row in waiting}


async def homes_on_offer(
    tx: Tx, offered: Sequence[Dwelling], codes: Sequence[str], *, leaving_out: Collection[UUID] = ()
) -> dict[UUID, fit.Home]:
    """These dwellings as the rules know them: what is held of each, and what is left of its quarter and its year."""
    rows = [
        row
        for row in await corporations.rules_on(tx, tx.today, gemeentecodes=codes)
        if row.id not in leaving_out
    ]
    quarters = await dwellings.quarters_by_id(tx, {row.quarter_id for row in offered})
    housed = {
        code: await dwellings.housed_by_quarter(tx, code, HalfYear.of(tx.today).first_day) for code in codes
    }
    let: dict[tuple[UUID, str], set[UUID]] = {}
    held = await matches.held(tx, offered)
    found = {}
    for row in offered:
        key = (row.corporation_id, row.gemeentecode)
        if key not in let:
            let[key] = await dwellings.let_in_year(tx, *key, tx.today.year)
        quarter = quarters[row.quarter_id]
        taken = housed[row.gemeentecode].get(quarter.name, 0)
        own = [one for one in rows if one.corporation_id == row.corporation_id]
        found[row.id] = home_of(
            row,
            rules=(*fit.holding(let_rules(own), row.gemeentecode, tx.today), *own_rules(row)),
            let=let[key],
            quarter_left=None if quarter.cap is None else max(0, quarter.cap - taken),
            held=held[row.id],
        )
    return found
