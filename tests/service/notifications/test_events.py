# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Each event of the others, as notifications reads it: what it puts on whose list."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.bus import Message
from chassis.testing import event_message
from contracts import gateway, intake, learning_routes
from contracts.event import Event
from services.notifications.actions.offering import OFFERED
from services.notifications.app import SERVICE
from tests.service.notifications.chain import SCHOOL, WASSENAAR, Chain

PERSON, PLACEMENT = UUID(int=90), UUID(int=91)


def common() -> dict[str, Any]:
    return {
        "signal_id": uuid4(),
        "inburgeraar_id": PERSON,
        "placement_id": PLACEMENT,
        "organisation_id": SCHOOL,
        "rule": "Contract met de taalschool",
    }


SIGNALS = [
    pytest.param(
        learning_routes.SicknessSignalRaised(
            **common(),
            sick_hours=Decimal("12.5"),
            registered_hours=Decimal(40),
            percent=Decimal("31.3"),
            limit_percent=Decimal(25),
            from_day=date(2024, 10, 7),
            until_day=date(2024, 11, 3),
        ),
        "sickness-rate",
        {
            "sickHours": 12.5,
            "registeredHours": 40,
            "percent": 31.3,
            "limitPercent": 25,
            "fromDay": "2024-10-07",
            "untilDay": "2024-11-03",
            "placementId": str(PLACEMENT),
        },
        id="sickness",
    ),
    pytest.param(
        learning_routes.LessonHoursReached(
            **common(), attended_hours=Decimal("401.5"), mark=Decimal(400), reached_on=date(2024, 11, 4)
        ),
        "lesson-hours-reached",
        {"attendedHours": 401.5, "mark": 400, "reachedOn": "2024-11-04", "placementId": str(PLACEMENT)},
        id="lesson-hours",
    ),
]


@pytest.mark.capability("NO-02")
@pytest.mark.parametrize(("event", "kind", "facts"), SIGNALS)
async def test_a_signal_arrives_with_its_facts_once(
    chain: Chain, event: Event, kind: str, facts: dict[str, Any]
) -> None:
    await chain.register(PERSON)
    await chain.bench.deliver(event, gemeentecode=WASSENAAR, times=3)
    await chain.bench.deliver(event, gemeentecode=WASSENAAR)  # the same fact under another event id
    (shown,) = await chain.signals(chain.consulent())
    assert (shown["kind"], shown["facts"]) == (kind, facts)
    assert shown["raisedAt"] == "2024-11-05T08:00:00Z"


READ: list[type[Event]] = [
    intake.InburgeraarRegistered,
    intake.InburgeraarCorrected,
    intake.InburgeraarMoved,
    intake.LeadAssigned,
    intake.IntakeDeadlineSet,
    intake.IntakeDeadlineMet,
    intake.IntakeDeadlineWithdrawn,
    learning_routes.LearningRoutesDeadlineSet,
    learning_routes.LearningRoutesDeadlineMet,
    learning_routes.LearningRoutesDeadlineWithdrawn,
    learning_routes.AbsenceSignalRaised,
    learning_routes.SicknessSignalRaised,
    learning_routes.LessonHoursReached,
    learning_routes.RegistrationsMissing,
    learning_routes.SignalWithdrawn,
]
# The tests of the end of data and of webhooks carry these and what is only passed on to receivers.
READ_ELSEWHERE = {intake.InburgeraarReduced, intake.InburgeraarDestroyed, gateway.GemeenteScopeSet}


def test_every_event_that_names_us_as_a_reader_is_read() -> None:
    assert {handler.event for handler in SERVICE.handlers} == {*READ, *READ_ELSEWHERE, *OFFERED.values()}
    for module in (intake, learning_routes):
        for event in vars(module).values():
            if isinstance(event, type) and issubclass(event, Event) and hasattr(event, "type"):
                says = (event.__doc__ or "").split("Read by:")[-1]
                if "notifications" in says:
                    assert event in READ, event


