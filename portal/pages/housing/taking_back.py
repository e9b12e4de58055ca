# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Taking back that a household was housed: what is wrong, what will happen, and only then the change itself."""

from collections.abc import Sequence

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.members import people_of
from portal.pages.housing.who import HOUSING, corporations, rooms
from portal.visit import Visit
from portal.words import labels

__all__ = ["show", "take"]

REALISATIONS = f"{HOUSING}/realisations"
CORRECTABLE = {400, 403, 409}
EVERYBODY = "never-moved-in"
COUNT = "count"
"""The page's word for no cause: the household lives there, and the count alone is wrong."""


async def show(visit: Visit) -> Response:
    """Who of the household counts as housed, and the form that says what is wrong."""
    return await _draw(visit, Form())


async def take(visit: Visit) -> Response:
    """Show what will happen; take it back once a person said so."""
    form = Form.of(await visit.form())
    cause = form.choice("cause", labels("taken-back"), required="Kies wat er niet klopt.")
    reason = form.text("reason", required="Schrijf op waarom. Noem geen namen.")
    counts_from = form.day("countsFrom")
    one = form.text("realisation")
    if cause is not None and cause != EVERYBODY and one is None:
        form.errors["realisation"] = "Kies om wie het gaat."
    if not form.is_valid:
        return await _draw(visit, form, status=400)
    step = form.values.get("step")
    if step == "change":
        return await _draw(visit, form)
    known = await _known(visit)
    wrong = _wrong(known[1], cause, one)
    if not wrong:
        form.general = "Dit telt niet meer mee. Er is niets om terug te draaien."
        return await _draw(visit, form, status=409, known=known)
    if step != "sure":
        return await _draw(visit, form, known=known, wrong=wrong)
    body: Json = {"reason": reason, "countsFrom": counts_from, "cause": None if cause == COUNT else cause}
    answer = await form.sent(
        visit.gateway.post(
            f"{REALISATIONS}/{wrong[0]['id']}/taking-back", body, key=form.values.get("key") or None
        ),
        CORRECTABLE,
    )
    if isinstance(answer, Fault):
        return await _draw(visit, form, status=answer.status, known=known)
    message = "teruggedraaid" if cause == EVERYBODY else "telling-teruggenomen"
    return visit.go(f"/portal/huisvesting/huishoudens/{visit.path('household_id')}", message=message)


def _counts(row: Json) -> bool:
    return row["corrects"] is None and not row["takenBack"]


def _wrong(told: Sequence[Json], cause: str | None, one: str | None) -> list[Json]:
    """What is taken back: all that counts of a household that never came, else one row."""
    return [row for row in told if _counts(row) and (cause == EVERYBODY or row["id"] == one)]


async def _known(visit: Visit) -> tuple[Json, list[Json]]:
    """The household, and every row that tells who of it counts or counted. Asked once: each look is logged."""
    household = await visit.gateway.get(f"{HOUSING}/households/{visit.path('household_id')}")
    return household, await visit.gateway.items(REALISATIONS, householdId=household["id"])


async def _draw(
    visit: Visit,
    form: Form,
    *,
    status: int = 200,
    known: tuple[Json, list[Json]] | None = None,
    wrong: Sequence[Json] | None = None,
) -> Response:
    household, told = known or await _known(visit)
    counting = [row for row in told if _counts(row)]
    name, people = await people_of(visit, household)
    return visit.render(
        "housing/taking_back.html",
        status=status,
        rooms=rooms(visit, within="/portal/huisvesting"),
        household=household,
        name=name,
        facts=[row for row in told if row["corrects"] is None],
        back={row["corrects"]: row for row in told if row["corrects"] is not None},
        people=people,
        options={row["id"]: people.get(row["memberId"], "Persoon") for row in counting},
        wrong=wrong,
        everybody=form.values.get("cause") == EVERYBODY,
        **(await _outlook(visit, wrong) if wrong else {}),
        form=form,
    )


async def _outlook(visit: Visit, wrong: Sequence[Json]) -> Json:
    """What a person must know before it happens: the standing of the account, and the house that comes free."""
    code = wrong[0]["gemeentecode"]
    homes = {row["matchId"] for row in wrong if row["matchId"]}
    gateway = visit.gateway
    balance, *matches = await gateway.all_of(
        gateway.get(f"{HOUSING}/balances/{code}"), *(gateway.get(f"{HOUSING}/matches/{one}") for one in homes)
    )
    match = next((one for one in matches if not isinstance(one, Fault)), None)
    home = None
    if match is not None:
        home = (await gateway.all_of(gateway.get(f"{HOUSING}/dwellings/{match['dwellingId']}")))[0]
    return {
        "gemeentecode": code,
        "persons_back": sum(row["persons"] for row in wrong),
        "standing_now": None if isinstance(balance, Fault) else balance["balance"],
        "has_home": bool(homes),
        "home": None if isinstance(home, Fault) else home,
        "owners": await corporations(visit),
    }
