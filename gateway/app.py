# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The gateway put together: its register as a service, and the front door before all services.

    async with gateway(platform=…, settings=…, clock=…, bus=…, upstreams={"intake": app}) as door:
        await serve_until(door.app, …)

Services need the public half of the grant key before they start: `grant_verifier_of(settings)`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from chassis.access import GrantVerifier
from chassis.bus import Bus
from chassis.clock import Clock, MovableClock
from chassis.logs import log
from chassis.metrics import metrics
from chassis.running import Running, running
from chassis.service import Job, Service
from chassis.settings import PlatformSettings
from chassis.starting import Starting
from gateway import bootstrap
from gateway.api import router
from gateway.backups import measure_backups
from gateway.catalogues import Catalogues
from gateway.demands import Demands
from gateway.demonstration import DemoClock, demo_room
from gateway.directory import Directory
from gateway.ended import EndedSessions
from gateway.errors import NoSuchService
from gateway.front import Front
from gateway.grants import GrantMinter, load_or_create_ed25519, read_ed25519
from gateway.inside import Inside
from gateway.issuer import BuiltInIssuer
from gateway.keys import LocalKeys, load_or_create_rsa
from gateway.logout import LogoutVerifier, logout_room
from gateway.models import SCHEMA, metadata
from gateway.notices import publish_members, publish_scopes_of_today
from gateway.pacing import SYNC_SECONDS, Limit, Pacing
from gateway.passport import Passport
from gateway.reference import reference_room
from gateway.rooms import Paths, Room
from gateway.settings import BUILT_IN, GatewaySettings
from gateway.sign_in import sign_in_room
from gateway.tokens import Issuer, TokenVerifier
from gateway.upstreams import InProcess, Upstream

__all__ = [
    "SERVICE",
    "BadGatewaySetting",
    "Gateway",
    "check_settings",
    "gateway",
    "grant_key_of",
    "grant_verifier_of",
]

SERVICE = Service(
    name="gateway",
    title="Toegang",
    description=(
        "Organisaties, leden en systemen, mandaten en gegevensovereenkomsten tussen gemeenten, "
        "en het lokale beleid van elke gemeente."
    ),
    version="1.0.0",
    router=router,
    schema=SCHEMA,
    metadata=metadata,
    migrations=Path(__file__).parent / "migrations",
    settings=GatewaySettings,
    jobs=(Job("publish-scopes", timedelta(seconds=30), publish_scopes_of_today),),
)

_DIRECTORY_SECONDS = 5.0
_CATALOGUE_SECONDS = _BACKUP_SECONDS = 30.0
_JWKS_SECONDS, _READY_SECONDS = 45.0, 3.0


class BadGatewaySetting(RuntimeError):
    """A setting of the gateway is missing or wrong; the text names it and says what was expected."""


@dataclass(slots=True)
class Gateway:
    """A gateway at work."""

    app: ASGIApp
    """The front door."""

    internal: ASGIApp
    """Health and metrics, for a listener of their own."""

    live: Running
    issuer: BuiltInIssuer | None
    directory: Directory
    catalogues: Catalogues

    def begin_stop(self) -> None:
        """Say not ready, so that no new work comes."""
        self.live.begin_stop()


def grant_key_of(settings: GatewaySettings, *, environment: str) -> Ed25519PrivateKey:
    """The key that signs grants: as set, or made once in the state folder.

    Raises:
        BadGatewaySetting: it is wrong, or was not set in production.
    """
    pem = settings.grant_private_key.get_secret_value().replace("\\n", "\n")
    try:
        if pem:
            return read_ed25519(pem)
        if environment == "production":
            raise BadGatewaySetting(
                "GATEWAY_GRANT_PRIVATE_KEY is required in production: an Ed25519 private key in PEM form "
                "(docs/settings.md)"
            )
        return load_or_create_ed25519(settings.state_dir / "grant-key.pem")
    except (ValueError, TypeError) as fault:
        raise BadGatewaySetting(
            "GATEWAY_GRANT_PRIVATE_KEY must be an Ed25519 private key in PEM form (docs/settings.md)"
        ) from fault


def grant_verifier_of(settings: GatewaySettings, *, environment: str) -> GrantVerifier:
    """What services of the same process check grants with."""
    return GrantVerifier(grant_key_of(settings, environment=environment).public_key())


