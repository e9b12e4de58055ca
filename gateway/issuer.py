# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The built-in issuer: signs people and systems of a demo in. It refuses to exist in production.

People are not asked for a password: whoever reaches the sign-in page of a demo may be anyone in
it. Systems prove themselves as in real life, with a signed assertion (RFC 7523); the demo's may
also use a secret. What is under way is kept in memory: a restart asks people to begin again.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import jwt

from gateway.client_proof import ClientProof
from gateway.directory import Directory, Identity
from gateway.keys import SigningKey
from gateway.oauth import Brief, OAuthFault, PageFault, answer_address, invalid_client
from gateway.settings import BUILT_IN, GatewaySettings

__all__ = ["AuthorizationRequest", "BuiltInIssuer", "IssuerRefused", "OAuthFault", "PageFault"]

SCOPES = frozenset({"openid", "profile"})

_CODE_SECONDS = 60.0
_PENDING_SECONDS = 600.0
_REFRESH_SECONDS = 36_000.0
_ID_TOKEN_SECONDS = 600
_MAX_TEXT = 500
_VERIFIER_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class IssuerRefused(RuntimeError):
    """The built-in issuer was asked for where it must not be."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a portal asked for: to send somebody back, signed in."""

    client_id: str
    redirect_uri: str
    state: str | None
    nonce: str | None
    challenge: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Authorized:
    request: AuthorizationRequest
    name: str  # of the member


@dataclass(frozen=True, slots=True)
class _Session:
    id: str
    client_id: str
    name: str
    scopes: frozenset[str]


