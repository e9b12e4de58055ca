# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The states in which housing refuses: one class each, for the caller and the documentation."""

from datetime import date

from chassis.errors import Conflict, InvalidInput

__all__ = [
    "ActionPlanClosed",
    "AgreementExists",
    "ConsentExists",
    "ConsentUsed",
    "CorporationExists",
    "CorrectionReasonRequired",
    "DwellingInUse",
    "DwellingNotOffered",
    "DwellingTaken",
    "ExchangeMissing",
    "ExchangeNotPossible",
    "ExchangeOver",
    "HistoryExists",
    "HouseholdEnded",
    "HouseholdMatched",
    "HousingFileNotUsable",
    "JobCancelled",
    "JobOver",
    "LadderStepExists",
    "LetterExists",
    "MatchDecided",
    "NotInSearch",
    "NotItsHome",
    "PersonInHousehold",
    "PinExists",
    "PinsClash",
    "RealisationTakenBack",
    "ReferenceExists",
    "ReunionOver",
    "RuleBroken",
    "SearchInputGone",
    "SearchNotDone",
    "SearchNotPossible",
    "SearchRunning",
    "StepNotPossible",
    "SwapNotPossible",
    "SwapOver",
    "SwappedMeanwhile",
    "SwitchedOff",
    "UrgencyRuleExists",
    "on_day",
]


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


class CorrectionReasonRequired(InvalidInput):
    """A half-year that is over is changed, and nobody said why."""

    code = "correction-reason-required"
    title = "Dit halfjaar is afgesloten en de reden van de correctie ontbreekt"
    remedy = "Stuur het veld 'correctionReason' mee met de reden. De oude taakstelling blijft bewaard."


class SwitchedOff(Conflict):
    """The law does not know this on that day."""

    code = "law-switched-off"
    title = "De wet kent dit op die dag niet"
    remedy = "Kijk bij de wetswijzigingen wat op die dag geldt; 'rule' noemt de bron."


class HistoryExists(Conflict):
    """The years before the platform were imported with other figures, or the account has begun already."""

    code = "history-exists"
    title = "De geschiedenis van deze gemeente is al vastgelegd"
    remedy = (
        "Cijfers worden niet overschreven. Leg een correctie vast met de reden en de dag waarop die ingaat."
    )


class RealisationTakenBack(Conflict):
    """The realisation no longer counts, or is itself what takes another one back."""

    code = "realisation-taken-back"
    title = "Deze realisatie is al teruggenomen"
    remedy = "Haal de realisaties van het huishouden op; 'corrects' zegt welke regel welke terugneemt."


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


class SwapNotPossible(InvalidInput):
    """The targets after the swap cannot be."""

    code = "swap-not-possible"
    title = "Deze uitruil kan niet"
    remedy = "Noem de nieuwe taakstelling van twee of meer gemeenten; de som blijft gelijk aan de som ervoor."


class SwappedMeanwhile(Conflict):
    """The targets are no longer those on which the parties agreed."""

    code = "swap-outdated"
    title = "De taakstellingen zijn intussen veranderd"
    remedy = "Trek deze uitruil in en stel een nieuwe voor met de taakstellingen die nu gelden."


class SwapOver(Conflict):
    """The swap counts already, or was withdrawn."""

    code = "swap-over"
    title = "Deze uitruil is al afgerond"
    remedy = "Haal de uitruil op. Is hij niet goed, stel dan een nieuwe voor die hem terugdraait."


class LadderStepExists(Conflict):
    """A step of that day is recorded already."""

    code = "ladder-step-exists"
    title = "Vanaf deze dag is al een trede vastgelegd"
    remedy = "Kies een andere dag, of verleng de trede die er is."


class LetterExists(Conflict):
    """The letter is recorded already."""

    code = "letter-exists"
    title = "Deze brief is al vastgelegd"
    remedy = "Een kenmerk komt per gemeente één keer voor. Haal de brieven van de gemeente op."


class ActionPlanClosed(Conflict):
    """The plan is closed."""

    code = "action-plan-closed"
    title = "Dit plan van aanpak is afgesloten"
    remedy = "Maak een nieuw plan van aanpak voor nieuwe maatregelen."


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


class RuleBroken(Conflict):
    """Household and dwelling do not go together; `errors` name each rule."""

    code = "match-breaks-rule"
    title = "Deze woning past niet bij dit huishouden"
    remedy = (
        "Onder 'errors' staat elke regel die de match breekt. Kies een andere woning of een ander huishouden."
    )


