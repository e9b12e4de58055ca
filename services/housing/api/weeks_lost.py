# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The weeks that who is linked and not housed loses before inburgering can begin."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.schema import described
from chassis.web import Count, Day, Gemeentecode, Page, PagingDep, Router, Schema, TxDep
from services.housing.api.account_schemas import Peildatum
from services.housing.api.declarations import PERSON_READERS, housing
from services.housing.models import Household, HouseholdMember
from services.housing.rules.waiting import weeks_lost
from services.housing.store import households, waiting as store

router = Router()


class WeeksLostMember(Schema):
    """Iemand die wacht."""

    member_id: UUID
    inburgeraar_id: UUID | None = described("Leeg zolang de persoon in de keten niet bekend is.")
    weeks_lost: Count


class WeeksLostOut(Schema):
    """Een gekoppeld huishouden zonder huis, en wat het wachten kost."""

    household_id: UUID
    gemeentecode: Gemeentecode
    peildatum: Day
    persons: Count
    linked_on: Day
    house_due_on: Day = described("Tien weken na de koppeling.")
    weeks_lost: Count = described("Hele weken na die dag; tot dan gaat er niets verloren.")
    person_weeks_lost: Count = described("Weken maal personen.")
    members: list[WeeksLostMember]


def _out(household: Household, members: list[HouseholdMember], day: date) -> WeeksLostOut:
    weeks = weeks_lost(household.house_due_on, household.housed_on, day)
    return WeeksLostOut(
        household_id=household.id,
        gemeentecode=household.gemeentecode,
        peildatum=day,
        persons=household.persons,
        linked_on=household.linked_on,
        house_due_on=household.house_due_on,
        weeks_lost=weeks,
        person_weeks_lost=weeks * household.persons,
        members=[
            WeeksLostMember(member_id=one.id, inburgeraar_id=one.inburgeraar_id, weeks_lost=weeks)
            for one in members
        ],
    )


@router.get(
    "/weeks-lost",
    operation_id="listWeeksLost",
    summary="Wat het wachten op een huis kost",
    response_model=Page[WeeksLostOut],
    openapi_extra=housing(PERSON_READERS, "huishouden-raadplegen"),
)
async def list_weeks_lost(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen van deze gemeente.")] = None,
    peildatum: Peildatum = None,
) -> object:
    """Iedereen die is gekoppeld en geen huis heeft, met de weken die voor de inburgering verloren gaan."""
    day = peildatum or tx.today
    key = paging.position(date, UUID)
    rows = await store.not_housed_page(
        tx,
        day=day,
        gemeentecode=gemeentecode,
        after=None if key is None else (key[0], key[1]),
        limit=paging.fetch,
    )
    members = await households.members_of(tx, [row.id for row in rows])
    shown = {
        row.id: [one for one in members.get(row.id, []) if one.left_on is None or one.left_on > day]
        for row in rows
    }
    for row in rows[: paging.size]:
        for one in shown[row.id]:
            if one.inburgeraar_id is not None:
                tx.look(one.inburgeraar_id, row.gemeentecode)
    return paging.page(
        rows, key=lambda row: (row.house_due_on, row.id), item=lambda row: _out(row, shown[row.id], day)
    )
