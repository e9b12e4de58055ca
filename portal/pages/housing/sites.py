# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reception sites: their places now and later, whose people are there, and who of them waits for a house."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.desk import waits
from portal.pages.housing.who import HOUSING, choose, names_of, rooms
from portal.rooms import DECIDERS, DESK, PROVINCE
from portal.visit import Visit
from portal.words import label, labels

__all__ = ["WRITERS", "add", "begin", "capacity", "count", "distance", "overview", "show"]

SITES = f"{HOUSING}/reception-sites"
HERE = "/portal/huisvesting/opvang"
WRITERS = (*DECIDERS, *PROVINCE)
CORRECTABLE = {400, 403, 409}
LATER = timedelta(days=182)
MOST_PERCENT = 100
PAGE = 25


async def overview(visit: Visit) -> Response:
    """The sites in or for one gemeente, page by page: places today and half a year on, and people counted."""
    chooser = await choose(visit, purpose="figures")
    sites: list[Json] = []
    next_page: str | None = None
    if chooser.code is not None:
        gateway, later = visit.gateway, visit.today + LATER
        part: dict[str, str | int | None] = {
            "gemeentecode": chooser.code,
            "pageSize": PAGE,
            "pageToken": visit.query("vanaf"),
        }
        now, then = await gateway.all_of(
            gateway.get(SITES, **part), gateway.get(SITES, **part, peildatum=later.isoformat())
        )
        if isinstance(now, Fault):
            raise now
        next_page = now["nextPageToken"]
        coming = {} if isinstance(then, Fault) else {one["id"]: one for one in then["items"]}
        sites = [_with_counts(one, coming.get(one["id"]), chooser.code) for one in now["items"]]
        sites.sort(key=lambda one: (not one["open"], one["name"], one["id"]))
    return visit.render(
        "housing/sites.html",
        rooms=rooms(visit),
        chooser=chooser,
        sites=sites,
        next_page=next_page,
        later=visit.today + LATER,
        adds=visit.person.has_role(*WRITERS) and bool(chooser.codes),
    )


async def show(visit: Visit) -> Response:
    """One site, with the forms for who runs it."""
    return await _draw(visit, Form({"countedOn": visit.today.isoformat()}))


async def capacity(visit: Visit) -> Response:
    """Record how many places there are from a day on."""
    form = Form.of(await visit.form())
    group = form.choice("placesFor", labels("places-for"), required="Kies voor wie de plaatsen zijn.")
    since = form.day("since", required="Vul in vanaf welke dag.")
    places = form.number("places", required="Vul het aantal plaatsen in. Met 0 stoppen ze.")
    return await _put(visit, form, f"capacities/{group}/{since}", {"places": places}, "plaatsen-vastgelegd")


async def count(visit: Visit) -> Response:
    """Record how many people of a gemeente were there on a day."""
    form = Form.of(await visit.form())
    code = form.text("gemeentecode", required="Kies de gemeente.")
    on = form.day("countedOn", required="Vul in op welke dag u telde.")
    persons = form.number("persons", required="Vul in hoeveel personen u telde.")
    if code is not None and not _is_code(code):
        form.errors["gemeentecode"] = "Kies een van de mogelijkheden."
    return await _put(visit, form, f"residents/{code}/{on}", {"persons": persons}, "telling-vastgelegd")


async def distance(visit: Visit) -> Response:
    """Record how far the site is from where people will live."""
    form = Form.of(await visit.form())
    code = form.text("toGemeentecode", required="Kies de gemeente.")
    body = {"distanceKm": form.number("distanceKm", required="Vul de afstand in hele kilometers in.")}
    minutes = form.number("travelMinutes")
    if minutes is not None:
        body["travelMinutes"] = minutes
    if code is not None and not _is_code(code):
        form.errors["toGemeentecode"] = "Kies een van de mogelijkheden."
    return await _put(visit, form, f"distances/{code}", body, "afstand-vastgelegd")


async def begin(visit: Visit) -> Response:
    """The form for a site that is not on the list yet."""
    return await _draw_new(visit, Form({"opensOn": visit.today.isoformat()}))


