# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One household: how long it waits or must move on, what was tried before, and the forms for all that changes."""

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from portal.amounts import euros
from portal.dates import day
from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.desk import waits
from portal.pages.housing.members import people_of
from portal.pages.housing.who import HOUSING, corporations, rooms
from portal.rooms import DECIDERS, VWN
from portal.visit import Visit
from portal.words import label, labels

__all__ = ["draw", "propose", "rules_of", "show"]

CORRECTABLE = {400, 409}
BREAKS_RULE = "match-breaks-rule"
MUST_GO = ("follow-up-home", "reallocation", "reunion-exit")
"""Tasks that ask for another home."""


async def show(visit: Visit) -> Response:
    """The household with its matches, and for who proposes the dwellings of its gemeente."""
    return await draw(visit, Form({"dwellingId": visit.query("woning") or ""}))


async def propose(visit: Visit) -> Response:
    """Propose; a rule that the match would break is named, and nothing has to be typed again."""
    form = Form.of(await visit.form())
    dwelling = form.text("dwellingId", required="Kies een woning.")
    reason = form.text("reason", required="Schrijf op waarom juist deze woning past.")
    if dwelling is None or reason is None:
        return await draw(visit, form, status=400)
    body = {"householdId": visit.path("household_id"), "dwellingId": dwelling, "reason": reason}
    try:
        await visit.gateway.post(f"{HOUSING}/matches", body, key=form.values.get("key") or None)
    except Fault as fault:
        if fault.status not in CORRECTABLE:
            raise
        if fault.code != BREAKS_RULE:
            form.absorb(fault)
            return await draw(visit, form, status=fault.status)
        form.errors["dwellingId"] = "Deze woning past niet bij dit huishouden. Kies een andere woning."
        return await draw(visit, form, status=fault.status, broken=rules_of(fault))
    return visit.go(visit.request.url.path, message="match-voorgesteld")


def rules_of(fault: Fault) -> list[Json]:
    """Each rule by its name, if it has one, with what the platform says of it."""
    return [
        {"name": labels("match-rule").get(str(error.get("code")), ""), "detail": error.get("detail") or ""}
        for error in fault.errors
    ]


async def draw(visit: Visit, form: Form, *, status: int = 200, broken: list[Json] | None = None) -> Response:
    """The page of a household, with the form that was filled in."""
    household = await visit.gateway.get(f"{HOUSING}/households/{visit.path('household_id')}")
    matches, dwellings, owners, consents, tasks = await visit.gateway.all_of(
        visit.gateway.items(f"{HOUSING}/matches", householdId=household["id"]),
        visit.gateway.items(f"{HOUSING}/dwellings", gemeentecode=household["gemeentecode"]),
        corporations(visit),
        visit.gateway.items(f"{HOUSING}/households/{household['id']}/consents"),
        visit.gateway.items(f"{HOUSING}/tasks", householdId=household["id"], status="open"),
    )
    homes = {} if isinstance(dwellings, Fault) else {str(one["id"]): one for one in dwellings}
    free = sorted(
        (one for one in homes.values() if one["status"] == "offered"),
        key=lambda one: (one["maxPersons"] < household["persons"], one["availableFrom"], one["id"]),
    )
    if not isinstance(matches, Fault):
        matches.sort(key=lambda one: (one["proposedOn"], one["id"]), reverse=True)
    home = None if isinstance(matches, Fault) else _home_of(household, matches)
    moves_on = _moves_on(household, home, homes, tasks)
    name, people = await people_of(visit, household)
    for field in ("consentOn", "revokedOn", "reunionOn", "occurredOn", "solvedOn"):
        form.values.setdefault(field, visit.today.isoformat())
    return visit.render(
        "housing/household.html",
        status=status,
        rooms=rooms(visit),
        household=waits(household, visit.today),
        name=name,
        people=people,
        tasks=[] if isinstance(tasks, Fault) else tasks,
        home=home,
        moves_on=moves_on,
        matches=matches,
        matches_away=isinstance(matches, Fault),
        dwellings_away=dwellings if isinstance(dwellings, Fault) else None,
        homes=homes,
        owners=owners,
        options={one["id"]: _option(one, owners) for one in free},
        looks_for=household["status"] == "waiting" or moves_on,
        proposes=visit.person.has_role(*VWN) and (household["status"] == "waiting" or moves_on),
        exchanges=visit.person.has_role("consulent", "klantmanager", "policy-officer")
        and household["status"] == "waiting",
        names_members=visit.person.has_role(*DECIDERS),
        keeps=household["status"] != "unlinked" and not household.get("leftOn"),
        **_agreed(household, consents),
        **await _conflicts(visit, household, home),
        broken=broken or [],
        form=form,
    )


