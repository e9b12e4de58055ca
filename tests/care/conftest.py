# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The services with a school in it: one chain for all tests here, since its start costs the most.

The tests that move the clock by years come last, by the name of their file.
"""

from collections.abc import AsyncIterator

import pytest_asyncio

from chassis import logs
from tests.care.chain import Chain, a_chain
from tests.care.filling import School, a_school

# Unconfigured, structlog draws every traceback with all local variables, which takes a minute.
logs.configure("warning")


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def chain(postgres_url: str) -> AsyncIterator[Chain]:
    async with a_chain(postgres_url) as made:
        yield made


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def school(chain: Chain) -> School:
    return await a_school(chain)
