# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Housing as the fake gateway tells it; `test_housing.py` holds the forms against the real ones."""

from typing import Any

from tests.portal import fake_data as data
from tests.portal.fake_state import Answer, Call, checked, invalid, page

OWNER, OTHER_OWNER = data.uid("corporation"), data.uid("other-corporation")
FAMILY, STUDIO = data.uid("home-family"), data.uid("home-studio")
SINGLE, LARGE = data.uid("household-single"), data.uid("household-large")
WAITING, MOVING = data.uid("match-waiting"), data.uid("match-moving")
SWAP = data.uid("swap")


def member(number: int, kind: str = "adult", person: str | None = None) -> dict[str, Any]:
    return {
        "id": data.uid(f"member-{number}"), "kind": kind, "birthYear": 1990, "inburgeraarId": person, "byReunion": False,
    }  # fmt: skip


def household(id_: str = SINGLE, **more: Any) -> dict[str, Any]:
    base = {
        "id": id_, "version": 4, "gemeentecode": "1916", "reference": "TVS-LV-007", "linkedOn": "2022-10-03", "houseDueOn": "2022-12-12",
        "overrunDays": 694, "moveDueOn": None, "moveOverrunDays": 0, "weeksLost": 99, "longWait": True, "status": "waiting",
        "householdType": "single", "adults": 1, "children": 0, "persons": 1,
        "members": [member(1, person=data.uid("person-1"))], "rentMaxCents": 87_966, "needsAccessible": False,
        "asksSchool": False, "workX": None, "workY": None, "familyGemeentecode": None, "acceptsSharing": True,
        "shareGroup": None, "exchange": ["0626"], "priorityGroup": None, "receptionSiteId": data.uid("site"),
        "reunions": [{
            "id": data.uid("reunion"), "householdId": id_, "persons": 4, "adults": 1, "expectedOn": "2025-06-02",
            "grantedOn": None, "arrivedOn": None, "withdrawnOn": None,
            "corrections": [{"on": "2024-10-14", "persons": 5, "adults": 2, "reason": "De oudste zoon komt niet mee."}],
        }],
        "matchId": None, "housedOn": None, "housedGemeentecode": None, "leftOn": None, "unlinkedOn": None, "unlinkReason": None,
    }  # fmt: skip
    return {**base, **more}


def households_of(call: Call) -> list[dict[str, Any]]:
    reference = data.LONG if call.gate.long else "TVS-LV-070"
    large = household(
        LARGE, reference=reference, linkedOn="2024-09-16", houseDueOn="2024-11-25", overrunDays=0, longWait=False,
        householdType="large-family", adults=2, children=7, persons=9, acceptsSharing=False, exchange=[], reunions=[],
        members=[member(2), member(3, "child") | {"birthYear": None}], weeksLost=0,
    )  # fmt: skip
    return [household(), {**large, **call.gate.way.get("lives", {}).get("household", {})}]


def dwelling(id_: str = FAMILY, **more: Any) -> dict[str, Any]:
    base = {
        "id": id_, "gemeentecode": "1916", "corporationId": OWNER, "quarter": "Essesteijn", "quarterId": data.uid("quarter"),
        "reference": "WO-701", "kind": "family", "rooms": 4, "sizeM2": 84, "rentCents": 75_650, "minPersons": 1,
        "maxPersons": 6, "accessible": False, "availableFrom": "2024-11-18", "maxStayMonths": 0, "shareSlots": 0,
        "shareMin": 0, "projectId": None, "rules": [], "status": "offered", "offeredOn": "2024-10-14",
        "withdrawnOn": None, "withdrawReason": None,
    }  # fmt: skip
    return {**base, **more}


