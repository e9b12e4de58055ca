# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Moves: who gets a key this week, and per move the next step and the list of the day."""

from datetime import timedelta

from starlette.responses import Response

from portal.dates import parse_day
from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.sending import CORRECTABLE, post_form
from portal.pages.housing.who import HOUSING, Name, corporations, names_of, rooms
from portal.rooms import CORPORATION, DESK, VOLUNTEER, VWN
from portal.visit import Visit
from portal.words import labels

__all__ = ["assign", "leave", "show", "step", "tick", "undo_departure", "undo_key", "week"]

MATCHES = f"{HOUSING}/matches"
SIGNALS = "/notifications/v1/signals"
UNDER_WAY = ("approved", "accepted", "key-handed-over")
NEXT = {
    "approved": ("accepted", "declined"),
    "accepted": ("key-handed-over", "declined"),
    "key-handed-over": ("housed",),
}
SPEAKS_FOR = {
    "accepted": "vluchtelingenwerk",
    "declined": "vluchtelingenwerk",
    "key-handed-over": "vluchtelingenwerk corporation",
    "housed": "vluchtelingenwerk gemeente",
}


async def week(visit: Visit) -> Response:
    """The moves of a week, Monday to Sunday, and what is under way without a day in it."""
    asked = parse_day(visit.query("week")) or visit.today
    monday = asked - timedelta(days=asked.weekday())
    sunday = monday + timedelta(days=6)
    gateway = visit.gateway
    ours, *under_way = await gateway.all_of(
        gateway.items(MATCHES, keyFrom=monday.isoformat(), keyUntil=sunday.isoformat()),
        *(gateway.items(MATCHES, status=status) for status in UNDER_WAY),
    )
    for answer in (ours, *under_way):
        if isinstance(answer, Fault):
            raise answer
    ours = [one for one in ours if one["status"] in {*UNDER_WAY, "housed"}]
    shown = {one["id"] for one in ours}
    later = [one for answer in under_way for one in answer if one["id"] not in shown]
    names, homes, owners = await _who(visit, [*ours, *later])
    handed_over = await _handed_over(visit)
    people = [] if isinstance(handed_over, Fault) else [one["inburgeraarId"] for one in handed_over]
    return visit.render(
        "housing/moves.html",
        rooms=rooms(visit),
        sees_weeks=visit.person.has_role(*DESK),
        assigns=visit.person.has_role(*VWN),
        monday=monday,
        sunday=sunday,
        before=(monday - timedelta(days=7)).isoformat(),
        after=(monday + timedelta(days=7)).isoformat(),
        moves=sorted(ours, key=_by_day),
        later=sorted(later, key=_by_day),
        handed_over=handed_over,
        is_away=isinstance(handed_over, Fault),
        people=(await gateway.all_of(gateway.names(people)))[0] if people else {},
        names=names,
        homes=homes,
        owners=owners,
    )


async def _handed_over(visit: Visit) -> list[Json] | Fault:
    """Keys of which VluchtelingenWerk still has to take over the guidance; who else works here has own lists."""
    if not visit.person.has_role(*VWN):
        return []
    answer = (await visit.gateway.all_of(visit.gateway.items(SIGNALS, status="open")))[0]
    if isinstance(answer, Fault):
        return answer
    found = [one for one in answer if one["kind"] == "key-handed-over"]
    return sorted(found, key=lambda one: (one["dueOn"] or "", one["id"]))


async def show(visit: Visit) -> Response:
    """One move: its days, the next step and the list."""
    return await _draw(visit, Form({"on": visit.today.isoformat()}))


async def step(visit: Visit) -> Response:
    """Record the next step."""
    form = Form.of(await visit.form())
    chosen = form.choice("step", labels("match-step"), required="Kies wat er is gebeurd.")
    on = form.day("on", required="Vul de dag in.")
    refusal = form.choice("refusal", labels("refusal"))
    if chosen == "declined" and refusal is None and "refusal" not in form.errors:
        form.errors["refusal"] = "Kies waarom het huishouden de woning niet wil."
    body: Json = {"step": chosen, "on": on}
    if chosen == "declined":
        body["refusal"] = refusal
    return await _post(visit, form, "steps", body, "stap-vastgelegd")


async def leave(visit: Visit) -> Response:
    """Record that the household left its house without a next match; it goes on counting."""
    form = Form.of(await visit.form())
    body: Json = {
        "leftOn": form.day("leftOn", required="Vul de laatste dag in waarop het huishouden er woonde."),
        "reason": form.choice("reason", labels("home-end"), required="Kies waarom het huishouden vertrok."),
    }
    _check_sure(form)
    return await _post(visit, form, "departure", body, "vertrek-vastgelegd")


async def undo_departure(visit: Visit) -> Response:
    """Record that the household did not leave after all."""
    return await _undo(visit, "departure/taking-back", "vertrek-teruggedraaid")


async def undo_key(visit: Visit) -> Response:
    """Record that the key was not given after all."""
    return await _undo(visit, "key/taking-back", "sleutel-teruggedraaid")


async def _undo(visit: Visit, what: str, message: str) -> Response:
    form = Form.of(await visit.form())
    body: Json = {"reason": form.text("reason", required="Schrijf op waarom. Noem geen namen.")}
    _check_sure(form)
    return await _post(visit, form, what, body, message)


