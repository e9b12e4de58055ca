# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is written into the account: the taakstelling of a half-year with its versions, and corrections."""

from collections.abc import Callable
from datetime import date

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.forecasts import half_years
from portal.pages.housing.sending import post_form
from portal.pages.housing.who import HOUSING, choose, rooms
from portal.rooms import DECIDERS, PROVINCE
from portal.visit import Visit, page

__all__ = ["routes"]

HERE = "/portal/huisvesting/taakstelling/boeken"
ACCOUNT = "/portal/huisvesting/taakstelling"
KEEPERS = (*DECIDERS, *PROVINCE)
"""A gemeente writes its own account, the Province those that it supervises."""

CORRECTABLE = {400, 403, 409}
HALF_YEARS_BACK = 4
HALF_YEARS_AHEAD = 4


async def show(visit: Visit) -> Response:
    """The targets of some half-years with their versions, the corrections, and the forms."""
    return await _draw(visit, Form())


async def target(visit: Visit) -> Response:
    """Record the target of a half-year; a closed one asks why it changes."""
    form = Form.of(await visit.form())
    halves = {half: half for half in _halves(visit.today)}
    half = form.choice("halfYear", halves, required="Kies het halfjaar.")
    reason = form.text("correctionReason")
    body: Json = {
        "target": form.number("target", required="Vul in hoeveel personen de gemeente moet huisvesten."),
        "publishedOn": form.day(
            "publishedOn", required="Vul in op welke dag de taakstelling is gepubliceerd."
        ),
        **({} if reason is None else {"correctionReason": reason}),
    }
    if not form.is_valid:
        return await _draw(visit, form, status=400)
    code = form.values.get("gemeentecode", "")
    chooser = await choose(visit, purpose="figures")
    if code not in chooser.codes:
        form.general = "Kies een gemeente waarvan u de taakstelling bijhoudt."
        return await _draw(visit, form, status=400)
    call = visit.gateway.put(f"{HOUSING}/taakstellingen/{code}/{half}", body)
    answer = await form.sent(call, CORRECTABLE)
    if isinstance(answer, Fault):
        return await _draw(visit, form, status=answer.status)
    return visit.go(HERE, message="taakstelling-vastgelegd", gemeente=code)


async def correct(visit: Visit) -> Response:
    """Record a correction of the account, with the day from which it counts and why."""
    form = Form.of(await visit.form())
    code = form.values.get("gemeentecode", "")
    chooser = await choose(visit, purpose="figures")
    if code not in chooser.codes:
        form.general = "Kies een gemeente waarvan u de rekening bijhoudt."
    body: Json = {
        "countsFrom": form.day("countsFrom", required="Vul in vanaf welke dag de correctie telt."),
        "persons": form.signed(
            "persons", below="Gaat er iets af?", required="Vul in hoeveel personen erbij of eraf gaan."
        ),
        "reason": form.text("reason", required="Schrijf op waarom de rekening anders is."),
    }
    if body["persons"] == 0:
        form.errors["persons"] = "Met 0 verandert er niets. Vul een ander getal in."
    done: Callable[[Json], Response] = lambda _: visit.go(  # noqa: E731
        HERE, message="correctie-vastgelegd", gemeente=code
    )
    return await post_form(visit, form, f"{HOUSING}/accounts/{code}/corrections", body, draw=_draw, done=done)


def _halves(today: date) -> list[str]:
    """The half-years that can be written here: some that are over, this one and some to come."""
    back = today.replace(year=today.year - HALF_YEARS_BACK // 2, day=1)
    return half_years(back)[: HALF_YEARS_BACK + 1 + HALF_YEARS_AHEAD]


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    chooser = await choose(visit, purpose="figures")
    targets: list[Json] = []
    corrections: list[Json] = []
    if chooser.code is not None:
        gateway, code = visit.gateway, chooser.code
        told, *found = await gateway.all_of(
            gateway.items(f"{HOUSING}/accounts/{code}/corrections"),
            *(gateway.get(f"{HOUSING}/taakstellingen/{code}/{half}") for half in _halves(visit.today)),
        )
        for one in (told, *found):
            if isinstance(one, Fault):
                raise one
        targets = [one for one in found if one["versions"]]
        corrections = sorted(told, key=lambda one: (one["countsFrom"], one["id"]), reverse=True)
    for field in ("publishedOn", "countsFrom"):
        form.values.setdefault(field, visit.today.isoformat())
    form.values.setdefault("halfYear", half_years(visit.today)[0])
    return visit.render(
        "housing/books.html",
        status=status,
        rooms=rooms(visit, within=ACCOUNT),
        chooser=chooser,
        targets=list(reversed(targets)),
        corrections=corrections,
        halves={half: half for half in _halves(visit.today)},
        form=form,
    )


_PLACE = "/huisvesting/taakstelling/boeken"
routes: list[BaseRoute] = [
    Route(_PLACE, page(show, *KEEPERS), methods=["GET"], name="account-books"),
    Route(f"{_PLACE}/taakstelling", page(target, *KEEPERS), methods=["POST"]),
    Route(f"{_PLACE}/correctie", page(correct, *KEEPERS), methods=["POST"]),
]
