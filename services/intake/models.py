# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tables of intake.

What is known of a person lies in three tables, so that the database itself can keep them apart:
`inburgeraar` (codes and days), `person_name` (names; also for the taalschool of a placement) and
`person_identity` (numbers, birth date, contact; for gemeenten and guidance only).
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import chassis_tables

__all__ = [
    "Base",
    "BlindIndexRow",
    "Clock",
    "Colleague",
    "DutyEndRow",
    "ExecutingGemeente",
    "Inburgeraar",
    "Move",
    "PersonIdentity",
    "PersonName",
    "PersonScope",
    "PersonVersion",
    "Pip",
    "PlacementAccess",
    "PolicyParameter",
    "ProvisionRequest",
    "RetentionHold",
    "ThirdPartyInformationRow",
    "metadata",
]

SCHEMA = "intake"
_INSTANT: Any = sa.DateTime(timezone=True)
_HOURS: Any = sa.Numeric(7, 2)
_TEXTS: Any = pg.ARRAY(sa.Text)
_CODE: Any = sa.String(4)
_KEY: Any = sa.String(collation="C")


class Base(SQLModel, registry=registry(metadata=sa.MetaData(schema=SCHEMA))):
    """The base of intake's tables, with a registry of its own."""


metadata = Base.metadata


def _person() -> Any:
    return Field(sa_type=sa.Uuid, foreign_key=f"{SCHEMA}.inburgeraar.id", index=True)


def _person_key() -> Any:
    return Field(sa_type=sa.Uuid, foreign_key=f"{SCHEMA}.inburgeraar.id", primary_key=True)


class Inburgeraar(Base, table=True):
    """A person to the chain: codes and days. The row that everything about a person locks."""

    __tablename__ = "inburgeraar"
    __table_args__ = (
        sa.Index("inburgeraar_by_gemeente", "gemeentecode", "registered_at", "id"),
        sa.Index("inburgeraar_by_lead", "lead_member_id", "executing_gemeentecode"),
        sa.Index("inburgeraar_by_pip_due", "pip_due_on", "id"),
        sa.Index(
            "inburgeraar_by_second",
            "second_member_id",
            postgresql_where=sa.text("second_member_id IS NOT NULL"),
        ),
    )

    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    version: int  # rises with every change; the ETag and the aggregate version of the events
    law: str
    group_code: str
    permit_type: str
    obliged_on: date
    duo_notice_on: date | None = None
    brp_on: date | None = None
    gemeentecode: str = Field(sa_type=_CODE)  # the responsible gemeente
    executing_gemeentecode: str = Field(sa_type=_CODE)
    rights: list[str] = Field(sa_type=_TEXTS)
    duties: list[str] = Field(sa_type=_TEXTS)
    rule_version: str  # of the law by which act, rights and duties were derived
    lead_member_id: UUID | None = Field(default=None, sa_type=sa.Uuid)
    second_member_id: UUID | None = Field(default=None, sa_type=sa.Uuid)
    pip_due_on: date | None = None  # of the running clock for a PIP, for the order of a caseload
    registered_at: datetime = Field(sa_type=_INSTANT)
    registered_by: UUID = Field(sa_type=sa.Uuid)
    changed_at: datetime = Field(sa_type=_INSTANT)
    changed_by: UUID = Field(sa_type=sa.Uuid)


class PersonName(Base, table=True):
    """The names of a person. The gemeente stands here too, so that one index serves a list by name."""

    __tablename__ = "person_name"
    __table_args__ = (
        sa.Index("person_name_by_gemeente", "gemeentecode", "family_name_key", "inburgeraar_id"),
    )

    inburgeraar_id: UUID = _person_key()
    gemeentecode: str = Field(sa_type=_CODE)  # the responsible gemeente, as on the person
    given_names: str
    family_name: str
    # Without case, accents and spaces, compared byte by byte.
    family_name_key: str = Field(sa_type=_KEY)


