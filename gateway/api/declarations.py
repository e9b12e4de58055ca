# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the operations of the register share: who may, the filters, the form of an answer."""

from typing import Annotated, Any

from fastapi import Query, Response

from chassis.web import (
    Day,
    Gemeentecode,
    Router,
    Schema,
    access,
    set_etag,
)
from contracts.access import OrganisationKind, Purpose, Role
from gateway import store

router = Router()

EVERYBODY = frozenset(Role)
GEMEENTE = frozenset(
    {
        Role.CONSULENT,
        Role.KLANTMANAGER,
        Role.KWALITEITSMEDEWERKER,
        Role.POLICY_OFFICER,
        Role.CONTROLLER,
    }
)
_ACTIVITY = "toegang-beheren"


def administration(roles: frozenset[Role], **more: Any) -> dict[str, Any]:
    """What an operation of the register declares: these roles, for administration."""
    return access(roles=roles, purpose=Purpose.ADMINISTRATION, activity=_ACTIVITY, **more)


ADMINISTRATOR_ONLY = administration(frozenset({Role.ADMINISTRATOR}))
READ_BY_ALL = administration(EVERYBODY)
READ_BY_GEMEENTEN = administration(GEMEENTE | {Role.ADMINISTRATOR})

KindFilter = Annotated[OrganisationKind | None, Query(description="Alleen organisaties van deze soort.")]
CodeFilter = Annotated[Gemeentecode | None, Query(description="Alleen wat over deze gemeente gaat.")]
DayFilter = Annotated[Day | None, Query(description="Alleen wat op deze dag geldt.")]


def created(response: Response, collection: str, row: store.Row) -> store.Row:
    """Tell where a new row is and which version it has."""
    response.headers["Location"] = f"/gateway/v1/{collection}/{row.id}"
    set_etag(response, row.version)
    return row


def given_in(body: Schema) -> dict[str, Any]:
    """What a merge-patch changes. Null changes nothing, but ends an account."""
    sent = body.model_dump(exclude_unset=True)
    return {name: value for name, value in sent.items() if value is not None or name in {"issuer", "subject"}}
