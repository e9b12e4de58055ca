# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signals reach the right work list, once, and are handled once."""

import asyncio
from uuid import UUID, uuid4

import pytest

from contracts import intake
from contracts.notifications import SignalHandled
from tests.service.notifications.chain import (
    COLLEAGUE,
    LEAD,
    LEIDEN,
    LEIDSCHENDAM,
    MISSING,
    OEGSTGEEST,
    OTHER_SCHOOL,
    WASSENAAR,
    Chain,
)


@pytest.mark.capability("NO-02")
async def test_an_absence_signal_stands_once_on_the_list_of_the_lead(chain: Chain) -> None:
    person = await chain.register()
    await chain.lead(person, LEAD)
    signal = await chain.absence(person, times=3)
    found = await chain.signals(chain.consulent(), mine=True)
    assert [one["id"] for one in found] == [str(signal)]
    shown = found[0]
    assert shown | {"raisedAt": ""} == {
        "id": str(signal),
        "kind": "unexcused-absences",
        "audience": "consulent",
        "inburgeraarId": str(person),
        "gemeentecode": WASSENAAR,
        "executingGemeentecode": LEIDSCHENDAM,
        "leadMemberId": str(LEAD),
        "organisationId": str(UUID(int=70)),
        "raisedAt": "",
        "dueOn": None,
        "rule": "Contract met de taalschool: 2 lessen zonder geldige reden",
        "facts": {
            "lessons": [
                {"lessonId": str(UUID(int=1)), "date": "2024-10-29"},
                {"lessonId": str(UUID(int=2)), "date": "2024-10-31"},
            ],
            "limit": 2,
            "placementId": shown["facts"]["placementId"],
        },
        "firstStep": "Begin met een vraag: hoe gaat het, en wat maakt het lastig om naar de les te komen?",
        "status": "open",
        "withdrawnAt": None,
        "withdrawnReason": None,
        "deadlineId": None,
        "handling": None,
    }
    assert await chain.signals(chain.consulent(COLLEAGUE), mine=True) == []
    assert len(await chain.signals(chain.consulent(COLLEAGUE))) == 1, "a colleague of the gemeente may help"


async def test_each_look_at_a_person_is_logged_once(chain: Chain) -> None:
    person = await chain.register()
    await chain.absence(person)
    await chain.absence(person)
    await chain.signals(chain.consulent())
    rows = await chain.bench.sql(
        "SELECT inburgeraar_id, gemeentecode, activity, purpose FROM notifications.access_log"
    )
    assert [tuple(row) for row in rows] == [(person, WASSENAAR, "signalen-opvolgen", "case-work")]


async def test_without_a_lead_a_signal_stands_on_the_open_list_of_the_executing_gemeente(
    chain: Chain,
) -> None:
    person = await chain.register()
    signal = await chain.absence(person)
    assert [one["id"] for one in await chain.signals(chain.consulent(), openList=True)] == [str(signal)]
    assert await chain.signals(chain.consulent(), mine=True) == []
    assert await chain.signals(chain.consulent_leiden(), openList=True) == []
    await chain.lead(person, LEAD)
    assert await chain.signals(chain.consulent(), openList=True) == []
    assert [one["id"] for one in await chain.signals(chain.consulent(), mine=True)] == [str(signal)]


async def test_open_signals_follow_a_new_lead_and_handled_ones_stay(chain: Chain) -> None:
    person = await chain.register()
    await chain.lead(person, LEAD)
    handled, left_open = await chain.absence(person), await chain.absence(person)
    await chain.post(f"/signals/{handled}/handlings", chain.consulent(), {"outcome": "talked"}, 201)
    await chain.lead(person, COLLEAGUE)
    by_id = {one["id"]: one["leadMemberId"] for one in await chain.signals(chain.consulent())}
    assert by_id == {str(handled): str(LEAD), str(left_open): str(COLLEAGUE)}


async def test_open_signals_move_with_the_person_and_closed_ones_stay_behind(chain: Chain) -> None:
    person = await chain.register()
    closed, left_open = await chain.absence(person), await chain.absence(person)
    await chain.post(f"/signals/{closed}/handlings", chain.consulent(), {"outcome": "no-action"}, 201)
    await chain.register(person, responsible=OEGSTGEEST, executing=LEIDEN, kind=intake.InburgeraarMoved)
    assert [one["id"] for one in await chain.signals(chain.consulent_leiden())] == [str(left_open)]
    assert [one["id"] for one in await chain.signals(chain.consulent())] == [str(closed)]


