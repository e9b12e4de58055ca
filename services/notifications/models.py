# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tables of notifications. Who sees which row is written in the first migration.

Words of a closed list (status, kind, stage, audience) are text; the migration checks the values.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import chassis_tables

SCHEMA = "notifications"
_INSTANT: Any = sa.DateTime(timezone=True)


class Base(SQLModel, registry=registry(metadata=sa.MetaData(schema=SCHEMA))):
    """The tables of this service, apart from those of any other in the same process."""


class Person(Base, table=True):
    """Who follows up on an inburgeraar: ids and codes only.

    A row exists from the first event that names the person, whichever service sent it; before
    intake has spoken `gemeentecode` is null and nobody can be told anything.
    """

    __tablename__ = "person"

    inburgeraar_id: UUID = Field(primary_key=True)
    gemeentecode: str | None = Field(default=None, max_length=4)  # the responsible gemeente
    executing_gemeentecode: str | None = Field(default=None, max_length=4)
    state_version: int = 0
    lead_member_id: UUID | None = None
    lead_version: int = 0


class Deadline(Base, table=True):
    """One clock of the chain.

    The dates are null while only the end of the clock has arrived. `next_stage_on` is the day on
    which the engine must look again, null for never; the engine asks no other column what is due.
    """

    __tablename__ = "deadline"
    __table_args__ = (
        sa.Index("deadline_in_order", "due_on", "id"),
        sa.Index("deadline_of_person", "inburgeraar_id", "due_on"),
        sa.Index("deadline_of_gemeente", "gemeentecode", "due_on", "id"),
        sa.Index("deadline_of_organisation", "organisation_id", "due_on", "id"),
        sa.Index(
            "deadline_next", "next_stage_on", "id", postgresql_where=sa.text("next_stage_on IS NOT NULL")
        ),
    )

    id: UUID = Field(primary_key=True)
    owner_service: str
    inburgeraar_id: UUID
    gemeentecode: str | None = Field(default=None, max_length=4)
    organisation_id: UUID | None = None
    rule: str | None = None
    article: str | None = None
    starts_on: date | None = None
    early_on: date | None = None
    due_on: date | None = None
    set_version: int = 0
    met_on: date | None = None
    withdrawn_reason: str | None = None
    end_version: int = 0
    status: str = "running"
    next_stage_on: date | None = None
    fired_count: int = 0  # the aggregate version of `DeadlineFired`


class DeadlineFiring(Base, table=True):
    """A stage that fired, at most one per clock, stage and due day: the key is the promise.

    `carried` marks a stage that fired for an earlier due day and is not repeated for this one.
    """

    __tablename__ = "deadline_firing"

    deadline_id: UUID = Field(primary_key=True)
    due_on: date = Field(primary_key=True)
    stage: str = Field(primary_key=True)
    fired_on: date
    carried: bool = False


