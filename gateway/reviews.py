# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which agreements between gemeenten must be looked at again: their day came, or the law changed after them.

Source: audit report 9.1: the cooperation of Leidschendam-Voorburg, Voorschoten and Wassenaar still
rests on an agreement of 2011, renewed in 2017, while the Wet inburgering 2021 gave the gemeenten
other tasks; Leiden and Oegstgeest agreed anew in 2021.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

__all__ = ["LAWS", "Law", "Reason", "reasons"]


@dataclass(frozen=True, slots=True)
class Law:
    """A law that changed what gemeenten do. Who agreed after its adoption could know what it asks."""

    name: str
    adopted_on: date
    in_force_on: date
    source: str


LAWS: tuple[Law, ...] = (
    Law(
        "Wet inburgering 2021",
        adopted_on=date(2020, 12, 2),
        in_force_on=date(2022, 1, 1),
        source="Staatsblad 2021, 38 (wet van 2 december 2020); in werking op 1 januari 2022",
    ),
)
"""A next law is a next line."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an agreement must be looked at again."""

    code: Literal["older-than-law", "review-date-passed"]
    detail: str  # Dutch, for people


def reasons(
    *,
    agreed_on: date | None,
    review_on: date | None,
    valid_until: date | None,
    today: date,
    laws: Iterable[Law] = LAWS,
) -> tuple[Reason, ...]:
    """Return why an agreement must be looked at again; nothing for one that has ended.

    Args:
        agreed_on: when it was made or last renewed; None: not recorded, so nothing is said of it.
        review_on: the day on which the parties wanted to look at it again.
        valid_until: its last day.
        today: the legal day.
        laws: those that count, of all times.
    """
    if valid_until is not None and valid_until < today:
        return ()
    found = [
        Reason(
            "older-than-law",
            f"De afspraak is van {agreed_on:%d-%m-%Y}. De {law.name} geldt sinds {law.in_force_on:%d-%m-%Y}.",
        )
        for law in laws
        if law.in_force_on <= today and agreed_on is not None and agreed_on < law.adopted_on
    ]
    if review_on is not None and review_on <= today:
        found.append(
            Reason(
                "review-date-passed", f"Afgesproken was om dit op {review_on:%d-%m-%Y} opnieuw te bekijken."
            )
        )
    return tuple(found)
