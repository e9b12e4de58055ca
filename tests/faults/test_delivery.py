# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F05, F06 and F07: events that come more than once, in the wrong order, or that nobody can read."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from chassis.bus import Message
from chassis.bus_kafka import PARTITIONS, KafkaBus
from chassis.testing import caller_headers, event_message, service_under_test
from contracts.intake import InburgeraarCorrected, LeadAssigned
from tests.faults.results import Tally
from tests.faults.sample import Sample, until
from tests.faults.sizes import PATIENCE, chance, in_time, sized
from tests.service.chassis.sample import SERVICE

NOW = datetime(2024, 11, 5, 8, tzinfo=UTC)
TOPIC = LeadAssigned.topic()
POISON = UUID(int=666)


@asynccontextmanager
async def sender(sample: Sample) -> AsyncIterator[KafkaBus]:
    """A producer to the topics of the sample."""
    bus = KafkaBus(sample.brokers, client_id="sender", prefix=sample.prefix)
    try:
        yield bus
    finally:
        await bus.stop()


async def send(bus: KafkaBus, messages: list[Message]) -> None:
    """Send all, in order."""
    for start in range(0, len(messages), 500):
        outcomes = await bus.send(messages[start : start + 500])
        assert outcomes == [None] * len(outcomes), {str(one) for one in outcomes}


def lead(person: UUID, version: int, *, member: UUID | None = None) -> Message:
    """An event of one person."""
    return event_message(
        LeadAssigned(inburgeraar_id=person, member_id=member),
        id=uuid4(),
        gemeentecode="1916",
        aggregate_id=person,
        version=version,
        now=NOW,
    )


def state(person: UUID, version: int) -> Message:
    """A whole state of one person, whose gemeente names the version."""
    event = InburgeraarCorrected.model_validate(
        {
            "inburgeraar_id": person,
            "law": "wi2021",
            "group": "statushouder",
            "permit_type": "asiel",
            "obliged_on": "2024-01-01",
            "responsible_gemeentecode": f"{version:04}",
            "executing_gemeentecode": "1916",
        }
    )
    return event_message(
        event, id=uuid4(), gemeentecode="1916", aggregate_id=person, version=version, now=NOW
    )


_EFFECTS = "SELECT key, version, event_id::text AS id FROM sample.effect WHERE event_id IS NOT NULL ORDER BY key, nth"
_STATES = "SELECT inburgeraar_id::text AS id, version, gemeentecode FROM sample.state ORDER BY 1"


@pytest.mark.fault("F05")
@pytest.mark.timeout(sized(1200, 1800))
async def test_events_delivered_up_to_five_times_have_the_effect_of_one_delivery(
    sample: Sample, postgres_url: str, tally: Tally
) -> None:
    dice = chance("F05")
    people = [uuid4() for _ in range(sized(50, 1000))]
    queues = [[lead(person, version) for version in range(1, 21)] for person in people]
    once = [message for queue in queues for message in queue]
    # Shuffled across keys; a repetition of an event comes anywhere after the event.
    many: list[Message] = []
    turns = [index for index, queue in enumerate(queues) for _ in queue]
    dice.shuffle(turns)
    seen: dict[int, list[Message]] = {index: [] for index in range(len(queues))}
    for index in turns:
        following = queues[index][len(seen[index])]
        seen[index].append(following)
        many.append(following)
        many += [dice.choice(seen[index]) for _ in range(dice.choice([0, 0, 1, 2, 4]))]
    async with service_under_test(SERVICE, postgres_url) as bench:
        for start in range(0, len(once), 200):
            await bench.live.reader.deliver(once[start : start + 200])
        expected = [tuple(row) for row in await bench.sql(_EFFECTS)]

    await sample.make_topics([TOPIC])
    member = await sample.start()
    async with sender(sample) as bus:
        await send(bus, many)

        async def all_there() -> bool:
            return len(await sample.sql(_EFFECTS)) >= len(expected)

        await until(all_there, "all effects", PATIENCE, look=member)
        last = lead(uuid4(), 1)
        await send(bus, [last] * 50)
        await until(lambda: _has(sample, last.key), "what was sent last", PATIENCE, look=member)
    found = [tuple(row) for row in await sample.sql(_EFFECTS) if row["key"] != last.key]
    tally.writes = len(many)
    tally.measured = {"events": len(once), "deliveries": len(many)}
    lost = len(set(expected) - set(found))
    tally.settle(lost=lost, doubled=len(found) - len(set(found)))
    assert json.dumps(found) == json.dumps(expected), "the same effects in the same order per person"


