# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The chain with people in it, started once for all tests of this folder that attack it."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.journey.chain import chain_at_work
from tests.security.edge import Edge, edge_in_a_process
from tests.security.population import World, populate


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def world(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with chain_at_work(postgres_url, tmp_path_factory.mktemp("security")) as chain:
        yield await populate(chain)


@pytest.fixture(scope="package")
def edge(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with edge_in_a_process(tmp_path_factory.mktemp("edge"), postgres_url) as found:
        yield found
