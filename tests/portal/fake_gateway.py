# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A small gateway that speaks the forms of the contract, for tests of the portal alone.

It refuses what the real one refuses (unknown fields, missing fields, no token), so a page that
sends a wrong form fails here too.
"""

import base64
import hashlib
import json
import re
import time
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from tests.portal import fake_data as data
from tests.portal.fake_services import ROUTES
from tests.portal.fake_state import Call, State


class FakeGateway(State):
    """State of the fake: what is empty, what is away, what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.token_seconds = 3600
        self.codes: dict[str, dict[str, str]] = {}

    def reset(self) -> None:
        """As at the start of a test."""
        vars(self).update(vars(State()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        if path == "/.well-known/openid-configuration":
            return JSONResponse(self._metadata(request))
        if path == "/oauth/authorize":
            return await self._authorize(request)
        if path == "/oauth/token":
            return await self._token(request)
        if path == "/oauth/jwks":
            key = json.loads(ECAlgorithm.to_jwk(self.key.public_key()))
            return JSONResponse({"keys": [{**key, "kid": "fake", "alg": "ES256", "use": "sig"}]})
        if path == "/favicon.ico":
            return Response(status_code=204)
        if path == "/oauth/logout":
            return RedirectResponse(request.query_params["post_logout_redirect_uri"], status_code=303)
        if path == "/demo/v1/clock" and request.method == "GET":
            return JSONResponse({"now": self.clock})
        who = self._caller(request)
        if who is None:
            return problem(401, "unauthenticated", "Inloggen is nodig")
        if self.demanded is not None and not path.startswith("/gateway/"):
            told = "U bent niet sterk genoeg of te lang geleden ingelogd voor deze handeling."
            title = "Voor deze handeling is opnieuw inloggen nodig"
            return problem(401, "sign-in-again", title, **{**self.demanded, "detail": told})
        raw = await request.body()
        is_json = request.headers.get("content-type", "").startswith("application/json")
        body = json.loads(raw) if raw and is_json else {}
        self.calls.append((request.method, path, body))
        service = path.split("/")[1]
        if service in self.away:
            return problem(
                503, "unavailable", "Dit onderdeel is even niet bereikbaar", headers={"Retry-After": "5"}
            )
        for method, pattern, handler in ROUTES:
            match = re.fullmatch(pattern, path)
            if method == request.method and match:
                status, answer = handler(Call(self, request, who, match.groupdict(), body))
                if status == 202:
                    return Response(status_code=202, headers={"Location": answer})
                if status >= 400:
                    return problem(status, **answer)
                return JSONResponse(without(answer, self.untold), status_code=status)
        return problem(404, "not-found", "Niet gevonden", detail="Dit adres is er niet, of is niet van u.")

    def _metadata(self, request: Request) -> dict[str, Any]:
        base = str(request.base_url).rstrip("/")
        return {
            "issuer": base,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "jwks_uri": f"{base}/oauth/jwks",
            "end_session_endpoint": f"{base}/oauth/logout",
        }

    async def _authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        if request.method == "GET":
            buttons = "".join(
                f'<button name="who" value="{who}">{one["name"]}</button>'
                for who, one in data.MEMBERS.items()
            )
            return HTMLResponse(
                f'<!doctype html><html lang="nl"><title>Inloggen</title><form method="post">{buttons}</form>'
            )
        who = str((await request.form())["who"])
        code = f"code-{len(self.codes)}"
        self.codes[code] = {**query, "who": who}
        target = urlencode({"code": code, "state": query["state"]})
        return RedirectResponse(f"{query['redirect_uri']}?{target}", status_code=303)

    async def _token(self, request: Request) -> Response:
        form = dict(await request.form())
        if form["grant_type"] == "refresh_token":
            if self.revoked:
                return JSONResponse({"error": "invalid_grant"}, status_code=400)
            return self._tokens(str(form["refresh_token"]), "", request)
        asked = self.codes.pop(str(form["code"]), None)
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        return self._tokens(asked["who"], asked["nonce"], request)

    def _tokens(self, who: str, nonce: str, request: Request) -> Response:
        now = int(time.time())
        claims = {
            "iss": str(request.base_url).rstrip("/"),
            "aud": "portal",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "sub": who,
        }
        id_token = jwt.encode(claims, self.key, algorithm="ES256", headers={"kid": "fake"})
        return JSONResponse(
            {
                "access_token": f"access-{who}",
                "refresh_token": who,
                "id_token": id_token,
                "expires_in": self.token_seconds,
            }
        )

    def _caller(self, request: Request) -> str | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer access-")
        return token if token in data.MEMBERS and not self.revoked else None


def without(answer: Any, names: set[str]) -> Any:
    """An answer without some fields, as a service of before them gives it."""
    if isinstance(answer, list):
        return [without(one, names) for one in answer]
    if isinstance(answer, dict):
        return {name: without(value, names) for name, value in answer.items() if name not in names}
    return answer


def problem(
    status: int, code: str, title: str, *, headers: dict[str, str] | None = None, **more: Any
) -> Response:
    """A problem document."""
    body = {
        "type": f"http://localhost/problems/{code}", "title": title, "status": status, "detail": title, "instance": None,
        "code": code, "errors": [], "rule": None, **more,
    }  # fmt: skip
    return JSONResponse(body, status_code=status, headers=headers, media_type="application/problem+json")