class PersonIdentity(Base, table=True):
    """The numbers of a person, the birth date and how to reach them."""

    __tablename__ = "person_identity"

    inburgeraar_id: UUID = _person_key()
    birth_date: date
    gender: str
    bsn_ciphertext: bytes | None = None
    bsn_key_id: str | None = None
    v_number_ciphertext: bytes | None = None
    v_number_key_id: str | None = None
    phone: str | None = None
    email: str | None = None
    street: str | None = None
    house_number: str | None = None
    postal_code: str | None = None
    city: str | None = None
    language: str | None = None  # ISO 639 code of the language in which the person is best reached


class BlindIndexRow(Base, table=True):
    """A keyed digest of a BSN or V-number: unique in the whole country, under every key in use."""

    __tablename__ = "blind_index"

    kind: str = Field(primary_key=True)  # bsn | v-number
    key_id: str = Field(primary_key=True)
    digest: bytes = Field(primary_key=True)
    inburgeraar_id: UUID = _person()


class PersonScope(Base, table=True):
    """Which gemeente a person belongs to, and nothing else: tells 403 and 404 apart."""

    __tablename__ = "person_scope"

    inburgeraar_id: UUID = _person_key()
    gemeentecode: str = Field(sa_type=_CODE)


class PersonVersion(Base, table=True):
    """What changed in a person's record, who changed it, and when. Never changed itself."""

    __tablename__ = "person_version"

    inburgeraar_id: UUID = _person_key()
    version: int = Field(primary_key=True)
    recorded_at: datetime = Field(sa_type=_INSTANT)
    recorded_by: UUID = Field(sa_type=sa.Uuid)
    kind: str  # registered | corrected | moved | lead-assigned | …
    changed_fields: list[str] = Field(sa_type=_TEXTS)
    changes_ciphertext: bytes  # JSON {field: [before, after]}; old names and numbers are personal too
    changes_key_id: str


class Move(Base, table=True):
    """A person went to live in another gemeente."""

    __tablename__ = "move"

    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    inburgeraar_id: UUID = _person()
    from_gemeentecode: str = Field(sa_type=_CODE)
    from_executing_gemeentecode: str = Field(sa_type=_CODE)
    to_gemeentecode: str = Field(sa_type=_CODE)
    to_executing_gemeentecode: str = Field(sa_type=_CODE)
    registered_on: date
    recorded_at: datetime = Field(sa_type=_INSTANT)
    recorded_by: UUID = Field(sa_type=sa.Uuid)


class ThirdPartyInformationRow(Base, table=True):
    """Information of a third party that the PIP had to wait for."""

    __tablename__ = "third_party_information"

    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    inburgeraar_id: UUID = _person()
    source: str
    requested_on: date
    received_on: date
    recorded_at: datetime = Field(sa_type=_INSTANT)
    recorded_by: UUID = Field(sa_type=sa.Uuid)


class Pip(Base, table=True):
    """One version of the PIP: a decision, never changed once signed."""

    __tablename__ = "pip"
    __table_args__ = (sa.UniqueConstraint("inburgeraar_id", "version"),)

    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    inburgeraar_id: UUID = _person()
    version: int
    amends_id: UUID | None = Field(default=None, sa_type=sa.Uuid, foreign_key=f"{SCHEMA}.pip.id")
    signed_on: date
    signed_by: UUID = Field(sa_type=sa.Uuid)
    first_signed_on: date
    cause: str  # of the clock that this decision answers: duty | the id of a move
    due_on: date | None = None  # the last day in time, as judged; None: no clock ran
    on_time: bool
    delay_reason: str | None = None
    leerroute: str
    level: str
    pvt_hours: Decimal = Field(sa_type=_HOURS)
    map_hours: Decimal = Field(sa_type=_HOURS)
    route_hours: Decimal | None = Field(default=None, sa_type=_HOURS)
    participation: Any = Field(default=None, sa_type=pg.JSONB(none_as_null=True), nullable=True)
    participation_hours: Decimal = Field(sa_type=_HOURS)
    talks_planned: int
    goals: list[str] = Field(sa_type=_TEXTS)
    guidance: str | None = None
    responsible_gemeentecode: str = Field(sa_type=_CODE)
    executing_gemeentecode: str = Field(sa_type=_CODE)
    legal_basis: str
    rule_version: str
    recorded_at: datetime = Field(sa_type=_INSTANT)


