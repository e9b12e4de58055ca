# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The bus of one process: from the outbox straight to the handlers.

It keeps nothing itself. A message counts as sent only when every group that reads its topic has
taken it, so the outbox is the queue and a kill loses nothing: what was not marked comes again.
"""

import asyncio
from collections.abc import Mapping, Sequence

from chassis.bus import Deliver, Message

__all__ = ["MemoryBus"]


class MemoryBus:
    """A bus within one process, with the same promises as Kafka: at least once, in order per key."""

    def __init__(self) -> None:
        self._groups: dict[str, tuple[frozenset[str], Deliver, asyncio.Lock]] = {}
        self.dead: list[Message] = []  # what was sent to a dead-letter topic, for whoever looks

    async def start(self) -> None:
        """Nothing to connect."""

    async def stop(self) -> None:
        """Nothing to disconnect."""

    async def subscribe(self, group: str, topics: Sequence[str], deliver: Deliver) -> None:
        """Let a group take the messages of these topics."""
        self._groups[group] = (frozenset(topics), deliver, asyncio.Lock())

    async def send(self, messages: Sequence[Message]) -> list[Exception | None]:
        """Hand the messages to every group; sent is what all groups took."""
        self.dead.extend(message for message in messages if message.topic.endswith(".dlq"))
        faults = await asyncio.gather(*(self._hand(messages, *entry) for entry in self._groups.values()))
        for fault in faults:
            if fault is not None:
                return [fault] * len(messages)
        return [None] * len(messages)

    async def _hand(
        self, messages: Sequence[Message], topics: frozenset[str], deliver: Deliver, lock: asyncio.Lock
    ) -> Exception | None:
        wanted = [message for message in messages if message.topic in topics]
        if not wanted:
            return None
        # One batch at a time per group, as one partition has one reader.
        async with lock:
            try:
                await deliver(wanted)
            except Exception as fault:  # noqa: BLE001 - whatever it is, the relay keeps the events
                return fault
        return None

    async def lag(self, group: str) -> Mapping[str, int]:
        """Always none: what was not taken is still in the outbox."""
        return dict.fromkeys(self._groups[group][0], 0) if group in self._groups else {}

    def alive(self) -> bool:
        """Always."""
        return True

    async def probe(self) -> None:
        """Nothing to ask."""

    def wrong(self) -> str:
        """Nothing can be."""
        return ""

    def lacks(self) -> str:
        """Nothing."""
        return ""
