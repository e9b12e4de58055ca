# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The built-in issuer over HTTP: people by code with PKCE, systems by assertion or secret, and every refusal."""

import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from chassis import starting
from gateway.app import BadGatewaySetting
from gateway.client_proof import ASSERTION_TYPE
from gateway.issuer import BuiltInIssuer, IssuerRefused
from gateway.settings import ExternalIssuer, GatewaySettings
from tests.service.gateway.realm import Realm
from tests.service.gateway.world import KEY, MEMBERS, SECRET, URL, World, bootstrap_document, served, world

CALLBACK = f"{URL}/portal/callback"
TOKEN = f"{URL}/oauth/token"
VERIFIER = secrets.token_urlsafe(48)
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
QUERY = {
    "response_type": "code",
    "client_id": "portal",
    "redirect_uri": CALLBACK,
    "scope": "openid profile",
    "state": "de-staat",
    "nonce": "een-keer",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


async def sign_in(made: World, name: str = "consulent-lv", **changes: str) -> httpx.Response:
    """Through the page, as a browser does; answers the redirect back."""
    page = await made.client.get("/oauth/authorize", params={**QUERY, **changes})
    assert page.status_code == 200, page.text
    number = re.search(r'name="request" value="([^"]+)"', page.text)
    assert number is not None
    return await made.client.post("/oauth/authorize", data={"request": number[1], "name": name})


async def code_for(made: World, name: str = "consulent-lv") -> str:
    answer = await sign_in(made, name)
    assert answer.status_code == 303
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


async def exchange(made: World, code: str, **changes: str | None) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": "portal",
        **changes,
    }
    return await made.client.post("/oauth/token", data={k: v for k, v in form.items() if v is not None})


def assertion(
    key: Any = KEY, algorithm: str = "RS256", headers: dict[str, Any] | None = None, **changes: Any
) -> str:
    now = int(time.time())
    claims = {
        "iss": "system-echt-nederlands",
        "sub": "system-echt-nederlands",
        "aud": TOKEN,
        "iat": now,
        "exp": now + 60,
        "jti": str(uuid4()),
        **changes,
    }
    made = {name: value for name, value in claims.items() if value is not ...}
    return jwt.encode(made, key, algorithm=algorithm, headers=headers)


async def by_assertion(made: World, text: str, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": text,
        **changes,
    }
    return await made.client.post("/oauth/token", data=form)


async def test_the_discovery_document_names_every_endpoint(chain: World) -> None:
    document = (await chain.client.get("/.well-known/openid-configuration")).json()
    assert document["issuer"] == URL
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"):
        path = document[name].removeprefix(URL)
        assert (await chain.client.get(path)).status_code != 404
    assert document["code_challenge_methods_supported"] == ["S256"]
    keys = (await chain.client.get("/oauth/jwks")).json()["keys"]
    assert [set(key) & {"d", "p", "q", "k"} for key in keys] == [set()]


async def test_a_person_signs_in_with_a_code_and_is_who_they_chose(chain: World) -> None:
    answer = await sign_in(chain)
    location = urlsplit(answer.headers["location"])
    query = parse_qs(location.query)
    assert location.path == "/portal/callback"
    assert (query["state"], query["iss"]) == (["de-staat"], [URL])
    tokens = (await exchange(chain, query["code"][0])).json()
    assert tokens["token_type"] == "Bearer"
    me = await chain.client.get(
        "/gateway/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}
    )
    assert me.json()["name"] == "Naam van consulent-lv"
    keys = jwt.PyJWKSet.from_dict((await chain.client.get("/oauth/jwks")).json())
    claims = jwt.decode(tokens["id_token"], keys.keys[0], algorithms=["RS256"], audience="portal", issuer=URL)
    assert (claims["nonce"], claims["name"]) == ("een-keer", "Naam van consulent-lv")
    assert jwt.get_unverified_header(tokens["access_token"])["typ"] == "at+jwt"


async def test_an_id_token_is_no_access_token(chain: World) -> None:
    tokens = (await exchange(chain, await code_for(chain))).json()
    answer = await chain.client.get(
        "/gateway/v1/me", headers={"Authorization": f"Bearer {tokens['id_token']}"}
    )
    assert answer.status_code == 401


async def test_the_page_lists_the_people_of_the_chain(chain: World) -> None:
    page = await chain.client.get("/oauth/authorize", params=QUERY)
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "form-action 'self' http://127.0.0.1:8000" in page.headers["content-security-policy"]
    assert '<html lang="nl">' in page.text
    for name in MEMBERS:
        assert f'value="{name}"' in page.text
    assert "duo-system" not in page.text
    assert "Gemeente Leidschendam Voorburg" in page.text


