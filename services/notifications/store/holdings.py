# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What notifications holds of a person: clocks, signals, what was done with them. All of it goes together."""

from chassis.care.holdings import Care, Holding, Sealed, of_persons

__all__ = ["CARE"]

_SIGNALS = f"SELECT s.id FROM signal s WHERE {of_persons('s.inburgeraar_id')}"
_DEADLINES = f"SELECT d.id FROM deadline d WHERE {of_persons('d.inburgeraar_id')}"

CARE = Care(
    people="SELECT inburgeraar_id FROM person",
    gemeente="SELECT gemeentecode FROM person WHERE inburgeraar_id = :person",
    holdings=(
        Holding("handling_note", "Notities bij signalen", rows=f"signal_id IN ({_SIGNALS})"),
        Holding("handling", "Wat met signalen is gedaan", rows=f"signal_id IN ({_SIGNALS})"),
        Holding("delivery_signal", "Over welke signalen is gemaild", rows=f"signal_id IN ({_SIGNALS})"),
        Holding("signal_place", "Gemeente van signalen", rows=f"signal_id IN ({_SIGNALS})"),
        Holding(
            "webhook_delivery",
            "Wat naar systemen van gemeenten is gestuurd",
            rows="key = ANY (CAST(CAST(:persons AS uuid[]) AS text[]))",
        ),
        Holding("signal", "Signalen"),
        Holding("deadline_firing", "Termijnen die zijn afgegaan", rows=f"deadline_id IN ({_DEADLINES})"),
        Holding("deadline", "Termijnen"),
        Holding("person", "Gemeente en consulent"),
    ),
    impersonal=frozenset(
        {
            "early_withdrawal",  # the id of a signal that has not come
            "mailbox",  # addresses of members
            "delivery",  # mails to members, which name nobody
            "webhook_subscription",
            "webhook_secret",
            "webhook_scope",
        }
    ),
    sealed=(Sealed("webhook_secret", "key_id", "encryption_keys"),),
)
"""What notifications holds of a person."""
