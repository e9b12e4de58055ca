# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Correcting a person, handing over at a move, and the history of it all."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.testing import Bench
from contracts.access import Role
from contracts.intake import (
    InburgeraarCorrected,
    InburgeraarMoved,
    IntakeDeadlineMet,
    IntakeDeadlineSet,
    IntakeDeadlineWithdrawn,
    LeadAssigned,
    PipSigned,
)
from tests.service.intake.people import (
    LEIDEN,
    LV,
    ROOT,
    WASSENAAR,
    Chain,
    Intake,
    a_bsn,
    a_pip,
    faults,
    member,
)


async def test_a_correction_changes_what_is_sent_and_nothing_else(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv(), phone="0612345678")
    answer = await intake.patch(
        person, {"familyName": "de Vries", "phone": None, "city": "Leidschendam"}, chain.lv()
    )
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    assert answer.json() == {
        **person, "version": 2, "familyName": "de Vries", "phone": None, "city": "Leidschendam",
    }  # fmt: skip
    [event] = await intake.events(InburgeraarCorrected, person)
    assert event.law == "wi2021"


async def test_a_correction_that_changes_nothing_is_no_new_version(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv())
    for changes in ({}, {"familyName": person["familyName"], "bsn": person["bsn"]}):
        answer = await intake.patch(person, changes, chain.lv())
        assert (answer.status_code, answer.json()) == (200, person)
    assert await intake.events(InburgeraarCorrected, person) == []


async def test_a_correction_needs_the_version_that_it_is_based_on(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv())
    path = f"{ROOT}/{person['id']}"
    without = await intake.bench.client.patch(path, json={"city": "Leiden"}, headers=chain.lv())
    assert (without.status_code, without.json()["code"]) == (428, "precondition-required")
    assert (await intake.patch(person, {"city": "Leiden"}, chain.lv(), etag='"1"')).status_code == 200
    lost = await intake.patch(person, {"city": "Den Haag"}, chain.lv(), etag='"1"')
    assert (lost.status_code, lost.json()["code"]) == (412, "stale-version")
    nonsense = await intake.patch(person, {"city": "Den Haag"}, chain.lv(), etag="nu")
    assert (nonsense.status_code, faults(nonsense)) == (400, {"If-Match": "form"})
    assert (await intake.read(person, chain.lv()))["city"] == "Leiden"


async def test_of_two_corrections_at_once_one_is_told_that_it_lost(chain: Chain, intake: Intake) -> None:
    for _ in range(5):
        person = await intake.register(chain.lv())
        calls = (
            intake.patch(person, {"city": city}, chain.lv(), etag='"1"')
            for city in ("Leiden", "Delft", "Gouda")
        )
        assert sorted(answer.status_code for answer in await asyncio.gather(*calls)) == [200, 412, 412]
        assert (await intake.read(person, chain.lv()))["version"] == 2


