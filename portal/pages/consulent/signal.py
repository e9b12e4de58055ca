# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One signal: the facts with their dates, the rule, and what was done about it."""

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.visit import Visit
from portal.words import labels

__all__ = ["handle", "show"]

SIGNALS = "/notifications/v1/signals"
NOTE_MAX = 2_000


async def show(visit: Visit) -> Response:
    """The signal with its form, or with what was done."""
    return await _draw(visit, Form())


async def handle(visit: Visit) -> Response:
    """Record what was done; the note stays with the signal and is never mailed."""
    form = Form.of(await visit.form())
    outcome = form.choice("outcome", labels("outcome"), required="Kies wat u hebt gedaan.")
    note = form.text("note")
    if note and len(note) > NOTE_MAX:
        form.errors["note"] = f"Schrijf hoogstens {NOTE_MAX} tekens."
    if not form.is_valid or outcome is None:
        return await _draw(visit, form, status=400)
    body: Json = {"outcome": outcome}
    if note:
        body["note"] = note
    answer = await form.sent(
        visit.gateway.post(f"{SIGNALS}/{visit.path('signal_id')}/handlings", body, key=form.values.get("key"))
    )
    if isinstance(answer, Fault):
        return await _draw(visit, form, status=answer.status)
    return visit.go(visit.request.url.path, message="signaal-afgehandeld")


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    signal = await visit.gateway.get(f"{SIGNALS}/{visit.path('signal_id')}")
    person: Json | Fault | None = None
    if signal["inburgeraarId"]:
        person = (await visit.gateway.all_of(visit.gateway.names([signal["inburgeraarId"]])))[0]
        if isinstance(person, dict):
            person = person.get(signal["inburgeraarId"])
    return visit.render("consulent/signal.html", status=status, signal=signal, person=person, form=form)
