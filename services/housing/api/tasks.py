# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tasks for households, family that arrives, and how sharing goes."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from chassis.errors import AgreementMissing, Forbidden, NotFound, ReferenceNotYetKnown
from chassis.schema import described
from chassis.web import Day, DayOrNone, Gemeentecode, Page, PagingDep, Router, Schema, TxDep, problems
from contracts.access import Role
from services.housing.actions import sharing as sharing_actions
from services.housing.actions.consents import family_arrived
from services.housing.actions.dwellings import visible_dwelling
from services.housing.actions.households import look_at_ids
from services.housing.actions.tasks import close_task
from services.housing.api.account_schemas import BookDay
from services.housing.api.declarations import MUNICIPALITY, PERSON_READERS, housing
from services.housing.api.household_schemas import ReunionOut, reunion_out
from services.housing.models import ShareConflict, Task
from services.housing.rules.codes import ConflictKind, TaskKind
from services.housing.store import reports as store

router = Router()

KEEPERS = MUNICIPALITY | {Role.VWN_TEAM_LEADER}


class TaskOut(Schema):
    """Iets dat iemand voor een huishouden moet doen."""

    id: UUID
    household_id: UUID
    gemeentecode: Gemeentecode
    kind: TaskKind
    opened_on: Day
    due_on: Day
    status: Literal["open", "done", "withdrawn"]
    closed_on: DayOrNone


class ArrivalIn(Schema):
    """De dag waarop het gezin kwam."""

    arrived_on: BookDay = described("Dag van aankomst.")


class ConflictIn(Schema):
    """Een conflict in een gedeelde woning. Wat er is gezegd, hoort hier niet."""

    household_id: UUID = described("Het huishouden dat een andere plek nodig kan hebben.")
    occurred_on: Day = described("Dag van het conflict.")
    kind: ConflictKind = described("Waarover.")


class SolutionIn(Schema):
    """Het einde van een conflict."""

    solved_on: Day = described("Dag waarop het voorbij was.")


class ConflictOut(Schema):
    """Een conflict in een gedeelde woning."""

    id: UUID
    dwelling_id: UUID
    household_id: UUID
    occurred_on: Day
    kind: ConflictKind
    solved_on: DayOrNone


class SharingOut(Schema):
    """Hoe het delen van een woning gaat."""

    dwelling_id: UUID
    share_slots: int
    living: int = described("Wie er wonen.")
    matched: int = described("Voor wie een match loopt.")
    open_conflicts: int
    succeeds: bool | None = described(
        "Of het een half jaar goed gaat; leeg zolang het korter is en er geen conflict loopt."
    )


def _task_out(row: Task) -> TaskOut:
    return TaskOut.model_validate(row.model_dump(include=set(TaskOut.model_fields)))


def _conflict_out(row: ShareConflict) -> ConflictOut:
    return ConflictOut.model_validate(row.model_dump(include=set(ConflictOut.model_fields)))


@router.get(
    "/tasks",
    operation_id="listHousingTasks",
    summary="Taken voor huishoudens",
    response_model=Page[TaskOut],
    openapi_extra=housing(PERSON_READERS, "huisvestingstaak-raadplegen"),
)
async def list_tasks(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen van deze gemeente.")] = None,
    household_id: Annotated[
        UUID | None, Query(alias="householdId", description="Alleen van dit huishouden.")
    ] = None,
    status: Annotated[
        Literal["open", "done", "withdrawn"] | None, Query(description="Alleen met deze status.")
    ] = None,
    kind: Annotated[TaskKind | None, Query(description="Alleen van deze soort.")] = None,
) -> object:
    """Wat er voor huishoudens te doen is: een volgende woning na maand negen, een andere plek na een conflict."""
    rows = await store.tasks_page(
        tx,
        gemeentecode=gemeentecode,
        household_id=household_id,
        status=status,
        kind=kind,
        after=paging.position(*store.TASK_KEY),
        limit=paging.fetch,
    )
    await look_at_ids(tx, {row.household_id for row in rows[: paging.size]})
    return paging.page(rows, key=lambda row: (row.due_on, row.id), item=_task_out)


