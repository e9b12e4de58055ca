# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The base of every published event, and the envelope in which it travels (CloudEvents, NL GOV)."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Event(BaseModel):
    """A fact that one service publishes and others may act on.

    Data holds ids, dates, codes and amounts of hours only: never a BSN, V-number, name,
    address, health fact or free text. Unknown fields are ignored, so that a reader of the
    previous minor version can read the next one.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True, defer_build=True
    )

    type: ClassVar[str]
    """CloudEvents type: `nl.inburgering.<service>.<object>-<past participle>.v1`."""

    key: ClassVar[str] = "inburgeraar_id"
    """The field whose value keeps the order: events with one key arrive in order."""

    @classmethod
    def service(cls) -> str:
        """The publishing service, in kebab case, as the type spells it."""
        return cls.type.split(".")[2]

    @classmethod
    def topic(cls) -> str:
        """The topic of the publishing service: `inburgering.<service>.v1`."""
        return f"inburgering.{cls.service()}.v1"

    def key_value(self) -> str:
        """The value of the ordering key, as text."""
        return str(getattr(self, self.key))


class Envelope(BaseModel):
    """What travels beside the data of an event: the CloudEvents attributes that we use."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    type: str
    source: str
    time: datetime  # when the fact was recorded, UTC; never the legal day, which is in the data
    subject: str  # the aggregate's id
    aggregate_version: int  # rises by one with every change of the aggregate
    gemeentecode: str | None  # the responsible gemeente; None for facts of no gemeente
    traceparent: str | None
    key: str
