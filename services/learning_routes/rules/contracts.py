# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The terms of a contract, and which of them hold on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.learning_routes.rules.placements import StartTerm

__all__ = ["Terms", "TermsHistory"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a school promised, from a day on."""

    valid_from: date
    unexcused_limit: int  # lessons without excuse that make a signal
    sickness_percent: Decimal  # signal above this share of the registered lesson hours
    group_max: int  # persons
    start: StartTerm
    lesson_hours_mark: Decimal | None  # attended hours after which an evaluation is due; None: never
    late_entry_months: int  # calendar months in which an entry needs no approval


class TermsHistory:
    """The terms of one contract in the order of their days; never empty."""

    def __init__(self, terms: Iterable[Terms]) -> None:
        self._terms = sorted(terms, key=lambda each: each.valid_from)
        if not self._terms:
            raise ValueError("a contract has at least one row of terms")

    def on(self, day: date) -> Terms:
        """The terms that hold on `day`: the last that began; before all of them the first.

        A placement runs on under its contract after the contract's last day, so the last row
        holds until it ends.
        """
        held = self._terms[0]
        for terms in self._terms:
            if terms.valid_from <= day:
                held = terms
        return held

    def unexcused_limit_on(self, day: date) -> int:
        """The absences that make a signal, for a lesson on `day`."""
        return self.on(day).unexcused_limit
