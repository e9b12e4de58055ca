# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where members receive mail, and what became of each mail."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import Field, StrictBool, StringConstraints

from chassis.errors import NotFound
from chassis.web import (
    CallerDep,
    Count,
    Instant,
    InstantOrNone,
    Page,
    PagingDep,
    Router,
    Schema,
    TxDep,
    access,
    problems,
    set_etag,
)
from contracts.access import Purpose, Role
from services.notifications import actions, store
from services.notifications.api.visibility import OF_GEMEENTE
from services.notifications.errors import DeliveryNotFailed
from services.notifications.models import Delivery

__all__ = ["router"]

router = Router(tags=["Bezorging"])

DeliveryStatus = Literal["waiting", "sending", "sent", "failed", "cancelled", "no-address", "mail-off"]
_MEMBERS = OF_GEMEENTE | {Role.ADMINISTRATOR}


_CHARACTER = "A-Za-z0-9!#$%&'*+/=?^_`{|}~-"
_LOCAL = rf"[{_CHARACTER}]([.{_CHARACTER}]{{0,62}}[{_CHARACTER}])?"
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

# One plain address of RFC 5321 in ASCII: no name, no comment, no second one, nothing that could be a header.
MailAddress = Annotated[str, StringConstraints(max_length=254, pattern=rf"^{_LOCAL}@{_LABEL}(\.{_LABEL})+$")]


class MailboxIn(Schema):
    """Waar een lid mail ontvangt."""

    address: MailAddress = Field(description="E-mailadres.", examples=["naam@gemeente.nl"])
    digest: StrictBool = Field(
        default=False, description="Eén overzicht per dag om 07:00 uur, in plaats van een mail per signaal."
    )


class MailboxOut(Schema):
    """De mailbox van een lid."""

    member_id: UUID
    address: str
    digest: bool
    changed_at: Instant


class DeliveryOut(Schema):
    """Wat er van één mail is geworden. In het portaal staat elk signaal altijd; dit gaat over de mail erover."""

    id: UUID
    channel: Literal["mail"]
    template: Literal["signal", "digest"]
    member_id: UUID | None = Field(description="Alleen voor uzelf ingevuld.")
    signal_ids: list[UUID] = Field(description="Alleen voor uzelf ingevuld.")
    status: DeliveryStatus
    created_at: Instant
    due_at: Instant
    attempts: Count
    last_fault: str | None = Field(description="Code van de laatste fout, bijvoorbeeld `smtp-451`.")
    sent_at: InstantOrNone


def _out(row: Delivery, member: UUID, signals: list[UUID]) -> DeliveryOut:
    own = row.member_id == member
    return DeliveryOut.model_validate(
        {
            **row.model_dump(),
            "channel": "mail",
            "member_id": row.member_id if own else None,
            "signal_ids": signals if own else [],
        },
        extra="ignore",
    )


@router.put(
    "/mailboxes/{memberId}",
    operation_id="putMailbox",
    summary="E-mailadres van een lid instellen",
    response_model=MailboxOut,
    responses={201: {"description": "Ingesteld", "model": MailboxOut}},
    openapi_extra=access(roles=_MEMBERS, purpose=Purpose.ADMINISTRATION, activity="signalen-bezorgen"),
)
async def put_mailbox(
    memberId: Annotated[UUID, Path(description="Nummer van het lid.")],  # noqa: N803 - the name on the wire
    body: MailboxIn,
    caller: CallerDep,
    tx: TxDep,
    response: Response,
) -> MailboxOut:
    """Uw eigen adres, of als beheerder dat van een ander. Wachtende mails gaan dan alsnog weg."""
    box, new = await actions.put_mailbox(
        tx, caller, member_id=memberId, address=body.address, digest=body.digest
    )
    response.status_code = 201 if new else 200
    set_etag(response, box.version)
    return MailboxOut.model_validate(box.model_dump(), extra="ignore")


@router.get(
    "/mailboxes/{memberId}",
    operation_id="readMailbox",
    summary="E-mailadres van een lid lezen",
    response_model=MailboxOut,
    responses=problems(NotFound),
    openapi_extra=access(roles=_MEMBERS, purpose=Purpose.ADMINISTRATION, activity="signalen-bezorgen"),
)
async def read_mailbox(
    memberId: Annotated[UUID, Path(description="Nummer van het lid.")],  # noqa: N803 - the name on the wire
    tx: TxDep,
    response: Response,
) -> MailboxOut:
    """Waar een lid mail ontvangt: uzelf, of als beheerder een ander."""
    box = await store.deliveries.mailbox(tx, memberId)
    if box is None:
        raise NotFound("Er is voor dit lid geen e-mailadres ingesteld.")
    set_etag(response, box.version)
    return MailboxOut.model_validate(box.model_dump(), extra="ignore")


@router.get(
    "/deliveries",
    operation_id="listDeliveries",
    summary="Bezorgingen opvragen",
    response_model=Page[DeliveryOut],
    openapi_extra=access(
        roles=OF_GEMEENTE | {Role.OPERATIONS}, purpose=Purpose.OPERATIONS, activity="signalen-bezorgen"
    ),
)
async def list_deliveries(
    caller: CallerDep,
    tx: TxDep,
    paging: PagingDep,
    status: Annotated[DeliveryStatus | None, Query(description="Alleen met deze status.")] = None,
) -> dict[str, Any]:
    """Wat er van de mails is geworden, de nieuwste eerst: uw eigen, of voor beheer alle, zonder personen."""
    rows = await store.deliveries.listed(
        tx,
        member_id=None if caller.has_role(Role.OPERATIONS) else caller.subject,
        status=status,
        after=paging.position(datetime, UUID),
        limit=paging.fetch,
    )
    signals = await store.deliveries.signals_of(tx, [row.id for row in rows])
    return paging.page(
        rows,
        key=lambda row: (row.created_at, row.id),
        item=lambda row: _out(row, caller.subject, signals[row.id]),
    )


@router.post(
    "/deliveries/{deliveryId}/retries",
    operation_id="retryDelivery",
    summary="Een mislukte bezorging opnieuw aanbieden",
    status_code=201,
    response_model=DeliveryOut,
    responses=problems(NotFound, DeliveryNotFailed),
    openapi_extra=access(
        roles={Role.OPERATIONS},
        purpose=Purpose.OPERATIONS,
        activity="signalen-bezorgen",
        idempotency="accepted",
    ),
)
async def retry_delivery(
    deliveryId: Annotated[UUID, Path(description="Nummer van de bezorging.")],  # noqa: N803 - the name on the wire
    caller: CallerDep,
    tx: TxDep,
) -> DeliveryOut:
    """De mail wordt opnieuw geprobeerd, met alle pogingen van voren af aan."""
    return _out(await actions.offer_again(tx, deliveryId), caller.subject, [])