async def test_after_a_correction_the_closed_signals_move_too(chain: Chain) -> None:
    person = await chain.register()
    closed, left_open = await chain.absence(person), await chain.absence(person)
    await chain.post(f"/signals/{closed}/handlings", chain.consulent(), {"outcome": "no-action"}, 201)
    await chain.register(person, responsible=OEGSTGEEST, executing=LEIDEN, kind=intake.InburgeraarCorrected)
    assert {one["id"] for one in await chain.signals(chain.consulent_leiden())} == {
        str(left_open),
        str(closed),
    }
    assert await chain.signals(chain.consulent()) == []


async def test_an_older_state_of_a_person_changes_nothing(chain: Chain) -> None:
    person = await chain.register(version=5)
    await chain.register(person, responsible=OEGSTGEEST, executing=LEIDEN, version=4)
    await chain.lead(person, LEAD, version=3)
    await chain.lead(person, COLLEAGUE, version=2)
    await chain.absence(person)
    (signal,) = await chain.signals(chain.consulent())
    assert (signal["gemeentecode"], signal["leadMemberId"]) == (WASSENAAR, str(LEAD))


@pytest.mark.capability("NO-08", part="signals of the platform's own services")
async def test_a_signal_of_an_unknown_person_waits_before_the_eyes_of_operations(chain: Chain) -> None:
    person = uuid4()
    signal = await chain.absence(person, code=None)
    (told,) = await chain.signals(chain.operations())
    assert (told["kind"], told["status"], told["inburgeraarId"]) == ("unroutable-signal", "open", None)
    assert told["facts"] == {
        "count": 1,
        "kind": "unexcused-absences",
        "reason": "person-unknown",
        "signalId": str(signal),
    }
    assert str(person) not in str(told)
    assert await chain.signals(chain.consulent()) == []

    await chain.register(person)
    assert [one["id"] for one in await chain.signals(chain.consulent(), openList=True)] == [str(signal)]
    (told,) = await chain.signals(chain.operations())
    assert (told["status"], told["withdrawnReason"]) == ("withdrawn", "routed")


async def test_a_lead_that_came_before_the_person_gets_the_signal_once_the_person_is_known(
    chain: Chain,
) -> None:
    person = uuid4()
    await chain.lead(person, LEAD)
    signal = await chain.absence(person, code=None)
    assert await chain.signals(chain.consulent(), mine=True) == []
    await chain.register(person)
    assert [one["id"] for one in await chain.signals(chain.consulent(), mine=True)] == [str(signal)]


async def test_operations_sees_no_signal_about_a_person(chain: Chain) -> None:
    person = await chain.register()
    signal = await chain.absence(person)
    assert await chain.signals(chain.operations()) == []
    await chain.get(f"/signals/{signal}", chain.operations(), 404)
    await chain.get("/signals", chain.operations(), 404, inburgeraarId=person)
    await chain.post(f"/signals/{signal}/handlings", chain.operations(), {"outcome": "talked"}, 404)


async def test_a_withdrawn_signal_leaves_the_list_and_cannot_be_handled(chain: Chain) -> None:
    person = await chain.register()
    signal = await chain.absence(person)
    await chain.withdraw(signal, person)
    (shown,) = await chain.signals(chain.consulent())
    assert (shown["status"], shown["withdrawnReason"]) == ("withdrawn", "attendance-corrected")
    fault = await chain.post(f"/signals/{signal}/handlings", chain.consulent(), {"outcome": "talked"}, 409)
    assert (fault["code"], fault["reason"]) == ("signal-withdrawn", "attendance-corrected")


async def test_a_withdrawal_that_came_first_is_not_forgotten(chain: Chain) -> None:
    person, signal = await chain.register(), uuid4()
    await chain.withdraw(signal, person)
    await chain.absence(person, signal=signal)
    (shown,) = await chain.signals(chain.consulent())
    assert (shown["id"], shown["status"]) == (str(signal), "withdrawn")


async def test_the_withdrawal_of_an_unroutable_signal_also_ends_what_operations_sees(chain: Chain) -> None:
    person = uuid4()
    signal = await chain.absence(person, code=None)
    await chain.withdraw(signal, person)
    assert await chain.signals(chain.operations(), status="open") == []


async def test_a_handled_signal_stays_handled_when_its_facts_disappear(chain: Chain) -> None:
    person = await chain.register()
    signal = await chain.absence(person)
    await chain.post(f"/signals/{signal}/handlings", chain.consulent(), {"outcome": "talked"}, 201)
    await chain.withdraw(signal, person)
    assert (await chain.get(f"/signals/{signal}", chain.consulent()))["status"] == "handled"