@asynccontextmanager
async def gateway(
    *,
    platform: PlatformSettings,
    settings: GatewaySettings,
    clock: Clock,
    bus: Bus,
    upstreams: Mapping[str, ASGIApp | str],
    portal: ASGIApp | str | None = None,
    starting: Starting | None = None,
    document: Callable[[], Awaitable[bytes]] | None = None,
) -> AsyncIterator[Gateway]:
    """Start the gateway; it stops when the block ends.

    Args:
        platform: settings of the platform.
        settings: of the gateway, its database included.
        clock: the legal time; one that can be moved gives a demo its clock.
        bus: for the gateway's own events.
        upstreams: the other services by name: an app in this process, or an address.
        portal: the people's screens, the same way; None: there are none.
        starting: where it says what it waits for.
        document: the OpenAPI document of the register, where another process makes it.

    Raises:
        BadGatewaySetting, BootstrapError: it was told something that cannot be.
    """
    check_settings(platform, settings)
    key = grant_key_of(settings, environment=platform.environment)
    async with contextlib.AsyncExitStack() as stack:
        live = await stack.enter_async_context(
            running(
                replace(SERVICE, document=document),
                platform=platform,
                settings=settings,
                clock=clock,
                bus=bus,
                verifier=GrantVerifier(key.public_key()),
                starting=starting,
            )
        )
        if settings.bootstrap_file is not None:
            wanted = bootstrap.read(settings.bootstrap_file)
            if platform.environment == "production":
                bootstrap.check_accounts(wanted, [one.issuer for one in settings.issuers])
            async with live.context.begin() as tx:
                await bootstrap.apply(tx, wanted)
                await publish_members(tx)
        directory = Directory(
            live.context.database,
            clock,
            client_limit=Limit(settings.caller_per_second, settings.caller_burst),
            organisation_limit=Limit(settings.organisation_per_second, settings.organisation_burst),
        )
        pacing = Pacing(live.context.database, directory.limits)
        await directory.refresh()
        inside = Inside(settings, upstreams, portal)
        doors = {name: inside.upstream(name, where) for name, where in upstreams.items()}
        doors[SERVICE.name] = InProcess(SERVICE.name, live.app, limit=settings.upstream_limit)
        screens = None if portal is None else inside.upstream("portal", portal)
        for door in (*doors.values(), *([screens] if screens is not None else [])):
            stack.push_async_callback(door.close)
        ended = EndedSessions(live.context.database)
        await ended.refresh()
        issuer, local = _built_in(platform, settings, directory)
        remote = []
        if settings.issuers:
            from gateway.believed import believed  # noqa: PLC0415 - as in gateway.inside

            remote = await stack.enter_async_context(believed(settings.issuers))
        issuers = local | {one.issuer.issuer: one.issuer for one in remote}
        passport = Passport(
            verifier=TokenVerifier(issuers, ended=ended.ended),
            directory=directory,
            minter=GrantMinter(key),
            names={} if issuer is None else {issuer.issuer: BUILT_IN},
        )
        demands = Demands({one.issuer: one.demands for one in settings.issuers})
        catalogues = Catalogues(doors, named=demands.operations)
        moving = DemoClock(clock, doors, passport) if isinstance(clock, MovableClock) else None
        health = _Health(live, directory, doors)
        rooms: list[Room] = [
            reference_room(catalogues.catalogue, platform.public_url),
            sign_in_room(issuer, directory, ended) if issuer is not None else _foreign_discovery(settings),
            logout_room(
                LogoutVerifier(
                    {one.issuer.issuer: (one.issuer, one.settings.logout_audience) for one in remote}
                ),
                ended,
            ),
        ]
        if platform.environment != "production":
            rooms += [demo_room(moving, issuer, directory), health.room()]
        front = Front(
            settings=settings,
            passport=passport,
            demands=demands,
            catalogues=catalogues,
            upstreams=doors,
            portal=screens,
            rooms=rooms,
            pacing=pacing,
        )
        await catalogues.refresh()
        tasks = [
            asyncio.create_task(_every(_DIRECTORY_SECONDS, directory.refresh_if_possible)),
            asyncio.create_task(_every(_DIRECTORY_SECONDS, ended.refresh)),
            asyncio.create_task(_every(_CATALOGUE_SECONDS, catalogues.refresh)),
            asyncio.create_task(_every(SYNC_SECONDS, pacing.sync)),
            asyncio.create_task(
                _every(_BACKUP_SECONDS, partial(measure_backups, live.context.database), at_once=True)
            ),
            *(asyncio.create_task(_every(_JWKS_SECONDS, one.keys.refresh, at_once=True)) for one in remote),
        ]
        stack.push_async_callback(pacing.sync)  # after the tasks: what was taken last counts too
        stack.push_async_callback(_end, tasks)
        yield Gateway(
            app=front,
            internal=health.app,
            live=live,
            issuer=issuer,
            directory=directory,
            catalogues=catalogues,
        )