async def test_a_code_works_once_and_with_its_own_request_only(chain: World) -> None:
    code = await code_for(chain)
    assert (await exchange(chain, code)).status_code == 200
    assert (await exchange(chain, code)).json()["error"] == "invalid_grant"
    for changes in (
        {"code_verifier": "x" * 43},
        {"redirect_uri": f"{URL}/portal/elders"},
        {"client_id": "iemand-anders"},
        {"client_id": None},
        {"redirect_uri": None},
    ):
        refused = await exchange(chain, await code_for(chain), **changes)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    short = await exchange(chain, await code_for(chain), code_verifier="kort")
    assert short.json()["error"] == "invalid_request"
    assert (await exchange(chain, "verzonnen")).json()["error"] == "invalid_grant"


async def test_a_refresh_token_works_once(chain: World) -> None:
    tokens = (await exchange(chain, await code_for(chain))).json()
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": "portal"}
    fresh = await chain.client.post("/oauth/token", data=form)
    assert fresh.status_code == 200
    assert fresh.json()["refresh_token"] != tokens["refresh_token"]
    again = await chain.client.post("/oauth/token", data=form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "onbekend"},
        {"redirect_uri": "https://attacker.example/callback"},
        {"redirect_uri": f"{URL}/portal/callback/../../docs"},
        {"redirect_uri": f"{URL}@attacker.example/portal/callback"},
        {"redirect_uri": "http://localhost:9999/portal/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": ""},
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_registered(
    chain: World, changes: dict[str, str]
) -> None:
    answer = await chain.client.get("/oauth/authorize", params={**QUERY, **changes})
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "attacker" not in answer.text
    assert "niet bekend" in answer.text


async def test_one_machine_has_two_names(chain: World) -> None:
    address = "http://localhost:8000/portal/callback"
    answer = await sign_in(chain, redirect_uri=address)
    assert answer.headers["location"].startswith(address)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ""}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "kort"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "openid admin"}, "invalid_scope"),
        ({"state": "s" * 501}, "invalid_request"),
    ],
)
async def test_a_wrong_request_is_told_to_who_asked(
    chain: World, changes: dict[str, str], error: str
) -> None:
    answer = await chain.client.get("/oauth/authorize", params={**QUERY, **changes})
    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == [error]


