# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The whole chain with a school in it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from chassis import logs
from tests.care.filling import School, a_school
from tests.journey.chain import Chain, chain_at_work

# Unconfigured, structlog draws every traceback with all local variables, which takes a minute.
logs.configure("warning")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chain(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chain]:
    async with chain_at_work(postgres_url, tmp_path_factory.mktemp("care")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def school(chain: Chain) -> School:
    return await a_school(chain)
