# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How events travel: one protocol, two buses (`bus_memory`, `bus_kafka`), one behaviour suite.

A message is a CloudEvent in binary mode: the data is the value, every attribute a header.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Protocol
from uuid import UUID

import orjson
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from cloudevents.core.formats.json import JSONFormat

from contracts.event import Envelope

_JSON = "application/json"

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

    def lacks(self) -> str:
        """What the bus refuses and a service can go on without, in words; empty where it refuses nothing."""
        ...


def encode(row: Mapping[str, Any], *, source: str, dataref: str | None = None) -> Message:
    """A message from an outbox row.

    Args:
        row: the columns of the outbox; its data as it is, or as the text of its JSON.
        source: URN of the publishing system (NL GOV profile).
        dataref: where the rest can be asked by who may.
    """
    if row["time"].tzinfo is None:
        raise ValueError("an instant has a time zone")
    # By hand, as the CloudEvents SDK does it: that takes five times as long, and a test compares the two.
    headers = {
        "ce_id": str(row["id"]).encode(),
        "ce_time": row["time"].isoformat().replace("+00:00", "Z").encode(),
        "ce_subject": row["subject"].encode(),
        "ce_partitionkey": row["key"].encode(),
        "ce_aggregateversion": str(row["aggregate_version"]).encode(),
        **_of_type(source, row["type"]),
    }
    for name in ("gemeentecode", "traceparent"):
        if row[name] is not None:
            headers[f"ce_{name}"] = row[name].encode()
    if dataref is not None:
        headers["ce_dataref"] = dataref.encode()
    return Message(
        topic=row["topic"],
        key=row["key"],
        value=(data if isinstance(data := row["data"], str) else json.dumps(data)).encode(),
        headers=headers,
    )


@cache
def _of_type(source: str, type_: str) -> Mapping[str, bytes]:
    """The attributes that all events of a kind have in common."""
    return {
        "ce_source": source.encode(),
        "ce_type": type_.encode(),
        "ce_specversion": b"1.0",
        "content-type": _JSON.encode(),
        "ce_dataschema": f"{source.rpartition(':')[0]}:schema:{type_}".encode(),
    }


def decode(message: Message) -> tuple[Envelope, Any]:
    """The envelope and the data of a message.

    Raises:
        MalformedMessage: it is not a CloudEvent, or an attribute that we need is missing.
    """
    try:
        return _plain(message)
    except (KeyError, ValueError, RecursionError):
        return _foreign(message)


def _plain(message: Message) -> tuple[Envelope, Any]:
    """A message in the form of `encode`, read by hand: the SDK takes five times as long.

    Raises:
        KeyError, ValueError, RecursionError: it has another form; the SDK knows whether that one is allowed.
    """
    headers = message.headers
    version, time = headers["ce_aggregateversion"], datetime.fromisoformat(headers["ce_time"].decode())
    if headers["ce_specversion"] != b"1.0" or headers["content-type"] != _JSON.encode():
        raise ValueError("another form")
    if not version.isdigit() or time.tzinfo is None or not headers["ce_source"] or not headers["ce_type"]:
        raise ValueError("another form")
    gemeentecode, traceparent = headers.get("ce_gemeentecode"), headers.get("ce_traceparent")
    envelope = Envelope(
        id=UUID(headers["ce_id"].decode()),
        type=headers["ce_type"].decode(),
        source=headers["ce_source"].decode(),
        time=time,
        subject=headers["ce_subject"].decode(),
        aggregate_version=int(version),
        gemeentecode=None if gemeentecode is None else gemeentecode.decode(),
        traceparent=None if traceparent is None else traceparent.decode(),
        key=message.key,
    )
    return envelope, orjson.loads(message.value)


def _foreign(message: Message) -> tuple[Envelope, Any]:
    """A message in any form that CloudEvents allow."""
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
