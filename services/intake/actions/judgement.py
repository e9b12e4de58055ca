# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether a PIP was in time, as published with it, and judged again when a day it hangs on is corrected."""

from typing import cast

from chassis.db import Tx
from contracts.intake import Leerroute, PipSigned
from services.intake.actions import clocks
from services.intake.models import Inburgeraar, Pip
from services.intake.rules import clocks as rules
from services.intake.store import decisions

__all__ = ["publish_signed", "rejudge"]


async def publish_signed(tx: Tx, person: Inburgeraar, pip: Pip) -> None:
    """Publish a version of the PIP. The person's version counts it: raise that first."""
    term = rules.term(pip.first_signed_on)
    event = PipSigned(
        inburgeraar_id=person.id,
        pip_id=pip.id,
        pip_version=pip.version,
        signed_on=pip.signed_on,
        first_signed_on=pip.first_signed_on,
        on_time=pip.on_time,
        leerroute=cast("Leerroute", pip.leerroute),
        level=pip.level,  # type: ignore[arg-type]  # the table holds the codes of the law only
        term_starts_on=term.starts_on,
        term_ends_on=term.ends_on,
    )
    await tx.publish(event, aggregate_id=person.id, version=person.version, gemeentecode=person.gemeentecode)


async def rejudge(tx: Tx, person: Inburgeraar) -> None:
    """Judge the PIPs of the present gemeente again after a correction of the facts.

    An amendment shares the judgement of the decision that it amends, so it changes with it. The
    decision itself, with its reason for a delay, stays as it was signed.
    """
    move = await decisions.last_move(tx, person.id)
    clock = await clocks.pip_clock(tx, person, move)
    judged = [pip for pip in await decisions.pips(tx, person.id) if pip.cause == clocks.cause_of(move)]
    for pip in judged:
        due_on = None if clock is None else clock.due_on
        on_time = rules.is_on_time(judged[0].signed_on, clock)
        if (pip.due_on, pip.on_time) == (due_on, on_time):
            continue
        pip.due_on, pip.on_time = due_on, on_time
        person.version += 1
        await publish_signed(tx, person, pip)
