# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Mail: stored before sent, tried again, never lost, once in effect; against a real SMTP server."""

import asyncio
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from uuid import uuid4

import pytest

from chassis.clock import AMSTERDAM
from services.notifications import actions, jobs
from tests.service.notifications.chain import COLLEAGUE, LEAD, Chain
from tests.service.notifications.mail_server import PostOffice, post_office, unused_port
from tests.service.notifications.mailing import ADDRESS, Mailing, mailing_with


@pytest.mark.capability("NO-02", "NO-05")
async def test_a_signal_is_mailed_to_the_lead_without_any_personal_data(mailing: Mailing) -> None:
    (person,) = await mailing.caseload()
    signal = await mailing.absence(person)
    await mailing.send()
    await mailing.send()
    (message,) = mailing.office.taken
    (delivery,) = await mailing.log()
    assert message["To"] == ADDRESS
    assert message["Subject"] == "Nieuw signaal in uw werklijst"
    assert message["Message-ID"] == f"<{delivery['id']}@open-inburgering.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        text = part.get_content()
        assert "Er is een nieuw signaal over een inburgeraar in uw caseload." in text
        assert f"http://127.0.0.1:8000/portal/signalen/{signal}" in text
        assert "Begin met een vraag" in text
        assert str(person) not in text
        assert "boete" not in text.lower()
    assert delivery == {
        "id": delivery["id"],
        "channel": "mail",
        "template": "signal",
        "memberId": str(LEAD),
        "signalIds": [str(signal)],
        "status": "sent",
        "createdAt": "2024-11-05T08:00:00Z",
        "dueAt": "2024-11-05T08:00:00Z",
        "attempts": 1,
        "lastFault": None,
        "sentAt": "2024-11-05T08:00:00Z",
    }


@pytest.mark.capability("PX-09")
@pytest.mark.capability("NO-10", part="mail: thirty signals with a server that fails at random points")
async def test_thirty_signals_become_thirty_mails_whatever_the_server_does(mailing: Mailing) -> None:
    people = await mailing.caseload(3)
    answers = iter([None, "451 4.7.1 greylisted", None, "drop", "421 busy", None, "452 full", "drop"] * 20)
    mailing.office.rcpt = lambda _: next(answers)
    for number in range(30):
        await mailing.absence(people[number % 3], times=2)
    stored = await mailing.bench.sql("SELECT count(*) FROM notifications.delivery")
    assert stored[0][0] == 30, "stored before anything was sent"
    for _ in range(40):
        await mailing.due_now()
        await mailing.send()
        if len(mailing.office.taken) == 30:
            break
    assert len(mailing.office.ids) == len(set(mailing.office.ids)) == 30
    log = await mailing.log()
    assert {one["status"] for one in log} == {"sent"}
    assert {f"<{one['id']}@open-inburgering.example>" for one in log} == set(mailing.office.ids)
    assert sum(one["attempts"] for one in log) > 30
    assert mailing.office.tries > 30


async def test_two_workers_at_once_send_each_mail_once(mailing: Mailing) -> None:
    people = await mailing.caseload(3)
    for number in range(30):
        await mailing.absence(people[number % 3])
    context = mailing.bench.live.context
    await asyncio.gather(*(jobs.send_mail(context) for _ in range(4)))
    assert len(mailing.office.ids) == len(set(mailing.office.ids)) == 30


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user <lead@leidschendam.example>", "554 no"])
async def test_a_mail_that_is_refused_for_good_is_told_to_operations(mailing: Mailing, answer: str) -> None:
    (person,) = await mailing.caseload()
    signal = await mailing.absence(person)
    mailing.office.rcpt = lambda _: answer
    await mailing.send()
    (delivery,) = await mailing.log()
    assert (delivery["status"], delivery["lastFault"], delivery["attempts"]) == (
        "failed",
        f"smtp-{answer[:3]}",
        1,
    )
    (told,) = await mailing.signals(mailing.operations())
    assert told["kind"] == "delivery-failed"
    assert told["facts"] == {"count": 1, "lastFault": f"smtp-{answer[:3]}", "lastDeliveryId": delivery["id"]}
    for_operations = await mailing.log(mailing.operations(), status="failed")
    assert [(one["id"], one["memberId"], one["signalIds"]) for one in for_operations] == [
        (delivery["id"], None, [])
    ]
    assert ADDRESS not in str(for_operations) + str(told)
    assert len(await mailing.signals(mailing.consulent(), mine=True)) == 1, "the portal shows it all the same"

    mailing.office.rcpt = lambda _: None
    again = await mailing.post(f"/deliveries/{delivery['id']}/retries", mailing.operations(), {}, 201)
    assert (again["status"], again["attempts"]) == ("waiting", 0)
    await mailing.send()
    assert mailing.office.ids == [f"<{delivery['id']}@open-inburgering.example>"]
    fault = await mailing.post(f"/deliveries/{delivery['id']}/retries", mailing.operations(), {}, 409)
    assert fault["code"] == "delivery-not-failed"
    await mailing.post(f"/deliveries/{uuid4()}/retries", mailing.operations(), {}, 404)
    assert str(signal)