@router.post(
    "/tasks/{taskId}/completion",
    operation_id="completeHousingTask",
    summary="Een taak afronden",
    response_model=TaskOut,
    responses=problems(NotFound),
    openapi_extra=housing(KEEPERS, "huisvestingstaak-afronden"),
)
async def complete_task(taskId: UUID, tx: TxDep) -> TaskOut:  # noqa: N803 - as in the path
    """Legt vast dat de taak is gedaan."""
    task = await close_task(tx, task_id=taskId)
    await look_at_ids(tx, {task.household_id})
    return _task_out(task)


@router.post(
    "/reunions/{reunionId}/arrival",
    operation_id="noteFamilyArrival",
    summary="Vastleggen dat het gezin er is",
    response_model=ReunionOut,
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=housing(KEEPERS, "nareis-vastleggen"),
)
async def note_family_arrival(reunionId: UUID, body: ArrivalIn, tx: TxDep) -> ReunionOut:  # noqa: N803 - as in the path
    """Voegt het gezin bij het huishouden. Woont dat in zijn huis, dan tellen deze personen vanaf nu mee."""
    return reunion_out(await family_arrived(tx, reunion_id=reunionId, arrived_on=body.arrived_on))


@router.get(
    "/dwellings/{dwellingId}/sharing",
    operation_id="readSharing",
    summary="Hoe het delen van een woning gaat",
    response_model=SharingOut,
    responses=problems(NotFound),
    openapi_extra=housing(PERSON_READERS, "woning-delen"),
)
async def read_sharing(dwellingId: UUID, tx: TxDep) -> SharingOut:  # noqa: N803 - as in the path
    """Wie de woning deelt, hoeveel plaatsen er zijn en of het goed gaat."""
    dwelling = await visible_dwelling(tx, dwellingId)
    found = await sharing_actions.sharing_of(tx, dwelling)
    return SharingOut(
        dwelling_id=dwelling.id,
        share_slots=found.slots,
        living=found.living,
        matched=found.matched,
        open_conflicts=found.conflicts,
        succeeds=found.succeeds,
    )


@router.post(
    "/dwellings/{dwellingId}/conflicts",
    operation_id="logShareConflict",
    summary="Een conflict in een gedeelde woning vastleggen",
    status_code=201,
    response_model=ConflictOut,
    responses=problems(NotFound, Forbidden, AgreementMissing, ReferenceNotYetKnown),
    openapi_extra=housing(KEEPERS, "woning-delen"),
)
async def log_share_conflict(dwellingId: UUID, body: ConflictIn, tx: TxDep) -> ConflictOut:  # noqa: N803 - as in the path
    """Legt een conflict vast. Er komt een taak om een andere plek te zoeken."""
    return _conflict_out(await sharing_actions.log_conflict(tx, dwelling_id=dwellingId, **body.model_dump()))


@router.get(
    "/dwellings/{dwellingId}/conflicts",
    operation_id="listShareConflicts",
    summary="Conflicten in een gedeelde woning",
    response_model=Page[ConflictOut],
    responses=problems(NotFound),
    openapi_extra=housing(PERSON_READERS, "woning-delen"),
)
async def list_share_conflicts(dwellingId: UUID, tx: TxDep, paging: PagingDep) -> object:  # noqa: N803 - as in the path
    """De conflicten, opgelost of niet."""
    await visible_dwelling(tx, dwellingId)
    rows = await store.conflicts_page(tx, dwellingId, after=paging.after_id, limit=paging.fetch)
    await look_at_ids(tx, {row.household_id for row in rows[: paging.size]})
    return paging.page(rows, key=lambda row: (row.id,), item=_conflict_out)


@router.post(
    "/share-conflicts/{conflictId}/solution",
    operation_id="solveShareConflict",
    summary="Een conflict afsluiten",
    response_model=ConflictOut,
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=housing(KEEPERS, "woning-delen"),
)
async def solve_share_conflict(conflictId: UUID, body: SolutionIn, tx: TxDep) -> ConflictOut:  # noqa: N803 - as in the path
    """Legt vast dat het conflict voorbij is. Was het het laatste, dan vervalt de taak."""
    return _conflict_out(
        await sharing_actions.solve_conflict(tx, conflict_id=conflictId, solved_on=body.solved_on)
    )
