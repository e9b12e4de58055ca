# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The desk: matches and their steps, clocks, tasks, exchanges, and the facts that the account counts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.housing.models.tables import INSTANT, SCHEMA, Base, gemeente, text, text_or_none

__all__ = [
    "Deadline",
    "Exchange",
    "ExchangeHousehold",
    "Match",
    "MoveItem",
    "Realisation",
    "ShareConflict",
    "Stay",
    "TargetChange",
    "Task",
]

_UNDER_WAY = "status IN ('proposed', 'approved', 'accepted', 'key-handed-over')"


class Match(Base, table=True):
    """One household and one dwelling, from the proposal to the day they live there."""

    __tablename__ = "match"
    __table_args__ = (
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'rejected', 'accepted', 'declined', 'key-handed-over', 'housed')",
            name="match_status",
        ),
        # The last word on two matches at one moment, behind the locks that the actions take.
        sa.Index(
            "match_dwelling_taken",
            "dwelling_id",
            unique=True,
            postgresql_where=sa.text(f"{_UNDER_WAY} AND NOT shared"),
        ),
        sa.Index("match_household_taken", "household_id", unique=True, postgresql_where=sa.text(_UNDER_WAY)),
        sa.Index("match_gemeente", "gemeentecode", "status", "id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    household_id: UUID = Field(foreign_key=f"{SCHEMA}.household.id", index=True)
    dwelling_id: UUID = Field(foreign_key=f"{SCHEMA}.dwelling.id", index=True)
    gemeentecode: str = gemeente()  # of the household
    dwelling_gemeentecode: str = gemeente()
    organisation_id: UUID = Field(index=True)  # of the corporation
    exchange_id: UUID | None = Field(default=None, foreign_key=f"{SCHEMA}.exchange.id")
    proposal_id: UUID | None = None
    volunteer_id: UUID | None = None  # the member of VluchtelingenWerk who helps with the move
    persons: int
    shared: bool = False
    status: str = text()
    reason: str = text()
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)  # what was weighed, as it was then
    proposed_on: date
    proposed_by: UUID
    decided_on: date | None = None
    decided_by: UUID | None = None
    decision_reason: str | None = text_or_none()
    refusal: str | None = text_or_none()  # why it was rejected or declined, a code
    looked_seconds: int | None = None  # for how long who decided had it open, where that is known
    move_due_on: date | None = None
    accepted_on: date | None = None
    declined_on: date | None = None
    key_on: date | None = None
    housed_on: date | None = None
    # What was recorded by mistake: what, its day, why, and when and by whom it was taken back; the oldest first.
    taken_back: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": sa.text("'[]'::jsonb")}
    )
    version: int = 1


class MoveItem(Base, table=True):
    """One thing to do around the move day, and by whom."""

    __tablename__ = "move_item"

    match_id: UUID = Field(foreign_key=f"{SCHEMA}.match.id", primary_key=True)
    code: str = Field(sa_type=sa.Text, primary_key=True)
    gemeentecode: str = gemeente()
    party: str = text()  # vluchtelingenwerk | gemeente | corporation
    due_on: date
    done_on: date | None = None
    done_by: UUID | None = None