class ExchangeMissing(Conflict):
    """The dwelling is in another gemeente, and no exchange holds the household."""

    code = "exchange-missing"
    title = "Voor deze match is een uitruil nodig"
    remedy = (
        "De woning staat in een andere gemeente dan waaraan het huishouden is gekoppeld. Leg eerst een uitruil "
        "vast met toestemming van het huishouden, en laat beide gemeenten ermee instemmen."
    )


class MatchDecided(Conflict):
    """The gemeente decided before."""

    code = "match-decided"
    title = "Over deze match is al besloten"
    remedy = "Haal de match op; 'status' en 'decisionReason' zeggen wat is besloten."


class StepNotPossible(Conflict):
    """The step does not follow on where the match stands."""

    code = "step-not-possible"
    title = "Deze stap kan nu niet"
    remedy = "Haal de match op. De stappen zijn: besluit van de gemeente, accepted, key-handed-over, housed."


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


class HousingFileNotUsable(InvalidInput):
    """A file cannot be read, or its columns are wrong; nothing of it was kept."""

    code = "housing-file-not-usable"
    title = "Het bestand kan niet worden verwerkt"
    remedy = (
        "Onder 'errors' staat wat er niet klopt. Bewaar het bestand opnieuw als CSV of .xlsx en lever het "
        "nog eens aan. De kolommen staan in docs/housing-files.md."
    )


class JobOver(Conflict):
    """The work ended already."""

    code = "job-over"
    title = "Deze verwerking is al afgelopen"
    remedy = "Haal de verwerking op; 'status' zegt hoe zij afliep."


class JobCancelled(Conflict):
    """Somebody stopped the work."""

    code = "job-cancelled"
    title = "Deze verwerking is gestopt"
    remedy = "Er is niets bewaard. Vraag haar opnieuw als zij toch nodig is."


class ExchangeNotPossible(Conflict):
    """A household cannot go with an exchange; `errors` name which and why."""

    code = "exchange-not-possible"
    title = "Deze uitruil kan niet"
    remedy = "Onder 'errors' staat welk huishouden en waarom. Leg eerst de toestemming vast, of laat het weg."


class ExchangeOver(Conflict):
    """The exchange was settled or withdrawn."""

    code = "exchange-over"
    title = "Deze uitruil is al afgelopen"
    remedy = "Haal de uitruil op; 'status' zegt of hij is vastgesteld of ingetrokken."


class UrgencyRuleExists(Conflict):
    """Another urgency rule of the gemeente begins on that day."""

    code = "urgency-rule-exists"
    title = "Vanaf deze dag is er al een urgentieregeling"
    remedy = "Kies een andere dag, of haal de regelingen van de gemeente op."


class SearchRunning(Conflict):
    """A search on this scope waits or runs."""

    code = "search-running"
    title = "Er loopt al een zoekopdracht voor deze gemeenten"
    remedy = "Wacht tot die klaar is, of stop haar: 'jobId' zegt welke het is."


class SearchNotPossible(Conflict):
    """The search cannot be done as asked; nothing was kept."""

    code = "search-not-possible"
    title = "Deze zoekopdracht kan niet"
    remedy = "De uitleg staat bij 'detail'. Pas de opdracht of de gegevens aan en vraag haar opnieuw."


class SearchNotDone(Conflict):
    """The search has no outcome: it runs, was stopped or failed."""

    code = "search-not-done"
    title = "Deze zoekopdracht heeft geen uitkomst"
    remedy = "Wacht tot zij klaar is, of zoek opnieuw en stel de vraag aan die zoekopdracht."


class SearchInputGone(Conflict):
    """What the search knew is no longer kept."""

    code = "search-input-gone"
    title = "Wat deze zoekopdracht wist, wordt niet meer bewaard"
    remedy = "Zoek opnieuw en stel de vraag aan de nieuwe zoekopdracht."


class NotInSearch(Conflict):
    """The household or the dwelling was not part of the search; `errors` say which."""

    code = "not-in-search"
    title = "Dit deed niet mee aan deze zoekopdracht"
    remedy = "Kies een huishouden dat toen wachtte en een woning die toen werd aangeboden, of zoek opnieuw."


class PinsClash(Conflict):
    """What people pinned contradicts the rules or each other; `errors` hold the smallest such set."""

    code = "pins-clash"
    title = "Wat is vastgezet, kan niet samen"
    remedy = "Onder 'errors' staat de kleinste groep die niet samen kan. Maak er één van los en zoek opnieuw."


class PinExists(Conflict):
    """The same was pinned before."""

    code = "pin-exists"
    title = "Dit is al vastgezet"
    remedy = "Haal op wat is vastgezet. Maak het zo nodig eerst los."