def _check_sure(form: Form) -> None:
    form.choice("sure", {"ja": ""}, required="Controleer of dit het goede huishouden en de goede woning is.")


async def _post(visit: Visit, form: Form, what: str, body: Json, message: str) -> Response:
    match_id = visit.path("match_id")
    return await post_form(
        visit,
        form,
        f"{MATCHES}/{match_id}/{what}",
        body,
        draw=_draw,
        done=lambda _: visit.go(f"/portal/huisvesting/verhuizingen/{match_id}", message=message),
    )


async def tick(visit: Visit) -> Response:
    """Note that something on the list was done, or take that back."""
    form = Form.of(await visit.form())
    code = form.choice("code", labels("move-item"), required="Kies wat er is gedaan.")
    done = form.values.get("done") == "ja"
    if code is None:
        return await _draw(visit, form, status=400)
    body: Json = {"doneOn": visit.today.isoformat() if done else None}
    try:
        await visit.gateway.put(f"{MATCHES}/{visit.path('match_id')}/checklist/{code}", body)
    except Fault as fault:
        if fault.status not in CORRECTABLE:
            raise
        form.general = fault.detail or fault.title
        return await _draw(visit, form, status=fault.status)
    return visit.go(f"/portal/huisvesting/verhuizingen/{visit.path('match_id')}", message="lijst-bijgewerkt")


async def assign(visit: Visit) -> Response:
    """Say which volunteer helps with the move, or that nobody does any more."""
    form = Form.of(await visit.form())
    path = f"{MATCHES}/{visit.path('match_id')}/volunteer"
    answer = await form.sent(visit.gateway.put(path, {"volunteerId": form.text("volunteerId")}), CORRECTABLE)
    if isinstance(answer, Fault):
        return await _draw(visit, form, status=answer.status)
    return visit.go(
        f"/portal/huisvesting/verhuizingen/{visit.path('match_id')}", message="vrijwilliger-gekozen"
    )


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    match = await visit.gateway.get(f"{MATCHES}/{visit.path('match_id')}")
    items = (await visit.gateway.all_of(visit.gateway.items(f"{MATCHES}/{match['id']}/checklist")))[0]
    names, homes, owners = await _who(visit, [match])
    own = _party(visit)
    if own == "corporation" and not isinstance(items, Fault):
        items = [one for one in items if one["party"] == own]
    assigns = visit.person.has_role(*VWN)
    volunteers = await _volunteers(visit, match) if assigns else {}
    form.values.setdefault("volunteerId", match["volunteerId"] or "")
    possible = {
        code: word
        for code, word in labels("match-step").items()
        if code in NEXT.get(match["status"], ()) and own in SPEAKS_FOR[code]
    }
    form.values.setdefault("on", visit.today.isoformat())
    return visit.render(
        "housing/move.html",
        status=status,
        rooms=rooms(visit),
        match=match,
        items=items,
        items_away=isinstance(items, Fault),
        names=names,
        homes=homes,
        owners=owners,
        possible=possible,
        lives_there=visit.person.has_role(*DESK) and match["status"] == "housed" and not match.get("leftOn"),
        left=visit.person.has_role(*DESK) and match.get("leftReason") in labels("home-end"),
        has_key=match["status"] == "key-handed-over" and own in SPEAKS_FOR["key-handed-over"],
        assigns=assigns,
        volunteers=volunteers,
        volunteers_away=isinstance(volunteers, Fault),
        on_desk=visit.person.has_role(*DESK),
        own=own,
        form=form,
    )


def _party(visit: Visit) -> str:
    if visit.person.has_role(*CORPORATION):
        return "corporation"
    return "vluchtelingenwerk" if visit.person.has_role(*VWN, *VOLUNTEER) else "gemeente"


async def _volunteers(visit: Visit, match: Json) -> dict[str, str] | Fault:
    """Who can help with a move, by name: the volunteers of today, and who was chosen before."""
    members = (await visit.gateway.all_of(visit.gateway.items("/gateway/v1/members")))[0]
    if isinstance(members, Fault):
        return members
    found = [
        one
        for one in members
        if one["id"] == match["volunteerId"] or (one["active"] and set(one["roles"]) & set(VOLUNTEER))
    ]
    return {one["id"]: one["displayName"] for one in sorted(found, key=lambda one: one["displayName"])}


async def _who(
    visit: Visit, matches: list[Json]
) -> tuple[dict[str, Name], dict[str, Json], dict[str, str] | Fault]:
    """Households and dwellings of matches by id; those that this role may not see are left out."""
    gateway = visit.gateway
    if not visit.person.has_role(*VOLUNTEER):
        seen = [] if visit.person.has_role(*CORPORATION) else matches
        answers = await gateway.all_of(
            *(gateway.get(f"{HOUSING}/households/{one['householdId']}") for one in seen)
        )
        homes = await gateway.all_of(
            *(gateway.get(f"{HOUSING}/dwellings/{one['dwellingId']}") for one in matches)
        )
        names = await names_of(visit, [one for one in answers if not isinstance(one, Fault)])
        found = {str(one["id"]): one for one in homes if not isinstance(one, Fault)}
        return names, found, await corporations(visit)
    return {}, {}, {}


def _by_day(match: Json) -> tuple[str, str]:
    return (match["keyOn"] or match["moveDueOn"] or match["proposedOn"], match["id"])