async def test_many_failed_mails_are_one_signal_to_operations_that_counts(mailing: Mailing) -> None:
    (person,) = await mailing.caseload()
    mailing.office.rcpt = lambda _: "550 no"
    for _ in range(3):
        await mailing.absence(person)
    await mailing.send()
    (told,) = await mailing.signals(mailing.operations(), status="open")
    assert told["facts"]["count"] == 3
    await mailing.post(
        f"/signals/{told['id']}/handlings", mailing.operations(), {"outcome": "no-action"}, 201
    )
    await mailing.absence(person)
    await mailing.send()
    assert len(await mailing.signals(mailing.operations(), status="open")) == 1


async def test_greylisting_puts_a_mail_back_and_waits_longer_each_time(mailing: Mailing) -> None:
    (person,) = await mailing.caseload()
    await mailing.absence(person)
    mailing.office.rcpt = lambda _: "451 4.7.1 try again later"
    waits = []
    for attempt in range(1, 5):
        await mailing.due_now()
        await mailing.send()
        await mailing.send()  # not due yet: changes nothing
        ((attempts, status, wait),) = await mailing.bench.sql(
            "SELECT attempts, status, extract(epoch FROM next_attempt_at - now()) FROM notifications.delivery"
        )
        assert (attempts, status) == (attempt, "waiting")
        waits.append(float(wait))
    for number, wait in enumerate(waits):
        assert 30 * 2**number * 0.75 - 2 <= wait <= 30 * 2**number
    mailing.office.rcpt = lambda _: None
    await mailing.due_now()
    await mailing.send()
    (delivery,) = await mailing.log()
    assert (delivery["status"], delivery["attempts"], delivery["lastFault"]) == ("sent", 5, None)


async def test_after_the_last_try_a_mail_is_given_up(postgres_url: str) -> None:
    async with post_office() as office, mailing_with(postgres_url, office, mail_tries=3) as mailing:
        await mailing.put(f"/mailboxes/{LEAD}", mailing.consulent(), {"address": ADDRESS}, 201)
        (person,) = await mailing.caseload()
        await mailing.absence(person)
        office.data = lambda _: "451 later"
        for _ in range(5):
            await mailing.due_now()
            await mailing.send()
        (delivery,) = await mailing.log()
        assert (delivery["status"], delivery["attempts"], delivery["lastFault"]) == ("failed", 3, "smtp-451")


async def test_a_server_that_is_away_costs_one_try_and_loses_nothing(postgres_url: str) -> None:
    office = PostOffice()
    office.port = unused_port()
    async with mailing_with(postgres_url, office) as mailing:
        await mailing.put(f"/mailboxes/{LEAD}", mailing.consulent(), {"address": ADDRESS}, 201)
        (person,) = await mailing.caseload()
        for _ in range(3):
            await mailing.absence(person)
        await mailing.send()
        assert {(one["status"], one["lastFault"]) for one in await mailing.log()} == {
            ("waiting", "no-connection")
        }
        await office.start()
        try:
            await mailing.due_now()
            await mailing.send()
        finally:
            await office.stop()
        assert len(set(office.ids)) == 3
        assert {one["status"] for one in await mailing.log()} == {"sent"}


async def test_a_connection_that_drops_in_the_middle_harms_no_other_mail(mailing: Mailing) -> None:
    (person,) = await mailing.caseload()
    for _ in range(5):
        await mailing.absence(person)
    broken: list[str] = []

    def once(message: EmailMessage) -> str | None:
        if broken:
            return None
        broken.append(str(message["Message-ID"]))
        return "drop"

    mailing.office.data = once
    await mailing.send()
    assert len(set(mailing.office.ids)) == 4
    assert broken[0] not in mailing.office.ids
    await mailing.due_now()
    await mailing.send()
    assert len(mailing.office.ids) == len(set(mailing.office.ids)) == 5


async def test_a_server_that_took_the_mail_and_died_gets_it_again_under_the_same_id(mailing: Mailing) -> None:
    (person,) = await mailing.caseload()
    await mailing.absence(person)
    mailing.office.data = lambda _: "drop-after-taking" if not mailing.office.taken else None
    await mailing.send()
    await mailing.due_now()
    await mailing.send()
    assert len(mailing.office.ids) == 2
    assert len(set(mailing.office.ids)) == 1, "mail programs show it once"


