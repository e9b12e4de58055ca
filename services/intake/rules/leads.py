# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who can lead the case of a person, and who can be the second contact.

Source: audit report, section 5.2 (one lead consulent, at the gemeente that executes the work; IN-15),
policy of the gemeenten, not statute.
"""

from collections.abc import Collection

from contracts.access import Role

__all__ = ["LEAD_ROLES", "can_be_second", "can_lead", "works_with_people"]

LEAD_ROLES: frozenset[str] = frozenset({Role.CONSULENT.value, Role.KLANTMANAGER.value})


def works_with_people(roles: Collection[str], *, active: bool) -> bool:
    """Whether a member of a gemeente leads cases at all: a consulent or klantmanager who still works."""
    return active and not LEAD_ROLES.isdisjoint(roles)


def can_lead(gemeentecode: str | None, *, executing: str) -> bool:
    """Whether somebody of this gemeente can lead where `executing` does the work."""
    return gemeentecode == executing


def can_be_second(gemeentecode: str | None, *, executing: str, responsible: str) -> bool:
    """Whether somebody of this gemeente can be second: of the one that does the work, or the person's own."""
    return gemeentecode in {executing, responsible}
