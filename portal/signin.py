# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signing in at the issuer: authorization code with PKCE, refresh, and signing out (OpenID Connect)."""

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt

from portal.gateway import Fault
from portal.proof import ASSERTION_TYPE, ClientKeys
from portal.session import Flow

__all__ = ["Issuer", "SignInRefused", "Tokens", "away"]

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
DISCOVERY = "/.well-known/openid-configuration"
LEEWAY_SECONDS = 60
FRESH_SECONDS = 30.0
"""How long the issuer is taken to be there after it answered."""

RENEWAL_SECONDS = 60.0
"""How long the answer to a refresh token is kept for the other requests of the same page."""


class SignInRefused(Exception):
    """The issuer or the answer that came back did not let the person in; the text is for people."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the issuer hands out."""

    access: str
    refresh: str | None
    id_token: str | None
    expires_in: int  # seconds


class Issuer:
    """One OpenID provider, found through its discovery document."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        client_id: str,
        audience: str | None,
        keys: ClientKeys | None = None,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`client` has the issuer's address as its base, or the gateway app itself as its transport."""
        self._client = client
        self._client_id = client_id
        self._audience = audience
        self._keys = keys
        self._now = now
        self._monotonic = monotonic
        self._metadata: dict[str, Any] | None = None
        self._read_at = 0.0
        self._renewals: dict[bytes, tuple[float, asyncio.Task[Tokens]]] = {}

    async def begin(
        self,
        *,
        redirect_uri: str,
        back_to: str,
        again: bool = False,
        levels: str = "",
        max_age: int | None = None,
    ) -> tuple[str, Flow]:
        """The address to send the browser to, and what to remember until it comes back.

        Args:
            redirect_uri: where the issuer sends the browser back to.
            back_to: the page to show then.
            again: ask the person also when the issuer still knows somebody, so that another can sign in.
            levels: of which one is enough, separated by spaces, as the issuer names them (`acr_values`).
            max_age: seconds that may have passed since the person last signed in.

        Raises:
            Fault: the issuer does not answer, so nobody is sent there.
        """
        flow = Flow(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            redirect_uri=redirect_uri,
            back_to=back_to,
        )
        digest = hashlib.sha256(flow.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid profile",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "ui_locales": "nl",
        }
        if self._audience:
            query["audience"] = self._audience
        if again:
            query["prompt"] = "login"
        if levels:
            query["acr_values"] = levels
        if max_age is not None:
            query["max_age"] = str(max_age)
        endpoint = (await self._there())["authorization_endpoint"]
        return f"{endpoint}?{urlencode(query)}", flow

    async def finish(self, flow: Flow, *, code: str, answered_by: str | None) -> Tokens:
        """Change the code for tokens, and check that they answer this very sign-in.

        Args:
            flow: what was remembered.
            code: what came back.
            answered_by: the `iss` beside it (RFC 9207), where the issuer sends one.

        Raises:
            SignInRefused: it does not.
            Fault: the issuer does not answer.
        """
        metadata = await self.metadata()
        promised = metadata.get("authorization_response_iss_parameter_supported") is True
        if (answered_by is not None or promised) and answered_by != metadata["issuer"]:
            raise SignInRefused("Het antwoord komt van een andere inlogdienst. Log opnieuw in.")
        tokens = await self._ask(
            grant_type="authorization_code",
            code=code,
            redirect_uri=flow.redirect_uri,
            code_verifier=flow.verifier,
        )
        if tokens.id_token is None:
            raise SignInRefused("De inlogdienst zegt niet wie u bent. Log opnieuw in.")
        claims = await self._checked(tokens.id_token)
        if claims.get("nonce") != flow.nonce:
            raise SignInRefused("Het antwoord hoort niet bij deze poging om in te loggen. Log opnieuw in.")
        return tokens

    async def refresh(self, refresh_token: str) -> Tokens:
        """Fresh tokens without asking the person.

        A page asks for several things at once, and a refresh token can often be used once: requests
        that come with the same one get the same answer.
        """
        now = self._monotonic()
        self._renewals = {key: kept for key, kept in self._renewals.items() if now < kept[0]}
        key = hashlib.sha256(refresh_token.encode()).digest()
        kept = self._renewals.get(key)
        if kept is None:
            asking = asyncio.create_task(self._renew(refresh_token))
            kept = self._renewals[key] = (now + RENEWAL_SECONDS, asking)
        try:
            return await asyncio.shield(kept[1])
        except Fault:
            self._renewals.pop(key, None)  # nothing was answered, so it may be asked again
            raise

    async def _renew(self, refresh_token: str) -> Tokens:
        tokens = await self._ask(grant_type="refresh_token", refresh_token=refresh_token)
        if tokens.id_token is not None:
            await self._checked(tokens.id_token)
        return tokens

    async def end(self, *, id_token: str | None, back_to: str) -> str | None:
        """Where to send the browser so that the issuer forgets the person too; None if it has no such place.

        Raises:
            Fault: the issuer does not answer, so nobody is sent there.
        """
        endpoint = (await self._there()).get("end_session_endpoint")
        if endpoint is None:
            return None
        query = {"client_id": self._client_id, "post_logout_redirect_uri": back_to}
        if id_token:
            query["id_token_hint"] = id_token
        return f"{endpoint}?{urlencode(query)}"

    async def metadata(self) -> dict[str, Any]:
        """The discovery document, read once it can be reached."""
        return self._metadata if self._metadata is not None else await self._read()

    @property
    def end_address(self) -> str | None:
        """Where signing out leads, as far as is known."""
        return None if self._metadata is None else self._metadata.get("end_session_endpoint")

    async def _there(self) -> dict[str, Any]:
        """The document of an issuer that answered a moment ago."""
        if self._metadata is not None and self._monotonic() - self._read_at < FRESH_SECONDS:
            return self._metadata
        return await self._read()

    async def _read(self) -> dict[str, Any]:
        answer = await self._send("GET", DISCOVERY)
        if not answer.is_success:
            raise away()
        found = _object(answer)
        if not all(isinstance(found.get(name), str) for name in _NEEDED):
            raise away()
        self._metadata, self._read_at = found, self._monotonic()
        return found

    async def _ask(self, **form: str) -> Tokens:
        metadata = await self.metadata()
        proof: dict[str, str] = {}
        if self._keys is not None:
            assertion = self._keys.assertion(
                client_id=self._client_id, audience=metadata["issuer"], now=self._now
            )
            proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        answer = await self._send(
            "POST",
            self._inside(metadata["token_endpoint"]),
            data={**form, **proof, "client_id": self._client_id},
        )
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or answer.status_code in _BUSY:
            raise away()
        body = _object(answer) if answer.is_success else {}
        if not isinstance(body.get("access_token"), str):
            raise SignInRefused("De inlogdienst gaf geen toegang. Log opnieuw in.")
        return Tokens(
            access=body["access_token"],
            refresh=body.get("refresh_token"),
            id_token=body.get("id_token"),
            expires_in=int(body.get("expires_in", 300)),
        )

    async def _checked(self, id_token: str) -> dict[str, Any]:
        """What an id token says, if this issuer signed it for us."""
        metadata = await self.metadata()
        answer = await self._send("GET", self._inside(metadata["jwks_uri"]))
        if not answer.is_success:
            raise away()
        try:
            kid = jwt.get_unverified_header(id_token).get("kid")
            keys = jwt.PyJWKSet.from_dict(_object(answer)).keys
            key = next((one for one in keys if one.key_id == kid), None)
            if key is None or key.algorithm_name not in ALGORITHMS:
                raise jwt.InvalidKeyError("no such key")
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=[key.algorithm_name],
                audience=self._client_id,
                issuer=metadata["issuer"],
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as failure:
            raise SignInRefused("Het antwoord van de inlogdienst klopt niet. Log opnieuw in.") from failure
        if claims.get("azp", self._client_id) != self._client_id:
            raise SignInRefused("Het antwoord van de inlogdienst is voor een ander. Log opnieuw in.")
        return claims

    def _inside(self, endpoint: str) -> str:
        """The path of an endpoint of the issuer's own address, so that the portal's server can call it directly.

        The document names the address that browsers use, which a server behind a proxy may not reach.
        """
        issuer = str(self._metadata["issuer"]) if self._metadata else ""
        return endpoint[len(issuer.rstrip("/")) :] if issuer and endpoint.startswith(issuer) else endpoint

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return await self._client.request(method, path, **options)
        except httpx.HTTPError as failure:
            raise away() from failure


_NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
_BUSY = frozenset({httpx.codes.TOO_MANY_REQUESTS})


def away() -> Fault:
    """The issuer does not answer, or not as an issuer does."""
    return Fault(
        status=503,
        code="sign-in-unavailable",
        title="De inlogdienst is even niet bereikbaar",
        detail="Inloggen kan nu niet. Dit portaal zelf werkt; wie al ingelogd is kan doorwerken.",
        retry_after="30",
    )


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError as failure:
        raise away() from failure
    if not isinstance(found, dict):
        raise away()
    return found
