# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Starting the gateway as a process of its own, before services at their own addresses."""

import argparse
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from chassis import logs
from chassis.run import (
    REFUSALS,
    BadSetting,
    Listener,
    Opened,
    explain,
    kafka_bus,
    kafka_settings,
    main as service_main,
    make_clock,
    serve_process,
    service_settings,
    uvloop_run,
)
from chassis.settings import platform_settings
from chassis.starting import Starting, read_settings
from chassis.tls import server_tls
from gateway.app import SERVICE, BadGatewaySetting, check_settings, gateway, grant_key_of
from gateway.bootstrap import BootstrapError
from gateway.grants import GrantMinter
from gateway.issuer import IssuerRefused
from gateway.settings import GatewaySettings

__all__ = ["main", "serve"]


async def serve() -> None:
    """Run the gateway until SIGTERM or SIGINT."""
    platform = platform_settings()
    settings: GatewaySettings = service_settings(SERVICE, platform)
    if not settings.upstreams:
        raise BadSetting(
            'GATEWAY_UPSTREAMS is missing: the addresses of the services, as {"intake": "http://…"} (docs/settings.md)'
        )
    check_settings(platform, settings)
    kafka, clock = kafka_settings(), make_clock(platform)
    tls = server_tls(settings, prefix="GATEWAY_")
    internal = f"{SERVICE.name}-internal"

    @asynccontextmanager
    async def opened(starting: Starting) -> AsyncIterator[Opened]:
        async with (
            kafka_bus([SERVICE], f"{SERVICE.name}-{os.getpid()}", settings=kafka, starting=starting) as bus,
            gateway(
                platform=platform,
                settings=settings,
                clock=clock,
                bus=bus,
                upstreams=settings.upstreams,
                portal=settings.portal_url or None,
                starting=starting,
            ) as door,
        ):
            apps = {SERVICE.name: door.app}
            if settings.internal_port:  # else nobody listens there
                apps[internal] = door.internal
            yield Opened(apps, door.begin_stop)

    open_health = platform.environment != "production"
    public = Listener(SERVICE.name, settings.host, settings.port, health=open_health, tls=tls)
    inside = Listener(internal, settings.internal_host, settings.internal_port, tls=tls)
    await serve_process(opened, [public, inside] if settings.internal_port else [public])


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
            key = grant_key_of(read_settings(GatewaySettings), environment=platform.environment)
            sys.stdout.write(GrantMinter(key).public_key_pem)
        else:
            uvloop_run(serve())
    except (*REFUSALS, BadGatewaySetting, BootstrapError, IssuerRefused) as fault:
        sys.exit(f"gateway does not start: {explain(fault)}")
