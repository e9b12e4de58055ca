# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the account, its swaps, the ladder and plans refuse."""

from chassis.errors import Conflict, InvalidInput

__all__ = [
    "ActionPlanClosed",
    "CorrectionReasonRequired",
    "HistoryExists",
    "LadderStepExists",
    "LetterExists",
    "RealisationTakenBack",
    "SwapNotPossible",
    "SwapOver",
    "SwappedMeanwhile",
    "SwitchedOff",
]


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
