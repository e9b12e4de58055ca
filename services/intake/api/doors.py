# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the operations of intake share: roles, the keys, and the key of a page."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request

from chassis.web import Paging
from contracts.access import Purpose, Role
from services.intake.settings import Vault, vault_of

__all__ = [
    "CASE",
    "GEMEENTE",
    "OVERSIGHT",
    "READERS",
    "ROLE_PURPOSES",
    "PersonId",
    "VaultDep",
    "number_after",
]

CASE = frozenset({Role.CONSULENT, Role.KLANTMANAGER})
"""Who works on a case: registers, corrects, signs."""

OVERSIGHT = CASE | {Role.KWALITEITSMEDEWERKER}
"""Who also sees how the work is done: the access log and the history."""

GEMEENTE = OVERSIGHT | {Role.POLICY_OFFICER}
"""Everybody of a gemeente who may see people, as far as their agreements go."""

READERS = GEMEENTE | {Role.VWN_TEAM_LEADER, Role.TEACHER, Role.SCHOOL_SYSTEM}
"""Everybody who may see a person, each their own part."""

ROLE_PURPOSES: Mapping[str, str] = {
    Role.VWN_TEAM_LEADER: Purpose.GUIDANCE,
    Role.TEACHER: Purpose.EDUCATION,
    Role.SCHOOL_SYSTEM: Purpose.EDUCATION,
}
"""Outside the gemeenten people are looked at for another purpose than work on the case."""


async def _vault(request: Request) -> Vault:
    return vault_of(request.app.state.runtime.settings)


PersonId = Annotated[UUID, Path(alias="inburgeraarId", description="De inburgeraar.")]
VaultDep = Annotated[Vault, Depends(_vault)]


def number_after(paging: Paging) -> int | None:
    """The number of the last row seen, in a list that is ordered by a number alone.

    Raises:
        InvalidInput: the token is of another list.
    """
    key = paging.position(int)
    return None if key is None else int(key[0])
