# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lists, search, and who the work is with."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.access import Role
from contracts.intake import LeadAssigned
from tests.service.intake.people import (
    LEIDEN,
    LV,
    OEGSTGEEST,
    ROOT,
    VOORSCHOTEN,
    WASSENAAR,
    Chain,
    Intake,
    Json,
    a_gezinsmigrant,
    a_v_number,
    faults,
)


async def put(intake: Intake, path: str, body: Json, caller: dict[str, str]) -> httpx.Response:
    return await intake.bench.client.put(path, json=body, headers=caller)


async def all_of(intake: Intake, caller: dict[str, str], **filters: object) -> list[Json]:
    """Every row of a list, over its pages of two."""
    found: list[Json] = []
    token = None
    while True:
        page = await intake.get(
            ROOT, caller, pageSize=2, **filters, **({"pageToken": token} if token else {})
        )
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        token = page.json()["nextPageToken"]
        if token is None:
            return found


@pytest.mark.capability("IN-15", part="one lead and a linked second contact; their notes are not built yet")
async def test_there_is_one_lead_and_a_linked_second_contact(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.leiden(), gemeentecode=OEGSTGEEST)
    consulent = await intake.colleague(LEIDEN)
    klantmanager = await intake.colleague(OEGSTGEEST, role=Role.KLANTMANAGER)
    path = f"{ROOT}/{person['id']}"
    lead = await put(intake, f"{path}/lead", {"memberId": consulent}, chain.leiden())
    assert (lead.status_code, lead.json()["leadMemberId"]) == (200, consulent)
    second = await put(intake, f"{path}/second-contact", {"memberId": klantmanager}, chain.oegstgeest())
    assert second.status_code == 200
    for caller in (chain.leiden(), chain.oegstgeest()):
        seen = await intake.read(person, caller)
        assert (seen["leadMemberId"], seen["secondMemberId"]) == (consulent, klantmanager)
    again = await put(intake, f"{path}/lead", {"memberId": consulent}, chain.leiden())
    assert again.status_code == 200
    assert [str(event.member_id) for event in await intake.events(LeadAssigned, person)] == [consulent]
    colleague = await intake.colleague(LEIDEN)
    await put(intake, f"{path}/second-contact", {"memberId": colleague}, chain.leiden())
    swapped = await put(intake, f"{path}/lead", {"memberId": colleague}, chain.leiden())
    assert (swapped.json()["leadMemberId"], swapped.json()["secondMemberId"]) == (colleague, None)


async def test_without_a_lead_a_person_is_on_the_open_list_of_the_executing_gemeente(
    chain: Chain, intake: Intake
) -> None:
    person = await intake.register(chain.lv(), gemeentecode=VOORSCHOTEN)

    async def open_list() -> set[str]:
        rows = await all_of(intake, chain.lv(), executingGemeentecode=LV, withoutLead="true")
        return {row["id"] for row in rows}

    assert person["id"] in await open_list()
    lead = await intake.colleague()
    await put(intake, f"{ROOT}/{person['id']}/lead", {"memberId": lead}, chain.lv())
    assert person["id"] not in await open_list()
    await put(intake, f"{ROOT}/{person['id']}/lead", {"memberId": None}, chain.lv())
    assert person["id"] in await open_list()
    assert [event.member_id for event in await intake.events(LeadAssigned, person)] == [UUID(lead), None]


@pytest.mark.parametrize("body", [{}, {"memberId": "x"}, {"memberId": 1}, {"memberId": None, "reason": "x"}])
async def test_a_lead_is_a_member_or_nobody(chain: Chain, intake: Intake, body: Json) -> None:
    person = await intake.register(chain.lv())
    assert (await put(intake, f"{ROOT}/{person['id']}/lead", body, chain.lv())).status_code == 400