def of_every_kind() -> list[Event]:
    clock = uuid4()
    state = {
        "law": "wi2021",
        "group": "statushouder",
        "permit_type": "asiel",
        "obliged_on": date(2024, 8, 1),
        "responsible_gemeentecode": WASSENAAR,
        "executing_gemeentecode": "1916",
    }
    set_ = {
        "deadline_id": clock,
        "inburgeraar_id": PERSON,
        "rule": "r",
        "article": "a",
        "starts_on": date(2024, 10, 1),
        "due_on": date(2024, 12, 1),
        "early_on": date(2024, 11, 20),
        "organisation_id": SCHOOL,
    }
    values: dict[str, Any] = {
        "InburgeraarRegistered": {"inburgeraar_id": PERSON, **state},
        "InburgeraarCorrected": {"inburgeraar_id": PERSON, **state},
        "InburgeraarMoved": {"inburgeraar_id": PERSON, **state},
        "LeadAssigned": {"inburgeraar_id": PERSON, "member_id": None},
        "DeadlineSet": set_,
        "DeadlineMet": {"deadline_id": clock, "inburgeraar_id": PERSON, "met_on": date(2024, 11, 1)},
        "DeadlineWithdrawn": {"deadline_id": clock, "inburgeraar_id": PERSON, "reason": "moved"},
        "AbsenceSignalRaised": {**common(), "lessons": (), "limit": 2},
        "RegistrationsMissing": {
            "signal_id": uuid4(),
            "lesson_id": uuid4(),
            "group_id": uuid4(),
            "organisation_id": SCHOOL,
            "lesson_date": date(2024, 11, 1),
            "missing": 1,
            "rule": "r",
        },
        "SignalWithdrawn": {
            "signal_id": uuid4(),
            "subject_id": PERSON,
            "kind": "sickness-rate",
            "reason": "corrected",
        },
    }
    made = [param.values[0] for param in SIGNALS]
    for kind in READ:
        name = kind.__name__.removeprefix("Intake").removeprefix("LearningRoutes")
        if name in values:
            made.append(kind.model_validate(values[name]))
    return [event for event in made if isinstance(event, Event)]


@pytest.mark.capability("NO-10", part="events: each delivered several times, in one batch and in many")
@pytest.mark.parametrize("batched", [True, False])
async def test_every_event_can_come_again_and_again(chain: Chain, batched: bool) -> None:
    messages: list[Message] = [
        event_message(
            event,
            id=uuid4(),
            gemeentecode=WASSENAAR,
            aggregate_id=None,
            version=number + 1,
            now=chain.bench.clock.now(),
        )
        for number, event in enumerate(of_every_kind())
    ]
    assert len(messages) == len(READ)

    async def picture() -> list[Any]:
        return [
            sorted(await chain.rows(f"TABLE {table}"), key=repr)
            for table in ("person", "deadline", "signal", "delivery", "signal_place", "early_withdrawal")
        ]

    deliver = chain.bench.live.reader.deliver
    await deliver(messages)
    first = await picture()
    for _ in range(3):
        if batched:
            await deliver([*messages, *messages])
        else:
            for message in reversed(messages):
                await deliver([message])
    assert await picture() == first
    assert await chain.rows("SELECT 1 FROM dead_letter") == []


async def test_an_event_without_its_data_becomes_a_dead_letter_and_harms_no_other(chain: Chain) -> None:
    person = await chain.register()
    good, broken = of_every_kind()[0], of_every_kind()[0]
    bad = event_message(
        broken, id=uuid4(), gemeentecode=WASSENAAR, aggregate_id=None, version=1, now=chain.bench.clock.now()
    )
    bad = Message(bad.topic, bad.key, b"{}", bad.headers)
    await chain.bench.live.reader.deliver([bad])
    await chain.bench.deliver(good, gemeentecode=WASSENAAR)
    ((reason,),) = await chain.rows("SELECT reason FROM dead_letter")
    assert "signalId" in reason or "signal_id" in reason
    found = await chain.get("/operations/dead-letters", chain.operations())
    assert len(found["items"]) == 1
    assert str(person) not in str(found)
    assert len(await chain.rows("SELECT 1 FROM signal WHERE kind = 'sickness-rate'")) == 1


@pytest.mark.capability("LR-16", part="the taalschool and the consulent each have the task")
async def test_400_hours_are_a_task_for_the_school_and_for_the_consulent(chain: Chain) -> None:
    await chain.register(PERSON)
    event = SIGNALS[-1].values[0]
    assert isinstance(event, learning_routes.LessonHoursReached)
    await chain.bench.deliver(event, gemeentecode=WASSENAAR, times=2)
    (of_consulent,) = await chain.signals(chain.consulent())
    (of_school,) = await chain.signals(chain.teacher(event.organisation_id))
    assert of_school["facts"] == of_consulent["facts"]
    assert of_school["id"] != of_consulent["id"]
    await chain.bench.deliver(
        learning_routes.SignalWithdrawn(
            signal_id=event.signal_id,
            subject_id=PERSON,
            kind="lesson-hours-reached",
            reason="attendance-corrected",
        ),
        gemeentecode=WASSENAAR,
        version=2,
    )
    for who in (chain.consulent(), chain.teacher(event.organisation_id)):
        assert [one["status"] for one in await chain.signals(who)] == ["withdrawn"]
