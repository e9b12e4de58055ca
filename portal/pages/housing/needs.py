# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a household needs of a home, how it is linked, and a household that is entered by hand."""

from collections.abc import Callable, Mapping, Sequence

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal.amounts import parse_euros
from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.members import people_of
from portal.pages.housing.sending import patch_form, post_form
from portal.pages.housing.who import HOUSING, choose, rooms
from portal.rooms import DECIDERS, DESK
from portal.visit import Visit, page
from portal.words import label, labels

__all__ = ["routes"]

HOUSEHOLDS = f"{HOUSING}/households"
DESK_PAGE = "/portal/huisvesting"
MOST_PEOPLE = 25
_CENTS = 100
_NOWHERE = (0, 0)
NAMED = {
    "rentMaxCents": "rentMax",
    "workX": "workQuarter",
    "workY": "workQuarter",
    "reason": "unlinkReason",
}


async def show(visit: Visit) -> Response:
    """What is known of a household, in forms to change it."""
    return await _draw(visit, Form())


async def change(visit: Visit) -> Response:
    """Record what the household needs; an empty field is a wish that it has not."""
    form = Form.of(await visit.form())
    quarters = await _quarters(visit)
    body: Json = {
        "rentMaxCents": _rent(form),
        "needsAccessible": form.values.get("needsAccessible") == "ja",
        "asksSchool": form.values.get("asksSchool") == "ja",
        "familyGemeentecode": form.choice("familyGemeentecode", labels("gemeente")),
        "shareGroup": form.text("shareGroup"),
        **_work(form, quarters),
        # A list that could not be drawn was not answered either: what stands there stays.
        **{name: form.text(name) for name in ("priorityGroup", "receptionSiteId") if name in form.values},
    }
    return await _patch(visit, form, body, "wensen-vastgelegd")


async def relink(visit: Visit) -> Response:
    """Mend the day of the link; the ten weeks follow."""
    form = Form.of(await visit.form())
    body: Json = {"linkedOn": form.day("linkedOn", required="Vul de dag van de koppeling in.")}
    return await _patch(visit, form, body, "koppeling-verbeterd")


async def unlink(visit: Visit) -> Response:
    """End the link without a house, with the reason."""
    form = Form.of(await visit.form())
    body: Json = {
        "unlinkedOn": form.day("unlinkedOn", required="Vul in op welke dag de koppeling eindigt."),
        "reason": form.choice(
            "unlinkReason", labels("unlink-reason"), required="Kies waarom de koppeling eindigt."
        ),
    }
    path = f"{HOUSEHOLDS}/{visit.path('household_id')}/unlink"
    done = _told(visit, "koppeling-beeindigd")
    return await post_form(visit, form, path, body, draw=_draw, done=done, named=NAMED)


async def begin(visit: Visit) -> Response:
    """The form for a household that COA linked."""
    return await _draw_new(visit, Form())


async def add(visit: Visit) -> Response:
    """Enter a household by hand; more than a few come by a file of TVS."""
    form = Form.of(await visit.form())
    adults = form.number("adults", required="Vul het aantal volwassenen in; 0 mag.")
    children = form.number("children", required="Vul het aantal kinderen in; 0 mag.")
    for name, number in (("adults", adults), ("children", children)):
        if number is not None and number > MOST_PEOPLE:
            form.errors.setdefault(name, f"Dit is meer dan {MOST_PEOPLE}. Controleer het aantal.")
    body: Json = {
        "gemeentecode": form.choice("gemeente", labels("gemeente"), required="Kies de gemeente."),
        "linkedOn": form.day("linkedOn", required="Vul de dag van de koppeling in."),
        "adults": adults,
        "children": children,
        "reference": form.text("reference"),
    }
    return await post_form(
        visit,
        form,
        HOUSEHOLDS,
        body,
        draw=_draw_new,
        done=lambda made: visit.go(f"{DESK_PAGE}/huishoudens/{made['id']}", message="huishouden-vastgelegd"),
        named={"gemeentecode": "gemeente"},
    )


def _rent(form: Form) -> int | None:
    try:
        return parse_euros(form.text("rentMax"))
    except ValueError:
        form.errors["rentMax"] = "Vul een bedrag in, bijvoorbeeld 693,10."
        return None


def _work(form: Form, quarters: Mapping[str, Json]) -> Json:
    """Where somebody works, as the quarter in which that is; the search knows places in steps of 100 m."""
    chosen = form.text("workQuarter")
    if chosen == "blijft" or "workQuarter" not in form.values:
        return {}
    if chosen is not None and chosen not in quarters:
        form.errors["workQuarter"] = "Kies een van de mogelijkheden."
    place = quarters.get(chosen or "")
    return {"workX": None, "workY": None} if place is None else {"workX": place["x"], "workY": place["y"]}