@pytest.mark.parametrize("media_type", ["application/merge-patch+json", "application/json"])
async def test_both_media_types_of_a_merge_patch_are_read(
    chain: Chain, intake: Intake, media_type: str
) -> None:
    person = await intake.register(chain.lv())
    answer = await intake.bench.client.patch(
        f"{ROOT}/{person['id']}",
        json={"city": "Leiden"},
        headers={**chain.lv(), "If-Match": '"1"', "Content-Type": media_type},
    )
    assert (answer.status_code, answer.json()["city"]) == (200, "Leiden")
    other = await intake.bench.client.patch(
        f"{ROOT}/{person['id']}",
        content=b"city=Leiden",
        headers={**chain.lv(), "If-Match": '"2"', "Content-Type": "text/plain"},
    )
    assert other.status_code == 415


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"familyName": None}, {"/familyName": "string-type"}, id="a-name-cannot-go"),
        pytest.param({"birthDate": None}, {"/birthDate": "date-type"}, id="a-birth-date-cannot-go"),
        pytest.param({"gender": None}, {"/gender": "literal-error"}, id="a-gender-cannot-go"),
        pytest.param({"bsn": "999990018"}, {"/bsn": "elfproef"}, id="elfproef"),
        pytest.param(
            {"gemeentecode": LEIDEN}, {"/gemeentecode": "extra-forbidden"}, id="a-move-is-no-correction"
        ),
        pytest.param({"id": str(uuid4())}, {"/id": "extra-forbidden"}, id="id"),
        pytest.param(
            {"group": "gezinsmigrant"}, {"/permitType": "permit-of-other-group"}, id="group-without-permit"
        ),
        pytest.param({"obligedOn": "2000-01-01"}, {"/obligedOn": "too-young"}, id="too-young"),
    ],
)
async def test_a_bad_correction_is_refused_and_changes_nothing(
    chain: Chain, intake: Intake, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    person = await intake.register(chain.lv())
    before = await intake.counts()
    answer = await intake.patch(person, changes, chain.lv(), etag='"1"')
    assert answer.status_code == 400
    assert faults(answer) == expected
    assert await intake.counts() == before


async def test_a_corrected_bsn_is_found_and_the_old_one_is_free_again(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv())
    corrected = a_bsn()
    assert (await intake.patch(person, {"bsn": corrected}, chain.lv())).json()["bsn"] == corrected
    found = await intake.post(f"{ROOT}/_search", {"bsn": corrected}, chain.lv())
    assert [one["id"] for one in found.json()["items"]] == [person["id"]]
    assert (await intake.post(f"{ROOT}/_search", {"bsn": person["bsn"]}, chain.lv())).json()["items"] == []
    other = await intake.register(chain.lv(), bsn=person["bsn"])
    taken = await intake.patch(other, {"bsn": corrected}, chain.lv())
    assert (taken.status_code, taken.json()["code"]) == (409, "person-exists")
    assert (await intake.read(other, chain.lv()))["bsn"] == person["bsn"]


async def test_group_and_permit_corrected_together_change_rights_and_clock(
    chain: Chain, intake: Intake
) -> None:
    person = await intake.register(chain.lv(), brpOn="2024-02-01")
    assert person["pipDueOn"] == "2024-04-11"
    answer = await intake.patch(person, {"group": "gezinsmigrant", "permitType": "regulier"}, chain.lv())
    assert answer.json()["rights"] == ["pvt", "map"]
    assert answer.json()["pipDueOn"] == "2024-03-25"


@pytest.mark.capability("NO-01", part="a clock of intake follows a corrected fact")
async def test_a_corrected_day_moves_the_clock_and_a_removed_one_withdraws_it(
    chain: Chain, intake: Intake
) -> None:
    person = await intake.register(chain.lv())
    assert (await intake.patch(person, {"brpOn": "2024-02-01"}, chain.lv())).json()[
        "pipDueOn"
    ] == "2024-04-11"
    assert (await intake.patch(person, {"duoNoticeOn": None}, chain.lv())).json()["pipDueOn"] is None
    assert (await intake.patch(person, {"duoNoticeOn": "2024-03-04"}, chain.lv())).json()[
        "pipDueOn"
    ] == "2024-05-13"
    clocks = await intake.events(IntakeDeadlineSet, person)
    assert [clock.due_on.isoformat() for clock in clocks] == ["2024-03-25", "2024-04-11", "2024-05-13"]
    assert {clock.rule for clock in clocks} == {"pip-ten-weeks"}
    assert len({clock.deadline_id for clock in clocks}) == 1
    [withdrawn] = await intake.events(IntakeDeadlineWithdrawn, person)
    assert withdrawn.reason == "facts-corrected"
    versions = await intake.bench.sql(
        "SELECT aggregate_version FROM intake.outbox WHERE subject = :id ORDER BY seq",
        id=str(clocks[0].deadline_id),
    )
    assert [row.aggregate_version for row in versions] == [1, 2, 3, 4]


async def test_a_corrected_notice_judges_the_pip_again(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv())
    first = await intake.sign(person, chain.lv(), signedOn="2024-04-02", delayReason="ziekte")
    second = await intake.sign(person, chain.lv(), signedOn="2024-06-03", amends=1)
    assert (first["onTime"], second["onTime"]) == (False, False)
    await intake.patch(person, {"duoNoticeOn": "2024-02-05"}, chain.lv())
    versions = (await intake.get(f"{ROOT}/{person['id']}/pips", chain.lv())).json()["items"]
    assert [(pip["onTime"], pip["dueOn"], pip["delayReason"]) for pip in versions] == [
        (True, "2024-04-15", "ziekte"),
        (True, "2024-04-15", None),
    ]
    assert [event.on_time for event in await intake.events(PipSigned, person)] == [False, False, True, True]
    assert [event.met_on.isoformat() for event in await intake.events(IntakeDeadlineMet, person)] == [
        "2024-04-02"
    ] * 2
    versions_of_events = await intake.bench.sql(
        "SELECT aggregate_version FROM intake.outbox WHERE subject = :id ORDER BY seq", id=person["id"]
    )
    numbers = [row.aggregate_version for row in versions_of_events]
    assert numbers == sorted(set(numbers)), "one version per event, rising"


@pytest.mark.parametrize(
    ("obliged_on", "detail"), [("2024-03-21", "van voor de plicht"), ("2021-12-31", "Wet inburgering 2013")]
)
async def test_a_duty_cannot_be_corrected_to_after_a_signed_pip_or_to_the_old_act(
    chain: Chain, intake: Intake, obliged_on: str, detail: str
) -> None:
    person = await intake.register(chain.lv())
    await intake.sign(person, chain.lv(), signedOn="2024-03-20")
    answer = await intake.patch(person, {"obligedOn": obliged_on}, chain.lv())
    assert (answer.status_code, answer.json()["code"]) == (409, "correction-contradicts-pip")
    assert detail in answer.json()["detail"]


async def test_the_history_tells_who_changed_what_and_when(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    person = await intake.register(chain.lv())
    corrected = a_bsn()
    bench.clock.set(bench.clock.now().replace(hour=10))
    await intake.patch(
        person, {"bsn": corrected, "familyName": "de Vries"}, chain.lv(Role.KLANTMANAGER, "klantmanager-lv")
    )
    page = (await intake.get(f"{ROOT}/{person['id']}/versions", chain.lv())).json()["items"]
    assert [(row["version"], row["kind"]) for row in page] == [(2, "corrected"), (1, "registered")]
    assert page[0]["recordedBy"] == str(member("klantmanager-lv"))
    assert page[0]["recordedAt"] == "2024-11-05T10:00:00Z"
    assert page[0]["changes"] == [
        {"field": "bsn", "before": person["bsn"], "after": corrected},
        {"field": "familyName", "before": "Öztürk", "after": "de Vries"},
    ]
    masked = (
        await intake.get(f"{ROOT}/{person['id']}/versions", chain.lv(Role.KWALITEITSMEDEWERKER))
    ).json()["items"]
    assert masked[0]["changes"][0] == {
        "field": "bsn", "before": "******" + person["bsn"][-3:], "after": "******" + corrected[-3:],
    }  # fmt: skip


async def test_what_was_recorded_cannot_be_changed_even_by_the_owner(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    person = await intake.register(chain.lv())
    await intake.sign(person, chain.lv())
    for statement in (
        "UPDATE intake.pip SET leerroute = 'z'",
        "UPDATE intake.pip SET signed_on = signed_on - 1",
        "UPDATE intake.person_version SET recorded_by = gen_random_uuid()",
    ):
        with pytest.raises(Exception, match="never changed"):
            await bench.sql(statement)


@pytest.mark.capability("PX-17", "IN-08", part="the move: new ten weeks, route and term kept")
async def test_a_move_hands_over_the_pip_and_keeps_the_term(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.leiden(), gemeentecode=LEIDEN)
    await intake.sign(person, chain.leiden(), signedOn="2024-03-20")
    consulent = await intake.colleague(LEIDEN)
    lead = await intake.bench.client.put(
        f"{ROOT}/{person['id']}/lead", json={"memberId": consulent}, headers=chain.leiden()
    )
    assert lead.status_code == 200
    await intake.register(
        chain.lv(), gemeentecode=WASSENAAR
    )  # Leidschendam-Voorburg is known to execute there
    answer = await intake.post(
        f"{ROOT}/{person['id']}/moves",
        {"gemeentecode": WASSENAAR, "registeredOn": "2024-06-03"},
        chain.leiden(),
    )
    assert answer.status_code == 201
    assert (answer.json()["fromGemeentecode"], answer.json()["executingGemeentecode"]) == (LEIDEN, LV)
    assert (await intake.get(f"{ROOT}/{person['id']}", chain.leiden())).status_code == 404
    seen = await intake.read(person, chain.lv())
    assert (seen["responsibleGemeentecode"], seen["executingGemeentecode"]) == (WASSENAAR, LV)
    assert (seen["leadMemberId"], seen["pipDueOn"]) == (None, "2024-08-12")
    assert seen["term"] == {"startsOn": "2024-03-21", "endsOn": "2027-03-20"}
    [moved] = await intake.events(InburgeraarMoved, person)
    assert moved.responsible_gemeentecode == WASSENAAR
    assert [event.member_id for event in await intake.events(LeadAssigned, person)] == [UUID(consulent), None]

    other_route = await intake.post(
        f"{ROOT}/{person['id']}/pips",
        a_pip(signedOn="2024-07-01", leerroute="z", level="a1", participation=800),
        chain.lv(),
    )
    assert (other_route.status_code, faults(other_route)) == (400, {"/leerroute": "route-taken-over"})
    late = await intake.post(f"{ROOT}/{person['id']}/pips", a_pip(signedOn="2024-08-13"), chain.lv())
    assert (late.status_code, faults(late)) == (400, {"/delayReason": "required"})
    taken_over = await intake.sign(person, chain.lv(), signedOn="2024-08-12")
    assert (taken_over["version"], taken_over["onTime"], taken_over["dueOn"]) == (2, True, "2024-08-12")
    assert (taken_over["firstSignedOn"], taken_over["termEndsOn"]) == ("2024-03-20", "2027-03-20")
    assert taken_over["responsibleGemeentecode"] == WASSENAAR
    first, second = (await intake.get(f"{ROOT}/{person['id']}/pips", chain.lv())).json()["items"]
    assert (first["responsibleGemeentecode"], second["responsibleGemeentecode"]) == (LEIDEN, WASSENAAR)
    terms = [
        event
        for event in await intake.events(IntakeDeadlineSet, person)
        if event.rule == "inburgeringstermijn"
    ]
    assert len(terms) == 1, "the term did not start again"


async def test_a_move_before_the_pip_replaces_the_running_clock(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv(), duoNoticeOn="2024-09-02")
    await intake.post(
        f"{ROOT}/{person['id']}/moves", {"gemeentecode": WASSENAAR, "registeredOn": "2024-10-01"}, chain.lv()
    )
    first, second = await intake.events(IntakeDeadlineSet, person)
    assert (first.due_on.isoformat(), second.due_on.isoformat()) == ("2024-11-11", "2024-12-10")
    [withdrawn] = await intake.events(IntakeDeadlineWithdrawn, person)
    assert (withdrawn.deadline_id, withdrawn.reason) == (first.deadline_id, "moved")


async def test_a_clock_that_was_over_before_the_move_stays_late_until_the_pip(
    chain: Chain, intake: Intake
) -> None:
    person = await intake.register(chain.lv())  # due on 25 March 2024
    await intake.post(
        f"{ROOT}/{person['id']}/moves", {"gemeentecode": WASSENAAR, "registeredOn": "2024-10-01"}, chain.lv()
    )
    assert await intake.events(IntakeDeadlineWithdrawn, person) == []
    await intake.sign(person, chain.lv(), signedOn="2024-11-04")
    met = await intake.events(IntakeDeadlineMet, person)
    assert {event.met_on.isoformat() for event in met} == {"2024-11-04"}
    assert len({event.deadline_id for event in met}) == 2


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        pytest.param(
            {"gemeentecode": LV, "registeredOn": "2024-06-03"},
            409,
            {"/gemeentecode": "same"},
            id="lives-there",
        ),
        pytest.param(
            {"gemeentecode": WASSENAAR, "registeredOn": "2024-11-06"},
            400,
            {"/registeredOn": "in-future"},
            id="tomorrow",
        ),
        pytest.param(
            {"gemeentecode": WASSENAAR, "registeredOn": "2023-11-30"},
            400,
            {"/registeredOn": "before-registration-here"},
            id="before",
        ),
        pytest.param(
            {"gemeentecode": "Delft", "registeredOn": "2024-06-03"},
            400,
            {"/gemeentecode": "string-pattern-mismatch"},
            id="code",
        ),
    ],
)
async def test_an_impossible_move_is_refused(
    chain: Chain, intake: Intake, body: dict[str, str], status: int, expected: dict[str, str]
) -> None:
    person = await intake.register(chain.lv())
    answer = await intake.post(f"{ROOT}/{person['id']}/moves", body, chain.lv())
    assert (answer.status_code, faults(answer)) == (status, expected)
    assert (await intake.read(person, chain.lv()))["version"] == 1


async def test_a_move_within_one_executing_gemeente_keeps_the_lead(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv())
    lead = await intake.colleague(LV)
    await intake.bench.client.put(f"{ROOT}/{person['id']}/lead", json={"memberId": lead}, headers=chain.lv())
    await intake.post(
        f"{ROOT}/{person['id']}/moves", {"gemeentecode": WASSENAAR, "registeredOn": "2024-06-03"}, chain.lv()
    )
    assert (await intake.read(person, chain.lv()))["leadMemberId"] == lead
