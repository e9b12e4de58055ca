# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Events to the systems of gemeenten: signed, at least once, in order per person, and never to whom they are not for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from contracts import intake
from services.notifications import jobs
from tests.service.notifications.chain import COLLEAGUE, LEAD, LEIDSCHENDAM, VOORSCHOTEN, WASSENAAR
from tests.service.notifications.receiver import LED, REGISTERED, Hooked, Receiver, hooked, receiver

HOUR = 3600.0
LV = UUID(int=2)  # the organisation of `chain.consulent`


@pytest.fixture
async def world(postgres_url: str) -> AsyncIterator[tuple[Hooked, Receiver]]:
    async with AsyncExitStack() as stack:
        listening = await stack.enter_async_context(receiver())
        yield await stack.enter_async_context(hooked(postgres_url)), listening


@pytest.mark.capability("GW-10", part="signed events to municipal systems")
@pytest.mark.security("S19")
async def test_an_event_arrives_signed_with_ids_only(world: tuple[Hooked, Receiver]) -> None:
    chain, listening = world
    made = await chain.subscribe(listening.url)
    person = await chain.register(times=3)
    await chain.send()
    await chain.send()
    (got,) = listening.taken
    assert got.path == "/events"
    assert got.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    told = Webhook(made["secret"]).verify(got.body, got.headers)
    assert told == got.event
    assert told["specversion"] == "1.0"
    assert told["type"] == REGISTERED
    assert told["subject"] == told["data"]["inburgeraarId"] == str(person)
    assert told["gemeentecode"] == WASSENAAR
    assert not {"bsn", "vNumber", "givenNames", "familyName"} & set(told["data"])
    (delivery,) = await chain.log(made["id"])
    assert (delivery["status"], delivery["attempts"], delivery["lastStatus"]) == ("delivered", 1, 204)
    assert got.headers["webhook-id"] == f"msg_{UUID(delivery['id']).hex}"
    assert delivery["eventId"] == told["id"]


@pytest.mark.security("S19")
async def test_what_was_forged_or_is_old_is_refused_by_the_receiver(world: tuple[Hooked, Receiver]) -> None:
    chain, listening = world
    made = await chain.subscribe(listening.url)
    await chain.register()
    await chain.send()
    (got,) = listening.taken
    judge = Webhook(made["secret"])
    judge.verify(got.body, got.headers)
    changed = [
        (got.body.replace(WASSENAAR.encode(), b"0546"), got.headers),
        (got.body, {**got.headers, "webhook-id": f"msg_{uuid4().hex}"}),
        (got.body, {**got.headers, "webhook-timestamp": str(int(got.headers["webhook-timestamp"]) - 301)}),
        (got.body, {**got.headers, "webhook-timestamp": str(int(got.headers["webhook-timestamp"]) + 301)}),
        (got.body, {**got.headers, "webhook-signature": "v1,AAAA"}),
        (got.body, {name: value for name, value in got.headers.items() if name != "webhook-signature"}),
    ]
    for body, headers in changed:
        with pytest.raises(WebhookVerificationError):
            judge.verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=").verify(got.body, got.headers)
    chain.later(600)  # signed by a clock that is ten minutes ahead
    await chain.register()
    await chain.send()
    with pytest.raises(WebhookVerificationError):
        judge.verify(listening.taken[-1].body, listening.taken[-1].headers)


async def test_a_secret_is_told_once_kept_encrypted_and_replaced_with_an_overlap(
    world: tuple[Hooked, Receiver],
) -> None:
    chain, listening = world
    made = await chain.subscribe(listening.url)
    place = f"/webhook-subscriptions/{made['id']}"
    shown = await chain.get(place, chain.consulent())
    assert "secret" not in shown
    stored = await chain.bench.sql("SELECT key_id, ciphertext FROM notifications.webhook_secret")
    assert stored[0][0] == "k1"
    assert made["secret"].removeprefix("whsec_").encode() not in bytes(stored[0][1])
    renewed = await chain.post(f"{place}/secrets", chain.policy_lv(), None, 201)
    await chain.register()
    await chain.send()
    for secret in (made["secret"], renewed["secret"]):
        Webhook(secret).verify(listening.taken[0].body, listening.taken[0].headers)
    assert len(listening.taken[0].headers["webhook-signature"].split(" ")) == 2
    chain.later(25 * HOUR)
    await chain.register()
    await chain.send()
    assert len(listening.taken[1].headers["webhook-signature"].split(" ")) == 1


