# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The states in which housing refuses: one class each, for the caller and the documentation. One file per subject."""

from datetime import date

from services.housing.errors.account import (
    ActionPlanClosed,
    CorrectionReasonRequired,
    HistoryExists,
    LadderStepExists,
    LetterExists,
    RealisationTakenBack,
    SwapNotPossible,
    SwapOver,
    SwappedMeanwhile,
    SwitchedOff,
)
from services.housing.errors.dwellings import (
    AgreementExists,
    CorporationExists,
    DwellingInUse,
    DwellingNotOffered,
    DwellingTaken,
    UrgencyRuleExists,
)
from services.housing.errors.households import (
    ConsentExists,
    ConsentUsed,
    HomeLeft,
    HouseholdEnded,
    HouseholdMatched,
    NotItsHome,
    PersonInHousehold,
    ReferenceExists,
    ReunionOver,
)
from services.housing.errors.matches import (
    ExchangeMissing,
    ExchangeNotPossible,
    ExchangeOver,
    MatchDecided,
    RuleBroken,
    StepNotPossible,
)
from services.housing.errors.searches import (
    HousingFileNotUsable,
    JobCancelled,
    JobOver,
    NotInSearch,
    PinExists,
    PinsClash,
    SearchInputGone,
    SearchNotDone,
    SearchNotPossible,
    SearchRunning,
)

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
    "HomeLeft",
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
