# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The sample service, running."""

from collections.abc import AsyncIterator

import pytest

from chassis.testing import Bench, service_under_test
from tests.service.chassis.sample import SERVICE


@pytest.fixture
async def bench(postgres_url: str) -> AsyncIterator[Bench]:
    async with service_under_test(SERVICE, postgres_url) as found:
        yield found


@pytest.fixture
def maker(bench: Bench) -> dict[str, str]:
    return bench.as_caller(roles={"maker"}, gemeentecode="1916")
