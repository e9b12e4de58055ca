# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who leads the case of a person: exactly one consulent, or nobody yet."""

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.visit import Visit

__all__ = ["save", "show"]

PERSONS = "/intake/v1/inburgeraars"
MEMBERS = "/gateway/v1/members"
ORGANISATIONS = "/gateway/v1/organisations"
CORRECTABLE = {400, 409, 412}
LEADERS = {"consulent", "klantmanager"}


async def show(visit: Visit) -> Response:
    """The colleagues who can lead: those of the gemeente that does the work."""
    person = await _person(visit)
    return await _draw(visit, person, Form({"memberId": person.get("leadMemberId") or ""}))


async def save(visit: Visit) -> Response:
    """Make somebody the lead."""
    person = await _person(visit)
    form = Form.of(await visit.form())
    member = form.text("memberId", required="Kies wie deze persoon begeleidt.")
    if member is None:
        return await _draw(visit, person, form, status=400)
    answer = await form.sent(
        visit.gateway.put(f"{PERSONS}/{visit.path('person_id')}/lead", {"memberId": member}), CORRECTABLE
    )
    if isinstance(answer, Fault):
        return await _draw(visit, person, form, status=answer.status)
    return visit.go(f"/portal/personen/{visit.path('person_id')}", message="contact-gewijzigd")


async def _person(visit: Visit) -> Json:
    return await visit.gateway.get(f"{PERSONS}/{visit.path('person_id')}")


async def _draw(visit: Visit, person: Json, form: Form, *, status: int = 200) -> Response:
    executing = person["executingGemeentecode"]
    ours = {one["id"] for one in await visit.gateway.items(ORGANISATIONS) if one["gemeentecode"] == executing}
    members = [
        one
        for one in await visit.gateway.items(MEMBERS)
        if one["active"] and one["organisationId"] in ours and set(one["roles"]) & LEADERS
    ]
    options = {one["id"]: one["displayName"] for one in sorted(members, key=lambda one: one["displayName"])}
    return visit.render("person/lead.html", status=status, person=person, form=form, members=options)
