# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people laid down for the search: this pair, not this pair, not yet this household; each with an end."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.who import HOUSING, Name, choose, corporations, names_of, rooms
from portal.pages.housing.why_not import choice_of_dwelling, choice_of_household
from portal.visit import Visit
from portal.words import labels

__all__ = ["clash_of_run", "clashes", "lift", "show", "store", "taking_part"]

PINS = f"{HOUSING}/pins"
SEARCHES = f"{HOUSING}/match-proposals"
HERE = "/portal/huisvesting/voorstellen/vastgezet"
WEEKS_AHEAD = 4
HOLD = "hold"
FAILED = "failed"


async def show(visit: Visit) -> Response:
    """What is in force in a gemeente, and the form that lays something down."""
    known = {"householdId": visit.query("huishouden"), "dwellingId": visit.query("woning")}
    return await _draw(visit, Form({name: value for name, value in known.items() if value}))


async def store(visit: Visit) -> Response:
    """Lay something down for the search."""
    form = Form.of(await visit.form())
    kind = form.choice("kind", labels("pin-kind"), required="Kies wat u wilt vastleggen.")
    household = form.text("householdId", required="Kies een huishouden.")
    dwelling = None
    if kind is not None and kind != HOLD:
        dwelling = form.text("dwellingId", required="Kies een woning.")
    reason = form.text("reason", required="Schrijf op waarom. Collega's lezen dit.")
    until = form.day("expiresOn", required="Vul de laatste dag in waarop dit geldt.")
    if not form.is_valid:
        return await _draw(visit, form, status=400)
    body: Json = {"kind": kind, "householdId": household, "reason": reason, "expiresOn": until}
    if dwelling is not None:
        body["dwellingId"] = dwelling
    answer = await form.sent(visit.gateway.post(PINS, body, key=form.values.get("key") or None))
    if isinstance(answer, Fault):
        return await _draw(visit, form, status=answer.status)
    return visit.go(HERE, message="vastgezet", gemeente=visit.query("gemeente"))


async def lift(visit: Visit) -> Response:
    """Take it back; the next search is free to choose again."""
    await visit.gateway.call("POST", f"{PINS}/{visit.path('pin_id')}/lifting")
    return visit.go(HERE, message="losgemaakt", gemeente=visit.query("gemeente"))


def taking_part(pins: Sequence[Json], waiting: Collection[str], offered: Collection[str]) -> list[Json]:
    """The pairs of which both sides are in a search: the household waits and is not held, the dwelling is offered."""
    held = {pin["householdId"] for pin in pins if pin["kind"] == HOLD}
    return [
        pin
        for pin in pins
        if pin["householdId"] in waiting and pin["householdId"] not in held and pin["dwellingId"] in offered
    ]


def clashes(pins: Sequence[Json], homes: Mapping[str, Json]) -> list[list[Json]]:
    """Sets of pairs that take part and that no search can keep together, each as small as it can be."""
    found: list[list[Json]] = []
    by_household: dict[str, list[Json]] = defaultdict(list)
    by_dwelling: dict[str, list[Json]] = defaultdict(list)
    for pin in pins:
        by_household[pin["householdId"]].append(pin)
        if pin["kind"] == "pin":
            by_dwelling[pin["dwellingId"]].append(pin)
    for laid in by_household.values():
        wanted = [pin for pin in laid if pin["kind"] == "pin"]
        found += [[wanted[0], other] for other in wanted[1:]]
        found += [
            [pin, ban]
            for pin in wanted
            for ban in laid
            if ban["kind"] == "ban" and ban["dwellingId"] == pin["dwellingId"]
        ]
    for dwelling, wanted in by_dwelling.items():
        shared = homes.get(dwelling, {}).get("shareSlots", 0)
        if len(wanted) > max(1, shared):
            found.append(wanted[: max(1, shared) + 1])
    return found