class Stay(Base, table=True):
    """Living somewhere for a time: flex, doorstroom or a shared dwelling with an end; or a home that was left."""

    __tablename__ = "stay"
    __table_args__ = (
        sa.Index("stay_follow_up", "follow_up_on", postgresql_where=sa.text("ended_on IS NULL")),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    household_id: UUID = Field(foreign_key=f"{SCHEMA}.household.id", index=True)
    match_id: UUID = Field(foreign_key=f"{SCHEMA}.match.id", unique=True)
    dwelling_id: UUID
    gemeentecode: str = gemeente()
    kind: str = text()  # of the dwelling
    starts_on: date
    follow_up_on: date  # when a next home must be looked for
    due_on: date  # last day
    follow_up_told: bool = False  # the task was opened
    ended_on: date | None = None
    end_reason: str | None = text_or_none()
    ended_by: UUID | None = None  # who recorded it
    # The ids, by table, of what ended with it, so that it can be taken back; `match`: the next home that ended it.
    took_along: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    version: int = 1


class ShareConflict(Base, table=True):
    """A conflict in a shared dwelling, as a code; what was said stays in the file of those who helped."""

    __tablename__ = "share_conflict"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    dwelling_id: UUID = Field(foreign_key=f"{SCHEMA}.dwelling.id", index=True)
    household_id: UUID = Field(foreign_key=f"{SCHEMA}.household.id", index=True)
    gemeentecode: str = gemeente()
    occurred_on: date
    kind: str = text()
    solved_on: date | None = None
    recorded_by: UUID


class Task(Base, table=True):
    """Something that a person must do for a household; a job or a fact opened it."""

    __tablename__ = "task"
    __table_args__ = (
        sa.Index(
            "task_open",
            "household_id",
            "kind",
            unique=True,
            postgresql_where=sa.text("status = 'open'"),
        ),
        sa.Index("task_gemeente", "gemeentecode", "status", "due_on"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    household_id: UUID = Field(foreign_key=f"{SCHEMA}.household.id", index=True)
    gemeentecode: str = gemeente()
    kind: str = text()  # follow-up-home | reallocation | reunion-exit | passed-over
    opened_on: date
    due_on: date
    status: str = text()  # open | done | withdrawn
    closed_on: date | None = None
    version: int = 1


class Deadline(Base, table=True):
    """A clock of a household for one of its people, as it was last published."""

    __tablename__ = "deadline"
    __table_args__ = (sa.UniqueConstraint("household_id", "inburgeraar_id", "rule"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    household_id: UUID = Field(foreign_key=f"{SCHEMA}.household.id")
    inburgeraar_id: UUID
    gemeentecode: str = gemeente()
    rule: str = text()
    article: str = text()
    starts_on: date
    due_on: date  # last day that is still in time
    early_on: date
    status: str = text()  # running | met | withdrawn
    met_on: date | None = None
    version: int = 1


class Exchange(Base, table=True):
    """An uitruil: two gemeenten change their tasks, and the sum stays the same. Holds counts, no person."""

    __tablename__ = "exchange"
    __table_args__ = (
        sa.CheckConstraint("first_gemeentecode <> second_gemeentecode", name="exchange_two"),
        sa.CheckConstraint("persons_to_first >= 0 AND persons_to_second >= 0", name="exchange_persons"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str = text()  # persons | tasks | recoupling
    first_gemeentecode: str = gemeente()
    second_gemeentecode: str = gemeente()
    persons_to_first: int
    persons_to_second: int
    reception_places: int | None = (
        None  # of an exchange of tasks: places of the first for homes of the second
    )
    half_year: str = text()  # in which the tasks change, for example 2024-2
    plan_reference: str | None = text_or_none()  # the provincial plan
    decision_reference: str | None = text_or_none()  # the distribution decision (verdeelbesluit)
    reason: str = text()
    proposed_on: date
    proposed_by: UUID
    first_agreed_on: date | None = None
    first_agreed_by: UUID | None = None
    second_agreed_on: date | None = None
    second_agreed_by: UUID | None = None
    settled_on: date | None = None  # the day the balances changed
    status: str = text()  # proposed | settled | withdrawn
    version: int = 1


class ExchangeHousehold(Base, table=True):
    """A household that goes to another gemeente in an exchange."""

    __tablename__ = "exchange_household"

    exchange_id: UUID = Field(foreign_key=f"{SCHEMA}.exchange.id", primary_key=True)
    household_id: UUID = Field(foreign_key=f"{SCHEMA}.household.id", primary_key=True)
    gemeentecode: str = gemeente()  # where the household is now, for row-level security
    from_gemeentecode: str = gemeente()
    to_gemeentecode: str = gemeente()
    persons: int


class TargetChange(Base, table=True):
    """A fact for the account: the task of a gemeente changed by an exchange. Those of one exchange sum to 0."""

    __tablename__ = "target_change"
    __table_args__ = (sa.UniqueConstraint("exchange_id", "gemeentecode"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    exchange_id: UUID = Field(foreign_key=f"{SCHEMA}.exchange.id")
    gemeentecode: str = gemeente()
    half_year: str = text()
    changed_on: date
    persons: int  # added to the task; below zero: taken off
    recorded_at: datetime = Field(sa_type=INSTANT)


class Realisation(Base, table=True):
    """A fact for the account: people were housed in a gemeente on a day. The account is the sum of these.

    One row per person where a match housed them; history before the platform comes as counts. A fact is
    never changed: a correction is another row, with the day from which it counts and `corrects`.
    The ids are plain: the account stays when the household is destroyed.
    """

    __tablename__ = "realisation"
    __table_args__ = (
        # One person counts once, however often they move on from a temporary house.
        sa.Index(
            "realisation_member",
            "member_id",
            unique=True,
            postgresql_where=sa.text("member_id IS NOT NULL AND persons > 0 AND NOT corrected"),
        ),
        sa.Index("realisation_gemeente", "gemeentecode", "housed_on"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    gemeentecode: str = gemeente()
    housed_on: date  # the day from which it counts
    persons: int  # below zero in a correction
    source: str = text()  # match | household | entered | correction
    match_id: UUID | None = None
    household_id: UUID | None = None
    member_id: UUID | None = None
    corrects: UUID | None = Field(default=None, foreign_key=f"{SCHEMA}.realisation.id")
    corrected: bool = False  # another row takes this one back
    reason: str | None = text_or_none()
    cause: str | None = text_or_none()  # of a correction: never-moved-in | counted-twice; None: not said
    recorded_at: datetime = Field(sa_type=INSTANT)
    recorded_by: UUID | None = None
