# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What housing publishes: ids, days, codes and counts, never a name, an address or a reason in words."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from contracts import deadlines
from contracts.event import Event

DwellingKind = Literal["family", "studio", "shared", "flex", "transit"]


class HouseholdLinked(Event):
    """COA linked a household to a gemeente, or the link was corrected: carries the whole link. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.housing.household-linked.v1"
    key: ClassVar[str] = "household_id"

    household_id: UUID
    linked_on: date
    house_due_on: date
    adults: int
    children: int
    inburgeraar_ids: tuple[UUID, ...]  # the members that intake knows


class HouseholdUnlinked(Event):
    """The link of a household ended without a house. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.housing.household-unlinked.v1"
    key: ClassVar[str] = "household_id"

    household_id: UUID
    unlinked_on: date
    reason: str  # a code, kebab case


class DwellingOffered(Event):
    """A corporation offers a dwelling. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.housing.dwelling-offered.v1"
    key: ClassVar[str] = "dwelling_id"

    dwelling_id: UUID
    corporation_id: UUID
    organisation_id: UUID  # the corporation as an organisation
    kind: DwellingKind
    rooms: int
    available_from: date


class DwellingWithdrawn(Event):
    """A dwelling is no longer offered. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.housing.dwelling-withdrawn.v1"
    key: ClassVar[str] = "dwelling_id"

    dwelling_id: UUID
    withdrawn_on: date


class MatchEvent(Event):
    """What every word on a match carries."""

    key: ClassVar[str] = "household_id"

    match_id: UUID
    household_id: UUID
    dwelling_id: UUID
    organisation_id: UUID  # the corporation
    on: date


class MatchProposed(MatchEvent):
    """VluchtelingenWerk proposed a dwelling for a household. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.housing.match-proposed.v1"


class MatchApproved(MatchEvent):
    """The gemeente approved a match: the dwelling is offered to the household. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.housing.match-approved.v1"


class MatchRejected(MatchEvent):
    """The gemeente rejected a match. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.housing.match-rejected.v1"


class MatchAccepted(MatchEvent):
    """The household accepted the dwelling. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.housing.match-accepted.v1"


class MatchDeclined(MatchEvent):
    """The household declined the dwelling. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.housing.match-declined.v1"


class KeyHandedOver(Event):
    """Somebody's household has the key: guidance, relief and school places can be prepared (HO-21).

    It asks for social guidance, ontzorgen and places at school; the systems of gemeenten hear it.
    Read by: notifications, insight.
    """

    type: ClassVar[str] = "nl.inburgering.housing.key-handed-over.v1"

    inburgeraar_id: UUID
    household_id: UUID
    match_id: UUID
    key_on: date
    move_due_on: date


class PersonHoused(Event):
    """Somebody lives in the house that was matched. Read by: notifications, insight."""

    type: ClassVar[str] = "nl.inburgering.housing.person-housed.v1"

    inburgeraar_id: UUID
    household_id: UUID
    match_id: UUID
    housed_on: date


class HouseholdHoused(Event):
    """A household lives in the gemeente, and counts on its account. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.housing.household-housed.v1"
    key: ClassVar[str] = "household_id"

    household_id: UUID
    match_id: UUID
    dwelling_id: UUID
    housed_on: date
    persons: int
    waited_days: int  # from the link to the key


class PersonNotHoused(Event):
    """Somebody who was told to be housed, or to have a key, is not: what was begun for the move can be taken back.

    Follows a person-housed or a key-handed-over of the same match, or a household that was entered as housed. A
    later key-handed-over of the match counts anew. Read by: notifications, insight.
    """

    type: ClassVar[str] = "nl.inburgering.housing.person-not-housed.v1"

    inburgeraar_id: UUID
    household_id: UUID
    match_id: UUID | None
    on: date  # the day on which it was recorded


class HouseholdNotHoused(Event):
    """A household that was told to be housed never came to live there: it waits again, and counts no more.

    Read by: insight.
    """

    type: ClassVar[str] = "nl.inburgering.housing.household-not-housed.v1"
    key: ClassVar[str] = "household_id"

    household_id: UUID
    match_id: UUID | None  # None: it was entered as housed
    dwelling_id: UUID | None
    persons: int  # who counted and count no more
    on: date  # the day on which it was recorded


class HouseholdLeft(Event):
    """A household that was housed left its home, and no next match follows: the dwelling is offered again.

    It goes on counting as housed. Why it left is not told: it may be a death. Read by: insight.
    """

    type: ClassVar[str] = "nl.inburgering.housing.household-left.v1"
    key: ClassVar[str] = "household_id"

    household_id: UUID
    match_id: UUID
    dwelling_id: UUID
    left_on: date


class HouseholdNotLeft(Event):
    """A household that was told to have left its home lives there on: the dwelling is not offered after all.

    Follows a household-left of the same match. Read by: insight.
    """

    type: ClassVar[str] = "nl.inburgering.housing.household-not-left.v1"
    key: ClassVar[str] = "household_id"

    household_id: UUID
    match_id: UUID
    dwelling_id: UUID
    on: date  # the day on which it was recorded


class ExchangeSettled(Event):
    """Two gemeenten changed their tasks; the changes sum to 0. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.housing.exchange-settled.v1"
    key: ClassVar[str] = "exchange_id"

    exchange_id: UUID
    kind: Literal["persons", "tasks", "recoupling"]
    first_gemeentecode: str
    second_gemeentecode: str
    first_change: int  # persons added to the task of the first
    second_change: int
    half_year: str
    settled_on: date


class HousingDeadlineSet(deadlines.DeadlineSet):
    """A clock of housing started or was corrected. Read by: notifications."""

    type: ClassVar[str] = "nl.inburgering.housing.deadline-set.v1"


class HousingDeadlineMet(deadlines.DeadlineMet):
    """A clock of housing was met. Read by: notifications."""

    type: ClassVar[str] = "nl.inburgering.housing.deadline-met.v1"


class HousingDeadlineWithdrawn(deadlines.DeadlineWithdrawn):
    """A clock of housing no longer applies. Read by: notifications."""

    type: ClassVar[str] = "nl.inburgering.housing.deadline-withdrawn.v1"
