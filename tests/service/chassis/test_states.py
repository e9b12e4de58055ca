# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole states that come in one batch are compared with what was applied and with each other, in few statements."""

from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from chassis.bus import Message
from chassis.testing import Bench, event_message
from contracts.intake import InburgeraarCorrected


def state(bench: Bench, person: UUID, version: int, code: str) -> Message:
    """A whole state of one person."""
    event = InburgeraarCorrected.model_validate(
        {
            "inburgeraar_id": person,
            "law": "wi2021",
            "group": "statushouder",
            "permit_type": "asiel",
            "obliged_on": "2024-01-01",
            "responsible_gemeentecode": code,
            "executing_gemeentecode": "1916",
        }
    )
    return event_message(
        event, id=uuid4(), gemeentecode=code, aggregate_id=person, version=version, now=bench.clock.now()
    )


async def test_of_the_states_in_one_batch_the_newest_stays(bench: Bench) -> None:
    one, other = uuid4(), uuid4()
    told = ((one, 2, "0002"), (other, 5, "0005"), (one, 4, "0004"), (one, 3, "0003"), (other, 5, "0009"))
    compared: list[Any] = []

    def note(*of_cursor: Any) -> None:
        if "inbox_version" in of_cursor[2]:
            compared.append(of_cursor[3])

    engine = bench.live.context.database.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        await bench.live.reader.deliver([state(bench, *each) for each in told])
        await bench.live.reader.deliver([state(bench, one, 1, "0001"), state(bench, other, 6, "0006")])
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    rows = await bench.sql("SELECT inburgeraar_id, version, gemeentecode FROM sample.state")
    assert {row.inburgeraar_id: (row.version, row.gemeentecode) for row in rows} == {
        one: (4, "0004"),
        other: (6, "0006"),
    }
    assert len(compared) == 3 + 1, (
        "once for the first of each person, once for the second, once for the third"
    )
