# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tables of housing. Rows about people carry a gemeente, since row-level security decides by it."""

from services.housing.models.desk import (
    Deadline,
    Exchange,
    ExchangeHousehold,
    Match,
    MoveItem,
    Realisation,
    ShareConflict,
    Stay,
    TargetChange,
    Task,
)
from services.housing.models.dwellings import (
    Corporation,
    CorporationRule,
    Dwelling,
    FlexProject,
    PerformanceAgreement,
    Quarter,
    UrgencyRule,
)
from services.housing.models.people import (
    Consent,
    Household,
    HouseholdMember,
    Inburgeraar,
    Reunion,
    Scope,
)
from services.housing.models.proposals import Pin, Proposal, ProposalRun
from services.housing.models.tables import SCHEMA, Base, metadata

__all__ = [
    "SCHEMA",
    "Base",
    "Consent",
    "Corporation",
    "CorporationRule",
    "Deadline",
    "Dwelling",
    "Exchange",
    "ExchangeHousehold",
    "FlexProject",
    "Household",
    "HouseholdMember",
    "Inburgeraar",
    "Match",
    "MoveItem",
    "PerformanceAgreement",
    "Pin",
    "Proposal",
    "ProposalRun",
    "Quarter",
    "Realisation",
    "Reunion",
    "Scope",
    "ShareConflict",
    "Stay",
    "TargetChange",
    "Task",
    "UrgencyRule",
    "metadata",
]
