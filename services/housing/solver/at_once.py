# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many households can have a home at once: asked of a process of its own, since it takes HiGHS."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from chassis.limited import MEBIBYTE, LimitedRunError, Limits, run_limited
from services.housing.solver.levels_entry import most_at_once

__all__ = ["Lettings", "most_lettings"]

_SECONDS = 4.0  # for each question; a gemeente takes a tenth of one
_LIMITS = Limits(cpu_seconds=12, memory_bytes=900 * MEBIBYTE, wall_seconds=15.0)


@dataclass(frozen=True, slots=True)
class Lettings:
    """Who may get what, by names of the caller's own."""

    whole: Sequence[tuple[str, str]]  # household, home
    shared: Sequence[tuple[str, str, str]] = ()  # household, home, share group
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # home: fewest who open it, places
    owners: Sequence[tuple[Sequence[str], int]] = ()  # homes, and how many of them may be let


async def most_lettings(questions: Sequence[Lettings]) -> list[tuple[int, bool]]:
    """Return for each question the most households, and whether that is proven.

    Where the process is ended before it has answered, nothing is known: 0, and not proven.
    """
    data = json.dumps([asdict(one) | {"seconds": _SECONDS} for one in questions]).encode()
    found: list[tuple[int, bool]] = []
    with contextlib.suppress(LimitedRunError):
        async with contextlib.aclosing(run_limited(most_at_once, data, limits=_LIMITS)) as answers:
            async for answer in answers:
                found.append((answer["most"], answer["proven"]))  # noqa: PERF401 - what came before an end counts
    return found + [(0, False)] * (len(questions) - len(found))
