# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What notifications can do: one function, one use case, one transaction."""

from services.notifications.actions.clocks import fire_due, meet_clock, set_clock, withdraw_clock
from services.notifications.actions.mail import (
    claim_mail,
    note_fault,
    note_sent,
    offer_again,
    put_mailbox,
)
from services.notifications.actions.people import assign_lead, learn_person
from services.notifications.actions.signals import handle_signal, raise_signal, withdraw_signal

__all__ = [
    "assign_lead",
    "claim_mail",
    "fire_due",
    "handle_signal",
    "learn_person",
    "meet_clock",
    "note_fault",
    "note_sent",
    "offer_again",
    "put_mailbox",
    "raise_signal",
    "set_clock",
    "withdraw_clock",
    "withdraw_signal",
]