@pytest.mark.capability("IN-20", part="70 cases in one action, the lead")
async def test_a_caseload_is_handed_over_in_one_action(chain: Chain, intake: Intake) -> None:
    leaver, heir = await intake.colleague(), await intake.colleague()
    people = [await intake.register(chain.lv(), gemeentecode=(LV, WASSENAAR)[n % 2]) for n in range(70)]
    moved = await intake.post(
        f"{ROOT}/_reassign",
        {"inburgeraarIds": [person["id"] for person in people], "toMemberId": leaver},
        chain.lv(),
    )
    assert moved.json()["reassigned"] == 70
    moved = await intake.post(
        f"{ROOT}/_reassign", {"fromMemberId": leaver, "toMemberId": heir}, chain.lv(Role.KWALITEITSMEDEWERKER)
    )
    assert moved.json()["reassigned"] == 70
    assert set(moved.json()["inburgeraarIds"]) == {person["id"] for person in people}
    assert len(await all_of(intake, chain.lv(), leadMemberId=heir)) == 70
    assert await all_of(intake, chain.lv(), leadMemberId=leaver) == []
    assert [str(event.member_id) for event in await intake.events(LeadAssigned, people[0])] == [leaver, heir]


async def test_a_part_of_a_caseload_is_handed_over(chain: Chain, intake: Intake) -> None:
    leaver, heir = await intake.colleague(), await intake.colleague()
    people = [await intake.register(chain.lv()) for _ in range(3)]
    stranger = await intake.register(chain.lv())
    for person in people:
        await put(intake, f"{ROOT}/{person['id']}/lead", {"memberId": leaver}, chain.lv())
    moved = await intake.post(
        f"{ROOT}/_reassign",
        {"fromMemberId": leaver, "inburgeraarIds": [people[0]["id"], stranger["id"]], "toMemberId": heir},
        chain.lv(),
    )
    assert moved.json() == {"reassigned": 1, "inburgeraarIds": [people[0]["id"]]}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"toMemberId": None}, 400),
        ({"fromMemberId": str(uuid4())}, 400),
        ({"inburgeraarIds": [], "toMemberId": None}, 400),
        ({"inburgeraarIds": [str(uuid4())] * 501, "toMemberId": None}, 400),
        ({"fromMemberId": str(uuid4()), "toMemberId": None}, 200),
    ],
)
async def test_a_handover_says_whose_cases_and_to_whom(
    chain: Chain, intake: Intake, body: Json, status: int
) -> None:
    assert (await intake.post(f"{ROOT}/_reassign", body, chain.lv())).status_code == status


