# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""An answer that got lost: nobody is told that nothing was saved when nobody knows."""

from collections.abc import Callable

import httpx
import pytest

from portal.gateway import UNKNOWN, Fault, Gateway


def asked(answer: Callable[[httpx.Request], httpx.Response]) -> Gateway:
    return Gateway(
        httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://gateway.example")
    )


def failing(kind: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise kind("lost", request=request)

    return answer


@pytest.mark.parametrize(
    ("method", "path", "kind", "code"),
    [
        ("POST", "/intake/v1/inburgeraars", httpx.ReadTimeout, UNKNOWN),
        ("PUT", "/intake/v1/inburgeraars/1/lead", httpx.RemoteProtocolError, UNKNOWN),
        ("POST", "/intake/v1/inburgeraars", httpx.ConnectError, "unreachable"),
        ("POST", "/intake/v1/inburgeraars/_search", httpx.ReadTimeout, "unreachable"),
        ("GET", "/intake/v1/inburgeraars", httpx.ReadTimeout, "unreachable"),
    ],
)
async def test_only_a_change_that_was_sent_can_be_saved_without_an_answer(
    method: str, path: str, kind: type[httpx.TransportError], code: str
) -> None:
    with pytest.raises(Fault) as told:
        await asked(failing(kind)).call(method, path)
    assert (told.value.status, told.value.code) == (503, code)


async def test_what_a_service_does_not_know_is_told_in_plain_words() -> None:
    problem = {"code": UNKNOWN, "title": "x", "detail": "Herhalen met dezelfde Idempotency-Key is veilig."}
    gateway = asked(lambda _: httpx.Response(503, json=problem, headers={"Retry-After": "1"}))
    with pytest.raises(Fault) as told:
        await gateway.post("/intake/v1/inburgeraars", {})
    assert told.value.retry_after == "1"
    assert "Kijk eerst of uw wijziging er staat." in told.value.detail
    assert "Idempotency-Key" not in told.value.detail
