# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The way of a request: who may pass, what is taken off, what is passed on, and how a refusal looks."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from chassis.metrics import metrics
from contracts.access import Role
from gateway.limits import FILE_BYTES, JSON_BYTES
from tests.service.gateway.world import CLIENTS, MEMBERS, NAME_OF_ROLE, World, id_of, served, world


async def test_a_request_goes_on_with_a_grant_and_without_the_token(either: World) -> None:
    answer = await either.get("consulent-lv", "/mirror/v1/people?pageSize=2&name=a%20b")
    assert answer.status_code == 200
    body = answer.json()
    assert body["path"] == "/mirror/v1/people"
    assert body["query"] == "pageSize=2&name=a%20b"
    assert body["caller"]["sub"] == str(id_of("consulent-lv"))
    assert body["caller"]["roles"] == ["consulent"]
    assert body["caller"]["gemeente"] == "1916"
    assert body["caller"]["scopes"]["1916"]["level"] == "person"
    names = [name for name, _ in body["headers"]]
    assert "authorization" not in names
    assert names.count("x-internal-grant") == 1
    assert names.count("traceparent") == 1


FORGED = {
    "X-Internal-Grant": "forged",
    "X-Internal-Anything": "forged",
    "x_internal_grant": "forged",
    "X-Forwarded-For": "10.0.0.1",
    "X-Forwarded-User": "administrator",
    "X-Forwarded-Host": "attacker.example",
    "X-Real-IP": "10.0.0.1",
    "Forwarded": "for=10.0.0.1",
    "X-User": "administrator",
    "X-User-Id": "1",
    "X-Tenant": "0546",
    "X-Organisation": "operations",
    "X-Roles": "administrator",
    "X-Gemeentecode": "0546",
    "X-Auth-Request-User": "administrator",
    "X-Client-Cert": "MIIB",
    "X-SSL-Client-Verify": "SUCCESS",
    "Remote-User": "administrator",
    "X-Original-URL": "/gateway/v1/clients",
    "X-HTTP-Method-Override": "DELETE",
    "Proxy-Authorization": "Basic eA==",
    "TE": "trailers",
}


@pytest.mark.parametrize("name", FORGED)
async def test_no_header_that_means_something_inside_comes_in_from_outside(either: World, name: str) -> None:
    answer = await either.client.get(
        "/mirror/v1/people", headers={**await either.as_("teacher"), name: FORGED[name]}
    )
    assert answer.status_code == 200
    body = answer.json()
    assert FORGED[name] not in [value for header, value in body["headers"] if header != "host"]
    assert body["caller"]["roles"] == ["teacher"]


async def test_an_open_operation_gets_neither_token_nor_grant(either: World) -> None:
    for headers in (
        {},
        await either.as_("consulent-lv"),
        {"X-Internal-Grant": "forged", "Authorization": "Bearer x"},
    ):
        answer = await either.client.get("/mirror/v1/open", headers=headers)
        assert answer.status_code == 200
        assert answer.json()["caller"] is None
        assert not {"authorization", "x-internal-grant"} & {name for name, _ in answer.json()["headers"]}


