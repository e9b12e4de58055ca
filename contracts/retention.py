# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How long each kind of data about a person may be kept: dated rows, and pure functions over them.

The terms are the same for every service, and services never import each other, so they stand
beside the events. A changed law is a new row and an end date on the old one.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

__all__ = [
    "TERMS",
    "Category",
    "Due",
    "DutyEnd",
    "Manner",
    "Stage",
    "Term",
    "destruction_due",
    "last_day",
    "term_on",
]


class Category(StrEnum):
    """A kind of data, by how long it may be kept."""

    DOSSIER = "dossier"  # everything about the person that is not named below
    HEALTH = "health"  # facts about health: kept apart, never longer than the dossier
    SHORT_LIST = "short-list"  # BSN, name, address, birth date, exemption, how the duty was met
    ACCESS_LOG = "access-log"  # who looked at the person
    TECHNICAL = "technical"  # events on their way, kept answers, long work: it empties itself
    BACKUP = "backup"  # copies of all of it


class Stage(StrEnum):
    """How far a destruction goes."""

    REDUCED = "reduced"  # the short list stays
    DESTROYED = "destroyed"  # nothing stays


class Manner(StrEnum):
    """How a duty ended."""

    MET = "met"
    EXEMPT = "exempt"
    DISPENSATION = "dispensation"
    LEFT = "left"
    DIED = "died"


Since = Literal["duty-ended", "death", "destroyed", "made"]


@dataclass(frozen=True, slots=True)
class Term:
    """One term, in force from `valid_from` to and including `valid_to` (None: still).

    `standing` says how sure the source is, as with the numbers of the law: `verified` was read in the
    law, `policy` is a choice of the platform that a controller may shorten.
    """

    code: str
    category: Category
    since: Since
    years: int
    days: int
    stage: Stage | None  # what the end of the term does to a person; None: nothing, rows go by themselves
    valid_from: date
    valid_to: date | None
    source: str
    standing: Literal["verified", "policy"]

    def holds_on(self, day: date) -> bool:
        """Whether this row is in force on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class DutyEnd:
    """The day on which a duty ended, and how."""

    ended_on: date
    manner: Manner


@dataclass(frozen=True, slots=True)
class Due:
    """What must happen to a person's data, and from which day."""

    stage: Stage
    due_on: date
    term: Term
    held_by: tuple[str, ...] = ()  # reasons why it may not happen yet


_WI2021 = date(2022, 1, 1)
_BESLUIT = "Besluit inburgering 2021 art. 9.9"
_HEALTH = f"{_BESLUIT} en Wet inburgering 2021 art. 37 lid 2"
_AVG = "AVG art. 5 lid 1 onder e"

TERMS: tuple[Term, ...] = (
    Term(
        "dossier-five-years",
        Category.DOSSIER,
        "duty-ended",
        5,
        0,
        Stage.REDUCED,
        _WI2021,
        None,
        _BESLUIT,
        "verified",
    ),
    Term(
        "health-five-years",
        Category.HEALTH,
        "duty-ended",
        5,
        0,
        Stage.REDUCED,
        _WI2021,
        None,
        _HEALTH,
        "verified",
    ),
    Term("at-death", Category.DOSSIER, "death", 0, 0, Stage.DESTROYED, _WI2021, None, _BESLUIT, "verified"),
    Term(
        "short-list-fifty-years",
        Category.SHORT_LIST,
        "duty-ended",
        50,
        0,
        Stage.DESTROYED,
        _WI2021,
        None,
        _BESLUIT,
        "verified",
    ),
    Term(
        "access-log-two-years",
        Category.ACCESS_LOG,
        "destroyed",
        2,
        0,
        None,
        _WI2021,
        None,
        "AVG art. 5 lid 2",
        "policy",
    ),
    Term("events-seven-days", Category.TECHNICAL, "made", 0, 7, None, _WI2021, None, _AVG, "policy"),
    Term("backup-thirty-five-days", Category.BACKUP, "made", 0, 35, None, _WI2021, None, _AVG, "policy"),
)
"""Every term that the platform keeps to."""


def term_on(category: Category, since: Since, day: date, terms: Iterable[Term] = TERMS) -> Term:
    """The term of a category that is in force on a day.

    Raises:
        LookupError: no row holds on that day.
    """
    for term in terms:
        if term.category == category and term.since == since and term.holds_on(day):
            return term
    raise LookupError(f"no term for {category} since {since} holds on {day.isoformat()}")


def last_day(term: Term, began_on: date) -> date:
    """The last day on which data may still be there.

    Five years after 29 February 2024 is 28 February 2029: the term never grows longer by the calendar.
    """
    year = began_on.year + term.years
    try:
        moved = began_on.replace(year=year)
    except ValueError:
        moved = date(year, 2, 28)
    return moved + timedelta(days=term.days)


def destruction_due(
    end: DutyEnd,
    *,
    reduced: bool,
    holds: Collection[str],
    today: date,
    grace_days: int = 0,
    terms: Iterable[Term] = TERMS,
) -> Due:
    """What must happen next to the data of a person whose duty ended, and from which day.

    At death everything goes, the short list too: it serves to show that a living person met the
    duty. Otherwise the dossier goes after five years and the short list after fifty.

    Args:
        end: how and when the duty ended.
        reduced: whether only the short list is left already.
        holds: reasons why nothing may be destroyed now, such as a running appeal.
        today: decides which rows are in force.
        grace_days: days after a death in which it can still be found to be a mistake.
        terms: the rows to reckon with.

    Examples:
        Ended on 1-3-2024, met → reduced from 2-3-2029; then destroyed from 2-3-2074.
        Died on 1-3-2024 → destroyed from 1-3-2024.
    """
    rows = tuple(terms)
    if end.manner is Manner.DIED:
        term = term_on(Category.DOSSIER, "death", today, rows)
        return Due(
            Stage.DESTROYED,
            last_day(term, end.ended_on) + timedelta(days=grace_days),
            term,
            tuple(sorted(holds)),
        )
    category = Category.SHORT_LIST if reduced else Category.DOSSIER
    term = term_on(category, "duty-ended", today, rows)
    due_on = last_day(term, end.ended_on) + timedelta(days=1)
    return Due(Stage.DESTROYED if reduced else Stage.REDUCED, due_on, term, tuple(sorted(holds)))
