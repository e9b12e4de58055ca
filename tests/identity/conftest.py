# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Each provider once for a run, the platform once for each provider, and a browser for its people."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.checked import IDENTITY, leave_out
from tests.identity.providers import Keycloak, OidcProvider, Provider
from tests.identity.stage import Stage, stage
from tests.peers import PeerMissingError, TestRun, keycloak, oidc_provider

PROVIDERS = {"oidc-provider": (oidc_provider.start, OidcProvider), "keycloak": (keycloak.start, Keycloak)}
# No name of the outside world is ever looked up, whatever is on a page.
QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-sync", "--disable-component-update",
         "--no-first-run", "--disable-default-apps", "--disable-dev-shm-usage", "--lang=nl",
         "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave them out while nothing that decides them changed; `python -m tests.checked` says so."""
    if not IDENTITY.due:
        leave_out(config, items, lambda item: item.path.parent == Path(__file__).parent)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write down that all of them passed."""
    if exitstatus == pytest.ExitCode.OK and {item.path.parent for item in session.items} == {
        Path(__file__).parent
    }:
        IDENTITY.passed({"tests": session.testscollected})


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=PROVIDERS)
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[Provider]:
    """A provider that runs."""
    start, kind = PROVIDERS[request.param]
    run = TestRun.current()
    try:
        address = run.peer(request.param, start)
    except PeerMissingError as missing:
        pytest.skip(str(missing))
    made: Provider = kind(address, run.folder / request.param)
    yield made
    await made.http.aclose()


@pytest.fixture(scope="module")
def provider_pid(provider: Provider) -> int:
    """The process of the provider."""
    record = TestRun.current().folder / f"{provider.name}.json"
    return int(json.loads(record.read_text())["pid"])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def on_stage(
    provider: Provider, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """The platform, with that provider as its only issuer."""
    folder: Path = tmp_path_factory.mktemp("identity")
    with pytest.MonkeyPatch.context() as patch:
        async with stage(provider, postgres_url, folder, patch) as made:
            yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chrome(chromium: Path) -> AsyncIterator[Browser]:
    """A real browser."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(chrome: Browser) -> AsyncIterator[BrowserContext]:
    """The browser of somebody who was never here."""
    context = await chrome.new_context(locale="nl-NL", timezone_id="Europe/Amsterdam")
    context.set_default_timeout(60_000)
    yield context
    await context.close()