async def test_a_register_that_was_not_read_for_half_a_minute_lets_nobody_in(
    chain: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, told = chain.door.directory, await chain.as_("consulent-lv")
    transport = httpx.ASGITransport(app=chain.door.internal)

    async def away() -> None:
        raise OSError("the database is away")

    async def seen() -> tuple[int, bool, str]:
        async with httpx.AsyncClient(transport=transport, base_url="http://internal") as inside:
            check = (await inside.get("/health/ready")).json()["checks"]["register"]
        answer = await chain.client.get("/gateway/v1/me", headers=told)
        return answer.status_code, check["ok"], check["says"]

    real = directory._monotonic
    await directory.refresh()
    with monkeypatch.context() as outage:
        outage.setattr(directory, "refresh", away)
        outage.setattr(directory, "_monotonic", lambda: real() + 15)
        assert (await seen())[:2] == (200, True), "a failover of the database is bridged"
        outage.setattr(directory, "_monotonic", lambda: real() + 31)
        status, counts, says = await seen()
        assert (status, counts) == (503, False), "rights that were taken away do not hold on"
        assert says.endswith("s ago: too long")
    await directory.refresh()
    assert (await seen())[:2] == (200, True)


@pytest.mark.capability("GW-01", part="deny by default at the gateway")
@pytest.mark.parametrize("role", list(Role))
async def test_each_role_comes_in_as_itself_and_where_it_may_only(chain: World, role: Role) -> None:
    name = NAME_OF_ROLE[role]
    organisation = {**MEMBERS, **CLIENTS}[name][0]
    everywhere = await chain.get(name, "/mirror/v1/people")
    assert everywhere.json()["caller"]["roles"] == [role]
    assert everywhere.json()["caller"]["org"] == str(id_of(organisation))
    one = await chain.get(name, f"/mirror/v1/people/{id_of('somebody')}")
    if role == Role.CONSULENT:
        assert one.status_code == 200
    else:
        assert (one.status_code, one.json()["code"]) == (403, "role-missing")
        assert one.json()["missing"] == ["consulent"]
    administration = await chain.get(name, "/gateway/v1/clients")
    assert administration.status_code == (200 if role == Role.ADMINISTRATOR else 403)


@pytest.mark.capability("GW-01", part="deny by default at the gateway")
@pytest.mark.parametrize(
    "path",
    [
        "/mirror/v1/unknown",
        "/mirror/v1/people/1/2",
        "/mirror/v1/people/",
        "/mirror/v1/",
        "/mirror/v1/PEOPLE",
        "/mirror/v2/people",
        "/mirror/people",
        "/mirror",
        "/internal/v1/settle",
        "/mirror/v1/../../internal/v1/settle",
        "/elsewhere/v1/people",
        "/mirror/v1/health/ready",
        "/metrics/all",
        "/oauth/introspect",
        "/docs/unknown/more",
        "/.env",
    ],
)
async def test_what_no_service_documents_does_not_exist(chain: World, path: str) -> None:
    for name in ("administrator", "consulent-lv"):
        answer = await chain.client.get(path, headers=await chain.as_(name))
        assert answer.status_code == 404, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_method_that_is_not_documented_is_told_which_are(chain: World) -> None:
    answer = await chain.client.put("/mirror/v1/people", headers=await chain.as_("consulent-lv"), json={})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert (await chain.client.request("TRACE", "/mirror/v1/people")).status_code == 405


async def test_a_method_that_nobody_knows_has_one_word_in_the_log(
    chain: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[object] = []
    monkeypatch.setattr("gateway.front.request_line", lambda _, facts: said.append(facts["method"]))
    for method in ("GET", "BREW", "A" * 5_000):
        await chain.client.request(method, "/gateway/v1/me")
    assert said == ["GET", "other", "other"]


async def test_head_is_a_get_without_a_body(either: World) -> None:
    answer = await either.client.head("/mirror/v1/people", headers=await either.as_("consulent-lv"))
    assert answer.status_code == 200
    own = await either.client.head("/docs")
    assert (own.status_code, own.content) == (200, b"")


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Basic YTpi", "Token abc", "Bearer a b", "Bearer not.a.token", "bearer"],
)
async def test_without_a_token_that_is_believed_nobody_passes(
    chain: World, authorization: str | None
) -> None:
    before = len(chain.mirror.seen)
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await chain.client.get("/mirror/v1/people", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert len(chain.mirror.seen) == before


async def test_two_tokens_are_no_token(chain: World) -> None:
    token = await chain.token("consulent-lv")
    answer = await chain.client.get(
        "/mirror/v1/people",
        headers=[("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")],
    )
    assert answer.status_code == 401


async def test_a_token_in_the_address_is_refused(chain: World) -> None:
    answer = await chain.client.get(f"/mirror/v1/people?access_token={await chain.token('consulent-lv')}")
    assert (answer.status_code, answer.json()["code"]) == (400, "sensitive-address")


async def test_every_answer_of_the_gateway_has_the_headers_of_the_design_rules(chain: World) -> None:
    for path in ("/mirror/v1/unknown", "/docs", "/openapi.json", "/mirror/v1/people", "/oauth/jwks"):
        headers = (await chain.client.get(path)).headers
        assert headers["api-version"] == "1.0.0"
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "cache-control" in headers
        assert "server" not in headers


async def test_a_refusal_explains_itself(chain: World) -> None:
    answer = await chain.get("teacher", f"/mirror/v1/people/{id_of('x')}")
    body = answer.json()
    assert body["type"] == "http://127.0.0.1:8000/docs/problems/role-missing"
    assert body["instance"].startswith("urn:trace:")
    page = await chain.client.get("/docs/problems/role-missing")
    assert "Vraag uw beheerder" in page.text


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/mirror/v1/people/123456782", "sensitive-address"),
        ("/mirror/v1/people?search=123456782", "sensitive-address"),
        ("/mirror/v1/people?search=1234.56.782", "sensitive-address"),
        ("/mirror/v1/people?search=123%20456%20782", "sensitive-address"),
        ("/mirror/v1/people?search=%31%32%33456782", "sensitive-address"),
        ("/mirror/v1/people?bsn=", "sensitive-address"),
        ("/mirror/v1/people?vNumber=1", "sensitive-address"),
        ("/mirror/v1/people?number=0123456789", "sensitive-address"),
        ("/portal/zoeken?q=123456782", "sensitive-address"),
        ("/unknown/123456782", "sensitive-address"),
        ("/mirror/v1/%2e%2e/people", "unsafe-address"),
        ("/mirror/v1/a%2Fb", "unsafe-address"),
        ("/mirror/v1/a%5Cb", "unsafe-address"),
        ("/mirror/v1//people", "unsafe-address"),
        ("/mirror/v1/people%00", "unsafe-address"),
        ("/mirror/v1/people%0d%0aX: y", "unsafe-address"),
        ("/mirror/v1/%252e%252e/people", "unsafe-address"),
        ("/mirror/v1/%ff", "unsafe-address"),
        ("/mirror/v1/people?x=" + "a" * 9000, "unsafe-address"),
    ],
)
async def test_an_address_that_tells_or_misleads_is_refused(
    chain: World, target: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = httpx.URL("http://127.0.0.1:8000").copy_with(raw_path=target.encode())
    answer = await chain.client.get(url, headers=await chain.as_("administrator"))
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert "123456782" not in answer.text
    captured = capsys.readouterr()
    assert "123456782" not in captured.out + captured.err


@pytest.mark.parametrize(
    "target",
    [
        "/mirror/v1/people?search=123456789",  # nine digits, no BSN
        "/mirror/v1/people?from=2024-11-05&until=2024-11-06",
        "/mirror/v1/people?at=2024-11-05T09:00:00%2B01:00",
        "/mirror/v1/people?id=00000000-1234-4567-8901-123456789012",
        "/mirror/v1/people?pageToken=WyJhIiwgMTIzNDU2NzgyXQ",
    ],
)
async def test_an_ordinary_address_is_not_mistaken_for_a_person(chain: World, target: str) -> None:
    assert (await chain.get("consulent-lv", target)).status_code == 200


async def test_headers_have_a_limit(chain: World) -> None:
    big = await chain.client.get("/docs", headers={"X-Long": "a" * 40_000})
    assert (big.status_code, big.json()["code"]) == (431, "headers-too-large")
    many = await chain.client.get("/docs", headers={f"X-{number}": "a" for number in range(120)})
    assert many.status_code == 431
    two = await chain.client.get("/docs", headers=[("Content-Length", "1"), ("Content-Length", "2")])
    assert two.status_code == 400


def _body(size: int, piece: int = 65_536) -> AsyncIterator[bytes]:
    async def pieces() -> AsyncIterator[bytes]:
        left = size
        while left > 0:
            yield b" " * min(piece, left)
            left -= piece

    return pieces()


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
@pytest.mark.parametrize(
    ("path", "media", "size", "status"),
    [
        ("/mirror/v1/people", "application/json", JSON_BYTES, 200),
        ("/mirror/v1/people", "application/json", JSON_BYTES + 1, 413),
        ("/mirror/v1/people", "text/csv", JSON_BYTES + 1, 413),
        ("/mirror/v1/files", "application/json", JSON_BYTES + 1, 413),
        ("/mirror/v1/files", "text/csv", JSON_BYTES + 1, 200),
        ("/mirror/v1/files", "text/csv", FILE_BYTES, 200),
        ("/mirror/v1/files", "text/csv", FILE_BYTES + 1, 413),
        ("/mirror/v1/files", "text/csv; charset=utf-8", 25 * 1024 * 1024, 413),
    ],
)
async def test_a_body_is_counted_while_it_comes_in(
    either: World, path: str, media: str, size: int, status: int, *, announced: bool
) -> None:
    headers = {**await either.as_("consulent-lv"), "Content-Type": media}
    if announced:
        headers["Content-Length"] = str(size)
    before = len(either.mirror.seen)
    answer = await either.client.post(path, headers=headers, content=_body(size))
    assert answer.status_code == status, answer.text[:300]
    if status == 200:
        assert answer.json()["size"] == size
    else:
        assert answer.json()["code"] == "too-large"
        assert len(either.mirror.seen) == before


async def test_a_post_without_a_body_arrives_without_one(either: World) -> None:
    answer = await either.client.post("/mirror/v1/people", headers=await either.as_("consulent-lv"))
    assert answer.status_code == 200
    body = answer.json()
    assert body["size"] == 0
    assert "transfer-encoding" not in {name for name, _ in body["headers"]}


async def test_an_answer_comes_through_in_pieces(either: World) -> None:
    answer = await either.get("consulent-lv", "/mirror/v1/drip")
    assert answer.text == "0\n1\n2\n3\n4\n"


async def test_a_fault_of_a_service_shows_nothing(chain: World) -> None:
    answer = await chain.get("consulent-lv", "/mirror/v1/broken")
    assert answer.status_code == 500
    assert answer.json()["code"] == "server-fault"
    assert "secret" not in answer.text


async def test_the_portal_keeps_its_cookies_and_gets_no_grant(chain: World) -> None:
    answer = await chain.client.get(
        "/portal/dag?x=1",
        headers={
            "Cookie": "session-0=abc",
            "X-Internal-Grant": "forged",
            "X-Forwarded-Host": "attacker.example",
        },
    )
    got = dict(answer.json()["headers"])
    assert got["cookie"] == "session-0=abc"
    assert "x-internal-grant" not in got
    assert "x-forwarded-host" not in got
    root = await chain.client.get("/")
    assert (root.status_code, root.headers["location"]) == (302, "/portal/")


async def test_a_slow_service_takes_nothing_from_the_others(postgres_url: str, tmp_path: Path) -> None:
    async with world(postgres_url, tmp_path, settings={"upstream_limit": 5}) as made:
        await made.token("consulent-lv")
        waiting = [asyncio.create_task(made.get("consulent-lv", "/mirror/v1/slow")) for _ in range(5)]
        places = made.door.app.upstreams["mirror"].places  # type: ignore[attr-defined]
        async with asyncio.timeout(60):
            while places.running < 5:
                await asyncio.sleep(0.01)
        refused = await made.get("consulent-lv", "/mirror/v1/slow")
        assert (refused.status_code, refused.json()["code"]) == (503, "service-unavailable")
        assert refused.headers["retry-after"] == "2"
        assert (await made.get("consulent-lv", "/gateway/v1/me")).status_code == 200
        made.mirror.hold.set()
        assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200] * 5
        assert (await made.get("consulent-lv", "/mirror/v1/people")).status_code == 200


