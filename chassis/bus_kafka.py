# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The bus on Apache Kafka: plain aiokafka, so that we alone say when something is acknowledged."""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    MessageSizeTooLargeError,
)
from aiokafka.helpers import create_ssl_context

from chassis.bus import Deliver, Message, Unsendable
from chassis.kafka_topics import PARTITIONS, TooFewPartitions, TopicRefused, ensure_topics
from chassis.logs import log
from chassis.outage import Outage
from chassis.settings import KafkaSettings

__all__ = ["PARTITIONS", "KafkaBus", "TooFewPartitions", "TopicRefused", "client_options", "ensure_topics"]

_BATCH = 200
_STOP_SECONDS = 2.5  # for one client of the brokers: a process has 10 in all
_PROBE_SECONDS = 5.0
_MAX_BYTES = 1_048_576
_TOO_LARGE = (MessageSizeTooLargeError,)


def client_options(settings: KafkaSettings) -> dict[str, Any]:
    """How clients reach the brokers: TLS and SASL as the settings say."""
    options: dict[str, Any] = {"security_protocol": settings.security_protocol}
    if settings.security_protocol.endswith("SSL"):
        options["ssl_context"] = create_ssl_context(
            cafile=settings.ssl_cafile, certfile=settings.ssl_certfile, keyfile=settings.ssl_keyfile
        )
    if settings.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password.get_secret_value(),
        }
    return options


