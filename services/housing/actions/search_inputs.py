# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a search was asked and answered, kept for a while, so that a question about it can be computed later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from chassis.db import Tx
from services.housing.actions.instances import Question
from services.housing.errors import SearchInputGone
from services.housing.models import ProposalRun, SearchInput
from services.housing.solver import (
    MODEL,
    Instance,
    Level,
    Options,
    Region,
    Solution,
    Values,
    read_instance,
    values_of,
)
from services.housing.store import searches

__all__ = ["Kept", "keep_input", "kept_input", "standing"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A search as it was: what it knew, and what it answered."""

    instance: Instance
    solution: Solution


def keep_input(tx: Tx, run: ProposalRun, asked: Question, solution: Solution) -> None:
    """Keep the input of a search that is done, for as many days as the settings say."""
    tx.add(
        SearchInput(
            run_id=run.id,
            document=asked.document,
            options={
                "pins": sorted(asked.pins),
                "bans": sorted(asked.bans),
                "mostExchanges": solution.options.max_exchanges,
                "model": MODEL,
            },
            regions=[
                {
                    "municipalities": list(region.municipalities),
                    "assignments": [list(pair) for pair in region.assignments],
                    "levels": [level.document() for level in region.levels],
                }
                for region in solution.regions
            ],
            household_ids=[UUID(one["id"]) for one in asked.document["households"]],
            kept_until=tx.today + timedelta(days=tx.settings.search_input_days),
        )
    )


async def kept_input(tx: Tx, run: ProposalRun) -> Kept:
    """The search as it was.

    Raises:
        SearchInputGone: its term is over, or somebody in it was destroyed.
    """
    row = await _row(tx, run)
    if row is None:
        raise SearchInputGone("Wat deze zoekopdracht wist, wordt niet meer bewaard.")
    instance = read_instance(row.document)
    return Kept(instance, _solution(run, row, instance))


async def standing(
    tx: Tx, scope: str, asked: Question, *, most_exchanges: int | None, seconds: int
) -> Callable[[Instance], Solution] | None:
    """What the last search on a scope found, if since then only pins and bans changed.

    From there an answer comes in seconds and differs little. Who asks the very same once more wants a
    better answer than that one was, so that begins from nothing. The solution is put together from the instance
    that was read of what is asked, which is the same, once the transaction is over: that is computing.

    Args:
        tx: the transaction.
        scope: of the search.
        asked: what it knows and what is laid down.
        most_exchanges: how many exchanges it may use.
        seconds: how long it may take: what was found in less is no place to begin.
    """
    last = await searches.last_done(tx, scope)
    if last is None or int(last.options["seconds"]) < seconds:
        return None
    row = await _row(tx, last)
    if row is None or row.options.get("model") != MODEL:
        return None  # what another model proved is no bound for this one
    before = _options(row)
    if before.max_exchanges != most_exchanges or (before.pins, before.bans) == (asked.pins, asked.bans):
        return None
    return partial(_solution, last, row) if row.document == asked.document else None


async def _row(tx: Tx, run: ProposalRun) -> SearchInput | None:
    """What is kept of a search, as long as its term runs."""
    row = await tx.get(SearchInput, run.id)
    return None if row is None or row.kept_until < tx.today else row


def _solution(run: ProposalRun, row: SearchInput, instance: Instance) -> Solution:
    regions = tuple(_region(one) for one in row.regions)
    assignments = tuple(pair for region in regions for pair in region.assignments)
    return Solution(
        name=instance.name,
        sha256=run.input_digest or "",
        solver=run.outcome["solver"],
        options=_options(row),
        assignments=assignments,
        values=values_of(instance, assignments),
        by_hand=Values(**run.outcome["byHand"]),
        regions=regions,
    )


def _options(row: SearchInput) -> Options:
    return Options(
        pins=frozenset((one[0], one[1]) for one in row.options["pins"]),
        bans=frozenset((one[0], one[1]) for one in row.options["bans"]),
        max_exchanges=row.options["mostExchanges"],
    )


def _region(told: Mapping[str, Any]) -> Region:
    return Region(
        municipalities=tuple(told["municipalities"]),
        assignments=tuple((one[0], one[1]) for one in told["assignments"]),
        levels=tuple(
            Level(one["level"], one["value"], one["bound"], one["proven"]) for one in told["levels"]
        ),
    )
