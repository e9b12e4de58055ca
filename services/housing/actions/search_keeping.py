# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What comes out of a search: worked out first, without a transaction, and then kept in one that is short."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.db import Tx
from chassis.service import BackgroundJob
from services.housing.actions.instances import Question
from services.housing.actions.search_inputs import keep_input
from services.housing.actions.tasks import open_task
from services.housing.errors import SearchNotPossible
from services.housing.models import Household, Proposal, ProposalRun
from services.housing.rules.codes import TaskKind
from services.housing.solver import Instance, RulePrice, Solution, cards, fairness
from services.housing.solver.pairs import first_broken, fits_whole, quality
from services.housing.store import searches

__all__ = ["Found", "HouseholdsGone", "keep", "work_out"]

_ALTERNATIVES = 3
_PASSED_OVER_DAYS = 28


class HouseholdsGone(Exception):
    """A household that a search knew was destroyed while it computed: nothing of that search may be kept."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a solution means, ready to be kept."""

    proposals: Sequence[Mapping[str, Any]]  # the columns of each, in the order of their rank
    fair: Mapping[str, Any]


def work_out(instance: Instance, solution: Solution) -> Found:
    """Rank and explain what was found: all that is computed, and nothing that is stored."""
    ranked = sorted(
        cards(instance, solution.assignments),
        key=lambda card: (-card.urgency, -card.score, str(card.household)),
    )
    served = {str(one) for one, _ in solution.assignments}
    return Found(
        [_proposal(instance, served, rank, card) for rank, card in enumerate(ranked, start=1)],
        fairness(instance, solution.assignments),
    )


def _proposal(instance: Instance, served: Collection[str], rank: int, card: Any) -> dict[str, Any]:
    household = instance.households[card.household]
    dwelling = instance.dwellings[card.dwelling]
    return {
        "rank": rank,
        "household_id": UUID(str(card.household)),
        "dwelling_id": UUID(str(card.dwelling)),
        "gemeentecode": str(household.municipality),
        "dwelling_gemeentecode": str(dwelling.municipality),
        "persons": household.persons,
        "score": card.score,
        "urgency": card.urgency,
        "reasons": {
            "shared": card.shared,
            "points": dict(card.points),
            "notAsked": _not_asked(household),
            "rules": [{"rule": one.rule, "passed": one.passed, "fact": one.datum} for one in card.rules],
            "weeksWaiting": card.weeks_waiting,
            "weeksOverTerm": card.weeks_over_term,
            "movingOn": card.moving_on,
        },
        "alternatives": _alternatives(instance, served, str(card.household), str(card.dwelling)),
    }


def _not_asked(household: Any) -> list[str]:
    """The parts of the score that every dwelling gets in full, since this household has no such wish."""
    wishes = {"work": household.work, "family": household.family, "school": household.school or None}
    return [term for term, wish in wishes.items() if wish is None]


def _alternatives(
    instance: Instance, served: Collection[str], household: str, dwelling: str
) -> dict[str, Any]:
    """The other dwellings that would fit this household, and the other households that would fit this dwelling."""
    who, where = instance.households[household], instance.dwellings[dwelling]
    homes: list[dict[str, Any]] = [
        {"dwellingId": str(home.id), "score": quality(instance, who, home, shared=not fits_whole(who, home))}
        for home in instance.dwellings.values()
        if home.id != dwelling and first_broken(who, home) is None
    ]
    others: list[dict[str, Any]] = [
        {
            "householdId": str(one.id),
            "proposed": str(one.id) in served,
            "urgency": instance.urgency(one),
            "score": quality(instance, one, where, shared=not fits_whole(one, where)),
        }
        for one in instance.households.values()
        if one.id != household and first_broken(one, where) is None
    ]
    homes.sort(key=lambda one: (-one["score"], one["dwellingId"]))
    others.sort(key=lambda one: (-one["urgency"], -one["score"], one["householdId"]))
    return {
        "dwellings": homes[:_ALTERNATIVES],
        "households": others[:_ALTERNATIVES],
        "fittingDwellings": len(homes) + 1,
        "fittingHouseholds": len(others) + 1,
        "leftWaiting": sum(not one["proposed"] for one in others),
    }


async def keep(
    tx: Tx,
    job: BackgroundJob,
    asked: Question,
    solution: Solution,
    prices: Sequence[RulePrice],
    found: Found,
) -> dict[str, Any]:
    """Keep all of it at once, as long as this worker still holds the job.

    Raises:
        HouseholdsGone: one that is in it was destroyed since it began; nothing is kept.
        SearchNotPossible: the search itself is gone.
    """
    asked_of = {UUID(one["id"]) for one in asked.document["households"]}
    named = asked_of | {one.household_id for one in asked.unused}
    used = [columns["dwelling_id"] for columns in found.proposals]
    if named - await searches.still_there(tx, dwelling_ids=used, household_ids=named):
        raise HouseholdsGone
    run = await tx.get(ProposalRun, job.id, lock=True)
    if run is None:
        raise SearchNotPossible("De zoekopdracht is niet meer bekend.")
    for columns in found.proposals:
        tx.add(Proposal(run_id=job.id, status="open", **columns))
    run.status = "done"
    run.input_digest = solution.sha256
    run.finished_at = tx.now
    run.outcome = _outcome(asked, solution, prices, found.fair)
    keep_input(tx, run, asked, solution)
    await _guard(tx, found.fair)
    result = {"proposals": len(found.proposals)}
    await tx.flush()
    await job.advance(tx, 99, result)
    return result


def _outcome(
    asked: Question, solution: Solution, prices: Sequence[RulePrice], fair: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "solver": solution.solver,
        "proven": solution.proven,
        "levels": [level.document() for level in solution.levels],
        "values": asdict(solution.values),
        "byHand": asdict(solution.by_hand),
        "seconds": round(solution.seconds, 2),
        "households": len(asked.document["households"]),
        "dwellings": len(asked.document["dwellings"]),
        "targets": {one["id"]: one["target"] for one in asked.document["municipalities"]},
        "rulePrices": [asdict(price) for price in prices],
        "fairness": dict(fair),
        "unusedPins": [
            {
                "pinId": str(one.pin_id),
                "householdId": str(one.household_id),
                "dwellingId": str(one.dwelling_id),
                "why": one.why,
            }
            for one in asked.unused
        ],
        "solution": [list(pair) for pair in solution.assignments],
    }


async def _guard(tx: Tx, fair: Mapping[str, Any]) -> None:
    """Nobody waits unseen: who was passed over for half a year becomes a task for a person."""
    for found in fair.get("passed_over", ()):
        household = await tx.get(Household, UUID(str(found)))  # `keep` holds its lock
        if household is not None:
            await open_task(tx, household, TaskKind.PASSED_OVER, tx.today + timedelta(days=_PASSED_OVER_DAYS))
