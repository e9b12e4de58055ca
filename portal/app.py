# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The portal as one ASGI app: its wiring, readable as a table of contents."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.clock import Clock, SystemClock
from portal import amounts, build, dates, words
from portal.gateway import Fault
from portal.inside import to_gateway
from portal.messages import MESSAGES
from portal.pages import approvals, consulent, housing, municipality, operations, person, school, start
from portal.proof import ClientKeys
from portal.session import SessionCookie
from portal.settings import PortalSettings
from portal.signin import Issuer
from portal.visit import Portal, Visit, page

__all__ = ["create_app"]

HERE = Path(__file__).resolve().parent
IMMUTABLE = b"public, max-age=31536000, immutable"


def create_app(
    settings: PortalSettings, transport: httpx.AsyncBaseTransport | None = None, *, clock: Clock | None = None
) -> ASGIApp:
    """The portal; it answers `/portal` and everything below, whatever server or app hands it the request.

    Args:
        settings: what the operator set.
        transport: how to reach the gateway when it is in this process (`httpx.ASGITransport`);
            None: over the network, at `settings.gateway_url`.
        clock: real time, of tokens and sessions.
    """
    gateway_url = str(settings.gateway_url)
    client = httpx.AsyncClient(
        base_url=gateway_url,
        transport=to_gateway(settings) if transport is None else transport,
        timeout=settings.timeout_seconds,
        follow_redirects=False,
    )
    issuer_client = client
    if settings.issuer_url is not None:
        issuer_client = httpx.AsyncClient(base_url=str(settings.issuer_url), timeout=settings.timeout_seconds)
    keys = settings.session_keys.get_secret_value()
    own = settings.client_keys.get_secret_value()
    client_keys = ClientKeys(own) if own else None
    real = clock or SystemClock()
    issuer = Issuer(
        issuer_client,
        client_id=settings.client_id,
        audience=settings.audience,
        keys=client_keys,
        now=lambda: real.now().timestamp(),
    )
    portal = Portal(
        settings=settings,
        client=client,
        issuer=issuer,
        sessions=SessionCookie(keys, name="portal-session", purpose="session"),
        flows=SessionCookie(keys, name="portal-signin", purpose="sign-in"),
        templates=_templates(),
        clock=real,
        assets=_assets_version(settings),
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await client.aclose()
        await issuer_client.aclose()

    routes = [
        Route("/portal", _to_start),
        Mount("/portal/static", _Static(directory=HERE / "static", check_dir=False), name="static"),
        Route("/portal/theme.css", _theme),
        Route("/portal/jwks.json", _KeySet(client_keys)),
        Mount(
            "/portal",
            routes=[
                *start.routes,
                *school.routes,
                *consulent.routes,
                *person.routes,
                *municipality.routes,
                *approvals.routes,
                *housing.routes,
                *operations.routes,
            ],
        ),
    ]
    app = Starlette(
        routes=routes, lifespan=lifespan, exception_handlers={404: _not_found, 405: _not_found, 500: _broken}
    )
    app.state.portal = portal
    return _Shielded(app, form_targets=lambda: _form_targets(settings, issuer))


def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        day=dates.day,
        long_day=dates.long_day,
        short_day=dates.short_day,
        instant=dates.instant,
        clock_time=dates.clock_time,
        hours=dates.hours,
        since=dates.since,
        span=dates.span,
        parse_day=dates.parse_day,
        euros=amounts.euros,
        weeks=amounts.weeks,
        late=amounts.late,
        standing=amounts.standing,
        percent=amounts.percent,
    )
    environment.globals.update(
        label=words.label,
        labels=words.labels,
        messages=MESSAGES,
        days_until=dates.days_until,
        steps=start.STEPS,
    )
    return environment


async def _to_start(_: Request) -> Response:
    return RedirectResponse("/portal/", status_code=308)


async def _theme(request: Request) -> Response:
    """The tenant's own theme, if there is one."""
    portal: Portal = request.app.state.portal
    if portal.settings.theme_css is None:
        return Response(status_code=404)
    return FileResponse(portal.settings.theme_css, media_type="text/css")


async def _not_found(request: Request, _: Exception) -> Response:
    async def draw(visit: Visit) -> Response:
        return visit.refused(
            Fault(
                404,
                "no-such-page",
                "Deze pagina bestaat niet",
                "Het adres klopt niet, of de pagina is verplaatst.",
            )
        )

    return await page(draw, public=True)(request)


async def _broken(request: Request, _: Exception) -> Response:
    """A fault of the portal itself; the server logs it, the person is told what to do."""

    async def draw(visit: Visit) -> Response:
        return visit.refused(
            Fault(
                500,
                "portal-fault",
                "Er ging iets mis in het portaal",
                "Uw gegevens zijn niet kwijt. De fout is vastgelegd.",
            )
        )

    return await page(draw, public=True)(request)


def _assets_version(settings: PortalSettings) -> str:
    """Changes with any static file, so that browsers may keep each for a year."""
    digest = hashlib.sha256()
    own = [HERE / "static" / "portal.css", HERE / "static" / "portal.js", build.STAMP]
    for path in [*own, *([settings.theme_css] if settings.theme_css else [])]:
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:12]


class _KeySet:
    """The public keys of the portal, with which an issuer knows it."""

    def __init__(self, keys: ClientKeys | None) -> None:
        self._document = {"keys": []} if keys is None else keys.key_set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse(self._document)(scope, receive, send)


def _form_targets(settings: PortalSettings, issuer: Issuer) -> str:
    """Signing out is a form whose answer leads to the issuer, which the browser must allow."""
    if settings.issuer_url is None:
        return "'self'"
    # The server may call the issuer by another address than the browser does.
    addresses = [str(settings.issuer_url), *([issuer.end_address] if issuer.end_address else [])]
    parts = [urlsplit(address) for address in addresses]
    return " ".join(dict.fromkeys(["'self'", *(f"{one.scheme}://{one.netloc}" for one in parts)]))


class _Static(StaticFiles):
    """Static files; their address changes with their content."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = IMMUTABLE.decode()
        return response


class _Shielded:
    """Adds the headers that keep a page to itself: no foreign script, frame, or address of ours in a referrer."""

    def __init__(self, app: Starlette, *, form_targets: Callable[[], str]) -> None:
        self.app = app
        self.state = app.state
        self._form_targets = form_targets
        self._headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
            (b"cross-origin-opener-policy", b"same-origin"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        keeps = scope["path"].startswith("/portal/static/")

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                policy = (
                    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; "
                    f"img-src 'self' data:; connect-src 'self'; form-action {self._form_targets()}; "
                    "frame-ancestors 'none'; base-uri 'none'"
                )
                headers = [
                    *message["headers"],
                    (b"content-security-policy", policy.encode()),
                    *self._headers,
                ]
                if not keeps:
                    # Pages hold personal data: no cache keeps them, not even that of the back button.
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, guarded)
