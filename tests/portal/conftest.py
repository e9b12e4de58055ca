# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The portal on a fake gateway, both on loopback, and a browser that looks at it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from cryptography.fernet import Fernet
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright
from pydantic import AnyHttpUrl, SecretStr
from starlette.types import ASGIApp

from portal.app import create_app
from portal.build import build
from portal.settings import PortalSettings
from tests.checked import PAGES, leave_out
from tests.portal.fake_gateway import FakeGateway
from tests.portal.screens import Screen

QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-sync", "--disable-component-update",
         "--no-first-run", "--disable-default-apps", "--disable-dev-shm-usage", "--lang=nl")  # fmt: skip
START_SECONDS = 20


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
        while not server.started and time.monotonic() < until:
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
def cookies_of(portal_url: str) -> Callable[[str], httpx.Cookies]:
    """The cookies of somebody who signed in, once per person and run."""
    kept: dict[str, httpx.Cookies] = {}

    def sign_in(who: str) -> httpx.Cookies:
        if who not in kept:
            with httpx.Client(follow_redirects=True) as client:
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
        clients.append(httpx.Client(base_url=f"{portal_url}/portal", cookies=cookies_of(who)))
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

    def __init__(self, browser: Browser, portal_url: str, cookies_of: Callable[[str], httpx.Cookies]) -> None:
        self.browser = browser
        self.portal_url = portal_url
        self.cookies_of = cookies_of
        self.console: list[str] = []
        self._contexts: dict[tuple[str | None, bool], BrowserContext] = {}
        self._tabs: list[Page] = []

    def sit(self, who: str | None, *, width: int = 1280, scripts: bool = True) -> Page:
        """A fresh tab of somebody's browser."""
        context = self._contexts.get((who, scripts))
        if context is None:
            context = self._contexts[who, scripts] = self.browser.new_context(
                locale="nl-NL",
                timezone_id="Europe/Amsterdam",
                java_script_enabled=scripts,
                base_url=self.portal_url,
                storage_state=self._state(who),
            )
            context.set_default_timeout(15_000)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.console.append(f"pageerror: {error}"))
        self._tabs.append(page)
        return page

    def close_tabs(self) -> None:
        """Close the tabs; the browsers stay, since starting one costs more than a page."""
        for page in self._tabs:
            page.close()
        self._tabs.clear()
        self.console.clear()

    def leave(self) -> None:
        """Close all browsers."""
        for context in self._contexts.values():
            context.close()

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
    desk = Desk(browser, portal_url, cookies_of)
    yield desk
    desk.leave()


@pytest.fixture
def desk(gate: FakeGateway, room: Desk) -> Iterator[Desk]:
    """A desk with no tabs open."""
    yield room
    room.close_tabs()
