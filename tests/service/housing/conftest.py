# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Housing on a real PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from chassis import logs
from chassis.testing import service_under_test
from services.housing.actions import searches
from services.housing.solver import at_once
from tests.service.housing.account_books import QUIET, Books
from tests.service.housing.match_desk import Desk

# Unconfigured, structlog draws every traceback with all local variables, which takes a minute.
logs.configure("warning")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is proven must not hang on how busy the machine is."""
    monkeypatch.setattr(at_once, "_SECONDS", 120.0)
    monkeypatch.setattr(at_once, "_LIMITS", replace(at_once._LIMITS, cpu_seconds=250, wall_seconds=250.0))
    monkeypatch.setattr(searches, "_RULE_SECONDS", 120.0)


@pytest.fixture
async def books(postgres_url: str) -> AsyncIterator[Books]:
    async with service_under_test(QUIET, postgres_url) as bench:
        yield Books(bench)


@pytest.fixture
async def desk(postgres_url: str) -> AsyncIterator[Desk]:
    async with service_under_test(QUIET, postgres_url) as bench:
        yield Desk(bench)
