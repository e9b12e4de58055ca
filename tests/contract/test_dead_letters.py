# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is put aside waits until somebody offers it again, whatever else is sent or read meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.bus import Message, Unsendable
from chassis.bus_memory import MemoryBus
from chassis.outbox import republish
from chassis.testing import Bench, event_message, service_under_test
from contracts.intake import LeadAssigned
from tests.service.chassis.sample import SERVICE

BEFORE_THE_LAST_TRY = 4


class ParticularBus(MemoryBus):
    """A bus that can never send the events of some people."""

    def __init__(self) -> None:
        super().__init__()
        self.refuses: set[str] = set()

    async def send(self, messages: Sequence[Message]) -> list[Exception | None]:
        """Refuse those, and send the others."""
        sent = iter(await super().send([one for one in messages if one.key not in self.refuses]))
        return [Unsendable("too large") if one.key in self.refuses else next(sent) for one in messages]


@pytest.fixture
def bus() -> ParticularBus:
    return ParticularBus()


@pytest.fixture
async def bench(postgres_url: str, bus: ParticularBus) -> AsyncIterator[Bench]:
    async with service_under_test(SERVICE, postgres_url, bus=bus) as found:
        yield found


async def publish(bench: Bench, person: UUID) -> None:
    async with bench.live.context.begin() as tx:
        event = LeadAssigned(inburgeraar_id=person, member_id=None)
        await tx.publish(event, aggregate_id=person, version=1, gemeentecode="1916")


async def effects(bench: Bench, person: UUID) -> int:
    return len(await bench.sql("SELECT 1 FROM sample.effect WHERE key = :key", key=str(person)))


async def waiting(bench: Bench) -> list[Any]:
    return await bench.sql("SELECT id, reason FROM sample.dead_letter WHERE replayed_at IS NULL")


async def until_all_left(bench: Bench) -> None:
    """Until the relay has sent or put aside all that there is."""
    bench.live.relay.wake()
    async with asyncio.timeout(60):
        while await bench.sql("SELECT 1 FROM sample.outbox WHERE published_at IS NULL"):
            await asyncio.sleep(0.05)


@pytest.fixture
async def unsendable(bench: Bench, bus: ParticularBus) -> UUID:
    """Somebody whose event was put aside, since it could not be sent."""
    person = uuid4()
    bus.refuses.add(str(person))
    await publish(bench, person)
    await bench.sql("UPDATE sample.outbox SET attempts = :n", n=BEFORE_THE_LAST_TRY)
    await until_all_left(bench)
    assert [row.reason for row in await waiting(bench)] == ["cannot be sent: too large"]
    return person


async def test_sending_kept_events_again_leaves_out_what_was_put_aside(
    bench: Bench, bus: ParticularBus, unsendable: UUID
) -> None:
    somebody = uuid4()
    await publish(bench, somebody)
    await until_all_left(bench)
    bus.refuses.clear()  # it would go now, and is still not what was asked for
    assert await republish(bench.live.context.database) == 1
    assert await republish(bench.live.context.database, key=str(unsendable)) == 0
    await until_all_left(bench)
    assert len(await waiting(bench)) == 1
    assert await effects(bench, unsendable) == 0
    # Offered from among the dead letters it goes, once; and from then on it is an event like any other.
    (letter,) = await waiting(bench)
    assert await bench.live.replay(letter.id)
    await until_all_left(bench)
    assert await waiting(bench) == []
    assert await effects(bench, unsendable) == 1
    assert await republish(bench.live.context.database) == 2
    await until_all_left(bench)
    assert await effects(bench, unsendable) == 1


async def test_an_event_that_is_offered_again_and_refused_again_waits_again(
    bench: Bench, unsendable: UUID
) -> None:
    (letter,) = await waiting(bench)
    assert await bench.live.replay(letter.id)
    await until_all_left(bench)
    assert [row.id for row in await waiting(bench)] == [letter.id]
    assert await effects(bench, unsendable) == 0
    assert await bench.live.replay(letter.id)


async def test_an_event_that_waits_to_be_offered_is_kept_with_its_letter(
    bench: Bench, unsendable: UUID
) -> None:
    await bench.sql("UPDATE sample.outbox SET published_at = now() - interval '8 days'")
    sent = uuid4()
    await publish(bench, sent)
    await until_all_left(bench)
    await bench.sql(
        "UPDATE sample.outbox SET published_at = now() - interval '8 days' WHERE key = :key", key=str(sent)
    )
    relay = bench.live.relay
    async with bench.live.context.database.engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        relay._housekept = -1e9
        await relay._housekeep(connection)
    assert [row.key for row in await bench.sql("SELECT key FROM sample.outbox")] == [str(unsendable)]


class Handling:
    """A handler that cannot cope with some people."""

    def __init__(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sick: set[UUID] = set()
        usual = bench.live.reader._handlers[LeadAssigned.type]

        async def apply(tx: Any, event: LeadAssigned, envelope: Any) -> None:
            if event.inburgeraar_id in self.sick:
                raise ValueError("cannot cope")
            await usual.take(tx, [(event, envelope)])

        handler = replace(usual, apply=apply, apply_many=None)
        monkeypatch.setitem(bench.live.reader._handlers, LeadAssigned.type, handler)


def message(bench: Bench, person: UUID) -> Message:
    return event_message(
        LeadAssigned(inburgeraar_id=person, member_id=None),
        id=uuid4(),
        gemeentecode="1916",
        aggregate_id=person,
        version=1,
        now=bench.clock.now(),
    )


@pytest.mark.parametrize("in_company", ["alone", "beside a good one", "beside a bad one"])
async def test_an_event_that_was_put_aside_and_comes_again_has_one_try_whatever_comes_with_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, in_company: str
) -> None:
    handling = Handling(bench, monkeypatch)
    person, other = uuid4(), uuid4()
    mended, beside = message(bench, person), message(bench, other)
    handling.sick = {person}
    await bench.live.reader.deliver([mended])
    assert len(await waiting(bench)) == 1

    handling.sick = {other} if in_company == "beside a bad one" else set()
    await bench.live.reader.deliver([mended] if in_company == "alone" else [beside, mended])
    assert await effects(bench, person) == 1
    (settled,) = await bench.sql(
        "SELECT replayed_at IS NOT NULL AS settled FROM sample.dead_letter WHERE key = :key", key=str(person)
    )
    assert settled.settled, "it took effect: nobody has to offer it any more"
    await bench.live.reader.deliver([mended])
    assert await effects(bench, person) == 1


async def test_one_that_still_fails_waits_on_and_is_told_once(
    bench: Bench, bus: ParticularBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    handling = Handling(bench, monkeypatch)
    person, other = uuid4(), uuid4()
    sick, good = message(bench, person), message(bench, other)
    unreadable = Message(sick.topic, str(person), b"{", {**sick.headers, "ce_id": str(uuid4()).encode()})
    handling.sick = {person}
    for _ in range(3):
        await bench.live.reader.deliver([sick, unreadable, good])
    assert len(await waiting(bench)) == 2
    assert await effects(bench, other) == 1
    assert len(bus.dead) == 2
