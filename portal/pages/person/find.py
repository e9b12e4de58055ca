# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Find a person: the list of those one may see, and search by name or BSN (by POST, never in an address)."""

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.visit import Visit

__all__ = ["search", "show"]

PERSONS = "/intake/v1/inburgeraars"
PAGE = 50
BSN_DIGITS = 9


async def show(visit: Visit) -> Response:
    """The first persons that this role may see, page by page."""
    return await _draw(visit, Form())


async def search(visit: Visit) -> Response:
    """Persons with this name or BSN."""
    form = Form.of(await visit.form())
    text = form.text("q", required="Vul een naam of een BSN in.")
    if text is None:
        return await _draw(visit, form, status=400)
    digits = text.replace(" ", "").replace(".", "")
    by: Json = {"bsn": digits} if digits.isdigit() and len(digits) == BSN_DIGITS else {"name": text}
    try:
        found = await visit.gateway.post(f"{PERSONS}/_search", by)
    except Fault as fault:
        if fault.status != 400:
            raise
        form.general = fault.errors[0]["detail"] if fault.errors else fault.detail
        return await _draw(visit, form, status=400)
    return visit.render("person/find.html", form=form, persons=found["items"], found=True, refusal=None, next_page=None)


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    try:
        page = await visit.gateway.get(PERSONS, pageSize=PAGE, pageToken=visit.query("vanaf"))
    except Fault as fault:
        if fault.status != 403:
            raise
        return visit.render(
            "person/find.html", status=403, form=form, persons=[], found=False, refusal=fault, next_page=None
        )
    return visit.render(
        "person/find.html",
        status=status,
        form=form,
        persons=page["items"],
        found=False,
        refusal=None,
        next_page=page["nextPageToken"],
    )
