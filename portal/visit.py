# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One request of one person: who is signed in, the gateway in their name, and how a page is drawn."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from jinja2 import Environment
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chassis import trace
from chassis.clock import Clock
from portal.dates import AMSTERDAM
from portal.gateway import SIGN_IN_AGAIN, Fault, Gateway, Json
from portal.rooms import navigation
from portal.session import Flow, Session, SessionCookie
from portal.settings import PortalSettings
from portal.signin import Issuer, SignInRefused

__all__ = ["Handler", "Portal", "Visit", "page"]

REFRESH_SECONDS = 30
FLOW_SECONDS = 600
MOST_FIELDS = 400


@dataclass(slots=True)
class Portal:
    """What all requests share."""

    settings: PortalSettings
    client: httpx.AsyncClient
    issuer: Issuer
    sessions: SessionCookie
    flows: SessionCookie
    templates: Environment
    clock: Clock  # real time: of tokens and sessions
    assets: str  # version of the static files, part of their address
    demo_refused: bool = False  # the gateway has no demo clock: do not ask again

    def seconds(self) -> int:
        """Real seconds since 1970."""
        return int(self.clock.now().timestamp())

    def secure(self, request: Request) -> bool:
        """Whether cookies may travel over https only."""
        if self.settings.secure_cookie is not None:
            return self.settings.secure_cookie
        return self.base_url(request).startswith("https:")

    def base_url(self, request: Request) -> str:
        """The address of the portal as the browser knows it, without `/portal`."""
        if self.settings.public_url is not None:
            return str(self.settings.public_url).rstrip("/")
        return f"{request.url.scheme}://{request.url.netloc}"


@dataclass(slots=True)
class Visit:
    """One request of a person who is signed in, or not (`session` is then None)."""

    portal: Portal
    request: Request
    session: Session | None
    gateway: Gateway
    now: datetime  # of the platform: the demo's clock where there is one
    demo_clock: datetime | None = None
    _form: FormData | None = field(default=None)

    @property
    def today(self) -> date:
        """The legal day."""
        return self.now.astimezone(AMSTERDAM).date()

    @property
    def is_htmx(self) -> bool:
        """A part of a page is asked, not a whole one."""
        return self.request.headers.get("HX-Request") == "true"

    @property
    def person(self) -> Session:
        """Who is signed in, on pages that need it."""
        if self.session is None:
            raise RuntimeError("a page for signed-in people was drawn for nobody")
        return self.session

    def path(self, name: str) -> str:
        """A path parameter of the route."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str | None:
        """A query parameter, None when absent or empty."""
        return self.request.query_params.get(name) or None

    async def form(self) -> FormData:
        """The form that was sent; its CSRF token was checked."""
        if self._form is None:
            self._form = await self._parsed()
        return self._form

    async def _parsed(self) -> FormData:
        if not self.request.headers.get("content-type", "").startswith("multipart/form-data"):
            return await self.request.form(max_fields=MOST_FIELDS)
        parser = MultiPartParser(
            self.request.headers, self.request.stream(), max_files=1, max_fields=MOST_FIELDS
        )
        # A file of attendance is about people: it stays in memory and never goes to a temporary folder.
        parser.spool_max_size = (self.portal.settings.upload_megabytes + 1) * 1_000_000
        try:
            return await parser.parse()
        except MultiPartException as fault:
            raise Fault(400, "unreadable-form", "Het formulier kon niet worden gelezen", "") from fault

    async def close(self) -> None:
        """Let go of a file that was sent."""
        if self._form is not None:
            await self._form.close()

    @property
    def here(self) -> str:
        """The page on which the person is: of a form the one that it stands on."""
        request = self.request
        if request.method in {"GET", "HEAD"} and not self.is_htmx:
            return request.url.path + (f"?{request.url.query}" if request.url.query else "")
        source = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
        return own_path(self.portal, request, source)

    def render(self, template: str, *, status: int = 200, **context: Any) -> Response:
        """A whole page, or a part of one."""
        page_template = self.portal.templates.get_template(template)
        text = page_template.render(
            visit=self,
            session=self.session,
            today=self.today,
            navigation=navigation(self.session, self.request.url.path),
            assets=self.portal.assets,
            theme=self.portal.settings.theme_css is not None,
            help_url=self.portal.settings.help_url or "/portal/hulp",
            message=self.query("melding"),
            form_key=secrets.token_urlsafe(16),
            **context,
        )
        return HTMLResponse(text, status_code=status)

    def go(self, path: str, *, message: str | None = None, **query: str | None) -> Response:
        """Send the browser on after a form; `message` is the code of what to tell there."""
        given = {name: value for name, value in {**query, "melding": message}.items() if value}
        address = f"{path}?{urlencode(given)}" if given else path
        if self.is_htmx:
            return Response(status_code=204, headers={"HX-Redirect": address})
        return RedirectResponse(address, status_code=303)

    def refused(self, fault: Fault) -> Response:
        """A fault as a page in plain words, with what to do."""
        template = "parts/fault.html" if self.is_htmx else "fault.html"
        number = trace.current().trace_id  # under which the logs of all processes have it
        answer = self.render(template, status=fault.status, fault=fault, number=number)
        if fault.retry_after:
            answer.headers["Retry-After"] = fault.retry_after
        return answer


Handler = Callable[[Visit], Awaitable[Response]]


def page(handler: Handler, *roles: str, public: bool = False) -> Callable[[Request], Awaitable[Response]]:
    """Make an endpoint of a handler: signed in, in one of the roles, form token checked, faults drawn."""

    async def endpoint(request: Request) -> Response:
        portal: Portal = request.app.state.portal
        session = portal.sessions.read_session(
            request.cookies, now=portal.seconds(), secure=portal.secure(request)
        )
        fresh: Session | None = None
        try:
            if session is not None and session.expires_at - REFRESH_SECONDS <= portal.seconds():
                session = fresh = await _refreshed(portal, session)
            if session is None and not public:
                return await sign_in_again(portal, request)
            response = await _visit(portal, request, session, handler, roles)
        except _SignInAgain:
            return await sign_in_again(portal, request)
        except Fault as fault:  # the issuer itself did not answer
            response = (await _blank(portal, request, None)).refused(fault)
        if fresh is not None and not response.headers.get("X-Signed-Out"):
            keep_session(portal, request, response, fresh)
        return response

    return endpoint


class _SignInAgain(Exception):
    """The gateway no longer takes the token."""


async def _visit(
    portal: Portal, request: Request, session: Session | None, handler: Handler, roles: tuple[str, ...]
) -> Response:
    visit = await _blank(portal, request, session)
    if roles and not visit.person.has_role(*roles):
        return visit.refused(_not_your_room())
    try:
        if request.method == "POST" and session is not None and not await _form_is_ours(visit):
            return visit.refused(_stale_form())
        return await handler(visit)
    except Fault as fault:
        # Who is signed in, and not strongly or recently enough, is asked and not sent on: an issuer that
        # cannot give what is demanded would send the browser round in circles.
        if fault.status == httpx.codes.UNAUTHORIZED and session is not None and fault.code != SIGN_IN_AGAIN:
            raise _SignInAgain from fault
        return visit.refused(fault)
    finally:
        await visit.close()


async def _blank(portal: Portal, request: Request, session: Session | None) -> Visit:
    gateway = Gateway(portal.client, session.access_token if session else None)
    clock = await _demo_clock(portal, gateway)
    return Visit(portal, request, session, gateway, now=clock or portal.clock.now(), demo_clock=clock)


async def _demo_clock(portal: Portal, gateway: Gateway) -> datetime | None:
    """The moved clock of a demo; None where time is real."""
    if portal.demo_refused:
        return None
    try:
        answer: Json = await gateway.get("/demo/v1/clock")
        return datetime.fromisoformat(answer["now"])
    except Fault as fault:
        # Only this answer says that there is no such clock; a gateway that is away may still have one.
        portal.demo_refused = fault.status == httpx.codes.NOT_FOUND
        return None


async def _refreshed(portal: Portal, session: Session) -> Session | None:
    alive = session if session.expires_at > portal.seconds() else None
    if session.refresh_token is None:
        return alive
    try:
        tokens = await portal.issuer.refresh(session.refresh_token)
    except SignInRefused:
        return None
    except Fault:
        if alive is None:
            raise
        return alive  # the issuer is away: what it handed out still counts until it ends
    return session.with_tokens(
        access=tokens.access,
        refresh=tokens.refresh,
        id_token=tokens.id_token,
        expires_at=portal.seconds() + tokens.expires_in,
    )


async def _form_is_ours(visit: Visit) -> bool:
    sent = visit.request.headers.get("X-CSRF-Token") or (await visit.form()).get("csrf")
    return isinstance(sent, str) and secrets.compare_digest(sent.encode(), visit.person.csrf.encode())


def keep_session(portal: Portal, request: Request, response: Response, session: Session) -> None:
    """Write the session's cookie."""
    left = max(0, session.ends_at - portal.seconds())
    portal.sessions.write(response, session, max_age=left, secure=portal.secure(request))


