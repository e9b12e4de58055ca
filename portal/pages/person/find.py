# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Find a person: the lists that one may see, and search by name or number (by POST, never in an address)."""

from http import HTTPStatus

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.visit import Visit

__all__ = ["search", "show"]

PERSONS = "/intake/v1/inburgeraars"
PAGE = 25
BSN_DIGITS = 9
V_NUMBER_DIGITS = 10
LISTS = {
    "mijn": "Mijn personen",
    "zonder": "Zonder vaste consulent",
    "iedereen": "Iedereen",
}


async def show(visit: Visit) -> Response:
    """The persons of the chosen list, page by page; case workers begin with their own."""
    return await _draw(visit, Form())


async def search(visit: Visit) -> Response:
    """Persons with this family name, BSN or V-number."""
    form = Form.of(await visit.form())
    text = form.text("q", required="Vul een achternaam, BSN of V-nummer in.")
    if text is None:
        return await _draw(visit, form, status=400)
    digits = text.replace(" ", "").replace(".", "")
    by: Json = {"familyName": text}
    if digits.isascii() and digits.isdigit() and len(digits) in {BSN_DIGITS, V_NUMBER_DIGITS}:
        by = {"bsn" if len(digits) == BSN_DIGITS else "vNumber": digits}
    try:
        found = await visit.gateway.post(f"{PERSONS}/_search", by)
    except Fault as fault:
        if fault.status not in {400, 403} or fault.missing:
            raise
        form.errors["q"] = str(fault.errors[0]["detail"]) if fault.errors else fault.detail
        return await _draw(visit, form, status=fault.status)
    return _page(visit, form, persons=found["items"], found=True)


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    chosen = _chosen(visit)
    filters: dict[str, str | None] = {"sort": "pip-due" if chosen != "iedereen" else "family-name"}
    if chosen == "mijn":
        filters["leadMemberId"] = visit.person.subject
    elif chosen == "zonder":
        filters["withoutLead"] = "true"
    if visit.person.has_role("policy-officer"):
        # Naming the own gemeente makes the answer say what is missing, where an empty list would be silent.
        filters["gemeentecode"] = visit.person.gemeentecode
    try:
        page = await visit.gateway.get(PERSONS, pageSize=PAGE, pageToken=visit.query("vanaf"), **filters)
    except Fault as fault:
        if fault.status != HTTPStatus.FORBIDDEN:
            raise
        return _page(visit, form, status=403, refusal=fault)
    return _page(
        visit, form, status=status, chosen=chosen, persons=page["items"], next_page=page["nextPageToken"]
    )


def _chosen(visit: Visit) -> str:
    if not visit.person.has_role("consulent", "klantmanager"):
        return "iedereen"
    asked = visit.query("lijst")
    return asked if asked in LISTS else "mijn"


def _page(
    visit: Visit,
    form: Form,
    *,
    status: int = 200,
    chosen: str | None = None,
    persons: list[Json] | None = None,
    found: bool = False,
    refusal: Fault | None = None,
    next_page: str | None = None,
) -> Response:
    return visit.render(
        "person/find.html",
        status=status,
        form=form,
        lists=LISTS,
        chosen=chosen,
        persons=persons or [],
        found=found,
        refusal=refusal,
        next_page=next_page,
    )
