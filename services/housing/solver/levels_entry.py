# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The door of the process that solves a component: HiGHS and numpy are loaded there and nowhere else."""

from collections.abc import Iterator
from typing import Any

__all__ = ["solve_component"]


def solve_component(data: bytes) -> Iterator[dict[str, Any]]:
    """Solve one component; see `levels.solve_component`."""
    from services.housing.solver import levels  # noqa: PLC0415 - only the child may load the solver

    yield from levels.solve_component(data)