async def _patch(visit: Visit, form: Form, body: Json, message: str) -> Response:
    return await patch_form(
        visit,
        form,
        f"{HOUSEHOLDS}/{visit.path('household_id')}",
        body,
        version=form.values.get("householdVersion", ""),
        draw=_draw,
        done=_told(visit, message),
        named=NAMED,
    )


def _told(visit: Visit, message: str) -> Callable[[Json], Response]:
    return lambda _: visit.go(f"{DESK_PAGE}/huishoudens/{visit.path('household_id')}", message=message)


async def _quarters(visit: Visit) -> dict[str, Json]:
    """The quarters of which it is known where they lie, by id."""
    found = (await visit.gateway.all_of(visit.gateway.items(f"{HOUSING}/quarters")))[0]
    if isinstance(found, Fault):
        return {}
    placed = [one for one in found if (one["x"], one["y"]) != _NOWHERE]
    placed.sort(key=lambda one: (label("gemeente", one["gemeentecode"]), one["name"]))
    return {str(one["id"]): one for one in placed}


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    gateway = visit.gateway
    household = await gateway.get(f"{HOUSEHOLDS}/{visit.path('household_id')}")
    sites, rules = await gateway.all_of(
        gateway.items(f"{HOUSING}/reception-sites"),
        gateway.items(f"{HOUSING}/urgency-rules", gemeentecode=household["gemeentecode"]),
    )
    quarters = await _quarters(visit)
    name, _ = await people_of(visit, household)
    for field, value in _standing(household, quarters).items():
        form.values.setdefault(field, value)
    form.values.setdefault("unlinkedOn", visit.today.isoformat())
    return visit.render(
        "housing/needs.html",
        status=status,
        rooms=rooms(visit, within=DESK_PAGE),
        household=household,
        name=name,
        works=_works(household, quarters),
        groups=_groups(household, rules),
        sites={} if isinstance(sites, Fault) else {one["id"]: one["name"] for one in sites},
        keeps_link=visit.person.has_role(*DECIDERS) and household["status"] in {"waiting", "matched"},
        form=form,
    )


def _standing(household: Json, quarters: Mapping[str, Json]) -> dict[str, str]:
    """The fields as they stand."""
    cents = household["rentMaxCents"]
    works = (household["workX"], household["workY"])
    at = next((key for key, one in quarters.items() if (one["x"], one["y"]) == works), None)
    return {
        "householdVersion": str(household.get("version") or ""),
        "rentMax": "" if cents is None else f"{cents // _CENTS},{cents % _CENTS:02}",
        "needsAccessible": "ja" if household["needsAccessible"] else "",
        "asksSchool": "ja" if household["asksSchool"] else "",
        "familyGemeentecode": household["familyGemeentecode"] or "",
        "shareGroup": household["shareGroup"] or "",
        "priorityGroup": household["priorityGroup"] or "",
        "receptionSiteId": household["receptionSiteId"] or "",
        "workQuarter": at or ("" if works[0] is None else "blijft"),
        "linkedOn": household["linkedOn"],
    }


def _works(household: Json, quarters: Mapping[str, Json]) -> dict[str, str]:
    """The quarters to choose from; a place of work that lies in none of them can stay."""
    found = {key: f"{one['name']}, {label('gemeente', one['gemeentecode'])}" for key, one in quarters.items()}
    known = {(one["x"], one["y"]) for one in quarters.values()}
    works = (household["workX"], household["workY"])
    return found if works[0] is None or works in known else {"blijft": "De plek die nu bekend is", **found}


def _groups(household: Json, rules: Sequence[Json] | Fault) -> dict[str, str]:
    """The groups that an urgency rule of the gemeente names, and the one that stands."""
    told = [] if isinstance(rules, Fault) else [group for rule in rules for group in rule["priorityGroups"]]
    return {group: group for group in dict.fromkeys([*told, household["priorityGroup"]]) if group}


async def _draw_new(visit: Visit, form: Form, *, status: int = 200) -> Response:
    chooser = await choose(visit)
    form.values.setdefault("gemeente", chooser.code or "")
    form.values.setdefault("linkedOn", visit.today.isoformat())
    return visit.render(
        "housing/household_new.html",
        status=status,
        rooms=rooms(visit, within=DESK_PAGE),
        chooser=chooser,
        options={code: label("gemeente", code) for code in chooser.codes},
        form=form,
    )


_HERE = "/huisvesting/huishoudens/{household_id:uuid}/gegevens"
routes: list[BaseRoute] = [
    Route(_HERE, page(show, *DESK), methods=["GET"], name="household-needs"),
    Route(_HERE, page(change, *DESK), methods=["POST"]),
    Route(f"{_HERE}/koppeling", page(relink, *DECIDERS), methods=["POST"]),
    Route(f"{_HERE}/ontkoppelen", page(unlink, *DECIDERS), methods=["POST"]),
    Route("/huisvesting/huishoudens/nieuw", page(begin, *DECIDERS), methods=["GET"], name="household-new"),
    Route("/huisvesting/huishoudens/nieuw", page(add, *DECIDERS), methods=["POST"]),
]
