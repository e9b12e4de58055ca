# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the Province sees of each gemeente that it supervises: figures and the state of plans, no person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chassis.db import Tx
from services.housing.actions.account import balances
from services.housing.actions.ladder import Standing, standing_of
from services.housing.actions.plans import PlanView, read_plans
from services.housing.actions.standing import caller_of
from services.housing.rules.account import Account
from services.housing.rules.supervision import Quarter, quarters as quarters_of
from services.housing.store import account as accounts, supervision as store

__all__ = ["Supervised", "overview"]


@dataclass(frozen=True, slots=True)
class Supervised:
    """One gemeente under supervision."""

    gemeentecode: str
    standing: Standing
    quarters: Sequence[Quarter]
    plan: PlanView | None  # the last one drawn up by the peildatum
    unanswered_letters: int


async def overview(
    tx: Tx, peildatum: date, *, quarters: int, after: str | None, limit: int
) -> list[Supervised]:
    """The gemeenten that the caller supervises, by code, after one of them."""
    known = sorted(code for code in caller_of(tx).known_codes if after is None or code > after)[:limit]
    found = await balances(tx, known, peildatum)
    facts = await accounts.facts(tx, known, peildatum)
    steps = await store.steps_of(tx, known)
    last_plans = {
        row.gemeentecode: row for row in await store.plans_of(tx, known) if row.drawn_up_on <= peildatum
    }
    views = {
        view.plan.gemeentecode: view for view in await read_plans(tx, list(last_plans.values()), peildatum)
    }
    letters = await store.unanswered_letters(tx, known, peildatum)
    return [
        Supervised(
            code,
            standing_of(
                found.get(code) or Account(code, []),
                [row for row in steps if row.gemeentecode == code],
                peildatum,
            ),
            quarters_of(facts, code, peildatum, count=quarters),
            views.get(code),
            letters.get(code, 0),
        )
        for code in known
    ]
