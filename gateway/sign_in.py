# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The built-in issuer over HTTP: the sign-in page, the token endpoint, the keys."""

import time
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from contracts.access import Role
from gateway.directory import Directory
from gateway.ended import EndedSessions
from gateway.issuer import BuiltInIssuer
from gateway.oauth import OAuthFault, PageFault, answer_address
from gateway.rooms import Paths, page

__all__ = ["sign_in_room"]

_FORM = "application/x-www-form-urlencoded"
_MAX_FIELDS = 40
_ROLES: dict[str, str] = {
    Role.CONSULENT: "consulent",
    Role.KLANTMANAGER: "klantmanager",
    Role.KWALITEITSMEDEWERKER: "kwaliteitsmedewerker",
    Role.POLICY_OFFICER: "beleidsmedewerker",
    Role.CONTROLLER: "controller",
    Role.TEACHER: "docent",
    Role.SCHOOL_SYSTEM: "systeem van een taalschool",
    Role.VWN_TEAM_LEADER: "teamleider maatschappelijke begeleiding",
    Role.VWN_VOLUNTEER: "vrijwilliger",
    Role.CORPORATION: "medewerker woningcorporatie",
    Role.PROVINCE: "toezichthouder provincie",
    Role.PARTICIPATION_PARTNER: "participatiepartner",
    Role.DUO: "DUO",
    Role.COA: "COA",
    Role.OPERATIONS: "technisch beheerder",
    Role.ADMINISTRATOR: "hoofdbeheerder",
}


def sign_in_room(issuer: BuiltInIssuer, directory: Directory, ended: EndedSessions) -> Paths:
    """The paths of the issuer; it tells `ended` who signed out."""
    view = _SignIn(issuer, directory, ended)
    return Paths(
        fixed={
            "/.well-known/openid-configuration": {"GET": view.metadata},
            "/oauth/authorize": {"GET": view.ask, "POST": view.choose},
            "/oauth/token": {"POST": view.token},
            "/oauth/jwks": {"GET": view.jwks},
            "/oauth/end-session": {"GET": view.end, "POST": view.end},
        },
        prefixes={},
    )


class _SignIn:
    def __init__(self, issuer: BuiltInIssuer, directory: Directory, ended: EndedSessions) -> None:
        self._ended = ended
        self._issuer = issuer
        self._directory = directory

    async def metadata(self, _: Request) -> Response:
        return _open_json(self._issuer.metadata())

    async def jwks(self, _: Request) -> Response:
        return _open_json(self._issuer.jwks())

    async def ask(self, request: Request) -> Response:
        """Show who can sign in, for the request of a portal."""
        query, doubled = _once(request.url.query)
        try:
            redirect_uri = self._issuer.redirect_for(query)
        except PageFault as fault:
            return _sorry(str(fault))
        try:
            if doubled:
                raise OAuthFault("invalid_request", "a parameter is given twice")
            number = self._issuer.begin(query)
        except OAuthFault as fault:
            address = answer_address(
                redirect_uri,
                error=fault.error,
                error_description=fault.description,
                state=query.get("state"),
                iss=self._issuer.issuer,
            )
            return RedirectResponse(address, status_code=303)
        people = [one for one in self._directory.people() if one.issuer is not None]
        groups = [
            (name, list(members)) for name, members in groupby(people, key=lambda one: one.organisation.name)
        ]
        return page(
            "sign_in.html",
            send_to=redirect_uri,
            number=number,
            groups=groups,
            roles=lambda held: ", ".join(sorted(_ROLES.get(role, role) for role in held)),
        )

    async def choose(self, request: Request) -> Response:
        """Sign the chosen person in and send the browser back."""
        form, doubled = await _form(request)
        if form is None or doubled:
            return _sorry("Het formulier is niet goed aangekomen. Ga terug en probeer het opnieuw.")
        try:
            address = self._issuer.finish(form.get("request", ""), form.get("name", ""))
        except PageFault as fault:
            return _sorry(str(fault))
        return RedirectResponse(address, status_code=303)

    async def token(self, request: Request) -> Response:
        """The token endpoint (RFC 6749, 5)."""
        form, doubled = await _form(request)
        try:
            if form is None:
                raise OAuthFault("invalid_request", f"the body is {_FORM}")
            if doubled:
                raise OAuthFault("invalid_request", "a parameter is given twice")
            answer = self._issuer.token(form, request.headers.get("authorization"))
        except OAuthFault as fault:
            headers = {"Pragma": "no-cache"}
            if fault.status == 401:  # noqa: PLR2004
                headers["WWW-Authenticate"] = 'Basic realm="open-inburgering"'
            return JSONResponse(
                {"error": fault.error, "error_description": fault.description},
                fault.status,
                headers=headers,
            )
        return JSONResponse(answer, headers={"Pragma": "no-cache"})

    async def end(self, request: Request) -> Response:
        """Sign out: back to the portal, or a page that says so."""
        if request.method == "POST":
            form, _ = await _form(request)
            query = form or {}
        else:
            query, _ = _once(request.url.query)
        session_id = self._issuer.session_of(query.get("id_token_hint", ""))
        if session_id is not None:
            await self._ended.end(self._issuer.issuer, session_id=session_id, subject=None, at=time.time())
        address = self._issuer.session_end(query)
        if address is not None:
            return RedirectResponse(address, status_code=303)
        return page("message.html", title="U bent uitgelogd", text="U kunt dit venster sluiten.")


def _sorry(text: str) -> Response:
    return page("message.html", status=400, title="Inloggen lukt niet", text=text)


def _open_json(document: dict[str, Any]) -> Response:
    return JSONResponse(
        document, headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=60"}
    )


def _once(query: str) -> tuple[dict[str, str], bool]:
    """The parameters, and whether one was given twice."""
    try:
        pairs = parse_qsl(query, keep_blank_values=False, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return {}, True
    fields = dict(pairs)
    return fields, len(fields) != len(pairs)


async def _form(request: Request) -> tuple[dict[str, str] | None, bool]:
    """The fields of a form, and whether one was given twice; None where no form was sent."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return None, False
    try:
        text = (await request.body()).decode()
    except UnicodeDecodeError:
        return None, False
    return _once(text)
