# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The front door: start, sign in and out, help, and the clock of a demo."""

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from portal.dates import AMSTERDAM
from portal.forms import Form
from portal.gateway import Fault, Gateway
from portal.rooms import first_page
from portal.session import Session
from portal.signin import SignInRefused, Tokens, away
from portal.visit import Portal, Visit, keep_session, own_path, page, safe_path, sign_in_again

__all__ = ["routes"]

STEPS = {"PT1H": "1 uur", "P1D": "1 dag", "P7D": "1 week", "P28D": "4 weken"}

MOST_LEVELS = 500  # characters
MOST_DIGITS = 7  # of seconds: four months


async def start(visit: Visit) -> Response:
    """To the work of this person; without an own room, what they may see."""
    if visit.session is None:
        return visit.render("start.html")
    target = first_page(visit.session)
    return visit.go(target) if target else visit.render("no_room.html")


async def sign_in(request: Request) -> Response:
    """Send the browser to the issuer."""
    portal: Portal = request.app.state.portal
    try:
        return await sign_in_again(
            portal,
            request,
            back_to=safe_path(request.query_params.get("terug", "/portal/")),
            again=request.query_params.get("ander") == "ja",
            levels=request.query_params.get("acr", "")[:MOST_LEVELS],
            max_age=_seconds(request.query_params.get("leeftijd", "")),
        )
    except Fault as fault:
        return await _refused(request, fault)


def _seconds(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdigit() and len(given) <= MOST_DIGITS else None


async def callback(request: Request) -> Response:
    """Where the issuer sends the browser back to."""
    portal: Portal = request.app.state.portal
    flow = portal.flows.read_flow(request.cookies, secure=portal.secure(request))
    query = request.query_params
    if flow is None or query.get("state") != flow.state:
        return await _refused(
            request,
            _not_in("Het inloggen duurde te lang, of u had meer dan één inlogscherm open. Log opnieuw in."),
        )
    if query.get("error") in {"temporarily_unavailable", "server_error"}:
        return await _refused(request, away())
    if "code" not in query:
        return await _refused(request, _not_in("U bent niet ingelogd: de inlogdienst gaf geen toegang."))
    try:
        tokens = await portal.issuer.finish(flow, code=query["code"], answered_by=query.get("iss"))
        session = await _session_of(portal, tokens)
    except SignInRefused as refusal:
        return await _refused(request, _not_in(str(refusal)))
    except Fault as fault:
        return await _refused(request, fault)
    response = RedirectResponse(safe_path(flow.back_to), status_code=303)
    keep_session(portal, request, response, session)
    portal.flows.clear(response, request.cookies)
    return response


async def sign_out(visit: Visit) -> Response:
    """Forget the person here, and at the issuer where it can."""
    portal, request = visit.portal, visit.request
    back = f"{portal.base_url(request)}/portal/?melding=uitgelogd"
    id_token = visit.session.id_token if visit.session else None
    try:
        address = await portal.issuer.end(id_token=id_token, back_to=back)
    except Fault:
        address = None  # signing out here must work when the issuer is away
    response = RedirectResponse(address or back, status_code=303)
    portal.sessions.clear(response, request.cookies)
    response.headers["X-Signed-Out"] = "true"
    return response


async def help_page(visit: Visit) -> Response:
    """Who to call, the keys of the roll call, and accessibility."""
    return visit.render("help.html")


async def move_clock(visit: Visit) -> Response:
    """Move the clock of a demo; the gateway says who may."""
    form = Form.of(await visit.form())
    source = visit.request.headers.get("Referer") or ""
    back = own_path(visit.portal, visit.request, source).split("?")[0]
    until = form.day("until")
    step = form.values.get("advance", "")
    if until is not None:
        nine = datetime.fromisoformat(until).replace(hour=9, tzinfo=AMSTERDAM)
        body = {"now": nine.isoformat()}
    elif step in STEPS and not form.errors:
        body = {"advance": step}
    else:
        return visit.go(back, message="klok-datum")
    try:
        await visit.gateway.call(
            "POST", "/demo/v1/clock", json=body, timeout=timedelta(minutes=5).total_seconds()
        )
    except Fault as fault:
        if fault.status in {400, 409}:
            return visit.go(back, message="klok-terug")
        raise
    return visit.go(back, message="klok-verzet")


async def _session_of(portal: Portal, tokens: Tokens) -> Session:
    """Who signed in, as the gateway knows them: roles come from there, never from the token."""
    me = await Gateway(portal.client, tokens.access).get("/gateway/v1/me")
    organisation = me.get("organisation") or {}
    now = portal.seconds()
    return Session(
        access_token=tokens.access,
        refresh_token=tokens.refresh,
        id_token=tokens.id_token,
        expires_at=now + tokens.expires_in,
        ends_at=now + portal.settings.session_hours * 3600,
        name=str(me["name"]),
        organisation=str(organisation.get("name", "")),
        organisation_kind=str(organisation.get("kind", "")),
        gemeentecode=me.get("gemeentecode") or organisation.get("gemeentecode"),
        subject=str(me["subject"]),
        roles=tuple(me["roles"]),
    )


def _not_in(detail: str) -> Fault:
    return Fault(status=400, code="not-signed-in", title="Het inloggen is niet gelukt", detail=detail)


async def _refused(request: Request, fault: Fault) -> Response:
    async def draw(visit: Visit) -> Response:
        return visit.refused(fault)

    return await page(draw, public=True)(request)


routes: list[BaseRoute] = [
    Route("/", page(start, public=True), name="start"),
    Route("/inloggen", sign_in, name="sign-in"),
    Route("/callback", callback, name="callback"),
    Route("/uitloggen", page(sign_out), methods=["POST"], name="sign-out"),
    Route("/hulp", page(help_page, public=True), name="help"),
    Route("/klok", page(move_clock), methods=["POST"], name="clock"),
]
