# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who the members of a household are: how a page calls each, and the page that says who one of them is."""

from uuid import UUID

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.sending import patch_form
from portal.pages.housing.who import HOUSING, Name, name_of, rooms
from portal.rooms import CASE_WORK, QUALITY
from portal.visit import Visit

__all__ = ["is_id", "know", "people_of", "show"]

PERSONS = "/intake/v1/inburgeraars"
PAGE = 25
BSN_DIGITS, V_NUMBER_DIGITS = 9, 10
SEARCHERS = (*CASE_WORK, *QUALITY)
"""They may search in all persons; who else may list them chooses from the list of the gemeente."""
NAMED = {"inburgeraarId": "inburgeraarId", "members": "inburgeraarId"}


async def people_of(visit: Visit, household: Json) -> tuple[Name, dict[str, str]]:
    """How a household is called, and each member by id: by name where this person may know it, else by age."""
    ids = [one["inburgeraarId"] for one in household["members"] if one["inburgeraarId"]]
    named = (await visit.gateway.all_of(visit.gateway.names(ids)))[0] if ids else {}
    known = {} if isinstance(named, Fault) else named
    found: dict[str, str] = {}
    for number, member in enumerate(household["members"], start=1):
        person = known.get(str(member["inburgeraarId"]))
        kind = "kind" if member["kind"] == "child" else "volwassene"
        born = f", geboren in {member['birthYear']}" if member["birthYear"] else ""
        found[member["id"]] = (
            f"Persoon {number}: {kind}{born}"
            if person is None
            else f"{person['givenNames']} {person['familyName']}"
        )
    return name_of(household, known), found


async def show(visit: Visit) -> Response:
    """Who this member is, as far as it is known, and the ways to find the person."""
    return await _draw(visit, Form())


async def know(visit: Visit) -> Response:
    """Search for the person; or say that it is this one."""
    form = Form.of(await visit.form())
    if form.values.get("step") == "search":
        return await _search(visit, form)
    person = form.text("inburgeraarId", required="Vul het nummer van de inburgeraar in.")
    if person is not None and not is_id(person):
        form.errors["inburgeraarId"] = (
            "Een nummer ziet eruit als 031a3c84-c926-422a-b9ff-20e237a2b466. Vul nooit een BSN in."
        )
    household_id = visit.path("household_id")
    return await patch_form(
        visit,
        form,
        f"{HOUSING}/households/{household_id}/members/{visit.path('member_id')}",
        {"inburgeraarId": person},
        version=form.values.get("householdVersion", ""),
        draw=_draw,
        done=lambda _: visit.go(f"/portal/huisvesting/huishoudens/{household_id}", message="lid-vastgelegd"),
        named=NAMED,
    )


async def _search(visit: Visit, form: Form) -> Response:
    text = form.text("q", required="Vul een achternaam, BSN of V-nummer in.")
    if text is None:
        return await _draw(visit, form, status=400)
    digits = text.replace(" ", "").replace(".", "")
    by: Json = {"familyName": text}
    if digits.isascii() and digits.isdigit() and len(digits) in {BSN_DIGITS, V_NUMBER_DIGITS}:
        by = {"bsn" if len(digits) == BSN_DIGITS else "vNumber": digits}
    answer = await form.sent(
        visit.gateway.post(f"{PERSONS}/_search", by),
        {400},
        dict.fromkeys(("familyName", "bsn", "vNumber"), "q"),
    )
    if isinstance(answer, Fault):
        return await _draw(visit, form, status=answer.status)
    return await _draw(visit, form, found=answer["items"])


def is_id(text: str) -> bool:
    """Whether this can be the number of something; nothing else goes into the address of a call."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


async def _draw(visit: Visit, form: Form, *, status: int = 200, found: list[Json] | None = None) -> Response:
    household = await visit.gateway.get(f"{HOUSING}/households/{visit.path('household_id')}")
    member = next((one for one in household["members"] if one["id"] == visit.path("member_id")), None)
    if member is None:
        raise Fault(404, "not-found", "Deze persoon is niet gevonden", "Ga terug naar het huishouden.")
    name, people = await people_of(visit, household)
    searches = visit.person.has_role(*SEARCHERS)
    listed, next_page = await _listed(visit, household) if not searches else (None, None)
    taken = {one["inburgeraarId"] for one in household["members"]}
    shown = found if searches else listed
    return visit.render(
        "housing/member.html",
        status=status,
        rooms=rooms(visit, within="/portal/huisvesting"),
        household=household,
        member=member,
        called=people[member["id"]],
        name=name,
        searches=searches,
        searched=found is not None,
        away=shown if isinstance(shown, Fault) else None,
        persons=[]
        if shown is None or isinstance(shown, Fault)
        else [one for one in shown if one["id"] not in taken],
        next_page=next_page,
        form=form,
    )


async def _listed(visit: Visit, household: Json) -> tuple[list[Json] | Fault, str | None]:
    """A page of the persons of the gemeente, for who may not search."""
    page = visit.gateway.get(
        PERSONS,
        gemeentecode=household["gemeentecode"],
        sort="family-name",
        pageSize=PAGE,
        pageToken=visit.query("vanaf"),
    )
    answer = (await visit.gateway.all_of(page))[0]
    return (answer, None) if isinstance(answer, Fault) else (answer["items"], answer["nextPageToken"])