async def test_a_parameter_given_twice_is_refused(chain: World) -> None:
    params: list[tuple[str, str | int | float | bool | None]] = [*QUERY.items(), ("scope", "openid")]
    answer = await chain.client.get("/oauth/authorize", params=params)
    assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == ["invalid_request"]
    doubled = await chain.client.post(
        "/oauth/token",
        content="grant_type=client_credentials&grant_type=password",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert doubled.json()["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["niemand", "duo-system", ""])
async def test_only_people_of_the_list_sign_in(chain: World, name: str) -> None:
    answer = await sign_in(chain, name)
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_a_sign_in_that_was_not_begun_is_refused(chain: World) -> None:
    answer = await chain.client.post(
        "/oauth/authorize", data={"request": "verzonnen", "name": "consulent-lv"}
    )
    assert answer.status_code == 400
    assert "verlopen" in answer.text


async def test_signing_out_leads_back_to_the_portal_and_nowhere_else(chain: World) -> None:
    back = f"{URL}/portal/?melding=uitgelogd"
    answer = await chain.client.get("/oauth/end-session", params={"post_logout_redirect_uri": back})
    assert (answer.status_code, answer.headers["location"]) == (303, back)
    for address in (
        "https://attacker.example/portal/",
        f"{URL}.attacker.example/portal/",
        "//attacker.example",
        "",
    ):
        answer = await chain.client.get("/oauth/end-session", params={"post_logout_redirect_uri": address})
        assert answer.status_code == 200
        assert "uitgelogd" in answer.text


async def test_a_system_proves_itself_with_a_signed_assertion(chain: World) -> None:
    for algorithm in ("RS256", "PS256"):
        answer = await by_assertion(chain, assertion(algorithm=algorithm))
        assert answer.status_code == 200, answer.text
        assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
        assert answer.headers["cache-control"] == "no-store"
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        me = (await chain.client.get("/gateway/v1/me", headers=headers)).json()
        assert (me["kind"], me["roles"]) == ("client", ["school-system"])


async def test_an_assertion_may_name_the_issuer_as_audience(chain: World) -> None:
    assert (await by_assertion(chain, assertion(aud=URL))).status_code == 200


async def test_an_assertion_works_once(chain: World) -> None:
    text = assertion()
    assert (await by_assertion(chain, text)).status_code == 200
    again = await by_assertion(chain, text)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    assert "www-authenticate" in again.headers


def _now() -> int:
    return int(time.time())


ASSERTIONS: dict[str, Callable[[], str]] = {
    "other-key": lambda: assertion(OTHER_KEY),
    "hs256": lambda: assertion("een-geheim-van-voldoende-lengte-voor-hs256", "HS256"),
    "none": lambda: jwt.encode({"sub": "system-echt-nederlands"}, "", algorithm="none"),
    "unknown-client": lambda: assertion(sub="onbekend", iss="onbekend"),
    "a-person": lambda: assertion(sub="consulent-lv", iss="consulent-lv"),
    "iss-other": lambda: assertion(iss="duo-system"),
    "iss-missing": lambda: assertion(iss=...),
    "sub-missing": lambda: assertion(sub=...),
    "aud-other": lambda: assertion(aud="https://elders.example/token"),
    "aud-missing": lambda: assertion(aud=...),
    "exp-missing": lambda: assertion(exp=...),
    "expired": lambda: assertion(exp=_now() - 120),
    "lives-too-long": lambda: assertion(exp=_now() + 3600),
    "iat-missing": lambda: assertion(iat=...),
    "iat-before-the-issuer-began": lambda: assertion(iat=_now() - 3600),
    "not-yet": lambda: assertion(nbf=_now() + 600),
    "jti-missing": lambda: assertion(jti=...),
    "jti-short": lambda: assertion(jti="12345678"),
    "jti-long": lambda: assertion(jti="j" * 600),
    "jku": lambda: assertion(headers={"jku": "https://attacker.example"}),
    "crit": lambda: assertion(headers={"crit": ["exp"]}),
    "kid-of-nobody": lambda: assertion(headers={"kid": "onbekend"}),
    "no-jwt": lambda: "onzin",
    "empty": lambda: "",
}


@pytest.mark.parametrize("name", ASSERTIONS)
async def test_an_assertion_that_is_nearly_right_is_refused(chain: World, name: str) -> None:
    answer = await by_assertion(chain, ASSERTIONS[name]())
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), answer.text


async def test_a_system_of_the_demo_may_use_its_secret(chain: World) -> None:
    form = {"grant_type": "client_credentials"}
    good = await chain.client.post("/oauth/token", data=form, auth=("system-echt-nederlands", SECRET))
    assert good.status_code == 200, good.text
    for name, secret in (
        ("system-echt-nederlands", "fout"),
        ("system-echt-nederlands", ""),
        ("onbekend", SECRET),
        ("consulent-lv", SECRET),
    ):
        refused = await chain.client.post("/oauth/token", data=form, auth=(name, secret))
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
        assert refused.json()["error_description"] == "unknown client or wrong secret"
        assert refused.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, 400, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}, 401, "invalid_client"),
        ({"grant_type": "authorization_code"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token"}, 400, "invalid_grant"),
        ({"grant_type": "client_credentials", "client_assertion": "x"}, 401, "invalid_client"),
    ],
)
async def test_refusals_have_the_form_of_rfc_6749(
    chain: World, form: dict[str, str], status: int, error: str
) -> None:
    answer = await chain.client.post("/oauth/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.headers["cache-control"] == "no-store"


async def test_two_ways_to_authenticate_are_one_too_many(chain: World) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion(),
    }
    answer = await chain.client.post("/oauth/token", data=form, auth=("system-echt-nederlands", SECRET))
    assert answer.json()["error"] == "invalid_request"


async def test_clients_ask_for_no_scopes_and_for_nobody_else(chain: World) -> None:
    assert (await by_assertion(chain, assertion(), scope="admin")).json()["error"] == "invalid_scope"
    assert (await by_assertion(chain, assertion(), client_id="duo-system")).json()[
        "error"
    ] == "invalid_client"
    assert (await by_assertion(chain, assertion(), client_id="system-echt-nederlands")).status_code == 200