class BuiltInIssuer:
    """Issues tokens for the members and clients of the register."""

    def __init__(
        self,
        *,
        environment: str,
        public_url: str,
        settings: GatewaySettings,
        directory: Directory,
        key: SigningKey,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Prepare to issue.

        Raises:
            IssuerRefused: this is production.
        """
        if environment == "production":
            raise IssuerRefused(
                "the built-in issuer lets anyone in and does not run in production; name your own in "
                "GATEWAY_ISSUERS and set GATEWAY_BUILT_IN_ISSUER=false (docs/settings.md)"
            )
        self.issuer = public_url.rstrip("/")
        self.token_endpoint = f"{self.issuer}/oauth/token"
        self._settings = settings
        self._directory = directory
        self._key = key
        self._now = now
        self._pending: Brief[AuthorizationRequest] = Brief(_PENDING_SECONDS, now)
        self._codes: Brief[_Authorized] = Brief(_CODE_SECONDS, now)
        self._sessions: Brief[_Session] = Brief(_REFRESH_SECONDS, now)
        self._ended: Brief[bool] = Brief(_REFRESH_SECONDS, now)
        self._proof = ClientProof(directory, audiences=(self.token_endpoint, self.issuer), now=now)

    def metadata(self) -> dict[str, Any]:
        """The discovery document (OpenID Connect Discovery, RFC 8414)."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/oauth/authorize",
            "token_endpoint": self.token_endpoint,
            "jwks_uri": f"{self.issuer}/oauth/jwks",
            "end_session_endpoint": f"{self.issuer}/oauth/end-session",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "none"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["public"],
            "scopes_supported": sorted(SCOPES),
            "claims_supported": ["iss", "sub", "aud", "exp", "iat", "jti", "nonce", "name", "sid"],
            "ui_locales_supported": ["nl"],
            "authorization_response_iss_parameter_supported": True,
            "service_documentation": f"{self.issuer}/docs",
        }

    def jwks(self) -> dict[str, Any]:
        """The public keys."""
        return {"keys": [self._key.jwk]}

    def begin(self, query: Mapping[str, str]) -> str:
        """Take a request of a portal; answers the number under which the person goes on.

        Raises:
            PageFault: who asks is not known, so nobody may be sent there.
            OAuthFault: the request is wrong; tell it to who asked, at `redirect_for`.
        """
        request = self._checked(query)
        number = secrets.token_urlsafe(32)
        self._pending.put(number, request)
        return number

    def _checked(self, query: Mapping[str, str]) -> AuthorizationRequest:
        redirect_uri = self.redirect_for(query)
        if query.get("response_type") != "code":
            raise OAuthFault("unsupported_response_type", "only the code flow is supported")
        challenge = query.get("code_challenge", "")
        if query.get("code_challenge_method") != "S256" or not _is_challenge(challenge):
            raise OAuthFault("invalid_request", "PKCE with S256 is required")
        scopes = frozenset(query.get("scope", "openid").split())
        if not scopes <= SCOPES:
            raise OAuthFault("invalid_scope", f"known scopes: {' '.join(sorted(SCOPES))}")
        for name in ("state", "nonce"):
            if len(query.get(name, "")) > _MAX_TEXT:
                raise OAuthFault("invalid_request", f"{name} is too long")
        return AuthorizationRequest(
            client_id=query["client_id"],
            redirect_uri=redirect_uri,
            state=query.get("state"),
            nonce=query.get("nonce"),
            challenge=challenge,
            scopes=scopes,
        )

    def redirect_for(self, query: Mapping[str, str]) -> str:
        """Where the answer to a request may go.

        Raises:
            PageFault: nowhere: the client or the address is not registered.
        """
        if query.get("client_id") != self._settings.portal_client_id:
            raise PageFault("De toepassing die u wilde laten inloggen is hier niet bekend.")
        address = query.get("redirect_uri", "")
        if not self._is_registered(address):
            raise PageFault("Het adres waarheen u na het inloggen zou gaan is hier niet bekend.")
        return address

    def _is_registered(self, address: str) -> bool:
        allowed = self._settings.portal_redirect_uris or [f"{self.issuer}/portal/callback"]
        if address in allowed:
            return True
        # A demo on one machine is one place, whether it is called localhost or 127.0.0.1.
        return _loopback_form(address) in {_loopback_form(one) for one in allowed} - {None}

    def pending(self, number: str) -> AuthorizationRequest | None:
        """The request that a person is answering, if it is not too old."""
        return self._pending.look(number)

    def finish(self, number: str, name: str) -> str:
        """Sign a person in; answers the address to send the browser to.

        Raises:
            PageFault: the request is too old or was answered, or there is no such person.
        """
        identity = self._directory.named(name)
        if identity is None or identity.kind != "person" or identity.issuer != BUILT_IN:
            raise PageFault("Deze persoon is er niet. Ga terug en kies iemand uit de lijst.")
        request = self._pending.take(number)
        if request is None:
            raise PageFault(
                "Deze poging om in te loggen is verlopen. Ga terug naar het portaal en begin opnieuw."
            )
        code = secrets.token_urlsafe(32)
        self._codes.put(code, _Authorized(request, identity.name))
        return answer_address(request.redirect_uri, code=code, state=request.state, iss=self.issuer)

    def token(self, form: Mapping[str, str], authorization: str | None) -> dict[str, Any]:
        """Answer a request for a token.

        Args:
            form: the fields, each given once.
            authorization: the header of that name.

        Raises:
            OAuthFault: refused.
        """
        grant_type = form.get("grant_type")
        if grant_type == "client_credentials":
            return self._for_client(form, authorization)
        if grant_type == "authorization_code":
            return self._for_code(form)
        if grant_type == "refresh_token":
            return self._for_refresh(form)
        if grant_type is None:
            raise OAuthFault("invalid_request", "grant_type is missing")
        raise OAuthFault("unsupported_grant_type", "this grant type is not supported")

    def access_token(
        self, identity: Identity, *, client_id: str | None = None, session_id: str | None = None
    ) -> dict[str, Any]:
        """A fresh access token for somebody, as the token endpoint answers it."""
        now = int(self._now())
        lifetime = self._settings.token_seconds
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self._settings.audience,
            "sub": identity.subject,
            "azp": client_id or identity.name,
            "client_id": client_id or identity.name,
            "iat": now,
            "exp": now + lifetime,
            "jti": str(uuid4()),
            **({} if session_id is None else {"sid": session_id}),
        }
        return {
            "access_token": self._sign(claims, "at+jwt"),
            "token_type": "Bearer",
            "expires_in": lifetime,
        }

    def session_end(self, query: Mapping[str, str]) -> str | None:
        """Where to send somebody who signed out; None: stay here."""
        address = query.get("post_logout_redirect_uri", "")
        base = f"{self.issuer}/portal/"
        parts = urlsplit(address)
        plain = parts._replace(query="", fragment="").geturl()
        if _loopback_form(plain) != _loopback_form(base) and plain != base:
            return None
        state = query.get("state")
        return answer_address(address, state=state) if state else address

    def session_of(self, hint: str) -> str | None:
        """The session that an `id_token_hint` is of, if we signed it, however old; it cannot be renewed again."""
        try:
            claims = jwt.decode(
                hint,
                self._key.public,
                algorithms=["RS256"],
                issuer=self.issuer,
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return None
        session_id = claims.get("sid")
        if not isinstance(session_id, str):
            return None
        self._ended.put(session_id, True)  # noqa: FBT003 - that it is there is what counts
        return session_id

    def _sign(self, claims: Mapping[str, Any], kind: str) -> str:
        return jwt.encode(
            dict(claims),
            self._key.private,
            algorithm="RS256",
            headers={"kid": self._key.kid, "typ": kind},
        )

    def _for_code(self, form: Mapping[str, str]) -> dict[str, Any]:
        found = self._codes.take(form.get("code", ""))
        if found is None:
            raise OAuthFault("invalid_grant", "the code is unknown, used or expired")
        request = found.request
        if form.get("client_id") != request.client_id:
            raise OAuthFault("invalid_grant", "the code was issued to another client")
        if form.get("redirect_uri") != request.redirect_uri:
            raise OAuthFault("invalid_grant", "redirect_uri differs from the authorization request")
        verifier = form.get("code_verifier", "")
        if not 43 <= len(verifier) <= 128 or not _VERIFIER_CHARACTERS.issuperset(verifier):  # noqa: PLR2004 - RFC 7636
            raise OAuthFault("invalid_request", "code_verifier is missing or malformed")
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
        if not hmac.compare_digest(digest, request.challenge.encode()):
            raise OAuthFault("invalid_grant", "code_verifier does not fit the challenge")
        session = _Session(secrets.token_urlsafe(16), request.client_id, found.name, request.scopes)
        return self._for_person(session, nonce=request.nonce)

    def _for_refresh(self, form: Mapping[str, str]) -> dict[str, Any]:
        session = self._sessions.take(form.get("refresh_token", ""))
        if session is None or form.get("client_id") != session.client_id or self._ended.look(session.id):
            raise OAuthFault("invalid_grant", "the refresh token is unknown, used or expired")
        return self._for_person(session, nonce=None)

    def _for_person(self, session: _Session, *, nonce: str | None) -> dict[str, Any]:
        identity = self._directory.named(session.name)
        if identity is None:
            raise OAuthFault("invalid_grant", "this account is no longer active")
        answer = self.access_token(identity, client_id=session.client_id, session_id=session.id)
        answer["scope"] = " ".join(sorted(session.scopes))
        refresh = secrets.token_urlsafe(32)
        self._sessions.put(refresh, session)
        answer["refresh_token"] = refresh
        if "openid" in session.scopes:
            now = int(self._now())
            claims: dict[str, Any] = {
                "iss": self.issuer,
                "aud": session.client_id,
                "azp": session.client_id,
                "sub": identity.subject,
                "iat": now,
                "nbf": now,
                "exp": now + _ID_TOKEN_SECONDS,
                "jti": str(uuid4()),
                "sid": session.id,
            }
            if nonce is not None:
                claims["nonce"] = nonce
            if "profile" in session.scopes:
                claims["name"] = identity.display_name
            answer["id_token"] = self._sign(claims, "JWT")
        return answer

    def _for_client(self, form: Mapping[str, str], authorization: str | None) -> dict[str, Any]:
        asserted = "client_assertion" in form or "client_assertion_type" in form
        if asserted and authorization is not None:
            raise OAuthFault("invalid_request", "authenticate in one way only")
        if "client_secret" in form:
            raise invalid_client("the secret belongs in the Authorization header")
        # A client's roles are registered; the usual scopes are taken, and change nothing.
        if not set(form.get("scope", "").split()) <= SCOPES:
            raise OAuthFault("invalid_scope", f"known scopes: {' '.join(sorted(SCOPES))}")
        if asserted:
            identity = self._proof.by_assertion(form)
        elif authorization is not None:
            identity = self._proof.by_secret(authorization)
        else:
            raise invalid_client("the client did not authenticate")
        if form.get("client_id", identity.name) != identity.name:
            raise invalid_client("client_id differs from the authenticated client")
        return self.access_token(identity)


def _is_challenge(text: str) -> bool:
    return len(text) == 43 and _VERIFIER_CHARACTERS.issuperset(text)  # noqa: PLR2004 - SHA-256 in base64url


def _loopback_form(address: str) -> str | None:
    """An address of this very machine with its host spelled one way; None for any other."""
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        return None
    if parts.hostname not in {"localhost", "127.0.0.1", "::1"} or parts.username is not None:
        return None
    return parts._replace(netloc=f"localhost:{port}").geturl()
