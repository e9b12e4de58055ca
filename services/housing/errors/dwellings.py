# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What corporations, their dwellings and the policy of gemeenten refuse."""

from chassis.errors import Conflict

__all__ = [
    "AgreementExists",
    "CorporationExists",
    "DwellingInUse",
    "DwellingNotOffered",
    "DwellingTaken",
    "UrgencyRuleExists",
]


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


class UrgencyRuleExists(Conflict):
    """Another urgency rule of the gemeente begins on that day."""

    code = "urgency-rule-exists"
    title = "Vanaf deze dag is er al een urgentieregeling"
    remedy = "Kies een andere dag, of haal de regelingen van de gemeente op."


class DwellingTaken(Conflict):
    """Another match was first."""

    code = "dwelling-taken"
    title = "Voor deze woning is er al een match"
    remedy = "Kies een andere woning, of wacht tot de match die er is afloopt."


class DwellingNotOffered(Conflict):
    """The dwelling was let or withdrawn."""

    code = "dwelling-not-offered"
    title = "Deze woning wordt niet aangeboden"
    remedy = "Haal de woningen met status 'offered' op en kies daaruit."


class DwellingInUse(Conflict):
    """A match holds the dwelling."""

    code = "dwelling-in-use"
    title = "Voor deze woning loopt een match"
    remedy = "Rond de match eerst af of laat hem afwijzen."
