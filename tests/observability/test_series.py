# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is counted does not grow with what strangers send: 10,000 random paths leave the series as they were."""

import secrets
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from starlette.types import ASGIApp

from chassis.metrics import metrics
from chassis.testing import service_under_test
from portal.app import create_app
from portal.settings import PortalSettings
from portal.watched import Watched
from tests.service.chassis.sample import SERVICE
from tests.service.gateway.world import world

FRONT, INNER, SCREENS = 4000, 4000, 2000
UNHURRIED = {"address_per_second": 1_000_000, "address_burst": 1_000_000}
"""A stranger who is slowed down would be refused in the middle of it: also bounded, and another story."""
METHODS = ("GET", "POST", "PUT", "DELETE", "BREW", "PROPFIND")


def series() -> set[str]:
    """Every series of this process, without its value."""
    lines = metrics().expose().decode().splitlines()
    return {line.rpartition(" ")[0] for line in lines if line and line[0] != "#"}


async def ask(app: ASGIApp, method: str, path: str) -> int:
    """The status of one request without a body, past any client."""
    found: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            found.append(message["status"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    await app(scope, receive, send)
    return found[0]


async def knock(app: ASGIApp, times: int, *prefixes: str) -> None:
    for number in range(times):
        path = prefixes[number % len(prefixes)] + secrets.token_urlsafe(8)
        assert await ask(app, METHODS[number % len(METHODS)], path) >= 300


async def test_ten_thousand_random_paths_add_no_series(postgres_url: str, tmp_path: Path) -> None:
    settings = PortalSettings(session_keys=SecretStr("8Jc3rWl0mXq1vH7uY2nT5zB9kD4fG6hJ0pLsQwErTyU="))
    portal = Watched(create_app(settings))
    async with (
        world(postgres_url, tmp_path, settings=UNHURRIED) as gateway,
        service_under_test(SERVICE, postgres_url) as bench,
    ):
        places: list[tuple[ASGIApp, int, tuple[str, ...]]] = [
            (gateway.door.app, FRONT, ("/", "/mirror/v1/", "/mirror/v1/people/", "/docs/problems/", "/gateway/v1/members/")),
            (bench.live.app, INNER, ("/", "/sample/v1/", "/sample/v1/things/", "/health/", "/metrics/")),
            (portal, SCREENS, ("/", "/portal/", "/portal/school/", "/portal/static/")),
        ]  # fmt: skip
        for app, _, prefixes in places:  # what is there is seen once: each method at each place
            await knock(app, 4 * len(METHODS) * len(prefixes), *prefixes)
        for live in (gateway.door.live, bench.live):  # what the clock still does is no answer to a stranger
            await live.settle()
        before = series()
        for app, times, prefixes in places:
            await knock(app, times, *prefixes)
        assert series() - before == set()
