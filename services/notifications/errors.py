# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Faults of notifications that a caller may see."""

from datetime import datetime
from typing import Self
from uuid import UUID

from chassis.clock import AMSTERDAM
from chassis.errors import Conflict, Unavailable

__all__ = [
    "AlreadyHandled",
    "DeliveryNotFailed",
    "SignalIsWithdrawn",
    "TooManyReceivers",
    "WebhookIsStopped",
    "WebhooksOff",
]


class AlreadyHandled(Conflict):
    """Somebody handled the signal first."""

    code = "signal-already-handled"
    title = "Dit signaal is al afgehandeld"
    remedy = "Bekijk het signaal: daar staat wie het heeft afgehandeld, wanneer en hoe."

    @classmethod
    def by(cls, member_id: UUID, at: datetime) -> Self:
        """The fault that says who was first, and when."""
        local = at.astimezone(AMSTERDAM)
        return cls(
            f"Dit signaal is op {local:%d-%m-%Y} om {local:%H:%M} al afgehandeld.",
            extra={"handledBy": str(member_id), "handledAt": at.isoformat()},
        )


class SignalIsWithdrawn(Conflict):
    """The facts behind the signal are gone, or a later signal took its place."""

    code = "signal-withdrawn"
    title = "Dit signaal is ingetrokken"
    remedy = "Er is niets meer te doen voor dit signaal. Ververs de werklijst."

    @classmethod
    def because(cls, reason: str) -> Self:
        """The fault that carries the code of the reason."""
        return cls(
            "Dit signaal is ingetrokken, omdat de gegevens zijn gewijzigd of een later signaal"
            " ervoor in de plaats kwam.",
            extra={"reason": reason},
        )


class DeliveryNotFailed(Conflict):
    """Only a mail that was given up can be offered again."""

    code = "delivery-not-failed"
    title = "Deze bezorging is niet mislukt"
    remedy = "Alleen een bezorging met status 'failed' kan opnieuw worden aangeboden."


class WebhooksOff(Unavailable):
    """This installation has no keys for the secrets of webhooks."""

    code = "webhooks-off"
    title = "Webhooks staan hier uit"
    remedy = (
        "Vraag beheer om NOTIFICATIONS_ENCRYPTION_KEYS in te stellen. Daarna kunt u een ontvanger aanmelden."
    )


class TooManyReceivers(Conflict):
    """An organisation has as many receivers as one may have."""

    code = "too-many-receivers"
    title = "Er zijn al veel ontvangers"
    remedy = (
        "Beëindig een ontvanger die niet meer nodig is, of neem meer soorten gebeurtenissen op één adres af."
    )


class WebhookIsStopped(Conflict):
    """The receiver was stopped for good."""

    code = "webhook-stopped"
    title = "Deze ontvanger is beëindigd"
    remedy = "Meld de ontvanger opnieuw aan; die krijgt dan een nieuw geheim."
