# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The desk as a neutral instance: what the optimiser may know, and nothing else.

No origin, nationality, language, religion or sex: the service does not have them, and the form of the
instance refuses any field that is not on its list (PX-16).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from chassis.db import Tx
from services.housing.actions.account import balances
from services.housing.actions.effects import homes_on_offer
from services.housing.actions.households import expected_persons
from services.housing.actions.law import lawful
from services.housing.models import Consent, Dwelling, Household, Reunion
from services.housing.rules import fit
from services.housing.rules.codes import ConsentKind, CorporationRuleKind, DwellingKind, PinKind
from services.housing.store import dwellings, households, matches, searches

__all__ = ["Question", "UnusedPin", "Wishes", "question"]

_NO_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person sets for a search."""

    exchange_slack: int  # persons sent away less persons taken over, either way
    transit_exits: int  # transit dwellings that may be used per gemeente


@dataclass(frozen=True, slots=True)
class UnusedPin:
    """A pair that somebody pinned and that the search cannot make."""

    pin_id: UUID
    household_id: UUID
    dwelling_id: UUID
    why: Literal["household-held", "household-not-waiting", "dwelling-not-offered"]


@dataclass(frozen=True, slots=True)
class Question:
    """The instance, with what people pinned and ruled out."""

    document: dict[str, Any]
    pins: frozenset[tuple[str, str]]
    bans: frozenset[tuple[str, str]]
    unused: tuple[UnusedPin, ...] = ()


async def question(tx: Tx, gemeentecodes: Sequence[str], wishes: Wishes) -> Question:
    """Return who looks for a home and what is on offer in these gemeenten, as the optimiser reads it.

    Who has a home and needs another one looks for it beside those who wait, and places left in shared homes are on
    offer beside those that are empty. What falls free when somebody moves on is not: it has no key yet.
    """
    movers = {one.household.id: one for one in await households.who_move_on(tx, gemeentecodes)}
    looking = [
        *await households.waiting_households(tx, gemeentecodes),
        *(one.household for one in movers.values()),
    ]
    pinned = await searches.pins_in_force(tx, [row.id for row in looking], tx.today)
    held = {one.household_id for one in pinned if one.kind == PinKind.HOLD}
    looking = [row for row in looking if row.id not in held]
    offered = await lawful(tx, await dwellings.offered_dwellings(tx, gemeentecodes))
    homes = await homes_on_offer(tx, offered, gemeentecodes)
    offered = [row for row in offered if _has_room(homes[row.id])]
    document = {
        "problem": "p1",
        "name": "-".join(gemeentecodes),
        "scale": "service",
        "seed": 0,
        "today": tx.today.isoformat(),
        "legal_term_weeks": 10,
        "municipalities": await _municipalities(tx, gemeentecodes, wishes),
        "neighbourhoods": await _neighbourhoods(tx, offered, homes),
        "corporations": _corporations(offered, homes),
        "dwellings": [_dwelling(row, homes[row.id]) for row in offered],
        "households": await _households(tx, looking, movers, gemeentecodes),
    }
    known = ({str(row.id) for row in looking}, {str(row.id) for row in offered})

    def pairs(kind: PinKind) -> frozenset[tuple[str, str]]:
        found = {(str(one.household_id), str(one.dwelling_id)) for one in pinned if one.kind == kind}
        return frozenset(pair for pair in found if pair[0] in known[0] and pair[1] in known[1])

    return Question(
        document,
        pairs(PinKind.PIN),
        pairs(PinKind.BAN),
        await _unused(
            tx, gemeentecodes, held, looking={row.id for row in looking}, offered={row.id for row in offered}
        ),
    )


async def _unused(
    tx: Tx,
    codes: Sequence[str],
    held: Collection[UUID],
    *,
    looking: Collection[UUID],
    offered: Collection[UUID],
) -> tuple[UnusedPin, ...]:
    """The pinned pairs of households of these gemeenten of which one side is not in the search, and why."""
    found = []
    for pin in await searches.pinned_pairs(tx, codes, tx.today):
        if pin.dwelling_id is None or (pin.household_id in looking and pin.dwelling_id in offered):
            continue
        why: Literal["household-held", "household-not-waiting", "dwelling-not-offered"] = (
            "dwelling-not-offered"
        )
        if pin.household_id in held:
            why = "household-held"
        elif pin.household_id not in looking:
            why = "household-not-waiting"
        found.append(UnusedPin(pin.id, pin.household_id, pin.dwelling_id, why))
    return tuple(found)


async def _municipalities(tx: Tx, codes: Sequence[str], wishes: Wishes) -> list[dict[str, Any]]:
    """What is still to be housed: the stand of the account, less the people for whom a match runs."""
    accounts = await balances(tx, list(codes), tx.today)
    under_way = await searches.persons_under_way(tx, codes)
    return [
        {
            "id": code,
            "region": "scope",
            "x": 0,
            "y": 0,
            "target": max(0, (accounts[code].balance if code in accounts else 0) - under_way.get(code, 0)),
            "exchange_slack": wishes.exchange_slack if len(codes) > 1 else 0,
            "transit_exits": wishes.transit_exits,
        }
        for code in codes
    ]


async def _neighbourhoods(
    tx: Tx, offered: Sequence[Dwelling], homes: Mapping[UUID, fit.Home]
) -> list[dict[str, Any]]:
    left = {row.quarter_id: homes[row.id].quarter_left for row in offered}
    quarters = await dwellings.quarters_by_id(tx, left)
    return [
        {
            "id": str(one.id),
            "municipality": one.gemeentecode,
            "x": one.x,
            "y": one.y,
            "school": int(one.school),
            "cap": _NO_LIMIT if left[one.id] is None else left[one.id],
        }
        for one in sorted(quarters.values(), key=lambda one: str(one.id))
    ]


def _owner(row: Dwelling) -> str:
    """A corporation counts per gemeente: its agreements and contingents are made there."""
    return f"{row.corporation_id}/{row.gemeentecode}"


def _corporations(offered: Sequence[Dwelling], homes: Mapping[UUID, fit.Home]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in offered:
        most = _NO_LIMIT
        for rule in homes[row.id].rules:
            if rule.kind is CorporationRuleKind.PAUSE:
                most = 0
            elif rule.kind is CorporationRuleKind.MOST_PER_YEAR:
                let = homes[row.id].let_this_year + homes[row.id].counts_this_year
                most = min(most, max(0, (rule.value or 0) - let))
        key = _owner(row)
        known = found.setdefault(key, {"id": key, "municipality": row.gemeentecode, "contingent": most})
        known["contingent"] = min(known["contingent"], most)
    return [found[key] for key in sorted(found)]


def _has_room(home: fit.Home) -> bool:
    """Whether a dwelling on offer is empty, or has a place left for a sharer."""
    return not home.used_whole and (home.shared_with == 0 or home.shared_with < home.share_slots)


def _counts_already(home: fit.Home) -> bool:
    """Whether the yearly most of its corporation counts this dwelling already and lets another sharer in."""
    return home.counts_this_year and not any(
        rule.kind is CorporationRuleKind.PAUSE
        or (rule.kind is CorporationRuleKind.MOST_PER_YEAR and home.let_this_year >= (rule.value or 0))
        for rule in home.rules
    )


def _dwelling(row: Dwelling, home: fit.Home) -> dict[str, Any]:
    fewest, slots = row.min_persons, row.share_slots
    for rule in home.rules:
        match rule.kind:
            case CorporationRuleKind.NO_SINGLES_IN_FAMILY_DWELLING if home.kind is DwellingKind.FAMILY:
                fewest = max(fewest, 2)
            case CorporationRuleKind.FULL_OCCUPATION:
                fewest = max(fewest, row.max_persons - (rule.value or 0))
            case CorporationRuleKind.NO_SHARING:
                slots = 0
            case _:
                pass
    return {
        "id": str(row.id),
        "municipality": row.gemeentecode,
        "neighbourhood": str(row.quarter_id),
        "corporation": _owner(row),
        "kind": row.kind,
        "rooms": row.rooms,
        "min_persons": fewest,
        "max_persons": row.max_persons,
        "rent": -(-row.rent_cents // 100),  # whole euros, rounded up: never cheaper than it is
        "accessible": int(row.accessible),
        "available_from": row.available_from.isoformat(),
        "max_stay_months": row.max_stay_months,
        "share_slots": slots,
        "share_min": min(row.share_min, slots),
        **({"let_this_year": 1} if _counts_already(home) else {}),
        **({"held": {"places": home.shared_with, "group": home.shared_group}} if home.shared_with else {}),
    }


async def _households(
    tx: Tx, looking: Sequence[Household], movers: Mapping[UUID, households.Mover], codes: Sequence[str]
) -> list[dict[str, Any]]:
    ids = [row.id for row in looking]
    consents = await households.open_consents(tx, ids)
    reunions = await households.reunions_of(tx, ids)
    lives_in = await matches.home_ids(tx, movers)
    found = []
    for row in looking:
        expected = reunions.get(row.id, [])
        household = _household(row, consents.get(row.id, []), expected, codes, tx.today)
        if (mover := movers.get(row.id)) is not None:
            household |= _moving_on(mover, lives_in.get(row.id), expected)
        found.append(household)
    return found


def _moving_on(mover: households.Mover, lives_in: UUID | None, expected: Sequence[Reunion]) -> dict[str, Any]:
    """What differs for who has a home: waits since the next one is looked for, and stays in the own gemeente.

    An uitruil changes the task of a gemeente for who is still to be housed; they were housed. Where only the family
    that is expected makes the present home too small, a next one without room for it would not help.
    """
    coming = expected_persons(expected, granted_only=False) if mover.for_family else 0
    return {
        "linked": mover.since.isoformat(),
        "exchange": [],
        "moving_on": {
            "home": None if lives_in is None else str(lives_in),
            "room": mover.household.persons + coming,
        },
    }


def _household(
    row: Household,
    consents: Sequence[Consent],
    reunions: Sequence[Reunion],
    codes: Sequence[str],
    today: date,
) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "municipality": row.gemeentecode,
        "persons": row.persons,
        "adults": row.adults,
        "children": row.children,
        "linked": row.linked_on.isoformat(),
        "rent_max": _NO_LIMIT if row.rent_max_cents is None else row.rent_max_cents // 100,
        "needs_accessible": int(row.needs_accessible),
        "school": int(row.asks_school),
        "work": None if row.work_x is None or row.work_y is None else [row.work_x, row.work_y],
        "family": row.family_gemeentecode,
        "reunion": _reunion(reunions, today),
        "accepts_sharing": int(any(one.kind == ConsentKind.SHARING for one in consents)),
        "share_group": row.share_group,
        "exchange": sorted({one.for_gemeentecode for one in consents if one.for_gemeentecode in codes}),
    }


def _reunion(reunions: Sequence[Reunion], today: date) -> dict[str, Any] | None:
    """Those who are granted count for the size; where none is, all who are expected count for the fit."""
    granted = [one for one in reunions if one.granted_on is not None]
    counted = granted or list(reunions)
    if not counted:
        return None
    months = max(0, min((one.expected_on - today).days for one in counted) // 30)
    return {"persons": sum(one.persons for one in counted), "months": months, "granted": int(bool(granted))}