class KafkaBus:
    """Producer with all acknowledgements and idempotence; consumers that commit after the effect."""

    def __init__(
        self,
        bootstrap: str,
        *,
        client_id: str,
        prefix: str = "",
        options: Mapping[str, Any] = MappingProxyType({}),
        topics: Sequence[str] = (),
        replication: int = 1,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            bootstrap: host:port of the brokers, with commas.
            client_id: how the brokers name this process in their logs.
            prefix: of topics and groups.
            options: how the brokers are reached (`client_options`).
            topics: that must be there, prefix included; made as soon as the brokers can be reached.
            replication: copies of each partition of those.
        """
        self._bootstrap = bootstrap
        self._topics = tuple(topics)
        self._replication = replication
        self._wrong = ""
        self._lacks = ""
        self._client_id = client_id
        self._options = dict(options)
        self._prefix = prefix  # of topics and groups, where several platforms share a cluster
        self._producer: AIOKafkaProducer | None = None
        self._consumers: dict[str, AIOKafkaConsumer] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._busy: set[str] = set()
        self._stopping = asyncio.Event()
        self._alive = True
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Nothing yet: the producer connects at the first send, readers when they subscribe.

        So a service starts, serves and fills its outbox while the broker is away.
        """

    async def _connected(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    client_id=self._client_id,
                    **self._options,
                    acks="all",
                    enable_idempotence=True,
                    request_timeout_ms=10_000,
                    max_request_size=_MAX_BYTES,
                    linger_ms=2,
                )
                try:
                    await producer.start()
                except BaseException:
                    await _let_go(producer)
                    raise
                self._producer = producer
        return self._producer

    async def _renew(self) -> None:
        """Drop the producer after a fault: its sequence numbers may no longer be those of the broker.

        An idempotent producer that the broker once refused would be refused for ever; the next send makes
        a fresh one, and readers skip what arrives twice.
        """
        old, self._producer = self._producer, None
        if old is not None:
            await _let_go(old)

    async def stop(self) -> None:
        """Stop readers and producer; a broker that does not answer is not waited for."""
        self._stopping.set()
        for loop in self._loops:
            loop.cancel()  # each lets go of its own consumer, all at the same time
        clients = [_let_go(self._producer)] if self._producer is not None else []
        await asyncio.gather(*self._loops, *clients, return_exceptions=True)

    async def send(self, messages: Sequence[Message]) -> list[Exception | None]:
        """Send and wait for all acknowledgements; after a fault of a key its later messages are not sent."""
        try:
            producer = await self._connected()
        except (KafkaError, OSError) as fault:
            self._alive = False
            return [fault] * len(messages)
        waits: list[asyncio.Future[object] | Exception] = []
        failed: dict[tuple[str, str], Exception] = {}
        for message in messages:
            place = (message.topic, message.key)
            if place in failed:
                waits.append(ConnectionError("an earlier event of this key was not sent"))
                continue
            try:
                waits.append(
                    await producer.send(
                        self._prefix + message.topic,
                        value=message.value,
                        key=message.key.encode(),
                        headers=[(name, value) for name, value in message.headers.items()],
                    )
                )
            except _TOO_LARGE as fault:
                failed[place] = Unsendable(f"too large: {type(fault).__name__}")
                waits.append(failed[place])
            except (KafkaError, OSError) as fault:
                failed[place] = fault
                waits.append(fault)
        outcomes = [await _outcome(wait) for wait in waits]
        if any(outcome is not None and not isinstance(outcome, Unsendable) for outcome in outcomes):
            await self._renew()
        self._alive = (
            any(outcome is None or isinstance(outcome, Unsendable) for outcome in outcomes) or not outcomes
        )
        return outcomes

    async def subscribe(self, group: str, topics: Sequence[str], deliver: Deliver) -> None:
        """Read from where the group left off, from the beginning the first time."""
        self._loops.append(
            asyncio.create_task(self._read(group, tuple(topics), deliver), name=f"read-{group}")
        )

    async def _read(self, group: str, topics: tuple[str, ...], deliver: Deliver) -> None:
        pause = 0.5
        away = Outage("reader_waits_for_broker", "reader_is_back", group=group)
        while not self._stopping.is_set():
            consumer = AIOKafkaConsumer(
                *(self._prefix + topic for topic in topics),
                bootstrap_servers=self._bootstrap,
                client_id=self._client_id,
                **self._options,
                group_id=self._prefix + group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_poll_interval_ms=300_000,
                session_timeout_ms=10_000,
                heartbeat_interval_ms=2_000,
                fetch_max_wait_ms=100,
                # Topics that a broker without its data got anew are seen as soon; the default is five minutes.
                metadata_max_age_ms=10_000,
            )
            try:
                await consumer.start()
                self._consumers[group] = consumer
                self._alive = True
                away.over()
                pause = 0.5
                await self._consume(group, consumer, deliver)
            except Exception as fault:  # noqa: BLE001 - the reader of a service never ends by a fault
                self._alive = False
                away.begins(fault)
            finally:
                self._consumers.pop(group, None)
                self._busy.discard(group)
                await _let_go(consumer)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)

    async def _consume(self, group: str, consumer: AIOKafkaConsumer, deliver: Deliver) -> None:
        while True:
            polled = await consumer.getmany(timeout_ms=500, max_records=_BATCH)
            if not polled:
                continue
            self._busy.add(group)
            batch = [
                Message(
                    record.topic.removeprefix(self._prefix),
                    (record.key or b"").decode("utf-8", "replace"),
                    record.value or b"",
                    {name: value or b"" for name, value in record.headers},
                )
                for records in polled.values()
                for record in records
            ]
            await _until_taken(group, batch, deliver)
            offsets = {part: records[-1].offset + 1 for part, records in polled.items()}
            owned = consumer.assignment()
            try:
                await consumer.commit({part: offset for part, offset in offsets.items() if part in owned})
            except (CommitFailedError, IllegalStateError):
                # The group was divided anew meanwhile: the next owner reads these again and skips them.
                log().info("offsets_not_committed", group=group)
            self._busy.discard(group)

    async def lag(self, group: str) -> Mapping[str, int]:
        """Per topic, what is still to be read by this process; a batch in hand counts as one at least."""
        consumer = self._consumers.get(group)
        if consumer is None:
            raise ConnectionError("the reader is not connected")
        parts: list[TopicPartition] = sorted(consumer.assignment())
        if not parts:
            raise ConnectionError("the reader has no partitions yet")
        for name in sorted(consumer.subscription()):
            if not consumer.partitions_for_topic(name):
                raise ConnectionError(f"topic {name} is not there, or we may not read it")
        found: dict[str, int] = {}
        try:
            ends = await asyncio.wait_for(consumer.end_offsets(parts), 5)
            for part in parts:
                committed = await consumer.committed(part) or 0
                topic = part.topic.removeprefix(self._prefix)
                found[topic] = found.get(topic, 0) + max(0, ends[part] - committed)
        except KafkaError as fault:  # for one: the right to look was taken away
            raise ConnectionError(f"the brokers do not say: {type(fault).__name__}") from fault
        if group in self._busy:
            topic = parts[0].topic.removeprefix(self._prefix)
            found[topic] = max(1, found[topic])
        return found

    def alive(self) -> bool:
        """Whether the last exchange with the broker succeeded."""
        return self._alive

    def wrong(self) -> str:
        """That a topic has too few partitions, once that is known."""
        return self._wrong

    def lacks(self) -> str:
        """That a topic is missing and may not be made: what is for it waits in the outbox."""
        return self._lacks

    async def probe(self) -> None:
        """Ask the brokers for their topics, and make ours where they are missing; a stalled broker is away too."""
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await self._ask()
        except TooFewPartitions as fault:
            self._wrong, self._alive = str(fault), True
        except TopicRefused as fault:
            self._wrong, self._lacks, self._alive = "", str(fault), True
        except (KafkaError, OSError):
            self._alive = False
        else:
            self._wrong, self._lacks, self._alive = "", "", True

    async def _ask(self) -> None:
        if self._topics:
            # Each time: brokers that came back empty must get their topics back, or nobody can go on.
            await ensure_topics(
                self._bootstrap, self._topics, replication=self._replication, options=self._options
            )
            return
        client = AIOKafkaClient(
            bootstrap_servers=self._bootstrap,
            client_id=f"{self._client_id}-probe",
            request_timeout_ms=int(_PROBE_SECONDS * 1000),
            **self._options,
        )
        try:
            await client.bootstrap()
        finally:
            await client.close()


async def _let_go(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Stop a client of the brokers; brokers that do not answer are not waited for."""
    try:
        await asyncio.wait_for(client.stop(), _STOP_SECONDS)
    except (TimeoutError, KafkaError, OSError) as fault:
        log().warning("kafka_stop_given_up", fault=type(fault).__name__)


async def _until_taken(group: str, batch: Sequence[Message], deliver: Deliver) -> None:
    """Deliver until it is taken: only a database that is away makes a reader refuse a batch."""
    pause = 0.2
    away = Outage("reader_waits_for_database", "reader_goes_on", group=group)
    while True:
        try:
            await deliver(batch)
        except Exception as fault:  # noqa: BLE001 - the reader has sorted poison out already
            away.begins(fault)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)
        else:
            away.over()
            return


async def _outcome(wait: "asyncio.Future[object] | Exception") -> Exception | None:
    """What became of one message: None once the brokers have it."""
    if isinstance(wait, Exception):
        return wait
    try:
        await wait
    except _TOO_LARGE as fault:
        return Unsendable(f"too large: {type(fault).__name__}")
    except (KafkaError, OSError) as fault:
        return fault
    return None
