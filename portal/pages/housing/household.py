# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One household: how long it waits, what was tried before, and the form that proposes a dwelling."""

from starlette.responses import Response

from portal.amounts import euros
from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.desk import waits
from portal.pages.housing.who import HOUSING, corporations, names_of, rooms
from portal.visit import Visit
from portal.words import label, labels

__all__ = ["draw", "propose", "rules_of", "show"]

CORRECTABLE = {400, 409}
BREAKS_RULE = "match-breaks-rule"


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
    matches, dwellings, owners = await visit.gateway.all_of(
        visit.gateway.items(f"{HOUSING}/matches", householdId=household["id"]),
        visit.gateway.items(f"{HOUSING}/dwellings", gemeentecode=household["gemeentecode"]),
        corporations(visit),
    )
    homes = {} if isinstance(dwellings, Fault) else {str(one["id"]): one for one in dwellings}
    free = sorted(
        (one for one in homes.values() if one["status"] == "offered"),
        key=lambda one: (one["maxPersons"] < household["persons"], one["availableFrom"], one["id"]),
    )
    if not isinstance(matches, Fault):
        matches.sort(key=lambda one: (one["proposedOn"], one["id"]), reverse=True)
    return visit.render(
        "housing/household.html",
        status=status,
        rooms=rooms(visit),
        household=waits(household, visit.today),
        name=(await names_of(visit, [household]))[household["id"]],
        matches=matches,
        matches_away=isinstance(matches, Fault),
        dwellings_away=dwellings if isinstance(dwellings, Fault) else None,
        homes=homes,
        owners=owners,
        options={one["id"]: _option(one, owners) for one in free},
        proposes=visit.person.has_role("vwn-team-leader") and household["status"] == "waiting",
        exchanges=visit.person.has_role("consulent", "klantmanager", "policy-officer")
        and household["status"] == "waiting",
        broken=broken or [],
        form=form,
    )


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
