# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Intake, running on a database of its own."""

from collections.abc import AsyncIterator

import pytest

from chassis.testing import TUESDAY, Bench, service_under_test
from services.intake.app import SERVICE
from tests.service.intake.people import SETTINGS, Chain, Intake


@pytest.fixture(scope="package")
async def running_intake(postgres_url: str) -> AsyncIterator[Bench]:
    """One running service for all tests here: each works on people of its own."""
    async with service_under_test(SERVICE, postgres_url, settings=SETTINGS) as found:
        yield found


@pytest.fixture
def bench(running_intake: Bench) -> Bench:
    running_intake.clock.set(TUESDAY)
    return running_intake


@pytest.fixture
def chain(bench: Bench) -> Chain:
    return Chain(bench)


@pytest.fixture
def intake(bench: Bench) -> Intake:
    return Intake(bench)
