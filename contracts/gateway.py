# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the gateway publishes."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from contracts.event import Event


class PolicySet(Event):
    """A gemeente made a choice that the law leaves to it, from a day on.

    The choice with the latest `valid_from` that has come counts; no value ends an own choice.
    Read by: whichever service the key is about.
    """

    type: ClassVar[str] = "nl.inburgering.gateway.policy-set.v1"
    key: ClassVar[str] = "gemeentecode"

    policy_id: UUID
    gemeentecode: str
    policy_key: str  # kebab case, for example `progress-talks`
    value: int | str | tuple[str, ...] | None
    valid_from: date


class MemberSet(Event):
    """Somebody who works for an organisation was registered or changed: ids and roles, no name.

    Carries the whole state; the highest version counts. Read by: intake.
    """

    type: ClassVar[str] = "nl.inburgering.gateway.member-set.v1"
    key: ClassVar[str] = "member_id"

    member_id: UUID
    organisation_id: UUID
    gemeentecode: str | None  # of the organisation, None where it is no gemeente
    roles: tuple[str, ...]
    active: bool  # who is not may do nothing any more


class GemeenteScopeSet(Event):
    """What a gemeente may hear of people changed: a mandate or agreement began, ended or was altered.

    Carries the whole state; the highest version counts. Read by: intake, notifications.
    """

    type: ClassVar[str] = "nl.inburgering.gateway.gemeente-scope-set.v1"
    key: ClassVar[str] = "organisation_id"

    organisation_id: UUID
    gemeentecode: str
    person_codes: tuple[str, ...]  # gemeenten whose people it may see for case work, from this day on
    executing_gemeentecode: str  # who executes the case work for this gemeente: itself, unless mandated
