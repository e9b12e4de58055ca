# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What households and what they agree to refuse."""

from chassis.errors import Conflict

__all__ = [
    "ConsentExists",
    "ConsentUsed",
    "HomeLeft",
    "HouseholdEnded",
    "HouseholdMatched",
    "NotItsHome",
    "PersonInHousehold",
    "ReferenceExists",
    "ReunionOver",
]


class HouseholdMatched(Conflict):
    """A match holds the household."""

    code = "household-already-matched"
    title = "Dit huishouden heeft al een match"
    remedy = (
        "Haal de matches van het huishouden op. Eén match tegelijk: wijs de lopende eerst af of rond hem af."
    )


class HouseholdEnded(Conflict):
    """The household was housed, or its link ended."""

    code = "household-ended"
    title = "Dit huishouden wacht niet meer op een huis"
    remedy = "Haal het huishouden op; het veld 'status' zegt of het is gehuisvest of ontkoppeld."


class PersonInHousehold(Conflict):
    """Somebody is a member of another household now."""

    code = "person-in-household"
    title = "Deze persoon is al lid van een huishouden"
    remedy = "Zoek het huishouden op met 'inburgeraarId' en verbeter dat, of laat deze persoon weg."


class ReferenceExists(Conflict):
    """The gemeente has something with this reference."""

    code = "reference-exists"
    title = "Dit kenmerk is al in gebruik"
    remedy = "Zoek op met 'reference' en wijzig wat er is."


class NotItsHome(Conflict):
    """The household does not live in the home by which it counted: it moved on, or never had it."""

    code = "not-its-home"
    title = "Dit huishouden woont nu niet in dit huis"
    remedy = "Klopt alleen de telling niet, neem de realisatie dan terug zonder 'cause'."


class HomeLeft(Conflict):
    """It was recorded before that the household left this home."""

    code = "home-left"
    title = "Dit huishouden woont al niet meer in dit huis"
    remedy = "Haal de match op; 'leftOn' en 'leftReason' zeggen wat is vastgelegd."


class ConsentExists(Conflict):
    """The household agrees to it already."""

    code = "consent-exists"
    title = "Deze toestemming is er al"
    remedy = "Er is niets te doen: haal de toestemmingen van het huishouden op."


class ConsentUsed(Conflict):
    """What was agreed to happens already."""

    code = "consent-used"
    title = "Deze toestemming wordt al gebruikt"
    remedy = "Laat de match eerst afwijzen of rond hem af; leg daarna een taak voor een andere woning vast."


class ReunionOver(Conflict):
    """The family came, or is no longer expected."""

    code = "reunion-over"
    title = "Deze nareis is al afgerond"
    remedy = "Haal het huishouden op; leg voor ander gezin een nieuwe verwachting vast."
