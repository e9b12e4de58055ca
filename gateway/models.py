# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tables of the gateway: who takes part, and what they agreed."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import chassis_tables

SCHEMA = "gateway"
_TEXTS = pg.ARRAY(sa.Text)
_INSTANT = sa.DateTime(timezone=True)


class Base(SQLModel, registry=registry(metadata=sa.MetaData(schema=SCHEMA))):
    """The base of this service's tables only."""


class Organisation(Base, table=True):
    """A party of the chain."""

    __tablename__: ClassVar[str] = "organisation"

    id: UUID = Field(primary_key=True)
    slug: str = Field(sa_column=sa.Column(sa.Text, nullable=False, unique=True))
    name: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    # What it is, the main thing first: VluchtelingenWerk is a taalschool as well.
    kinds: list[str] = Field(sa_column=sa.Column(_TEXTS, nullable=False))
    # The gemeenten that it works for, by code; a gemeente itself needs none.
    serves: list[str] = Field(sa_column=sa.Column(_TEXTS, nullable=False))
    # Of a gemeente only; one organisation per code.
    gemeentecode: str | None = Field(
        sa_column=sa.Column(sa.String(4), nullable=True, unique=True), default=None
    )
    version: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    created_at: datetime = Field(sa_column=sa.Column(_INSTANT, nullable=False))