@pytest.mark.parametrize("remote", [False, True], ids=["in-process", "remote"])
async def test_a_service_that_does_not_answer_in_time_is_given_up(
    postgres_url: str, tmp_path: Path, *, remote: bool
) -> None:
    async with world(postgres_url, tmp_path, remote=remote, settings={"upstream_deadline": 0.3}) as made:
        answer = await made.get("consulent-lv", "/mirror/v1/slow")
        assert (answer.status_code, answer.json()["code"]) == (503, "service-unavailable")
        assert "retry-after" in answer.headers
        made.mirror.hold.set()
        await found_again(made)


async def found_again(made: World) -> None:
    """It is left in peace for a second or so, and then tried."""
    async with asyncio.timeout(60):
        while (await made.get("consulent-lv", "/mirror/v1/people")).status_code != 200:
            await asyncio.sleep(0.05)


async def test_a_service_that_is_away_is_told_and_found_again(postgres_url: str, tmp_path: Path) -> None:
    async with world(postgres_url, tmp_path, remote=True) as made:
        upstream = made.door.app.upstreams["mirror"]  # type: ignore[attr-defined]
        address = upstream._url
        upstream._url = "http://127.0.0.1:9"  # nothing listens there
        answers = [await made.get("consulent-lv", "/mirror/v1/people") for _ in range(6)]
        assert {answer.status_code for answer in answers} == {503}
        assert (await made.get("consulent-lv", "/gateway/v1/me")).status_code == 200
        upstream._url = address
        await found_again(made)


