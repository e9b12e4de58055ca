# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What each operation of the fake gateway answers."""

from typing import Any

from tests.portal import fake_data as data
from tests.portal.fake_asked import ASKED_ROUTES
from tests.portal.fake_housing import HOUSING_ROUTES
from tests.portal.fake_searches import SEARCH_ROUTES
from tests.portal.fake_state import (
    ATTENDANCE,
    PIP,
    REGISTER,
    Answer,
    Call,
    checked,
    invalid,
    not_agreed,
    page,
)
from tests.portal.fake_supply import SUPPLY_ROUTES


def me(call: Call) -> Answer:
    member = data.MEMBERS[call.who]
    name, kind, code = member["organisation"]
    return 200, {
        "subject": data.uid(call.who), "kind": "person", "name": data.LONG if call.gate.long else member["name"],
        "organisation": {"id": data.uid(name), "name": name, "kind": kind, "kinds": [kind], "gemeentecode": code},
        "gemeentecode": code, "roles": member["roles"], "gemeenten": [] if call.gate.mode == "empty" else data.gemeenten(call.who),
    }  # fmt: skip


def members(call: Call) -> Answer:
    found = [{"id": data.uid(key), "displayName": one["name"], "organisationId": data.uid("org"), "roles": one["roles"], "active": True}
             for key, one in data.MEMBERS.items()]  # fmt: skip
    return page([] if call.gate.mode == "empty" else found)


def one_member(call: Call) -> Answer:
    found = next((key for key in data.MEMBERS if data.uid(key) == call.ids["id"]), None)
    if found is None:
        return 404, {"code": "not-found", "title": "Niet gevonden"}
    return 200, {
        "id": call.ids["id"],
        "displayName": data.MEMBERS[found]["name"],
        "organisationId": data.uid("org"),
        "roles": [],
        "active": True,
    }


def reviews(call: Call) -> Answer:
    if call.gate.mode == "empty":
        return page([])
    name = (
        data.LONG if call.gate.long else "Samenwerkingsovereenkomst Werk en Inkomen (2011, herijkt in 2017)"
    )
    why = "De afspraak is van 01-04-2017. De Wet inburgering 2021 geldt sinds 01-01-2022."
    return page([{
        "kind": "mandate", "id": data.uid("old"), "name": name, "parties": ["Wassenaar", "Leidschendam-Voorburg"],
        "gemeentecodes": ["0629", "1916"], "tasks": ["intake", "pip"], "agreedOn": "2017-04-01", "reviewOn": None,
        "reasons": [{"code": "older-than-law", "detail": why}],
    }])  # fmt: skip


def set_clock(call: Call) -> Answer:
    if call.who != "administrator":
        return 403, {"code": "role-missing", "title": "U mag dit niet doen"}
    if "now" in call.body and call.body["now"] < call.gate.clock:
        return 400, invalid(("now", "De klok gaat alleen vooruit."))
    call.gate.clock = call.body.get("now", "2024-11-12T09:00:00+01:00")
    return 200, {"now": call.gate.clock}


def lessons(call: Call) -> Answer:
    if call.gate.mode == "empty" or call.request.query_params.get("from") != data.TODAY.isoformat():
        return page([])
    return page([
        data.lesson("l-now"),
        data.lesson("l-full", part="afternoon"),
        {**data.lesson("l-off", part="evening", group=data.EVENING), "cancelledAt": "2024-11-01T10:00:00+01:00", "cancelReason": "Docent ziek"},
    ])  # fmt: skip


def groups(call: Call) -> Answer:
    if call.gate.mode == "empty":
        return page([])
    name = {"name": data.LONG} if call.gate.long else {}
    return page(
        [
            {**data.GROUP, **name},
            {**data.EVENING, **name},
            {**data.EVENING, "id": data.uid("new"), "members": 0, "levels": [], "homogeneity": None},
        ]
    )


def one_group(call: Call) -> Answer:
    return 200, {**data.GROUP, "name": data.LONG if call.gate.long else data.GROUP["name"]}


def roll_call(call: Call) -> Answer:
    rows = [] if call.gate.mode == "empty" else [
        {"inburgeraarId": data.uid(f"person-{number}"), "placementId": data.uid(f"p-{number}"), "gemeentecode": "1916",
         "providerReference": None, "level": "a2", "attendanceId": None, "status": None, "hours": None, "reason": None,
         "approval": None, "recordedAt": None, "absenceSignalId": None, **call.gate.attendances.get(data.uid(f"person-{number}"), {})}
        for number in range(12)
    ]  # fmt: skip
    lesson = {**data.lesson("l-now"), "id": call.ids["id"]}
    return 200, {"lesson": lesson, "complete": False, "late": call.gate.late, "entries": rows}


