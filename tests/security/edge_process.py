# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A process of its own with a gateway and intake behind it, each on a port: `python -m tests.security.edge_process`.

Prints one line of JSON when both answer: the addresses, and an access token of a consulent. Ends with
its standard input. A process apart, so that its memory, its files and its end can be watched.
"""

import asyncio
import json
import os
import sys
import time
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from chassis import logs
from chassis.access import GrantVerifier
from chassis.bus_memory import MemoryBus
from chassis.clock import SystemClock
from chassis.run import uvloop_run
from chassis.running import running
from chassis.settings import PlatformSettings
from chassis.testing import drop_templates, fresh_database
from gateway.app import SERVICE as GATEWAY, gateway
from gateway.settings import GatewaySettings
from services.intake.app import SERVICE as INTAKE
from tests.patience import wait_longer
from tests.service.gateway.world import bootstrap_document, served
from tests.service.intake.people import SETTINGS


async def main(folder: Path, postgres_url: str, key: str) -> None:
    """Serve until standard input ends.

    Args:
        folder: an empty one, for the state of the gateway.
        postgres_url: of a superuser.
        key: the private key of grants, as PEM; the test signs with it too.
    """
    logs.configure("error")
    wait_longer()
    bootstrap = folder / f"bootstrap-{uuid4().hex}.json"
    bootstrap.write_text(json.dumps(bootstrap_document()))
    verifier = GrantVerifier(load_pem_private_key(key.encode(), None).public_key())  # type: ignore[arg-type]
    clock, bus = SystemClock(), MemoryBus()
    pace = {f"{who}_burst": 1_000_000 for who in ("address", "caller", "organisation")}
    async with (
        fresh_database(INTAKE, postgres_url) as people,
        fresh_database(GATEWAY, postgres_url) as register,
    ):
        told = GatewaySettings(
            database_url=SecretStr(register.app_url),
            state_dir=folder / "state",
            bootstrap_file=bootstrap,
            grant_private_key=SecretStr(key),
            upstream_deadline=60,
            **pace,  # type: ignore[arg-type]
        )
        settings = INTAKE.settings(database_url=SecretStr(people.app_url), **SETTINGS)  # type: ignore[arg-type]
        platform = PlatformSettings(environment="test")
        async with (
            running(
                INTAKE, platform=platform, settings=settings, clock=clock, bus=bus, verifier=verifier
            ) as live,
            served(live.app) as service,
            gateway(
                platform=platform,
                settings=told,
                clock=clock,
                bus=MemoryBus(),
                upstreams={"intake": service},
                portal=live.app,
            ) as door,
            served(door.app) as front,
        ):
            async with httpx.AsyncClient(base_url=front, timeout=120) as client:
                answer = await client.post("/demo/v1/tokens", json={"name": "consulent-lv"})
                give_up = time.monotonic() + 120
                while (
                    await client.get("/intake/v1/openapi.json")
                ).status_code != HTTPStatus.OK:  # a busy machine
                    if time.monotonic() > give_up:
                        raise TimeoutError("intake does not answer")
                    await asyncio.sleep(0.5)
            told_to_the_test = {"gateway": front, "service": service, "token": answer.json()["access_token"]}
            print(json.dumps(told_to_the_test), flush=True)  # noqa: T201 - how it answers
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await drop_templates()


if __name__ == "__main__":
    uvloop_run(main(Path(sys.argv[1]), os.environ["EDGE_POSTGRES_URL"], os.environ["EDGE_GRANT_KEY"]))