async def test_a_caller_that_goes_too_fast_is_told_to_wait_and_others_are_not(
    postgres_url: str, tmp_path: Path
) -> None:
    pace = {"caller_per_second": 0.01, "caller_burst": 5}
    async with world(postgres_url, tmp_path, settings=pace) as made:
        answers = [await made.get("teacher", "/mirror/v1/people") for _ in range(8)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
        assert answers[-1].json()["code"] == "too-many-requests"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 100
        assert (await made.get("consulent-lv", "/mirror/v1/people")).status_code == 200


async def test_an_organisation_shares_one_pace(postgres_url: str, tmp_path: Path) -> None:
    pace = {"organisation_per_second": 0.01, "organisation_burst": 4}
    async with world(postgres_url, tmp_path, settings=pace) as made:
        names = ["consulent-lv", "kwaliteitsmedewerker-lv"] * 3
        answers = [(await made.get(name, "/mirror/v1/people")).status_code for name in names]
        assert answers == [200] * 4 + [429] * 2
        assert (await made.get("consulent-leiden", "/mirror/v1/people")).status_code == 200


async def test_guessing_tokens_has_a_pace(postgres_url: str, tmp_path: Path) -> None:
    async with world(
        postgres_url, tmp_path, settings={"address_per_second": 0.01, "address_burst": 5}
    ) as made:
        answers = [
            (
                await made.client.get("/mirror/v1/people", headers={"Authorization": f"Bearer {n}.b.c"})
            ).status_code
            for n in range(7)
        ]
        assert answers == [401] * 5 + [429] * 2


@pytest.mark.parametrize(("trusted", "last"), [(["127.0.0.1"], 401), ([], 429)], ids=["trusted", "anybody"])
async def test_only_a_trusted_proxy_tells_where_a_request_comes_from(
    postgres_url: str, tmp_path: Path, trusted: list[str], last: int
) -> None:
    pace = {"address_per_second": 0.01, "address_burst": 3, "trusted_proxies": trusted}
    async with world(postgres_url, tmp_path, settings=pace) as made:
        statuses = [
            (
                await made.client.get(
                    "/mirror/v1/people", headers={"X-Forwarded-For": f"1.2.3.4, 10.0.0.{number}"}
                )
            ).status_code
            for number in range(5)
        ]
        assert statuses[:3] == [401] * 3
        assert statuses[-1] == last


async def test_only_listed_origins_may_call_from_a_browser(postgres_url: str, tmp_path: Path) -> None:
    async with world(postgres_url, tmp_path, settings={"cors_origins": ["https://gemeente.example"]}) as made:
        headers = await made.as_("consulent-lv")
        good = await made.client.get(
            "/mirror/v1/people", headers={**headers, "Origin": "https://gemeente.example"}
        )
        assert good.headers["access-control-allow-origin"] == "https://gemeente.example"
        bad = await made.client.get(
            "/mirror/v1/people", headers={**headers, "Origin": "https://attacker.example"}
        )
        assert "access-control-allow-origin" not in bad.headers
        asked = await made.client.options("/mirror/v1/people", headers={"Origin": "https://gemeente.example"})
        assert asked.status_code == 204
        refused = await made.client.options(
            "/mirror/v1/people", headers={"Origin": "https://attacker.example"}
        )
        assert refused.status_code == 405


async def test_metrics_never_grow_with_addresses(chain: World) -> None:
    async def series() -> int:
        text = metrics().expose().decode()
        return sum(1 for line in text.splitlines() if line.startswith("http_re"))

    for path in ("/mirror/v1/unknown/0", "/elsewhere/0", "/docs/problems/unknown-0", "/portal/0"):
        await chain.client.get(path)
    assert (await chain.client.get("/metrics")).status_code == 404, (
        "what is counted is not told on the front door"
    )
    before = await series()
    for number in range(100):
        await chain.client.get(f"/mirror/v1/unknown/{number}")
        await chain.client.get(f"/elsewhere/{number}")
        await chain.client.get(f"/docs/problems/unknown-{number}")
        await chain.client.get(f"/portal/{number}")
    assert await series() == before


async def test_ready_tells_of_services_and_lives_without_them(chain: World) -> None:
    assert (await chain.client.get("/health/live")).json() == {"status": "live"}
    answer = await chain.client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["services"] == {"mirror": "ready"}
    chain.mirror.ready = False
    try:
        answer = await chain.client.get("/health/ready")
        assert (answer.status_code, answer.json()["services"]) == (200, {"mirror": "not-ready"})
    finally:
        chain.mirror.ready = True


async def test_through_a_real_server_it_is_the_same(chain: World) -> None:
    async with served(chain.door.app) as address, httpx.AsyncClient(base_url=address) as client:
        answer = await client.get("/mirror/v1/people?x=1", headers=await chain.as_("consulent-lv"))
        assert answer.json()["query"] == "x=1"
        big = await client.post(
            "/mirror/v1/people",
            headers={**await chain.as_("consulent-lv"), "Content-Type": "application/json"},
            content=_body(JSON_BYTES + 1),
        )
        assert big.status_code == 413
