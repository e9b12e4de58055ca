# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The measurements run here while something that decides them changed since they last did."""

from pathlib import Path

import pytest

from tests.checked import BENCH, leave_out


def _measures(item: pytest.Item) -> bool:
    return item.path.parent == Path(__file__).parent and "reports" in getattr(item, "fixturenames", ())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what runs them; `python -m tests.checked` says so."""
    if not BENCH.due:
        leave_out(config, items, _measures)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write down that all of it passed."""
    if exitstatus == pytest.ExitCode.OK and any(_measures(item) for item in session.items):
        BENCH.passed({"tests": session.testscollected})
