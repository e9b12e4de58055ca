# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""When clocks fire and mails are tried again, without a database."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.notifications.rules import (
    AMSTERDAM,
    FIRST_STEP,
    STAGES,
    Clock,
    Dates,
    DeadlineStatus,
    SignalKind,
    Stage,
    after_met,
    after_set,
    after_withdrawn,
    carried_over,
    digest_due,
    next_stage_on,
    retry_after,
    stages_due,
    stages_reached,
    standing_stage,
)

START = date(2024, 9, 2)
DAY = timedelta(days=1)
DATES = Dates(starts_on=START, early_on=START + 56 * DAY, due_on=START + 70 * DAY)
CLOCK = Clock(dates=DATES, set_version=1)

days = st.integers(0, 400).map(lambda number: START + number * DAY)
dates = st.builds(Dates, starts_on=days, early_on=days, due_on=days)
stage_sets = st.frozensets(st.sampled_from(STAGES))


@pytest.mark.capability("NO-01", part="the three stages of a clock")
@pytest.mark.parametrize(
    ("day", "reached"),
    [
        pytest.param(55, (), id="the-day-before-early"),
        pytest.param(56, (Stage.EARLY,), id="early-on-its-day"),
        pytest.param(69, (Stage.EARLY,), id="the-day-before-due"),
        pytest.param(70, (Stage.EARLY, Stage.DUE), id="due-on-the-last-day-in-time"),
        pytest.param(71, STAGES, id="overdue-the-day-after"),
        pytest.param(999, STAGES, id="overdue-for-ever"),
    ],
)
def test_a_stage_is_reached_on_its_day(day: int, reached: tuple[Stage, ...]) -> None:
    assert stages_reached(DATES, START + day * DAY) == reached


@pytest.mark.parametrize(
    ("day", "status", "late"),
    [(70, DeadlineStatus.RUNNING, 0), (71, DeadlineStatus.LATE, 1), (80, DeadlineStatus.LATE, 10)],
)
def test_a_clock_is_late_from_the_day_after_its_last_day(day: int, status: DeadlineStatus, late: int) -> None:
    today = START + day * DAY
    assert (CLOCK.status(today), CLOCK.late_days(today)) == (status, late)


def test_an_early_day_after_the_due_day_counts_as_the_due_day() -> None:
    odd = Dates(START, START + 9 * DAY, START + 5 * DAY)
    assert stages_reached(odd, START + 5 * DAY) == (Stage.EARLY, Stage.DUE)


@given(dates=dates, fired=stage_sets, today=days)
@settings(max_examples=1000)
def test_what_is_due_is_reached_and_new_and_in_order(
    dates: Dates, fired: frozenset[Stage], today: date
) -> None:
    due = stages_due(Clock(dates=dates, set_version=1), fired, today)
    assert list(due) == sorted(due, key=STAGES.index)
    assert set(due) == set(stages_reached(dates, today)) - fired


@given(dates=dates, fired=stage_sets, today=days)
@settings(max_examples=1000)
def test_the_engine_looks_again_exactly_when_something_is_due(
    dates: Dates, fired: frozenset[Stage], today: date
) -> None:
    clock = Clock(dates=dates, set_version=1)
    again = next_stage_on(clock, fired)
    assert (again is not None and again <= today) == bool(stages_due(clock, fired, today))


@given(fired=stage_sets, corrected=dates, today=days)
@settings(max_examples=1000)
def test_a_correction_repeats_only_what_lies_ahead(
    fired: frozenset[Stage], corrected: Dates, today: date
) -> None:
    kept = carried_over(fired, corrected, today)
    assert kept <= fired
    assert all(corrected.day_of(stage) > today for stage in fired - kept)
    assert all(corrected.day_of(stage) <= today for stage in kept)


@given(dates=dates, fired=stage_sets, today=days)
@settings(max_examples=1000)
def test_one_stage_stands_and_never_one_that_did_not_fire(
    dates: Dates, fired: frozenset[Stage], today: date
) -> None:
    standing = standing_stage(Clock(dates=dates, set_version=1), fired, today)
    candidates = [stage for stage in stages_reached(dates, today) if stage in fired]
    assert standing == (candidates[-1] if candidates else None)


LATER = Dates(START, START + 60 * DAY, START + 90 * DAY)
WORDS = (
    lambda clock: after_set(clock, DATES, 1),
    lambda clock: after_met(clock, START + 3 * DAY, 2),
    lambda clock: after_set(clock, LATER, 3),
    lambda clock: after_withdrawn(clock, "moved", 4),
)


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
@pytest.mark.parametrize("times", [1, 2])
def test_the_words_on_a_clock_give_one_outcome_in_any_order(order: tuple[int, ...], times: int) -> None:
    clock = Clock()
    for number in order:
        for _ in range(times):
            clock = WORDS[number](clock)
    assert clock.dates == LATER
    assert clock.status(START) is DeadlineStatus.WITHDRAWN


def test_a_clock_set_again_after_it_was_met_runs_again() -> None:
    met = after_met(CLOCK, START, 2)
    assert met.status(START + 99 * DAY) is DeadlineStatus.MET
    assert after_set(met, DATES, 3).status(START) is DeadlineStatus.RUNNING


