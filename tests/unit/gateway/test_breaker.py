# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""When a service is left in peace, who tries it again, and how often a request is sent twice."""

from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from hypothesis import given, strategies as st

from gateway.breaker import FAILURES, LONGEST_REST_SECONDS, TRY_SECONDS, Breaker, RetryBudget, State
from gateway.errors import UpstreamBusy
from gateway.places import Places


@dataclass(slots=True)
class Watch:
    at: float = 100.0

    def __call__(self) -> float:
        return self.at


def breaker(watch: Watch) -> Breaker:
    return Breaker(monotonic=watch, jitter=lambda: 0.5)


def state(one: Breaker) -> State:
    """Where it stands, asked anew each time."""
    return one.state


def fail(one: Breaker, times: int) -> None:
    for _ in range(times):
        assert one.admit() == 0.0
        one.fail()


@pytest.mark.fault("F12")
def test_it_opens_within_ten_failures_one_after_the_other() -> None:
    one = breaker(Watch())
    fail(one, FAILURES - 1)
    one.admit()
    one.succeed()
    fail(one, FAILURES - 1)
    assert state(one) is State.CLOSED, "an answer in between begins the count anew"
    fail(one, 1)
    assert state(one) is State.OPEN
    assert FAILURES <= 10
    assert one.admit() == pytest.approx(1.0)


def test_after_a_rest_one_tries_and_opens_it_to_all() -> None:
    watch = Watch()
    one = breaker(watch)
    fail(one, FAILURES)
    watch.at += 1.01
    assert state(one) is State.HALF_OPEN
    assert one.admit() == 0.0
    assert one.admit() > 0.0, "the others wait for what it finds"
    one.succeed()
    assert state(one) is State.CLOSED
    assert one.admit() == one.admit() == 0.0


def test_each_try_that_fails_makes_the_rest_longer_up_to_a_limit() -> None:
    watch = Watch()
    one = breaker(watch)
    fail(one, FAILURES)
    rests = []
    for _ in range(8):
        rests.append(one.admit())
        watch.at += rests[-1] + 0.001
        assert one.admit() == 0.0
        one.fail()
    assert rests[:4] == pytest.approx([1, 2, 4, 8])
    assert max(rests) == pytest.approx(LONGEST_REST_SECONDS)


def test_requests_from_before_it_opened_change_nothing_more() -> None:
    watch = Watch()
    one = breaker(watch)
    for _ in range(100):
        assert one.admit() == 0.0
    for _ in range(100):
        one.fail()
    assert one.opened == 1
    assert one.admit() == pytest.approx(1.0)


def test_a_try_whose_sender_went_away_lets_the_next_one_try() -> None:
    watch = Watch()
    one = breaker(watch)
    fail(one, FAILURES)
    watch.at += 1.01
    assert one.admit() == 0.0
    one.leave()
    assert one.admit() == 0.0


def test_a_try_that_takes_long_does_not_keep_the_others_out() -> None:
    watch = Watch()
    one = breaker(watch)
    fail(one, FAILURES)
    watch.at += 1.01
    assert one.admit() == 0.0, "a large file on a slow line"
    watch.at += TRY_SECONDS - 0.1
    assert one.admit() > 0.0
    watch.at += 0.2
    assert one.admit() == 0.0


@pytest.mark.parametrize("ends", ["failed", "left"])
def test_the_end_of_a_request_from_before_it_opened_is_not_that_of_the_try(ends: str) -> None:
    watch = Watch()
    places = Places("x", 10, breaker(watch))
    with ExitStack() as early:
        old = early.enter_context(places.take())
        for _ in range(FAILURES):
            with places.take() as place:
                place.failed("timeout")
        watch.at += 1.01
        with places.take():
            if ends == "failed":
                old.failed("timeout")
            early.close()
            assert state(places.breaker) is State.HALF_OPEN
            with pytest.raises(UpstreamBusy), places.take():
                pass
        with places.take() as place:
            place.answer_began()
    assert (state(places.breaker), places.running, places.breaker.opened) == (State.CLOSED, 0, 1)


@given(st.lists(st.booleans(), max_size=400))
@pytest.mark.fault("F12")
def test_second_tries_are_at_most_a_fifth_of_the_requests(wanted: list[bool]) -> None:
    budget = RetryBudget()
    spent = 0
    for wants in wanted:
        budget.earn()
        spent += wants and budget.spend()
    assert spent <= 2 + 0.2 * len(wanted) + 1e-9