def dwellings_of(call: Call) -> list[dict[str, Any]]:
    quarter = {"quarter": data.LONG} if call.gate.long else {}
    studio = {
        "kind": "studio",
        "rooms": 1,
        "sizeM2": 29,
        "rentCents": 46_200,
        "maxPersons": 1,
        "reference": "VI-604",
        "maxStayMonths": 12 if call.gate.way.get("temporary") else 0,
    }
    return [dwelling(**quarter), dwelling(STUDIO, **studio)]


def match(id_: str = WAITING, **more: Any) -> dict[str, Any]:
    spread = {
        "quarter": "Essesteijn",
        "personsBefore": 3,
        "personsAfter": 4,
        "shareBefore": 21.4,
        "shareAfter": 26.7,
    }
    urgency = {
        "rule": True, "statusHolders": True, "priorityGroup": None, "explanation": "Statushouders",
        "source": "Huisvestingsverordening",
    }  # fmt: skip
    base = {
        "id": id_, "householdId": SINGLE, "dwellingId": FAMILY, "gemeentecode": "1916", "dwellingGemeentecode": "1916",
        "persons": 1, "shared": False, "status": "proposed", "reason": "Wacht het langst, en er komt gezin.",
        "facts": {
            "need": 5, "maxPersons": 6, "waitedDays": 764, "expectedPersons": 4, "spread": [spread], "urgency": urgency,
        },
        "proposalId": None, "volunteerId": None, "proposedOn": "2024-11-04", "decidedOn": None, "decisionReason": None,
        "refusal": None, "moveDueOn": None, "moveOverrunDays": 0, "acceptedOn": None, "declinedOn": None, "keyOn": None,
        "housedOn": None, "leftOn": None, "leftReason": None, "takenBack": [],
    }  # fmt: skip
    return {**base, **more}


def moving() -> dict[str, Any]:
    return match(
        MOVING, status="key-handed-over", householdId=LARGE, persons=9, decidedOn="2024-10-18", moveDueOn="2024-11-01",
        moveOverrunDays=4, acceptedOn="2024-10-21", keyOn="2024-11-04", decisionReason="Past.",
    )  # fmt: skip


def matches_of(call: Call) -> list[dict[str, Any]]:
    reason = {"reason": data.LONG} if call.gate.long else {}
    decided = call.gate.handled
    home = call.gate.way.get("lives", {}).get("match", {})
    return [{**one, **decided.get(one["id"], {})} for one in (match(**reason), {**moving(), **home})]


def some(call: Call, items: list[dict[str, Any]]) -> Answer:
    """A list, filtered as the query asks, or empty."""
    query = call.request.query_params
    for name in ("status", "householdId", "gemeentecode"):
        if query.get(name):
            items = [one for one in items if one.get(name) == query[name]]
    if query.get("keyFrom"):
        items = [
            one for one in items if one["keyOn"] and query["keyFrom"] <= one["keyOn"] <= query["keyUntil"]
        ]
    return page([] if call.gate.mode == "empty" else items)


def households(call: Call) -> Answer:
    return some(call, households_of(call))


def one_household(call: Call) -> Answer:
    return 200, next((one for one in households_of(call) if one["id"] == call.ids["id"]), household())


def dwellings(call: Call) -> Answer:
    return some(call, [] if call.gate.way.get("no-dwellings") else dwellings_of(call))


def one_dwelling(call: Call) -> Answer:
    return 200, next((one for one in dwellings_of(call) if one["id"] == call.ids["id"]), dwelling())


def matches(call: Call) -> Answer:
    return some(call, matches_of(call))


def one_match(call: Call) -> Answer:
    return 200, next((one for one in matches_of(call) if one["id"] == call.ids["id"]), match())


def propose(call: Call) -> Answer:
    if fault := checked(
        call.body, {"required": {"householdId", "dwellingId", "reason"}, "optional": {"shared"}}
    ):
        return 400, fault
    if call.body["dwellingId"] == FAMILY:
        rule = "no-singles-in-family-dwelling"
        detail = (
            "De corporatie verhuurt geen eengezinswoning aan alleenstaanden (Toewijzingsbeleid WoonInvest)."
        )
        return 409, {
            "code": "match-breaks-rule", "title": "Deze woning past niet bij dit huishouden", "detail": detail, "rule": rule,
            "errors": [{"pointer": "/dwellingId", "code": rule, "detail": detail}],
        }  # fmt: skip
    return 201, match(dwellingId=call.body["dwellingId"])


def decide(call: Call) -> Answer:
    optional = {"refusal", "decidedOn", "openedAt"}
    if fault := checked(call.body, {"required": {"outcome", "reason"}, "optional": optional}):
        return 400, fault
    if refused := call.gate.way.get("refuse-decision"):
        return 409, refused
    call.gate.handled[call.ids["id"]] = {"status": call.body["outcome"]}
    return 200, match(status=call.body["outcome"])


def take_step(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"step", "on"}, "optional": {"refusal", "reason"}}):
        return 400, fault
    call.gate.handled[call.ids["id"]] = {"status": call.body["step"]}
    return 200, {**moving(), "status": call.body["step"]}


def item(code: str, party: str, due: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "party": party, "dueOn": due, "doneOn": None, "overdue": False, **more}


def items_of(call: Call) -> list[dict[str, Any]]:
    done = call.gate.way.get("ticked", set())
    found = [
        item("lease-signed", "corporation", "2024-11-04", doneOn="2024-11-04"),
        item("move-planned", "vluchtelingenwerk", "2024-11-04", overdue=True),
        item("insurance", "vluchtelingenwerk", "2024-11-09"),
        item("brp-registration", "gemeente", "2024-11-09"),
    ]
    return [{**one, "doneOn": "2024-11-05"} if one["code"] in done else one for one in found]


def checklist(call: Call) -> Answer:
    return page([] if call.gate.mode == "empty" else items_of(call))


def tick(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"doneOn"}, "optional": set()}):
        return 400, fault
    ticked: set[str] = call.gate.way.setdefault("ticked", set())
    (ticked.add if call.body["doneOn"] else ticked.discard)(call.ids["code"])
    return 200, item(call.ids["code"], "vluchtelingenwerk", "2024-11-09", doneOn=call.body["doneOn"])


def period(name: str, year: int, numbers: tuple[int, int, int], **more: Any) -> dict[str, Any]:
    opening, target, realised = numbers
    return {
        "period": name, "year": year, "carried": opening, "correctionsAtOpening": 0, "opening": opening, "target": target,
        "total": opening + target, "corrections": 0, "realised": realised, "closing": opening + target - realised,
        "targetKnown": True, **more,
    }  # fmt: skip


def balance(call: Call) -> Answer:
    call.gate.way.setdefault("asked", []).append(dict(call.request.query_params))
    periods = [
        period("2022", 2022, (23, 103, 131)),
        period("2023", 2023, (7, 169, 88), correctionsAtOpening=12, carried=-5),
        period("2024", 2024, (88, 156, 68), targetKnown=not call.gate.long),
    ]
    finding = {"year": 2023, "kind": "opening-differs", "printed": 7, "computed": -5}
    none = call.gate.mode == "empty"
    return 200, {
        "gemeentecode": call.ids["code"], "peildatum": "2024-11-05", "balance": 0 if none else 176,
        "halfYears": [] if none else periods, "years": [] if none else periods,
        "findings": [] if none else [finding], "missingTargets": [],
    }  # fmt: skip


def balances(call: Call) -> Answer:
    rows = [
        {"gemeentecode": code, "peildatum": "2024-11-05", "balance": number, "target": 156, "realised": 68}
        for code, number in (("1916", 176), ("0626", 40))
    ]
    return page([] if call.gate.mode == "empty" else rows)


def ladder_step(step: str, since: str, reason: str) -> dict[str, Any]:
    return {
        "id": data.uid(f"step-{step}"), "gemeentecode": "1916", "step": step, "since": since, "dueOn": None,
        "prolongedUntil": None, "prolongedReason": None, "reason": reason, "proposedStep": "2a", "misses": 1,
        "recordedAt": data.NOW,
    }  # fmt: skip


def ladder(call: Call) -> Answer:
    none = call.gate.mode == "empty"
    reason = data.LONG if call.gate.long else "Ambtelijk gesprek gevoerd"
    steps = [ladder_step("2b", "2024-07-01", reason), ladder_step("3", "2025-01-01", "Aangekondigd")]
    return 200, {
        "gemeentecode": call.ids["code"], "peildatum": "2024-11-05", "balance": 176, "step": "0" if none else "2b",
        "since": None if none else "2024-07-01", "proposedStep": "2a", "misses": 1, "nextStep": None if none else "3",
        "nextOn": None if none else "2025-01-01", "measurements": [], "steps": [] if none else steps,
    }  # fmt: skip


EFFECT = {
    "arrears": 176, "expected": 12, "realised": 0, "toCome": 12, "closes": 12, "remaining": 164, "late": 0, "summary": "12 van 176",
}  # fmt: skip


def plans(call: Call) -> Answer:
    title = data.LONG if call.gate.long else "Woningdelen uitbreiden"
    measure = {
        "id": data.uid("measure"), "planId": data.uid("plan"), "kind": "sharing", "title": title, "owner": "Wonen",
        "status": "planned", "expected": 12, "expectedBy": "2025-06-30", "probabilityPercent": 70, "realised": 0,
    }  # fmt: skip
    plan = {
        "id": data.uid("plan"), "gemeentecode": "1916", "title": "Plan van aanpak", "status": "adopted",
        "drawnUpOn": "2024-10-28", "adoptedOn": "2024-11-01", "sentOn": None, "measures": [measure], "effect": EFFECT,
    }  # fmt: skip
    return page([] if call.gate.mode == "empty" else [plan])


def letters(call: Call) -> Answer:
    letter = {
        "id": data.uid("letter-1"), "gemeentecode": "1916", "kind": "quarterly", "reference": "PZH-2024-3", "sentOn": "2024-10-15",
        "quarter": "2024-3", "stepId": None, "answerDueOn": "2024-11-29", "answeredOn": None, "late": False,
    }  # fmt: skip
    return page([] if call.gate.mode == "empty" else [letter])


def forecasts(call: Call) -> Answer:
    points = [
        {
            "halfYear": half, "target": 66, "targetAssumed": number > 1, "housedWithout": 34, "housedWith": 34 + 12 * number,
            "balanceWithout": 176 + 32 * number, "balanceWith": 176 + 20 * number,
        }
        for number, half in enumerate(("2025-1", "2025-2", "2026-1", "2026-2"), start=1)
    ]  # fmt: skip
    assumptions = {
        "since": "2025-1", "until": "2026-2", "opening": 176, "housed": 34, "defaultTarget": 66, "targets": {}, "effects": [],
    }  # fmt: skip
    one = {
        "id": data.uid("forecast"), "gemeentecode": "1916", "title": "Met en zonder woningdelen", "madeOn": "2024-11-05",
        "assumptions": assumptions, "points": points,
    }  # fmt: skip
    return page([] if call.gate.mode == "empty" else [one])


def supervision(call: Call) -> Answer:
    quarters = [
        {"quarter": f"2024-{number}", "on": f"2024-{3 * number:02}-30", "realised": 8 * number, "balance": 120 + 10 * number}
        for number in (1, 2, 3)
    ]  # fmt: skip
    row = {
        "peildatum": "2024-11-05", "quarters": quarters, "step": "2b", "proposedStep": "2a", "misses": 1, "nextStep": "3",
        "nextOn": "2025-01-01", "unansweredLetters": 1,
    }  # fmt: skip
    rows = [
        {**row, "gemeentecode": "0626", "balance": 40, "planStatus": None, "planEffect": None},
        {**row, "gemeentecode": "1916", "balance": 176, "planStatus": "adopted", "planEffect": EFFECT},
    ]
    return page([] if call.gate.mode == "empty" else rows)


def swap() -> dict[str, Any]:
    parties = [
        {"gemeentecode": "1916", "before": 66, "after": 60, "agreedOn": None},
        {"gemeentecode": "0626", "before": 22, "after": 28, "agreedOn": "2024-11-04"},
    ]
    return {
        "id": SWAP, "halfYear": "2025-1", "reason": "Voorschoten heeft een woning voor een groot gezin.",
        "proposedOn": "2024-11-04", "settledOn": None, "withdrawnOn": None, "parties": parties,
    }  # fmt: skip


def swaps(call: Call) -> Answer:
    return page([] if call.gate.mode == "empty" else [swap()])


def propose_swap(call: Call) -> Answer:
    if fault := checked(
        call.body, {"required": {"gemeentecode", "halfYear", "targets", "reason"}, "optional": set()}
    ):
        return 400, fault
    if sum(one["target"] for one in call.body["targets"]) != 88:
        return 400, invalid(("targets", "De som moet 88 blijven."))
    return 201, swap()


def agree(call: Call) -> Answer:
    return 201, swap()


def offer(call: Call) -> Answer:
    required = {"quarter", "kind", "rooms", "sizeM2", "rentCents", "availableFrom"}
    optional = {
        "gemeentecode", "minPersons", "maxPersons", "reference", "accessible", "shareSlots", "shareMin", "maxStayMonths",
    }  # fmt: skip
    if fault := checked(call.body, {"required": required, "optional": optional}):
        return 400, fault
    return 201, dwelling()


def withdraw(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"on", "reason"}, "optional": set()}):
        return 400, fault
    return 200, dwelling(status="withdrawn", withdrawnOn=call.body["on"], withdrawReason=call.body["reason"])


_ID = r"(?P<id>[0-9a-f-]{36})"
_HO = "/housing/v1"
HOUSING_ROUTES = (
    ("GET", f"{_HO}/households", households),
    ("GET", f"{_HO}/households/{_ID}", one_household),
    ("GET", f"{_HO}/dwellings", dwellings),
    ("GET", f"{_HO}/dwellings/{_ID}", one_dwelling),
    ("POST", f"{_HO}/dwellings", offer),
    ("POST", f"{_HO}/dwellings/{_ID}/withdrawal", withdraw),
    ("GET", f"{_HO}/matches", matches),
    ("POST", f"{_HO}/matches", propose),
    ("GET", f"{_HO}/matches/{_ID}", one_match),
    ("POST", f"{_HO}/matches/{_ID}/decisions", decide),
    ("POST", f"{_HO}/matches/{_ID}/steps", take_step),
    ("GET", f"{_HO}/matches/{_ID}/checklist", checklist),
    ("PUT", f"{_HO}/matches/{_ID}/checklist/(?P<code>[a-z-]+)", tick),
    ("GET", f"{_HO}/balances", balances),
    ("GET", f"{_HO}/balances/(?P<code>[0-9]{{4}})", balance),
    ("GET", f"{_HO}/ladder/(?P<code>[0-9]{{4}})", ladder),
    ("GET", f"{_HO}/action-plans", plans),
    ("GET", f"{_HO}/ladder-letters", letters),
    ("GET", f"{_HO}/forecasts", forecasts),
    ("GET", f"{_HO}/supervision", supervision),
    ("GET", f"{_HO}/target-swaps", swaps),
    ("POST", f"{_HO}/target-swaps", propose_swap),
    ("POST", f"{_HO}/target-swaps/{_ID}/agreements", agree),
    ("POST", f"{_HO}/target-swaps/{_ID}/withdrawals", agree),
)
