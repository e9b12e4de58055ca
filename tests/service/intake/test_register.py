# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Registering a person: once in the country, with what the law derives, and nothing half-stored."""

import asyncio
from typing import Any

import pytest

from chassis.testing import Bench
from contracts.access import Role
from contracts.intake import InburgeraarRegistered, IntakeDeadlineSet
from tests.service.intake.people import (
    LEIDEN,
    LV,
    MISSING,
    OEGSTGEEST,
    ROOT,
    VOORSCHOTEN,
    WASSENAAR,
    Chain,
    Intake,
    a_bsn,
    a_gezinsmigrant,
    a_person,
    a_v_number,
    faults,
)


@pytest.mark.capability("IN-01")
async def test_a_statushouder_is_registered_with_law_rights_and_duties(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    body = a_person(vNumber=a_v_number(), phone="06 12345678", email="amal@example.org", postalCode="2265 bc")
    answer = await intake.post(ROOT, body, chain.lv())
    assert answer.status_code == 201
    person = answer.json()
    assert answer.headers["Location"] == f"{ROOT}/{person['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert person["law"] == "wi2021"
    assert person["rights"] == ["pvt", "map", "leerroute-paid", "maatschappelijke-begeleiding", "ontzorgen"]
    assert person["duties"] == ["pvt", "map", "leerroute"]
    assert (person["responsibleGemeentecode"], person["executingGemeentecode"]) == (LV, LV)
    assert person["postalCode"] == "2265 BC"
    assert {key: person[key] for key in body if key != "postalCode"} == {
        key: value for key, value in body.items() if key != "postalCode"
    }
    assert (await intake.read(person, chain.lv())) == person
    [event] = await intake.events(InburgeraarRegistered, person)
    assert (event.law, event.group, event.permit_type) == ("wi2021", "statushouder", "asiel")
    assert (event.responsible_gemeentecode, event.executing_gemeentecode) == (LV, LV)


@pytest.mark.capability("IN-01")
async def test_a_duty_of_before_2022_stays_under_the_old_act(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    person = await intake.register(chain.lv(), obligedOn="2021-12-31", duoNoticeOn="2021-12-31")
    assert (person["law"], person["rights"], person["duties"]) == ("wi2013", [], [])
    assert await intake.events(IntakeDeadlineSet, person) == []


@pytest.mark.capability("IN-01")
@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("maatschappelijke-begeleiding", 409),
        ("ontzorgen", 409),
        ("leerroute-paid", 409),
        ("pvt", 201),
        ("map", 201),
    ],
)
async def test_a_gezinsmigrant_gets_pvt_and_map_and_a_refusal_with_the_article_for_the_rest(
    chain: Chain, intake: Intake, code: str, status: int
) -> None:
    person = (await intake.post(ROOT, a_gezinsmigrant(), chain.lv())).json()
    assert person["rights"] == ["pvt", "map"]
    answer = await intake.post(f"{ROOT}/{person['id']}/provisions", {"code": code}, chain.lv())
    assert answer.status_code == status
    if status == 409:
        assert answer.json()["code"] == "no-right"
        assert answer.json()["rule"]
        assert faults(answer) == {"/code": "no-right"}
    else:
        assert answer.json()["requestedOn"] == "2024-11-05"


@pytest.mark.parametrize(
    ("caller", "code", "executing"),
    [
        pytest.param("lv", LV, LV, id="own-work"),
        pytest.param("lv", WASSENAAR, LV, id="by-mandate-of-wassenaar"),
        pytest.param("lv", VOORSCHOTEN, LV, id="by-mandate-of-voorschoten"),
        pytest.param("leiden", OEGSTGEEST, LEIDEN, id="by-mandate-of-oegstgeest"),
        pytest.param("oegstgeest", OEGSTGEEST, LEIDEN, id="the-client-gemeente-itself"),
    ],
)
async def test_responsible_and_executing_gemeente_are_both_stored(
    chain: Chain, intake: Intake, caller: str, code: str, executing: str
) -> None:
    person = await intake.register(getattr(chain, caller)(), gemeentecode=code)
    assert person["responsibleGemeentecode"] == code
    assert person["executingGemeentecode"] == executing