async def sign_in_again(
    portal: Portal,
    request: Request,
    *,
    back_to: str | None = None,
    again: bool = False,
    levels: str = "",
    max_age: int | None = None,
) -> Response:
    """Send the browser to the issuer, and back to the page where it was."""
    if back_to is None:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        source = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
        back_to = here if request.method in {"GET", "HEAD"} else own_path(portal, request, source)
    address, flow = await portal.issuer.begin(
        redirect_uri=f"{portal.base_url(request)}/portal/callback",
        back_to=safe_path(back_to),
        again=again,
        levels=levels,
        max_age=max_age,
    )
    if request.headers.get("HX-Request") == "true":
        response: Response = Response(status_code=204, headers={"HX-Redirect": address})
    else:
        response = RedirectResponse(address, status_code=303)
    keep_flow(portal, request, response, flow)
    return response


def keep_flow(portal: Portal, request: Request, response: Response, flow: Flow) -> None:
    """Remember the sign-in until the browser comes back."""
    portal.flows.write(response, flow, max_age=FLOW_SECONDS, secure=portal.secure(request))


def own_path(portal: Portal, request: Request, address: str) -> str:
    """The path of an address of the portal itself; the start page for any other."""
    base = portal.base_url(request)
    return safe_path(address[len(base) :]) if address.startswith(f"{base}/") else "/portal/"


def safe_path(path: str) -> str:
    """A place inside the portal: never another site, whatever was in the address."""
    inside = path.startswith("/portal/") and "\\" not in path and "//" not in path.split("?", maxsplit=1)[0]
    return path if inside else "/portal/"


def _not_your_room() -> Fault:
    return Fault(
        status=403,
        code="room-of-others",
        title="Deze pagina hoort niet bij uw rol",
        detail="U bent ingelogd, maar deze pagina is voor een andere rol dan die van u.",
    )


def _stale_form() -> Fault:
    return Fault(
        status=403,
        code="stale-form",
        title="Dit formulier is niet meer geldig",
        detail="Het formulier is gemaakt voordat u opnieuw inlogde. Ga terug, ververs de pagina en vul het opnieuw in.",
    )
