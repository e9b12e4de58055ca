# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the gateway answers itself is a room: it takes some paths and answers each request whole."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from chassis.errors import InvalidInput, MethodNotAllowed, UnsupportedMedia
from gateway.errors import NoSuchService

__all__ = ["JSON", "Handler", "Paths", "Room", "json_body", "page"]

JSON = "application/json"
_BODY_BYTES = 65_536

Handler = Callable[[Request], Awaitable[Response]]


class Room(Protocol):
    """A part of the gateway that answers requests of its own."""

    @property
    def body_limit(self) -> int:
        """Most bytes of a body."""
        ...

    def takes(self, path: str) -> bool:
        """Whether a path belongs here."""
        ...

    def route(self, path: str) -> str:
        """The template of a path, for metrics."""
        ...

    async def answer(self, request: Request) -> Response:
        """Answer a request; faults are raised as `Problem`."""
        ...


@dataclass(frozen=True, slots=True)
class Paths:
    """A room of fixed paths. `prefixes` are paths with one more, free part at the end."""

    fixed: Mapping[str, Mapping[str, Handler]]
    prefixes: Mapping[str, Mapping[str, Handler]]
    body_limit: int = _BODY_BYTES

    def takes(self, path: str) -> bool:
        """Whether a path belongs here."""
        return path in self.fixed or self._prefix(path) is not None

    def route(self, path: str) -> str:
        """The template of a path, for metrics."""
        return path if path in self.fixed else f"{self._prefix(path)}{{code}}"

    def _prefix(self, path: str) -> str | None:
        start, slash, end = path.rpartition("/")
        prefix = start + slash
        return prefix if end and prefix in self.prefixes else None

    async def answer(self, request: Request) -> Response:
        """Answer a request."""
        path = request.url.path
        methods = self.fixed.get(path)
        if methods is None:
            prefix = self._prefix(path)
            if prefix is None:
                raise NoSuchService("Dit adres bestaat niet.")
            methods = self.prefixes[prefix]
        handler = methods.get(request.method)
        if handler is None:
            allowed = ", ".join(sorted({*methods, *(["HEAD"] if "GET" in methods else [])}))
            raise MethodNotAllowed(f"Hier kan: {allowed}.", headers={"Allow": allowed})
        return await handler(request)


async def json_body(request: Request) -> dict[str, Any]:
    """The JSON object that was sent.

    Raises:
        UnsupportedMedia: it says it is something else.
        InvalidInput: it is no JSON object.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON:
        raise UnsupportedMedia(f"Hier wordt gelezen: {JSON}.")
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as fault:
        raise InvalidInput.on("", "Dit is geen geldige JSON.", code="json-invalid") from fault
    if not isinstance(body, dict):
        raise InvalidInput.on("", "Dit moet een object zijn.", code="dict-type")
    return body


_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, *, status: int = 200, send_to: str | None = None, **values: Any) -> Response:
    """A page for people: no script, own style only.

    Args:
        template: its name in `templates/`.
        status: of the answer.
        send_to: an address to which a form on the page leads by a redirect, besides ourselves.
        values: for the template.
    """
    html = _templates.get_template(template).render(**values)
    forms = "'self'"
    if send_to is not None:
        parts = urlsplit(send_to)
        forms += f" {parts.scheme}://{parts.netloc}"
    return HTMLResponse(
        html,
        status,
        headers={
            "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action {forms}"
        },
    )
