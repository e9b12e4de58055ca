# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which pages of other sites may call the API in a browser: those that are listed, and no others."""

from starlette.responses import Response

__all__ = ["allowed_origin", "cors_headers", "preflight"]


def allowed_origin(headers: list[tuple[bytes, bytes]], allowed: frozenset[bytes]) -> bytes:
    """The origin of a request if it is listed; nothing otherwise."""
    origin = next((value for name, value in headers if name == b"origin"), b"")
    return origin if origin in allowed else b""


def cors_headers(origin: bytes) -> list[tuple[bytes, bytes]]:
    """The headers that let a page of this origin read the answer."""
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", b"API-Version, ETag, Location, Retry-After, Idempotency-Replayed"),
        (b"vary", b"Origin"),
    ]


def preflight() -> Response:
    """The answer to a browser that asks what a page may send."""
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
            "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, Idempotency-Key, traceparent",
            "Access-Control-Max-Age": "600",
        },
    )
