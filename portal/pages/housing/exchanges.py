# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Households that change gemeente: proposed from the page of a household, agreed or withdrawn on that of uitruil."""

from uuid import UUID

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.household import draw
from portal.pages.housing.who import HOUSING
from portal.visit import Visit
from portal.words import labels

__all__ = ["ANSWERS", "answer", "propose"]

EXCHANGES = f"{HOUSING}/exchanges"
CORRECTABLE = {400, 403, 409}
ANSWERS = {"agree": "Akkoord", "withdraw": "Intrekken"}


async def propose(visit: Visit) -> Response:
    """Propose that this household goes to another gemeente, maybe for households of that one."""
    form = Form.of(await visit.form())
    household = await visit.gateway.get(f"{HOUSING}/households/{visit.path('household_id')}")
    own = household["gemeentecode"]
    other = form.choice("otherGemeentecode", labels("gemeente"), required="Kies de andere gemeente.")
    reason = form.text("exchangeReason", required="Schrijf op waarom.")
    back = _ids(form)
    if other == own:
        form.errors["otherGemeentecode"] = "Kies een andere gemeente dan die van het huishouden."
    if not form.is_valid:
        return await draw(visit, form, status=400)
    body: Json = {
        "kind": "persons" if back else "recoupling",
        "firstGemeentecode": own,
        "secondGemeentecode": other,
        "householdIds": [household["id"], *back],
        "reason": reason,
    }
    answer = await form.sent(
        visit.gateway.post(EXCHANGES, body, key=form.values.get("key") or None), CORRECTABLE
    )
    if isinstance(answer, Fault):
        return await draw(visit, form, status=answer.status)
    return visit.go("/portal/huisvesting/uitruil", message="uitruil-voorgesteld")


async def answer(visit: Visit) -> Response:
    """Agree for the own gemeente, or withdraw what does not count yet."""
    form = Form.of(await visit.form())
    chosen = form.choice("answer", ANSWERS, required="Kies akkoord of intrekken.")
    if chosen is None:
        return visit.go("/portal/huisvesting/uitruil")
    word = "agreement" if chosen == "agree" else "withdrawal"
    # Who acts for both by mandate says for which of them.
    side = (
        {"gemeentecode": form.values["gemeentecode"]}
        if chosen == "agree" and "gemeentecode" in form.values
        else {}
    )
    await visit.gateway.call("POST", f"{EXCHANGES}/{visit.path('exchange_id')}/{word}", params=side)
    message = "uitruil-akkoord" if chosen == "agree" else "uitruil-ingetrokken"
    return visit.go("/portal/huisvesting/uitruil", message=message)


def _ids(form: Form) -> list[str]:
    """The numbers of households of the other gemeente, one on a line."""
    found = []
    for line in form.values.get("householdIds", "").split():
        try:
            found.append(str(UUID(line)))
        except ValueError:
            form.errors["householdIds"] = "Een nummer ziet eruit als 031a3c84-c926-422a-b9ff-20e237a2b466."
    return found
