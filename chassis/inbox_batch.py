# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A batch of events as a reader takes it: whom each is about, which are the newest, what one call takes together."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from chassis import trace
from chassis.bus import Message
from chassis.db import Tx
from chassis.logs import request_line
from chassis.metrics import metrics
from chassis.service import Handler
from contracts.event import Envelope, Event

__all__ = ["Newest", "Parsed", "person_of", "runs", "tell_handled"]


class Parsed(NamedTuple):
    """A message as it is understood."""

    message: Message
    envelope: Envelope
    event: Event
    handler: Handler
    person: UUID | None  # whom it is about


def person_of(envelope: Envelope, event: Event) -> UUID | None:
    """Whom an event is about, if it is about a person."""
    person = getattr(event, "inburgeraar_id", None)
    if isinstance(person, UUID):
        return person
    try:
        return UUID(envelope.key)
    except ValueError:
        return None


class Newest:
    """The last version of each aggregate that a service applied, for the events that carry whole states."""

    def __init__(self, service: str, schema: str) -> None:
        self._service = service
        # In one order for all, so that two readers never wait for each other in a circle.
        self._raised = sa.text(
            f"INSERT INTO {schema}.inbox_version AS v (family, subject, version) "
            "SELECT * FROM unnest(CAST(:families AS text[]), CAST(:subjects AS text[]), CAST(:versions AS int[])) "
            "ORDER BY 1, 2 ON CONFLICT (family, subject) DO UPDATE SET version = excluded.version "
            "WHERE v.version < excluded.version RETURNING family, subject"
        )

    async def of(self, tx: Tx, batch: Sequence[Parsed]) -> list[Parsed]:
        """Of a batch what carries no older state than was applied, each compared with the one before it too.

        One statement for the first events of all aggregates, one for the second, and so on.
        """
        rounds: list[dict[tuple[str, str], int]] = []
        place: dict[
            int, tuple[int, tuple[str, str]]
        ] = {}  # of an event in the batch → its round, its aggregate
        seen: Counter[tuple[str, str]] = Counter()
        for index, one in enumerate(batch):
            if (family := one.handler.family) is None:
                continue
            aggregate = (family, one.envelope.subject)
            if seen[aggregate] == len(rounds):
                rounds.append({})
            place[index] = (seen[aggregate], aggregate)
            rounds[seen[aggregate]][aggregate] = one.envelope.aggregate_version
            seen[aggregate] += 1
        newer = [await self._raise(tx, versions) for versions in rounds]
        fit: list[Parsed] = []
        for index, one in enumerate(batch):
            if index in place and place[index][1] not in newer[place[index][0]]:
                metrics().stale.labels(self._service, one.envelope.type).inc()
            else:
                fit.append(one)
        return fit

    async def _raise(self, tx: Tx, versions: dict[tuple[str, str], int]) -> set[tuple[str, str]]:
        """Raise the version of each of these aggregates; answers of which it was lower."""
        values = {
            "families": [family for family, _ in versions],
            "subjects": [subject for _, subject in versions],
            "versions": list(versions.values()),
        }
        return {(row.family, row.subject) for row in await tx.rows(self._raised, values)}


def runs(batch: Sequence[Parsed]) -> Iterator[tuple[Handler, list[tuple[Event, Envelope]]]]:
    """Events that one call takes together: of one kind, and of different keys and people.

    What is promised is the order per key, and nothing that speaks of a person overtakes anything else that does. So
    the first events of all keys are one round, the second ones the next; within a round those of a kind come together.
    """
    rounds: list[dict[str, tuple[Handler, list[tuple[Event, Envelope]]]]] = []
    next_of: dict[object, int] = {}  # key or person → the round that its next event can be in
    for _, envelope, event, handler, person in batch:
        key, about = envelope.key, envelope.key if person is None else str(person)
        nth = next_of.get(key, 0)
        if about != key:
            nth = max(nth, next_of.get(about, 0))
            next_of[about] = nth + 1
        next_of[key] = nth + 1
        if nth == len(rounds):
            rounds.append({})
        rounds[nth].setdefault(envelope.type, (handler, []))[1].append((event, envelope))
    for kinds in rounds:
        for handler, events in kinds.values():
            if handler.apply_many is not None:
                yield handler, events
            else:
                yield from ((handler, [one]) for one in events)


def tell_handled(service: str, done: Sequence[Parsed], spans: Mapping[str | None, trace.Trace]) -> None:
    """Write what was handled, so that a request can be followed into every service: a line per kind of event.

    Args:
        service: that handled them.
        done: what took effect.
        spans: in which a handler ran, by what led to it.
    """
    kinds: dict[str, list[str | None]] = {}
    for one in done:
        kinds.setdefault(one.envelope.type, []).append(one.envelope.traceparent)
    for type_, led in kinds.items():
        here = [spans.get(one) or trace.parse(one) for one in dict.fromkeys(led)]
        facts: dict[str, object] = {"service": service, "type": type_, "count": len(led)}
        if len(traces := list(dict.fromkeys(one.trace_id for one in here))) > 1:
            facts["trace_ids"] = traces
        token = trace.enter(here[0])
        try:
            request_line("events_handled", facts)
        finally:
            trace.leave(token)
