# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Matches that wait for the gemeente: one at a time, each decided by a person with a reason.

There is no way to approve many at once: who decides reads each match.
"""

from datetime import datetime

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.desk import waits
from portal.pages.housing.household import rules_of
from portal.pages.housing.who import HOUSING, choose, corporations, names_of, rooms
from portal.visit import Visit
from portal.words import labels

__all__ = ["decide", "show"]

OUTCOMES = {"approved": "Goedkeuren", "rejected": "Afwijzen"}
CORRECTABLE = {400, 409}
REFUSED = 409
MATCHES = f"{HOUSING}/matches"


async def show(visit: Visit) -> Response:
    """The match that waits longest, or the next one when this one was passed by."""
    return await _draw(visit, Form())


async def decide(visit: Visit) -> Response:
    """Record the decision, and show the next match."""
    form = Form.of(await visit.form())
    match_id = form.text("match", required="Kies eerst een match.")
    outcome = form.choice("outcome", OUTCOMES, required="Kies goedkeuren of afwijzen.")
    reason = form.text("reason", required="Schrijf op waarom. VluchtelingenWerk leest dit.")
    refusal = form.choice("refusal", labels("refusal"))
    if outcome == "rejected" and refusal is None and "refusal" not in form.errors:
        form.errors["refusal"] = "Kies waarom de woning niet past."
    if not form.is_valid or match_id is None:
        return await _draw(visit, form, status=400)
    body: Json = {"outcome": outcome, "reason": reason}
    if outcome == "rejected":
        body["refusal"] = refusal
    if opened_at := _moment(form.values.get("openedAt")):
        body["openedAt"] = opened_at
    try:
        await visit.gateway.post(f"{MATCHES}/{match_id}/decisions", body, key=form.values.get("key") or None)
    except Fault as fault:
        if fault.status not in CORRECTABLE:
            raise
        if fault.status == REFUSED:
            return await _draw(visit, form, status=fault.status, refused=_refused(fault))
        form.absorb(fault)
        return await _draw(visit, form, status=fault.status)
    message = "match-goedgekeurd" if outcome == "approved" else "match-afgewezen"
    return visit.go(visit.request.url.path, message=message, gemeente=visit.query("gemeente"))


def _moment(text: str | None) -> str | None:
    """When the page was opened, as the page said it; it is no reason to refuse a decision where it did not."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return None if found.tzinfo is None else found.isoformat()


def _refused(fault: Fault) -> Json:
    """Why the platform does not take a decision: each rule once, and before them what the rules do not say."""
    rules = rules_of(fault)
    said = " ".join(rule["detail"] for rule in rules)
    words = (fault.detail or fault.title).removesuffix(said).strip()
    return {"title": fault.title, "words": words, "rules": rules}


async def _draw(visit: Visit, form: Form, *, status: int = 200, refused: Json | None = None) -> Response:
    chooser = await choose(visit)
    waiting = (
        []
        if chooser.code is None
        else await visit.gateway.items(MATCHES, status="proposed", gemeentecode=chooser.code)
    )
    waiting.sort(key=lambda one: (one["proposedOn"], one["id"]))
    place = _place(waiting, form.values.get("match") or visit.query("match"))
    shown = None if place is None else waiting[place]
    if shown is not None and form.values.get("match") not in {None, shown["id"]}:
        form = Form()  # what was written was about a match that no longer waits
    more: Json = {}
    if shown is not None and place is not None:
        household = await visit.gateway.get(f"{HOUSING}/households/{shown['householdId']}")
        more = {
            "household": waits(household, visit.today),
            "dwelling": await visit.gateway.get(f"{HOUSING}/dwellings/{shown['dwellingId']}"),
            "name": (await names_of(visit, [household]))[household["id"]],
            "owners": await corporations(visit),
            "following": waiting[(place + 1) % len(waiting)]["id"] if len(waiting) > 1 else None,
        }
    form.values.setdefault("openedAt", visit.now.isoformat(timespec="seconds"))
    return visit.render(
        "housing/decide.html",
        status=status,
        rooms=rooms(visit),
        chooser=chooser,
        match=shown,
        place=place,
        total=len(waiting),
        outcomes=OUTCOMES,
        refused=refused,
        form=form,
        **more,
    )


def _place(waiting: list[Json], asked: str | None) -> int | None:
    if not waiting:
        return None
    return next((place for place, one in enumerate(waiting) if one["id"] == asked), 0)
