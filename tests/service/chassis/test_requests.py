# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One request, one transaction: what a client was told is stored, and nothing else is."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.access import GRANT_HEADER, Caller, Scope
from chassis.testing import Bench, own, sign_grant

THING = {"gemeentecode": "1916", "name": "Lesboek"}


async def test_what_was_answered_with_201_is_stored_with_its_event_and_its_log_line(
    bench: Bench, maker: dict[str, str]
) -> None:
    answer = await bench.client.post("/sample/v1/things", json=THING, headers=maker)
    assert answer.status_code == 201
    stored = await bench.sql(
        "SELECT (SELECT count(*) FROM sample.thing), (SELECT count(*) FROM sample.outbox), (SELECT count(*) FROM sample.access_log)"
    )
    assert tuple(stored[0]) == (1, 1, 1)


async def test_a_commit_that_fails_is_never_answered_with_success(
    bench: Bench, maker: dict[str, str]
) -> None:
    answer = await bench.client.post("/sample/v1/things", json={**THING, "name": "deferred"}, headers=maker)
    assert answer.status_code == 409
    assert await bench.sql("SELECT 1 FROM sample.thing UNION ALL SELECT 1 FROM sample.outbox") == []


@pytest.mark.parametrize("path", ["/sample/v1/broken"])
async def test_an_unforeseen_fault_tells_nothing_but_its_number(
    bench: Bench, maker: dict[str, str], path: str
) -> None:
    answer = await bench.client.get(path, headers=maker)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert "999990019" not in answer.text
    assert answer.json()["instance"].startswith("urn:trace:")


@pytest.mark.capability("GW-01", part="deny by default")
async def test_without_a_grant_of_the_gateway_nothing_is_answered(bench: Bench) -> None:
    forged = sign_grant(
        Caller(UUID(int=1), "person", UUID(int=2), "gemeente", frozenset({"maker"}), "1916", own("1916")),
        key=Ed25519PrivateKey.generate(),
    )
    for headers in (
        {},
        {GRANT_HEADER: "x"},
        {GRANT_HEADER: forged},
        {"Authorization": "Bearer x", "X-Tenant": "1916"},
    ):
        answer = await bench.client.post("/sample/v1/things", json=THING, headers=headers)
        assert answer.status_code == 401, headers
    assert await bench.sql("SELECT 1 FROM sample.thing") == []


async def test_a_role_that_is_missing_is_named(bench: Bench) -> None:
    answer = await bench.client.get(
        "/sample/v1/things", headers=bench.as_caller(roles={"reader"}, gemeentecode="1916")
    )
    assert answer.status_code == 403
    assert answer.json()["missing"] == ["maker"]


async def test_all_faults_of_the_input_are_told_at_once_with_their_places(
    bench: Bench, maker: dict[str, str]
) -> None:
    body = {"gemeentecode": "19", "on": 0, "hours": "3", "bsn": "999990019"}
    answer = await bench.client.post("/sample/v1/things", json=body, headers=maker)
    assert answer.status_code == 400
    places = {error["pointer"]: error["code"] for error in answer.json()["errors"]}
    assert places == {
        "/gemeentecode": "string-pattern-mismatch",
        "/name": "missing",
        "/on": "form",
        "/hours": "number",
        "/bsn": "extra-forbidden",
    }
    assert "999990019" not in answer.text


@pytest.mark.parametrize(
    ("content", "type", "status"),
    [
        (b"{bad", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"name": "\\u0000", "gemeentecode": "1916"}', "application/json", 400),
        (b'{"name": "\\ud800", "gemeentecode": "1916"}', "application/json", 400),
        (b'{"name": "a", "gemeentecode": "1916", "hours": NaN}', "application/json", 400),
        (b'{"name": "a", "gemeentecode": "1916", "hours": 1e400}', "application/json", 400),
        (b'{"name": "a", "gemeentecode": "1916", "hours": ' + b"9" * 5000 + b"}", "application/json", 400),
        (b"a=1", "application/x-www-form-urlencoded", 415),
        (b"x" * 5_300_000, "application/json", 413),
        (b"\xff\xfe", "application/json", 400),
        (b"null", "application/json", 400),
        (b"", "application/json", 400),
    ],
    ids=[
        "malformed",
        "deep",
        "nul",
        "surrogate",
        "nan",
        "infinite",
        "huge-number",
        "form",
        "too-large",
        "not-utf8",
        "null",
        "empty",
    ],
)
async def test_a_body_that_cannot_be_read_is_refused_with_a_problem(
    bench: Bench, maker: dict[str, str], content: bytes, type: str, status: int
) -> None:
    answer = await bench.client.post(
        "/sample/v1/things", content=content, headers={**maker, "content-type": type}
    )
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert await bench.sql("SELECT 1 FROM sample.thing") == []


