# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The school announces a group, and says when it begins and stops and how many places it has."""

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.visit import Visit
from portal.words import label, labels

__all__ = ["add", "begin", "change", "show"]

GROUPS = "/learning-routes/v1/groups"
HERE = "/portal/groepen"
CORRECTABLE = {400, 403, 409}
TIMES = {"dag": "Overdag", "avond": "In de avond"}


async def begin(visit: Visit) -> Response:
    """The form for a group that is not there yet."""
    return await _draw_new(visit, Form({"time": "dag"}))


async def add(visit: Visit) -> Response:
    """Announce a group; from now on its places can be counted on."""
    form = Form.of(await visit.form())
    providers, codes = await _offered(visit)
    body: Json = {
        "name": form.text("name", required="Vul de naam van de groep in."),
        "providerId": form.choice("providerId", providers, required="Kies de school."),
        "leerroute": form.choice("leerroute", labels("leerroute"), required="Kies de leerroute."),
        "level": form.choice("level", labels("level"), required="Kies het niveau."),
        "gemeentecode": form.choice("gemeentecode", codes, required="Kies waar de lessen zijn."),
        "evening": form.choice("time", TIMES, required="Kies wanneer de lessen zijn.") == "avond",
        **_plan(form, first="Vul in op welke dag de groep begint."),
    }
    if not form.is_valid:
        return await _draw_new(visit, form, status=400)
    made = await form.sent(visit.gateway.post(GROUPS, body, key=form.values.get("key") or None), CORRECTABLE)
    if isinstance(made, Fault):
        return await _draw_new(visit, form, status=made.status)
    return visit.go(HERE, message="groep-aangekondigd")


async def show(visit: Visit) -> Response:
    """The days and places of one group, to announce them anew."""
    group = await visit.gateway.get(_address(visit))
    found = {name: group.get(name) for name in ("startsOn", "endsOn", "chairs")}
    known = {name: str(value) for name, value in found.items() if value is not None}
    return _draw_plan(visit, group, Form(known))


async def change(visit: Visit) -> Response:
    """Announce other days or places."""
    form = Form.of(await visit.form())
    body = _plan(form, first=None)
    fault: Fault | None = None
    if form.is_valid:
        answer = await form.sent(visit.gateway.put(f"{_address(visit)}/plan", body), CORRECTABLE)
        if not isinstance(answer, Fault):
            return visit.go(HERE, message="groep-gepland")
        fault = answer
    group = await visit.gateway.get(_address(visit))
    return _draw_plan(visit, group, form, status=fault.status if fault else 400)


def _plan(form: Form, *, first: str | None) -> Json:
    return {
        "startsOn": form.day("startsOn", required=first),
        "endsOn": form.day("endsOn"),
        "chairs": form.number("chairs"),
    }


def _address(visit: Visit) -> str:
    return f"{GROUPS}/{visit.path('group_id')}"


async def _offered(visit: Visit) -> tuple[dict[str, str], dict[str, str]]:
    """The schools of this organisation, and the gemeenten with which they have a contract now or later."""
    me = await visit.gateway.get("/gateway/v1/me")
    providers, contracts = await visit.gateway.all_of(
        visit.gateway.items("/learning-routes/v1/providers", organisationId=me["organisation"]["id"]),
        visit.gateway.items("/learning-routes/v1/contracts"),
    )
    for answer in (providers, contracts):
        if isinstance(answer, Fault):
            raise answer
    today = visit.today.isoformat()
    codes = {
        code
        for one in contracts
        if one["validUntil"] is None or one["validUntil"] >= today
        for code in one["gemeentecodes"]
    }
    names = {code: label("gemeente", code) for code in codes}
    return (
        {str(one["id"]): str(one["name"]) for one in providers},
        dict(sorted(names.items(), key=lambda item: item[1])),
    )


async def _draw_new(visit: Visit, form: Form, *, status: int = 200) -> Response:
    providers, codes = await _offered(visit)
    if len(providers) == 1:
        form.values.setdefault("providerId", next(iter(providers)))
    return visit.render(
        "school/group_new.html", status=status, form=form, providers=providers, codes=codes, times=TIMES
    )


def _draw_plan(visit: Visit, group: Json, form: Form, *, status: int = 200) -> Response:
    return visit.render("school/group_plan.html", status=status, form=form, group=group)
