# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How events travel: one protocol, two buses (`bus_memory`, `bus_kafka`), one behaviour suite.

A message is a CloudEvent in binary mode: the data is the value, every attribute a header.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event, to_binary_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from contracts.event import Envelope

__all__ = ["Bus", "Deliver", "MalformedMessage", "Message", "Unsendable", "decode", "encode"]


@dataclass(frozen=True, slots=True)
class Message:
    """What a bus carries."""

    topic: str
    key: str
    value: bytes
    headers: Mapping[str, bytes] = field(default_factory=dict)


Deliver = Callable[[Sequence[Message]], Awaitable[None]]
"""A reader: returns when every message of the batch took effect or is in the dead letters."""


class MalformedMessage(ValueError):
    """Not a CloudEvent as this platform sends them."""


class Unsendable(ValueError):
    """This message can never be sent, however healthy the bus is."""


class Bus(Protocol):
    """At least once, in order per key."""

    async def start(self) -> None:
        """Connect."""
        ...

    async def stop(self) -> None:
        """Finish what is in hand and disconnect, within a few seconds."""
        ...

    async def send(self, messages: Sequence[Message]) -> list[Exception | None]:
        """Send; answers per message None once it is safe, or why it is not.

        Messages of one key are safe in the order given: after one that failed, later ones of its
        key are not sent.
        """
        ...

    async def subscribe(self, group: str, topics: Sequence[str], deliver: Deliver) -> None:
        """Let a group read topics from where it left off."""
        ...

    async def lag(self, group: str) -> Mapping[str, int]:
        """Per topic, how many messages the group has still to read."""
        ...

    def alive(self) -> bool:
        """Whether the bus can be reached, as far as is known."""
        ...

    async def probe(self) -> None:
        """Ask the bus whether it is there; `alive` and `wrong` then tell what came of it. Raises nothing."""
        ...

    def wrong(self) -> str:
        """What has to be mended on the bus before it can be used, in words; empty where nothing has."""
        ...


def encode(row: Mapping[str, Any], *, source: str, dataref: str | None = None) -> Message:
    """A message from an outbox row.

    Args:
        row: the columns of the outbox.
        source: URN of the publishing system (NL GOV profile).
        dataref: where the rest can be asked by who may.
    """
    extensions: dict[str, Any] = {
        "partitionkey": row["key"],
        "aggregateversion": row["aggregate_version"],
    }
    for name in ("gemeentecode", "traceparent"):
        if row[name] is not None:
            extensions[name] = row[name]
    if dataref is not None:
        extensions["dataref"] = dataref
    event = CloudEvent(
        attributes={
            "id": str(row["id"]),
            "source": source,
            "type": row["type"],
            "time": row["time"],
            "subject": row["subject"],
            "specversion": "1.0",
            "datacontenttype": "application/json",
            "dataschema": f"{source.rsplit(':', 1)[0]}:schema:{row['type']}",
            **extensions,
        },
        data=row["data"],
    )
    raw = to_binary_event(event, JSONFormat(), key_mapper=lambda _: row["key"])
    return Message(
        topic=row["topic"], key=row["key"], value=bytes(raw.value or b""), headers=dict(raw.headers)
    )


def decode(message: Message) -> tuple[Envelope, Any]:
    """The envelope and the data of a message.

    Raises:
        MalformedMessage: it is not a CloudEvent, or an attribute that we need is missing.
    """
    try:
        event = from_kafka_event(
            KafkaMessage(headers=dict(message.headers), key=message.key, value=message.value),
            JSONFormat(),
        )
        time = event.get_time()
        if not isinstance(time, datetime):
            raise MalformedMessage("no time")
        envelope = Envelope(
            id=UUID(event.get_id()),
            type=event.get_type(),
            source=event.get_source(),
            time=time,
            subject=event.get_subject() or "",
            aggregate_version=int(event.get_extension("aggregateversion")),
            gemeentecode=event.get_extension("gemeentecode"),
            traceparent=event.get_extension("traceparent"),
            key=message.key,
        )
        return envelope, event.get_data()
    except MalformedMessage:
        raise
    except Exception as fault:
        # The SDK has a class of its own per attribute; for the reader they all mean one thing.
        raise MalformedMessage(f"{type(fault).__name__}: {fault}") from fault
