# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The door of the processes that solve: HiGHS and numpy are loaded there and nowhere else."""

from collections.abc import Iterator
from typing import Any

__all__ = ["most_at_once", "solve_component"]


def solve_component(data: bytes) -> Iterator[dict[str, Any]]:
    """Solve one component; see `levels.solve_component`."""
    from services.housing.solver import levels  # noqa: PLC0415 - only the child may load the solver

    yield from levels.solve_component(data)


def most_at_once(data: bytes) -> Iterator[dict[str, Any]]:
    """Count for each question the most households that can have a home at once.

    Args:
        data: JSON of a list of questions, each with `whole` (pairs of a household and a home), `shared` (a household,
            a home and the share group in which it may have a place there), `places` (of each home that may be
            shared the fewest who open it and the most), `owners` (lists of homes, of which at most so many are
            used) and `seconds`.

    Yields:
        For each question `{"most": n, "proven": bool}`.
    """
    from services.housing.solver import most  # noqa: PLC0415 - only the child may load the solver

    yield from most.most_at_once(data)
