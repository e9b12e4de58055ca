# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Persons, their PIPs and who looked at them, as the fake gateway tells them."""

from tests.portal import fake_data as data
from tests.portal.fake_state import PIP, REGISTER, Answer, Call, checked, invalid, not_agreed, page


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


def looks(call: Call) -> Answer:
    return page([] if call.gate.mode == "empty" else data.LOOKS)


def set_lead(call: Call) -> Answer:
    return (
        (200, data.person(1))
        if call.body.keys() == {"memberId"}
        else (400, invalid(("memberId", "Dit veld is verplicht.")))
    )


ID = r"(?P<id>[0-9a-f-]{36})"
PERSONS = "/intake/v1/inburgeraars"
PERSON_ROUTES = (
    ("POST", f"{PERSONS}/_read", read_names),
    ("POST", f"{PERSONS}/_search", search),
    ("GET", PERSONS, persons),
    ("POST", PERSONS, register),
    ("GET", f"{PERSONS}/{ID}", one_person),
    ("GET", f"{PERSONS}/{ID}/pips", pips),
    ("POST", f"{PERSONS}/{ID}/pips", sign_pip),
    ("GET", f"{PERSONS}/{ID}/access-log", looks),
    ("PUT", f"{PERSONS}/{ID}/lead", set_lead),
)
