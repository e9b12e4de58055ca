# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where the systems of gemeenten receive events, and what became of each delivery."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import Field, StringConstraints

from chassis.db import Tx
from chassis.errors import InvalidInput, NotFound, PreconditionRequired, StaleVersion
from chassis.web import (
    CallerDep,
    Count,
    IfMatchDep,
    Instant,
    InstantOrNone,
    Page,
    Paging,
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
from services.notifications.errors import TooManyReceivers, WebhookIsStopped, WebhooksOff
from services.notifications.models import WebhookDelivery, WebhookSubscription
from services.notifications.settings import NotificationsSettings

__all__ = ["router"]

router = Router(tags=["Webhooks"])

_ACTIVITY = "gebeurtenissen-bezorgen"
_SEES = OF_GEMEENTE | {Role.ADMINISTRATOR}
_KEEPS = frozenset(
    {Role.POLICY_OFFICER}
)  # who sets the policy of a gemeente also says which of its systems listen
_STOPS = _KEEPS | {Role.ADMINISTRATOR}
Ended = Literal["delivered", "dead", "withheld"]
Status = Literal["waiting", "delivered", "dead", "withheld"]
EventType = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2000),
    Field(examples=["https://zaken.gemeente.example/events"]),
]
Types = Annotated[
    list[EventType],
    Field(
        min_length=1,
        max_length=50,
        description="Welke soorten gebeurtenissen, zoals in asyncapi.yaml.",
        examples=[["nl.inburgering.intake.pip-signed.v1"]],
    ),
]
SubscriptionId = Annotated[UUID, Path(description="Nummer van de ontvanger.")]


class WebhookIn(Schema):
    """Een systeem dat gebeurtenissen ontvangt."""

    url: Url = Field(description="Het adres van het systeem: https, met een volledige naam.")
    types: Types


class WebhookPatch(Schema):
    """Wat er aan een ontvanger verandert; wat ontbreekt blijft."""

    url: Url | None = None
    types: Types | None = None


class WebhookOut(Schema):
    """Een systeem dat gebeurtenissen ontvangt."""

    id: UUID
    organisation_id: UUID
    gemeentecode: str
    gemeentecodes: list[str] = Field(
        description="Van de inwoners van deze gemeenten komen gebeurtenissen; dit volgt de mandaten en overeenkomsten."
    )
    url: str
    types: list[str]
    active: bool
    created_at: Instant
    failures: Count = Field(description="Pogingen die na elkaar mislukten.")
    paused_until: InstantOrNone = Field(description="Tot dan wordt er niets geprobeerd.")
    version: int


class WebhookMade(WebhookOut):
    """Een nieuwe ontvanger, met het geheim dat alleen nu wordt getoond."""

    secret: str = Field(description="Hiermee controleert u de handtekening. Bewaar het veilig.")


class SecretMade(Schema):
    """Een nieuw geheim, dat alleen nu wordt getoond."""

    secret: str
    former_until: Instant = Field(
        description="Tot dan staat ook de handtekening met het vorige geheim erbij."
    )


class WebhookDeliveryOut(Schema):
    """Wat er van één gebeurtenis voor één ontvanger is geworden."""

    id: UUID = Field(
        description="Staat zonder streepjes in de header webhook-id, na 'msg_'; blijft altijd gelijk."
    )
    event_id: UUID
    type: str
    gemeentecode: str
    status: Status = Field(
        description="'dead': te lang geprobeerd; 'withheld': er is geen afspraak (meer) voor."
    )
    offered_at: Instant
    attempts: Count
    replays: Count
    next_attempt_at: InstantOrNone
    last_status: int | None = Field(description="De laatste statuscode van de ontvanger.")
    last_fault: str | None = Field(
        description="Code van de laatste fout, bijvoorbeeld `http-500` of `timeout`."
    )
    ended_at: InstantOrNone


class WebhookReplayIn(Schema):
    """Wat opnieuw wordt gestuurd: één bezorging, of alles uit een periode."""

    delivery_id: UUID | None = None
    since: InstantOrNone = Field(default=None, alias="from", description="Vanaf dit tijdstip aangeboden.")
    until: InstantOrNone = Field(default=None, description="Tot dit tijdstip aangeboden.")
    statuses: list[Ended] = Field(default=["dead", "delivered"], min_length=1, max_length=3)


