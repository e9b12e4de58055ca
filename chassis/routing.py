# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Finding the route of a request without asking each route in turn.

FastAPI asks them one by one, and those of an included router once for each level: with the sixty
routes of a service that costs more than the rest of a small request. Here a route is found by its
method and the number of parts of its path; what is not found that way goes the ordinary way.
"""

from collections.abc import Sequence

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Beside", "RouteTable", "add_routes"]


class RouteTable(BaseRoute):
    """The first route of an app, standing for all that it was given; their order is kept."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        """Index these routes."""
        self._found: dict[tuple[str, int], list[APIRoute]] = {}
        for route in routes:
            # A parameter of a path holds no slash, unless it says so.
            if isinstance(route, APIRoute) and ":path}" not in route.path:
                for method in route.methods or ():
                    self._found.setdefault((method, route.path.count("/")), []).append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The match of the first route that takes the request whole; none in any other case."""
        if scope["type"] == "http":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            for route in self._found.get((scope["method"], path.count("/")), ()):
                match, child = route.matches(scope)
                if match is Match.FULL:
                    return match, child
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route that matched answer."""
        route: APIRoute = scope["route"]
        await route.handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> str:  # type: ignore[override]
        """Addresses are made by the routes themselves."""
        raise NoMatchFound(name, path_params)


def add_routes(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Give an app routes that were made for it: found by the table, and known one by one."""
    app.router.routes.insert(0, RouteTable(routes))
    app.router.routes.extend(routes)


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
