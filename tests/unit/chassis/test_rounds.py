# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which events of a batch are taken together: many at once, and none before an earlier one of its key or person."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, strategies as st

from chassis import trace
from chassis.bus import Message
from chassis.inbox_batch import Parsed, person_of, runs, tell_handled
from chassis.service import Handler
from chassis.testing import logging_to
from contracts.event import Envelope, Event
from contracts.intake import IntakeDeadlineMet, LeadAssigned
from contracts.learning_routes import SignalWithdrawn

DAY = datetime(2024, 11, 5, tzinfo=UTC)


async def apply(_tx: Any, _event: Any, _envelope: Any) -> None:
    """Never called here."""


async def apply_many(_tx: Any, _told: Any) -> None:
    """Never called here."""


HANDLERS = {
    IntakeDeadlineMet: Handler(IntakeDeadlineMet, apply_many=apply_many),
    LeadAssigned: Handler(LeadAssigned, apply),
    SignalWithdrawn: Handler(SignalWithdrawn, apply_many=apply_many),
}


def parsed(event: Event) -> Parsed:
    envelope = Envelope(
        id=uuid4(), type=event.type, source="s", time=DAY, subject="", aggregate_version=1,
        gemeentecode=None, traceparent=None, key=event.key_value(),
    )  # fmt: skip
    message = Message(event.topic(), envelope.key, b"")
    return Parsed(message, envelope, event, HANDLERS[type(event)], person_of(envelope, event))


def about(event: Event) -> set[str]:
    found = {event.key_value()}
    person = getattr(event, "inburgeraar_id", None)
    return found if person is None else {*found, str(person)}


people = st.integers(0, 4).map(lambda n: UUID(int=n))
events = st.one_of(
    st.builds(
        IntakeDeadlineMet,
        deadline_id=people,
        inburgeraar_id=people,
        met_on=st.just(DAY.date()),
    ),
    st.builds(LeadAssigned, inburgeraar_id=people, member_id=st.none()),
    st.builds(
        SignalWithdrawn,
        signal_id=people,
        subject_id=people,
        kind=st.just("unexcused-absences"),
        reason=st.just("corrected"),
    ),
)


@given(st.lists(events, max_size=30))
def test_nothing_overtakes_an_earlier_event_of_its_key_or_person(told: list[Event]) -> None:
    batch: Sequence[Parsed] = [parsed(event) for event in told]
    calls = [[envelope.id for _, envelope in run] for _, run in runs(batch)]
    assert sorted(id for call in calls for id in call) == sorted(one.envelope.id for one in batch)
    place = {id: nth for nth, call in enumerate(calls) for id in call}
    for nth, one in enumerate(batch):
        for earlier in batch[:nth]:
            if about(one.event) & about(earlier.event):
                assert place[earlier.envelope.id] < place[one.envelope.id]


def test_events_of_a_kind_about_different_people_come_in_one_call() -> None:
    told: list[Event] = []
    for n in range(50):
        told += [
            LeadAssigned(inburgeraar_id=UUID(int=n), member_id=None),
            IntakeDeadlineMet(deadline_id=uuid4(), inburgeraar_id=UUID(int=n), met_on=DAY.date()),
        ]
    calls = list(runs([parsed(event) for event in told]))
    assert [len(run) for _, run in calls] == [1] * 50 + [50]
    assert [handler.event for handler, _ in calls] == [LeadAssigned] * 50 + [IntakeDeadlineMet]


@pytest.mark.parametrize("effects", [{}, {"apply": apply, "apply_many": apply_many}], ids=["none", "two"])
def test_a_handler_has_one_effect(effects: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="either `apply` or `apply_many`"):
        Handler(LeadAssigned, **effects)


def led_by(event: Event, traceparent: str | None) -> Parsed:
    one = parsed(event)
    return one._replace(envelope=one.envelope.model_copy(update={"traceparent": traceparent}))


def test_what_was_handled_is_told_under_every_trace_that_led_to_it() -> None:
    first, second = "1234567820" * 3 + "ab", "e" * 32  # nine digits of the first would pass for a BSN
    assigned = LeadAssigned(inburgeraar_id=UUID(int=1), member_id=None)
    withdrawn = SignalWithdrawn(
        signal_id=UUID(int=2), subject_id=UUID(int=3), kind="unexcused-absences", reason="corrected"
    )
    done = [
        led_by(withdrawn, f"00-{first}-{'1' * 16}-01"),
        led_by(assigned, f"00-{first}-{'2' * 16}-01"),
        led_by(withdrawn, f"00-{second}-{'3' * 16}-01"),
    ]
    ran = trace.parse(f"00-{first}-{'1' * 16}-01")
    written = StringIO()
    with logging_to(written):
        tell_handled("sample", done, {f"00-{first}-{'1' * 16}-01": ran})
    of_many, of_one = (json.loads(line) for line in written.getvalue().splitlines())
    assert (of_many["event"], of_many["service"], of_many["count"]) == ("events_handled", "sample", 2)
    assert of_many["trace_ids"] == [first, second], "not masked"
    assert (of_many["trace_id"], of_many["span_id"]) == (first, ran.span_id), "in the span of its handler"
    assert "trace_ids" not in of_one
    assert (of_one["trace_id"], of_one["parent_span_id"], of_one["count"]) == (first, "2" * 16, 1)
    assert of_one["type"] == LeadAssigned.type
