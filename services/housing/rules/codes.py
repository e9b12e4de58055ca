# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The words of housing, as codes: what a dwelling is, where a match stands, why something is refused."""

from enum import StrEnum

__all__ = [
    "ConflictKind",
    "ConsentKind",
    "CorporationRuleKind",
    "DwellingKind",
    "DwellingStatus",
    "ExchangeKind",
    "HomeEnd",
    "HouseholdStatus",
    "MatchStatus",
    "MemberKind",
    "PinKind",
    "ProjectStatus",
    "Refusal",
    "Step",
    "TakenBack",
    "TaskKind",
    "UnlinkReason",
]


class MemberKind(StrEnum):
    """Wat iemand in het huishouden is."""

    ADULT = "adult"
    CHILD = "child"


class HouseholdStatus(StrEnum):
    """Waar een huishouden staat."""

    WAITING = "waiting"
    MATCHED = "matched"
    HOUSED = "housed"
    UNLINKED = "unlinked"


class HomeEnd(StrEnum):
    """Waarom een huishouden niet meer in zijn woning woont."""

    MOVED_ON = "moved-on"  # a next match
    NEVER_MOVED_IN = "never-moved-in"  # it turned out that it never lived there
    OTHER_GEMEENTE = "other-gemeente"
    OWN_HOME = "own-home"
    LEFT = "left"
    DIED = "died"


class UnlinkReason(StrEnum):
    """Waarom een koppeling eindigt zonder huis."""

    OTHER_GEMEENTE = "other-gemeente"
    OWN_HOME = "own-home"
    LEFT = "left"
    MISTAKE = "mistake"


class DwellingKind(StrEnum):
    """Wat voor woning het is: eengezins, studio, gedeeld, flex of doorstroom."""

    FAMILY = "family"
    STUDIO = "studio"
    SHARED = "shared"
    FLEX = "flex"
    TRANSIT = "transit"


class DwellingStatus(StrEnum):
    """Waar een woning staat."""

    OFFERED = "offered"
    MATCHED = "matched"
    LET = "let"
    WITHDRAWN = "withdrawn"


class CorporationRuleKind(StrEnum):
    """Een regel van een corporatie over aan wie zij verhuurt."""

    NO_SINGLES_IN_FAMILY_DWELLING = "no-singles-in-family-dwelling"
    NO_SHARING = "no-sharing"
    FULL_OCCUPATION = "full-occupation"  # value: persons that a dwelling may stay under its most
    PAUSE = "pause"
    MOST_PER_YEAR = "most-per-year"  # value: dwellings in a calendar year


class MatchStatus(StrEnum):
    """Waar een match staat."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    KEY_HANDED_OVER = "key-handed-over"
    HOUSED = "housed"


class Step(StrEnum):
    """Een stap na het besluit van de gemeente."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    KEY_HANDED_OVER = "key-handed-over"
    HOUSED = "housed"


class Refusal(StrEnum):
    """Waarom een woning niet past of niet wordt genomen (HO-06)."""

    TOO_SMALL = "too-small"
    TOO_LARGE = "too-large"
    RENT = "rent"
    NOT_ACCESSIBLE = "not-accessible"
    LOCATION = "location"
    SPREAD = "spread"
    SHARING = "sharing"
    FAMILY = "family"
    WORK = "work"
    CORPORATION_RULE = "corporation-rule"
    OTHER = "other"


class ConsentKind(StrEnum):
    """Waarmee een huishouden instemt."""

    EXCHANGE = "exchange"
    SHARING = "sharing"


class ExchangeKind(StrEnum):
    """Wat gemeenten ruilen: personen, taken, of alleen de koppeling."""

    PERSONS = "persons"
    TASKS = "tasks"
    RECOUPLING = "recoupling"


class TakenBack(StrEnum):
    """Waarom een realisatie niet klopt."""

    NEVER_MOVED_IN = "never-moved-in"
    COUNTED_TWICE = "counted-twice"


class TaskKind(StrEnum):
    """Wat iemand voor een huishouden moet doen."""

    FOLLOW_UP_HOME = "follow-up-home"
    REALLOCATION = "reallocation"
    REUNION_EXIT = "reunion-exit"
    PASSED_OVER = "passed-over"


class PinKind(StrEnum):
    """Wat iemand voor het zoeken vastzet: dit paar wel, dit paar niet, of dit huishouden nog niet."""

    PIN = "pin"
    BAN = "ban"
    HOLD = "hold"


class ConflictKind(StrEnum):
    """Waarover een conflict in een gedeelde woning gaat."""

    NOISE = "noise"
    CLEANING = "cleaning"
    COSTS = "costs"
    SAFETY = "safety"
    OTHER = "other"


class ProjectStatus(StrEnum):
    """Waar een project van flex- of doorstroomwoningen staat."""

    IDEA = "idea"
    PLANNED = "planned"
    PERMIT_ASKED = "permit-asked"
    PERMIT_GIVEN = "permit-given"
    IN_USE = "in-use"
    STOPPED = "stopped"
