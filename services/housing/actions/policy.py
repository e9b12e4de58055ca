# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a gemeente chose: its urgency rule, and its projects of flex and doorstroom dwellings."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from chassis.db import Tx
from chassis.errors import NotFound, StaleVersion
from services.housing.actions.visibility import check_acts
from services.housing.errors import UrgencyRuleExists
from services.housing.models import FlexProject, UrgencyRule
from services.housing.rules.codes import ProjectStatus
from services.housing.store.turns import take_turn

__all__ = ["change_project", "plan_project", "set_urgency_rule"]


async def set_urgency_rule(
    tx: Tx,
    *,
    gemeentecode: str,
    status_holders: bool,
    priority_groups: list[str],
    explanation: str,
    valid_from: date,
    source: str,
) -> UrgencyRule:
    """Record what the urgency rule of a gemeente says from a day on (rules 9.8).

    Raises:
        UrgencyRuleExists: another one begins on that day.
    """
    check_acts(tx, gemeentecode)
    await take_turn(tx, "urgency-rule", gemeentecode, valid_from)
    known = await tx.scalar(
        select(UrgencyRule.id).where(
            col(UrgencyRule.gemeentecode) == gemeentecode, col(UrgencyRule.valid_from) == valid_from
        )
    )
    if known is not None:
        raise UrgencyRuleExists.on("/validFrom", "Vanaf deze dag is er al een regeling vastgelegd.")
    rule = UrgencyRule(
        gemeentecode=gemeentecode,
        status_holders=status_holders,
        priority_groups=sorted(set(priority_groups)),
        explanation=explanation,
        valid_from=valid_from,
        source=source,
    )
    tx.add(rule)
    await tx.flush()
    return rule


async def plan_project(tx: Tx, *, gemeentecode: str, **fields: Any) -> FlexProject:
    """Record a project of flex or doorstroom dwellings: site, money and permit (HO-12)."""
    check_acts(tx, gemeentecode)
    project = FlexProject(gemeentecode=gemeentecode, **fields)
    tx.add(project)
    await tx.flush()
    return project


async def change_project(
    tx: Tx,
    *,
    project_id: UUID,
    expected_version: int,
    status: ProjectStatus,
    days: Mapping[str, date | None],
) -> FlexProject:
    """Record where a project stands. A day that is not in `days` stays; one that is None is taken away."""
    project = await tx.get(FlexProject, project_id, lock=True)
    if project is None:
        raise NotFound("Een project met dit nummer is niet gevonden.")
    check_acts(tx, project.gemeentecode)
    if project.version != expected_version:
        raise StaleVersion(f"Dit project heeft nu versie {project.version}.")
    project.status = status.value
    if "permit_on" in days:
        project.permit_on = days["permit_on"]
    if "expected_from" in days:
        project.expected_from = days["expected_from"]
    project.version += 1
    await tx.flush()
    return project
