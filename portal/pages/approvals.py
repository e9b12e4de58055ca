# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The kwaliteitsmedewerker's room: entries that came after the window, to approve or refuse."""

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.rooms import QUALITY
from portal.visit import Visit, page

__all__ = ["routes"]

ATTENDANCES = "/learning-routes/v1/attendances"
OUTCOMES = {"approved": "Goedkeuren", "refused": "Afwijzen"}


async def show(visit: Visit) -> Response:
    """What waits, oldest lesson first."""
    return await _draw(visit, Form())


async def decide(visit: Visit) -> Response:
    """Approve or refuse one entry; a refusal needs words for the school."""
    form = Form.of(await visit.form())
    outcome = form.choice("outcome", OUTCOMES, required="Kies goedkeuren of afwijzen.")
    entry = form.values.get("attendance", "")
    reason = form.text(f"reason-{entry}")
    if outcome == "refused" and reason is None:
        form.errors[f"reason-{entry}"] = (
            "Schrijf op waarom u deze registratie afwijst. De taalschool leest dit."
        )
    if not form.is_valid or outcome is None:
        return await _draw(visit, form, status=400)
    body: Json = {"outcome": outcome}
    if reason:
        body["reason"] = reason
    answer = await form.sent(
        visit.gateway.post(
            f"{ATTENDANCES}/{visit.path('attendance_id')}/approvals", body, key=form.values.get("key")
        )
    )
    if isinstance(answer, Fault):
        return await _draw(visit, form, status=answer.status)
    return visit.go("/portal/goedkeuren", message="goedgekeurd" if outcome == "approved" else "afgekeurd")


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    entries = await visit.gateway.items(ATTENDANCES)
    entries.sort(key=lambda entry: (entry["lessonDate"], entry["id"]))
    names = await visit.gateway.names(entry["inburgeraarId"] for entry in entries)
    return visit.render("approvals/show.html", status=status, entries=entries, names=names, form=form)


routes: list[BaseRoute] = [
    Route("/goedkeuren", page(show, *QUALITY), methods=["GET"], name="approvals"),
    Route("/goedkeuren/{attendance_id:uuid}", page(decide, *QUALITY), methods=["POST"], name="approve"),
]
