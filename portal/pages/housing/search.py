# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Proposals of the optimiser: ask for a search, read why this household in this dwelling, and send them on.

A search decides nothing. What is sent goes to the gemeente as a match that a person proposes.
"""

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.card import fact_in_words
from portal.pages.housing.household import rules_of
from portal.pages.housing.pins import clash_of_run
from portal.pages.housing.who import HOUSING, Name, choose, corporations, names_of, rooms
from portal.visit import Visit
from portal.words import label

__all__ = ["aside", "ask", "reason_of", "runs", "send", "show", "stop"]

SEARCHES = f"{HOUSING}/match-proposals"
HERE = "/portal/huisvesting/voorstellen"
CORRECTABLE = {400, 409}
PAGE = 25
RUNNING = {"queued", "running"}
TERMS = ("fit", "work", "family", "school", "permanence", "own")
EVERYWHERE = "alle"


async def runs(visit: Visit) -> Response:
    """The searches of this person's gemeenten, the latest first, page by page."""
    return await _draw_runs(visit, Form())


async def ask(visit: Visit) -> Response:
    """Ask for a search on one gemeente, or on all together."""
    form = Form.of(await visit.form())
    chooser = await choose(visit)
    allowed = {code: code for code in (*chooser.codes, EVERYWHERE)}
    chosen = form.choice("gemeente", allowed, required="Kies waar u wilt zoeken.")
    if chosen is None:
        return await _draw_runs(visit, form, status=400)
    codes = list(chooser.codes) if chosen == EVERYWHERE else [chosen]
    job = await form.sent(visit.gateway.post(SEARCHES, {"gemeentecodes": codes}))
    if isinstance(job, Fault):
        return await _draw_runs(visit, form, status=job.status)
    return visit.go(f"{HERE}/{job['id']}", message="zoeken-gestart")


async def show(visit: Visit) -> Response:
    """One search: how good its answer is, and each proposal with its reasons."""
    return await _draw(visit, Form())


async def stop(visit: Visit) -> Response:
    """Stop a search that waits or runs; nothing of it is kept."""
    await visit.gateway.call("POST", f"{HOUSING}/jobs/{visit.path('run_id')}/cancellation")
    return visit.go(HERE, message="zoeken-gestopt")


async def send(visit: Visit) -> Response:
    """Send one proposal to the gemeente, or all that are open; what is refused is told by its rule."""
    form = Form.of(await visit.form())
    wanted = form.values.get("proposal")
    found = await visit.gateway.items(f"{SEARCHES}/{visit.path('run_id')}/proposals")
    chosen = [one for one in found if one["status"] == "open" and not one["exchange"]]
    if wanted:
        chosen = [one for one in chosen if one["id"] == wanted]
    refused: list[Json] = []
    for one in chosen:
        body = {
            "householdId": one["householdId"],
            "dwellingId": one["dwellingId"],
            "reason": reason_of(one),
            "shared": one["shared"],
            "proposalId": one["id"],
        }
        try:
            await visit.gateway.post(f"{HOUSING}/matches", body, key=f"proposal-{one['id']}")
        except Fault as fault:
            if fault.status not in CORRECTABLE:
                raise
            refused.append({"proposal": one, "title": fault.title, "rules": rules_of(fault)})
    if refused or not chosen:
        return await _draw(visit, form, status=409, refused=refused)
    message = "voorstel-verstuurd" if wanted else "voorstellen-verstuurd"
    return visit.go(f"{HERE}/{visit.path('run_id')}", message=message)


async def aside(visit: Visit) -> Response:
    """Note that a proposal is not followed, and why."""
    form = Form.of(await visit.form())
    proposal = form.values.get("proposal", "")
    reason = form.text(f"reason-{proposal}", required="Schrijf op waarom u dit voorstel niet volgt.")
    if reason is None:
        return await _draw(visit, form, status=400)
    path = f"{SEARCHES}/{visit.path('run_id')}/proposals/{proposal}/setting-aside"
    await visit.gateway.post(path, {"reason": reason})
    return visit.go(f"{HERE}/{visit.path('run_id')}", message="voorstel-opzij")


