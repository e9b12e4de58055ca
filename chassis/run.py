# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Starting services, alone or together: `serve`, `migrate` and `openapi` of `python -m services.<name>`.

Starlette does not run the lifespan of a mounted app, so start and stop are owned here.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from chassis import logs
from chassis.access import GrantVerifier
from chassis.app import openapi_document
from chassis.bus import Bus
from chassis.clock import Clock, MovableClock, SystemClock
from chassis.inbox import database_is_away
from chassis.logs import log
from chassis.migrate import migrate
from chassis.running import Running, running
from chassis.service import Service
from chassis.serving import (
    Listener,
    Opened,
    StopAsked,
    or_stop,
    serve_process,
    serve_until,
    uvicorn_server,
    uvloop_run,
)
from chassis.settings import KafkaSettings, PlatformSettings, platform_settings
from chassis.starting import (
    REFUSALS,
    BadSetting,
    Starting,
    UnfitDatabase,
    explain,
    read_settings,
    reason,
    refuse_defaults,
    refuse_placeholders,
    secret_of_pseudonyms,
)
from chassis.tls import server_tls

__all__ = [
    "REFUSALS",
    "BadSetting",
    "Listener",
    "Opened",
    "Running",
    "StopAsked",
    "explain",
    "grant_verifier",
    "kafka_bus",
    "kafka_settings",
    "main",
    "make_clock",
    "or_stop",
    "read_settings",
    "running",
    "serve",
    "serve_process",
    "serve_until",
    "service_settings",
    "uvicorn_server",
    "uvloop_run",
]


def make_clock(platform: PlatformSettings) -> Clock:
    """The clock of this process; the settings themselves refuse a movable one in production."""
    if platform.clock_file is not None:
        return MovableClock(platform.clock_file, start=platform.clock)
    if platform.clock is not None:
        return MovableClock(Path(tempfile.mkdtemp()) / "clock.json", start=platform.clock)
    return SystemClock()


def grant_verifier(platform: PlatformSettings) -> GrantVerifier:
    """The check of the gateway's grants.

    Raises:
        BadSetting: the public key is missing or is not an Ed25519 key.
    """
    text = platform.grant_public_key.replace("\\n", "\n")
    if text.startswith("/") or text.endswith(".pem"):
        text = Path(text).read_text()
    try:
        key = load_pem_public_key(text.encode())
    except ValueError as fault:
        raise BadSetting(
            "OPEN_INBURGERING_GRANT_PUBLIC_KEY must be an Ed25519 public key in PEM form, or the path of one "
            "(docs/settings.md)"
        ) from fault
    if not isinstance(key, Ed25519PublicKey):
        raise BadSetting("OPEN_INBURGERING_GRANT_PUBLIC_KEY must be an Ed25519 public key (docs/settings.md)")
    return GrantVerifier(key)


def kafka_settings() -> KafkaSettings:
    """Where the events go.

    Raises:
        BadSetting: no broker is named, or a setting is wrong.
    """
    settings = read_settings(KafkaSettings)
    if not settings.bootstrap_servers:
        raise BadSetting("KAFKA_BOOTSTRAP_SERVERS is missing: host:port of the brokers (docs/settings.md)")
    return settings


@asynccontextmanager
async def kafka_bus(
    services: Sequence[Service], client_id: str, *, settings: KafkaSettings, starting: Starting
) -> AsyncIterator[Bus]:
    """The bus on Kafka; topics that are missing are made, at once or when the brokers can be reached.

    Raises:
        BadSetting: a topic has too few partitions.
    """
    from chassis.bus_kafka import KafkaBus, client_options  # noqa: PLC0415 - not where all is in one process

    bus = KafkaBus(
        settings.bootstrap_servers,
        client_id=client_id,
        prefix=settings.topic_prefix,
        options=client_options(settings),
        topics=sorted(
            {
                settings.topic_prefix + topic
                for service in services
                for topic in (service.topic, *service.reads)
            }
        ),
        replication=settings.replication,
    )
    await bus.probe()
    if bus.wrong():
        raise BadSetting(f"{bus.wrong()} (docs/starting.md; the brokers are KAFKA_BOOTSTRAP_SERVERS)")
    if not bus.alive():
        # Told, not waited for: the service works without, and its events stay in the outbox.
        log().warning("broker_unreachable", service=starting.name, brokers=settings.bootstrap_servers)
    await bus.start()
    try:
        yield bus
    finally:
        await bus.stop()


