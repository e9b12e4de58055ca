# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Notifications on a real PostgreSQL, with and without a mail server."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from chassis.testing import service_under_test
from tests.service.notifications.chain import LEAD, QUIET, Chain
from tests.service.notifications.mail_server import post_office
from tests.service.notifications.mailing import ADDRESS, Mailing, mailing_with


@pytest.fixture
async def chain(postgres_url: str) -> AsyncIterator[Chain]:
    async with service_under_test(QUIET, postgres_url) as bench:
        yield Chain(bench)


@pytest.fixture
async def mailing(postgres_url: str) -> AsyncIterator[Mailing]:
    async with AsyncExitStack() as stack:
        office = await stack.enter_async_context(post_office())
        made = await stack.enter_async_context(mailing_with(postgres_url, office))
        await made.put(f"/mailboxes/{LEAD}", made.consulent(), {"address": ADDRESS}, 201)
        yield made
