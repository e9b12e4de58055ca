# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The clocks of intake: ten weeks for the PIP, and the term of three years that the PIP starts.

Rules 2.3 to 2.5, 2.7 and 3.1. All days are calendar days in Europe/Amsterdam.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from chassis.calendar import add_months, add_years, legal_due
from services.intake.rules.law import Law, PermitType, is_asylum_holder
from services.intake.rules.parameters import value_on

__all__ = [
    "PIP_RULE",
    "PipClock",
    "PipFacts",
    "Term",
    "ThirdPartyInformation",
    "early_day",
    "is_on_time",
    "pip_clock",
    "term",
    "third_party_refusal",
]

PIP_RULE = "pip-ten-weeks"
"""Code of the rule on every clock for a PIP, whatever started it."""


@dataclass(frozen=True, slots=True)
class ThirdPartyInformation:
    """Information without which the PIP could not reasonably be made (rule 2.4)."""

    requested_on: date
    received_on: date


@dataclass(frozen=True, slots=True)
class PipFacts:
    """What the ten weeks are reckoned from. None: not known, or it has not happened."""

    law: Law
    permit_type: PermitType
    duo_notice_on: date | None  # day of DUO's written notice of the duty
    brp_on: date | None  # registration in the gemeente of residence
    moved_on: date | None = None  # registration in the present gemeente, after a move
    information: tuple[ThirdPartyInformation, ...] = ()


@dataclass(frozen=True, slots=True)
class PipClock:
    """One run of the ten weeks. `due_on` is the last day that is still in time."""

    starts_on: date
    due_on: date
    article: str


def pip_clock(facts: PipFacts) -> PipClock | None:
    """Return the clock for the PIP, or nothing while none runs.

    It starts on the day of DUO's notice. An asylum holder who is not yet registered in the
    gemeente by then gets the ten weeks from that registration; until it, no clock runs, so a case
    that was opened at the coupling by COA cannot be late. After a move the new gemeente has ten
    weeks from the registration there. Under the Wi2013 there is no PIP and no clock.

    Only information of a third party moves the end: two weeks after its receipt. Illness and
    no-show do not.

    Source: Besluit inburgering 2021 art. 5.3 lid 1 to 3, jci1.3:c:BWBR0045555&artikel=5.3.
    """
    if facts.law == "wi2013":
        return None
    start = _start(facts)
    if start is None:
        return None
    starts_on, parameter, article = start
    due_on = legal_due(starts_on, value_on(parameter, starts_on))
    for information in sorted(facts.information, key=lambda one: one.received_on):
        if third_party_refusal(information, due_on=due_on) is not None:
            continue
        later = legal_due(information.received_on, value_on("pip-third-party", starts_on))
        if later > due_on:
            due_on, article = later, "Besluit inburgering 2021 art. 5.3 lid 2"
    return PipClock(starts_on, due_on, article)


def _start(facts: PipFacts) -> tuple[date, str, str] | None:
    """The day, the parameter and the article of the start."""
    notice = facts.duo_notice_on
    if notice is None:
        return None
    # A notice after the move starts the ordinary ten weeks: nothing was due at the old address.
    if facts.moved_on is not None and notice <= facts.moved_on:
        return facts.moved_on, "pip-moved", "Besluit inburgering 2021 art. 5.3 lid 3"
    if facts.moved_on is None and is_asylum_holder(facts.permit_type):
        if facts.brp_on is None:
            return None
        notice = max(notice, facts.brp_on)
    return notice, "pip-term", "Besluit inburgering 2021 art. 5.3 lid 1"


def third_party_refusal(information: ThirdPartyInformation, *, due_on: date) -> str | None:
    """The code of why this information gives no extra time, None if it does.

    It must have been asked for while the PIP could still be in time.

    Source: Besluit inburgering 2021 art. 5.3 lid 2.
    """
    if information.received_on < information.requested_on:
        return "received-before-requested"
    if information.requested_on > due_on:
        return "requested-after-due"
    return None


def is_on_time(signed_on: date, clock: PipClock | None) -> bool:
    """Whether a PIP of this day is in time. Where no clock runs nothing can be late."""
    return clock is None or signed_on <= clock.due_on


@dataclass(frozen=True, slots=True)
class Term:
    """The inburgeringstermijn, first and last day included."""

    starts_on: date
    ends_on: date


def term(first_signed_on: date) -> Term:
    """Return the term that the first PIP starts (rule 3.1).

    It starts on the day after the date on the FIRST PIP and lasts three calendar years; a PIP that
    is issued again, amended or annulled never moves it (rule 2.7). One term for leerroute, PVT
    and MAP. Only DUO extends it. Terms in years do not shift to a working day.

    Source: Wet inburgering 2021 art. 11 lid 1 to 3, jci1.3:c:BWBR0044770&artikel=11.
    """
    years = value_on("inburgeringstermijn", first_signed_on)
    return Term(first_signed_on + timedelta(days=1), add_years(first_signed_on, years))


def early_day(due_on: date, *, days: int = 0, months: int = 0) -> date:
    """The day of the early signal of a clock. How early is local policy, not law."""
    return add_months(due_on, -months) - timedelta(days=days)