def put_attendance(call: Call) -> Answer:
    if fault := checked(call.body, ATTENDANCE):
        return 400, fault
    hours = call.body.get("hours")
    if hours is not None and hours > 3:
        return 400, invalid(("hours", "Deze les duurt 3 uur."))
    entry = {
        "status": call.body["status"], "hours": (3 if hours is None else hours) if call.body["status"] == "present" else 0,
        "reason": call.body.get("reason"), "approval": "pending" if call.gate.late else "not-needed",
        "absenceSignalId": data.uid("signal") if call.body["status"] == "unexcused" else None,
    }  # fmt: skip
    call.gate.attendances[call.ids["person"]] = entry
    return 200, {
        "id": data.uid(f"a-{call.ids['person']}"),
        "lessonId": call.ids["id"],
        "inburgeraarId": call.ids["person"],
        **entry,
    }


def missing(call: Call) -> Answer:
    if call.gate.mode == "empty":
        return page([])
    name = data.LONG if call.gate.long else "B1 overdag 3"
    both = ((data.uid("m1"), "2024-11-04", "morning", 11), (data.uid("m2"), "2024-10-29", "evening", 5))
    return page([
        {"lessonId": one, "groupId": data.GROUP["id"], "groupName": name, "providerId": data.uid("provider"),
         "organisationId": data.uid("school"), "gemeentecode": "1916", "date": day, "dayPart": part, "hours": 3,
         "expected": 12, "registered": done, "missing": 12 - done}
        for one, day, part, done in both
    ])  # fmt: skip


def batch(call: Call) -> Answer:
    return 202, f"/learning-routes/v1/jobs/{data.uid('job')}"


def job(call: Call) -> Answer:
    call.gate.job_reads += 1
    running = call.gate.job_reads < 3
    return 200, {
        "id": call.ids["id"], "status": "running" if running else "done", "progress": 40 * call.gate.job_reads if running else 100, "createdAt": data.NOW, "finishedAt": None,
        "accepted": 9_998, "corrected": 1, "unchanged": 0, "rejected": 0 if call.gate.mode == "empty" else 2,
        "rowsUrl": f"/learning-routes/v1/jobs/{call.ids['id']}/rows", "problem": None,
    }  # fmt: skip


def job_rows(call: Call) -> Answer:
    detail = (
        f"Deze referentie is niet bekend: {data.LONG}"
        if call.gate.long
        else "Deze referentie is niet bekend."
    )
    fault = {"title": "De invoer klopt niet", "detail": detail, "errors": []}
    rows = [
        {"row": line - 1, "line": line, "outcome": "rejected", "attendanceId": None, "externalId": None, "problem": fault}
        for line in (14, 912)
    ]  # fmt: skip
    return page([] if call.gate.mode == "empty" else rows)


def read_names(call: Call) -> Answer:
    everybody = {
        person["id"]: person for person in (data.person(number, long=call.gate.long) for number in range(12))
    }
    return page(
        [
            {key: everybody[one][key] for key in ("id", "givenNames", "familyName")}
            for one in call.body["ids"]
            if one in everybody
        ]
    )


def persons(call: Call) -> Answer:
    if call.gate.refuse_persons and call.request.query_params.get("gemeentecode"):
        return not_agreed()
    some = call.gate.mode != "empty" and not call.gate.refuse_persons
    return page([data.listed(number, long=call.gate.long) for number in range(12)] if some else [])


def search(call: Call) -> Answer:
    if not call.body or call.body.keys() - {"bsn", "vNumber", "familyName", "birthDate"}:
        return 400, invalid(("familyName", "Geef ten minste een achternaam, BSN of V-nummer."))
    if call.body.get("bsn") == "123456789":
        return 400, invalid(("bsn", "Dit BSN voldoet niet aan de elfproef."))
    found = [data.listed(number) for number in range(12)]
    start = call.body.get("familyName", "").lower()
    return page([one for one in found if one["familyName"].lower().startswith(start)] if start else found[:1])


def register(call: Call) -> Answer:
    if fault := checked(call.body, REGISTER):
        return 400, fault
    if call.body.get("bsn") == "123456789":
        return 400, invalid(("bsn", "Dit is geen geldig BSN: de controle op de cijfers klopt niet."))
    return 201, data.person(1)


