# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The outermost layer of the portal as a process of its own: health, metrics, trace and one log line.

These addresses stand beside `/portal`, so the gateway, which passes on `/portal` alone, hides them.
"""

import time

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import trace
from chassis.logs import log
from chassis.metrics import metrics

__all__ = ["Watched"]

_NAME = "portal"
_METHODS = frozenset({"GET", "HEAD", "POST"})


class Watched:
    """Wraps the portal."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if (own := _own(scope["path"])) is not None:
            await own(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
        token = trace.enter(trace.parse(given.decode("latin-1")))
        started = time.perf_counter()
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            _record(scope, status, time.perf_counter() - started)
            trace.leave(token)


def _own(path: str) -> Response | None:
    if path == "/health/live":
        return JSONResponse({"status": "live"})
    if path == "/health/ready":
        # The portal keeps nothing: whether the gateway answers is the gateway's to tell, and shown on the page.
        return JSONResponse({"status": "ready", "service": _NAME, "checks": {}})
    if path == "/metrics":
        return Response(metrics().expose(), media_type="text/plain; version=0.0.4")
    return None


def _record(scope: Scope, status: int, seconds: float) -> None:
    route = "/portal" + getattr(scope.get("route"), "path", "").removeprefix("/portal")
    method = scope["method"] if scope["method"] in _METHODS else "other"
    metrics().requests.labels(_NAME, method, route, str(status)).inc()
    metrics().seconds.labels(_NAME, route).observe(seconds)
    if route != "/portal/static":
        log().info(
            "request",
            service=_NAME,
            method=method,
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )
