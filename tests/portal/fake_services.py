# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the gateway itself, the signals and operations answer in the fake, and the operations of all services."""

from tests.portal import fake_data as data
from tests.portal.fake_asked import ASKED_ROUTES
from tests.portal.fake_books import BOOK_ROUTES
from tests.portal.fake_corporations import CORPORATION_ROUTES
from tests.portal.fake_housed import HOUSED_ROUTES
from tests.portal.fake_household import HOUSEHOLD_ROUTES
from tests.portal.fake_housing import HOUSING_ROUTES
from tests.portal.fake_ladder import LADDER_ROUTES
from tests.portal.fake_persons import PERSON_ROUTES
from tests.portal.fake_school import SCHOOL_ROUTES
from tests.portal.fake_searches import SEARCH_ROUTES
from tests.portal.fake_state import Answer, Call, checked, invalid, page
from tests.portal.fake_subsidies import SUBSIDY_ROUTES
from tests.portal.fake_supply import SUPPLY_ROUTES
from tests.portal.fake_weeks import WEEK_ROUTES


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


def organisations(call: Call) -> Answer:
    if call.request.query_params.get("kind") == "woningcorporatie":
        new = {"id": data.uid("landlord"), "name": "Rijnhart Wonen", "gemeentecode": None}
        return page([] if call.gate.mode == "empty" else [new])
    return page(
        [
            {"id": data.uid("school"), "name": "Echt Nederlands", "gemeentecode": None},
            {"id": data.uid("lv"), "name": "Gemeente Leidschendam-Voorburg", "gemeentecode": "1916"},
            {"id": data.uid("org"), "name": "Gemeente Leidschendam-Voorburg", "gemeentecode": "1916"},
        ]
    )


def all_signals(call: Call) -> Answer:
    query = call.request.query_params
    if call.who == "administrator":
        return 403, {"code": "role-missing", "title": "U mag dit niet doen"}
    if call.who == "vwn":
        return page(
            [] if call.gate.mode == "empty" or data.uid("key") in call.gate.handled else [data.handed_over()]
        )
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
    known = (*data.signals(), data.handed_over())
    found = next((one for one in known if one["id"] == call.ids["id"]), None)
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


def status(call: Call) -> Answer:
    return 200, data.status(call.ids["service"])


def letters(call: Call) -> Answer:
    some = call.ids["service"] == "notifications" and call.gate.mode != "empty"
    return page([data.dead_letter(call.gate.long)] if some else [])


def replay(call: Call) -> Answer:
    return 200, {"id": call.ids["id"], "replayed": True}


ID = r"(?P<id>[0-9a-f-]{36})"
SERVICE = r"/(?P<service>housing|intake|learning-routes|notifications)/v1/operations"
NO = "/notifications/v1"
ROUTES = (
    ("GET", "/gateway/v1/me", me),
    ("GET", "/gateway/v1/members", members),
    ("GET", f"/gateway/v1/members/{ID}", one_member),
    ("GET", "/gateway/v1/organisations", organisations),
    ("GET", "/gateway/v1/reviews", reviews),
    ("POST", "/demo/v1/clock", set_clock),
    ("GET", f"{NO}/signals", all_signals),
    ("GET", f"{NO}/signal-counts", counts),
    ("GET", f"{NO}/signals/{ID}", one_signal),
    ("POST", f"{NO}/signals/{ID}/handlings", handle),
    ("GET", f"{NO}/deadlines", clocks),
    ("GET", f"{SERVICE}/status", status),
    ("GET", f"{SERVICE}/dead-letters", letters),
    ("POST", f"{SERVICE}/dead-letters/{ID}/replays", replay),
    *SCHOOL_ROUTES,
    *PERSON_ROUTES,
    *SUPPLY_ROUTES,
    *WEEK_ROUTES,
    *SUBSIDY_ROUTES,
    *ASKED_ROUTES,
    *HOUSEHOLD_ROUTES,
    *LADDER_ROUTES,
    *SEARCH_ROUTES,
    *HOUSED_ROUTES,
    *CORPORATION_ROUTES,
    *BOOK_ROUTES,
    *HOUSING_ROUTES,
)
