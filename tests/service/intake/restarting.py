# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Intake as it is after a restart with other keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from chassis.access import GrantVerifier
from chassis.bus_memory import MemoryBus
from chassis.running import running
from chassis.service import Service
from chassis.settings import PlatformSettings
from chassis.testing import GRANT_KEY, Bench
from services.intake.app import SERVICE
from services.intake.settings import IntakeSettings


@asynccontextmanager
async def restarted(
    bench: Bench, *, encryption: str, index: str, service: Service = SERVICE
) -> AsyncIterator[Bench]:
    """The same database under a service that was started again with other keys."""
    told = IntakeSettings.model_validate(
        {"database_url": bench.databases.app_url, "encryption_keys": encryption, "index_keys": index}
    )
    async with running(
        service,
        platform=PlatformSettings(environment="test"),
        settings=told,
        clock=bench.clock,
        bus=MemoryBus(),
        verifier=GrantVerifier(GRANT_KEY.public_key()),
    ) as live:
        transport = httpx.ASGITransport(app=live.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
            yield Bench(service, live, client, bench.clock, MemoryBus(), bench.databases)
