# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The key of a house: who takes over hears of it, and no longer once it turns out that nobody moved in (HO-21)."""

from datetime import date, datetime
from uuid import UUID, uuid5

from chassis.db import Tx
from services.notifications import store
from services.notifications.actions.signals import raise_signal, withdraw_signals
from services.notifications.rules import SignalKind, WithdrawnReason
from services.notifications.settings import NotificationsSettings

__all__ = ["hand_over", "undo_hand_over"]

RULE = "Afspraak van de keten: bij de sleutel dragen gemeente, VluchtelingenWerk en school samen over (rapport, 5.2.3)"


async def hand_over(
    tx: Tx,
    settings: NotificationsSettings,
    *,
    inburgeraar_id: UUID,
    match_id: UUID,
    household_id: UUID,
    key_on: date,
    move_due_on: date,
    version: int,
    raised_at: datetime,
    gemeentecode: str | None,
) -> None:
    """Tell the lead of somebody, and VluchtelingenWerk in the gemeente, that the household has its key.

    A signal per person, since each may have another lead. It is to be handled before the last day of the move.
    A key that is told of again after it was taken back raises new ones: `version` is that of the match.
    """
    await store.signals.take_turns(tx, _first_of(match_id, inburgeraar_id))
    await raise_signal(
        tx,
        settings,
        signal_id=_signal_of(match_id, inburgeraar_id, version),
        kind=SignalKind.KEY_HANDED_OVER,
        rule=RULE,
        facts={
            "keyOn": key_on.isoformat(),
            "moveDueOn": move_due_on.isoformat(),
            "householdId": str(household_id),
            "matchId": str(match_id),
        },
        raised_at=raised_at,
        gemeentecode=gemeentecode,
        inburgeraar_id=inburgeraar_id,
        organisation_id=None,
        due_on=move_due_on,
    )


async def undo_hand_over(tx: Tx, *, inburgeraar_id: UUID, match_id: UUID, version: int) -> None:
    """Take the signals from the lists that an earlier version of the match raised: the key was of no use.

    What was handled stays handled.
    """
    first = _first_of(match_id, inburgeraar_id)
    await store.signals.take_turns(tx, first)
    earlier = [first, *(_signal_of(match_id, inburgeraar_id, one) for one in range(1, version))]
    await withdraw_signals(tx, earlier, reason=WithdrawnReason.NOT_HOUSED)


def _first_of(match_id: UUID, inburgeraar_id: UUID) -> UUID:
    """Where all signals of a match and a person take turns; signals of before they were told apart have this id."""
    return uuid5(match_id, f"key-handed-over:{inburgeraar_id}")


def _signal_of(match_id: UUID, inburgeraar_id: UUID, version: int) -> UUID:
    """The same for the same key and person, whoever tells of it and however often."""
    return uuid5(match_id, f"key-handed-over:{inburgeraar_id}:{version}")
