# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who reads, and the difference between nothing there, not yours, and yours without an agreement."""

from collections.abc import Mapping
from uuid import UUID

from chassis.access import Caller
from chassis.db import Tx
from chassis.errors import NotFound
from contracts.access import Purpose, Role
from services.notifications import store
from services.notifications.store.worklist import Reader

__all__ = [
    "HANDLERS",
    "OF_GEMEENTE",
    "OF_SCHOOL",
    "OF_VLUCHTELINGENWERK",
    "ROLE_PURPOSES",
    "reader",
    "require_person",
]

OF_GEMEENTE = frozenset({Role.CONSULENT, Role.KLANTMANAGER, Role.KWALITEITSMEDEWERKER, Role.POLICY_OFFICER})
OF_SCHOOL = frozenset({Role.TEACHER, Role.SCHOOL_SYSTEM})
OF_VLUCHTELINGENWERK = frozenset({Role.VWN_TEAM_LEADER})
HANDLERS = (OF_GEMEENTE - {Role.POLICY_OFFICER}) | OF_SCHOOL | OF_VLUCHTELINGENWERK | {Role.OPERATIONS}

ROLE_PURPOSES: Mapping[str, str] = dict.fromkeys(OF_VLUCHTELINGENWERK, Purpose.GUIDANCE)
"""VluchtelingenWerk looks at people to guide them, and works on no case of a gemeente."""


def reader(caller: Caller) -> Reader:
    """Which lists the caller can have, by its roles."""
    return Reader(
        gemeentecodes=caller.person_codes(Purpose.CASE_WORK) if caller.has_role(*OF_GEMEENTE) else None,
        guided=caller.person_codes(Purpose.GUIDANCE) if caller.has_role(*OF_VLUCHTELINGENWERK) else None,
        organisation_id=caller.organisation_id if caller.has_role(*OF_SCHOOL) else None,
        operations=caller.has_role(Role.OPERATIONS),
    )


async def require_person(tx: Tx, caller: Caller, inburgeraar_id: UUID) -> None:
    """Refuse a question about a person whom the caller may not see.

    Raises:
        AgreementMissing: of a gemeente of the caller, but no agreement allows this look.
        NotFound: any other person, known or not.

    """
    if await store.worklist.known_to_organisation(tx, inburgeraar_id, caller.organisation_id):
        return
    if await store.deadlines.known_to_organisation(tx, inburgeraar_id, caller.organisation_id):
        return
    person = await store.people.find(tx, inburgeraar_id)
    sees = caller.has_role(*OF_GEMEENTE, *OF_VLUCHTELINGENWERK)
    code = None if person is None or not sees else person.gemeentecode
    if code is None:
        raise NotFound("Deze inburgeraar is niet gevonden.")
    if code not in caller.person_codes(tx.purpose):
        raise tx.missing_agreement(code)
