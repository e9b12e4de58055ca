# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Messages are made and read by hand for speed, exactly as the CloudEvents SDK makes and reads them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event, to_binary_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from chassis.bus import MalformedMessage, Message, decode, encode

SOURCE = "urn:nld:oin:00000000000000000000:systeem:intake"
ROW: Mapping[str, Any] = {
    "id": UUID(int=5),
    "topic": "inburgering.intake.v1",
    "key": "a5c6",
    "type": "nl.inburgering.intake.lead-assigned.v1",
    "subject": "0b9f0a3e-8d2c-4c88-9a2b-7f1d5d3c2b20",
    "aggregate_version": 3,
    "gemeentecode": "1916",
    "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
    "time": datetime(2024, 11, 5, 8, 0, 0, 120, tzinfo=UTC),
    "data": {"naam": "é ☃", "uren": 2.5, "leeg": None, "lijst": [1, True]},
}
CASES = [
    pytest.param({}, id="all attributes"),
    pytest.param({"gemeentecode": None, "traceparent": None}, id="of no gemeente, in no trace"),
    pytest.param({"time": datetime(2024, 11, 5, 8, tzinfo=UTC)}, id="a whole second"),
    pytest.param({"key": "sleutel é"}, id="a key beyond ASCII"),
    pytest.param({"data": {}}, id="no data"),
]


def by_the_sdk(row: Mapping[str, Any]) -> Message:
    extensions = {"partitionkey": row["key"], "aggregateversion": row["aggregate_version"]}
    extensions |= {name: row[name] for name in ("gemeentecode", "traceparent") if row[name] is not None}
    event = CloudEvent(
        attributes={
            "id": str(row["id"]),
            "source": SOURCE,
            "type": row["type"],
            "time": row["time"],
            "subject": row["subject"],
            "specversion": "1.0",
            "datacontenttype": "application/json",
            "dataschema": f"urn:nld:oin:00000000000000000000:systeem:schema:{row['type']}",
            **extensions,
        },
        data=row["data"],
    )
    made = to_binary_event(event, JSONFormat(), key_mapper=lambda _: row["key"])
    return Message(row["topic"], row["key"], bytes(made.value or b""), dict(made.headers))


@pytest.mark.parametrize("other", CASES)
def test_a_message_is_what_the_sdk_makes_of_the_row(other: Mapping[str, Any]) -> None:
    row = {**ROW, **other}
    assert encode(row, source=SOURCE) == by_the_sdk(row)


@pytest.mark.parametrize("other", CASES)
def test_a_message_says_what_the_sdk_reads_in_it(other: Mapping[str, Any]) -> None:
    message = by_the_sdk({**ROW, **other})
    envelope, data = decode(message)
    event = from_kafka_event(KafkaMessage(dict(message.headers), message.key, message.value), JSONFormat())
    assert (str(envelope.id), envelope.type, envelope.source) == (
        event.get_id(),
        event.get_type(),
        event.get_source(),
    )
    assert (envelope.time, envelope.subject) == (event.get_time(), event.get_subject())
    assert envelope.aggregate_version == int(event.get_extension("aggregateversion"))
    assert (envelope.gemeentecode, envelope.traceparent) == (
        event.get_extension("gemeentecode"),
        event.get_extension("traceparent"),
    )
    assert data == event.get_data()


def test_an_instant_without_a_time_zone_is_never_sent() -> None:
    with pytest.raises(ValueError, match="time zone"):
        encode({**ROW, "time": datetime(2024, 11, 5, 8)}, source=SOURCE)  # noqa: DTZ001 - the point


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"ce_id": b"no-uuid"}, id="no UUID"),
        pytest.param({"ce_specversion": b"7.0"}, id="another version of CloudEvents"),
        pytest.param({"ce_aggregateversion": b"-1x"}, id="no number"),
        pytest.param({"ce_time": b"yesterday"}, id="no instant"),
        pytest.param({"ce_type": b""}, id="no type"),
        pytest.param({"ce_source": b"\xff"}, id="no text"),
    ],
)
def test_what_is_no_event_of_ours_is_malformed(change: Mapping[str, bytes]) -> None:
    message = encode(ROW, source=SOURCE)
    with pytest.raises(MalformedMessage):
        decode(Message(message.topic, message.key, message.value, {**message.headers, **change}))


def test_data_that_is_no_json_is_no_object() -> None:
    message = encode(ROW, source=SOURCE)
    _, data = decode(Message(message.topic, message.key, b"{", message.headers))
    assert not isinstance(data, dict), "the reader then puts it with the dead letters"