@pytest.mark.capability("IN-02")
async def test_a_case_opens_in_the_azc_and_no_clock_runs_until_the_registration(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    person = await intake.register(chain.lv(), bsn=None, vNumber=a_v_number(), brpOn=None)
    assert (person["bsn"], person["pipDueOn"]) == (None, None)
    assert await intake.events(IntakeDeadlineSet, person) == []
    answer = await intake.patch(person, {"bsn": a_bsn(), "brpOn": "2024-02-01"}, chain.lv())
    assert answer.json()["pipDueOn"] == "2024-04-11"
    [clock] = await intake.events(IntakeDeadlineSet, person)
    assert (clock.starts_on.isoformat(), clock.due_on.isoformat()) == ("2024-02-01", "2024-04-11")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"bsn": "999990018"}, {"/bsn": "elfproef"}, id="elfproef"),
        pytest.param({"bsn": "12345678"}, {"/bsn": "string-pattern-mismatch"}, id="short-bsn"),
        pytest.param({"bsn": 999990019}, {"/bsn": "string-type"}, id="bsn-as-number"),
        pytest.param({"vNumber": "123"}, {"/vNumber": "string-pattern-mismatch"}, id="short-v-number"),
        pytest.param({"givenNames": "  "}, {"/givenNames": "string-too-short"}, id="blank-name"),
        pytest.param({"familyName": "123"}, {"/familyName": "name"}, id="name-without-a-letter"),
        pytest.param({"familyName": "x" * 201}, {"/familyName": "string-too-long"}, id="long-name"),
        pytest.param({"gender": "other"}, {"/gender": "literal-error"}, id="gender"),
        pytest.param({"group": "asiel"}, {"/group": "literal-error"}, id="group"),
        pytest.param(
            {"gemeentecode": "916"}, {"/gemeentecode": "string-pattern-mismatch"}, id="gemeentecode"
        ),
        pytest.param({"birthDate": "01-01-1990"}, {"/birthDate": "form"}, id="dutch-date"),
        pytest.param({"birthDate": "1990-02-30"}, None, id="no-such-day"),
        pytest.param({"birthDate": "2025-01-01"}, {"/birthDate": "in-future"}, id="born-tomorrow"),
        pytest.param({"birthDate": "2010-01-01"}, {"/obligedOn": "too-young"}, id="child"),
        pytest.param({"birthDate": "1940-01-01"}, {"/obligedOn": "pension-age"}, id="pensioner"),
        pytest.param({"birthDate": "9999-12-31"}, {"/birthDate": "in-future"}, id="year-9999"),
        pytest.param({"obligedOn": "9999-12-31"}, {"/obligedOn": "too-far-ahead"}, id="duty-in-9999"),
        pytest.param({"brpOn": "2027-01-01"}, {"/brpOn": "too-far-ahead"}, id="registration-far-ahead"),
        pytest.param(
            {"duoNoticeOn": "2014-01-15"}, {"/duoNoticeOn": "before-act"}, id="notice-before-the-act"
        ),
        pytest.param(
            {"permitType": "regulier"}, {"/permitType": "permit-of-other-group"}, id="permit-of-other-group"
        ),
        pytest.param({"email": "amal"}, {"/email": "string-pattern-mismatch"}, id="email"),
        pytest.param({"postalCode": "0123 AB"}, {"/postalCode": "string-pattern-mismatch"}, id="postal-code"),
        pytest.param({"law": "wi2013"}, {"/law": "extra-forbidden"}, id="unknown-field"),
    ],
)
async def test_bad_input_is_refused_at_its_place_and_nothing_is_stored(
    bench: Bench, chain: Chain, intake: Intake, change: dict[str, Any], expected: dict[str, str] | None
) -> None:
    before = await intake.counts()
    answer = await intake.post(ROOT, a_person(**change), chain.lv())
    assert answer.status_code == 400
    assert answer.json()["errors"]
    if expected is not None:
        assert faults(answer) == expected
    for value in change.values():
        if str(value).isdigit() and len(str(value)) > 7:
            assert str(value) not in answer.text, "a number of a person was repeated"
    assert await intake.counts() == before


@pytest.mark.parametrize(
    "field", ["givenNames", "familyName", "birthDate", "gender", "group", "permitType", "obligedOn"]
)
async def test_every_required_field_is_named_when_it_is_missing(
    chain: Chain, intake: Intake, field: str
) -> None:
    body = a_person()
    del body[field]
    answer = await intake.post(ROOT, body, chain.lv())
    assert answer.status_code == 400
    assert f"/{field}" in faults(answer)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("man", "male"), ("vrouw", "female"), ("onbekend", "unknown"), ("x", "x"), ("female", "female")],
)
async def test_gender_is_read_in_dutch_and_english(
    chain: Chain, intake: Intake, sent: str, stored: str
) -> None:
    assert (await intake.register(chain.lv(), gender=sent))["gender"] == stored


