# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The only place that speaks to HiGHS: a programme in, a solver ready to run out. Loaded in child processes only."""

from collections.abc import Mapping, Sequence
from typing import Any

import highspy
import numpy as np

from services.housing.solver.model import Row

__all__ = ["SEED", "bounded", "fresh", "loaded", "prepared", "written"]

SEED = 0


def fresh() -> highspy.Highs:
    """Return a silent solver."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    return solver


def written(
    terms: Mapping[int, float],
    rows: Sequence[Row],
    *,
    lower: Sequence[float],
    upper: Sequence[float],
    whole: Sequence[bool] | None,
    least: bool,
) -> highspy.HighsLp:
    """Write a programme. `whole` None leaves every column free between its bounds."""
    programme = highspy.HighsLp()
    size = len(upper)
    programme.num_col_ = size
    programme.num_row_ = len(rows)
    programme.col_cost_ = np.array([terms.get(column, 0.0) for column in range(size)])
    programme.col_lower_ = np.array(lower)
    programme.col_upper_ = np.array(upper)
    programme.row_lower_ = np.array([row.lower for row in rows])
    programme.row_upper_ = np.array([row.upper for row in rows])
    programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    programme.a_matrix_.start_ = np.cumsum([0, *(len(row.columns) for row in rows)])
    programme.a_matrix_.index_ = np.array([column for row in rows for column in row.columns], dtype=np.int32)
    programme.a_matrix_.value_ = np.array([value for row in rows for value in row.values])
    if whole is not None:
        programme.integrality_ = [
            highspy.HighsVarType.kInteger if one else highspy.HighsVarType.kContinuous for one in whole
        ]
    programme.sense_ = highspy.ObjSense.kMinimize if least else highspy.ObjSense.kMaximize
    return programme


def bounded(programme: highspy.HighsLp, lower: Sequence[float], upper: Sequence[float]) -> None:
    """Let the columns of a programme lie between other bounds."""
    programme.col_lower_ = np.array(lower)
    programme.col_upper_ = np.array(upper)


def loaded(programme: highspy.HighsLp, seconds: float) -> highspy.Highs:
    """Give a programme to a solver: one thread, one seed, and a gap below 1 counts as a proof.

    All objectives here are whole numbers, so that no better one fits into such a gap.
    """
    solver = fresh()
    settings: dict[str, Any] = {
        "threads": 1,
        "random_seed": SEED,
        "time_limit": seconds,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 0.99,
    }
    for name, value in settings.items():
        solver.setOptionValue(name, value)
    solver.passModel(programme)
    return solver


def prepared(
    terms: Mapping[int, float],
    rows: Sequence[Row],
    *,
    lower: Sequence[float],
    upper: Sequence[float],
    whole: Sequence[bool] | None,
    least: bool,
    seconds: float,
) -> highspy.Highs:
    """Write a programme into a solver that is ready to run."""
    return loaded(written(terms, rows, lower=lower, upper=upper, whole=whole, least=least), seconds)
