# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The states in which housing refuses: one class each, for the caller and the documentation."""

from datetime import date

from chassis.errors import Conflict

__all__ = ["AgreementExists", "CorporationExists", "on_day"]


def on_day(day: date) -> str:
    """A day as people in the Netherlands write it."""
    return day.strftime("%d-%m-%Y")


class CorporationExists(Conflict):
    """The organisation is on the list already."""

    code = "corporation-exists"
    title = "Deze corporatie is al bekend"
    remedy = "Haal de corporaties op en gebruik de bestaande."


class AgreementExists(Conflict):
    """There is an agreement for this corporation, gemeente and year."""

    code = "performance-agreement-exists"
    title = "Er is al een prestatieafspraak"
    remedy = "Haal de afspraken van de corporatie op. Een jaar heeft per gemeente één afspraak."