async def test_handling_is_recorded_with_its_note_apart_and_told_to_others_without(chain: Chain) -> None:
    person = await chain.register()
    signal = await chain.absence(person)
    note = "Zoekt opvang voor de jongste."
    made = await chain.post(
        f"/signals/{signal}/handlings", chain.consulent(), {"outcome": "talked", "note": note}, 201
    )
    assert (made["outcome"], made["note"], made["handledBy"]) == ("talked", note, str(LEAD))
    assert (await chain.get(f"/signals/{signal}", chain.consulent()))["handling"] == made
    (event,) = await chain.bench.published(SignalHandled)
    assert event == SignalHandled(
        signal_id=signal, inburgeraar_id=person, kind="unexcused-absences", outcome="talked"
    )
    (row,) = await chain.bench.sql("SELECT data::text FROM notifications.outbox")
    assert "opvang" not in row[0]


async def test_handled_twice_says_who_was_first_and_when(chain: Chain) -> None:
    person = await chain.register()
    signal = await chain.absence(person)
    await chain.post(f"/signals/{signal}/handlings", chain.consulent(), {"outcome": "talked"}, 201)
    fault = await chain.post(
        f"/signals/{signal}/handlings", chain.consulent(COLLEAGUE), {"outcome": "no-action"}, 409
    )
    assert fault["code"] == "signal-already-handled"
    assert fault["handledBy"] == str(LEAD)
    assert fault["detail"] == "Dit signaal is op 05-11-2024 om 09:00 al afgehandeld."


async def test_of_many_who_handle_at_once_one_wins(chain: Chain) -> None:
    person = await chain.register()
    signal = await chain.absence(person)
    answers = await asyncio.gather(
        *(
            chain.bench.client.post(
                f"/notifications/v1/signals/{signal}/handlings",
                headers=chain.consulent(UUID(int=100 + number)),
                json={"outcome": "talked"},
            )
            for number in range(20)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 19]
    assert len(await chain.bench.published(SignalHandled)) == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({}, "/outcome", id="no-outcome"),
        pytest.param({"outcome": "fined"}, "/outcome", id="unknown-outcome"),
        pytest.param({"outcome": "talked", "note": ""}, "/note", id="empty-note"),
        pytest.param({"outcome": "talked", "note": "x" * 4001}, "/note", id="long-note"),
        pytest.param({"outcome": "talked", "by": "me"}, "/by", id="unknown-field"),
    ],
)
async def test_a_wrong_handling_names_the_place_and_stores_nothing(
    chain: Chain, body: dict[str, str], pointer: str
) -> None:
    person = await chain.register()
    signal = await chain.absence(person)
    fault = await chain.post(f"/signals/{signal}/handlings", chain.consulent(), body, 400)
    assert pointer in [error["pointer"] for error in fault["errors"]]
    assert (await chain.get(f"/signals/{signal}", chain.consulent()))["status"] == "open"


async def test_missing_registrations_go_to_the_taalschool_alone(chain: Chain) -> None:
    signal = await chain.missing()
    (shown,) = await chain.signals(chain.teacher())
    assert (shown["id"], shown["kind"], shown["facts"]["missing"]) == (
        str(signal),
        "missing-registrations",
        3,
    )
    assert await chain.signals(chain.teacher(role="school-system"))
    for other in (chain.teacher(OTHER_SCHOOL), chain.consulent(), chain.operations()):
        assert await chain.signals(other) == []
        await chain.get(f"/signals/{signal}", other, 404)
    await chain.post(f"/signals/{signal}/handlings", chain.teacher(OTHER_SCHOOL), {"outcome": "talked"}, 404)
    await chain.post(f"/signals/{signal}/handlings", chain.teacher(), {"outcome": "no-action"}, 201)


async def test_a_taalschool_does_not_see_the_signals_of_the_consulent(chain: Chain) -> None:
    person = await chain.register()
    signal = await chain.absence(person)
    assert await chain.signals(chain.teacher()) == []
    await chain.get(f"/signals/{signal}", chain.teacher(), 404)
    await chain.get("/signals", chain.teacher(), 404, inburgeraarId=person)


