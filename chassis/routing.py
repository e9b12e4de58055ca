# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Finding the route of a request without asking each route in turn, and letting it answer.

FastAPI asks its routes one by one, below six layers that each wrap the next. With the sixty routes of a
service that costs more than the rest of a small request. Here a route is found by its method and the number
of parts of its path, and answers at once; what is not found that way goes the ordinary way, to be told why.
"""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.web import UnitOfWorkRoute

__all__ = ["Beside", "Operations"]


class Operations:
    """The app of an API: its operations, and FastAPI for whatever is none of them."""

    def __init__(self, api: FastAPI, routes: Sequence[BaseRoute]) -> None:
        """Index these routes of the API.

        A path without parameters goes before any with them; among those with parameters, and among
        those with the same path, the first one has it.
        """
        self._api = api
        self._fixed: dict[tuple[str, str], UnitOfWorkRoute] = {}
        self._found: dict[tuple[str, int], list[UnitOfWorkRoute]] = {}
        for route in routes:
            # A parameter of a path holds no slash, unless it says so.
            if not isinstance(route, UnitOfWorkRoute) or ":path}" in route.path:
                continue
            for method in route.methods or ():
                if route.param_convertors:
                    self._found.setdefault((method, route.path.count("/")), []).append(route)
                else:
                    self._fixed.setdefault((method, route.path), route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the scope is changed in place, as a router's is."""
        found = self._find(scope) if scope["type"] == "http" else None
        if found is None:
            await self._api(scope, receive, send)
            return
        route, parameters = found
        scope["app"] = self._api
        scope["route"] = route
        scope["path_params"] = parameters
        request = Request(scope, receive)
        try:
            response = await route.answer(request)
        except ClientDisconnect:
            return  # it went away within its body: nobody is there to answer, and that is no fault of ours
        except Exception as fault:
            handler = self._handler(fault)
            response = await handler(request, fault)
            await response(scope, receive, send)
            if handler is self._api.exception_handlers.get(Exception):
                raise  # nobody foresaw it: the edge logs it
            fault.__traceback__ = None  # it holds every frame, and some faults are kept
            return
        await response(scope, receive, send)

    def _find(self, scope: Scope) -> tuple[UnitOfWorkRoute, dict[str, Any]] | None:
        method, path = scope["method"], scope["path"].removeprefix(scope.get("root_path", ""))
        if (fixed := self._fixed.get((method, path))) is not None:
            return fixed, {}
        for route in self._found.get((method, path.count("/")), ()):
            if (match := route.path_regex.match(path)) is not None:
                convert = route.param_convertors
                return route, {
                    name: convert[name].convert(value) for name, value in match.groupdict().items()
                }
        return None

    def _handler(self, fault: Exception) -> Any:
        known = self._api.exception_handlers
        return next(known[kind] for kind in type(fault).__mro__ if kind in known)


class Beside:
    """An app below a path, and another for everything else; no routing of its own."""

    def __init__(self, below: str, app: ASGIApp, other: ASGIApp) -> None:
        """Serve `app` below this path, which has no slash at the end."""
        self._path = below
        self._start = f"{below}/"
        self._app = app
        self._other = other

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the scope is changed in place, as a mounted app's is."""
        if scope["type"] == "http" and scope["path"].startswith(self._start):
            scope["root_path"] = scope.get("root_path", "") + self._path
            await self._app(scope, receive, send)
        else:
            await self._other(scope, receive, send)