def one_person(call: Call) -> Answer:
    if call.gate.refuse_persons:
        return not_agreed()
    if call.ids["id"] not in {data.uid(f"person-{number}") for number in range(12)}:
        return 404, {
            "code": "not-found",
            "title": "Niet gevonden",
            "detail": "Deze persoon is er niet, of is niet van u.",
        }
    found = data.person(1, long=call.gate.long)
    return 200, {
        **found,
        "leadMemberId": None,
        "rights": [],
        "duties": [],
    } if call.gate.mode == "empty" else found


def pips(call: Call) -> Answer:
    return page(
        []
        if call.gate.mode == "empty"
        else [data.pip(1, long=call.gate.long), data.pip(2, long=call.gate.long)]
    )


def sign_pip(call: Call) -> Answer:
    if fault := checked(call.body, PIP):
        return 400, fault
    if call.body["signedOn"] > "2024-11-04" and "delayReason" not in call.body:
        return 400, {**invalid(("delayReason", "De termijn van 10 weken is voorbij. Schrijf op waarom het later werd.")),
                     "rule": "Besluit inburgering 2021 art. 5.3"}  # fmt: skip
    return 201, data.pip(3)


def organisations(call: Call) -> Answer:
    return page(
        [
            {"id": data.uid("school"), "name": "Echt Nederlands", "gemeentecode": None},
            {"id": data.uid("lv"), "name": "Gemeente Leidschendam-Voorburg", "gemeentecode": "1916"},
            {"id": data.uid("org"), "name": "Gemeente Leidschendam-Voorburg", "gemeentecode": "1916"},
        ]
    )


def looks(call: Call) -> Answer:
    return page([] if call.gate.mode == "empty" else data.LOOKS)


def set_lead(call: Call) -> Answer:
    return (
        (200, data.person(1))
        if call.body.keys() == {"memberId"}
        else (400, invalid(("memberId", "Dit veld is verplicht.")))
    )


def ledger(call: Call) -> Answer:
    if call.gate.mode == "empty":
        none = dict.fromkeys(("offered", "attended", "excused", "sick", "unexcused", "unregistered"), 0)
        nothing: dict[str, Any] = {
            **dict.fromkeys(data.LEDGER["learningWay"]),
            "steps": [],
            "unknown": "no-pip",
        }
        return 200, {**data.LEDGER, **none, "target": None, "short": None, "learningWay": nothing}
    return 200, {**data.LEDGER, "learningWay": {**data.LEDGER["learningWay"], **call.gate.way}}


def all_signals(call: Call) -> Answer:
    query = call.request.query_params
    if call.who == "administrator":
        return 403, {"code": "role-missing", "title": "U mag dit niet doen"}
    if call.who == "operations":
        facts = {"count": 3, "lastFault": "connection-refused"}
        rule = data.LONG if call.gate.long else "Mail die na de laatste poging niet is bezorgd"
        kept = data.signal("mail", "delivery-failed", None, facts, audience="operations", rule=rule)
        return page([] if call.gate.mode == "empty" else [kept])
    found = (
        []
        if call.gate.mode == "empty"
        else [{**one, **call.gate.handled.get(one["id"], {})} for one in data.signals()]
    )
    if query.get("status"):
        found = [one for one in found if one["status"] == query["status"]]
    if query.get("mine") == "true":
        found = [one for one in found if one["leadMemberId"] == data.uid(call.who)]
    if query.get("openList") == "true":
        found = [one for one in found if one["leadMemberId"] is None]
    if query.get("inburgeraarId"):
        found = [one for one in found if one["inburgeraarId"] == query["inburgeraarId"]]
    return page(found)


def counts(call: Call) -> Answer:
    return 200, {"open": 0 if call.gate.mode == "empty" else 7, "mine": 5, "openList": 1, "byKind": []}


def one_signal(call: Call) -> Answer:
    found = next((one for one in data.signals() if one["id"] == call.ids["id"]), None)
    if found is None:
        return 404, {
            "code": "not-found",
            "title": "Niet gevonden",
            "detail": "Dit signaal is er niet, of is niet van u.",
        }
    return 200, {**found, **call.gate.handled.get(call.ids["id"], {})}


def handle(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"outcome"}, "optional": {"note"}}):
        return 400, fault
    if call.ids["id"] in call.gate.handled:
        return 409, {"code": "already-handled", "title": "Dit signaal is al afgehandeld"}
    handling = {"id": data.uid("handling"), "signalId": call.ids["id"], "outcome": call.body["outcome"], "note": call.body.get("note"),
                "handledBy": data.uid(call.who), "handledAt": "2024-11-05T09:10:00+01:00"}  # fmt: skip
    call.gate.handled[call.ids["id"]] = {"status": "handled", "handling": handling}
    return 201, handling


