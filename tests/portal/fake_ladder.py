# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is recorded of the ladder and of plans, as the fake gateway takes it."""

from tests.portal import fake_data as data
from tests.portal.fake_housing import ladder_step
from tests.portal.fake_state import Answer, Call, checked, invalid

LETTER, PLAN, MEASURE = data.uid("letter-1"), data.uid("plan"), data.uid("measure")


def record_step(call: Call) -> Answer:
    required = {"gemeentecode", "step", "since", "reason"}
    if fault := checked(call.body, {"required": required, "optional": {"dueOn"}}):
        return 400, fault
    if call.body["since"] == "2024-07-01":
        detail = "Op 1 juli 2024 begint al een trede."
        error = {"pointer": "/since", "code": "ladder-step-exists", "detail": detail}
        return 409, {"code": "ladder-step-exists", "title": detail, "errors": [error]}
    if (call.body["dueOn"] or "9") < call.body["since"]:
        return 400, invalid(("dueOn", "De termijn eindigt voor de trede begint."))
    return 201, ladder_step(call.body["step"], call.body["since"], call.body["reason"])


def record_letter(call: Call) -> Answer:
    required = {"gemeentecode", "kind", "reference", "sentOn"}
    if fault := checked(call.body, {"required": required, "optional": {"quarter", "answerDueOn", "stepId"}}):
        return 400, fault
    if call.body["reference"] == "PZH-2024-3":
        detail = "Dit kenmerk is al vastgelegd."
        error = {"pointer": "/reference", "code": "letter-exists", "detail": detail}
        return 409, {"code": "letter-exists", "title": detail, "errors": [error]}
    return 201, {"id": LETTER, **call.body}


def answer_letter(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"answeredOn"}, "optional": set()}):
        return 400, fault
    if call.body["answeredOn"] < "2024-10-15":
        return 400, invalid(("answeredOn", "Noem een dag van 15 oktober 2024 tot en met vandaag."))
    return 201, {"id": LETTER, **call.body}


def draw_up(call: Call) -> Answer:
    required = {"gemeentecode", "title", "drawnUpOn"}
    if fault := checked(call.body, {"required": required, "optional": set()}):
        return 400, fault
    return 201, {"id": PLAN, **call.body}


def add_measure(call: Call) -> Answer:
    required = {"kind", "title", "owner", "expected", "expectedBy"}
    if fault := checked(call.body, {"required": required, "optional": {"probabilityPercent"}}):
        return 400, fault
    return 201, {"id": MEASURE, **call.body}


def add_result(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"countsFrom", "persons"}, "optional": {"note"}}):
        return 400, fault
    if call.body["persons"] == 0:
        return 400, invalid(("persons", "Deze maatregel heeft er nu 0 gehuisvest."))
    return 201, {"id": MEASURE, **call.body}


_ID = r"(?P<id>[0-9a-f-]{36})"
_HO = "/housing/v1"
LADDER_ROUTES = (
    ("POST", f"{_HO}/ladder-steps", record_step),
    ("POST", f"{_HO}/ladder-letters", record_letter),
    ("POST", f"{_HO}/ladder-letters/{_ID}/answers", answer_letter),
    ("POST", f"{_HO}/action-plans", draw_up),
    ("POST", f"{_HO}/action-plans/{_ID}/measures", add_measure),
    ("POST", f"{_HO}/plan-measures/{_ID}/results", add_result),
)
