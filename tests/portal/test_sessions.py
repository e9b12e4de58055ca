# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The session in the cookie, and signing in, again and out."""

import html
import re
from http.cookies import SimpleCookie

import httpx
import pytest
from cryptography.fernet import Fernet
from pydantic import AnyHttpUrl, SecretStr, ValidationError
from starlette.responses import Response

from portal.app import create_app
from portal.session import Flow, Session, SessionCookie
from portal.settings import PortalSettings
from portal.visit import safe_path
from portal.watched import Watched
from tests.portal.conftest import SignIn, serving
from tests.portal.fake_gateway import FakeGateway

NOW = 1_730_000_000
KEY = Fernet.generate_key().decode()


def session(token: str = "t" * 900) -> Session:
    return Session(
        access_token=token,
        refresh_token="r" * 40,
        id_token="i" * 900,
        expires_at=NOW + 300,
        ends_at=NOW + 36_000,
        name="Joost Bakker",
        organisation="Gemeente Leidschendam-Voorburg",
        organisation_kind="gemeente",
        gemeentecode="1916",
        subject="00000000-0000-0000-0000-000000000001",
        roles=("consulent",),
    )


def cookie(keys: str = KEY, purpose: str = "session") -> SessionCookie:
    return SessionCookie(keys, name="portal-session", purpose=purpose)


def written(box: SessionCookie, value: Session | Flow) -> dict[str, str]:
    response = Response()
    box.write(response, value, max_age=100, secure=True)
    found: dict[str, str] = {}
    for header in response.headers.getlist("set-cookie"):
        morsel = next(iter(SimpleCookie(header).items()))
        assert "HttpOnly" in header
        assert "SameSite=lax" in header
        assert "Secure" in header
        assert "Path=/;" in f"{header};"
        assert "Domain" not in header
        assert morsel[0].startswith("__Host-")
        if morsel[1].value:
            found[morsel[0]] = morsel[1].value
    return found


def test_a_session_comes_back_as_it_was() -> None:
    back = cookie().read_session(written(cookie(), kept := session()), now=NOW, secure=True)
    assert back == kept


def test_a_session_with_long_tokens_is_cut_over_cookies_that_a_browser_takes() -> None:
    # Random text: what cannot be compressed, as tokens.
    kept = session(Fernet(KEY).encrypt(b"x" * 6_000).decode())
    parts = written(cookie(), kept)
    assert len(parts) > 1
    assert all(len(part) < 4_000 for part in parts.values())
    assert cookie().read_session(parts, now=NOW, secure=True) == kept


def test_tokens_that_are_far_too_long_are_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        written(cookie(), session(Fernet(KEY).encrypt(b"x" * 40_000).decode()))


@pytest.mark.parametrize("now", [NOW + 36_000, NOW + 99_999])
def test_a_session_ends_however_busy(now: int) -> None:
    assert cookie().read_session(written(cookie(), session()), now=now, secure=True) is None


def test_a_session_that_was_changed_or_encrypted_by_another_is_none() -> None:
    parts = written(cookie(), session())
    name, value = next(iter(parts.items()))
    assert cookie().read_session({**parts, name: value[:-6] + "AAAAAA"}, now=NOW, secure=True) is None
    assert cookie(Fernet.generate_key().decode()).read_session(parts, now=NOW, secure=True) is None
    assert cookie().read_session({name: "no cookie of ours"}, now=NOW, secure=True) is None
    assert cookie().read_session({}, now=NOW, secure=True) is None


def test_a_sign_in_under_way_never_passes_for_a_session() -> None:
    flow = Flow(state="s", nonce="n", verifier="v", redirect_uri="u", back_to="/portal/")
    parts = written(cookie(purpose="sign-in"), flow)
    assert cookie().read_session(parts, now=NOW, secure=True) is None
    assert cookie(purpose="sign-in").read_flow(parts, secure=True) == flow


