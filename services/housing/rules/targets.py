# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Rule 9.1 and 9.3: the taakstelling of a half-year, its revisions, and targets that gemeenten swap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

__all__ = ["NationalNumber", "SwapFault", "in_force", "shares", "swap_deltas", "swap_faults", "target_of"]

_FEWEST_PARTIES = 2


@dataclass(frozen=True, slots=True)
class NationalNumber:
    """The persons to be housed in the whole country in one half-year, as published on a day."""

    persons: int
    published_on: date
    reason: str | None = None  # of a revision


def target_of(national: int, inhabitants: int, inhabitants_national: int) -> int:
    """Return the taakstelling of a gemeente for a half-year, in persons.

    In proportion to the inhabitants, always rounded up: the sum over all gemeenten is never below
    the national number.

    Args:
        national: persons to be housed in the country in the half-year.
        inhabitants: of the gemeente, CBS, on 1 January of the year before that of the half-year.
        inhabitants_national: of the country on that day.

    Raises:
        ValueError: a number is negative, or the country has fewer inhabitants than the gemeente.

    Source: Huisvestingswet 2014 art. 29 lid 1, jci1.3:c:BWBR0035303&artikel=29.

    >>> target_of(15_000, 80_000, 18_000_000)
    67
    """
    if national < 0 or inhabitants < 0 or inhabitants_national < max(1, inhabitants):
        raise ValueError(f"no share of {national} for {inhabitants} of {inhabitants_national} inhabitants")
    return -(-national * inhabitants // inhabitants_national)


def shares(national: int, inhabitants: Mapping[str, int], inhabitants_national: int) -> dict[str, int]:
    """Return the taakstelling of each gemeente by its code."""
    return {code: target_of(national, count, inhabitants_national) for code, count in inhabitants.items()}


def in_force(versions: Sequence[NationalNumber], peildatum: date) -> NationalNumber | None:
    """Return the number that held on a day: the last one published by then; None when none was.

    A revision replaces the number from its publication on; the older version stays for who looks
    back (2025-1: 17,700, lowered to 15,000; audit report, section 3.2).
    """
    known = [version for version in versions if version.published_on <= peildatum]
    return max(known, key=lambda version: version.published_on, default=None)


@dataclass(frozen=True, slots=True)
class SwapFault:
    """Why a swap is refused. `gemeentecode` is None where the whole is at fault."""

    code: str  # parties | unknown-target | negative | unchanged | sum-differs
    gemeentecode: str | None = None
    before: int = 0
    after: int = 0


def swap_faults(before: Mapping[str, int], after: Mapping[str, int]) -> list[SwapFault]:
    """Return what is wrong with a swap of targets (uitruil); nothing when it is right.

    Two or more gemeenten may jointly change their targets; the sum stays equal.

    Args:
        before: the targets in force of the half-year, in persons, by gemeentecode.
        after: the targets that the parties agree on.

    Source: Huisvestingswet 2014 art. 29 lid 2; under the Spreidingswet reception places are swapped
        against housing in the same way, only by provincial plan and distribution decision.

    >>> swap_faults({"0629": 67, "1916": 40}, {"0629": 60, "1916": 47})
    []
    >>> swap_faults({"0629": 67, "1916": 40}, {"0629": 60, "1916": 48})[0].code
    'sum-differs'
    """
    if len(after) < _FEWEST_PARTIES:
        return [SwapFault("parties")]
    faults = [SwapFault("unknown-target", code) for code in after if code not in before]
    faults += [SwapFault("negative", code, after=count) for code, count in after.items() if count < 0]
    if faults:
        return faults
    faults = [
        SwapFault("unchanged", code, before[code], count)
        for code, count in after.items()
        if before[code] == count
    ]
    was, becomes = sum(before[code] for code in after), sum(after.values())
    if was != becomes:
        faults.append(SwapFault("sum-differs", before=was, after=becomes))
    return faults


def swap_deltas(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """Return what a right swap adds to each target; the sum is zero.

    Raises:
        ValueError: the swap is not right (`swap_faults` says why).
    """
    faults = swap_faults(before, after)
    if faults:
        raise ValueError(f"no swap: {', '.join(fault.code for fault in faults)}")
    return {code: count - before[code] for code, count in after.items()}
