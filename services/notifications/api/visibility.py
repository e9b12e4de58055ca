# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who reads, and the difference between nothing there, not yours, and yours without an agreement."""

from uuid import UUID

from chassis.access import Caller
from chassis.db import Tx
from chassis.errors import AgreementMissing, NotFound
from contracts.access import Purpose, Role
from services.notifications import store
from services.notifications.store.worklist import Reader

__all__ = ["HANDLERS", "OF_GEMEENTE", "OF_SCHOOL", "reader", "require_person"]

OF_GEMEENTE = frozenset({Role.CONSULENT, Role.KLANTMANAGER, Role.KWALITEITSMEDEWERKER, Role.POLICY_OFFICER})
OF_SCHOOL = frozenset({Role.TEACHER, Role.SCHOOL_SYSTEM})
HANDLERS = (OF_GEMEENTE - {Role.POLICY_OFFICER}) | OF_SCHOOL | {Role.OPERATIONS}


def reader(caller: Caller) -> Reader:
    """Which lists the caller can have, by its roles."""
    return Reader(
        gemeentecodes=caller.person_codes(Purpose.CASE_WORK) if caller.has_role(*OF_GEMEENTE) else None,
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
    code = None if person is None or not caller.has_role(*OF_GEMEENTE) else person.gemeentecode
    if code is None:
        raise NotFound("Deze inburgeraar is niet gevonden.")
    if code not in caller.person_codes(Purpose.CASE_WORK):
        raise AgreementMissing.naming(caller.missing_for(code, Purpose.CASE_WORK), purpose=Purpose.CASE_WORK)
