# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which role sees which field of a person, and how (GW-09).

A table that a reader can check: what is not in it nobody sees. Row-level security decides which
people are seen at all; this decides what of them.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

from contracts.access import Role

__all__ = ["FIELDS", "Shown", "shown"]

Shown = Literal["full", "masked", "hidden"]

_CASE: frozenset[str] = frozenset({Role.CONSULENT, Role.KLANTMANAGER})
_GEMEENTE: frozenset[str] = _CASE | {Role.KWALITEITSMEDEWERKER, Role.POLICY_OFFICER}
_GUIDANCE: frozenset[str] = frozenset({Role.VWN_TEAM_LEADER})
_SCHOOL: frozenset[str] = frozenset({Role.TEACHER, Role.SCHOOL_SYSTEM})
_NOBODY: frozenset[str] = frozenset()

_NAME = (_GEMEENTE | _GUIDANCE | _SCHOOL, _NOBODY)
_NUMBER = (_CASE, _GEMEENTE | _GUIDANCE)
_CODE = (_GEMEENTE | _GUIDANCE, _NOBODY)
_CONTACT = (_CASE | {Role.KWALITEITSMEDEWERKER} | _GUIDANCE, _NOBODY)
_WORK = (_GEMEENTE, _NOBODY)

FIELDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = MappingProxyType(
    {
        "given_names": _NAME,
        "family_name": _NAME,
        "bsn": _NUMBER,
        "v_number": _NUMBER,
        "birth_date": _CODE,
        "gender": _CODE,
        "group": _CODE,
        "law": _CODE,
        "permit_type": _CODE,
        "gemeentecode": _CODE,
        "responsible_gemeentecode": _CODE,
        "executing_gemeentecode": _CODE,
        "rights": _CODE,
        "duties": _CODE,
        "language": _CODE,
        "phone": _CONTACT,
        "email": _CONTACT,
        "street": _CONTACT,
        "house_number": _CONTACT,
        "postal_code": _CONTACT,
        "city": _CONTACT,
        "lead_member_id": _CODE,
        "second_member_id": _CODE,
        "obliged_on": _WORK,
        "duo_notice_on": _WORK,
        "brp_on": _CODE,
        "rule_version": _WORK,
        "pip_due_on": _WORK,
        "pip": _WORK,
        "term": _CODE,
        "registered_at": _WORK,
        "changed_at": _WORK,
    }
)
"""Per field: the roles that see it in full, and those that see a number masked."""


def shown(field: str, roles: Iterable[str]) -> Shown:
    """How somebody with these roles sees a field. Of several roles the widest counts."""
    full, masked = FIELDS[field]
    held = frozenset(roles)
    if held & full:
        return "full"
    return "masked" if held & masked else "hidden"
