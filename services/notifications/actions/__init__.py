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
from services.notifications.actions.webhooks import (
    change_webhook,
    claim_deliveries,
    learn_scope,
    note_outcomes,
    offer_event,
    renew_secret,
    replay_deliveries,
    seen_webhook,
    stop_webhook,
    subscribe,
)

__all__ = [
    "assign_lead",
    "change_webhook",
    "claim_deliveries",
    "claim_mail",
    "fire_due",
    "handle_signal",
    "learn_person",
    "learn_scope",
    "meet_clock",
    "note_fault",
    "note_outcomes",
    "note_sent",
    "offer_again",
    "offer_event",
    "put_mailbox",
    "raise_signal",
    "renew_secret",
    "replay_deliveries",
    "seen_webhook",
    "set_clock",
    "stop_webhook",
    "subscribe",
    "withdraw_clock",
    "withdraw_signal",
]