async def _has(sample: Sample, key: str) -> bool:
    return bool(await sample.sql("SELECT FROM sample.effect WHERE key = $1", key))


@pytest.mark.fault("F06")
@pytest.mark.timeout(sized(1200, 1800))
async def test_of_events_that_come_in_any_order_the_highest_version_stays(
    sample: Sample, tally: Tally
) -> None:
    dice = chance("F06")
    people = [uuid4() for _ in range(sized(150, 5000))]
    turns: list[Message] = []
    stale = 0
    for person in people:
        order = list(range(1, 7))
        dice.shuffle(order)
        turns += [state(person, version) for version in order]
        highest = 0
        for version in order:
            stale += version < highest
            highest = max(highest, version)
    await sample.make_topics([TOPIC])
    member = await sample.start()
    async with sender(sample) as bus:
        await send(bus, turns)

    async def all_counted() -> bool:
        handled = await sample.metric(member, "events_handled_total")
        return handled + await sample.metric(member, "events_stale_total") >= len(turns)

    await until(all_counted, "all events were taken", PATIENCE, look=member)
    found = [tuple(row) for row in await sample.sql(_STATES)]
    tally.writes = len(turns)
    tally.measured = {"stale": stale}
    assert await sample.metric(member, "events_stale_total") == stale, "older ones are counted, not applied"
    right = {(str(person), 6, "0006") for person in people}
    tally.settle(lost=len(right - set(found)), doubled=len(found) - len(people))


def _spoilt(message: Message, *, value: bytes | None = None, **headers: bytes) -> Message:
    return Message(message.topic, message.key, value or message.value, {**message.headers, **headers})


async def make_wide_topic(sample: Sample) -> None:
    """The topic of the events, on which somebody allowed messages that we would never send."""
    admin = AIOKafkaAdminClient(bootstrap_servers=sample.brokers)
    await admin.start()
    try:
        topic = NewTopic(
            sample.prefix + TOPIC,
            num_partitions=PARTITIONS,
            replication_factor=1,
            topic_configs={"max.message.bytes": "4194304"},
        )
        await admin.create_topics([topic])
    finally:
        await admin.close()