def clocks(call: Call) -> Answer:
    found = [] if call.gate.mode == "empty" else data.deadlines()
    query = call.request.query_params
    if query.get("status"):
        found = [one for one in found if one["status"] == query["status"]]
    if query.get("inburgeraarId"):
        found = [one for one in found if one["inburgeraarId"] == query["inburgeraarId"]]
    return page(found)


def pending(call: Call) -> Answer:
    reason = data.LONG if call.gate.long else "Lijst van de vervanger kwam later binnen"
    entry = {"lessonId": data.uid("l1"), "lessonDate": "2024-08-27", "lessonHours": 3, "status": "present", "hours": 3,
             "reason": reason, "approval": "pending", "recordedAt": "2024-11-04T16:40:00+01:00"}  # fmt: skip
    found = [
        {**entry, "id": data.uid(f"late-{number}"), "inburgeraarId": data.uid(f"person-{number}")}
        for number in (1, 4)
    ]
    return page([] if call.gate.mode == "empty" else found)


def approve(call: Call) -> Answer:
    return (
        (201, {"id": call.ids["id"], **call.body})
        if call.body.get("outcome") in {"approved", "refused"}
        else (400, invalid(("outcome", "Verplicht.")))
    )


def status(call: Call) -> Answer:
    return 200, data.status(call.ids["service"])


def letters(call: Call) -> Answer:
    some = call.ids["service"] == "notifications" and call.gate.mode != "empty"
    return page([data.dead_letter(call.gate.long)] if some else [])


def replay(call: Call) -> Answer:
    return 200, {"id": call.ids["id"], "replayed": True}


ID = r"(?P<id>[0-9a-f-]{36})"
PERSONS = "/intake/v1/inburgeraars"
SERVICE = r"/(?P<service>housing|intake|learning-routes|notifications)/v1/operations"
LR = "/learning-routes/v1"
NO = "/notifications/v1"
ROUTES = (
    ("GET", "/gateway/v1/me", me),
    ("GET", "/gateway/v1/members", members),
    ("GET", f"/gateway/v1/members/{ID}", one_member),
    ("GET", "/gateway/v1/organisations", organisations),
    ("GET", "/gateway/v1/reviews", reviews),
    ("POST", "/demo/v1/clock", set_clock),
    ("GET", f"{LR}/lessons", lessons),
    ("GET", f"{LR}/groups", groups),
    ("GET", f"{LR}/groups/{ID}", one_group),
    ("GET", f"{LR}/lessons/{ID}/roll-call", roll_call),
    ("PUT", f"{LR}/lessons/{ID}/attendances/(?P<person>[0-9a-f-]{{36}})", put_attendance),
    ("GET", f"{LR}/missing-registrations", missing),
    ("POST", f"{LR}/attendance-batches", batch),
    ("GET", f"{LR}/jobs/{ID}", job),
    ("GET", f"{LR}/jobs/{ID}/rows", job_rows),
    ("GET", f"{LR}/attendances", pending),
    ("POST", f"{LR}/attendances/{ID}/approvals", approve),
    ("GET", f"{LR}/inburgeraars/{ID}/ledger", ledger),
    ("POST", f"{PERSONS}/_read", read_names),
    ("POST", f"{PERSONS}/_search", search),
    ("GET", PERSONS, persons),
    ("POST", PERSONS, register),
    ("GET", f"{PERSONS}/{ID}", one_person),
    ("GET", f"{PERSONS}/{ID}/pips", pips),
    ("POST", f"{PERSONS}/{ID}/pips", sign_pip),
    ("GET", f"{PERSONS}/{ID}/access-log", looks),
    ("PUT", f"{PERSONS}/{ID}/lead", set_lead),
    ("GET", f"{NO}/signals", all_signals),
    ("GET", f"{NO}/signal-counts", counts),
    ("GET", f"{NO}/signals/{ID}", one_signal),
    ("POST", f"{NO}/signals/{ID}/handlings", handle),
    ("GET", f"{NO}/deadlines", clocks),
    ("GET", f"{SERVICE}/status", status),
    ("GET", f"{SERVICE}/dead-letters", letters),
    ("POST", f"{SERVICE}/dead-letters/{ID}/replays", replay),
    *SUPPLY_ROUTES,
    *ASKED_ROUTES,
    *SEARCH_ROUTES,
    *HOUSING_ROUTES,
)
