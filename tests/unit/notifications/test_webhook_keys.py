# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A delivery is kept by the person whom its event is about, so that it is found when their data goes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.event import Envelope, Event
from contracts.learning_routes import SignalWithdrawn
from contracts.notifications import SignalHandled
from services.notifications import store
from services.notifications.actions.offering import offer_events
from services.notifications.store.webhooks import Offer

PERSON, SIGNAL = uuid4(), uuid4()


def handled(person: UUID | None) -> SignalHandled:
    return SignalHandled(signal_id=SIGNAL, inburgeraar_id=person, kind="unexcused-absences", outcome="talked")


@pytest.mark.parametrize(
    ("event", "key"),
    [
        (handled(PERSON), PERSON),
        (handled(None), SIGNAL),  # about a lesson
        (
            SignalWithdrawn(
                signal_id=SIGNAL, subject_id=PERSON, kind="unexcused-absences", reason="corrected"
            ),
            PERSON,
        ),
    ],
)
async def test_a_delivery_is_kept_by_the_person(
    monkeypatch: pytest.MonkeyPatch, event: Event, key: UUID
) -> None:
    offered: list[Offer] = []

    async def offer(_: Any, rows: Sequence[Offer]) -> None:
        offered.extend(rows)

    monkeypatch.setattr(store.webhooks, "offer", offer)
    envelope = Envelope(
        id=uuid4(),
        type=event.type,
        source="urn:nld:oin:00000000000000000000:systeem:notifications",
        time=datetime(2024, 11, 5, tzinfo=UTC),
        subject=str(SIGNAL),
        aggregate_version=1,
        gemeentecode="1916",
        traceparent=None,
        key=event.key_value(),
    )
    await offer_events(Any, [(event, envelope)])  # type: ignore[arg-type]
    assert [row.key for row in offered] == [str(key)]
