# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The portal on a fake gateway, both on loopback, and a browser that looks at it."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography.fernet import Fernet
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, expect, sync_playwright
from pydantic import AnyHttpUrl, SecretStr
from starlette.types import ASGIApp

from portal.app import create_app
from portal.build import build
from portal.settings import PortalSettings
from tests.checked import PAGES, leave_out
from tests.portal.fake_gateway import FakeGateway
from tests.portal.screens import Screen
from tools.openapi import document

QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-sync", "--disable-component-update",
         "--no-first-run", "--disable-default-apps", "--disable-dev-shm-usage", "--lang=nl")  # fmt: skip
START_SECONDS = 60
PATIENCE = 60_000  # milliseconds; a machine may be busy with more than this
expect.set_options(timeout=PATIENCE)
# Nothing here speaks TLS, and reading all authorities for each client takes longer than a page.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
NOTHING = "/portal/static/icon.svg"  # asks nothing of the gateway, and lets the browser keep its process


def _judges_a_later_state(item: pytest.Item) -> bool:
    """Whether axe looks here at another state of a page than its first."""
    if (
        not isinstance(item, pytest.Function)
        or item.originalname != "test_a_page_is_accessible_at_every_width"
    ):
        return False
    screen = item.callspec.params["screen"]
    return isinstance(screen, Screen) and item.callspec.params["state"] != screen.states[0]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every page is looked at in its first state; in the others when something that decides them changed."""
    if not PAGES.due:
        leave_out(config, items, _judges_a_later_state)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write down that all of it passed."""
    if exitstatus == pytest.ExitCode.OK and any(_judges_a_later_state(item) for item in session.items):
        PAGES.passed({"tests": session.testscollected})


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an app on a free port of loopback; its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="auto", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        until = time.monotonic() + START_SECONDS
        while not server.started:
            assert time.monotonic() < until, "it does not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def gate_of_run() -> FakeGateway:
    return FakeGateway()


@pytest.fixture(scope="session")
def gateway_url(gate_of_run: FakeGateway) -> Iterator[str]:
    with serving(gate_of_run) as address:
        yield address


@pytest.fixture(scope="session")
def portal_url(gateway_url: str) -> Iterator[str]:
    build()
    settings = PortalSettings(
        gateway_url=AnyHttpUrl(gateway_url), session_keys=SecretStr(Fernet.generate_key().decode())
    )
    with serving(create_app(settings)) as address:
        yield address


@pytest.fixture
def gate(gate_of_run: FakeGateway) -> FakeGateway:
    """The fake gateway as new."""
    gate_of_run.reset()
    return gate_of_run


SignIn = Callable[[str], httpx.Client]


@pytest.fixture(scope="session")
def described() -> dict[str, Any]:
    """What housing says of itself."""
    found: dict[str, Any] = json.loads(document("services.housing"))
    return found


@pytest.fixture(scope="session")
def cookies_of(portal_url: str) -> Callable[[str], httpx.Cookies]:
    """The cookies of somebody who signed in, once per person and run."""
    kept: dict[str, httpx.Cookies] = {}

    def sign_in(who: str) -> httpx.Cookies:
        if who not in kept:
            with httpx.Client(follow_redirects=True, verify=NO_TLS) as client:
                asked = client.get(f"{portal_url}/portal/inloggen")
                answer = client.post(str(asked.url), data={"who": who})
                assert answer.url.path.startswith("/portal/"), answer.text
                kept[who] = client.cookies
        return kept[who]

    return sign_in


@pytest.fixture
def client_of(
    gate: FakeGateway, portal_url: str, cookies_of: Callable[[str], httpx.Cookies]
) -> Iterator[SignIn]:
    """A client of the portal for somebody who is signed in."""
    clients: list[httpx.Client] = []

    def make(who: str) -> httpx.Client:
        address = f"{portal_url}/portal"
        clients.append(httpx.Client(base_url=address, cookies=cookies_of(who), verify=NO_TLS))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


# For a module and no longer: as long as Playwright runs, no other test can have an event loop.
@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield browser
        browser.close()


class Desk:
    """Opens pages of the portal as somebody, at some width, and keeps what the console says."""

    def __init__(
        self,
        browser: Browser,
        portal_url: str,
        cookies_of: Callable[[str], httpx.Cookies],
        *,
        scripts: Sequence[Path] = (),  # that every page has from its start
    ) -> None:
        self.scripts = scripts
        self.browser = browser
        self.portal_url = portal_url
        self.cookies_of = cookies_of
        self.console: list[str] = []
        self._tabs: dict[tuple[str | None, bool], Page] = {}
        self._used: set[Page] = set()

    def sit(self, who: str | None, *, width: int = 1280, scripts: bool = True) -> Page:
        """The tab of somebody's browser, with nothing in it.

        Each person has one browser with one tab, since a new tab starts two processes and that takes
        longer than a page.
        """
        page = self._tabs.get((who, scripts))
        if page is None:
            page = self._tabs[who, scripts] = self._open(who, scripts=scripts)
        size = ViewportSize(width=width, height=900)
        if page.viewport_size != size:
            page.set_viewport_size(size)
        self._used.add(page)
        return page

    @contextmanager
    def apart(self, who: str) -> Iterator[Page]:
        """A tab in a browser of its own, for what would stay in one that is shared."""
        page = self._open(who, scripts=True)
        try:
            yield page
        finally:
            page.context.close()

    def clear(self) -> None:
        """Leave the pages: none asks anything of the gateway any more, or is caught on its way there."""
        for page in self._used:
            page.unroute_all()
            page.goto(NOTHING)
        self._used.clear()
        self.console.clear()

    def close(self) -> None:
        """Close all browsers."""
        for page in self._tabs.values():
            page.context.close()

    def _open(self, who: str | None, *, scripts: bool) -> Page:
        context = self.browser.new_context(
            locale="nl-NL",
            timezone_id="Europe/Amsterdam",
            java_script_enabled=scripts,
            base_url=self.portal_url,
            storage_state=self._state(who),
        )
        context.set_default_timeout(PATIENCE)
        for script in self.scripts:
            context.add_init_script(path=script)
        page = context.new_page()
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.console.append(f"pageerror: {error}"))
        return page

    def _state(self, who: str | None) -> StorageState | None:
        if who is None:
            return None
        return {
            "origins": [],
            "cookies": [
                {
                    "name": cookie.name, "value": cookie.value or "", "domain": "127.0.0.1", "path": "/portal",
                    "expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax",
                }
                for cookie in self.cookies_of(who).jar
            ],
        }  # fmt: skip

    def _hear(self, kind: str, text: str) -> None:
        # The browser reports each answer of 400 and above by itself; those are part of the states.
        if kind in {"error", "warning"} and not text.startswith("Failed to load resource"):
            self.console.append(f"{kind}: {text}")


@pytest.fixture(scope="module")
def room(browser: Browser, portal_url: str, cookies_of: Callable[[str], httpx.Cookies]) -> Iterator[Desk]:
    with closing(Desk(browser, portal_url, cookies_of)) as desk:
        yield desk


@pytest.fixture
def desk(gate: FakeGateway, room: Desk) -> Iterator[Desk]:
    """A desk with nothing on it."""
    yield room
    room.clear()
