# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The outermost layer of every app, so that each answer has it, 404, 405 and 500 too.

Pure ASGI: the headers that the API Design Rules ask for, HEAD, trace, metrics, one log line.
"""

import time
from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import trace
from chassis.errors import InvalidInput, ServerFault
from chassis.logs import log, request_line
from chassis.metrics import Requests, method_word
from chassis.problems import problem_response

__all__ = ["SECURITY_HEADERS", "Edge"]

SECURITY_HEADERS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"strict-transport-security": b"max-age=31536000; includeSubDomains",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
}
_SERVER_FAULT = 500


class Edge:
    """Wraps one service's app."""

    def __init__(self, app: ASGIApp, *, service: str, version: str, open_path: str) -> None:
        """Wrap.

        Args:
            app: the service's own app.
            service: its name, for logs and metrics.
            version: of its API, for the header API-Version.
            open_path: the one path that any web page may read (openapi.json).
        """
        self._app = app
        self._service = service
        self._headers = [(b"api-version", version.encode()), *SECURITY_HEADERS.items()]
        self._names = {name for name, _ in self._headers}
        self._open_path = open_path
        self._requests = Requests(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"])
        token = trace.enter(trace.parse(given.get(b"traceparent", b"").decode("latin-1")))
        started = time.perf_counter()
        head = scope["method"] == "HEAD"
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [
                    (name, value)
                    for name, value in message.get("headers", [])
                    if name.lower() not in self._names
                ]
                if scope["path"] == self._open_path:
                    headers.append((b"access-control-allow-origin", b"*"))
                message = {**message, "headers": headers + self._headers}
            elif head:
                message = {**message, "body": b""}
            await send(message)

        inner = {**scope, "method": "GET"} if head else scope
        try:
            if b"%00" in scope.get("raw_path", b"").lower() or b"%00" in scope["query_string"]:
                await problem_response(InvalidInput("Het adres bevat een teken dat niet mag."))(
                    inner, receive, answer
                )
            else:
                await self._app(inner, receive, answer)
        except Exception as fault:
            log().error("request_failed", service=self._service, fault=type(fault).__name__, exc_info=fault)
            if status == _SERVER_FAULT:
                return  # already answered as such
            if status:
                raise  # half an answer is out: only breaking the connection tells the client
            await problem_response(
                ServerFault(
                    "Er ging iets mis aan onze kant. Noem bij een melding het nummer onder 'instance'."
                )
            )(inner, receive, answer)
        finally:
            self._record(scope, inner, status, time.perf_counter() - started)
            trace.leave(token)

    def _record(self, scope: Scope, inner: MutableMapping[str, Any], status: int, seconds: float) -> None:
        route = _template(inner)
        method = scope["method"]
        self._requests.count(method, route, status, seconds)
        if route in _QUIET:
            return
        request_line(
            "request",
            {
                "service": self._service,
                "method": method_word(method),
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1000, 1),
            },
        )


_QUIET = {"/health/live", "/health/ready", "/metrics"}


def _template(scope: MutableMapping[str, Any]) -> str:
    """The route's template, never the raw path: that may hold anything and would grow the metrics."""
    route = scope.get("state", {}).get("route_template")
    if isinstance(route, str):
        return route
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "other"
