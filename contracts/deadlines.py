# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The clocks of the chain, as the service that owns the rule publishes them.

Each service that has clocks publishes its own subclasses (the type names the publisher);
notifications reads them all and fires them. The aggregate of a deadline is the deadline itself:
`aggregate_version` rises with each correction, so that a late older one is ignored.
"""

from datetime import date
from uuid import UUID

from contracts.event import Event


class DeadlineSet(Event):
    """A clock started, or its dates were corrected: the last one counts."""

    deadline_id: UUID
    inburgeraar_id: UUID
    rule: str  # code of the rule, kebab case, for example `pip-ten-weeks`
    article: str  # where the rule stands, for people, for example `Besluit inburgering 2021 art. 5.3 lid 1`
    starts_on: date
    due_on: date  # last day that is still in time
    early_on: date  # the day of the early signal, before `due_on`
    organisation_id: UUID | None  # the taalschool (or other party) that must act too, if any


class DeadlineMet(Event):
    """What had to be done was done on `met_on`; on time if that is not after the due day."""

    deadline_id: UUID
    inburgeraar_id: UUID
    met_on: date


class DeadlineWithdrawn(Event):
    """The clock no longer applies and never counts as late."""

    deadline_id: UUID
    inburgeraar_id: UUID
    reason: str  # a code, kebab case