async def test_two_handovers_of_the_same_cases_at_once_leave_one_lead_each(
    chain: Chain, intake: Intake
) -> None:
    people = [await intake.register(chain.lv()) for _ in range(6)]
    ids = [person["id"] for person in people]
    first, second = await intake.colleague(), await intake.colleague()
    answers = await asyncio.gather(
        intake.post(f"{ROOT}/_reassign", {"inburgeraarIds": ids, "toMemberId": first}, chain.lv()),
        intake.post(f"{ROOT}/_reassign", {"inburgeraarIds": ids[::-1], "toMemberId": second}, chain.lv()),
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    leads = {(await intake.read(person, chain.lv()))["leadMemberId"] for person in people}
    assert len(leads) == 1
    assert leads <= {first, second}


@pytest.mark.parametrize("sort", ["registered", "family-name", "pip-due"])
async def test_a_list_comes_in_pages_in_a_stable_order(chain: Chain, intake: Intake, sort: str) -> None:
    lead = await intake.colleague()
    people = [
        await intake.register(chain.lv(), familyName=name, duoNoticeOn=notice)
        for name, notice in (
            ("Zeeman", "2024-09-02"),
            ("Äalst", None),
            ("de Boer", "2024-08-05"),
            ("de Boer", "2024-09-16"),
            ("Aalst", "2024-09-02"),
        )
    ]
    await intake.post(
        f"{ROOT}/_reassign", {"inburgeraarIds": [one["id"] for one in people], "toMemberId": lead}, chain.lv()
    )
    rows = await all_of(intake, chain.lv(), leadMemberId=lead, sort=sort)
    assert sorted(row["id"] for row in rows) == sorted(one["id"] for one in people), "everybody once"
    if sort == "registered":
        assert {row["registeredAt"] for row in rows} == {"2024-11-05T08:00:00Z"}
        assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    elif sort == "family-name":
        assert [row["familyName"] for row in rows][2:] == ["de Boer", "de Boer", "Zeeman"]
    else:
        assert [row["pipDueOn"] for row in rows] == [
            "2024-10-14",
            "2024-11-11",
            "2024-11-11",
            "2024-11-25",
            None,
        ]


async def test_filters_narrow_a_list(chain: Chain, intake: Intake) -> None:
    lead = await intake.colleague()
    family = (await intake.post(ROOT, a_gezinsmigrant(), chain.lv())).json()
    old = await intake.register(chain.lv(), obligedOn="2020-01-01", duoNoticeOn=None, gemeentecode=WASSENAAR)
    ids = [family["id"], old["id"]]
    await intake.post(f"{ROOT}/_reassign", {"inburgeraarIds": ids, "toMemberId": lead}, chain.lv())
    for filters, expected in (
        ({"group": "gezinsmigrant"}, [family["id"]]),
        ({"law": "wi2013"}, [old["id"]]),
        ({"gemeentecode": WASSENAAR}, [old["id"]]),
        ({"gemeentecode": LV, "law": "wi2013"}, []),
        ({"gemeentecode": LEIDEN}, []),
        ({"withoutLead": "true"}, []),
    ):
        rows = await all_of(intake, chain.lv(), leadMemberId=lead, **filters)
        assert [row["id"] for row in rows] == expected, filters


@pytest.mark.parametrize(
    "parameters",
    [
        {"group": "asiel"}, {"gemeentecode": "x"}, {"leadMemberId": "x"}, {"withoutLead": "misschien"}, {"sort": "bsn"},
        {"pageSize": 0}, {"pageSize": 201}, {"pageToken": "onzin"}, {"pageToken": "W10"},
    ],
)  # fmt: skip
async def test_a_bad_filter_is_named(chain: Chain, intake: Intake, parameters: dict[str, object]) -> None:
    answer = await intake.get(ROOT, chain.lv(), **parameters)
    assert answer.status_code == 400
    assert set(faults(answer)) == set(parameters)


async def test_people_are_found_by_name_number_and_birth_date(chain: Chain, intake: Intake) -> None:
    name = f"Şahin{uuid4().hex[:6]}"
    person = await intake.register(chain.lv(), familyName=name, vNumber=a_v_number(), birthDate="1988-07-01")

    async def found(**sought: str) -> list[str]:
        answer = await intake.post(f"{ROOT}/_search", sought, chain.lv())
        assert answer.status_code == 200
        assert answer.json()["nextPageToken"] is None
        return [row["id"] for row in answer.json()["items"]]

    assert await found(familyName=name.replace("Ş", "s").upper()) == [person["id"]]
    assert await found(familyName=name[:9], birthDate="1988-07-01") == [person["id"]]
    assert await found(familyName=name, birthDate="1988-07-02") == []
    assert await found(bsn=person["bsn"]) == [person["id"]]
    assert await found(vNumber=person["vNumber"]) == [person["id"]]
    assert await found(bsn=person["bsn"], familyName="Iemand Anders") == []


async def test_a_search_stays_within_what_one_may_see(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv(), familyName="Alleenhier")
    for sought in ({"familyName": "Alleenhier"}, {"bsn": person["bsn"]}):
        assert (await intake.post(f"{ROOT}/_search", sought, chain.leiden())).json()["items"] == []


async def test_who_sees_a_number_masked_does_not_search_by_it(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv())
    quality = chain.lv(Role.KWALITEITSMEDEWERKER)
    refused = await intake.post(f"{ROOT}/_search", {"bsn": person["bsn"]}, quality)
    assert refused.status_code == 403
    assert person["bsn"] not in refused.text
    assert (await intake.post(f"{ROOT}/_search", {"familyName": "Öz"}, quality)).status_code == 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"": "required"}),
        ({"birthDate": "1990-01-01"}, {"": "required"}),
        ({"bsn": "123456789"}, {"/bsn": "elfproef"}),
        ({"familyName": "%"}, {"/familyName": "name"}),
    ],
)
async def test_a_search_needs_a_name_or_a_number(
    chain: Chain, intake: Intake, body: Json, expected: dict[str, str]
) -> None:
    answer = await intake.post(f"{ROOT}/_search", body, chain.lv())
    assert (answer.status_code, faults(answer)) == (400, expected)