class Member(Base, table=True):
    """A person who works for an organisation, and the account that they sign in with."""

    __tablename__: ClassVar[str] = "member"
    __table_args__: ClassVar[tuple[Any, ...]] = (
        sa.UniqueConstraint("issuer", "subject", name="member_account"),
        sa.Index("member_organisation", "organisation_id", "display_name", "id"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_column=sa.Column(sa.Text, nullable=False, unique=True))
    display_name: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    organisation_id: UUID = Field(
        sa_column=sa.Column(sa.Uuid, sa.ForeignKey(f"{SCHEMA}.organisation.id"), nullable=False)
    )
    roles: list[str] = Field(sa_column=sa.Column(_TEXTS, nullable=False))
    # Who vouches for the account and what it is called there; both or neither.
    issuer: str | None = Field(sa_column=sa.Column(sa.Text, nullable=True), default=None)
    subject: str | None = Field(sa_column=sa.Column(sa.Text, nullable=True), default=None)
    active: bool = Field(sa_column=sa.Column(sa.Boolean, nullable=False))
    version: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    created_at: datetime = Field(sa_column=sa.Column(_INSTANT, nullable=False))


class Client(Base, table=True):
    """A system of an organisation, and how it proves itself."""

    __tablename__: ClassVar[str] = "client"
    __table_args__: ClassVar[tuple[Any, ...]] = (
        sa.UniqueConstraint("issuer", "subject", name="client_account"),
        sa.Index("client_organisation", "organisation_id", "name", "id"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(primary_key=True)
    client_id: str = Field(sa_column=sa.Column(sa.Text, nullable=False, unique=True))
    name: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    organisation_id: UUID = Field(
        sa_column=sa.Column(sa.Uuid, sa.ForeignKey(f"{SCHEMA}.organisation.id"), nullable=False)
    )
    roles: list[str] = Field(sa_column=sa.Column(_TEXTS, nullable=False))
    issuer: str | None = Field(sa_column=sa.Column(sa.Text, nullable=True), default=None)
    subject: str | None = Field(sa_column=sa.Column(sa.Text, nullable=True), default=None)
    # For the built-in issuer: SHA-256 of a random secret (demo only), and public keys (JWK).
    secret_hash: str | None = Field(sa_column=sa.Column(sa.Text, nullable=True), default=None)
    public_keys: list[dict[str, Any]] = Field(sa_column=sa.Column(pg.JSONB, nullable=False))
    active: bool = Field(sa_column=sa.Column(sa.Boolean, nullable=False))
    version: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    created_at: datetime = Field(sa_column=sa.Column(_INSTANT, nullable=False))


class Mandate(Base, table=True):
    """A gemeente has tasks executed by another one, from a day, by a document."""

    __tablename__: ClassVar[str] = "mandate"
    __table_args__: ClassVar[tuple[Any, ...]] = (
        sa.Index("mandate_mandating", "mandating_code", "valid_from", "id"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(primary_key=True)
    mandating_code: str = Field(sa_column=sa.Column(sa.String(4), nullable=False))
    executing_code: str = Field(sa_column=sa.Column(sa.String(4), nullable=False))
    tasks: list[str] = Field(sa_column=sa.Column(_TEXTS, nullable=False))
    source: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    agreed_on: date | None = Field(sa_column=sa.Column(sa.Date, nullable=True), default=None)
    review_on: date | None = Field(sa_column=sa.Column(sa.Date, nullable=True), default=None)
    valid_from: date = Field(sa_column=sa.Column(sa.Date, nullable=False))
    valid_until: date | None = Field(sa_column=sa.Column(sa.Date, nullable=True), default=None)
    version: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    created_at: datetime = Field(sa_column=sa.Column(_INSTANT, nullable=False))


class Agreement(Base, table=True):
    """An organisation lets another see data about people of some gemeenten, for named purposes."""

    __tablename__: ClassVar[str] = "agreement"
    __table_args__: ClassVar[tuple[Any, ...]] = (
        sa.Index("agreement_receiver", "receiver_id"),
        sa.Index("agreement_provider", "provider_id"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    provider_id: UUID = Field(
        sa_column=sa.Column(sa.Uuid, sa.ForeignKey(f"{SCHEMA}.organisation.id"), nullable=False)
    )
    receiver_id: UUID = Field(
        sa_column=sa.Column(sa.Uuid, sa.ForeignKey(f"{SCHEMA}.organisation.id"), nullable=False)
    )
    gemeentecodes: list[str] = Field(sa_column=sa.Column(_TEXTS, nullable=False))
    level: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    purposes: list[str] = Field(sa_column=sa.Column(_TEXTS, nullable=False))
    data_set: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    legal_ground: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    tasks: list[str] = Field(sa_column=sa.Column(_TEXTS, nullable=False))
    agreed_on: date | None = Field(sa_column=sa.Column(sa.Date, nullable=True), default=None)
    review_on: date | None = Field(sa_column=sa.Column(sa.Date, nullable=True), default=None)
    valid_from: date = Field(sa_column=sa.Column(sa.Date, nullable=False))
    valid_until: date | None = Field(sa_column=sa.Column(sa.Date, nullable=True), default=None)
    version: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    created_at: datetime = Field(sa_column=sa.Column(_INSTANT, nullable=False))


class LocalPolicy(Base, table=True):
    """A choice of one gemeente, from a day until the next row of the same key begins."""

    __tablename__: ClassVar[str] = "local_policy"
    __table_args__: ClassVar[tuple[Any, ...]] = (
        sa.UniqueConstraint("gemeentecode", "key", "valid_from", name="local_policy_day"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(primary_key=True)
    gemeentecode: str = Field(sa_column=sa.Column(sa.String(4), nullable=False))
    key: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    value: Any = Field(sa_column=sa.Column(pg.JSONB, nullable=False))
    source: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    valid_from: date = Field(sa_column=sa.Column(sa.Date, nullable=False))
    recorded_by: UUID = Field(sa_column=sa.Column(sa.Uuid, nullable=False))
    version: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    created_at: datetime = Field(sa_column=sa.Column(_INSTANT, nullable=False))


class EndedSession(Base, table=True):
    """A session at the issuer that ended while its access tokens were alive; a digest, and no name."""

    __tablename__: ClassVar[str] = "ended_session"

    mark: bytes = Field(sa_column=sa.Column(sa.LargeBinary, primary_key=True))
    ended_at: datetime = Field(sa_column=sa.Column(_INSTANT, nullable=False))
    keep_until: datetime = Field(sa_column=sa.Column(_INSTANT, nullable=False))


class RateLimit(Base, table=True):
    """How fast a client, an organisation or a gemeente may go, in a period; the settings say the rest."""

    __tablename__: ClassVar[str] = "rate_limit"
    __table_args__: ClassVar[tuple[Any, ...]] = (
        sa.Index("rate_limit_in_order", "kind", "valid_from", "id"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(primary_key=True)
    kind: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    # Whom it is for: the id of a member, client or organisation, or a gemeentecode; nothing: all of the kind.
    subject: str | None = Field(sa_column=sa.Column(sa.Text, nullable=True), default=None)
    per_second: float = Field(sa_column=sa.Column(sa.Double, nullable=False))
    burst: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    source: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    valid_from: date = Field(sa_column=sa.Column(sa.Date, nullable=False))
    valid_until: date | None = Field(sa_column=sa.Column(sa.Date, nullable=True), default=None)
    version: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    created_at: datetime = Field(sa_column=sa.Column(_INSTANT, nullable=False))


class PaceLevel(Base, table=True):
    """What is left of a pace, over all processes of the gateway, as of an instant of real time."""

    __tablename__: ClassVar[str] = "pace_level"

    key: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    tokens: float = Field(sa_column=sa.Column(sa.Double, nullable=False))
    rate: float = Field(sa_column=sa.Column(sa.Double, nullable=False))
    burst: float = Field(sa_column=sa.Column(sa.Double, nullable=False))
    at: datetime = Field(sa_column=sa.Column(_INSTANT, nullable=False, index=True))


class ScopeNotice(Base, table=True):
    """What the other services were last told that a gemeente may hear of people."""

    __tablename__: ClassVar[str] = "scope_notice"

    organisation_id: UUID = Field(
        sa_column=sa.Column(sa.Uuid, sa.ForeignKey(f"{SCHEMA}.organisation.id"), primary_key=True)
    )
    person_codes: list[str] = Field(sa_column=sa.Column(_TEXTS, nullable=False))
    executing_code: str = Field(sa_column=sa.Column(sa.String(4), nullable=False))
    version: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    edition: int = Field(
        default=0, sa_column=sa.Column(sa.SmallInteger, nullable=False, server_default=sa.text("0"))
    )


class MemberNotice(Base, table=True):
    """Which version of a member the other services were last told."""

    __tablename__: ClassVar[str] = "member_notice"

    member_id: UUID = Field(
        sa_column=sa.Column(sa.Uuid, sa.ForeignKey(f"{SCHEMA}.member.id"), primary_key=True)
    )
    version: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))


class Backup(Base, table=True):
    """A backup of all services that is whole, as `open-inburgering backup` noted it down at its end."""

    __tablename__: ClassVar[str] = "backup"

    made_at: datetime = Field(sa_column=sa.Column(_INSTANT, primary_key=True))
    seconds: float = Field(sa_column=sa.Column(sa.Double, nullable=False))
    held_seconds: float = Field(sa_column=sa.Column(sa.Double, nullable=False))
    bytes: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))


metadata = Base.metadata
chassis_tables(metadata, SCHEMA)
