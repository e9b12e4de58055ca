# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Dwellings to come: the projects of a gemeente, the places they bring per half-year, and flex and doorstroom."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from portal.amounts import parse_euros
from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.forecasts import half_years
from portal.pages.housing.who import HOUSING, choose, rooms
from portal.rooms import DECIDERS, PROVINCE
from portal.visit import Visit
from portal.words import labels

__all__ = ["add", "add_flex", "change", "change_flex", "edit", "edit_flex", "overview"]

PROJECTS = f"{HOUSING}/pipeline-projects"
FLEX = f"{HOUSING}/flex-projects"
HERE = "/portal/huisvesting/projecten"
CORRECTABLE = {400, 403, 409, 412}
STALE = 412
MOST_PERCENT = 100
HALF_YEARS = 6
FIELDS = ("name", "stage", "dwellings", "socialPercent", "places", "probabilityPercent", "readyOn", "source")
FIELDS_OF_FLEX = ("status", "permitOn", "expectedFrom")


async def overview(visit: Visit) -> Response:
    """All projects of one gemeente, and what they bring."""
    return await _draw(visit, Form())


async def edit(visit: Visit) -> Response:
    """One project, to change."""
    project = await _project(visit)
    return _draw_edit(visit, Form(_standing(project)), project)


async def edit_flex(visit: Visit) -> Response:
    """One project of flex or doorstroom dwellings, to change."""
    project = await _flex(visit)
    return _draw_edit(visit, Form(_standing(project, flex=True)), project, flex=True)


async def add(visit: Visit) -> Response:
    """Record dwellings to come."""
    form = Form.of(await visit.form())
    body = {
        "gemeentecode": await _gemeente(visit, form),
        "kind": form.choice("kind", labels("project-kind"), required="Kies waar de woningen vandaan komen."),
        **_stated(form),
    }
    return await _added(visit, form, PROJECTS, body)


async def change(visit: Visit) -> Response:
    """Change a project, on the version that this person saw."""
    form = Form.of(await visit.form())
    body = _stated(form)
    project = await _project(visit)
    if not form.is_valid:
        return _draw_edit(visit, form, project, status=400)
    return await _changed(visit, form, f"{PROJECTS}/{project['id']}", body, project)


async def add_flex(visit: Visit) -> Response:
    """Record a project of flex or doorstroom dwellings: site, money and permit."""
    form = Form.of(await visit.form())
    text = form.text("budget")
    try:
        cents = parse_euros(text)
    except ValueError:
        cents = None
        form.errors["budget"] = "Vul een bedrag in, bijvoorbeeld 1500000 of 693,10."
    body: Json = {
        "gemeentecode": await _gemeente(visit, form),
        "name": form.text("flexName", required="Vul de naam van het project in."),
        "site": form.text("site", required="Vul de plek in."),
        "kind": form.choice("flexKind", labels("flex-kind"), required="Kies de soort woningen."),
        "places": form.number("flexPlaces", required="Vul in hoeveel mensen er kunnen wonen."),
        "status": form.choice("status", labels("flex-status"), required="Kies waar het project staat."),
        "budgetCents": cents,
        "permitOn": form.day("permitOn"),
        "expectedFrom": form.day("expectedFrom"),
        "until": form.day("until"),
        "source": form.text("flexSource", required="Schrijf op waar dit staat."),
    }
    return await _added(visit, form, FLEX, body, named=FLEX_FIELDS)


async def change_flex(visit: Visit) -> Response:
    """Record where a project of flex or doorstroom dwellings stands; a day that was emptied is taken away."""
    form = Form.of(await visit.form())
    body: Json = {
        "status": form.choice("status", labels("flex-status"), required="Kies waar het project staat."),
        **{name: form.day(name) for name in FIELDS_OF_FLEX[1:] if name in form.values},
    }
    project = await _flex(visit)
    if not form.is_valid:
        return _draw_edit(visit, form, project, flex=True, status=400)
    return await _changed(visit, form, f"{FLEX}/{project['id']}", body, project, flex=True)


FLEX_FIELDS: Mapping[str, str] = {
    "name": "flexName",
    "kind": "flexKind",
    "places": "flexPlaces",
    "source": "flexSource",
    "budgetCents": "budget",
}
"""What a field of a flex project is called on the page, beside the form for other projects."""


def _standing(project: Json, *, flex: bool = False) -> dict[str, str]:
    """The fields of the page as a project stands now, with the version that a change is then based on."""
    names = ("version", *(FIELDS_OF_FLEX if flex else FIELDS))
    found = {name: project.get(name) for name in names}
    return {name: "" if value is None else str(value) for name, value in found.items()}


