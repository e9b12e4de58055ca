# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sign a PIP, the first or a later version."""

from typing import Any

from starlette.responses import Response

from portal.dates import hours, parse_hours
from portal.forms import Form
from portal.gateway import Fault, Json
from portal.visit import Visit
from portal.words import labels

__all__ = ["show", "sign"]

PERSONS = "/intake/v1/inburgeraars"
LEVELS = {"a1": "A1", "a2": "A2", "b1": "B1", "b2": "B2"}
PVT_HOURS = 12  # the least that the Besluit asks (art. 3.1); the platform judges, this only fills the form
MAP_HOURS = 40  # art. 3.2


async def show(visit: Visit) -> Response:
    """The form; an amendment starts with what the last version says."""
    person, pips = await _read(visit)
    values: dict[str, str] = {"signedOn": visit.today.isoformat()}
    if pips:
        last = pips[0]
        values |= {
            "leerroute": str(last["leerroute"]),
            "level": str(last["level"]),
            "pvtHours": hours(last["pvtHours"]),
            "mapHours": hours(last["mapHours"]),
            "participation": _participation_text(last["participation"]),
            "talksPlanned": str(last["talksPlanned"]),
            "goals": "\n".join(last["goals"]),
            "guidance": last["guidance"] or "",
        }
    else:
        values |= {"pvtHours": str(PVT_HOURS), "mapHours": str(MAP_HOURS), "talksPlanned": "2"}
    return _draw(visit, person, pips, Form(values))


async def sign(visit: Visit) -> Response:
    """Sign; the platform says what the law does not allow, and at which field."""
    person, pips = await _read(visit)
    form = Form.of(await visit.form())
    goals = [line.strip() for line in form.values.get("goals", "").splitlines() if line.strip()]
    body: Json = {
        "signedOn": form.day("signedOn", required="Vul de datum van ondertekening in."),
        "leerroute": form.choice("leerroute", labels("leerroute"), required="Kies de leerroute."),
        "level": form.choice("level", LEVELS, required="Kies het niveau."),
        "pvtHours": form.hours("pvtHours", required="Vul het aantal uren PVT in."),
        "mapHours": form.hours("mapHours", required="Vul het aantal uren MAP in."),
        "participation": _participation(form.text("participation")),
        "talksPlanned": form.number("talksPlanned", required="Vul het aantal voortgangsgesprekken in."),
        "goals": goals,
    }
    if not goals:
        form.errors["goals"] = "Schrijf ten minste één doel op."
    if reason := form.text("delayReason"):
        body["delayReason"] = reason
    if pips:
        body["amends"] = pips[0]["id"]
    if guidance := form.text("guidance"):
        body["guidance"] = guidance
    if not form.is_valid:
        return _draw(visit, person, pips, form, status=400)
    answer = await form.sent(
        visit.gateway.post(f"{PERSONS}/{visit.path('person_id')}/pips", body, key=form.values.get("key"))
    )
    if isinstance(answer, Fault):
        return _draw(visit, person, pips, form, status=answer.status)
    return visit.go(f"/portal/personen/{visit.path('person_id')}", message="pip-vastgesteld")


async def _read(visit: Visit) -> tuple[Json, list[Json]]:
    path = f"{PERSONS}/{visit.path('person_id')}"
    person = await visit.gateway.get(path)
    pips = await visit.gateway.items(f"{path}/pips")
    pips.sort(key=lambda pip: pip["version"], reverse=True)
    return person, pips


def _draw(visit: Visit, person: Json, pips: list[Json], form: Form, *, status: int = 200) -> Response:
    return visit.render("person/pip.html", status=status, person=person, pips=pips, form=form, levels=LEVELS)


def _participation(text: str | None) -> float | str | None:
    """Hours when a number was typed, as the Z-route asks; words otherwise."""
    try:
        return parse_hours(text)
    except ValueError:
        return text


def _participation_text(value: Any) -> str:
    if isinstance(value, bool):
        return "Ja" if value else ""
    return value if isinstance(value, str) else hours(value)