async def test_a_receiver_hears_of_the_gemeenten_that_its_own_may_see_and_no_longer_than_that(
    world: tuple[Hooked, Receiver],
) -> None:
    chain, listening = world
    made = await chain.subscribe(listening.url)
    assert made["gemeentecodes"] == sorted([LEIDSCHENDAM, VOORSCHOTEN, WASSENAAR])
    await chain.register(responsible="0546", executing="0546")
    await chain.register(responsible=WASSENAAR)
    await chain.send()
    assert [one.event["gemeentecode"] for one in listening.taken] == [WASSENAAR]
    await chain.register(responsible=WASSENAAR)
    await chain.told(LV, LEIDSCHENDAM, VOORSCHOTEN, version=1)  # the mandate ended while this one waited
    await chain.register(responsible=WASSENAAR)
    await chain.send()
    assert len(listening.taken) == 1
    statuses = {one["status"] for one in await chain.log(made["id"])}
    assert statuses == {"delivered", "withheld"}
    await chain.told(LV, LEIDSCHENDAM, VOORSCHOTEN, WASSENAAR, version=0)  # an old word changes nothing
    await chain.register(responsible=WASSENAAR)
    await chain.send()
    assert len(listening.taken) == 1


async def test_figures_only_means_no_events_about_people(world: tuple[Hooked, Receiver]) -> None:
    chain, listening = world
    made = await chain.subscribe(listening.url, who=chain.policy_wassenaar())
    assert made["gemeentecodes"] == []
    await chain.register(responsible=WASSENAAR)
    await chain.send()
    assert listening.connections == 0


async def test_only_the_gemeente_itself_sees_and_changes_its_receivers(
    world: tuple[Hooked, Receiver],
) -> None:
    chain, listening = world
    made = await chain.subscribe(listening.url)
    place = f"/webhook-subscriptions/{made['id']}"
    for stranger, answer in ((chain.consulent_leiden(), 403), (chain.policy_wassenaar(), 404)):
        assert (await chain.get("/webhook-subscriptions", stranger))["items"] == []
        await chain.get(place, stranger, 404)
        await chain.get(f"{place}/deliveries", stranger, 404)
        await chain.post(f"{place}/secrets", stranger, None, answer)
        await chain.post(f"{place}/replays", stranger, {"deliveryId": str(uuid4())}, answer)
    await chain.get(place, chain.teacher(), 403)
    await chain.get(place, chain.operations(), 403)
    administrator = chain.bench.as_caller(
        roles={"administrator"},
        organisation_id=UUID(int=51),
        organisation_kind="operations",
        subject=UUID(int=53),
    )
    assert [one["id"] for one in (await chain.get("/webhook-subscriptions", administrator))["items"]] == [
        made["id"]
    ]
    await chain.post(f"{place}/secrets", administrator, None, 403)
    stopped = await chain.bench.client.delete(f"/notifications/v1{place}", headers=administrator)
    assert stopped.status_code == 204
    await chain.register()
    await chain.send()
    assert listening.connections == 0
    assert (await chain.bench.sql("SELECT count(*) FROM notifications.webhook_secret"))[0][0] == 0
    await chain.post(f"{place}/secrets", chain.policy_lv(), None, 409)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "http://zaken.gemeente.example/x", "types": [REGISTERED]}, "/url"),
        ({"url": "https://10.0.0.1/x", "types": [REGISTERED]}, "/url"),
        ({"url": "https://zaken.gemeente.example:22/x", "types": [REGISTERED]}, "/url"),
        ({"url": "https://user:pass@zaken.gemeente.example/x", "types": [REGISTERED]}, "/url"),
        (
            {"url": "https://zaken.gemeente.example/x", "types": ["nl.inburgering.intake.unknown.v1"]},
            "/types/0",
        ),
        ({"url": "https://zaken.gemeente.example/x", "types": []}, "/types"),
    ],
)
async def test_what_cannot_be_a_receiver_is_refused_at_once(
    world: tuple[Hooked, Receiver], body: dict[str, Any], pointer: str
) -> None:
    chain, _ = world
    refused = await chain.post("/webhook-subscriptions", chain.policy_lv(), body, 400)
    assert refused["errors"][0]["pointer"] == pointer


