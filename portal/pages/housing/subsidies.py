# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The subsidy for homes of large families: what it pays per home, by which terms, and whether it comes in time."""

from collections.abc import Sequence

from starlette.responses import Response

from portal.amounts import parse_euros
from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.sending import post_form
from portal.pages.housing.who import HOUSING, choose, rooms
from portal.rooms import DECIDERS
from portal.visit import Visit
from portal.words import labels

__all__ = ["ask", "overview", "set_status", "show"]

APPLICATIONS = f"{HOUSING}/subsidy-applications"
TERMS = f"{HOUSING}/subsidy-terms"
HERE = "/portal/huisvesting/grote-gezinnen"
NEXT = {"draft": ("sent", "withdrawn"), "sent": ("granted", "refused", "withdrawn")}


async def overview(visit: Visit) -> Response:
    """The applications of one gemeente with what the scheme pays, and the terms old and new."""
    return await _draw(visit, Form())


async def ask(visit: Visit) -> Response:
    """Record the estimate for a home; the answer is what the scheme pays of it."""
    form = Form.of(await visit.form())
    codes = (await choose(visit, purpose="figures")).codes
    costs = [
        {"kind": kind, "cents": cents}
        for kind in labels("cost-kind")
        if (cents := _euros(form, f"cost-{kind}")) is not None
    ]
    body: Json = {
        "gemeentecode": form.choice(
            "gemeentecode", {code: code for code in codes}, required="Kies de gemeente."
        ),
        "title": form.text("title", required="Schrijf op om welke woning het gaat."),
        "persons": form.number("persons", required="Vul in hoe groot het gezin is."),
        "appliedOn": form.day("appliedOn", required="Vul de dag van de aanvraag in."),
        "leadMonths": form.number("leadMonths", required="Vul in over hoeveel maanden de woning klaar is."),
        "costs": costs,
    }
    first = f"cost-{next(iter(labels('cost-kind')))}"
    if not costs and not any(name.startswith("cost-") for name in form.errors):
        form.errors[first] = "Vul ten minste een bedrag in."
    return await post_form(
        visit,
        form,
        APPLICATIONS,
        body,
        draw=_draw,
        done=lambda made: visit.go(f"{HERE}/{made['id']}", message="begroting-vastgelegd"),
    )


async def show(visit: Visit) -> Response:
    """One application: each cost, whether it counts, and how the amount came about."""
    return await _draw_one(visit, Form())


async def set_status(visit: Visit) -> Response:
    """Record what became of an application."""
    form = Form.of(await visit.form())
    chosen = form.choice("status", labels("subsidy-status"), required="Kies wat er is gebeurd.")
    body: Json = {"status": chosen}
    granted = _euros(form, "grantedCents")
    if chosen == "granted":
        body["grantedCents"] = granted
        if granted is None:
            form.errors.setdefault("grantedCents", "Vul het bedrag in dat is toegekend.")
    return await post_form(
        visit,
        form,
        f"{APPLICATIONS}/{visit.path('application_id')}/statuses",
        body,
        draw=_draw_one,
        done=lambda _: visit.go(f"{HERE}/{visit.path('application_id')}", message="aanvraag-bijgewerkt"),
    )


def _euros(form: Form, name: str) -> int | None:
    try:
        return parse_euros(form.text(name))
    except ValueError:
        form.errors[name] = "Vul een bedrag in, bijvoorbeeld 25000 of 693,10."
        return None


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    chooser = await choose(visit, purpose="figures")
    found: list[Json] = []
    terms: Json | Fault | None = None
    if chooser.code is not None:
        listed, terms = await visit.gateway.all_of(
            visit.gateway.items(APPLICATIONS, gemeentecode=chooser.code), visit.gateway.get(TERMS)
        )
        if isinstance(listed, Fault):
            raise listed
        found = sorted(listed, key=lambda one: (one["appliedOn"], one["id"]), reverse=True)
    form.values.setdefault("appliedOn", visit.today.isoformat())
    return visit.render(
        "housing/subsidies.html",
        status=status,
        rooms=rooms(visit),
        chooser=chooser,
        applications=found,
        total=sum(one["subsidyCents"] for one in found if one["status"] in {"draft", "sent"}),
        granted=sum(one["grantedCents"] or 0 for one in found if one["status"] == "granted"),
        terms=[] if terms is None or isinstance(terms, Fault) else terms["rows"],
        terms_fault=terms if isinstance(terms, Fault) else None,
        writes=visit.person.has_role(*DECIDERS),
        form=form,
    )


async def _draw_one(visit: Visit, form: Form, *, status: int = 200) -> Response:
    found, terms = await visit.gateway.all_of(
        visit.gateway.get(f"{APPLICATIONS}/{visit.path('application_id')}"), visit.gateway.get(TERMS)
    )
    if isinstance(found, Fault):
        raise found
    codes: Sequence[str] = (await choose(visit, purpose="figures")).codes
    writes = visit.person.has_role(*DECIDERS) and found["gemeentecode"] in codes
    steps = NEXT.get(found["status"], ()) if writes else ()
    rows = [] if isinstance(terms, Fault) else terms["rows"]
    return visit.render(
        "housing/subsidy.html",
        status=status,
        rooms=rooms(visit),
        one=found,
        asked=sum(cost["cents"] for cost in found["costs"]),
        terms=next((row for row in rows if row["since"] == found["termsSince"]), None),
        steps={step: labels("subsidy-status")[step] for step in steps},
        form=form,
    )
