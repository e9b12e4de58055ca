# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is recorded beside the account: steps of the ladder, letters and answers, measures and what they brought."""

from collections.abc import Callable, Sequence

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal.dates import day
from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.members import is_id
from portal.pages.housing.sending import post_form
from portal.pages.housing.who import HOUSING, choose, rooms
from portal.rooms import DECIDERS, PROVINCE
from portal.visit import Visit, page
from portal.words import label, labels

__all__ = ["routes"]

HERE = "/portal/huisvesting/taakstelling/ladder"
KEEPERS = (*DECIDERS, *PROVINCE)
"""The Province, or the gemeente that records what the Province wrote to it; plans are of the gemeente alone."""


async def show(visit: Visit) -> Response:
    """What stands, and the forms."""
    return await _draw(visit, Form())


async def step(visit: Visit) -> Response:
    """Record a step of the ladder that the Province took."""
    form = Form.of(await visit.form())
    body: Json = {
        "gemeentecode": form.values.get("gemeentecode"),
        "step": form.choice("step", labels("ladder-step"), required="Kies de trede."),
        "since": form.day("since", required="Vul in vanaf welke dag de trede geldt."),
        "dueOn": form.day("stepDueOn"),
        "reason": form.text("stepReason", required="Schrijf op waarom."),
    }
    named = {"dueOn": "stepDueOn", "reason": "stepReason"}
    return await _post(visit, form, "ladder-steps", body, "trede-vastgelegd", named)


async def letter(visit: Visit) -> Response:
    """Record a letter of the Province."""
    form = Form.of(await visit.form())
    kind = form.choice("letterKind", labels("letter-kind"), required="Kies waar de brief over gaat.")
    quarter = form.text("quarter")
    if kind == "quarterly" and quarter is None:
        form.errors["quarter"] = "Vul bij een kwartaalbrief het kwartaal in, zoals 2024-4."
    body: Json = {
        "gemeentecode": form.values.get("gemeentecode"),
        "kind": kind,
        "reference": form.text("reference", required="Vul het kenmerk van de brief in."),
        "sentOn": form.day("sentOn", required="Vul de dag van de brief in."),
        "quarter": quarter,
        "answerDueOn": form.day("answerDueOn"),
    }
    return await _post(visit, form, "ladder-letters", body, "brief-vastgelegd", {"kind": "letterKind"})


async def answer(visit: Visit) -> Response:
    """Record that the gemeente answered a letter."""
    form = Form.of(await visit.form())
    which = _chosen(form, "letter", "Kies welke brief is beantwoord.")
    body: Json = {"answeredOn": form.day("answeredOn", required="Vul de dag van het antwoord in.")}
    return await _post(visit, form, f"ladder-letters/{which}/answers", body, "antwoord-vastgelegd")


async def plan(visit: Visit) -> Response:
    """Begin a plan of action."""
    form = Form.of(await visit.form())
    body: Json = {
        "gemeentecode": form.values.get("gemeentecode"),
        "title": form.text("planTitle", required="Geef het plan een naam."),
        "drawnUpOn": form.day("drawnUpOn", required="Vul in wanneer het plan is opgesteld."),
    }
    return await _post(visit, form, "action-plans", body, "plan-begonnen", {"title": "planTitle"})


async def measure(visit: Visit) -> Response:
    """Add a measure to a plan."""
    form = Form.of(await visit.form())
    which = _chosen(form, "plan", "Kies bij welk plan de maatregel hoort.")
    chance = form.number("probabilityPercent")
    body: Json = {
        "kind": form.choice("measureKind", labels("measure-kind"), required="Kies het soort maatregel."),
        "title": form.text("measureTitle", required="Schrijf op wat er gebeurt."),
        "owner": form.text("owner", required="Vul in welke functie of partij ervoor zorgt."),
        "expected": form.number("expected", required="Vul in hoeveel personen een huis krijgen."),
        "expectedBy": form.day("expectedBy", required="Vul in voor welke dag dat lukt."),
        **({} if chance is None else {"probabilityPercent": chance}),
    }
    named = {"kind": "measureKind", "title": "measureTitle"}
    return await _post(visit, form, f"action-plans/{which}/measures", body, "maatregel-vastgelegd", named)


async def result(visit: Visit) -> Response:
    """Record how many persons a measure housed."""
    form = Form.of(await visit.form())
    which = _chosen(form, "measure", "Kies welke maatregel iets opleverde.")
    body: Json = {
        "countsFrom": form.day("countsFrom", required="Vul in vanaf welke dag het telt."),
        "persons": form.number("resultPersons", required="Vul in hoeveel personen een huis kregen."),
        "note": form.text("note"),
    }
    named = {"persons": "resultPersons"}
    return await _post(visit, form, f"plan-measures/{which}/results", body, "resultaat-vastgelegd", named)


def _chosen(form: Form, name: str, required: str) -> str | None:
    value = form.text(name, required=required)
    if value is not None and not is_id(value):
        form.errors[name] = required
    return value


