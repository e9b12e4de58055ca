# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Annual figures as somebody printed them: the facts of the account in them, and where they contradict themselves.

A printed figure is never mended in silence: the account follows the printed openings by dated
corrections, and each difference is a finding that a person can look at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.housing.rules.account import Annual, Correction, Fact, Opening

__all__ = ["Finding", "PrintedYear", "YearsNotInOrder", "read_printed"]


class YearsNotInOrder(ValueError):
    """The years do not follow each other."""


@dataclass(frozen=True, slots=True)
class PrintedYear:
    """One row of a printed table. All numbers are persons; `through` is the last day that the row covers."""

    year: int
    opening: int
    target: int
    total: int
    housed: int
    through: date


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a printed number is not what the numbers beside it make."""

    year: int
    kind: str  # opening-differs | total-differs
    printed: int
    computed: int

    @property
    def difference(self) -> int:
        """Printed less computed, in persons."""
        return self.printed - self.computed


def read_printed(
    gemeentecode: str, rows: Sequence[PrintedYear]
) -> tuple[list[Fact], list[tuple[Correction, Finding]], list[Finding]]:
    """Return the facts, the corrections with what each is for, and all findings.

    Args:
        gemeentecode: whose table it is.
        rows: one per year, in order, without gaps.

    Returns:
        The opening and the years; a correction on 1 January of each year whose printed opening is not
        the closing of the year before; and every finding, the wrong totals among them.

    Raises:
        YearsNotInOrder: a year is missing, double or out of order.

    Source: audit report, tables 3.2 to 3.5, which break in three openings and one total.
    """
    facts: list[Fact] = []
    corrections: list[tuple[Correction, Finding]] = []
    findings: list[Finding] = []
    closing = 0
    for place, row in enumerate(rows):
        if place == 0:
            facts.append(Opening(gemeentecode, date(row.year, 1, 1), row.opening))
        elif row.year != rows[place - 1].year + 1:
            raise YearsNotInOrder(f"{row.year} after {rows[place - 1].year}")
        elif row.opening != closing:
            finding = Finding(row.year, "opening-differs", row.opening, closing)
            findings.append(finding)
            corrections.append((Correction(gemeentecode, date(row.year, 1, 1), finding.difference), finding))
        if row.total != row.opening + row.target:
            findings.append(Finding(row.year, "total-differs", row.total, row.opening + row.target))
        facts.append(Annual(gemeentecode, row.year, row.target, row.housed, row.through))
        closing = row.opening + row.target - row.housed
    return facts, corrections, findings