def test_over_tls_a_cookie_that_another_host_could_have_set_signs_nobody_in() -> None:
    parts = {name.removeprefix("__Host-"): value for name, value in written(cookie(), session()).items()}
    assert cookie().read_session(parts, now=NOW, secure=True) is None
    assert cookie().read_session(parts, now=NOW, secure=False) is not None, "as on a machine of one's own"


def test_keys_are_rotated_without_signing_anybody_out() -> None:
    parts = written(cookie(KEY), session())
    fresh = Fernet.generate_key().decode()
    assert cookie(f"{fresh},{KEY}").read_session(parts, now=NOW, secure=True) is not None


def test_a_portal_without_keys_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTAL_SESSION_KEYS", raising=False)
    with pytest.raises(ValidationError, match="session_keys"):
        PortalSettings()


@pytest.mark.parametrize(
    ("asked", "goes_to"),
    [
        ("/portal/mijn-dag", "/portal/mijn-dag"),
        ("/portal/lessen?dag=2024-11-05", "/portal/lessen?dag=2024-11-05"),
        ("https://evil.example/", "/portal/"),
        ("//evil.example/portal/", "/portal/"),
        ("/portal//evil.example", "/portal/"),
        ("/portal/\\evil.example", "/portal/"),
        ("", "/portal/"),
    ],
)
def test_signing_in_never_leads_to_another_site(asked: str, goes_to: str) -> None:
    assert safe_path(asked) == goes_to


def test_signing_in_leads_back_to_the_page_that_was_asked(gate: FakeGateway, portal_url: str) -> None:
    with httpx.Client(follow_redirects=True) as client:
        asked = client.get(f"{portal_url}/portal/signalen/00000000-0000-0000-0000-000000000001")
        assert asked.url.path == "/oauth/authorize"
        assert asked.url.params["code_challenge_method"] == "S256"
        answer = client.post(str(asked.url), data={"who": "consulent"})
    assert answer.url.path == "/portal/signalen/00000000-0000-0000-0000-000000000001"


def test_a_code_with_another_state_is_refused(gate: FakeGateway, portal_url: str) -> None:
    with httpx.Client(base_url=portal_url) as client:
        client.get("/portal/inloggen")
        answer = client.get("/portal/callback?code=code-0&state=other")
    assert answer.status_code == 400
    assert "Log opnieuw in" in answer.text
    assert "portal-session-0" not in client.cookies


def test_an_issuer_that_gives_no_access_is_told_in_plain_words(gate: FakeGateway, portal_url: str) -> None:
    with httpx.Client(base_url=portal_url) as client:
        begun = client.get("/portal/inloggen")
        state = httpx.URL(begun.headers["location"]).params["state"]
        refused = client.get(f"/portal/callback?error=access_denied&state={state}")
        wrong = client.get(f"/portal/callback?code=never-given&state={state}")
    assert refused.status_code == wrong.status_code == 400
    assert "de inlogdienst gaf geen toegang" in refused.text