async def serve(service: Service) -> None:
    """Run one service as this process, on Kafka, until SIGTERM or SIGINT."""
    platform = platform_settings()
    settings = service_settings(service, platform)
    verifier, clock, kafka = grant_verifier(platform), make_clock(platform), kafka_settings()
    tls = server_tls(settings, prefix=service.settings.model_config.get("env_prefix", ""))

    @asynccontextmanager
    async def opened(starting: Starting) -> AsyncIterator[Opened]:
        async with (
            kafka_bus([service], f"{service.name}-{os.getpid()}", settings=kafka, starting=starting) as bus,
            running(
                service,
                platform=platform,
                settings=settings,
                clock=clock,
                bus=bus,
                verifier=verifier,
                starting=starting,
            ) as live,
        ):
            yield Opened({service.name: live.app}, live.begin_stop)

    await serve_process(opened, [Listener(service.name, settings.host, settings.port, tls=tls)])


def service_settings(service: Service, platform: PlatformSettings) -> Any:
    """What a service is told, with an address of its database.

    Raises:
        BadSetting: something is missing or wrong.
    """
    settings = read_settings(service.settings)
    if not settings.database_url.get_secret_value():
        prefix = service.settings.model_config.get("env_prefix", "")
        raise BadSetting(
            f"{prefix}DATABASE_URL is missing: the PostgreSQL address of the running role (docs/settings.md)"
        )
    secret_of_pseudonyms(platform)
    refuse_defaults(platform)
    if platform.environment == "production":
        refuse_placeholders(settings)
    return settings


def main(service: Service, arguments: Sequence[str] | None = None) -> None:
    """The command of one service: `python -m services.<name> serve|migrate|openapi`."""
    parser = argparse.ArgumentParser(
        prog=f"python -m services.{service.schema}", description=service.description
    )
    parser.add_argument("what", choices=("serve", "migrate", "openapi"), help="what to do")
    what = parser.parse_args(arguments).what
    try:
        platform = platform_settings()
        logs.configure(platform.log_level)
        if what == "openapi":
            json.dump(openapi_document(service, platform), sys.stdout, indent=1, ensure_ascii=False)
            sys.stdout.write("\n")
        elif what == "migrate":
            url = read_settings(service.settings).owner_database_url.get_secret_value()
            if not url:
                prefix = service.settings.model_config.get("env_prefix", "")
                raise BadSetting(
                    f"{prefix}OWNER_DATABASE_URL is missing: the PostgreSQL address of the owning role"
                )
            _migrate(service, url)
        else:
            uvloop_run(serve(service))
    except REFUSALS as fault:
        sys.exit(f"{service.name} does not start: {explain(fault)}")


def _migrate(service: Service, url: str) -> None:
    """Migrate; a database that is away or lets nobody in ends it with a sentence.

    Raises:
        UnfitDatabase: the database is away, or refuses.
    """
    try:
        asyncio.run(migrate(service, url))
    except Exception as fault:
        state = getattr(fault, "sqlstate", None) or ""
        if not database_is_away(fault) and not state.startswith(("28", "3D")):
            raise
        prefix = service.settings.model_config.get("env_prefix", "")
        raise UnfitDatabase(f"{prefix}OWNER_DATABASE_URL: {reason(fault)} (docs/starting.md)") from fault
