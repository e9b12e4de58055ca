# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What notifications can do: one function, one use case, one transaction."""

from services.notifications.actions.clocks import fire_due, meet_clocks, set_clocks, withdraw_clocks
from services.notifications.actions.handing_over import hand_over, undo_hand_over
from services.notifications.actions.mail import (
    claim_mail,
    note_fault,
    note_sent,
    offer_again,
    put_mailbox,
)
from services.notifications.actions.offering import learn_scope, offer_events
from services.notifications.actions.people import assign_lead, learn_people
from services.notifications.actions.signals import handle_signal, raise_signal, withdraw_signal
from services.notifications.actions.webhooks import (
    change_webhook,
    claim_deliveries,
    note_outcomes,
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
    "hand_over",
    "handle_signal",
    "learn_people",
    "learn_scope",
    "meet_clocks",
    "note_fault",
    "note_outcomes",
    "note_sent",
    "offer_again",
    "offer_events",
    "put_mailbox",
    "raise_signal",
    "renew_secret",
    "replay_deliveries",
    "seen_webhook",
    "set_clocks",
    "stop_webhook",
    "subscribe",
    "undo_hand_over",
    "withdraw_clocks",
    "withdraw_signal",
]