def test_a_form_without_its_token_changes_nothing(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    gate.calls.clear()
    for form in ({}, {"csrf": "guessed"}):
        answer = client.post("/personen", data={**form, "q": "Tesfaye"})
        assert answer.status_code == 403
        assert "Dit formulier is niet meer geldig" in answer.text
    assert not [path for method, path, _ in gate.calls if method == "POST"]


def test_a_room_of_another_role_is_not_shown(gate: FakeGateway, client_of: SignIn) -> None:
    teacher, consulent = client_of("teacher"), client_of("consulent")
    gate.calls.clear()
    assert teacher.get("/mijn-dag").status_code == 403
    assert consulent.get("/lessen").status_code == 403
    assert not gate.calls


def test_a_token_that_the_gateway_no_longer_takes_leads_to_signing_in(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("consulent")
    gate.revoked = True
    answer = client.get("/mijn-dag")
    assert answer.status_code == 303
    assert "/oauth/authorize?" in answer.headers["location"]


@pytest.mark.parametrize(
    ("demanded", "asked"),
    [
        ({"acrValues": ["2", "3"], "amr": [], "maxAge": 300}, {"acr_values": "2 3", "max_age": "300"}),
        ({"acrValues": [], "amr": ["otp"], "maxAge": None}, {"prompt": "login"}),
    ],
)
def test_a_sign_in_that_is_not_enough_is_told_and_asked_anew_with_what_is_demanded(
    gate: FakeGateway, client_of: SignIn, demanded: dict[str, object], asked: dict[str, str]
) -> None:
    client = client_of("consulent")
    gate.demanded = demanded
    told = client.get("/mijn-dag?van=iedereen")
    assert told.status_code == 401  # a page, and no redirect that an issuer could send back for ever
    link = re.search(r'href="(/portal/inloggen\?[^"]+)"', told.text)
    assert link
    begun = client.get(html.unescape(link[1]).removeprefix("/portal"))
    sent = httpx.URL(begun.headers["location"]).params
    assert {name: sent[name] for name in asked} == asked
    gate.demanded = None
    back = httpx.post(begun.headers["location"], data={"who": "consulent"}, follow_redirects=False)
    answer = client.get(back.headers["location"])
    assert answer.headers["location"] == "/portal/mijn-dag?van=iedereen"


def test_a_form_that_needs_a_new_sign_in_leads_back_to_its_page_and_says_what_is_lost(
    gate: FakeGateway, client_of: SignIn, portal_url: str
) -> None:
    client = client_of("consulent")
    page = client.get("/personen").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token
    gate.demanded = {"acrValues": ["2"], "amr": [], "maxAge": None}
    told = client.post(
        "/personen",
        data={"csrf": token[1], "q": "Tesfaye"},
        headers={"Referer": f"{portal_url}/portal/personen"},
    )
    assert told.status_code == 401
    assert "is niet opgeslagen" in told.text
    assert "terug=/portal/personen" in told.text


def test_signing_out_forgets_the_person_here_and_at_the_issuer(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    page = client.get("/mijn-dag").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token
    answer = client.post("/uitloggen", data={"csrf": token[1]})
    assert answer.status_code == 303
    assert "/oauth/logout?" in answer.headers["location"]
    assert "id_token_hint" in answer.headers["location"]
    cleared = answer.headers.get_list("set-cookie")
    assert any(header.startswith('portal-session-0=""') for header in cleared)


def test_a_token_that_ends_soon_is_renewed_without_asking(gateway_url: str, gate: FakeGateway) -> None:
    gate.token_seconds = 29  # one that ends within half a minute is renewed
    settings = PortalSettings(gateway_url=AnyHttpUrl(gateway_url), session_keys=SecretStr(KEY))
    try:
        with serving(create_app(settings)) as address, httpx.Client(follow_redirects=True) as client:
            asked = client.get(f"{address}/portal/inloggen")
            client.post(str(asked.url), data={"who": "consulent"})
            before = client.cookies["portal-session-0"]
            answer = client.get(f"{address}/portal/mijn-dag")
            assert answer.url.path == "/portal/mijn-dag"
            assert client.cookies["portal-session-0"] != before
    finally:
        gate.token_seconds = 3600


def test_a_gateway_that_is_away_is_told_in_plain_words() -> None:
    settings = PortalSettings(gateway_url=AnyHttpUrl("http://127.0.0.1:9"), session_keys=SecretStr(KEY))
    number = "4bf92f3577b34da6a3ce929d0e0e4736"
    with serving(Watched(create_app(settings))) as address:
        answer = httpx.get(
            f"{address}/portal/inloggen", headers={"traceparent": f"00-{number}-00f067aa0ba902b7-01"}
        )
    assert answer.status_code == 503
    assert "even niet bereikbaar" in answer.text
    assert number in answer.text, "so that the operator finds it in the logs"
    assert answer.headers["retry-after"] == "30"