class Clock(Base, table=True):
    """A clock that intake owns, as it was last published."""

    __tablename__ = "clock"
    __table_args__ = (sa.UniqueConstraint("inburgeraar_id", "rule", "cause"),)

    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    inburgeraar_id: UUID = _person()
    rule: str
    cause: str  # what started it: duty | the id of a move | pip
    article: str
    starts_on: date
    due_on: date
    early_on: date
    status: str  # running | met | withdrawn
    met_on: date | None = None
    withdrawn_reason: str | None = None
    version: int  # of the clock as an aggregate


class ProvisionRequest(Base, table=True):
    """A provision that was asked for, and to which there is a right."""

    __tablename__ = "provision_request"

    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    inburgeraar_id: UUID = _person()
    code: str
    requested_on: date
    recorded_at: datetime = Field(sa_type=_INSTANT)
    recorded_by: UUID = Field(sa_type=sa.Uuid)


class DutyEndRow(Base, table=True):
    """When and how a duty ended. Stays with the short list: it says how the duty was met."""

    __tablename__ = "duty_end"
    __table_args__ = (sa.Index("duty_end_next", "next_on", "inburgeraar_id"),)

    inburgeraar_id: UUID = _person_key()
    ended_on: date
    manner: str  # met | exempt | dispensation | left | died
    reduced_at: datetime | None = Field(default=None, sa_type=_INSTANT)  # since then only the short list
    next_on: date | None = None  # the day from which data must go, as last reckoned
    recorded_at: datetime = Field(sa_type=_INSTANT)
    recorded_by: UUID = Field(sa_type=sa.Uuid)


class RetentionHold(Base, table=True):
    """Why nothing of a person may be destroyed for now."""

    __tablename__ = "retention_hold"

    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    inburgeraar_id: UUID = _person()
    reason: str  # appeal | financial-account | legal-claim
    since: date
    ended_on: date | None = None
    recorded_at: datetime = Field(sa_type=_INSTANT)
    recorded_by: UUID = Field(sa_type=sa.Uuid)


class PlacementAccess(Base, table=True):
    """A taalschool may see the name of a person placed with it, until the placement ends."""

    __tablename__ = "placement_access"
    __table_args__ = (sa.Index("placement_access_person", "inburgeraar_id", "organisation_id"),)

    placement_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    inburgeraar_id: UUID = Field(sa_type=sa.Uuid)  # no foreign key: the event may come first
    organisation_id: UUID = Field(sa_type=sa.Uuid)
    from_on: date
    ended_on: date | None = None


class PolicyParameter(Base, table=True):
    """A number of local policy, in force from `valid_from` to and including `valid_to`."""

    __tablename__ = "policy_parameter"
    __table_args__ = (
        sa.Index(
            "policy_parameter_key",
            "code",
            "gemeentecode",
            "valid_from",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    code: str
    gemeentecode: str | None = Field(default=None, sa_type=_CODE)  # None: where a gemeente has no own one
    value: int
    unit: str
    valid_from: date
    valid_to: date | None = None
    source: str


class ExecutingGemeente(Base, table=True):
    """Who executes the work of a gemeente, as the register itself told (`told`), and before it did the last grant."""

    __tablename__ = "executing_gemeente"

    gemeentecode: str = Field(sa_type=_CODE, primary_key=True)
    executing_gemeentecode: str = Field(sa_type=_CODE)
    seen_at: datetime = Field(sa_type=_INSTANT)
    told: bool = Field(default=False, sa_column_kwargs={"server_default": sa.text("false")})


class Colleague(Base, table=True):
    """Somebody who works for an organisation, as the gateway told: who can lead the case of a person."""

    __tablename__ = "colleague"

    member_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    gemeentecode: str | None = Field(default=None, sa_type=_CODE)  # None: of no gemeente
    roles: list[str] = Field(sa_type=_TEXTS)
    active: bool


chassis_tables(metadata, SCHEMA)
