# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why a search did not propose a pair: the rule that it breaks, or what it would cost others (HO-06, PX-16).

A rule is told at once. A price needs a run of its own, outside the request. The answer is about the search as
it was; what has changed since is not in it.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from chassis.background import enqueue
from chassis.db import Operation, Tx
from chassis.errors import NotFound
from chassis.service import BackgroundJob, Context
from services.housing.actions import reasons as words
from services.housing.actions.households import look_at_ids
from services.housing.actions.search_inputs import Kept, kept_input
from services.housing.actions.visibility import unknown_reference
from services.housing.errors import NotInSearch, SearchInputGone, SearchNotDone
from services.housing.models import Dwelling, Explanation, Household, ProposalRun
from services.housing.solver import InstanceFault, WhyNot, why_not
from services.housing.store import explanations as store, searches

__all__ = ["WHY_NOT", "ask_why_not", "explain", "forget_old_inputs", "visible_explanation"]

WHY_NOT = "why-not"
"""The kind of job."""

_SECONDS = 8.0
_LOCATED = {
    "household": ("/householdId", words.HOUSEHOLD_LEFT_OUT),
    "dwelling": ("/dwellingId", words.DWELLING_LEFT_OUT),
}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is kept of an answer."""

    outcome: str  # proposed | rule | together | price
    text: str
    rule: str | None = None
    price: dict[str, Any] | None = None
    losing: tuple[str, ...] = ()
    together: tuple[tuple[str, str], ...] = field(default=())


async def ask_why_not(tx: Tx, *, run_id: UUID, household_id: UUID, dwelling_id: UUID) -> Explanation:
    """Explain why a pair was not proposed, or begin to compute what it would cost.

    The same question again answers what is known; one that failed is asked anew.

    Raises:
        NotFound: there is no such search, or it is not the caller's.
        ReferenceNotYetKnown, AgreementMissing: there is no such household or dwelling, or not for the caller.
        SearchNotDone, SearchInputGone, NotInSearch: the search cannot tell.
    """
    there = await searches.still_there(tx, dwelling_ids=[dwelling_id], household_ids=[household_id])
    run = await tx.get(ProposalRun, run_id, lock=True)  # two who ask the same take turns
    if run is None:
        raise NotFound("Een zoekopdracht met dit nummer is niet gevonden.")
    if run.status != "done":
        raise SearchNotDone("Deze zoekopdracht heeft geen uitkomst: zij loopt nog, is gestopt of mislukt.")
    if household_id not in there or await tx.get(Household, household_id) is None:
        raise await unknown_reference(tx, household_id, "/householdId", "Een huishouden")
    if await tx.get(Dwelling, dwelling_id) is None:
        raise await unknown_reference(tx, dwelling_id, "/dwellingId", "Een woning")
    row = await store.explanation_of(tx, run_id, household_id, dwelling_id)
    if row is not None and (await _is_computing(tx, row) or row.status == "done"):
        await _look(tx, row)
        return row
    kept = await kept_input(tx, run)
    answer = _at_once(kept, str(household_id), str(dwelling_id))
    if row is None:
        row = Explanation(
            run_id=run_id,
            household_id=household_id,
            dwelling_id=dwelling_id,
            asked_on=tx.today,
            asked_by=tx.acting.subject,
            status="computing",
        )
        tx.add(row)
    if answer is not None:
        _keep(row, answer)
    else:
        row.status, row.answer = "computing", {}
        await tx.flush()
        row.job_id = await enqueue(tx, WHY_NOT, payload={"explanation": str(row.id)})
    await tx.flush()
    await _look(tx, row)
    return row


async def forget_old_inputs(tx: Tx, *, limit: int) -> int:
    """Let go of inputs of searches whose last day is over, or that name a destroyed household; answers how many."""
    return await store.forget_inputs(tx, before=tx.today, limit=limit)


async def visible_explanation(tx: Tx, *, run_id: UUID, explanation_id: UUID) -> tuple[Explanation, bool]:
    """An explanation of a search that the caller sees, and whether it is still being computed.

    Raises:
        NotFound: it is not there, or not the caller's.
    """
    row = await tx.get(Explanation, explanation_id)
    if row is None or row.run_id != run_id:
        raise NotFound("Een uitleg met dit nummer is niet gevonden.")
    computing = await _is_computing(tx, row)
    if not computing:
        await _look(tx, row)
    return row, computing


async def _look(tx: Tx, row: Explanation) -> None:
    """Log the look at the people of every household that the answer names."""
    await look_at_ids(tx, {row.household_id, *row.other_ids})


async def _is_computing(tx: Tx, row: Explanation) -> bool:
    """Whether the answer is still to come; where it has come meanwhile, the row has it after this.

    Raises:
        NotFound: it is gone.
    """
    if row.status != "computing" or row.job_id is None:
        return False
    if await store.is_under_way(tx, row.job_id):
        return True
    now = select(Explanation).where(col(Explanation.id) == row.id)
    # The work may have ended after the row was read, or the row gone with a household.
    if await tx.scalar(now.execution_options(populate_existing=True)) is None:
        raise NotFound("Een uitleg met dit nummer is niet gevonden.")
    return False


def _at_once(kept: Kept, household: str, dwelling: str) -> _Answer | None:
    """What needs no run: the pair was proposed, or a rule forbids it."""
    instance = kept.instance
    for side, known, asked in (
        ("household", instance.households, household),
        ("dwelling", instance.dwellings, dwelling),
    ):
        if asked not in known:
            pointer, told = _LOCATED[side]
            raise NotInSearch.on(pointer, told, code="not-in-search")
    if (household, dwelling) in kept.solution.assignments:
        return _Answer("proposed", words.PROPOSED)
    broken = words.broken_rule(instance, household, dwelling)
    if broken is not None:
        return _Answer("rule", broken.text, rule=broken.rule)
    return None


async def explain(context: Context, job: BackgroundJob, *, operation: Operation) -> dict[str, Any]:
    """Compute what a pair would cost others, and keep the answer; from the start also after a kill."""
    explanation_id = UUID(job.payload["explanation"])
    async with context.begin(job.caller, operation=operation) as tx:
        row = await tx.get(Explanation, explanation_id)
        if row is None:  # the household was destroyed meanwhile
            return {}
        pair = (str(row.household_id), str(row.dwelling_id))
        run = await tx.get(ProposalRun, row.run_id)
        try:
            kept = None if run is None else await kept_input(tx, run)
        except SearchInputGone:
            kept = None
    if kept is None:
        answer = None
    else:
        try:
            answer = _computed(await why_not(kept.instance, kept.solution, *pair, seconds=_SECONDS), kept)
        except InstanceFault:  # nothing was found in the time, or nothing can be
            answer = None
    async with context.begin(job.caller, operation=operation) as tx:
        named = set() if answer is None else _others(answer)
        there = await searches.still_there(
            tx, dwelling_ids=[UUID(pair[1])], household_ids={UUID(pair[0]), *named}
        )
        row = await tx.get(Explanation, explanation_id, lock=True)
        if row is None:
            return {}
        if kept is None or named - there:  # who was destroyed meanwhile is not named again
            row.status, row.answer = "failed", {"text": words.INPUT_GONE}
        elif answer is None:
            row.status, row.answer = "failed", {"text": words.UNDECIDED}
        else:
            _keep(row, answer)
        await tx.flush()
        await job.advance(tx, 99, {})
    return {}


def _computed(found: WhyNot, kept: Kept) -> _Answer:
    if found.price is None:
        together = tuple((str(one), str(home)) for one, home in found.clash)
        others = tuple(pair for pair in together if pair != (found.household, found.dwelling))
        return _Answer("together", words.TOGETHER if others else words.LIMIT, together=others)
    price = found.price
    excluded = (found.household, found.dwelling) in kept.solution.options.bans
    return _Answer(
        "price",
        words.price_in_words(
            persons=price.persons_fewer,
            weeks=price.weeks_more,
            points=price.points_fewer,
            losing=len(price.displaced),
            proven=price.proven,
            excluded=excluded,
        ),
        price={
            "personsFewer": price.persons_fewer,
            "weeksMore": price.weeks_more,
            "pointsFewer": price.points_fewer,
            "proven": price.proven,
            "excluded": excluded,
        },
        losing=tuple(str(one) for one in price.displaced),
    )


def _keep(row: Explanation, answer: _Answer) -> None:
    row.status = "done"
    row.answer = {"outcome": answer.outcome, "text": answer.text, "rule": answer.rule, "price": answer.price}
    row.others = {"losing": list(answer.losing), "together": [list(pair) for pair in answer.together]}
    row.other_ids = sorted(_others(answer))


def _others(answer: _Answer) -> set[UUID]:
    """The other households that an answer names."""
    return {UUID(one) for one in (*answer.losing, *(pair[0] for pair in answer.together))}
