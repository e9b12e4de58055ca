# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How large the faults are run, and from which seed.

`FAULT_SIZE` is `ci` (small, the default) or `full`; `FAULT_SEED` repeats a run; `FAULT_SECONDS` gives the soak (F20)
another length. `make faults` sets
`FAULTS=all`: then every fault runs, times are asserted (not with `FAULT_TIMES=off`, on a machine with other work),
and the results go to `bench/results`.
"""

import os
import random
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 300.0  # seconds that a test waits for what must happen, on a machine with other work

SIZE = os.environ.get("FAULT_SIZE", "") or "ci"
SEED = int(os.environ.get("FAULT_SEED", "") or 20241)
SECONDS = int(os.environ.get("FAULT_SECONDS", "") or 0)  # of the soak; 0: as its size says
EVERYTHING = os.environ.get("FAULTS", "") == "all"
# `make test` and CI leave these out, and say so.
MAKE_FAULTS_ONLY = ("F10", "F11", "F12", "F18", "F20", "NIGHT")
WHEN_CHANGED = (
    "F02",
    "F03",
    "F04",
    "F08",
    "F09",
    "F14",
    "F19",
)  # run when what decides them changed: tests/checked.py
TIMED = EVERYTHING and os.environ.get("FAULT_TIMES", "") != "off"

if SIZE not in {"ci", "full"}:
    raise ValueError(f"FAULT_SIZE is 'ci' or 'full', not {SIZE!r}")


def sized(ci: T, full: T) -> T:
    """The number for the size of this run."""
    return full if SIZE == "full" else ci


def chance(name: str) -> random.Random:
    """The dice of one test: the same for the same seed, whichever tests run beside it."""
    return random.Random(f"{SEED}:{name}")


def in_time(seconds: float, most: float, what: str = "") -> None:
    """Demand a time, where times are demanded: on a machine with other work they say nothing."""
    assert not TIMED or seconds <= most, f"{what} took {seconds:.1f} s, at most {most} s"