def _home_of(household: Json, matches: Sequence[Json]) -> Json | None:
    """The match of the home in which the household lives now."""
    if household["status"] != "housed":
        return None
    return next((one for one in matches if one["status"] == "housed" and not one.get("leftOn")), None)


def _moves_on(
    household: Json, home: Json | None, homes: Mapping[str, Json], tasks: Sequence[Json] | Fault
) -> bool:
    """Whether another home may be proposed for who has one: it is for a time, it is shared, or they must go."""
    if household["status"] != "housed" or household.get("leftOn"):
        return False
    dwelling = None if home is None else homes.get(home["dwellingId"])
    if home is not None and (home["shared"] or (dwelling is not None and dwelling["maxStayMonths"])):
        return True
    return not isinstance(tasks, Fault) and any(one["kind"] in MUST_GO for one in tasks)


def _agreed(household: Json, consents: Sequence[Json] | Fault) -> Json:
    """What the household agrees to now, and what it can still be asked."""
    if isinstance(consents, Fault):
        return {"consents_away": consents, "agreed": {}, "to_ask": {}}
    agreed = {str(one["id"]): _consent(one) for one in consents if one["revokedOn"] is None}
    kinds = dict(labels("consent-kind"))
    if household["persons"] > 1 or any(one["kind"] == "sharing" and not one["revokedOn"] for one in consents):
        del kinds["sharing"]
    return {"consents_away": None, "agreed": agreed, "to_ask": kinds}


def _consent(one: Json) -> str:
    code = one["gemeentecode"]
    words = label("consent-kind", one["kind"]) if code is None else f"Wonen in {label('gemeente', code)}"
    return f"{words}, sinds {day(one['givenOn'])}"


async def _conflicts(visit: Visit, household: Json, home: Json | None) -> Json:
    """The conflicts of the household that are not over, where it shares a home."""
    if home is None or not home["shared"]:
        return {"conflicts": {}, "conflicts_away": None}
    path = f"{HOUSING}/dwellings/{home['dwellingId']}/conflicts"
    found = (await visit.gateway.all_of(visit.gateway.items(path)))[0]
    if isinstance(found, Fault):
        return {"conflicts": {}, "conflicts_away": found}
    ours = [one for one in found if one["householdId"] == household["id"] and one["solvedOn"] is None]
    return {
        "conflicts": {
            str(one["id"]): f"{label('conflict-kind', one['kind'])}, {day(one['occurredOn'])}" for one in ours
        },
        "conflicts_away": None,
    }


def _option(dwelling: Json, owners: dict[str, str] | Fault) -> str:
    """A dwelling on one line, for a list to choose from."""
    owner = None if isinstance(owners, Fault) else owners.get(dwelling["corporationId"])
    parts = [
        dwelling["reference"],
        dwelling["quarter"],
        f"{label('dwelling-kind', dwelling['kind']).lower()} voor {dwelling['maxPersons']}",
        euros(dwelling["rentCents"]),
        owner,
    ]
    return ", ".join(str(part) for part in parts if part)