def reason_of(proposal: Json) -> str:
    """Why this household in this dwelling, in one line for the gemeente."""
    waits = f"Wacht {proposal['weeksWaiting']} weken"
    if proposal["weeksOverTerm"]:
        waits += f", {proposal['weeksOverTerm']} weken langer dan afgesproken"
    good = [label("search-term", term).lower() for term in reached(proposal)]
    return f"{waits}. Past op: {', '.join(good)}." if good else f"{waits}."


def reached(proposal: Json) -> list[str]:
    """The parts of the score that speak for this dwelling, without those that every dwelling would have got."""
    return [
        term
        for term in TERMS
        if proposal["points"].get(term, 0) > 0 and term not in proposal.get("notAsked", ())
    ]


async def _draw_runs(visit: Visit, form: Form, *, status: int = 200) -> Response:
    chooser = await choose(visit)
    since = visit.query("vanaf")
    found = await visit.gateway.get(SEARCHES, sort="latest", pageSize=PAGE, pageToken=since)
    form.values.setdefault("gemeente", chooser.code or "")
    options = {code: label("gemeente", code) for code in chooser.codes}
    if len(options) > 1:
        options[EVERYWHERE] = "Al deze gemeenten samen"
    return visit.render(
        "housing/searches.html",
        status=status,
        rooms=rooms(visit),
        chooser=chooser,
        options=options,
        runs=found["items"],
        next_page=found["nextPageToken"],
        is_first=since is None,
        form=form,
    )


async def _draw(
    visit: Visit, form: Form, *, status: int = 200, refused: list[Json] | None = None
) -> Response:
    run_id = visit.path("run_id")
    run = await visit.gateway.get(f"{SEARCHES}/{run_id}")
    job: Json | Fault | None = None
    if run["status"] in RUNNING:
        job = (await visit.gateway.all_of(visit.gateway.get(f"{HOUSING}/jobs/{run_id}")))[0]
    found = await visit.gateway.items(f"{SEARCHES}/{run_id}/proposals") if run["status"] == "done" else []
    clash = await clash_of_run(visit, run)
    unused = run.get("unusedPins", [])  # a housing service of before the pins does not tell it
    names, homes = await _sides(visit, run, found, [*clash, *unused])
    return visit.render(
        "housing/search.html",
        status=status,
        rooms=rooms(visit),
        run=run,
        running=run["status"] in RUNNING,
        progress=None if job is None or isinstance(job, Fault) else job["progress"],
        proposals=found,
        names=names,
        homes=homes,
        owners=await corporations(visit),
        sends=visit.person.has_role("vwn-team-leader"),
        gains=[one for one in run["rulePrices"] if max(one["personsMore"], one["matchesMore"]) > 0],
        overdue=sum(one["weeksOverTerm"] for one in found if not one.get("movingOn")),
        to_send=sum(one["status"] == "open" and not one["exchange"] for one in found),
        terms=TERMS,
        refused=refused or [],
        in_words=fact_in_words,
        clash=clash,
        unused=unused,
        form=form,
    )


async def _sides(
    visit: Visit, run: Json, found: list[Json], pinned: list[Json]
) -> tuple[dict[str, Name], dict[str, Json]]:
    """Names of the households, and the dwellings, of all that is shown; by id."""
    if not found and not pinned:
        return {}, {}
    gateway = visit.gateway
    lists = await gateway.all_of(
        *(gateway.items(f"{HOUSING}/households", gemeentecode=code) for code in run["gemeentecodes"]),
        *(gateway.items(f"{HOUSING}/dwellings", gemeentecode=code) for code in run["gemeentecodes"]),
    )
    half = len(run["gemeentecodes"])
    shown = {one["householdId"] for one in (*found, *pinned)}
    shown |= {other["householdId"] for one in found for other in one["otherHouseholds"]}
    households = [
        one for part in lists[:half] if not isinstance(part, Fault) for one in part if one["id"] in shown
    ]
    homes = {str(one["id"]): one for part in lists[half:] if not isinstance(part, Fault) for one in part}
    return await names_of(visit, households), homes
