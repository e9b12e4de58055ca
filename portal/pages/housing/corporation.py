# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The corporation's room: its own dwellings, where each stands, and the form to offer one.

Of a match it sees the number of persons and the days, and nothing of the household itself.
"""

from starlette.responses import Response

from portal.amounts import parse_euros
from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.who import HOUSING
from portal.visit import Visit
from portal.words import labels

__all__ = ["offer", "show", "withdraw"]

WITH_A_PART = {"approved", "accepted", "key-handed-over", "housed"}


async def show(visit: Visit) -> Response:
    """The dwellings of this corporation."""
    return await _draw(visit, Form())


async def offer(visit: Visit) -> Response:
    """Offer a dwelling."""
    form = Form.of(await visit.form())
    body: Json = {
        "gemeentecode": form.text("gemeentecode"),
        "quarter": form.text("quarter", required="Vul de wijk in."),
        "kind": form.choice("kind", labels("dwelling-kind"), required="Kies de soort woning."),
        "rooms": form.number("rooms", required="Vul het aantal kamers in."),
        "sizeM2": form.number("sizeM2", required="Vul de oppervlakte in."),
        "rentCents": _rent(form),
        "availableFrom": form.day("availableFrom", required="Vul in vanaf welke dag de woning leeg is."),
        "minPersons": form.number("minPersons"),
        "maxPersons": form.number("maxPersons"),
        "shareSlots": form.number("shareSlots"),
        "shareMin": form.number("shareMin"),
        "maxStayMonths": form.number("maxStayMonths"),
        "reference": form.text("reference"),
    }
    if form.values.get("accessible") == "ja":
        body["accessible"] = True
    if body["kind"] == "shared" and not body["shareSlots"]:
        form.errors.setdefault("shareSlots", "Vul in hoeveel alleenstaanden de woning kunnen delen.")
    if body["kind"] == "flex" and body["maxStayMonths"] is None:
        form.errors.setdefault("maxStayMonths", "Vul in hoeveel maanden mensen er mogen wonen; 0 voor vast.")
    if not form.is_valid:
        return await _draw(visit, form, status=400)
    given = {name: value for name, value in body.items() if value is not None}
    answer = await form.sent(
        visit.gateway.post(f"{HOUSING}/dwellings", given, key=form.values.get("key") or None)
    )
    if isinstance(answer, Fault):
        return await _draw(visit, form, status=answer.status)
    return visit.go("/portal/woningen", message="woning-aangeboden")


async def withdraw(visit: Visit) -> Response:
    """Take an offer back, with the reason."""
    form = Form.of(await visit.form())
    reason = form.text("reason", required="Schrijf op waarom u de woning terugneemt.")
    if reason is None:
        return await _draw(visit, form, status=400, withdrawing=visit.path("dwelling_id"))
    body = {"on": visit.today.isoformat(), "reason": reason}
    answer = await form.sent(
        visit.gateway.post(f"{HOUSING}/dwellings/{visit.path('dwelling_id')}/withdrawal", body)
    )
    if isinstance(answer, Fault):
        return await _draw(visit, form, status=answer.status, withdrawing=visit.path("dwelling_id"))
    return visit.go("/portal/woningen", message="woning-teruggenomen")


def _rent(form: Form) -> int | None:
    text = form.text("rentCents", required="Vul de huur per maand in.")
    try:
        return parse_euros(text)
    except ValueError:
        form.errors["rentCents"] = "Vul een bedrag in, bijvoorbeeld 693,10."
        return None


async def _draw(visit: Visit, form: Form, *, status: int = 200, withdrawing: str | None = None) -> Response:
    gateway = visit.gateway
    dwellings, matches, corporations, me = await gateway.all_of(
        gateway.items(f"{HOUSING}/dwellings"),
        gateway.items(f"{HOUSING}/matches"),
        gateway.items(f"{HOUSING}/corporations"),
        gateway.get("/gateway/v1/me"),
    )
    if isinstance(dwellings, Fault):
        raise dwellings
    own = None
    if not isinstance(corporations, Fault) and not isinstance(me, Fault):
        own = next((one for one in corporations if one["organisationId"] == me["organisation"]["id"]), None)
    codes: list[str] = [] if own is None else own["gemeentecodes"]
    running = {} if isinstance(matches, Fault) else _running(matches)
    asked = visit.query("terug")
    dwellings.sort(key=lambda one: (one["status"] == "withdrawn", one["availableFrom"], one["id"]))
    return visit.render(
        "housing/corporation.html",
        status=status,
        dwellings=dwellings,
        running=running,
        moves={} if isinstance(matches, Fault) else _moves(matches),
        own_id=None if own is None else own["id"],
        gemeenten={code: labels("gemeente").get(code, code) for code in codes or labels("gemeente")},
        withdrawing=next((one for one in dwellings if one["id"] == (withdrawing or asked)), None),
        form=form,
    )


def _moves(matches: list[Json]) -> dict[str, list[Json]]:
    """The matches of each dwelling in which the corporation has a part: from the approval until the household left."""
    found: dict[str, list[Json]] = {}
    for one in sorted(matches, key=lambda one: (one["proposedOn"], one["id"])):
        if one["status"] in WITH_A_PART and not one.get("leftOn"):
            found.setdefault(str(one["dwellingId"]), []).append(one)
    return found


def _running(matches: list[Json]) -> dict[str, Json]:
    """The match on each dwelling that still counts, by the id of the dwelling."""
    over = {"rejected", "declined"}
    ordered = sorted(matches, key=lambda one: (one["proposedOn"], one["id"]))
    return {str(one["dwellingId"]): one for one in ordered if one["status"] not in over}