class WebhookReplayOut(Schema):
    """Hoeveel bezorgingen opnieuw wachten."""

    waiting: Count


async def _out(tx: Tx, row: WebhookSubscription) -> dict[str, Any]:
    codes = await store.webhooks.codes_of(tx, [row.organisation_id])
    return {
        **row.model_dump(exclude={"created_by", "lease", "leased_until"}),
        "gemeentecodes": codes.get(row.organisation_id, []),
    }


def _settings(tx: Tx) -> NotificationsSettings:
    found: NotificationsSettings = tx.settings
    return found


@router.post(
    "/webhook-subscriptions",
    operation_id="addWebhook",
    summary="Een ontvanger van gebeurtenissen aanmelden",
    status_code=201,
    response_model=WebhookMade,
    responses=problems(TooManyReceivers, WebhooksOff),
    openapi_extra=access(roles=_KEEPS, purpose=Purpose.ADMINISTRATION, activity=_ACTIVITY),
)
async def add_webhook(body: WebhookIn, caller: CallerDep, tx: TxDep, response: Response) -> WebhookMade:
    """Voor een systeem van de eigen gemeente. Het geheim staat alleen in dit antwoord."""
    row, secret = await actions.subscribe(tx, caller, _settings(tx), url=body.url, types=body.types)
    response.headers["Location"] = f"/notifications/v1/webhook-subscriptions/{row.id}"
    set_etag(response, row.version)
    return WebhookMade.model_validate({**await _out(tx, row), "secret": secret})


@router.get(
    "/webhook-subscriptions",
    operation_id="listWebhooks",
    summary="Ontvangers van gebeurtenissen bekijken",
    response_model=Page[WebhookOut],
    openapi_extra=access(roles=_SEES, purpose=Purpose.ADMINISTRATION, activity=_ACTIVITY),
)
async def list_webhooks(tx: TxDep, paging: PagingDep) -> dict[str, Any]:
    """De ontvangers van de eigen gemeente; een beheerder ziet ze alle."""
    rows = await store.webhooks.listed(tx, after=paging.position(datetime, UUID), limit=paging.fetch)
    codes = await store.webhooks.codes_of(tx, {row.organisation_id for row in rows})
    return paging.page(
        rows,
        key=lambda row: (row.created_at, row.id),
        item=lambda row: WebhookOut.model_validate(
            {
                **row.model_dump(exclude={"created_by", "lease", "leased_until"}),
                "gemeentecodes": codes.get(row.organisation_id, []),
            }
        ),
    )


@router.get(
    "/webhook-subscriptions/{subscriptionId}",
    operation_id="readWebhook",
    summary="Een ontvanger van gebeurtenissen bekijken",
    response_model=WebhookOut,
    responses=problems(NotFound),
    openapi_extra=access(roles=_SEES, purpose=Purpose.ADMINISTRATION, activity=_ACTIVITY),
)
async def read_webhook(subscriptionId: SubscriptionId, tx: TxDep, response: Response) -> WebhookOut:  # noqa: N803
    """Eén ontvanger, zonder het geheim."""
    row = await actions.seen_webhook(tx, subscriptionId)
    set_etag(response, row.version)
    return WebhookOut.model_validate(await _out(tx, row))


