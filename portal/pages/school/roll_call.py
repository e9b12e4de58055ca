# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The roll call of one lesson: a form of at most a dozen rows, each saved by itself."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus

from starlette.datastructures import FormData
from starlette.responses import Response

from portal.dates import parse_hours
from portal.gateway import UNKNOWN, Fault, Json
from portal.visit import Visit
from portal.words import STATUSES

__all__ = ["save_all", "save_row", "show"]

LESSONS = "/learning-routes/v1/lessons"


@dataclass(slots=True)
class Row:
    """One person of the lesson, with what was entered so far or what was typed just now."""

    id: str
    name: str
    status: str | None = None
    hours: str = ""
    reason: str = ""
    approval: str | None = None
    signal: bool = False
    saved: bool = False
    error: str | None = None
    unsure: bool = False  # the answer got lost, so it can be saved


async def show(visit: Visit) -> Response:
    """The roll call as it stands."""
    lesson, rows = await _read(visit)
    return _draw(visit, lesson, rows)


async def save_row(visit: Visit) -> Response:
    """Save one row as soon as it changes; answers only that row's state."""
    form = await visit.form()
    person = str(form.get("row", ""))
    row = _typed(form, Row(id=person, name=""))
    if row.status is None:
        return visit.render("school/row_state.html", row=row)
    await _save(visit, row)
    return visit.render("school/row_state.html", row=row, status=200)


async def save_all(visit: Visit) -> Response:
    """Save the whole form at once, as without JavaScript; with `all`, the empty rows become present."""
    form = await visit.form()
    lesson, before = await _read(visit)
    rest = "present" if form.get("all") == "present" else None
    rows = [_typed(form, row, rest=rest) for row in before]
    changed = [row for row, old in zip(rows, before, strict=True) if _differs(row, old)]
    await asyncio.gather(*(_save(visit, row) for row in changed))
    if any(row.error for row in rows):
        return _draw(visit, lesson, rows, status=400)
    return visit.go(visit.request.url.path, message="aanwezigheid-opgeslagen")


async def _read(visit: Visit) -> tuple[Json, list[Row]]:
    """The lesson and its rows by family name, as `PUT` left them."""
    roll = await visit.gateway.get(f"{LESSONS}/{visit.path('lesson_id')}/roll-call")
    lesson: Json = {**roll["lesson"], "late": roll["late"]}
    entries = roll["entries"]
    names, group = await visit.gateway.all_of(
        visit.gateway.names(entry["inburgeraarId"] for entry in entries),
        visit.gateway.get(f"/learning-routes/v1/groups/{lesson['groupId']}"),
    )
    if isinstance(names, Fault):
        raise names
    lesson["groupName"] = None if isinstance(group, Fault) else group["name"]
    rows = []
    for entry in entries:
        person = names.get(entry["inburgeraarId"], {})
        name = f"{person.get('givenNames') or ''} {person.get('familyName') or ''}".strip()
        rows.append(
            Row(
                id=entry["inburgeraarId"],
                name=name or "Naam niet zichtbaar",
                status=entry.get("status"),
                hours=_own_hours(entry, lesson),
                reason=entry.get("reason") or "",
                approval=entry.get("approval"),
                signal=entry.get("absenceSignalId") is not None,
                saved=entry.get("status") is not None,
            )
        )
    rows.sort(key=lambda row: (names.get(row.id, {}).get("familyName") or "", row.name, row.id))
    return lesson, rows


def _own_hours(entry: Json, lesson: Json) -> str:
    """Hours that differ from the lesson's; an empty field means the whole lesson."""
    if entry.get("status") != "present" or entry.get("hours") is None:
        return ""
    whole = Decimal(str(entry["hours"])) == Decimal(str(lesson["hours"]))
    return "" if whole else str(entry["hours"]).replace(".", ",")


def _typed(form: FormData, before: Row, *, rest: str | None = None) -> Row:
    """The row as the form has it."""
    status = form.get(f"status-{before.id}")
    if status not in STATUSES:
        status = before.status or rest
    return Row(
        id=before.id,
        name=before.name,
        status=str(status) if status else None,
        hours=_text(form, f"hours-{before.id}"),
        reason=_text(form, f"reason-{before.id}"),
        approval=before.approval,
        signal=before.signal,
        saved=before.saved,
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def _differs(row: Row, before: Row) -> bool:
    return row.status is not None and (row.status, row.hours, row.reason) != (
        before.status,
        before.hours,
        before.reason,
    )


async def _save(visit: Visit, row: Row) -> None:
    """Put one row; what went wrong is written into the row."""
    body: Json = {"status": row.status}
    try:
        hours = parse_hours(row.hours)
    except ValueError:
        row.error = "Vul de uren in als getal, bijvoorbeeld 2,5."
        return
    if row.status == "present" and hours is not None:
        body["hours"] = hours
    if row.reason and row.status != "present":
        body["reason"] = row.reason
    try:
        answer = await visit.gateway.put(f"{LESSONS}/{visit.path('lesson_id')}/attendances/{row.id}", body)
    except Fault as fault:
        if fault.status == HTTPStatus.UNAUTHORIZED:
            raise
        row.saved = False
        row.unsure = fault.code == UNKNOWN
        row.error = (
            " ".join(str(error.get("detail", "")) for error in fault.errors) or fault.detail or fault.title
        )
        return
    row.saved = True
    row.approval = answer.get("approval")
    row.signal = answer.get("absenceSignalId") is not None


def _draw(visit: Visit, lesson: Json, rows: list[Row], *, status: int = 200) -> Response:
    entered = sum(1 for row in rows if row.saved)
    return visit.render("school/roll_call.html", status=status, lesson=lesson, rows=rows, entered=entered)
