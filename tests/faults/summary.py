# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The table of faults at the end of a run, also of one whose tests ran in workers."""

import pytest

from tests.checked import FAULTS
from tests.faults import results
from tests.faults.results import LINE, Tally
from tests.faults.sizes import EVERYTHING, MAKE_FAULTS_ONLY, SEED, SIZE, WHEN_CHANGED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table, the seed, and what did not run."""
    done = [
        Tally(**line)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "teardown"
        for name, line in report.user_properties
        if name == LINE
    ]
    if not done:
        return
    terminalreporter.section(f"FAULTS, size {SIZE}, FAULT_SEED={SEED}")
    for line in results.table(done):
        terminalreporter.line(line)
    if not EVERYTHING:
        left = (*MAKE_FAULTS_ONLY, *(() if FAULTS.due else WHEN_CHANGED))
        terminalreporter.line(f"Not run here, but by `make faults`: {', '.join(sorted(left))}.")
    terminalreporter.line(f"Written to {results.write(done).relative_to(results.REPOSITORY)}.")
