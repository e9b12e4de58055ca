# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signing in at the issuer: authorization code with PKCE, refresh, and signing out (OpenID Connect)."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt

from portal.gateway import Fault
from portal.session import Flow

__all__ = ["Issuer", "SignInRefused", "Tokens"]

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
DISCOVERY = "/.well-known/openid-configuration"
LEEWAY_SECONDS = 60


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

    def __init__(self, client: httpx.AsyncClient, *, client_id: str, audience: str | None) -> None:
        """`client` has the issuer's address as its base, or the gateway app itself as its transport."""
        self._client = client
        self._client_id = client_id
        self._audience = audience
        self._metadata: dict[str, Any] | None = None

    async def begin(self, *, redirect_uri: str, back_to: str) -> tuple[str, Flow]:
        """The address to send the browser to, and what to remember until it comes back."""
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
        endpoint = (await self.metadata())["authorization_endpoint"]
        return f"{endpoint}?{urlencode(query)}", flow

    async def finish(self, flow: Flow, *, code: str) -> Tokens:
        """Change the code for tokens, and check that they answer this very sign-in."""
        tokens = await self._ask(
            grant_type="authorization_code",
            code=code,
            redirect_uri=flow.redirect_uri,
            code_verifier=flow.verifier,
        )
        if tokens.id_token is not None:
            await self._check(tokens.id_token, nonce=flow.nonce)
        return tokens

    async def refresh(self, refresh_token: str) -> Tokens:
        """Fresh tokens without asking the person."""
        return await self._ask(grant_type="refresh_token", refresh_token=refresh_token)

    async def end(self, *, id_token: str | None, back_to: str) -> str | None:
        """Where to send the browser so that the issuer forgets the person too; None if it has no such place."""
        endpoint = (await self.metadata()).get("end_session_endpoint")
        if endpoint is None:
            return None
        query = {"client_id": self._client_id, "post_logout_redirect_uri": back_to}
        if id_token:
            query["id_token_hint"] = id_token
        return f"{endpoint}?{urlencode(query)}"

    async def metadata(self) -> dict[str, Any]:
        """The discovery document, read once it can be reached."""
        if self._metadata is None:
            answer = await self._send("GET", DISCOVERY)
            if not answer.is_success:
                raise Fault.of(answer)
            self._metadata = answer.json()
        return self._metadata

    async def _ask(self, **form: str) -> Tokens:
        endpoint = (await self.metadata())["token_endpoint"]
        answer = await self._send("POST", self._inside(endpoint), data={**form, "client_id": self._client_id})
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Fault.of(answer)
        if not answer.is_success:
            raise SignInRefused("De inlogdienst gaf geen toegang. Log opnieuw in.")
        body = answer.json()
        return Tokens(
            access=body["access_token"],
            refresh=body.get("refresh_token"),
            id_token=body.get("id_token"),
            expires_in=int(body.get("expires_in", 300)),
        )

    async def _check(self, id_token: str, *, nonce: str) -> None:
        metadata = await self.metadata()
        keys = jwt.PyJWKSet.from_dict((await self._send("GET", self._inside(metadata["jwks_uri"]))).json())
        try:
            key_id = jwt.get_unverified_header(id_token).get("kid")
            key = next((key for key in keys.keys if key.key_id == key_id), keys.keys[0])
            claims = jwt.decode(
                id_token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self._client_id,
                issuer=metadata["issuer"],
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWTError as failure:
            raise SignInRefused("Het antwoord van de inlogdienst klopt niet. Log opnieuw in.") from failure
        if claims.get("nonce") != nonce:
            raise SignInRefused("Het antwoord hoort niet bij deze poging om in te loggen. Log opnieuw in.")

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
            raise Fault.unreachable() from failure