def _stated(form: Form) -> Json:
    """What both a new and a changed project state."""
    body: Json = {
        "name": form.text("name", required="Vul de naam van het project in."),
        "stage": form.choice("stage", labels("project-stage"), required="Kies hoe ver het project is."),
        "dwellings": form.number("dwellings", required="Vul het aantal woningen in."),
        "socialPercent": form.number("socialPercent", required="Vul het deel sociale huur in."),
        "places": form.number("places", required="Vul in hoeveel statushouders er kunnen wonen."),
        "probabilityPercent": form.number("probabilityPercent", required="Vul de kans in."),
        "readyOn": form.day("readyOn", required="Vul in wanneer het klaar is."),
        "source": form.text("source", required="Schrijf op waar dit staat."),
    }
    for name in ("socialPercent", "probabilityPercent"):
        if (body[name] or 0) > MOST_PERCENT:
            form.errors[name] = "Vul een getal in van 0 tot en met 100."
    return body


async def _gemeente(visit: Visit, form: Form) -> str | None:
    codes = (await choose(visit, purpose="figures")).codes
    return form.choice("gemeentecode", {code: code for code in codes}, required="Kies de gemeente.")


async def _added(
    visit: Visit, form: Form, path: str, body: Json, *, named: Mapping[str, str] | None = None
) -> Response:
    if not form.is_valid:
        return await _draw(visit, form, status=400)
    given = {name: value for name, value in body.items() if value is not None}
    try:
        await visit.gateway.post(path, given, key=form.values.get("key") or None)
    except Fault as fault:
        if fault.status not in CORRECTABLE:
            raise
        form.absorb(fault, named or {})
        return await _draw(visit, form, status=fault.status)
    return visit.go(HERE, message="project-vastgelegd", gemeente=str(body["gemeentecode"]))


async def _changed(
    visit: Visit, form: Form, path: str, body: Json, project: Json, *, flex: bool = False
) -> Response:
    try:
        await visit.gateway.patch(path, body, version=form.values.get("version", ""))
    except Fault as fault:
        if fault.status not in CORRECTABLE:
            raise
        if fault.status == STALE:
            # What was sent must not follow on a version that this person never saw.
            project = await (_flex if flex else _project)(visit)
            form = Form(_standing(project, flex=flex))
            form.general = (
                "Iemand anders heeft dit project net gewijzigd. Hieronder staat wat er nu is vastgelegd. "
                "Uw eigen wijziging is niet vastgelegd. Maak die opnieuw."
            )
        else:
            form.absorb(fault)
        return _draw_edit(visit, form, project, flex=flex, status=fault.status)
    return visit.go(HERE, message="project-gewijzigd", gemeente=project["gemeentecode"])


async def _project(visit: Visit) -> Json:
    return _found(await visit.gateway.items(PROJECTS), visit.path("project_id"))


async def _flex(visit: Visit) -> Json:
    return _found(await visit.gateway.items(FLEX), visit.path("project_id"))


def _found(projects: list[Json], project_id: str) -> Json:
    for one in projects:
        if one["id"] == project_id:
            return one
    raise Fault(404, "not-found", "Dit project is niet gevonden", "Het project is er niet, of is niet van u.")


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    chooser = await choose(visit, purpose="figures")
    context: dict[str, Any] = {"projects": [], "flex": None, "pipeline": None}
    if chooser.code is not None:
        gateway, halves = visit.gateway, half_years(visit.today)
        calls = [
            gateway.items(PROJECTS, gemeentecode=chooser.code),
            gateway.get(
                f"{HOUSING}/pipeline/{chooser.code}", **{"from": halves[0], "until": halves[HALF_YEARS - 1]}
            ),
        ]
        if not visit.person.has_role(*PROVINCE):
            calls.append(gateway.items(FLEX, gemeentecode=chooser.code))
        found, pipeline, *flex = await gateway.all_of(*calls)
        if isinstance(found, Fault):
            raise found
        found.sort(key=lambda one: (one["stage"] == "stopped", one["readyOn"], one["id"]))
        context = {"projects": found, "pipeline": pipeline, "flex": flex[0] if flex else None}
    form.values.setdefault("gemeentecode", chooser.code or "")
    return visit.render(
        "housing/projects.html",
        status=status,
        rooms=rooms(visit),
        chooser=chooser,
        writes=visit.person.has_role(*DECIDERS),
        is_fault=lambda part: isinstance(part, Fault),
        form=form,
        **context,
    )


def _draw_edit(visit: Visit, form: Form, project: Json, *, flex: bool = False, status: int = 200) -> Response:
    return visit.render(
        "housing/project.html",
        status=status,
        rooms=rooms(visit),
        project=project,
        flex=flex,
        form=form,
    )
