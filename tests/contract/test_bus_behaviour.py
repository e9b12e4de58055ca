# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What both buses promise, shown on both: at least once, in order per key, once in effect, poison put aside."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chassis.bus import Bus, Message, decode
from chassis.bus_kafka import KafkaBus, ensure_topics
from chassis.bus_memory import MemoryBus
from chassis.db import async_url
from chassis.outbox import Relay, republish
from chassis.testing import Bench, event_message, service_under_test
from contracts.intake import InburgeraarCorrected, InburgeraarRegistered, LeadAssigned
from tests.service.chassis.sample import SERVICE

TOPIC = LeadAssigned.topic()


@pytest.fixture(params=["memory", "kafka"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    if request.param == "memory":
        yield MemoryBus()
        return
    brokers = request.getfixturevalue("kafka")
    prefix = f"t{secrets.token_hex(4)}."
    await ensure_topics(brokers, [prefix + TOPIC])
    made = KafkaBus(brokers, client_id="behaviour", prefix=prefix)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def bench(postgres_url: str, bus: Bus) -> AsyncIterator[Bench]:
    async with service_under_test(SERVICE, postgres_url, bus=bus) as found:
        yield found


async def until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = 60) -> None:
    """Wait for a state of the world, and say which one never came."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)
    assert await condition(), what


async def effects(bench: Bench) -> list[tuple[str, UUID]]:
    rows = await bench.sql("SELECT key, event_id FROM sample.effect WHERE event_id IS NOT NULL ORDER BY nth")
    return [(row.key, row.event_id) for row in rows]


def lead(person: UUID, member: UUID | None = None) -> LeadAssigned:
    return LeadAssigned(inburgeraar_id=person, member_id=member)


@pytest.mark.capability("NO-10", part="events between services")
async def test_what_is_committed_arrives_once_and_in_order_per_person(bench: Bench) -> None:
    people = [uuid4() for _ in range(10)]
    for version in range(1, 11):
        async with bench.live.context.begin() as tx:
            for person in people:
                await tx.publish(lead(person), aggregate_id=person, version=version, gemeentecode="1916")

    async def all_there() -> bool:
        return len(await effects(bench)) == 100

    await until(all_there, "100 effects")
    rows = await bench.sql("SELECT key, version FROM sample.effect WHERE event_id IS NOT NULL ORDER BY nth")
    by_person: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_person[row.key].append(row.version)
    assert by_person == {str(person): list(range(1, 11)) for person in people}


async def test_what_is_rolled_back_is_never_sent(bench: Bench) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - raised inside a transaction
        async with bench.live.context.begin() as tx:
            await tx.publish(lead(uuid4()), aggregate_id=uuid4(), version=1, gemeentecode="1916")
            raise ZeroDivisionError
    marker = uuid4()
    async with bench.live.context.begin() as tx:
        await tx.publish(lead(marker), aggregate_id=marker, version=1, gemeentecode="1916")

    async def marker_there() -> bool:
        return (await effects(bench)) != []

    await until(marker_there, "the marker")
    assert [key for key, _ in await effects(bench)] == [str(marker)]


async def test_the_same_event_five_times_is_one_effect(bench: Bench, bus: Bus) -> None:
    person, id = uuid4(), uuid4()
    message = event_message(
        lead(person), id=id, gemeentecode="1916", aggregate_id=person, version=1, now=bench.clock.now()
    )
    assert await bus.send([message] * 5) == [None] * 5
    last = uuid4()
    await bus.send(
        [
            event_message(
                lead(person),
                id=last,
                gemeentecode="1916",
                aggregate_id=person,
                version=2,
                now=bench.clock.now(),
            )
        ]
    )

    async def last_there() -> bool:
        return last in {event for _, event in await effects(bench)}

    await until(last_there, "the event after the repeated one")
    assert [event for _, event in await effects(bench)] == [id, last]


async def test_poison_is_put_aside_with_its_reason_and_the_rest_goes_on(bench: Bench, bus: Bus) -> None:
    person = uuid4()

    def good() -> Message:
        return event_message(
            lead(person),
            id=uuid4(),
            gemeentecode="1916",
            aggregate_id=person,
            version=1,
            now=bench.clock.now(),
        )

    fine = [good(), good()]
    sick = event_message(
        lead(person, UUID(int=666)),
        id=uuid4(),
        gemeentecode="1916",
        aggregate_id=person,
        version=1,
        now=bench.clock.now(),
    )
    bad_json = Message(fine[0].topic, str(person), b"{", {**fine[0].headers, "ce_id": str(uuid4()).encode()})
    next_major = Message(
        fine[0].topic,
        str(person),
        fine[0].value,
        {
            **fine[0].headers,
            "ce_id": str(uuid4()).encode(),
            "ce_type": b"nl.inburgering.intake.lead-assigned.v2",
        },
    )
    no_event = Message(fine[0].topic, str(person), b"hello", {})
    missing_field = Message(
        fine[0].topic, str(person), b"{}", {**fine[0].headers, "ce_id": str(uuid4()).encode()}
    )
    await bus.send([fine[0], bad_json, sick, next_major, no_event, missing_field, fine[1]])

    async def all_sorted() -> bool:
        letters = await bench.sql("SELECT 1 FROM sample.dead_letter")
        return len(letters) == 5 and len(await effects(bench)) == 2

    await until(all_sorted, "two effects and five dead letters")
    reasons = {row.reason.split(":")[0] for row in await bench.sql("SELECT reason FROM sample.dead_letter")}
    assert "ValueError" in reasons
    assert "unknown type or version" in reasons
    assert "data does not fit the event" in reasons


async def test_a_dead_letter_can_be_replayed_once(bench: Bench) -> None:
    person = uuid4()
    await bench.deliver(lead(person, UUID(int=666)), gemeentecode="1916")
    letter = (await bench.sql("SELECT id FROM sample.dead_letter"))[0].id
    operator = bench.as_caller(roles={"operations"})
    path = f"/sample/v1/operations/dead-letters/{letter}/replays"
    assert (await bench.client.post(path, headers=operator)).status_code == 500  # it still cannot cope
    assert (await bench.client.get("/sample/v1/operations/status", headers=operator)).json()[
        "deadLetters"
    ] == 1
    await bench.sql(
        "UPDATE sample.dead_letter SET value = convert_to(replace(convert_from(value, 'UTF8'), :bad, :good), 'UTF8')",
        bad=str(UUID(int=666)),
        good=str(UUID(int=7)),
    )
    assert (await bench.client.post(path, headers=operator)).json() == {"id": str(letter), "replayed": True}
    assert (await bench.client.post(path, headers=operator)).status_code == 404
    assert len(await effects(bench)) == 1


async def test_of_whole_states_the_highest_version_stays_whatever_the_order(bench: Bench) -> None:
    person = uuid4()
    state = {
        "inburgeraar_id": person,
        "law": "wi2021",
        "group": "statushouder",
        "permit_type": "asiel",
        "obliged_on": "2024-01-01",
        "executing_gemeentecode": "1916",
    }
    for version, code in ((1, "0001"), (4, "0004"), (2, "0002"), (3, "0003"), (4, "0009")):
        kind = InburgeraarRegistered if version == 1 else InburgeraarCorrected
        await bench.deliver(
            kind.model_validate({**state, "responsible_gemeentecode": code}),
            gemeentecode=code,
            aggregate_id=person,
            version=version,
        )
    row = (await bench.sql("SELECT version, gemeentecode FROM sample.state"))[0]
    assert tuple(row) == (4, "0004")


async def test_an_event_carries_what_the_profile_asks_and_nothing_personal(bench: Bench) -> None:
    person = uuid4()
    message = event_message(
        lead(person), id=uuid4(), gemeentecode="0579", aggregate_id=person, version=3, now=bench.clock.now()
    )
    headers = {name: value.decode() for name, value in message.headers.items()}
    assert headers["ce_specversion"] == "1.0"
    assert headers["ce_source"].startswith("urn:nld:oin:")
    assert headers["ce_type"] == LeadAssigned.type
    assert headers["ce_gemeentecode"] == "0579"
    assert headers["content-type"] == "application/json"
    assert headers["ce_partitionkey"] == message.key == str(person)
    envelope, _ = decode(message)
    assert (envelope.aggregate_version, envelope.gemeentecode, envelope.subject) == (3, "0579", str(person))


async def test_of_two_relays_one_leads_and_the_other_takes_over(
    bench: Bench, bus: Bus, postgres_url: str
) -> None:
    async def first_leads() -> bool:
        return bench.live.relay.leader

    await until(first_leads, "the first relay leads")
    second = Relay(SERVICE, bench.live.context.database, bus, oin="0" * 20)
    stop = asyncio.Event()
    running = asyncio.create_task(second.run(stop))
    try:
        database = (await bench.sql("SELECT current_database() AS name"))[0].name
        superuser = create_async_engine(
            async_url(postgres_url), isolation_level="AUTOCOMMIT", poolclass=NullPool
        )
        async with superuser.connect() as connection:
            await connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
                    "WHERE l.locktype = 'advisory' AND a.datname = :name AND l.granted"
                ),
                {"name": database},
            )
        await superuser.dispose()

        async def one_leads() -> bool:
            return bench.live.relay.leader != second.leader

        await until(one_leads, "one of the two leads again")
        person = uuid4()
        async with bench.live.context.begin() as tx:
            await tx.publish(lead(person), aggregate_id=person, version=1, gemeentecode="1916")

        async def arrived() -> bool:
            return len(await effects(bench)) == 1

        await until(arrived, "the event after the take-over")
    finally:
        stop.set()
        await running


async def test_published_events_are_kept_and_can_be_sent_again(bench: Bench) -> None:
    person = uuid4()
    async with bench.live.context.begin() as tx:
        await tx.publish(lead(person), aggregate_id=person, version=1, gemeentecode="1916")

    async def published() -> bool:
        return bool(await bench.sql("SELECT 1 FROM sample.outbox WHERE published_at IS NOT NULL"))

    await until(published, "published")
    since = (await bench.sql("SELECT now() - interval '1 hour' AS since"))[0].since
    assert await republish(bench.live.context.database, since=since) == 1
    bench.live.relay.wake()
    await until(published, "published again")

    async def effect_there() -> bool:
        return len(await effects(bench)) == 1

    await until(effect_there, "one effect, not two")


async def test_sixteen_writers_lose_nothing(bench: Bench) -> None:
    async def write(n: int) -> None:
        for i in range(20):
            async with bench.live.context.begin() as tx:
                await tx.execute(sa.text("SELECT pg_sleep(:s)"), {"s": (n * 7 + i * 3) % 10 / 1000})
                person = uuid4()
                await tx.publish(lead(person), aggregate_id=person, version=1, gemeentecode="1916")

    await asyncio.gather(*(write(n) for n in range(16)))

    async def all_there() -> bool:
        return len(await effects(bench)) == 320

    await until(all_there, "320 effects")


async def test_what_cannot_even_be_stored_as_it_is_never_stops_the_reader(bench: Bench) -> None:
    person = uuid4()
    good = event_message(
        lead(person), id=uuid4(), gemeentecode="1916", aggregate_id=person, version=1, now=bench.clock.now()
    )
    odd = Message(good.topic, "a\x00b", b"\x00", {"ce_\x00id": b"\x00", "ce_type": b"\xff"})
    foreign = Message("inburgering.notifications.v1", good.key, good.value, dict(good.headers))
    await bench.live.reader.deliver([odd, foreign, good])
    assert len(await effects(bench)) == 1
    reasons = [row.reason for row in await bench.sql("SELECT reason FROM sample.dead_letter")]
    assert len(reasons) == 2
    assert any("does not belong on" in reason for reason in reasons)


async def test_an_event_of_our_own_that_could_not_be_sent_can_be_offered_again(bench: Bench) -> None:
    person = uuid4()
    async with bench.live.context.begin() as tx:
        await tx.publish(lead(person), aggregate_id=person, version=1, gemeentecode="1916")

    async def sent() -> bool:
        return bool(await bench.sql("SELECT 1 FROM sample.outbox WHERE published_at IS NOT NULL"))

    await until(sent, "sent")
    await bench.sql(
        "INSERT INTO sample.dead_letter (id, event_id, topic, key, type, headers, value, reason, attempts) "
        "SELECT id, id::text, topic, key, type, '{\"direction\": \"out\"}', ''::bytea, 'cannot be sent', 5 FROM sample.outbox"
    )
    letter = (await bench.sql("SELECT id FROM sample.dead_letter"))[0].id
    assert await bench.live.replay(letter)
    bench.live.relay.wake()
    await until(sent, "sent again")
    assert not await bench.live.replay(letter)


@pytest.mark.fault("F07")
async def test_poison_that_comes_again_costs_its_tries_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[UUID] = []
    person = uuid4()

    async def cannot_cope(_tx: object, event: LeadAssigned, _envelope: object) -> None:
        tries.append(event.inburgeraar_id)
        raise ValueError("cannot cope")

    handler = bench.live.reader._handlers[LeadAssigned.type]
    monkeypatch.setitem(
        bench.live.reader._handlers, LeadAssigned.type, replace(handler, apply=cannot_cope, apply_many=None)
    )
    sick = event_message(
        lead(person), id=uuid4(), gemeentecode="1916", aggregate_id=person, version=1, now=bench.clock.now()
    )
    await bench.live.reader.deliver([sick])
    first = len(tries)
    await bench.live.reader.deliver([sick])
    assert len(tries) == first + 1, "once with its batch, and not five times more"
    assert len(await bench.sql("SELECT 1 FROM sample.dead_letter")) == 1
