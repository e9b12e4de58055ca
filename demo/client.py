# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""An ordinary client of the gateway: signs in as one of the demo's identities and calls the API."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from uuid import NAMESPACE_URL, uuid5

import aiohttp

__all__ = ["Gateway", "NotReachable", "Refused"]

_PATIENCE_SECONDS = 300.0  # a laptop that does much else has waited for a minute and more
_LONGEST_CALL_SECONDS = 300.0  # moving the clock waits for all that it makes due
_RENEW_BEFORE_SECONDS = 120
_TOO_MANY, _UNAVAILABLE, _CONFLICT, _UNAUTHENTICATED = 429, 503, 409, 401
_FAULTS_FROM = 400
_AWAY = (aiohttp.ClientConnectionError, asyncio.TimeoutError)
_WAITABLE = frozenset({"reference-not-yet-known", "idempotency-key-in-use"})


class NotReachable(Exception):
    """No gateway answers at the address."""


class Refused(Exception):
    """The platform refused a call. Holds the problem document, never what was sent."""

    def __init__(self, method: str, path: str, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        self.problem = problem
        places = "; ".join(
            f"{error.get('pointer') or error.get('parameter')}: {error.get('detail')}"
            for error in problem.get("errors", [])
        )
        detail = problem.get("detail") or problem.get("title") or ""
        super().__init__(f"{method} {path} answered {status} {self.code}: {detail} {places}".strip())


class Gateway:
    """The platform, as seen from outside. Use as `async with Gateway(url) as gateway`."""

    def __init__(self, url: str, *, patience: float = _PATIENCE_SECONDS) -> None:
        """Talk to the gateway at this address; wait so many seconds for it where it asks to wait."""
        self.url = url.rstrip("/")
        self._patience = patience
        self._tokens: dict[str, tuple[str, float]] = {}
        self._asking: dict[str, asyncio.Lock] = {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_LONGEST_CALL_SECONDS))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def token(self, name: str) -> str:
        """An access token of one of the demo's identities, renewed in time.

        Raises:
            Refused: there is no such identity, or the platform is in production.
            NotReachable: nothing answers at the address.
        """
        async with self._asking.setdefault(name, asyncio.Lock()):
            token, until = self._tokens.get(name, ("", 0.0))
            if until < time.monotonic():
                answer = await self._send("POST", "/demo/v1/tokens", json={"name": name})
                token = str(answer["access_token"])
                until = time.monotonic() + float(answer["expires_in"]) - _RENEW_BEFORE_SECONDS
                self._tokens[name] = token, until
            return token

    async def clock(self) -> dict[str, str]:
        """Where the demo's clock stands; for anyone."""
        answer: dict[str, str] = await self._send("GET", "/demo/v1/clock")
        return answer

    async def get(self, name: str, path: str, **parameters: str) -> Any:
        """Read as an identity."""
        return await self._call("GET", name, path, params=parameters)

    async def items(self, name: str, path: str, **parameters: str) -> list[dict[str, Any]]:
        """Every item of a list, over all its pages."""
        found: list[dict[str, Any]] = []
        token: str | None = ""
        while token is not None:
            more = {"pageToken": token} if token else {}
            page = await self.get(name, path, pageSize="200", **parameters, **more)
            found += page["items"]
            token = page["nextPageToken"]
        return found

    async def post(self, name: str, path: str, body: Any, *, key: str | None = None) -> Any:
        """Create as an identity.

        Args:
            name: the identity.
            path: of the collection.
            body: JSON.
            key: what this thing is called in the plan; made into the Idempotency-Key, so that asking
                again never makes it twice.
        """
        headers = {"Idempotency-Key": str(uuid5(NAMESPACE_URL, f"{self.url}:{key}"))} if key else {}
        return await self._call("POST", name, path, json=body, headers=headers)

    async def put(self, name: str, path: str, body: Any) -> Any:
        """Put as an identity."""
        return await self._call("PUT", name, path, json=body)

    async def patch(self, name: str, path: str, body: Any, *, version: int) -> Any:
        """Change as an identity, from the version that was read."""
        return await self._call("PATCH", name, path, json=body, headers={"If-Match": f'"{version}"'})

    async def send_file(self, name: str, path: str, body: bytes, media_type: str, *, key: str) -> Any:
        """Send a file as an identity, as a school's system does."""
        headers = {
            "Idempotency-Key": str(uuid5(NAMESPACE_URL, f"{self.url}:{key}")),
            "Content-Type": media_type,
        }
        return await self._call("POST", name, path, data=body, headers=headers)

    async def _call(
        self, method: str, name: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Any:
        try:
            return await self._send(method, path, headers=await self._authorised(name, headers), **more)
        except Refused as fault:
            if fault.status != _UNAUTHENTICATED:
                raise
            self._tokens.pop(name, None)  # the issuer has new keys, or the token ran out
            return await self._send(method, path, headers=await self._authorised(name, headers), **more)

    async def _authorised(self, name: str, headers: Mapping[str, str] | None) -> dict[str, str]:
        return {**(headers or {}), "Authorization": f"Bearer {await self.token(name)}"}

    async def _send(self, method: str, path: str, **more: Any) -> Any:
        """Send, and send again as long as the platform says to wait, with patience."""
        if self._session is None:
            raise RuntimeError("use the gateway as `async with`")
        give_up = time.monotonic() + self._patience
        while True:
            pause = 0.3
            try:
                async with self._session.request(method, self.url + path, **more) as answer:
                    body = await _json(answer)
                    if answer.status < _FAULTS_FROM:
                        return body
                    fault = Refused(method, path, answer.status, body if isinstance(body, dict) else {})
                    if not _may_wait(fault) or time.monotonic() > give_up:
                        raise fault
                    pause = min(float(answer.headers.get("Retry-After", "1")), 5.0)
            except _AWAY as away:
                if time.monotonic() > give_up:
                    raise NotReachable(f"Nothing answers at {self.url} ({type(away).__name__}).") from away
            await asyncio.sleep(pause)


def _may_wait(fault: Refused) -> bool:
    return fault.status in {_TOO_MANY, _UNAVAILABLE} or (
        fault.status == _CONFLICT and fault.code in _WAITABLE
    )


async def _json(answer: aiohttp.ClientResponse) -> Any:
    with contextlib.suppress(ValueError):
        return await answer.json(content_type=None)
    return {}