@pytest.mark.fault("F07")
@pytest.mark.timeout(sized(1200, 1800))
async def test_poison_goes_to_the_dead_letters_and_the_good_ones_go_on(sample: Sample, tally: Tally) -> None:
    from aiokafka import AIOKafkaProducer

    dice = chance("F07")
    people = [uuid4() for _ in range(sized(100, 1000))]
    good = [lead(person, version) for version in range(1, sized(4, 10)) for person in people]
    each = sized(2, 20)
    poison: list[Message] = []
    for _ in range(each):
        poison += [
            _spoilt(lead(dice.choice(people), 1), value=b"{"),
            _spoilt(lead(dice.choice(people), 1), ce_type=b"nl.inburgering.intake.unheard-of.v1"),
            _spoilt(lead(dice.choice(people), 1), ce_type=b"nl.inburgering.intake.lead-assigned.v2"),
            _spoilt(lead(dice.choice(people), 1), value=b'{"inburgeraarId": "' + b"x" * 2_000_000 + b'"}'),
            lead(dice.choice(people), 1, member=POISON),
        ]
    turns = [*good, *poison]
    dice.shuffle(turns)
    await make_wide_topic(sample)
    member = await sample.start()
    producer = AIOKafkaProducer(bootstrap_servers=sample.brokers, max_request_size=4_194_304)
    await producer.start()
    try:
        for one in turns:
            await producer.send(
                sample.prefix + one.topic, one.value, key=one.key.encode(), headers=list(one.headers.items())
            )
        await producer.flush()
    finally:
        await producer.stop()

    longest = standing = 0.0
    count, since, give_up = -1, time.monotonic(), time.monotonic() + sized(PATIENCE, 900)
    while True:
        (row,) = await sample.sql(
            "SELECT (SELECT count(*) FROM sample.effect WHERE event_id IS NOT NULL) AS good, "
            "(SELECT count(*) FROM sample.dead_letter) AS dead"
        )
        now = time.monotonic()
        if row["good"] + row["dead"] != count:
            count, since = row["good"] + row["dead"], now
        standing = now - since
        longest = max(longest, standing)
        if (row["good"], row["dead"]) == (len(good), len(poison)):
            break
        assert now < give_up, f"{dict(row)} of {len(good)} and {len(poison)}\n{member.tail()}"
        await asyncio.sleep(0.1)
    letters = await sample.sql("SELECT id::text AS id, reason, attempts FROM sample.dead_letter")
    assert all(letter["reason"] and letter["attempts"] <= 5 for letter in letters)
    in_time(longest, 30, "a standstill")

    # What the handler could not cope with is mended, and then taken once.
    (mended, *_) = [letter for letter in letters if "ValueError" in letter["reason"]]
    await sample.sql(
        "UPDATE sample.dead_letter SET value = convert_to(replace(convert_from(value, 'UTF8'), $1, $2), 'UTF8') "
        "WHERE id = $3::uuid",
        str(POISON),
        str(UUID(int=7)),
        UUID(mended["id"]),
    )
    url = f"{member.url}/sample/v1/operations/dead-letters/{mended['id']}/replays"
    operator = caller_headers(roles={"operations"}, scopes={})
    answers = []
    for _ in range(2):
        async with sample.http.post(url, headers=operator) as answer:
            answers.append(answer.status)
    assert answers[0] < 300, answers
    assert answers[1] == 404
    effects = await sample.sql(_EFFECTS)
    tally.writes = len(turns)
    tally.measured = {"poison": len(poison), "longest_standstill_s": round(longest, 1)}
    done = {row["id"] for row in effects}
    tally.settle(
        lost=len({one.headers["ce_id"].decode() for one in good} - done), doubled=len(effects) - len(good) - 1
    )


@pytest.mark.fault("F07")
@pytest.mark.timeout(1200)
async def test_an_event_that_is_too_large_to_send_is_put_aside_and_the_next_of_its_person_goes(
    sample: Sample, tally: Tally
) -> None:
    member = await sample.start()
    person = uuid4()
    insert = (
        "INSERT INTO sample.outbox (id, topic, key, type, subject, aggregate_version, gemeentecode, time, data) "
        "VALUES ($1, $2, $3, $4, $3, $5, '1916', now(), $6::jsonb)"
    )
    body = {"inburgeraarId": str(person), "memberId": None}
    large = json.dumps({**body, "memberId": "x" * 2_000_000})
    await sample.sql(insert, uuid4(), TOPIC, str(person), LeadAssigned.type, 1, large)
    await sample.sql(insert, uuid4(), TOPIC, str(person), LeadAssigned.type, 2, json.dumps(body))
    await until(lambda: _has(sample, str(person)), "the next event of the person", PATIENCE, look=member)
    (letter,) = await sample.sql("SELECT reason, attempts FROM sample.dead_letter")
    assert letter["reason"].startswith("cannot be sent: too large")
    assert letter["attempts"] <= 5
    tally.writes = 2
