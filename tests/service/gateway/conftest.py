# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A gateway for the tests of a module."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.service.gateway.world import World, world


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chain(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A gateway whose register is shared by the tests of a module."""
    pace = {"address_burst": 1_000_000}
    async with world(postgres_url, tmp_path_factory.mktemp("gateway"), settings=pace) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["in-process", "remote"])
async def either(
    request: pytest.FixtureRequest, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """A gateway before a service in its own process, and before one at an address."""
    async with world(
        postgres_url, tmp_path_factory.mktemp("gateway"), remote=request.param == "remote"
    ) as made:
        yield made
