# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the operations of housing share: who may do what, and how a page is continued."""

from typing import Annotated, Any

from pydantic import Field

from chassis.web import access
from contracts.access import Purpose, Role

MUNICIPALITY = frozenset({Role.CONSULENT, Role.KLANTMANAGER, Role.KWALITEITSMEDEWERKER, Role.POLICY_OFFICER})
"""They act for their gemeente."""

VWN = frozenset({Role.VWN_TEAM_LEADER})
"""They propose matches and accompany households, in the gemeenten that an agreement names."""

CORPORATION = frozenset({Role.CORPORATION})
"""They work for the woningcorporatie and see its own dwellings only."""

PERSON_READERS = MUNICIPALITY | VWN
"""They see households, each as far as the grant and row-level security let them."""

DWELLING_READERS = PERSON_READERS | CORPORATION | {Role.CONTROLLER}
"""They see dwellings and rules, which hold no person."""

FIGURE_READERS = PERSON_READERS | {Role.CONTROLLER, Role.PROVINCE}
"""They see figures without persons."""


def housing(roles: frozenset[str], activity: str, *, idempotency: Any = "accepted") -> dict[str, Any]:
    """The declaration of an operation about households and dwellings."""
    return access(roles=roles, purpose=Purpose.HOUSING, activity=activity, idempotency=idempotency)


def figures(roles: frozenset[str], activity: str, *, idempotency: Any = "accepted") -> dict[str, Any]:
    """The declaration of an operation that shows or sets figures and no person."""
    return access(roles=roles, purpose=Purpose.FIGURES, activity=activity, idempotency=idempotency)


MonthlyRent = Annotated[int, Field(ge=0, le=10_000_000)]
"""Whole cents, never below zero."""

Budget = Annotated[int, Field(ge=0, le=10_000_000_000_000)]
"""Whole cents, never below zero."""