async def clash_of_run(visit: Visit, run: Json) -> list[Json]:
    """The smallest set of pairs that made a search fail; empty where that was not why."""
    if run["status"] != FAILED:
        return []
    job = (await visit.gateway.all_of(visit.gateway.get(f"{HOUSING}/jobs/{run['id']}")))[0]
    if isinstance(job, Fault) or not job["problem"] or job["problem"]["code"] != "pins-clash":
        return []
    return list(job["problem"].get("pins", []))


async def _clash_of_asked(visit: Visit, pins: Sequence[Json]) -> list[Json]:
    """What the search from which one came stumbled over, as long as all of it is still in force."""
    try:
        run_id = UUID(visit.query("zoekopdracht") or "")
    except ValueError:
        return []
    run = (await visit.gateway.all_of(visit.gateway.get(f"{SEARCHES}/{run_id}")))[0]
    pairs = [] if isinstance(run, Fault) else await clash_of_run(visit, run)
    laid = {(pin["householdId"], pin["dwellingId"]): pin for pin in pins if pin["kind"] == "pin"}
    found = [laid.get((one["householdId"], one["dwellingId"])) for one in pairs]
    return [one for one in found if one is not None] if all(found) else []


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    chooser = await choose(visit)
    if chooser.code is None:
        return visit.render("housing/pins.html", rooms=rooms(visit), chooser=chooser, form=form)
    code, gateway = chooser.code, visit.gateway
    pins, households, dwellings, owners = await gateway.all_of(
        gateway.items(PINS, gemeentecode=code, inForce="true"),
        gateway.items(f"{HOUSING}/households", gemeentecode=code, status="waiting"),
        gateway.items(f"{HOUSING}/dwellings", status="offered"),
        corporations(visit),
    )
    for answer in (pins, households, dwellings):
        if isinstance(answer, Fault):
            raise answer
    pins.sort(key=lambda one: (one["expiresOn"], one["id"]))
    names, homes = await _sides(visit, pins, households, dwellings)
    counting = taking_part(pins, {one["id"] for one in households}, {one["id"] for one in dwellings})
    found = clashes(counting, homes)
    if not found and (last := await _clash_of_asked(visit, counting)):
        found = [last]
    form.values.setdefault("expiresOn", (visit.today + timedelta(weeks=WEEKS_AHEAD)).isoformat())
    households.sort(key=lambda one: (one["linkedOn"], one["id"]))
    dwellings.sort(key=lambda one: (one["gemeentecode"] != code, one["quarter"], one["id"]))
    return visit.render(
        "housing/pins.html",
        status=status,
        rooms=rooms(visit),
        chooser=chooser,
        pins=pins,
        clashes=found,
        names=names,
        homes=homes,
        households={one["id"]: choice_of_household(one, names) for one in households},
        dwellings={one["id"]: choice_of_dwelling(one, owners) for one in dwellings},
        form=form,
    )


async def _sides(
    visit: Visit, pins: Sequence[Json], households: Sequence[Json], dwellings: Sequence[Json]
) -> tuple[dict[str, Name], dict[str, Json]]:
    """Names and dwellings by id: those to choose from, and those that a pin names beside them."""
    gateway = visit.gateway
    here = {one["id"] for one in households}
    homes = {str(one["id"]): one for one in dwellings}
    people = sorted({one["householdId"] for one in pins} - here)
    places = sorted({one["dwellingId"] for one in pins if one["dwellingId"]} - homes.keys())
    answers = await gateway.all_of(
        *(gateway.get(f"{HOUSING}/households/{one}") for one in people),
        *(gateway.get(f"{HOUSING}/dwellings/{one}") for one in places),
    )
    others = [one for one in answers[: len(people)] if not isinstance(one, Fault)]
    homes |= {str(one["id"]): one for one in answers[len(people) :] if not isinstance(one, Fault)}
    return await names_of(visit, [*households, *others]), homes
