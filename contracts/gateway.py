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