async def test_without_keys_webhooks_are_off_and_say_so(postgres_url: str) -> None:
    async with hooked(postgres_url, encryption_keys="") as chain:
        body = {"url": "https://zaken.gemeente.example/x", "types": [REGISTERED]}
        refused = await chain.post("/webhook-subscriptions", chain.policy_lv(), body, 503)
        assert refused["code"] == "webhooks-off"


@pytest.mark.capability("NO-10", part="webhooks: a receiver that is away for a day")
async def test_a_receiver_that_was_away_for_a_day_gets_everything_once_and_in_order(
    world: tuple[Hooked, Receiver],
) -> None:
    chain, listening = world
    made = await chain.subscribe(listening.url)
    people = [uuid4() for _ in range(5)]
    listening.status = 503
    sent = []
    for hour in range(24):
        for person in people if hour % 6 == 0 else ():
            await chain.register(person, kind=intake.InburgeraarRegistered)
            await chain.lead(person, LEAD if hour % 12 == 0 else COLLEAGUE)
            sent.append(person)
        await chain.send()
        chain.later(HOUR)
    assert listening.taken == []
    assert 24 <= len(listening.got) <= 24 + 8, "one event is tried, not all that wait"
    listening.status = 204
    chain.later(HOUR / 4)  # no wait is longer
    await chain.send()
    assert len(listening.events) == len(set(listening.events)) == len(sent) * 2
    for person in people:
        versions = [
            one.event["aggregateversion"] for one in listening.taken if one.event["subject"] == str(person)
        ]
        assert versions == sorted(versions) == list(range(1, 9))
    assert {one["status"] for one in await chain.log(made["id"], pageSize=200)} == {"delivered"}


async def test_after_two_days_an_event_is_a_dead_letter_and_can_be_sent_again(
    world: tuple[Hooked, Receiver],
) -> None:
    chain, listening = world
    made = await chain.subscribe(listening.url)
    place = f"/webhook-subscriptions/{made['id']}"
    listening.status = 500
    await chain.register()
    for _ in range(26):
        await chain.send()
        chain.later(2 * HOUR)
    (dead,) = await chain.log(made["id"])
    assert (dead["status"], dead["lastFault"], dead["lastStatus"]) == ("dead", "http-500", 500)
    assert dead["attempts"] >= 24
    tried = len(listening.got)
    await chain.send()
    assert len(listening.got) == tried
    listening.status = 200
    assert await chain.post(f"{place}/replays", chain.policy_lv(), {"deliveryId": dead["id"]}, 201) == {
        "waiting": 1
    }
    chain.sender.ahead = 0.0
    await chain.bench.sql("UPDATE notifications.webhook_subscription SET paused_until = NULL")
    await chain.send()
    (again,) = listening.taken
    assert again.headers["webhook-id"] == f"msg_{UUID(dead['id']).hex}"
    assert again.body == listening.got[0].body
    (log,) = await chain.log(made["id"], status="delivered")
    assert (log["replays"], log["attempts"]) == (1, 1)
    await chain.post(f"{place}/replays", chain.policy_lv(), {"deliveryId": str(uuid4())}, 404)


async def test_a_period_is_sent_again(world: tuple[Hooked, Receiver]) -> None:
    chain, listening = world
    made = await chain.subscribe(listening.url)
    for _ in range(4):
        await chain.register()
    await chain.send()
    now = (await chain.bench.sql("SELECT now()"))[0][0]
    period = {"from": (now - timedelta(hours=1)).isoformat(), "until": (now + timedelta(hours=1)).isoformat()}
    place = f"/webhook-subscriptions/{made['id']}/replays"
    assert await chain.post(place, chain.policy_lv(), period, 201) == {"waiting": 4}
    await chain.send()
    assert [one.headers["webhook-id"] for one in listening.taken[:4]] != []
    assert sorted(listening.events[:4]) == sorted(listening.events[4:])
    none = {"from": (now + timedelta(hours=1)).isoformat(), "until": (now + timedelta(hours=2)).isoformat()}
    assert await chain.post(place, chain.policy_lv(), none, 201) == {"waiting": 0}
    await chain.post(place, chain.policy_lv(), {}, 400)
    await chain.post(place, chain.policy_lv(), {"from": period["until"], "until": period["from"]}, 400)


