# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Housing on a real PostgreSQL."""

from collections.abc import AsyncIterator

import pytest

from chassis import logs
from chassis.testing import service_under_test
from tests.service.housing.account_books import QUIET, Books
from tests.service.housing.match_desk import Desk

# Unconfigured, structlog draws every traceback with all local variables, which takes a minute.
logs.configure("warning")


@pytest.fixture
async def books(postgres_url: str) -> AsyncIterator[Books]:
    async with service_under_test(QUIET, postgres_url) as bench:
        yield Books(bench)


@pytest.fixture
async def desk(postgres_url: str) -> AsyncIterator[Desk]:
    async with service_under_test(QUIET, postgres_url) as bench:
        yield Desk(bench)