async def test_a_gemeente_without_an_agreement_is_told_which_one_is_missing(chain: Chain) -> None:
    person = await chain.register()
    signal = await chain.absence(person)
    who = chain.policy_wassenaar()
    assert await chain.signals(who) == []
    for path, query in ((f"/signals/{signal}", {}), ("/signals", {"inburgeraarId": person})):
        fault = await chain.get(path, who, 403, **query)
        assert (fault["code"], fault["missing"]) == ("agreement-missing", MISSING)
        assert MISSING in fault["detail"]
    fault = await chain.post(
        f"/signals/{signal}/handlings", chain.policy_wassenaar("klantmanager"), {"outcome": "talked"}, 403
    )
    assert fault["missing"] == MISSING
    assert await chain.bench.sql("SELECT 1 FROM notifications.access_log") == [], "a refused look is no look"


async def test_a_foreign_signal_is_as_unknown_as_none(chain: Chain) -> None:
    person = await chain.register()
    signal = await chain.absence(person)
    answers = [
        await chain.get(path, chain.consulent_leiden(), 404)
        for path in (f"/signals/{signal}", f"/signals/{uuid4()}")
    ]
    assert answers[0] | {"instance": ""} == answers[1] | {"instance": ""}
    await chain.get("/signals", chain.consulent_leiden(), 404, inburgeraarId=person)
    await chain.get("/signals", chain.consulent_leiden(), 404, inburgeraarId=uuid4())


async def test_a_policy_officer_reads_and_does_not_handle(chain: Chain) -> None:
    person = await chain.register()
    signal = await chain.absence(person)
    officer = chain.consulent(role="policy-officer")
    assert len(await chain.signals(officer)) == 1
    fault = await chain.post(f"/signals/{signal}/handlings", officer, {"outcome": "talked"}, 403)
    assert fault["code"] == "role-missing"


async def test_filters_and_pages_keep_every_signal_once(chain: Chain) -> None:
    person, other = await chain.register(), await chain.register()
    signals = {str(await chain.absence(person)) for _ in range(7)}
    await chain.absence(other)
    seen: list[str] = []
    token: str | None = None
    while True:
        query = {"inburgeraarId": person, "pageSize": 3} | ({"pageToken": token} if token else {})
        page = await chain.get("/signals", chain.consulent(), **query)
        seen += [one["id"] for one in page["items"]]
        token = page["nextPageToken"]
        if token is None:
            break
    assert len(seen) == 7
    assert set(seen) == signals
    assert len(await chain.signals(chain.consulent(), kind="unexcused-absences", status="open")) == 8
    assert await chain.signals(chain.consulent(), kind="sickness-rate") == []
    assert await chain.signals(chain.consulent(), status="handled") == []
    assert len(await chain.signals(chain.consulent(), gemeentecode=WASSENAAR)) == 8
    assert await chain.signals(chain.consulent(), gemeentecode=LEIDSCHENDAM) == []


async def test_a_page_token_of_another_list_is_refused(chain: Chain) -> None:
    person = await chain.register()
    for _ in range(2):
        await chain.absence(person)
    token = (await chain.get("/signals", chain.consulent(), pageSize=1))["nextPageToken"]
    fault = await chain.get("/deadlines", chain.consulent(), 400, pageToken=token)
    assert fault["errors"][0]["parameter"] == "pageToken"


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "fine"},
        {"status": "closed"},
        {"inburgeraarId": "x"},
        {"gemeentecode": "Leiden"},
        {"mine": "maybe"},
    ],
    ids=str,
)
async def test_a_wrong_filter_is_refused(chain: Chain, query: dict[str, str]) -> None:
    fault = await chain.get("/signals", chain.consulent(), 400, **query)
    assert fault["errors"][0]["parameter"] == next(iter(query))


async def test_the_head_of_the_work_list_counts_what_is_open(chain: Chain) -> None:
    mine, unled = await chain.register(), await chain.register()
    await chain.lead(mine, LEAD)
    handled = await chain.absence(mine)
    await chain.absence(mine)
    await chain.absence(unled)
    await chain.missing()
    await chain.post(f"/signals/{handled}/handlings", chain.consulent(), {"outcome": "talked"}, 201)
    assert await chain.get("/signal-counts", chain.consulent()) == {
        "open": 2,
        "mine": 1,
        "openList": 1,
        "byKind": [{"kind": "unexcused-absences", "count": 2}],
    }
    assert (await chain.get("/signal-counts", chain.teacher()))["open"] == 1
    assert await chain.get("/signal-counts", chain.policy_wassenaar()) == {
        "open": 0,
        "mine": 0,
        "openList": 0,
        "byKind": [],
    }
