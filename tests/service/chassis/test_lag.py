# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How far a reader is, where the brokers refuse to say: the gauges of a service go on without it."""

from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError

from chassis.bus_kafka import KafkaBus


class _Refused:
    """A reader whose right to look was taken away."""

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition("a", 0)}

    async def end_offsets(self, parts: Any) -> Any:
        raise TopicAuthorizationFailedError(parts)


async def test_brokers_that_refuse_to_say_are_told_as_away() -> None:
    bus = KafkaBus("127.0.0.1:1", client_id="lag")
    bus._consumers["x"] = _Refused()
    with pytest.raises(ConnectionError, match="TopicAuthorizationFailedError"):
        await bus.lag("x")
