# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why not: choose a household and a dwelling, and read why a search did not propose them together.

The answer is about the search as it was, and decides nothing.
"""

import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import MOST_PAGES, Fault, Gateway, Json
from portal.pages.housing.who import HOUSING, Name, corporations, names_of, rooms
from portal.visit import Visit
from portal.words import label

__all__ = ["answer", "ask", "choice_of_dwelling", "choice_of_household", "form", "in_words", "latest"]

SEARCHES = f"{HOUSING}/match-proposals"
HERE = "/portal/huisvesting/voorstellen"
CORRECTABLE = {400, 409}
PAGE = 50
PARTY = re.compile(r"gemeente ([0-9]{4})")


async def form(visit: Visit) -> Response:
    """The question, with what the page before it knew filled in."""
    known = {"householdId": visit.query("huishouden") or "", "dwellingId": visit.query("woning") or ""}
    return await _draw_form(visit, Form(known))


async def latest(visit: Visit) -> Response:
    """The question about the latest search that a household was part of.

    It has an address of its own, so that searches are gone through only when somebody asks.
    """
    household = await visit.gateway.get(f"{HOUSING}/households/{_asked_of(visit)}")
    code = household["gemeentecode"]
    run_id = await _latest_done(visit.gateway, code)
    if run_id is None:
        return visit.render("housing/why_not_none.html", gemeentecode=code)
    return visit.go(f"{HERE}/{run_id}/waarom-niet", huishouden=household["id"])


async def ask(visit: Visit) -> Response:
    """Ask; the answer has an address of its own, since a price takes some seconds."""
    sent = Form.of(await visit.form())
    household = sent.text("householdId", required="Kies een huishouden.")
    dwelling = sent.text("dwellingId", required="Kies een woning.")
    if household is None or dwelling is None:
        return await _draw_form(visit, sent, status=400)
    run_id = visit.path("run_id")
    try:
        told = await visit.gateway.post(
            f"{SEARCHES}/{run_id}/explanations", {"householdId": household, "dwellingId": dwelling}
        )
    except Fault as fault:
        if fault.status not in CORRECTABLE:
            raise
        sent.absorb(fault)
        return await _draw_form(visit, sent, status=fault.status)
    return visit.go(f"{HERE}/{run_id}/waarom-niet/{told['id']}")


async def answer(visit: Visit) -> Response:
    """The answer, or how far the computing is."""
    run_id = visit.path("run_id")
    told = await visit.gateway.get(f"{SEARCHES}/{run_id}/explanations/{visit.path('explanation_id')}")
    if visit.is_htmx:
        part = visit.render("housing/why_not_part.html", told=told)
        if told["status"] != "computing":
            # The whole page again: focus and the heading then tell the answer.
            part.headers["HX-Refresh"] = "true"
        return part
    losing = [] if told["price"] is None else told["price"]["losingHouseholdIds"]
    names, homes = await _sides(visit, told, losing)
    return visit.render(
        "housing/why_not.html",
        rooms=rooms(visit),
        told=told,
        text=in_words(told["explanation"]),
        losing=losing,
        names=names,
        homes=homes,
        owners=await corporations(visit),
        proposes=visit.person.has_role("vwn-team-leader"),
    )


def in_words(text: str | None) -> str:
    """The explanation with the name of each gemeente for its number."""
    return PARTY.sub(lambda found: label("gemeente", found[1]), text or "")


def _asked_of(visit: Visit) -> UUID:
    try:
        return UUID(visit.query("huishouden") or "")
    except ValueError:
        raise Fault(
            404, "not-found", "Dit huishouden is niet gevonden", "Kies eerst een huishouden."
        ) from None


async def _latest_done(gateway: Gateway, gemeentecode: str) -> str | None:
    """The latest search that is done and that a household of this gemeente was part of."""
    token: str | None = None
    for _ in range(MOST_PAGES):
        part = await gateway.get(SEARCHES, sort="latest", pageSize=PAGE, pageToken=token)
        for one in part["items"]:
            if one["status"] == "done" and gemeentecode in one["gemeentecodes"]:
                return str(one["id"])
        token = part["nextPageToken"]
        if token is None:
            break
    return None


async def _draw_form(visit: Visit, sent: Form, *, status: int = 200) -> Response:
    run = await visit.gateway.get(f"{SEARCHES}/{visit.path('run_id')}")
    households, dwellings, owners = await _choices(visit, run)
    names = await names_of(visit, households)
    return visit.render(
        "housing/why_not_ask.html",
        status=status,
        rooms=rooms(visit),
        run=run,
        households={one["id"]: choice_of_household(one, names) for one in households},
        dwellings={one["id"]: choice_of_dwelling(one, owners) for one in dwellings},
        form=sent,
    )


async def _choices(visit: Visit, run: Json) -> tuple[list[Json], list[Json], Mapping[str, str] | Fault]:
    """Who may have waited and what may have been on offer in the gemeenten of a search."""
    gateway, codes = visit.gateway, run["gemeentecodes"]
    lists = await gateway.all_of(
        *(gateway.items(f"{HOUSING}/households", gemeentecode=code) for code in codes),
        *(gateway.items(f"{HOUSING}/dwellings", gemeentecode=code) for code in codes),
    )
    for part in lists:
        if isinstance(part, Fault):
            raise part
    households = [one for part in lists[: len(codes)] for one in part if one["status"] != "unlinked"]
    dwellings = [one for part in lists[len(codes) :] for one in part if one["status"] != "withdrawn"]
    households.sort(key=lambda one: (one["status"] != "waiting", one["linkedOn"], one["id"]))
    dwellings.sort(key=lambda one: (one["status"] != "offered", one["quarter"], one["id"]))
    return households, dwellings, await corporations(visit)


def choice_of_household(one: Json, names: Mapping[str, Name]) -> str:
    """A household on one line, for a list to choose from."""
    persons = f"{one['persons']} {'persoon' if one['persons'] == 1 else 'personen'}"
    parts = [names[one["id"]].text, one["reference"] if names[one["id"]].reference else None, persons]
    return ", ".join(str(part) for part in (*parts, label("gemeente", one["gemeentecode"])) if part)


def choice_of_dwelling(one: Json, owners: Mapping[str, str] | Fault) -> str:
    """A dwelling on one line, for a list to choose from."""
    owner = None if isinstance(owners, Fault) else owners.get(one["corporationId"])
    parts = [
        one["quarter"],
        one["reference"],
        f"{label('dwelling-kind', one['kind']).lower()} voor {one['maxPersons']}",
        owner,
        label("gemeente", one["gemeentecode"]),
    ]
    return ", ".join(str(part) for part in parts if part)


async def _sides(visit: Visit, told: Json, losing: Sequence[str]) -> tuple[dict[str, Name], dict[str, Json]]:
    """The households and dwellings of an answer by id; what this person may not see is left out."""
    gateway = visit.gateway
    people = dict.fromkeys([told["householdId"], *losing, *(one["householdId"] for one in told["together"])])
    places = dict.fromkeys([told["dwellingId"], *(one["dwellingId"] for one in told["together"])])
    answers = await gateway.all_of(
        *(gateway.get(f"{HOUSING}/households/{one}") for one in people),
        *(gateway.get(f"{HOUSING}/dwellings/{one}") for one in places),
    )
    households = [one for one in answers[: len(people)] if not isinstance(one, Fault)]
    homes = {str(one["id"]): one for one in answers[len(people) :] if not isinstance(one, Fault)}
    return await names_of(visit, households), homes