async def test_nobody_registers_for_a_gemeente_they_do_not_work_for(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    before = await intake.counts()
    answer = await intake.post(ROOT, a_person(gemeentecode=LEIDEN), chain.lv())
    assert (answer.status_code, answer.json()["code"]) == (403, "gemeente-not-yours")
    answer = await intake.post(ROOT, a_person(gemeentecode=WASSENAAR), chain.wassenaar(Role.CONSULENT))
    assert (answer.status_code, answer.json()["code"]) == (403, "agreement-missing")
    assert answer.json()["missing"] == MISSING
    assert await intake.counts() == before


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CONSULENT, Role.KLANTMANAGER}))
async def test_only_who_works_on_cases_registers(chain: Chain, intake: Intake, role: Role) -> None:
    answer = await intake.post(ROOT, a_person(), chain.lv(role))
    assert (answer.status_code, answer.json()["code"]) == (403, "role-missing")


@pytest.mark.capability("IN-01", part="once in the country")
@pytest.mark.parametrize("number", ["bsn", "vNumber"])
async def test_a_second_registration_names_the_first_to_who_may_see_it(
    chain: Chain, intake: Intake, number: str
) -> None:
    first = await intake.register(chain.lv(), vNumber=a_v_number(), gemeentecode=WASSENAAR)
    answer = await intake.post(ROOT, a_person(**{number: first[number]}), chain.lv())
    assert (answer.status_code, answer.json()["code"]) == (409, "person-exists")
    assert answer.json()["inburgeraarId"] == first["id"]
    assert faults(answer) == {f"/{number}": "taken"}


async def test_a_second_registration_elsewhere_says_nothing_of_the_person(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    first = await intake.register(chain.lv(), familyName="Onvindbaar")
    before = await intake.counts()
    answer = await intake.post(ROOT, a_person(bsn=first["bsn"], gemeentecode=LEIDEN), chain.leiden())
    assert (answer.status_code, answer.json()["code"]) == (409, "person-exists")
    assert answer.json()["inburgeraarId"] is None
    for secret in (first["id"], first["bsn"], "Onvindbaar", LV):
        assert secret not in answer.text
    assert await intake.counts() == before


async def test_of_two_registrations_of_one_bsn_at_once_one_wins(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    before = await intake.counts()
    for _ in range(10):
        bsn = a_bsn()
        calls = [intake.post(ROOT, a_person(bsn=bsn), chain.lv()) for _ in range(3)]
        calls.append(intake.post(ROOT, a_person(bsn=bsn, gemeentecode=LEIDEN), chain.leiden()))
        statuses = sorted(answer.status_code for answer in await asyncio.gather(*calls))
        assert statuses == [201, 409, 409, 409]
    people, identities, *_ = await intake.counts()
    assert (people - before[0], identities - before[1]) == (10, 10)


async def test_a_repeated_request_with_one_key_registers_once(bench: Bench, chain: Chain) -> None:
    body = a_person()
    headers = {**chain.lv(), "Idempotency-Key": "een-sleutel"}
    first = await bench.client.post(ROOT, json=body, headers=headers)
    again = await bench.client.post(ROOT, json=body, headers=headers)
    other = await bench.client.post(ROOT, json=a_person(), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-reused")
    kept = b"".join(bytes(row.body) for row in await bench.sql("SELECT body FROM intake.idempotency_key"))
    assert body["bsn"].encode() not in kept
    assert b"familyName" not in kept


async def test_no_event_holds_anything_by_which_a_person_is_known(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    person = await intake.register(chain.lv(), vNumber=a_v_number(), familyName="Geheim", phone="0612345678")
    await intake.sign(person, chain.lv(), signedOn="2024-04-12", delayReason="Zeer bijzondere reden")
    sent = str(await bench.sql("SELECT data, key FROM intake.outbox"))
    for secret in (
        person["bsn"],
        "1234567890",
        "Geheim",
        "Amal",
        "1990-01-01",
        "0612345678",
        "bijzondere",
        "zorg",
    ):
        assert secret not in sent