async def test_a_receiver_that_hangs_delays_nobody_else(postgres_url: str) -> None:
    async with AsyncExitStack() as stack:
        slow, quick = [await stack.enter_async_context(receiver()) for _ in range(2)]
        chain = await stack.enter_async_context(hooked(postgres_url))
        hold = asyncio.Event()

        async def hang(*_: Any) -> None:
            await hold.wait()

        slow.script = hang
        await chain.subscribe(slow.url)
        await chain.subscribe(quick.url)
        for number in range(10):
            await chain.register()
            await chain.run("send-webhooks")
            async with asyncio.timeout(60):
                while len(quick.taken) <= number:
                    await asyncio.sleep(0.01)
        assert slow.got
        assert not slow.taken
        hold.set()
        await chain.sender.idle()


async def test_an_event_that_a_receiver_refuses_holds_up_its_own_person_only(
    world: tuple[Hooked, Receiver],
) -> None:
    chain, listening = world
    await chain.subscribe(listening.url)
    refused, other = uuid4(), uuid4()
    listening.refuse = lambda got: 422 if got.event["subject"] == str(refused) else None
    for person in (refused, other):
        await chain.register(person)
        await chain.lead(person, LEAD)
    await chain.send()
    assert [one.event["subject"] for one in listening.taken] == [str(other)] * 2
    assert [one.event["type"] for one in listening.got if one.event["subject"] == str(refused)] == [
        REGISTERED
    ]
    listening.refuse = lambda _: None
    chain.later(60)
    await chain.send()
    assert [one.event["type"] for one in listening.taken[2:]] == [REGISTERED, LED]


async def test_two_processes_send_each_event_once(world: tuple[Hooked, Receiver]) -> None:
    chain, listening = world
    await chain.subscribe(listening.url)
    for _ in range(30):
        await chain.register()
    sender = chain.sender
    other = type(sender)(chain.bench.live.context, sender.receivers)
    await asyncio.gather(sender.look(), other.look())
    await asyncio.gather(sender.idle(), other.idle())
    await chain.send()
    assert len(listening.events) == len(set(listening.events)) == 30


async def test_a_worker_that_died_is_taken_over_when_its_lease_ends(world: tuple[Hooked, Receiver]) -> None:
    chain, listening = world
    await chain.subscribe(listening.url)
    await chain.register()
    hold = asyncio.Event()

    async def hang(*_: Any) -> None:
        await hold.wait()

    listening.script = hang
    await chain.run("send-webhooks")
    async with asyncio.timeout(60):
        while not listening.got:
            await asyncio.sleep(0.01)
    await chain.sender.close()  # as a kill: nothing of the try is noted
    listening.script = None
    await chain.send()
    assert listening.taken == []
    chain.later(61)
    await chain.send()
    assert len(listening.taken) == 1
    assert listening.got[0].headers["webhook-id"] == listening.taken[0].headers["webhook-id"]


async def test_retry_after_is_respected(world: tuple[Hooked, Receiver]) -> None:
    chain, listening = world
    await chain.subscribe(listening.url)
    listening.status, listening.headers = 429, "retry-after: 300\r\n"
    await chain.register()
    await chain.send()
    chain.later(200)
    await chain.send()
    assert len(listening.got) == 1
    chain.later(101)
    await chain.send()
    assert len(listening.got) == 2


async def test_old_deliveries_are_forgotten_and_the_rest_is_counted(world: tuple[Hooked, Receiver]) -> None:
    chain, listening = world
    await chain.subscribe(listening.url)
    await chain.register()
    await chain.send()
    listening.status = 500
    await chain.register()
    await chain.send()
    await chain.bench.sql(
        "UPDATE notifications.webhook_delivery SET offered_at = now() - interval '31 days' WHERE status = 'delivered'"
    )
    await jobs.prune_webhooks(chain.bench.live.context)
    await chain.run("measure")
    left = await chain.bench.sql("SELECT status FROM notifications.webhook_delivery")
    assert [row[0] for row in left] == ["waiting"]
    said = (await chain.bench.sql("SELECT failures FROM notifications.webhook_subscription"))[0][0]
    assert said == 1
