# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The chain with a mail server, for the tests of mail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from chassis.testing import service_under_test
from tests.service.notifications.chain import LEAD, QUIET, Chain
from tests.service.notifications.mail_server import PostOffice

ADDRESS = "lead@leidschendam.example"


class Mailing(Chain):
    """The chain with a mail server."""

    office: PostOffice

    async def send(self) -> None:
        await self.run("send-mail")

    async def due_now(self) -> None:
        """Let the waits between tries be over."""
        await self.bench.sql("UPDATE notifications.delivery SET next_attempt_at = now()")

    async def log(self, who: dict[str, str] | None = None, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.get("/deliveries", who or self.consulent(), **query))[
            "items"
        ]
        return found

    async def caseload(self, size: int = 1) -> list[UUID]:
        people = [await self.register() for _ in range(size)]
        for person in people:
            await self.lead(person, LEAD)
        return people


@asynccontextmanager
async def mailing_with(postgres_url: str, office: PostOffice, **settings: Any) -> AsyncIterator[Mailing]:
    told = {"smtp_host": "127.0.0.1", "smtp_port": office.port, "smtp_timeout_seconds": 2, **settings}
    async with service_under_test(QUIET, postgres_url, settings=told) as bench:
        made = Mailing(bench)
        made.office = office
        yield made