async def prolong(visit: Visit) -> Response:
    """Record that the Province gives more time on the same step."""
    form = Form.of(await visit.form())
    which = _chosen(form, "prolonged", "Kies welke trede langer duurt.")
    body: Json = {
        "prolongedUntil": form.day("prolongedUntil", required="Vul de nieuwe laatste dag in."),
        "reason": form.text("prolongedReason", required="Schrijf op waarom."),
    }
    named = {"reason": "prolongedReason"}
    return await _post(visit, form, f"ladder-steps/{which}/prolongations", body, "trede-verlengd", named)


async def plan_status(visit: Visit) -> Response:
    """Record that a plan was adopted, sent to the Province or closed."""
    form = Form.of(await visit.form())
    which = _chosen(form, "statusPlan", "Kies welk plan verder is.")
    body: Json = {
        "status": form.choice(
            "planStatus", labels("plan-step"), required="Kies wat er met het plan gebeurde."
        ),
        "on": form.day("statusOn", required="Vul de dag in."),
    }
    named = {"status": "planStatus", "on": "statusOn"}
    return await _post(visit, form, f"action-plans/{which}/statuses", body, "plan-bijgewerkt", named)


async def measure_status(visit: Visit) -> Response:
    """Record whether a measure runs, is done or was stopped."""
    form = Form.of(await visit.form())
    which = _chosen(form, "statusMeasure", "Kies welke maatregel verder is.")
    body: Json = {
        "status": form.choice(
            "measureStatus", labels("measure-status"), required="Kies hoe de maatregel ervoor staat."
        )
    }
    named = {"status": "measureStatus"}
    return await _post(visit, form, f"plan-measures/{which}/statuses", body, "maatregel-bijgewerkt", named)


async def _post(
    visit: Visit, form: Form, path: str, body: Json, message: str, named: dict[str, str] | None = None
) -> Response:
    code = form.values.get("gemeentecode")
    done: Callable[[Json], Response] = lambda _: visit.go(HERE, message=message, gemeente=code)  # noqa: E731
    return await post_form(visit, form, f"{HOUSING}/{path}", body, draw=_draw, done=done, named=named or {})


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    chooser = await choose(visit, purpose="figures")
    within = "/portal/huisvesting/taakstelling"
    if chooser.code is None:
        return visit.render(
            "housing/ladder.html", rooms=rooms(visit, within=within), chooser=chooser, form=form
        )
    gateway, code = visit.gateway, chooser.code
    ladder, plans, letters = await gateway.all_of(
        gateway.get(f"{HOUSING}/ladder/{code}"),
        gateway.items(f"{HOUSING}/action-plans", gemeentecode=code),
        gateway.items(f"{HOUSING}/ladder-letters", gemeentecode=code),
    )
    for one in (ladder, plans, letters):
        if isinstance(one, Fault):
            raise one
    for field in ("since", "sentOn", "answeredOn", "drawnUpOn", "countsFrom", "statusOn"):
        form.values.setdefault(field, visit.today.isoformat())
    open_plans = [one for one in plans if one["status"] != "closed"]
    return visit.render(
        "housing/ladder.html",
        status=status,
        rooms=rooms(visit, within=within),
        chooser=chooser,
        ladder=ladder,
        unanswered=_unanswered(letters),
        plans={one["id"]: one["title"] for one in open_plans},
        measures={
            one["id"]: f"{one['title']} ({one['realised']} van {one['expected']})"
            for found in open_plans
            for one in found["measures"]
        },
        steps={
            one["id"]: f"{label('ladder-step', one['step'])}, vanaf {day(one['since'])}"
            for one in reversed(ladder["steps"])
        },
        keeps_plans=visit.person.has_role(*DECIDERS),
        form=form,
    )


def _unanswered(letters: Sequence[Json]) -> dict[str, str]:
    """Letters that ask for an answer and have none, the oldest first."""
    found = [one for one in letters if one["answeredOn"] is None and one["answerDueOn"] is not None]
    found.sort(key=lambda one: (one["answerDueOn"], one["id"]))
    return {
        one["id"]: f"{label('letter-kind', one['kind'])} van {day(one['sentOn'])}, kenmerk {one['reference']}"
        for one in found
    }


_PLACE = "/huisvesting/taakstelling/ladder"
routes: list[BaseRoute] = [
    Route(_PLACE, page(show, *KEEPERS), methods=["GET"], name="ladder"),
    Route(f"{_PLACE}/trede", page(step, *KEEPERS), methods=["POST"]),
    Route(f"{_PLACE}/brief", page(letter, *KEEPERS), methods=["POST"]),
    Route(f"{_PLACE}/antwoord", page(answer, *KEEPERS), methods=["POST"]),
    Route(f"{_PLACE}/verlengen", page(prolong, *KEEPERS), methods=["POST"]),
    Route(f"{_PLACE}/plan/stand", page(plan_status, *DECIDERS), methods=["POST"]),
    Route(f"{_PLACE}/maatregel/stand", page(measure_status, *DECIDERS), methods=["POST"]),
    Route(f"{_PLACE}/plan", page(plan, *DECIDERS), methods=["POST"]),
    Route(f"{_PLACE}/maatregel", page(measure, *DECIDERS), methods=["POST"]),
    Route(f"{_PLACE}/resultaat", page(result, *DECIDERS), methods=["POST"]),
]
