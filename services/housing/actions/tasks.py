# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tasks for a household: opened by a fact or a day, closed by a person."""

from datetime import date
from uuid import UUID

from sqlmodel import col, select

from chassis.db import Tx
from chassis.errors import NotFound
from services.housing.models import Household, Task
from services.housing.rules.codes import TaskKind

__all__ = ["close_task", "is_open", "open_task", "redate_task", "withdraw_task"]


async def open_task(tx: Tx, household: Household, kind: TaskKind, due_on: date) -> Task | None:
    """Open a task, unless one of its kind is open. The caller holds the lock of the household."""
    if await _open(tx, household.id, kind) is not None:
        return None
    task = Task(
        household_id=household.id,
        gemeentecode=household.gemeentecode,
        kind=kind.value,
        opened_on=tx.today,
        due_on=due_on,
        status="open",
    )
    tx.add(task)
    await tx.flush()
    return task


async def redate_task(tx: Tx, household: Household, kind: TaskKind, due_on: date) -> None:
    """Open a task, or let the open one be due on this day. The caller holds the lock of the household."""
    task = await _open(tx, household.id, kind)
    if task is None:
        await open_task(tx, household, kind, due_on)
    elif task.due_on != due_on:
        task.due_on = due_on
        task.version += 1
        await tx.flush()


async def withdraw_task(tx: Tx, household_id: UUID, kind: TaskKind) -> None:
    """Take a task back that no longer needs doing; nothing where there is none."""
    task = await _open(tx, household_id, kind)
    if task is not None:
        task.status = "withdrawn"
        task.closed_on = tx.today
        task.version += 1
        await tx.flush()


async def is_open(tx: Tx, household_id: UUID, kind: TaskKind) -> bool:
    """Whether a household has an open task of this kind."""
    return await _open(tx, household_id, kind) is not None


async def _open(tx: Tx, household_id: UUID, kind: TaskKind) -> Task | None:
    found: Task | None = await tx.scalar(
        select(Task).where(
            col(Task.household_id) == household_id, col(Task.kind) == kind.value, col(Task.status) == "open"
        )
    )
    return found


async def close_task(tx: Tx, *, task_id: UUID) -> Task:
    """Note that a person did it. Again changes nothing.

    Raises:
        NotFound: it is not there, or not the caller's.
    """
    task = await tx.get(Task, task_id, lock=True)
    if task is None:
        raise NotFound("Een taak met dit nummer is niet gevonden.")
    if task.status == "open":
        task.status = "done"
        task.closed_on = tx.today
        task.version += 1
        await tx.flush()
    return task
