# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Starting the gateway as a process of its own, before services at their own addresses."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack

from pydantic import ValidationError

from chassis import logs
from chassis.db import UnsafeRole
from chassis.logs import log
from chassis.run import (
    BadSetting,
    explain,
    kafka_bus,
    main as service_main,
    make_clock,
    serve_until,
    uvloop_run,
)
from chassis.settings import platform_settings
from gateway.app import SERVICE, BadGatewaySetting, gateway, grant_key_of
from gateway.bootstrap import BootstrapError
from gateway.grants import GrantMinter
from gateway.issuer import IssuerRefused
from gateway.settings import GatewaySettings

__all__ = ["main", "serve"]


async def serve() -> None:
    """Run the gateway until SIGTERM or SIGINT."""
    platform = platform_settings()
    settings = GatewaySettings()
    if not settings.database_url.get_secret_value():
        raise BadSetting(
            "GATEWAY_DATABASE_URL is missing: the PostgreSQL address of the running role (docs/settings.md)"
        )
    if not settings.upstreams:
        raise BadSetting(
            'GATEWAY_UPSTREAMS is missing: the addresses of the services, as {"intake": "http://…"} (docs/settings.md)'
        )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(kafka_bus([SERVICE], f"{SERVICE.name}-{os.getpid()}"))
        door = await stack.enter_async_context(
            gateway(
                platform=platform,
                settings=settings,
                clock=make_clock(platform),
                bus=bus,
                upstreams=settings.upstreams,
                portal=settings.portal_url or None,
            )
        )
        serving = [
            serve_until(
                door.app,
                stop,
                host=settings.host,
                port=settings.port,
                name=SERVICE.name,
                on_stop=door.begin_stop,
            )
        ]
        if settings.internal_port:
            serving.append(
                serve_until(
                    door.internal,
                    stop,
                    host=settings.internal_host,
                    port=settings.internal_port,
                    name=f"{SERVICE.name}-internal",
                )
            )
        await asyncio.gather(*serving)
    log().info("stopped", service=SERVICE.name)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m gateway", description="The gateway.")
    parser.add_argument(
        "what",
        choices=("serve", "migrate", "openapi", "keys"),
        help="serve; bring the schema up to date; print the OpenAPI document of the register; "
        "print the public key with which services check grants",
    )
    what = parser.parse_args(arguments).what
    if what in {"migrate", "openapi"}:
        service_main(SERVICE, [what])
        return
    try:
        platform = platform_settings()
        logs.configure(platform.log_level)
        if what == "keys":
            key = grant_key_of(GatewaySettings(), environment=platform.environment)
            sys.stdout.write(GrantMinter(key).public_key_pem)
        else:
            uvloop_run(serve())
    except (
        BadSetting,
        BadGatewaySetting,
        BootstrapError,
        IssuerRefused,
        UnsafeRole,
        ValidationError,
    ) as fault:
        sys.exit(f"gateway does not start: {explain(fault)}")
