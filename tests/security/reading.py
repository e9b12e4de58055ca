# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What it costs to read a file of a stranger, measured in the limited process that does it."""

import io
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import python_calamine

from chassis.limited import LimitedRunError, run_limited
from chassis.sheets import Form
from services.learning_routes.partners import attendance_files


@dataclass(frozen=True, slots=True)
class Cost:
    """How a file ended, and at what cost."""

    answers: list[Any]
    cpu_seconds: float
    grown_bytes: int
    stopped: str = ""  # by which limit

    @property
    def fault(self) -> dict[str, Any] | None:
        """The fault of the whole file, if it has one."""
        last = self.answers[-1] if self.answers else None
        return last["fault"] if isinstance(last, dict) and "fault" in last else None


def _usage() -> tuple[float, int]:
    status = Path("/proc/self/status").read_text(
        encoding="ascii"
    )  # getrusage would tell the parent's peak too
    return time.process_time(), int(status.partition("VmHWM:")[2].split()[0]) * 1024


def read_and_count(data: bytes, form: Form) -> Iterator[Any]:
    """Read as the service does; the last answer is what it cost. Runs in the limited process."""
    before = _usage()
    yield from attendance_files.read(data, form)
    after = _usage()
    yield {"cpu": after[0] - before[0], "grown": after[1] - before[1]}


def read_without_a_look(data: bytes, form: Form) -> Iterator[Any]:
    """A weakness to plant: open the workbook at once, without a look at what it would unpack to."""
    del form
    before = _usage()
    try:
        python_calamine.load_workbook(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    except Exception as fault:  # noqa: BLE001 - whatever the library says of it: the cost is what counts
        yield {"fault": {"code": type(fault).__name__}}
    after = _usage()
    yield {"cpu": after[0] - before[0], "grown": after[1] - before[1]}


async def cost_of(data: bytes, form: Form, *, reader: Any = read_and_count) -> Cost:
    """Read a file in the limited process."""
    answers: list[Any] = []
    try:
        async with aclosing(run_limited(reader, data, form)) as run:
            answers = [answer async for answer in run]
    except LimitedRunError as fault:
        return Cost(answers, 99.0, 1 << 40, stopped=str(fault))
    *answers, used = answers
    return Cost(answers, float(used["cpu"]), int(used["grown"]))