async def test_a_body_that_came_unannounced_is_of_a_kind_too(bench: Bench, maker: dict[str, str]) -> None:
    """Within one process nothing says beforehand that there is one."""
    headers = {**maker, "content-type": "text/plain"}
    request = bench.client.build_request("POST", "/sample/v1/things", json=THING, headers=headers)
    del request.headers["content-length"]
    assert (await bench.client.send(request)).status_code == 415
    assert await bench.sql("SELECT 1 FROM sample.thing") == []


async def test_a_sender_that_goes_away_within_its_body_is_no_fault_of_ours(
    bench: Bench, maker: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[str] = []
    monkeypatch.setattr("chassis.edge.log", lambda: failed.append("the request failed"))
    pieces = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    told: list[Any] = []

    async def receive() -> Any:
        return pieces.pop(0)

    async def send(message: Any) -> None:
        told.append(message)

    headers = {**maker, "content-type": "application/json", "content-length": "9"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/sample/v1/things",
        "raw_path": b"/sample/v1/things",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    await bench.live.app(scope, receive, send)
    assert (told, pieces, failed) == ([], [], [])


async def test_the_rules_of_the_wire_hold_on_every_answer(bench: Bench, maker: dict[str, str]) -> None:
    answers = {
        200: await bench.client.get("/sample/v1/things", headers=maker),
        404: await bench.client.get("/sample/v1/nope", headers=maker),
        405: await bench.client.patch("/sample/v1/things", headers=maker),
        406: await bench.client.get("/sample/v1/things", headers={**maker, "accept": "text/csv"}),
        500: await bench.client.get("/sample/v1/broken", headers=maker),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["api-version"] == "1.0.0"
        assert answer.headers["cache-control"] == "no-store"
        if status >= 400:
            assert {"type", "title", "status", "detail", "code", "errors"} <= answer.json().keys()
    assert answers[405].headers["allow"] == "GET, HEAD, POST"
    assert (await bench.client.get("/sample/v1/things/", headers=maker)).status_code == 404
    head = await bench.client.head("/sample/v1/things", headers=maker)
    assert head.status_code == 200
    assert head.content == b""
    document = await bench.client.get("/sample/v1/openapi.json")
    assert document.headers["access-control-allow-origin"] == "*"
    assert "422" not in document.text


async def test_a_filter_that_does_not_exist_is_named_and_never_widens_a_list(
    bench: Bench, maker: dict[str, str]
) -> None:
    answer = await bench.client.get("/sample/v1/things?pageSize=2&pagesize=3", headers=maker)
    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == ["pagesize"]


async def test_a_change_needs_the_version_it_is_based_on(bench: Bench, maker: dict[str, str]) -> None:
    made = await bench.client.post("/sample/v1/things", json=THING, headers=maker)
    path = f"/sample/v1/things/{made.json()['id']}"
    body = {"name": "Woordenlijst"}
    assert (await bench.client.patch(path, json=body, headers=maker)).status_code == 428
    assert (await bench.client.patch(path, json=body, headers={**maker, "if-match": "x"})).status_code == 400
    first, second = await asyncio.gather(
        *(
            bench.client.patch(path, json=body, headers={**maker, "if-match": made.headers["etag"]})
            for _ in range(2)
        )
    )
    assert sorted((first.status_code, second.status_code)) == [200, 412]


async def test_a_list_gives_every_row_once_over_its_pages(bench: Bench, maker: dict[str, str]) -> None:
    ids = {
        (await bench.client.post("/sample/v1/things", json=THING, headers=maker)).json()["id"]
        for _ in range(7)
    }
    seen: list[str] = []
    token = None
    while True:
        query = {"pageSize": 3} | ({"pageToken": token} if token else {})
        page = (await bench.client.get("/sample/v1/things", params=query, headers=maker)).json()
        seen += [item["id"] for item in page["items"]]
        if (token := page["nextPageToken"]) is None:
            break
    assert sorted(seen) == sorted(ids)
    for bad in ("x", "W10", "bnVsbA", "WyJ4Il0"):
        assert (
            await bench.client.get("/sample/v1/things", params={"pageToken": bad}, headers=maker)
        ).status_code in {200, 400}


async def test_row_level_security_hides_and_refuses_what_the_grant_does_not_hold(
    bench: Bench, maker: dict[str, str]
) -> None:
    await bench.client.post("/sample/v1/things", json=THING, headers=maker)
    other = bench.as_caller(roles={"maker"}, gemeentecode="0546")
    assert (await bench.client.get("/sample/v1/things", headers=other)).json()["items"] == []
    refused = await bench.client.post("/sample/v1/things", json=THING, headers=other)
    assert refused.status_code == 403
    figures = bench.as_caller(roles={"maker"}, gemeentecode="0629", scopes={"1916": Scope("figures")})
    assert (await bench.client.get("/sample/v1/things", headers=figures)).json()["items"] == []


async def test_the_rights_of_one_request_never_stay_for_the_next(bench: Bench) -> None:
    codes = ("1916", "0546", "0579", "0626", "0629")
    for code in codes:
        who = bench.as_caller(roles={"maker"}, gemeentecode=code)
        await bench.client.post("/sample/v1/things", json={"gemeentecode": code, "name": code}, headers=who)

    async def look(code: str) -> None:
        who = bench.as_caller(roles={"maker"}, gemeentecode=code)
        items = (await bench.client.get("/sample/v1/things", headers=who)).json()["items"]
        assert [item["gemeentecode"] for item in items] == [code]

    await asyncio.gather(*(look(code) for code in codes * 40))


class TestIdempotencyKey:
    async def test_the_same_request_again_gets_the_first_answer_byte_for_byte(
        self, bench: Bench, maker: dict[str, str]
    ) -> None:
        keyed = {**maker, "Idempotency-Key": str(uuid4())}
        first = await bench.client.post("/sample/v1/payments", json=THING, headers=keyed)
        again = await bench.client.post("/sample/v1/payments", json=THING, headers=keyed)
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["idempotency-replayed"] == "true"
        assert again.headers["location"] == first.headers["location"]
        assert len(await bench.sql("SELECT 1 FROM sample.thing")) == 1

    async def test_another_body_under_the_key_is_refused(self, bench: Bench, maker: dict[str, str]) -> None:
        keyed = {**maker, "Idempotency-Key": "sleutel"}
        await bench.client.post("/sample/v1/payments", json=THING, headers=keyed)
        other = await bench.client.post(
            "/sample/v1/payments", json={**THING, "name": "Anders"}, headers=keyed
        )
        assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-reused")

    async def test_fifty_at_once_have_one_effect(self, bench: Bench, maker: dict[str, str]) -> None:
        keyed = {**maker, "Idempotency-Key": "vijftig"}
        answers = await asyncio.gather(
            *(bench.client.post("/sample/v1/payments", json=THING, headers=keyed) for _ in range(50))
        )
        assert {a.status_code for a in answers} <= {201, 409}
        assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"idempotency-key-in-use"}
        assert len({a.content for a in answers if a.status_code == 201}) == 1
        assert len(await bench.sql("SELECT 1 FROM sample.thing")) == 1

    async def test_another_client_never_gets_the_kept_answer(
        self, bench: Bench, maker: dict[str, str]
    ) -> None:
        keyed = {**maker, "Idempotency-Key": "gedeeld"}
        first = await bench.client.post("/sample/v1/payments", json=THING, headers=keyed)
        other = bench.as_caller(roles={"maker"}, gemeentecode="1916", subject=uuid4())
        second = await bench.client.post(
            "/sample/v1/payments", json=THING, headers={**other, "Idempotency-Key": "gedeeld"}
        )
        assert second.status_code == 201
        assert second.json()["id"] != first.json()["id"]

    async def test_where_it_is_required_its_absence_is_named(
        self, bench: Bench, maker: dict[str, str]
    ) -> None:
        answer = await bench.client.post("/sample/v1/payments", json=THING, headers=maker)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["parameter"] == "Idempotency-Key"

    @pytest.mark.parametrize("key", ["", "twee woorden", "café", "x" * 256])
    async def test_one_of_another_form_than_documented_is_refused(
        self, bench: Bench, maker: dict[str, str], key: str
    ) -> None:
        keyed = {**maker, "Idempotency-Key": key}
        headers = [(name.encode(), value.encode("latin-1")) for name, value in keyed.items()]
        answer = await bench.client.post("/sample/v1/things", json=THING, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["parameter"] == "Idempotency-Key"

    async def test_a_refusal_is_not_kept(self, bench: Bench, maker: dict[str, str]) -> None:
        keyed = {**maker, "Idempotency-Key": "herkansing"}
        assert (
            await bench.client.post("/sample/v1/payments", json={"name": "x"}, headers=keyed)
        ).status_code == 400
        assert (await bench.client.post("/sample/v1/payments", json=THING, headers=keyed)).status_code == 201


async def test_every_line_of_the_log_is_chained_and_cannot_be_changed(
    bench: Bench, maker: dict[str, str]
) -> None:
    await bench.client.post("/sample/v1/things", json=THING, headers=maker)
    assert await bench.sql("SELECT * FROM sample.broken_access_chains()") == []
    line = (await bench.sql("SELECT * FROM sample.access_log"))[0]
    assert (line.purpose, line.activity, line.agreement, line.gemeentecode) == (
        "case-work",
        "ding-beheren",
        "own",
        "1916",
    )
    async with bench.live.context.begin() as tx:
        import sqlalchemy as sa

        for statement in (
            "UPDATE sample.access_log SET name = 'x'",
            "DELETE FROM sample.access_log",
            "DELETE FROM sample.access_chain",
        ):
            with pytest.raises(Exception, match="permission denied"):
                async with tx.session.begin_nested():
                    await tx.execute(sa.text(statement))
    await bench.sql("UPDATE sample.access_log SET purpose = 'figures'")
    assert len(await bench.sql("SELECT * FROM sample.broken_access_chains()")) == 1
    await bench.sql("DELETE FROM sample.access_log")
    assert len(await bench.sql("SELECT * FROM sample.broken_access_chains()")) == 1


async def test_a_superuser_or_owner_is_refused_as_running_role(postgres_url: str) -> None:
    from chassis.clock import SystemClock
    from chassis.db import Database, UnsafeRole
    from chassis.testing import fresh_database
    from tests.service.chassis.sample import SERVICE

    async with fresh_database(SERVICE, postgres_url) as databases:
        for url in (postgres_url, databases.owner_url):
            database = Database(url, schema="sample", clock=SystemClock())
            with pytest.raises(UnsafeRole):
                await database.check_role()
            await database.close()


def test_the_logs_hold_no_number_of_a_person() -> None:
    from chassis.logs import mask

    line = json.dumps(
        mask(
            {
                "a": "bsn 999990019 en 123456789",
                "b": ["1234567890", "V 0123456789"],
                "c": "eyJhbGciOiJI.eyJzdWIiOiIx.abc",
            }
        )
    )
    assert "999990019" not in line
    assert "123456789 " not in line
    assert "0123456789" not in line
    assert "eyJ" not in line


async def test_a_file_sent_again_under_its_key_is_the_same_whatever_the_boundary() -> None:
    from fastapi import Request

    from chassis.idempotency import without_boundary

    def sent(boundary: str) -> bytes:
        scope = {
            "type": "http",
            "headers": [(b"content-type", f"multipart/form-data; boundary={boundary}".encode())],
        }
        return without_boundary(Request(scope), f"--{boundary}\r\n\r\nregels\r\n--{boundary}--".encode())

    assert sent("abc123") == sent("zyx987")
