# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lessons, groups, attendance and what was learned, as the fake gateway tells them."""

from typing import Any

from tests.portal import fake_data as data
from tests.portal.fake_state import ATTENDANCE, Answer, Call, checked, invalid, page


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
            {
                **data.EVENING,
                "id": data.uid("new"),
                "members": 0,
                "levels": [],
                "homogeneity": None,
                "startsOn": "2024-11-18",
                "endsOn": None,
                "chairs": 8,
                "maxSize": 8,
            },
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


ID = r"(?P<id>[0-9a-f-]{36})"
LR = "/learning-routes/v1"
SCHOOL_ROUTES = (
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
)
