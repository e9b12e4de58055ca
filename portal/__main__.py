# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""`python -m portal` serves the portal as a process of its own."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis import logs
from chassis.run import REFUSALS, Listener, Opened, explain, read_settings, serve_process, uvloop_run
from chassis.settings import PlatformSettings
from chassis.starting import BadSetting, Starting, refuse_placeholders
from chassis.tls import server_tls
from portal.app import create_app
from portal.build import build
from portal.settings import PortalSettings
from portal.watched import Watched

__all__ = ["main", "serve", "told"]


def told() -> tuple[PlatformSettings, PortalSettings]:
    """What this process is told, with all that stops its start.

    Raises:
        BadSetting: something is missing or wrong.
    """
    platform, settings = read_settings(PlatformSettings), read_settings(PortalSettings)
    if platform.environment == "production":
        refuse_placeholders(settings)
        _refuse_for_trying(settings)
    return platform, settings


def _refuse_for_trying(settings: PortalSettings) -> None:
    issuer, public = settings.issuer_url, settings.public_url
    wrong = []
    if issuer is None:
        wrong.append("PORTAL_ISSUER_URL is required in production: the gateway signs nobody in there")
    elif issuer.scheme != "https":
        wrong.append("PORTAL_ISSUER_URL: in production it begins with https://")
    if public is None or public.scheme != "https":
        wrong.append(
            "OPEN_INBURGERING_PUBLIC_URL: in production the address that others call begins with https://"
        )
    if settings.secure_cookie is False:
        wrong.append("PORTAL_SECURE_COOKIE is refused in production when it is false: remove it")
    if wrong:
        raise BadSetting(f"{'; '.join(wrong)} (docs/settings.md)")


async def serve(settings: PortalSettings) -> None:
    """Run the portal until SIGTERM or SIGINT."""

    @asynccontextmanager
    async def opened(_: Starting) -> AsyncIterator[Opened]:
        yield Opened({"portal": Watched(create_app(settings))}, lambda: None)

    tls = server_tls(settings, prefix="PORTAL_")
    await serve_process(opened, [Listener("portal", settings.host, settings.port, tls=tls)])


def main() -> None:
    """Build the assets if they are not there yet, and serve."""
    try:
        platform, settings = told()
        logs.configure(platform.log_level)
        build()
        uvloop_run(serve(settings))
    except REFUSALS as fault:
        sys.exit(f"portal does not start: {explain(fault)}")


if __name__ == "__main__":
    main()