@router.patch(
    "/webhook-subscriptions/{subscriptionId}",
    operation_id="changeWebhook",
    summary="Een ontvanger van gebeurtenissen wijzigen",
    response_model=WebhookOut,
    responses=problems(NotFound, StaleVersion, PreconditionRequired, WebhookIsStopped),
    openapi_extra=access(roles=_KEEPS, purpose=Purpose.ADMINISTRATION, activity=_ACTIVITY),
)
async def change_webhook(
    subscriptionId: SubscriptionId,  # noqa: N803
    body: WebhookPatch,
    caller: CallerDep,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> WebhookOut:
    """Een ander adres of andere soorten gebeurtenissen. Wat wachtte wordt meteen weer geprobeerd."""
    row = await actions.change_webhook(
        tx, caller, _settings(tx), subscriptionId, expected, url=body.url, types=body.types
    )
    set_etag(response, row.version)
    return WebhookOut.model_validate(await _out(tx, row))


@router.delete(
    "/webhook-subscriptions/{subscriptionId}",
    operation_id="stopWebhook",
    summary="Een ontvanger van gebeurtenissen beëindigen",
    status_code=204,
    responses=problems(NotFound),
    openapi_extra=access(roles=_STOPS, purpose=Purpose.ADMINISTRATION, activity=_ACTIVITY),
)
async def stop_webhook(subscriptionId: SubscriptionId, tx: TxDep) -> None:  # noqa: N803
    """Er gaat niets meer heen en het geheim is weg; wat er is bezorgd blijft te lezen."""
    await actions.stop_webhook(tx, subscriptionId)


@router.post(
    "/webhook-subscriptions/{subscriptionId}/secrets",
    operation_id="renewWebhookSecret",
    summary="Een nieuw geheim voor een ontvanger maken",
    status_code=201,
    response_model=SecretMade,
    responses=problems(NotFound, WebhookIsStopped, WebhooksOff),
    openapi_extra=access(roles=_KEEPS, purpose=Purpose.ADMINISTRATION, activity=_ACTIVITY),
)
async def renew_secret(subscriptionId: SubscriptionId, caller: CallerDep, tx: TxDep) -> SecretMade:  # noqa: N803
    """Een tijd lang wordt met het nieuwe en het vorige geheim ondertekend, zodat u rustig kunt wisselen."""
    secret, until = await actions.renew_secret(tx, caller, _settings(tx), subscriptionId)
    return SecretMade(secret=secret, former_until=until)


@router.get(
    "/webhook-subscriptions/{subscriptionId}/deliveries",
    operation_id="listWebhookDeliveries",
    summary="Bezorgingen aan een ontvanger bekijken",
    response_model=Page[WebhookDeliveryOut],
    responses=problems(NotFound),
    openapi_extra=access(roles=_SEES, purpose=Purpose.ADMINISTRATION, activity=_ACTIVITY),
)
async def list_deliveries(
    subscriptionId: SubscriptionId,  # noqa: N803
    tx: TxDep,
    paging: PagingDep,
    status: Annotated[Status | None, Query(description="Alleen met deze status.")] = None,
) -> dict[str, Any]:
    """Wat er van elke gebeurtenis is geworden, de nieuwste eerst; dertig dagen terug."""
    await actions.seen_webhook(tx, subscriptionId)
    rows = await store.webhooks.deliveries(
        tx, subscriptionId, status=status, after=_position(paging), limit=paging.fetch
    )
    return paging.page(rows, key=lambda row: (row.seq,), item=_delivery)


def _position(paging: Paging) -> tuple[Any, ...] | None:
    after = paging.position(int)
    return (
        None if after is None else (min(after[0], 2**62),)
    )  # what a token can say and a number of a row cannot


def _delivery(row: WebhookDelivery) -> WebhookDeliveryOut:
    known = row.model_dump(exclude={"seq", "subscription_id", "key", "body"})
    known["next_attempt_at"] = row.next_attempt_at if row.status == "waiting" else None
    return WebhookDeliveryOut.model_validate(known)


@router.post(
    "/webhook-subscriptions/{subscriptionId}/replays",
    operation_id="replayWebhook",
    summary="Gebeurtenissen opnieuw bij een ontvanger bezorgen",
    status_code=201,
    response_model=WebhookReplayOut,
    responses=problems(NotFound, WebhookIsStopped),
    openapi_extra=access(roles=_STOPS, purpose=Purpose.ADMINISTRATION, activity=_ACTIVITY),
)
async def replay(subscriptionId: SubscriptionId, body: WebhookReplayIn, tx: TxDep) -> WebhookReplayOut:  # noqa: N803
    """Eén bezorging met `deliveryId`, of alles uit een periode met `from` en `until`; ten hoogste 10.000 per keer."""
    if (body.delivery_id is None) == (body.since is None and body.until is None):
        raise InvalidInput.on("/deliveryId", "Geef 'deliveryId', of 'from' en 'until'.")
    waiting = await actions.replay_deliveries(
        tx,
        subscriptionId,
        delivery_id=body.delivery_id,
        since=body.since,
        until=body.until,
        statuses=body.statuses,
    )
    return WebhookReplayOut(waiting=waiting)
