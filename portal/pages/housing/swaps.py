# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Uitruil: gemeenten that change their taakstelling together; it counts once each has agreed."""

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.forecasts import half_years
from portal.pages.housing.who import HOUSING, choose, rooms
from portal.visit import Visit
from portal.words import labels

__all__ = ["answer", "propose", "show"]

SWAPS = f"{HOUSING}/target-swaps"
CORRECTABLE = {400, 409}
HALF_YEARS = 2
"""For so many half-years to come the present targets are shown."""

ANSWERS = {"agree": "Akkoord", "withdraw": "Intrekken"}


async def show(visit: Visit) -> Response:
    """Swaps that this person may see, the open ones first, and the form to propose one."""
    return await _draw(visit, Form({"gemeentecode": visit.person.gemeentecode or ""}))


async def propose(visit: Visit) -> Response:
    """Propose a swap with one other gemeente; the sum of both targets stays what it was."""
    form = Form.of(await visit.form())
    gemeenten = labels("gemeente")
    own = form.choice("gemeentecode", gemeenten, required="Kies uw gemeente.")
    other = form.choice("otherGemeentecode", gemeenten, required="Kies de andere gemeente.")
    half_year = form.text("halfYear", required="Vul het halfjaar in, bijvoorbeeld 2025-1.")
    target = form.number("target", required="Vul uw nieuwe taakstelling in.")
    other_target = form.number(
        "otherTarget", required="Vul de nieuwe taakstelling van de andere gemeente in."
    )
    reason = form.text("reason", required="Schrijf op waarom.")
    if own is not None and own == other:
        form.errors["otherGemeentecode"] = "Kies een andere gemeente dan uw eigen gemeente."
    if not form.is_valid:
        return await _draw(visit, form, status=400)
    body: Json = {
        "gemeentecode": own,
        "halfYear": half_year,
        "targets": [
            {"gemeentecode": own, "target": target},
            {"gemeentecode": other, "target": other_target},
        ],
        "reason": reason,
    }
    answer = await form.sent(visit.gateway.post(SWAPS, body, key=form.values.get("key") or None))
    if isinstance(answer, Fault):
        return await _draw(visit, form, status=answer.status)
    return visit.go("/portal/huisvesting/uitruil", message="uitruil-voorgesteld")


async def answer(visit: Visit) -> Response:
    """Agree for a gemeente, or take a proposal back that does not count yet."""
    form = Form.of(await visit.form())
    chosen = form.choice("answer", ANSWERS, required="Kies akkoord of intrekken.")
    code = form.values.get("gemeentecode", "")
    try:
        if chosen == "agree":
            await visit.gateway.post(f"{SWAPS}/{visit.path('swap_id')}/agreements", {"gemeentecode": code})
        elif chosen == "withdraw":
            await visit.gateway.call("POST", f"{SWAPS}/{visit.path('swap_id')}/withdrawals")
        else:
            return await _draw(visit, form, status=400)
    except Fault as fault:
        if fault.status not in {*CORRECTABLE, 403}:
            raise
        form.general = fault.detail or fault.title
        return await _draw(visit, form, status=fault.status)
    return visit.go(
        "/portal/huisvesting/uitruil",
        message="uitruil-akkoord" if chosen == "agree" else "uitruil-ingetrokken",
    )


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    chooser = await choose(visit)
    swaps, exchanges = await visit.gateway.all_of(
        visit.gateway.items(SWAPS), visit.gateway.items(f"{HOUSING}/exchanges")
    )
    if isinstance(swaps, Fault):
        raise swaps
    if isinstance(exchanges, Fault):
        exchanges = []  # the Province sees targets, and no household
    exchanges.sort(key=lambda one: (one["proposedOn"], one["id"]), reverse=True)
    exchanges.sort(key=lambda one: one["status"] != "proposed")
    swaps.sort(key=lambda one: (one["proposedOn"], one["id"]), reverse=True)
    swaps.sort(key=lambda one: one["settledOn"] is not None or one["withdrawnOn"] is not None)
    proposes = visit.person.has_role("consulent", "klantmanager", "kwaliteitsmedewerker", "policy-officer")
    return visit.render(
        "housing/swaps.html",
        status=status,
        rooms=rooms(visit),
        own={code: labels("gemeente").get(code, code) for code in chooser.codes},
        swaps=swaps,
        exchanges=exchanges,
        proposes=proposes,
        halves=half_years(visit.today)[:HALF_YEARS],
        targets=await _targets(visit) if proposes else {},
        form=form,
    )


async def _targets(visit: Visit) -> dict[str, list[Json | None]]:
    """The targets of each gemeente that this person knows, for the half-years to come; None where there is none yet."""
    halves, codes = half_years(visit.today)[:HALF_YEARS], list(labels("gemeente"))
    found = await visit.gateway.all_of(
        *(visit.gateway.get(f"{HOUSING}/taakstellingen/{code}/{half}") for code in codes for half in halves)
    )
    rows = {
        code: [None if isinstance(one, Fault) else one for one in found[start : start + len(halves)]]
        for start, code in zip(range(0, len(found), len(halves)), codes, strict=True)
    }
    return {code: row for code, row in rows.items() if any(row)}