def test_a_clock_that_was_met_late_says_how_late() -> None:
    met = after_met(CLOCK, DATES.due_on + 4 * DAY, 2)
    assert (met.late_days(START), met.late_days(START + 999 * DAY)) == (4, 4)
    assert after_withdrawn(met, "moved", 3).late_days(START + 999 * DAY) == 0
    assert Clock().late_days(START) == 0


@dataclass
class Told:
    """What the engine told about one clock."""

    fired: dict[date, set[Stage]] = field(default_factory=dict)  # per due day, carried ones included
    told: list[tuple[Stage, date]] = field(default_factory=list)


class AnyWalk(RuleBasedStateMachine):
    """Any words on a clock, in any order, and any walk of the days, as the actions use the rules."""

    @initialize()
    def begin(self) -> None:
        self.clock = Clock()
        self.today = START
        self.engine = Told()
        self.version = 0
        self.kept_back: list[tuple[int, str, Dates | date]] = []

    def _hear(self, version: int, word: str, what: Dates | date) -> None:
        before = self.clock
        if word == "set":
            assert isinstance(what, Dates)
            self.clock = after_set(self.clock, what, version)
            if self.clock != before and before.dates is not None and before.dates.due_on != what.due_on:
                told = self.engine.fired.get(before.dates.due_on, set())
                kept = carried_over(frozenset(told), what, self.today)
                self.engine.fired.setdefault(what.due_on, set()).update(kept)
        elif word == "met":
            assert isinstance(what, date)
            self.clock = after_met(self.clock, what, version)
        else:
            self.clock = after_withdrawn(self.clock, "moved", version)

    @rule(word=st.sampled_from(["set", "met", "withdrawn"]), dates=dates, on=days, late=st.booleans())
    def hear(self, word: str, dates: Dates, on: date, late: bool) -> None:
        """A word arrives, or is held up and comes after later ones."""
        self.version += 1
        entry = (self.version, word, dates if word == "set" else on)
        if late:
            self.kept_back.append(entry)
        else:
            self._hear(*entry)

    @rule(pick=st.integers(0, 50), times=st.integers(1, 2))
    def hear_late(self, pick: int, times: int) -> None:
        if self.kept_back:
            entry = self.kept_back.pop(pick % len(self.kept_back))
            for _ in range(times):
                self._hear(*entry)

    @rule(by=st.integers(1, 120))
    def days_pass(self, by: int) -> None:
        self.today += by * DAY

    @rule()
    def tick(self) -> None:
        """The engine looks."""
        fired = (
            frozenset()
            if self.clock.dates is None
            else frozenset(self.engine.fired.get(self.clock.dates.due_on, ()))
        )
        due = stages_due(self.clock, fired, self.today)
        if self.clock.ended:
            assert due == (), "a clock that ended never fires"
        if due:
            assert self.clock.dates is not None
            self.engine.fired.setdefault(self.clock.dates.due_on, set()).update(due)
            self.engine.told += [(stage, self.clock.dates.due_on) for stage in due]
        assert stages_due(self.clock, fired | set(due), self.today) == ()

    @invariant()
    def each_stage_fires_at_most_once_per_due_day(self) -> None:
        assert len(self.engine.told) == len(set(self.engine.told))


TestAnyWalk = AnyWalk.TestCase
TestAnyWalk.settings = settings(max_examples=200, stateful_step_count=50)


# Mail -------------------------------------------------------------------------------------------

FIRST, LONGEST = timedelta(seconds=30), timedelta(hours=1)


def wait(attempts: int, jitter: float = 1.0, maximum: int = 24) -> timedelta | None:
    return retry_after(attempts, maximum=maximum, first=FIRST, longest=LONGEST, jitter=jitter)


def test_each_wait_is_twice_the_last_until_the_longest() -> None:
    seconds = [found.total_seconds() for n in range(1, 10) if (found := wait(n)) is not None]
    assert seconds == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_the_last_try_has_no_next_one() -> None:
    assert wait(23) is not None
    assert wait(24) is None
    assert wait(1, maximum=1) is None


@given(attempts=st.integers(1, 10_000), jitter=st.floats(0, 1))
def test_a_wait_is_never_longer_than_the_longest_nor_shorter_than_three_quarters(
    attempts: int, jitter: float
) -> None:
    found = wait(attempts, jitter, maximum=10_001)
    assert found is not None
    assert FIRST * 0.75 <= found <= LONGEST


@pytest.mark.parametrize(("attempts", "jitter"), [(0, 0.5), (1, -0.1), (1, 1.1)])
def test_what_cannot_be_is_refused(attempts: int, jitter: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        wait(attempts, jitter)


@given(st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds without zone
def test_the_digest_leaves_at_the_first_seven_o_clock_in_amsterdam(now: datetime) -> None:
    due = digest_due(now)
    assert timedelta(0) < due - now <= timedelta(hours=25)
    assert due.astimezone(AMSTERDAM).strftime("%H:%M:%S") == "07:00:00"


def test_every_kind_has_a_first_step() -> None:
    assert set(FIRST_STEP) == set(SignalKind)
