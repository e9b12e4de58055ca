# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a request may be before anything is done with it."""

import contextlib

import pytest
from hypothesis import given, strategies as st

from chassis.errors import InvalidInput, Problem
from gateway.errors import HeadersTooLarge, SensitiveAddress, UnsafeAddress
from gateway.limits import (
    BodyGuard,
    Pace,
    check_address,
    check_headers,
    holds_person_number,
    passes_elfproef,
    strip,
)

BSN = "123456782"  # passes the test, belongs to nobody


@pytest.mark.parametrize(
    ("digits", "right"),
    [(BSN, True), ("999993653", True), ("999990019", True), ("123456789", False), ("000000000", False)],
)
def test_a_bsn_passes_its_own_test(digits: str, *, right: bool) -> None:
    assert passes_elfproef(digits) is right


@pytest.mark.parametrize(
    "text",
    [
        BSN,
        f"/inburgeraars/{BSN}",
        f"q={BSN}&x=1",
        "q=123 456 782",
        "q=1234.56.782",
        "q=123+456+782",
        f"a-{BSN}-b",
        f"({BSN})",
        "0123456789",
        "v=1234567890",
        "bsn=",
        "x=1&BSN=1",
        "burgerservicenummer=1",
        "vnummer=1",
        "v-number=1",
    ],
)
def test_a_number_of_a_person_is_seen(text: str) -> None:
    assert holds_person_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "123456789",  # fails the test
        "20241105",
        "2024-11-05",
        "2024-11-05T09:00:00+01:00",
        f"x{BSN}",
        f"{BSN}a",
        f"{BSN}000",
        "00000000-0000-4000-8000-123456789012",
        "12345678",
        "12345678901",
        "subsn=1",
        "52.0705 4.3007",
    ],
)
def test_other_numbers_are_let_through(text: str) -> None:
    assert not holds_person_number(text)


@given(st.integers(0, 999_999_999).map(lambda n: f"{n:09d}"), st.sampled_from(["", " ", "."]))
def test_every_bsn_is_seen_however_it_is_written(digits: str, separator: str) -> None:
    written = separator.join((digits[:3], digits[3:6], digits[6:]))
    assert holds_person_number(f"q={written}") is passes_elfproef(digits)


@given(st.uuids())
def test_no_id_is_mistaken_for_a_person(id: object) -> None:
    assert not holds_person_number(f"/intake/v1/inburgeraars/{id}/pips")


@pytest.mark.parametrize(
    "raw",
    [
        b"http://elsewhere.example/mirror/v1/people",
        b"//elsewhere.example/",
        b"*",
        b"",
        b"/a/../b",
        b"/a/./b",
        b"/..",
        b"/a/%2e%2E/b",
        b"/a/.%2e/b",
        b"/a%2fb",
        b"/a%5cb",
        b"/a\\b",
        b"/a//b",
        b"/a%00",
        b"/a%0a",
        b"/a%7f",
        b"/a%252f",
        b"/a%ff",
        b"/" + b"a" * 9000,
    ],
)
def test_a_path_that_can_be_read_in_two_ways_is_refused(raw: bytes) -> None:
    with pytest.raises(UnsafeAddress):
        check_address(raw, b"")


@pytest.mark.parametrize("query", [b"a=%ff", b"a=%00", b"a" * 9000])
def test_a_query_that_is_no_text_is_refused(query: bytes) -> None:
    with pytest.raises(UnsafeAddress):
        check_address(b"/a", query)


def test_a_refused_address_names_the_place_and_not_the_number() -> None:
    with pytest.raises(SensitiveAddress) as refused:
        check_address(b"/a", f"q={BSN}".encode())
    assert refused.value.errors[0].parameter == "query"
    assert BSN not in str(refused.value.document(type_base="", instance=None))


def test_random_codes_of_a_sign_in_are_not_searched() -> None:
    check_address(b"/oauth/authorize", f"state=-{BSN}-".encode(), numbers=False)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_address_is_accepted_or_refused_and_nothing_else(path: bytes, query: bytes) -> None:
    with contextlib.suppress(InvalidInput):  # of status 400; any other exception fails
        check_address(b"/" + path, query)


@pytest.mark.parametrize(
    ("headers", "fault"),
    [
        ([(b"x", b"a" * 40_000)], HeadersTooLarge),
        ([(b"x", b"a")] * 101, HeadersTooLarge),
        ([(b"content-length", b"1"), (b"content-length", b"2")], UnsafeAddress),
        ([(b"content-length", b"1"), (b"transfer-encoding", b"chunked")], UnsafeAddress),
        ([(b"content-length", b"-1")], UnsafeAddress),
        ([(b"content-length", b"1, 2")], UnsafeAddress),
        ([(b"content-length", b"0x10")], UnsafeAddress),
    ],
)
def test_headers_that_are_too_much_or_contradict_each_other_are_refused(
    headers: list[tuple[bytes, bytes]], fault: type[Problem]
) -> None:
    with pytest.raises(fault):
        check_headers(headers)


def test_the_same_length_twice_is_one_length() -> None:
    check_headers([(b"content-length", b"3"), (b"content-length", b"3")])


@given(
    st.sampled_from([b"x-internal-", b"X-Forwarded-", b"x_internal_", b"x-tenant", b"x-user"]),
    st.text("abc-_", max_size=8),
)
def test_nothing_with_an_internal_name_goes_on(prefix: bytes, rest: str) -> None:
    assert strip([((prefix + rest.encode()).lower(), b"1")], cookies=True) == []


def test_what_a_service_needs_goes_on() -> None:
    kept = [
        (b"accept", b"*/*"),
        (b"if-match", b'"1"'),
        (b"idempotency-key", b"k"),
        (b"content-type", b"text/csv"),
    ]
    left = [(b"authorization", b"Bearer x"), (b"connection", b"close"), (b"cookie", b"session")]
    assert strip([*kept, *left]) == kept
    assert strip([*kept, *left], cookies=True) == [*kept, left[-1]]


async def test_a_guard_lets_the_limit_through_and_not_one_byte_more() -> None:
    pieces = [b"ab", b"cd", b"e"]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    guard = BodyGuard(receive, 4)
    assert (await guard())["body"] == b"ab"
    assert (await guard())["body"] == b"cd"
    exceeded_before = guard.exceeded
    assert (await guard())["type"] == "http.disconnect"
    assert (exceeded_before, guard.exceeded) == (False, True)
    assert (await guard())["type"] == "http.disconnect"


def test_a_pace_allows_a_burst_and_then_so_many_a_second() -> None:
    clock = [0.0]
    pace = Pace(per_second=2, burst=3, monotonic=lambda: clock[0])
    assert [pace.wait("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert pace.wait("a") == pytest.approx(0.5)
    assert pace.wait("b") == 0.0
    clock[0] = 0.5
    assert pace.wait("a") == 0.0
    assert pace.wait("a") > 0


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60))
def test_over_any_time_no_more_pass_than_the_burst_and_the_rate(steps: list[float]) -> None:
    clock = [0.0]
    pace = Pace(per_second=1, burst=5, monotonic=lambda: clock[0])
    passed = 0
    for step in steps:
        clock[0] += step
        passed += pace.wait("a") == 0.0
    assert passed <= 5 + clock[0] + 1e-6


def test_a_flood_of_callers_costs_no_memory() -> None:
    pace = Pace(per_second=1, burst=1, size=100)
    for number in range(10_000):
        pace.wait(str(number))
    assert len(pace._buckets) == 100