async def add(visit: Visit) -> Response:
    """Record a site with its first places."""
    form = Form.of(await visit.form())
    codes = (await choose(visit, purpose="figures")).codes
    opens = form.day("opensOn", required="Vul in wanneer de locatie opengaat.")
    body: Json = {
        "name": form.text("name", required="Vul de naam in."),
        "kind": form.choice("kind", labels("site-kind"), required="Kies de soort opvang."),
        "gemeentecode": form.choice(
            "gemeentecode",
            {code: code for code in codes},
            required="Kies in welke gemeente de locatie staat.",
        ),
        "opensOn": opens,
        "closesOn": form.day("closesOn"),
        "statushoudersPercent": form.number("statushoudersPercent"),
        "buildingNote": form.text("buildingNote"),
        "buildingNotedOn": form.day("buildingNotedOn"),
        "source": form.text("source", required="Schrijf op waar dit staat."),
        "linkedGemeentecodes": [
            code for code in labels("gemeente") if form.values.get(f"linked-{code}") == "ja"
        ],
    }
    if (body["statushoudersPercent"] or 0) > MOST_PERCENT:
        form.errors["statushoudersPercent"] = "Vul een getal in van 0 tot en met 100."
    if form.values.get("needsRenovation") == "ja":
        body["needsRenovation"] = True
    group = form.choice("placesFor", labels("places-for"), required="Kies voor wie de plaatsen zijn.")
    places = form.number("places", required="Vul het aantal plaatsen in.")
    body["capacities"] = [{"placesFor": group, "since": opens, "places": places}]
    if not form.is_valid:
        return await _draw_new(visit, form, status=400)
    given = {name: value for name, value in body.items() if value is not None}
    made = await form.sent(visit.gateway.post(SITES, given, key=form.values.get("key") or None), CORRECTABLE)
    if isinstance(made, Fault):
        return await _draw_new(visit, form, status=made.status)
    return visit.go(f"{HERE}/{made['id']}", message="locatie-vastgelegd")


def _is_code(text: str) -> bool:
    return len(text) == len("0000") and text.isascii() and text.isdigit()


def _with_counts(site: Json, later: Json | None, code: str) -> Json:
    """A site with its sums: all places, those half a year on, and the people of one gemeente."""
    own = next((one for one in site["residents"] if one["gemeentecode"] == code), None)
    return {
        **site,
        "total": sum(one["places"] for one in site["places"]),
        "later": None
        if later is None
        else (sum(one["places"] for one in later["places"]) if later["open"] else 0),
        "counted": sum(one["persons"] for one in site["residents"]) if site["residents"] else None,
        "own": own,
    }


async def _put(visit: Visit, form: Form, path: str, body: Json, message: str) -> Response:
    if not form.is_valid:
        return await _draw(visit, form, status=400)
    answer = await form.sent(visit.gateway.put(f"{SITES}/{visit.path('site_id')}/{path}", body), CORRECTABLE)
    if isinstance(answer, Fault):
        return await _draw(visit, form, status=answer.status)
    return visit.go(f"{HERE}/{visit.path('site_id')}", message=message)


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    gateway, path = visit.gateway, f"{SITES}/{visit.path('site_id')}"
    later = visit.today + LATER
    now, then = await gateway.all_of(gateway.get(path), gateway.get(path, peildatum=later.isoformat()))
    if isinstance(now, Fault):
        raise now
    chooser = await choose(visit, purpose="figures")
    site = _with_counts(now, None if isinstance(then, Fault) else then, chooser.code or "")
    runs = visit.person.has_role(*WRITERS) and site["gemeentecode"] in chooser.codes
    form.values.setdefault("countedOn", visit.today.isoformat())
    return visit.render(
        "housing/site.html",
        status=status,
        rooms=rooms(visit),
        site=site,
        shares=_by_gemeente(site),
        later=later,
        runs=runs,
        linked={code: label("gemeente", code) for code in site["linkedGemeentecodes"]},
        form=form,
        **await _who_waits(visit, site["id"], visit.today),
    )


async def _draw_new(visit: Visit, form: Form, *, status: int = 200) -> Response:
    codes = (await choose(visit, purpose="figures")).codes
    return visit.render(
        "housing/site_new.html",
        status=status,
        rooms=rooms(visit),
        options={code: label("gemeente", code) for code in codes},
        form=form,
    )


def _by_gemeente(site: Json) -> Sequence[Json]:
    """Per gemeente of the site: people, the day they were counted, and how far it is."""
    counted = {one["gemeentecode"]: one for one in site["residents"]}
    far = {one["gemeentecode"]: one for one in site["distances"]}
    codes = dict.fromkeys([*site["linkedGemeentecodes"], *counted, *far])
    rows = [
        {"gemeentecode": code, "residents": counted.get(code), "distance": far.get(code)} for code in codes
    ]
    return sorted(rows, key=lambda one: label("gemeente", one["gemeentecode"]))


async def _who_waits(visit: Visit, site_id: str, today: date) -> dict[str, Any]:
    """The households of this person's gemeenten that stay at the site, for those who may know them."""
    nobody: dict[str, Any] = {"households": None, "names": {}}
    if not visit.person.has_role(*DESK):
        return nobody
    codes = (await choose(visit)).codes
    lists = await visit.gateway.all_of(
        *(visit.gateway.items(f"{HOUSING}/households", gemeentecode=code) for code in codes)
    )
    known = [part for part in lists if not isinstance(part, Fault)]
    if not known:
        return nobody
    found = [
        waits(one, today)
        for part in known
        for one in part
        if one["receptionSiteId"] == site_id and one["status"] in {"waiting", "matched"}
    ]
    found.sort(key=lambda one: (one["linkedOn"], one["id"]))
    return {"households": found, "names": await names_of(visit, found)}