def check_settings(platform: PlatformSettings, settings: GatewaySettings) -> None:
    """Refuse in production what is only for trying.

    Raises:
        BadGatewaySetting: names the setting and says what was expected.
    """
    if platform.environment != "production":
        return
    if settings.built_in_issuer and "built_in_issuer" in settings.model_fields_set:
        raise BadGatewaySetting(
            "GATEWAY_BUILT_IN_ISSUER is refused in production: the built-in issuer signs in whoever asks; "
            "remove it and name an issuer in GATEWAY_ISSUERS (docs/settings.md)"
        )
    if not settings.issuers:
        raise BadGatewaySetting("GATEWAY_ISSUERS names no issuer, so nobody could come in (docs/settings.md)")
    for one in settings.issuers:
        if not one.issuer.startswith("https://") or not (one.jwks_uri or one.issuer).startswith("https://"):
            raise BadGatewaySetting(
                "GATEWAY_ISSUERS: in production addresses begin with https:// (docs/settings.md)"
            )


def _built_in(
    platform: PlatformSettings, settings: GatewaySettings, directory: Directory
) -> tuple[BuiltInIssuer | None, dict[str, Issuer]]:
    """Our own issuer, if there may be one, and how its tokens are believed."""
    if not settings.built_in_issuer or platform.environment == "production":
        return None, {}
    key = load_or_create_rsa(settings.state_dir / "issuer-key.pem")
    own = BuiltInIssuer(
        environment=platform.environment,
        public_url=platform.public_url,
        settings=settings,
        directory=directory,
        key=key,
    )
    issuer = Issuer(
        issuer=own.issuer, audience=settings.audience, algorithm="RS256", keys=LocalKeys(key), own=True
    )
    return own, {own.issuer: issuer}


def _foreign_discovery(settings: GatewaySettings) -> Paths:
    """Where people sign in is told by the issuer's own document; ours points there."""

    async def discovery(_: Request) -> Response:
        if not settings.issuers:
            raise NoSuchService("Hier is geen inlogdienst ingesteld.")
        address = settings.issuers[0].issuer.rstrip("/") + "/.well-known/openid-configuration"
        return Response(status_code=307, headers={"Location": address})

    return Paths(fixed={"/.well-known/openid-configuration": {"GET": discovery}}, prefixes={})


class _Health:
    """Whether this process lives and may get requests, and what it counts."""

    def __init__(self, live: Running, directory: Directory, upstreams: Mapping[str, Upstream]) -> None:
        self._live = live
        self._directory = directory
        self._upstreams = upstreams

    def room(self) -> Paths:
        """Health, on the front door outside production. What is counted is never told there."""
        return Paths(
            fixed={
                "/health/live": {"GET": self.is_live},
                "/health/ready": {"GET": self.is_ready},
            },
            prefixes={},
        )

    async def is_live(self, _: Request) -> Response:
        """Asks nothing of anything else."""
        return JSONResponse({"status": "live"})

    async def is_ready(self, _: Request) -> Response:
        """Ready when the register is read; a service that is away is told, and closes nothing else."""
        checks = await self._live.readiness()
        checks["register"] = {
            "ok": self._directory.counts,
            "says": self._directory.says,
        }
        names = [name for name in self._upstreams if name != SERVICE.name]
        states = await asyncio.gather(*(self._state(self._upstreams[name]) for name in names))
        well = all(check["ok"] for check in checks.values())
        body = {
            "status": "ready" if well else "not-ready",
            "service": SERVICE.name,
            "checks": checks,
            "services": dict(zip(names, states, strict=True)),
        }
        return JSONResponse(body, 200 if well else 503, headers=None if well else {"Retry-After": "2"})

    async def _state(self, upstream: Upstream) -> str:
        try:
            answer = await upstream.ask("GET", "/health/ready", deadline=_READY_SECONDS)
        except Exception:  # noqa: BLE001 - whatever it is, that service does not answer now
            return "away"
        return "ready" if answer.status == 200 else "not-ready"  # noqa: PLR2004

    async def expose(self, _: Request) -> Response:
        """What Prometheus reads."""
        return Response(metrics().expose(), media_type="text/plain; version=0.0.4")

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """The same paths and the metrics as an app of its own, for a listener that the outside does not reach."""
        if scope["type"] != "http":
            return
        room = self.room()
        room = Paths(fixed={**room.fixed, "/metrics": {"GET": self.expose}}, prefixes={})
        request = Request(scope, receive)
        known = room.takes(scope["path"]) and scope["method"] == "GET"
        response = await room.answer(request) if known else Response(status_code=404)
        await response(scope, receive, send)


async def _every(seconds: float, work: Any, *, at_once: bool = False) -> None:
    if not at_once:
        await asyncio.sleep(seconds)
    while True:
        try:
            await work()
        except Exception as fault:  # noqa: BLE001 - the next turn comes: else rights that ended would hold for ever
            log().error("turn_failed", work=getattr(work, "__qualname__", ""), exc_info=fault)
        await asyncio.sleep(seconds)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
