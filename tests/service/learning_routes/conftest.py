# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Learning routes on a real PostgreSQL."""

from collections.abc import AsyncIterator

import pytest

from chassis import logs
from chassis.testing import service_under_test
from tests.service.learning_routes.schoolyear import QUIET, SchoolYear

# Unconfigured, structlog draws every traceback with all local variables, which takes a minute.
logs.configure("warning")


@pytest.fixture
async def year(postgres_url: str) -> AsyncIterator[SchoolYear]:
    async with service_under_test(QUIET, postgres_url) as bench:
        yield SchoolYear(bench)
