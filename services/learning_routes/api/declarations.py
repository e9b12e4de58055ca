# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the operations of this service share: who may do what, and how a page is continued."""

from typing import Any

from chassis.web import access
from contracts.access import Purpose, Role

CASE_WORKERS = frozenset({Role.CONSULENT, Role.KLANTMANAGER})
"""They place people and follow them."""

CONTRACT_MANAGERS = CASE_WORKERS | {Role.KWALITEITSMEDEWERKER, Role.POLICY_OFFICER}
"""They keep the list of providers and the contracts."""

SCHOOL = frozenset({Role.TEACHER, Role.SCHOOL_SYSTEM})
"""They work for the taalschool and see its own placements only."""

PERSON_READERS = CONTRACT_MANAGERS | SCHOOL
"""They see people, each as far as the grant and row-level security let them."""

REGISTER_READERS = PERSON_READERS | {Role.CONTROLLER}
"""They see providers, contracts and timetables, which hold no person."""


def education(roles: frozenset[Role], activity: str, *, idempotency: Any = "accepted") -> dict[str, Any]:
    """The declaration of an operation here: all of them serve education."""
    return access(roles=roles, purpose=Purpose.EDUCATION, activity=activity, idempotency=idempotency)
