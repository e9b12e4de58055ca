# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Print every capability with the tests that show it: `python -m tools.capabilities [--json]`.

A capability is shown when at least one test carries its id without `part`, and partial when all
its tests name the part that they show. This asks pytest, so a test that does not load is an error.
"""

import contextlib
import io
import json
import sys
from dataclasses import asdict, dataclass, field

import pytest

from tests.capabilities import known_capabilities, marks_of


@dataclass
class Row:
    """One capability: its tests with the number of their cases, and the parts that are shown."""

    title: str
    whole: dict[str, int] = field(default_factory=dict)
    parts: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """Return how far the tests show the capability."""
        return "shown" if self.whole else "partial" if self.parts else "no test"


class Collector:
    """A pytest plugin that keeps which test carries which capability."""

    def __init__(self) -> None:
        self.rows = {identifier: Row(title) for identifier, title in known_capabilities().items()}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count each test once, however many cases it has."""
        for item in session.items:
            test = item.nodeid.partition("[")[0]
            for identifier, part in marks_of(item):
                row = self.rows[identifier]
                tests = row.whole if part is None else row.parts.setdefault(part, {})
                tests[test] = tests.get(test, 0) + 1


def collect() -> dict[str, Row]:
    """Return all rows in the order of the list.

    Raises:
        RuntimeError: pytest could not load the tests; the text is what it said.
    """
    collector = Collector()
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = pytest.main(["--collect-only", "--quiet", "-p", "no:cacheprovider"], plugins=[collector])
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        raise RuntimeError(said.getvalue())
    return collector.rows


def lines(rows: dict[str, Row]) -> list[str]:
    """Return the table for people."""
    out = []
    for identifier, row in rows.items():
        out.append(f"{identifier}  {row.state:8}  {row.title}")
        out += [f"{'':15}{test} ({cases})" for test, cases in sorted(row.whole.items())]
        out += [
            f"{'':15}{test} ({cases}), only: {part}"
            for part, tests in sorted(row.parts.items())
            for test, cases in sorted(tests.items())
        ]
    states = [row.state for row in rows.values()]
    counts = ", ".join(f"{states.count(state)} {state}" for state in ("shown", "partial", "no test"))
    return [*out, "", f"{len(rows)} capabilities: {counts}"]


def main(arguments: list[str]) -> int:
    """Print the table, or with `--json` the same for programs."""
    try:
        rows = collect()
    except RuntimeError as fault:
        print(fault, file=sys.stderr)
        return 1
    if "--json" in arguments:
        print(json.dumps({key: asdict(row) | {"state": row.state} for key, row in rows.items()}, indent=1))
    else:
        print("\n".join(lines(rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
