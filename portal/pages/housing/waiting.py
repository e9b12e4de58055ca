# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How long households wait for a key, and why dwellings were not taken; small numbers are not shown."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from portal.gateway import Fault, Json
from portal.pages.housing.who import HOUSING, Chooser, Name, choose, names_of, rooms
from portal.visit import Visit
from portal.words import label

__all__ = ["FEWEST", "Reason", "Row", "reasons", "show", "table"]

FEWEST = 5
"""With fewer households a mean could be read as one household's own wait."""

NAMED = 25
"""Households that the page names; the numbers count all."""


@dataclass(frozen=True, slots=True)
class Row:
    """The waits of one kind of household; months are None where too few would be behind them."""

    text: str
    households: int | None
    mean: float | None
    median: float | None
    longest: float | None
    percent: int  # length of the bar of the median, against the longest median of the table
    everyone: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """How often one reason was given; None where it was so seldom that it would point at somebody."""

    text: str
    gemeente: int | None
    household: int | None
    percent: int


async def show(visit: Visit) -> Response:
    """The waits and refusals of one gemeente, and beside them the waits of the others."""
    chooser = await choose(visit)
    if chooser.code is None:
        return visit.render("housing/waiting.html", rooms=rooms(visit), chooser=chooser)
    gateway = visit.gateway
    refused, *waits = await gateway.all_of(
        gateway.get(f"{HOUSING}/refusals", gemeentecode=chooser.code),
        *(gateway.get(f"{HOUSING}/waiting-times", gemeentecode=code) for code in chooser.codes),
    )
    by_code = dict(zip(chooser.codes, waits, strict=True))
    own = by_code[chooser.code]
    if isinstance(own, Fault):
        raise own
    long_waiting = own["longWaitingHouseholdIds"]
    no_offer = [] if isinstance(refused, Fault) else refused["largeFamiliesWithoutOffer"]
    return visit.render(
        "housing/waiting.html",
        rooms=rooms(visit),
        chooser=chooser,
        day=own["peildatum"],
        to_key=table(own["toKey"]),
        waiting=table(own["waiting"]),
        gemeenten=_beside(by_code, chooser),
        refused=None if isinstance(refused, Fault) else refused,
        refused_away=refused if isinstance(refused, Fault) else None,
        reasons=[] if isinstance(refused, Fault) else reasons(refused["refusals"]),
        long_waiting=long_waiting,
        no_offer=no_offer,
        named=NAMED,
        names=await _names(visit, [*long_waiting[:NAMED], *no_offer[:NAMED]]),
        fewest=FEWEST,
    )


def table(waits: Sequence[Json]) -> list[Row]:
    """A row for each kind of household, all together first. Where too few are behind a row it holds no months.

    A row that is hidden alone could be counted back from the total, so the next smallest is hidden with it.
    """
    kinds = [one for one in waits if one["householdType"] is not None]
    hidden = {one["householdType"] for one in kinds if one["households"] < FEWEST}
    rest = sorted((one for one in kinds if one["householdType"] not in hidden), key=_size)
    if len(hidden) == 1 and rest:
        hidden.add(rest[0]["householdType"])
    if sum(one["households"] for one in kinds) < FEWEST:
        hidden.add(None)
    longest = max((one["medianMonths"] for one in waits if one["householdType"] not in hidden), default=0)
    return [_row(one, hidden=one["householdType"] in hidden, longest=longest) for one in waits]


def _size(one: Json) -> int:
    return int(one["households"])


def _row(one: Json, *, hidden: bool, longest: float) -> Row:
    kind = one["householdType"]
    text = "Alle huishoudens" if kind is None else label("household-type-size", kind)
    if hidden:
        return Row(text, None, None, None, None, 0, everyone=kind is None)
    return Row(
        text,
        one["households"],
        one["meanMonths"],
        one["medianMonths"],
        one["maxMonths"],
        round(100 * one["medianMonths"] / longest) if longest else 0,
        everyone=kind is None,
    )


def reasons(counts: Sequence[Json]) -> list[Reason]:
    """Each reason with how often the gemeente and households gave it, the most often first."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: {"gemeente": 0, "household": 0})
    for one in counts:
        found[one["refusal"]][one["by"]] += one["matches"]
    ordered = sorted(found.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    shown = [(code, _shown(one["gemeente"]), _shown(one["household"])) for code, one in ordered]
    most = max(((gemeente or 0) + (household or 0) for _, gemeente, household in shown), default=0)
    return [
        Reason(
            label("refusal", code),
            gemeente,
            household,
            round(100 * ((gemeente or 0) + (household or 0)) / most) if most else 0,
        )
        for code, gemeente, household in shown
    ]


def _shown(number: int) -> int | None:
    return number if number == 0 or number >= FEWEST else None


def _beside(by_code: dict[str, Json | Fault], chooser: Chooser) -> list[Json]:
    """The waits of all households of each gemeente, where this person has more than one."""
    if len(chooser.codes) < len(("one", "other")):
        return []
    found = []
    for code, waits in by_code.items():
        sums = (
            {}
            if isinstance(waits, Fault)
            else {name: _everyone(waits[name]) for name in ("toKey", "waiting")}
        )
        found.append(
            {"code": code, "name": label("gemeente", code), "away": isinstance(waits, Fault), **sums}
        )
    return found


def _everyone(waits: Sequence[Json]) -> Row | None:
    return next((row for row in table(waits) if row.everyone), None)


async def _names(visit: Visit, ids: Sequence[str]) -> dict[str, Name]:
    answers = await visit.gateway.all_of(
        *(visit.gateway.get(f"{HOUSING}/households/{one}") for one in dict.fromkeys(ids))
    )
    return await names_of(visit, [one for one in answers if not isinstance(one, Fault)])