async def test_the_token_endpoint_reads_forms_only(chain: World) -> None:
    answer = await chain.client.post("/oauth/token", json={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert (await chain.client.get("/oauth/token")).status_code == 405
    big = await chain.client.post("/oauth/token", data={"grant_type": "x" * 100_000})
    assert big.status_code == 413


async def test_the_key_of_the_issuer_outlives_a_restart(postgres_url: str, tmp_path: Path) -> None:
    async with world(postgres_url, tmp_path) as first:
        keys = (await first.client.get("/oauth/jwks")).json()
    async with world(postgres_url, tmp_path) as second:
        assert (await second.client.get("/oauth/jwks")).json() == keys
    assert (tmp_path / "state" / "issuer-key.pem").stat().st_mode & 0o077 == 0


def test_the_issuer_refuses_to_exist_in_production() -> None:
    with pytest.raises(IssuerRefused, match="does not run in production"):
        BuiltInIssuer(
            environment="production",
            public_url="https://inburgering.example",
            settings=GatewaySettings(),
            directory=None,  # type: ignore[arg-type]
            key=None,  # type: ignore[arg-type]
        )


async def test_production_has_no_issuer_no_demo_and_no_clock(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The server of the tests does not wait for its disk; that production refuses such a one has its own test.
    monkeypatch.setattr(starting, "_SERVER_SETTINGS", ())
    parties = tmp_path / "parties.json"  # without accounts of the built-in issuer, which production refuses
    parties.write_text(json.dumps({**bootstrap_document(), "members": [], "clients": []}))
    told = {
        "bootstrap_file": parties,
        "issuers": [
            ExternalIssuer(
                issuer="https://login.example/realms/chain",
                audience="open-inburgering",
                jwks_uri="https://login.example/jwks",
                algorithm="RS256",
            )
        ],
        "grant_private_key": (await _grant_pem(tmp_path)),
    }
    async with world(postgres_url, tmp_path, settings=told, environment="production") as made:
        for method, path in (
            ("POST", "/oauth/token"),
            ("GET", "/oauth/authorize"),
            ("GET", "/oauth/jwks"),
            ("POST", "/demo/v1/tokens"),
            ("GET", "/demo/v1/clock"),
            ("POST", "/demo/v1/clock"),
            ("GET", "/metrics"),
            ("GET", "/health/ready"),
        ):
            answer = await made.client.request(method, path, json={} if method == "POST" else None)
            assert answer.status_code == 404, path
        found = await made.client.get("/.well-known/openid-configuration")
        assert found.headers["location"].startswith("https://login.example/realms/chain/")
        transport = httpx.ASGITransport(app=made.door.internal)
        async with httpx.AsyncClient(transport=transport, base_url="http://internal") as inside:
            assert (await inside.get("/health/live")).status_code == 200
            assert (await inside.get("/health/ready")).status_code == 200
            assert "http_requests_total" in (await inside.get("/metrics")).text
            assert (await inside.get("/docs")).status_code == 404


async def _grant_pem(folder: Path) -> Any:
    from pydantic import SecretStr

    from gateway.grants import load_or_create_ed25519

    (folder / "state").mkdir(exist_ok=True)
    load_or_create_ed25519(folder / "state" / "grant-key.pem")
    return SecretStr((folder / "state" / "grant-key.pem").read_text())


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ({}, "GATEWAY_ISSUERS"),
        (
            {
                "issuers": [
                    ExternalIssuer(
                        issuer="http://login.example",
                        audience="a",
                        jwks_uri="http://login.example",
                        algorithm="RS256",
                    )
                ]
            },
            "https",
        ),
    ],
)
async def test_production_names_the_setting_that_is_wrong(
    postgres_url: str, tmp_path: Path, told: dict[str, Any], names: str
) -> None:
    with pytest.raises(BadGatewaySetting, match=names):
        async with world(postgres_url, tmp_path, settings=told, environment="production"):
            pass


async def test_people_of_an_external_issuer_are_who_the_register_links_them_to(
    postgres_url: str, tmp_path: Path
) -> None:
    realm = Realm()
    async with served(realm) as address:
        external = ExternalIssuer(
            issuer="https://login.example/realms/chain",
            audience="open-inburgering",
            jwks_uri=f"{address}/jwks",
            algorithm="RS256",
            token_type="JWT",
        )
        async with world(postgres_url, tmp_path, settings={"issuers": [external]}) as made:
            subject = str(uuid4())

            async def me(token: str) -> httpx.Response:
                return await made.client.get("/gateway/v1/me", headers={"Authorization": f"Bearer {token}"})

            assert (await me(realm.token(subject))).json()["code"] == "not-a-member"
            members = (await made.get("administrator", "/gateway/v1/members?pageSize=200")).json()["items"]
            key = next(row["id"] for row in members if row["displayName"] == "Naam van consulent-lv")
            account = {"issuer": "https://login.example/realms/chain", "subject": subject}
            linked = await made.patch("administrator", f"/gateway/v1/members/{key}", account, 1)
            assert linked.status_code == 200, linked.text
            assert (await me(realm.token(subject))).json()["name"] == "Naam van consulent-lv"
            assert (await me(realm.token(subject, typ="ID"))).status_code == 401
            assert (await me(realm.token(subject, aud="account"))).status_code == 401
            # A client of the register is not opened by a person's token that only names it.
            assert (await me(realm.token("someone", azp="duo-system"))).json()["code"] == "not-a-member"
            assert realm.fetched <= 2
