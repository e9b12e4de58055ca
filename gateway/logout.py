# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""An issuer tells that somebody signed out (OpenID Connect Back-Channel Logout 1.0).

The message is a signed token of its own kind. What it ends is refused from the next request on, in
every replica within seconds; the issuer itself refuses to renew anything of that session.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chassis.errors import Unauthenticated
from chassis.logs import log
from gateway.ended import EndedSessions
from gateway.errors import IssuerAway, UpstreamBusy
from gateway.rooms import Paths
from gateway.tokens import MAX_TOKEN_BYTES, Issuer, check_header, open_token, refused

__all__ = ["BACK_CHANNEL_PATH", "LogoutVerifier", "SignedOut", "logout_room"]

BACK_CHANNEL_PATH = "/oauth/back-channel-logout"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
_TYPES = ("logout+jwt", "JWT")
_FRESH_SECONDS = 300.0
_SKEW_SECONDS = 30.0
_MAX_ID_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class SignedOut:
    """What a believed logout token says."""

    issuer: str
    session_id: str | None
    subject: str | None
    at: float  # seconds since the epoch, by the clock of the issuer


class LogoutVerifier:
    """Checks logout tokens."""

    def __init__(
        self, issuers: Mapping[str, tuple[Issuer, str]], *, now: Callable[[], float] = time.time
    ) -> None:
        """Believe these issuers, by their `iss`, each with the client id that it sends logout tokens to."""
        self._issuers = dict(issuers)
        self._now = now

    async def verify(self, token: str) -> SignedOut:
        """Return who signed out.

        Raises:
            Unauthenticated: it is no logout token of an issuer that is believed.
            IssuerAway: there is nothing to check it with yet.
        """
        if len(token) > MAX_TOKEN_BYTES:
            raise refused("Het token is te lang.")
        header, unverified = open_token(token)
        name = unverified.get("iss")
        issuer, audience = self._issuers.get(name, (None, "")) if isinstance(name, str) else (None, "")
        if issuer is None:
            raise refused("De uitgever van dit token wordt hier niet vertrouwd.")
        kid = check_header(header, issuer.algorithm, _TYPES)
        key = await issuer.keys.key(kid)
        if key is None:
            if not issuer.keys.loaded:
                raise IssuerAway("De inlogdienst geeft nu geen antwoord.", headers={"Retry-After": "30"})
            raise refused("De sleutel van dit token is niet bekend bij de uitgever.")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[issuer.algorithm],
                audience=audience,
                issuer=issuer.issuer,
                # The time is checked below, against the clock that was handed in.
                options={
                    "require": ["iss", "aud", "iat", "jti", "events"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as fault:
            raise refused("Het token is niet geldig.") from fault
        return self._read(claims, issuer.issuer)

    def _read(self, claims: dict[str, Any], issuer: str) -> SignedOut:
        events = claims["events"]
        if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict) or "nonce" in claims:
            raise refused("Dit is geen afmeldbericht.")
        now, issued_at, expires_at = self._now(), claims["iat"], claims.get("exp")
        for value in (issued_at, expires_at):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise refused("Een tijdstip in het token is geen tijdstip.")
        if not now - _FRESH_SECONDS <= issued_at <= now + _SKEW_SECONDS:
            raise refused("Het afmeldbericht is niet van nu.")
        if expires_at is not None and expires_at <= now - _SKEW_SECONDS:
            raise refused("Het afmeldbericht is verlopen.")
        session_id, subject = (_identifier(claims.get(name)) for name in ("sid", "sub"))
        if session_id is None and subject is None:
            raise refused("Het afmeldbericht noemt geen sessie en geen account.")
        return SignedOut(issuer, session_id, subject, float(issued_at))


def _identifier(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_ID_CHARACTERS:
        raise refused("Een aanduiding in het token is leeg of te lang.")
    return value


def logout_room(verifier: LogoutVerifier, ended: EndedSessions) -> Paths:
    """The one path to which issuers send."""

    async def receive(request: Request) -> Response:
        token = await _token_in(request)
        try:
            if token is None:
                raise refused("logout_token ontbreekt.")
            out = await verifier.verify(token)
        except Unauthenticated as refusal:
            log().info("back_channel_logout_refused", reason=refusal.detail)
            return JSONResponse(
                {"error": "invalid_request", "error_description": "the logout token is not valid"}, 400
            )
        if not await ended.end(out.issuer, session_id=out.session_id, subject=out.subject, at=out.at):
            raise UpstreamBusy("De afmelding is nu niet vast te leggen.", headers={"Retry-After": "5"})
        log().info("signed_out", issuer=out.issuer, whole_account=out.session_id is None)
        return Response(status_code=200)

    return Paths(fixed={BACK_CHANNEL_PATH: {"POST": receive}}, prefixes={})


async def _token_in(request: Request) -> str | None:
    """The one token of the form, if that is what was sent."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/x-www-form-urlencoded":
        return None
    try:
        pairs = parse_qsl((await request.body()).decode("ascii"), max_num_fields=10)
    except ValueError:
        return None
    tokens = [value for name, value in pairs if name == "logout_token"]
    return tokens[0] if len(tokens) == 1 else None