class Signal(Base, table=True):
    """Something that asks a person to act, on exactly one work list.

    `inburgeraar_id` is null for signals of a lesson and always for those of operations.
    """

    __tablename__ = "signal"
    __table_args__ = (
        sa.Index("signal_in_order", "raised_at", "id"),
        sa.Index("signal_open", "raised_at", "id", postgresql_where=sa.text("status = 'open'")),
        sa.Index(
            "signal_of_operations", "raised_at", "id", postgresql_where=sa.text("audience = 'operations'")
        ),
        sa.Index("signal_of_gemeente", "gemeentecode", "status", "raised_at", "id"),
        sa.Index("signal_of_lead", "lead_member_id", "status", "raised_at", "id"),
        sa.Index("signal_of_organisation", "organisation_id", "audience", "raised_at", "id"),
        sa.Index("signal_of_person", "inburgeraar_id"),
        sa.Index("signal_of_deadline", "deadline_id"),
        sa.Index(
            "signal_standing",
            "standing_key",
            unique=True,
            postgresql_where=sa.text("status = 'open' AND standing_key IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    kind: str
    audience: str
    inburgeraar_id: UUID | None = None
    gemeentecode: str | None = Field(default=None, max_length=4)
    executing_gemeentecode: str | None = Field(default=None, max_length=4)
    lead_member_id: UUID | None = None
    organisation_id: UUID | None = None
    raised_at: datetime = Field(sa_type=_INSTANT)
    due_on: date | None = None
    rule: str
    facts: dict[str, Any] = Field(sa_type=JSONB)
    status: str = "open"
    withdrawn_at: datetime | None = Field(default=None, sa_type=_INSTANT)
    withdrawn_reason: str | None = None
    deadline_id: UUID | None = None
    stage: str | None = None
    standing_key: str | None = None  # at most one open signal of operations per key
    version: int = 1


class SignalPlace(Base, table=True):
    """Of which gemeente a signal is, for callers who may know that and no more.

    It tells 403 (yours, but no agreement) from 404 without a look at the signal.
    """

    __tablename__ = "signal_place"

    signal_id: UUID = Field(primary_key=True, foreign_key=f"{SCHEMA}.signal.id")
    gemeentecode: str | None = Field(default=None, max_length=4)


class EarlyWithdrawal(Base, table=True):
    """A withdrawal that arrived before the signal that it withdraws."""

    __tablename__ = "early_withdrawal"

    signal_id: UUID = Field(primary_key=True)
    reason: str
    withdrawn_at: datetime = Field(sa_type=_INSTANT)


class Handling(Base, table=True):
    """Who handled a signal, when and how; at most one per signal."""

    __tablename__ = "handling"

    id: UUID = Field(primary_key=True)
    signal_id: UUID = Field(foreign_key=f"{SCHEMA}.signal.id", unique=True)
    member_id: UUID
    outcome: str
    handled_at: datetime = Field(sa_type=_INSTANT)


class HandlingNote(Base, table=True):
    """What the person who handled a signal wrote down: apart, since it may hold personal data.

    It never goes into an event, a mail or a log, and can be erased without the handling.
    """

    __tablename__ = "handling_note"

    handling_id: UUID = Field(primary_key=True, foreign_key=f"{SCHEMA}.handling.id")
    signal_id: UUID = Field(foreign_key=f"{SCHEMA}.signal.id")
    note: str


class Mailbox(Base, table=True):
    """Where a member receives mail. Owned here; no other service knows the address."""

    __tablename__ = "mailbox"

    member_id: UUID = Field(primary_key=True)
    address: str
    digest: bool = False  # one mail each morning instead of one per signal
    changed_at: datetime = Field(sa_type=_INSTANT)
    version: int = 1


class Delivery(Base, table=True):
    """One mail to one member, stored before it is sent; its id is the Message-ID.

    `due_at` follows the clock of the law; `next_attempt_at` and `claimed_until` are real time,
    set and compared by the database, since they are about the network.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        sa.Index(
            "delivery_pending",
            "next_attempt_at",
            "id",
            postgresql_where=sa.text("status IN ('waiting', 'sending')"),
        ),
        sa.Index("delivery_of_member", "member_id", "created_at", "id"),
        sa.Index("delivery_in_order", "created_at", "id"),
        sa.Index(
            "delivery_next_digest",
            "member_id",
            unique=True,
            postgresql_where=sa.text("template = 'digest' AND status IN ('waiting', 'no-address')"),
        ),
    )

    id: UUID = Field(primary_key=True)
    member_id: UUID
    template: str
    status: str
    created_at: datetime = Field(sa_type=_INSTANT)
    due_at: datetime = Field(sa_type=_INSTANT)
    attempts: int = 0
    next_attempt_at: datetime = Field(sa_type=_INSTANT)
    claim: UUID | None = None
    claimed_until: datetime | None = Field(default=None, sa_type=_INSTANT)
    last_fault: str | None = None  # a code, never the words of the mail server: they hold addresses
    sent_at: datetime | None = Field(default=None, sa_type=_INSTANT)


class DeliverySignal(Base, table=True):
    """Which signals a mail is about. A signal is mailed to a member once."""

    __tablename__ = "delivery_signal"
    __table_args__ = (sa.Index("delivery_signal_of_delivery", "delivery_id"),)

    signal_id: UUID = Field(primary_key=True, foreign_key=f"{SCHEMA}.signal.id")
    member_id: UUID = Field(primary_key=True)
    delivery_id: UUID = Field(foreign_key=f"{SCHEMA}.delivery.id")


class WebhookSubscription(Base, table=True):
    """Where a gemeente's system receives events; each is a queue of its own.

    `failures` and `paused_until` are of the receiver as a whole: while it is away it is asked with
    one event at a time. `lease` says which worker serves it now.
    """

    __tablename__ = "webhook_subscription"
    __table_args__ = (
        sa.Index("webhook_subscription_of_organisation", "organisation_id", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    organisation_id: UUID
    gemeentecode: str = Field(max_length=4)
    url: str
    types: list[str] = Field(sa_type=ARRAY(sa.Text))
    active: bool = True
    created_at: datetime = Field(sa_type=_INSTANT)
    created_by: UUID
    failures: int = 0
    paused_until: datetime | None = Field(default=None, sa_type=_INSTANT)
    lease: UUID | None = None
    leased_until: datetime | None = Field(default=None, sa_type=_INSTANT)
    version: int = 1


class WebhookSecret(Base, table=True):
    """A secret with which deliveries are signed; two while one takes the place of the other."""

    __tablename__ = "webhook_secret"
    __table_args__ = (sa.Index("webhook_secret_of_subscription", "subscription_id", "created_at"),)

    id: UUID = Field(primary_key=True)
    subscription_id: UUID = Field(foreign_key=f"{SCHEMA}.webhook_subscription.id")
    key_id: str
    ciphertext: bytes
    created_at: datetime = Field(sa_type=_INSTANT)
    retires_at: datetime | None = Field(default=None, sa_type=_INSTANT)


class WebhookScope(Base, table=True):
    """Of which gemeenten an organisation may hear about people, as the gateway last said."""

    __tablename__ = "webhook_scope"

    organisation_id: UUID = Field(primary_key=True)
    codes: list[str] = Field(sa_type=ARRAY(sa.Text))
    version: int


class WebhookDelivery(Base, table=True):
    """One event for one receiver; its id stays the same over all tries and replays.

    `body` is kept as it is sent, since the signature is over its bytes. All instants are real time.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        sa.UniqueConstraint("subscription_id", "event_id", name="webhook_delivery_once"),
        sa.Index(
            "webhook_delivery_waiting",
            "subscription_id",
            "key",
            "seq",
            postgresql_where=sa.text("status = 'waiting'"),
        ),
        sa.Index("webhook_delivery_in_order", "subscription_id", "seq"),
        sa.Index("webhook_delivery_ended", "offered_at", postgresql_where=sa.text("status <> 'waiting'")),
    )

    id: UUID = Field(primary_key=True)
    seq: int = Field(sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), nullable=False))
    subscription_id: UUID = Field(foreign_key=f"{SCHEMA}.webhook_subscription.id")
    event_id: UUID
    type: str
    key: str
    gemeentecode: str = Field(max_length=4)
    body: str
    status: str = "waiting"
    offered_at: datetime = Field(sa_type=_INSTANT)
    attempts: int = 0
    replays: int = 0
    next_attempt_at: datetime = Field(sa_type=_INSTANT)
    last_status: int | None = None
    last_fault: str | None = None  # a code, never the words of the receiver
    ended_at: datetime | None = Field(default=None, sa_type=_INSTANT)


metadata = Base.metadata
chassis_tables(metadata, SCHEMA)
