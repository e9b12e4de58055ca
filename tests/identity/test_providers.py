# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""People and systems come in through a real identity provider, whichever it is."""

import asyncio
import os
import re
import signal
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from playwright.async_api import BrowserContext

from gateway.settings import SignInDemand
from portal.proof import ClientKeys
from tests.identity.stage import CONSULENT, MACHINE, NAMES, STRANGER, Stage, private_key

pytestmark = pytest.mark.timeout(900)
BATCH = "/learning-routes/v1/attendance-batches"


async def refused_within(stage: Stage, token: str, *, seconds: float) -> float:
    """How long it took until a token was refused."""
    began = time.monotonic()
    while (answer := await stage.call(token)).status_code != 401:
        assert time.monotonic() - began < seconds, answer.text
        await asyncio.sleep(0.1)
    return time.monotonic() - began


async def test_a_person_signs_in_with_a_browser(on_stage: Stage, desk: BrowserContext) -> None:
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.url))
    page = await on_stage.sign_in(desk, CONSULENT)
    assert NAMES[CONSULENT] in await page.inner_text("body")
    begun = next(url for url in asked if "code_challenge" in url)
    query = parse_qs(urlsplit(begun).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["response_type"] == ["code"]
    assert {"state", "nonce"} <= query.keys()
    kept = await desk.cookies(f"{on_stage.url}/portal/")
    assert any(str(one.get("name")).startswith("portal-session-") for one in kept)
    assert all(one.get("httpOnly") and one.get("sameSite") == "Lax" for one in kept)
    # No token ever stands in an address, or where a script of the page could read it.
    assert not [url for url in asked if re.search(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", url)]
    readable = await page.evaluate("document.cookie + JSON.stringify({...localStorage, ...sessionStorage})")
    assert not re.search(r"eyJ[\w-]+\.[\w-]+\.", readable)
    assert "portal-" not in readable
    session = await on_stage.session(desk)
    me = (await on_stage.call(session.access_token)).json()
    assert (me["kind"], me["name"], me["roles"]) == ("person", NAMES[CONSULENT], ["consulent"])


async def test_a_session_is_renewed_without_asking(on_stage: Stage, desk: BrowserContext) -> None:
    await on_stage.sign_in(desk, CONSULENT)
    before = await on_stage.session(desk)
    assert before.refresh_token is not None
    renewed = await _renewed(on_stage, before.refresh_token)
    assert renewed != before.access_token
    assert (await on_stage.call(renewed)).status_code == 200


async def test_a_token_tells_when_somebody_signed_in_and_a_renewed_one_tells_the_same(
    on_stage: Stage, desk: BrowserContext
) -> None:
    await on_stage.sign_in(desk, CONSULENT)
    session = await on_stage.session(desk)
    told = jwt.decode(session.access_token, options={"verify_signature": False})
    assert 0 <= time.time() - told["auth_time"] < 300
    assert isinstance(told.get("acr"), str) or not on_stage.provider.tells_acr
    recent = SignInDemand(max_age_seconds=600)
    with on_stage.asking(recent):
        assert (await on_stage.call(session.access_token)).status_code == 200
    assert session.refresh_token is not None
    renewed = await _renewed(on_stage, session.refresh_token)
    with on_stage.asking(recent, later=1200):
        for token in (session.access_token, renewed):
            answer = await on_stage.call(token)
            assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-again")
            assert 'max_age="600"' in answer.headers["www-authenticate"]
        # Of a system nothing is asked.
        assert (await on_stage.call(await on_stage.machine_token())).status_code == 200


async def _renewed(stage: Stage, refresh_token: str) -> str:
    from portal.settings import PortalSettings

    keys = ClientKeys(PortalSettings().client_keys.get_secret_value())
    answer = await stage.provider.machine_token(
        "portal", keys, grant_type="refresh_token", refresh_token=refresh_token
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def test_somebody_whom_the_register_does_not_know_is_told_plainly(
    on_stage: Stage, desk: BrowserContext
) -> None:
    page = await on_stage.sign_in(desk, STRANGER)
    said = await page.inner_text("body")
    assert "U bent hier niet bekend" in said
    assert "Geef uw beheerder dit account door" in said
    assert on_stage.provider.issuer in said
    again = await page.get_attribute("a[href*='ander=ja']", "href")
    assert again == "/portal/inloggen?ander=ja"
    assert not [one for one in await desk.cookies() if str(one.get("name")).startswith("portal-session-")]
    # The sign-in page of the provider, not the same refusal again.
    await page.click(f"a[href='{again}']")
    await page.wait_for_selector("input[name=password]")


async def test_a_system_proves_itself_with_its_key_and_sends_a_batch(on_stage: Stage) -> None:
    token = await on_stage.machine_token()
    me = (await on_stage.call(token)).json()
    assert (me["kind"], me["roles"]) == ("client", ["school-system"])
    rows = [
        {
            "providerReference": "nog-niet-bekend",
            "lessonDate": "2024-11-05",
            "dayPart": "morning",
            "status": "present",
        }
    ]
    answer = await on_stage.call(token, "POST", BATCH, json={"rows": rows, "atomic": False})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["rejected"], answer.json()["rows"][0]["outcome"]) == (1, "rejected")


async def test_a_system_with_another_key_gets_no_token(on_stage: Stage) -> None:
    answer = await on_stage.provider.machine_token(MACHINE, ClientKeys(private_key()))
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] in {"invalid_client", "unauthorized_client"}


async def test_what_the_provider_signed_for_others_is_refused(on_stage: Stage) -> None:
    strays = await on_stage.provider.strays(MACHINE, on_stage.machine)
    assert {"another audience", "another issuer"} <= strays.keys()
    for what, token in strays.items():
        answer = await on_stage.call(token)
        assert answer.status_code == 401, what
        assert "invalid_token" in answer.headers["www-authenticate"]


async def test_a_token_ends_when_it_ends_also_when_it_is_remembered(on_stage: Stage) -> None:
    token = await on_stage.machine_token()
    life = jwt.decode(token, options={"verify_signature": False})
    left = life["exp"] - time.time()
    assert 0 < left <= 300
    assert (await on_stage.call(token)).status_code == 200
    with on_stage.later(left - 5):
        assert (await on_stage.call(token)).status_code == 200
    with on_stage.later(left + 0.01):
        assert (await on_stage.call(token)).status_code == 401


async def test_signing_out_ends_the_session_everywhere(on_stage: Stage, desk: BrowserContext) -> None:
    page = await on_stage.sign_in(desk, CONSULENT)
    session = await on_stage.session(desk)
    assert (await on_stage.call(session.access_token)).status_code == 200
    await page.click("form[action='/portal/uitloggen'] button")
    await on_stage.provider.confirm_logout(page)
    await page.wait_for_url(f"{on_stage.url}/portal/?melding=uitgelogd")
    # The provider tells the gateway, which refuses what it believed a moment ago.
    await refused_within(on_stage, session.access_token, seconds=60)
    assert not [one for one in await desk.cookies() if str(one.get("name")).startswith("portal-session-")]
    # A copy of the cookies is worth nothing either: the provider renews nothing of that session.
    assert session.refresh_token is not None
    from portal.settings import PortalSettings

    keys = ClientKeys(PortalSettings().client_keys.get_secret_value())
    renewed = await on_stage.provider.machine_token(
        "portal", keys, grant_type="refresh_token", refresh_token=session.refresh_token
    )
    assert (renewed.status_code, renewed.json()["error"]) == (400, "invalid_grant")
    # And who comes back is asked for the password again.
    await page.click("a[href='/portal/inloggen']")
    await page.wait_for_selector("input[name=password]")


async def test_keys_are_changed_at_the_provider_while_calls_go_on(on_stage: Stage) -> None:
    provider = on_stage.provider
    old = await on_stage.machine_token()
    statuses: list[int] = []
    over = asyncio.Event()

    async def work() -> None:
        while not over.is_set():
            statuses.append((await on_stage.call(old)).status_code)
            statuses.append((await on_stage.call(await on_stage.machine_token())).status_code)

    working = asyncio.create_task(work())
    await provider.rotate()
    kid_of = jwt.get_unverified_header
    give_up = time.monotonic() + 30
    while kid_of(fresh := await on_stage.machine_token())["kid"] == kid_of(old)["kid"]:
        assert time.monotonic() < give_up
        await asyncio.sleep(0.1)
    assert (await on_stage.call(fresh)).status_code == 200
    over.set()
    await working
    assert set(statuses) == {200}, statuses
    # The old key is taken away: what it signed falls with the next reading of the keys, within a minute.
    await provider.retire()
    issuer = on_stage.verifier._issuers[provider.issuer]
    await issuer.keys.refresh()  # type: ignore[attr-defined]
    assert (await on_stage.call(old)).status_code == 401
    assert (await on_stage.call(fresh)).status_code == 200


async def test_a_provider_that_is_away_is_told_and_stops_nobody_who_is_in(
    on_stage: Stage, provider_pid: int, desk: BrowserContext
) -> None:
    await on_stage.sign_in(desk, CONSULENT)
    session = await on_stage.session(desk)
    os.kill(provider_pid, signal.SIGSTOP)
    try:
        issuer = on_stage.verifier._issuers[on_stage.provider.issuer]
        assert not await issuer.keys.refresh()  # type: ignore[attr-defined]
        assert (await on_stage.call(session.access_token)).status_code == 200
        page = await desk.new_page()
        shown = await page.goto(f"{on_stage.url}/portal/mijn-dag")
        assert shown is not None
        assert shown.status == 200
        with on_stage.half_a_minute_later():
            async with httpx.AsyncClient(base_url=on_stage.url, timeout=60) as client:
                refused = await client.get("/portal/inloggen")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        assert "De inlogdienst is even niet bereikbaar" in refused.text
    finally:
        os.kill(provider_pid, signal.SIGCONT)


async def test_no_secret_stands_in_any_log(on_stage: Stage) -> None:
    token = await on_stage.machine_token()
    await on_stage.call(token)
    ours, theirs = on_stage.log.read_text(), on_stage.provider.log.read_text(errors="replace")
    assert '"event"' in ours
    for text in (ours, theirs):
        assert not re.search(r"eyJ[\w-]{8,}\.", text)
        for password in on_stage.passwords.values():
            assert password not in text
        assert "code_verifier" not in text
        assert not re.search(r"[?&](code|state|id_token_hint)=", text)