async def test_a_worker_that_died_leaves_its_mails_to_another(mailing: Mailing) -> None:
    (person,) = await mailing.caseload()
    await mailing.absence(person)
    context = mailing.bench.live.context
    dead = uuid4()
    async with context.begin() as tx:
        _, (claimed,) = await actions.claim_mail(tx, context.settings, dead)
    await mailing.send()
    assert mailing.office.taken == [], "claimed: nobody else sends it meanwhile"
    await mailing.bench.sql("UPDATE notifications.delivery SET claimed_until = now() - interval '1 second'")
    await mailing.send()
    assert len(mailing.office.taken) == 1
    async with context.begin() as tx:
        assert not await actions.note_sent(tx, claimed, dead), "the dead worker's late word counts no more"
    (delivery,) = await mailing.log()
    assert (delivery["status"], delivery["attempts"]) == ("sent", 2)


async def test_a_mail_about_a_signal_that_is_gone_is_not_sent(mailing: Mailing) -> None:
    people = await mailing.caseload(3)
    handled, withdrawn, passed_on = [await mailing.absence(person) for person in people]
    await mailing.post(f"/signals/{handled}/handlings", mailing.consulent(), {"outcome": "talked"}, 201)
    await mailing.withdraw(withdrawn, people[1])
    await mailing.lead(people[2], COLLEAGUE)
    await mailing.send()
    assert mailing.office.taken == []
    assert {one["status"] for one in await mailing.log()} == {"cancelled"}
    assert [one["status"] for one in await mailing.log(mailing.consulent(COLLEAGUE))] == ["no-address"]
    await mailing.lead(people[2], LEAD)
    await mailing.send()
    (message,) = mailing.office.taken
    assert str(passed_on) in message.as_string().replace("=\n", "")


async def test_a_new_lead_is_told_of_all_open_signals_of_a_person_in_one_mail(mailing: Mailing) -> None:
    person = await mailing.register()
    signals = [await mailing.absence(person) for _ in range(3)]
    await mailing.send()
    assert mailing.office.taken == [], "nobody leads, so nobody is mailed"
    await mailing.lead(person, LEAD)
    await mailing.send()
    (message,) = mailing.office.taken
    assert message["Subject"] == "3 signalen in uw werklijst"
    body = message.get_body(("plain",))
    assert body is not None
    assert all(str(signal) in body.get_content() for signal in signals)


async def test_without_an_address_a_mail_waits_until_there_is_one(mailing: Mailing) -> None:
    person = await mailing.register()
    await mailing.lead(person, COLLEAGUE)
    await mailing.absence(person)
    await mailing.send()
    colleague = mailing.consulent(COLLEAGUE)
    assert [one["status"] for one in await mailing.log(colleague)] == ["no-address"]
    await mailing.put(f"/mailboxes/{COLLEAGUE}", colleague, {"address": "collega@leidschendam.example"}, 201)
    await mailing.send()
    assert [message["To"] for message in mailing.office.taken] == ["collega@leidschendam.example"]


async def test_without_a_mail_server_signals_stand_in_the_portal_and_no_mail_waits(chain: Chain) -> None:
    person = await chain.register()
    await chain.lead(person, LEAD)
    await chain.absence(person)
    found = (await chain.get("/deliveries", chain.consulent()))["items"]
    assert [one["status"] for one in found] == ["mail-off"]
    assert len(await chain.signals(chain.consulent(), mine=True)) == 1


async def test_a_digest_gathers_the_signals_of_a_day_and_leaves_at_seven(mailing: Mailing) -> None:
    await mailing.put(f"/mailboxes/{LEAD}", mailing.consulent(), {"address": ADDRESS, "digest": True}, 200)
    people = await mailing.caseload(2)
    for person in (*people, people[0]):
        await mailing.absence(person)
    for hour, expected in ((23, 0), (30, 0), (31, 1)):
        mailing.bench.clock.set(datetime(2024, 11, 5, tzinfo=AMSTERDAM) + timedelta(hours=hour))
        await mailing.send()
        assert len(mailing.office.taken) == expected, f"at hour {hour}"
    (message,) = mailing.office.taken
    assert message["Subject"] == "Uw werklijst: 3 nieuwe signalen"
    body = message.get_body(("plain",))
    assert body is not None
    assert "http://127.0.0.1:8000/portal/mijn-dag" in body.get_content()
    await mailing.absence(people[0])
    mailing.bench.clock.advance(timedelta(days=1))
    await mailing.send()
    assert [one["Subject"] for one in mailing.office.taken][1] == "Uw werklijst: 1 nieuw signaal"


async def test_a_clock_that_fires_is_mailed_once_for_its_last_stage(mailing: Mailing) -> None:
    (person,) = await mailing.caseload()
    await mailing.set_clock(person, due=date(2024, 11, 1))
    await mailing.fire()
    await mailing.send()
    (message,) = mailing.office.taken
    (signal,) = await mailing.signals(mailing.consulent(), status="open")
    assert signal["kind"] == "deadline-overdue"
    assert signal["id"] in message.as_string().replace("=\n", "")
