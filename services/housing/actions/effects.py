# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a rule of a corporation costs: how many more matches would be possible at once without it (HO-09)."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.db import Tx
from chassis.errors import NotFound
from contracts.access import Role
from services.housing.actions.law import lawful
from services.housing.actions.weighing import candidate_of, home_of, let_rules, own_rules
from services.housing.models import Corporation, CorporationRule, Dwelling, Household
from services.housing.rules import fit
from services.housing.rules.codes import CorporationRuleKind
from services.housing.rules.half_years import HalfYear
from services.housing.rules.lettings import most_matches
from services.housing.solver import Lettings, most_lettings
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
    exact: bool  # no more can be; otherwise both are what was found in the time

    @property
    def extra(self) -> int:
        """How many more there would be."""
        return self.matches_without - self.matches_with


async def effect_of_rule(tx: Tx, *, corporation_id: UUID, rule_id: UUID) -> Effect:
    """Return what lifting a rule would free, among all that waits and is on offer where the caller looks.

    A corporation asks it of its own rules, for all gemeenten where it lets, and is told numbers alone.

    Raises:
        NotFound: the corporation has no such rule, or it is another corporation's and the caller is one too.
    """
    rule = await tx.get(CorporationRule, rule_id)
    corporation = await tx.get(Corporation, corporation_id)
    if rule is None or corporation is None or rule.corporation_id != corporation_id:
        raise NotFound("Deze regel van de corporatie is niet gevonden.")
    if tx.acting.has_role(Role.CORPORATION):
        if corporation.organisation_id != tx.acting.organisation_id:
            raise NotFound("Deze regel van de corporatie is niet gevonden.")
        async with tx.as_platform():  # it sees no household, and is shown none
            waiting, rows, offers = await _weighed(tx, sorted(corporation.gemeentecodes), rule_id)
    else:
        codes = sorted(tx.acting.person_codes(tx.purpose) & set(corporation.gemeentecodes))
        waiting, rows, offers = await _weighed(tx, codes, rule_id)
    with_it, without_it = offers
    (most_with, proven), (most_without, also) = await _most(with_it, without_it)
    return Effect(
        households=waiting,
        dwellings=rows,
        matches_with=most_with,
        matches_without=most_without,
        exact=proven and also,
    )


async def _weighed(tx: Tx, codes: Sequence[str], rule_id: UUID) -> tuple[int, int, list["_Offer"]]:
    """How many wait and are on offer in these gemeenten, and who may get what with the rule and without it."""
    waiting = await households.waiting_households(tx, codes)
    offered = await lawful(tx, await dwellings.offered_dwellings(tx, codes))
    candidates = await _candidates(tx, waiting)
    by_id = {row.id: row for row in offered}
    offers = [
        _Offer(candidates, by_id, await homes_on_offer(tx, offered, codes, leaving_out=out))
        for out in ((), {rule_id})
    ]
    return len(waiting), len(offered), offers


class _Offer:
    """Who may get what under some rules, whole or shared."""

    def __init__(
        self,
        candidates: Mapping[UUID, fit.Candidate],
        rows: Mapping[UUID, Dwelling],
        homes: Mapping[UUID, fit.Home],
    ) -> None:
        self._rows, self._homes = rows, homes
        self.whole = {
            household: [
                dwelling for dwelling, home in homes.items() if not fit.breaks(candidate, home, shared=False)
            ]
            for household, candidate in candidates.items()
        }
        self.shared = [
            (household, dwelling, candidate.share_group)
            for dwelling, home in homes.items()
            if home.share_slots
            for household, candidate in candidates.items()
            if not fit.breaks(candidate, home, shared=True)
        ]
        self.left: dict[tuple[UUID, str], int] = {}
        self.counted: dict[UUID, tuple[UUID, str]] = {}
        for dwelling, home in homes.items():
            most = min((one.value or 0 for one in home.rules if one.kind is _MOST), default=None)
            if (
                most is not None and not home.counts_this_year
            ):  # one that was let this year takes no more of it
                row = rows[dwelling]
                owner = self.counted[dwelling] = (row.corporation_id, row.gemeentecode)
                self.left[owner] = max(self.left.get(owner, 0), most - home.let_this_year)

    def without_sharing(self) -> int:
        """The most matches at once where no home is shared."""
        return len(most_matches(self.whole, self.counted, self.left))

    def lettings(self) -> Lettings:
        """All of it, as the optimiser is asked."""
        places = {}
        for dwelling in {one[1] for one in self.shared}:
            home, fewest = self._homes[dwelling], self._rows[dwelling].share_min
            places[str(dwelling)] = (max(0, fewest - home.shared_with), home.share_slots - home.shared_with)
        return Lettings(
            whole=[(str(one), str(home)) for one, several in self.whole.items() for home in several],
            shared=[(str(one), str(home), json.dumps(group)) for one, home, group in self.shared],
            places=places,
            owners=[
                ([str(home) for home, owner in self.counted.items() if owner == one], most)
                for one, most in self.left.items()
            ],
        )


async def _most(*offers: _Offer) -> list[tuple[int, bool]]:
    """The most matches at once of each, and whether that is certain."""
    if not any(one.shared for one in offers):
        return [(one.without_sharing(), True) for one in offers]
    found = await most_lettings([one.lettings() for one in offers])
    return [
        (most, True) if proven else (max(most, one.without_sharing()), False)
        for one, (most, proven) in zip(offers, found, strict=True)
    ]


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
