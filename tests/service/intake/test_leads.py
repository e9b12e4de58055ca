# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who can lead a case, what happens when they leave, and when another gemeente begins to do the work."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.testing import service_under_test
from contracts.access import Role
from contracts.intake import InburgeraarCorrected, LeadAssigned
from services.intake.app import SERVICE
from tests.service.intake.people import (
    LEIDEN,
    LV,
    OEGSTGEEST,
    ROOT,
    SETTINGS,
    VOORSCHOTEN,
    WASSENAAR,
    Chain,
    Intake,
    Json,
    faults,
)


async def put(
    intake: Intake, person: Json, what: str, member_id: str, caller: dict[str, str]
) -> httpx.Response:
    path = f"{ROOT}/{person['id']}/{what}"
    return await intake.bench.client.put(path, json={"memberId": member_id}, headers=caller)


@pytest.mark.capability("IN-15", part="the lead is an active colleague of the gemeente that does the work")
async def test_who_is_not_known_here_may_be_on_the_way(chain: Chain, intake: Intake) -> None:
    await intake.colleague()
    person = await intake.register(chain.lv())
    for what in ("lead", "second-contact"):
        answer = await put(intake, person, what, str(uuid4()), chain.lv())
        assert (answer.status_code, answer.json()["code"]) == (409, "reference-not-yet-known")
        assert faults(answer) == {"/memberId": "unknown"}
        assert answer.headers["retry-after"]
    body = {"inburgeraarIds": [person["id"]], "toMemberId": str(uuid4())}
    answer = await intake.post(f"{ROOT}/_reassign", body, chain.lv())
    assert (answer.status_code, faults(answer)) == (409, {"/toMemberId": "unknown"})
    assert (await intake.read(person, chain.lv()))["version"] == 1


async def test_who_cannot_lead_is_refused_with_the_reason(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv(), gemeentecode=WASSENAAR)
    for colleague, fault in (
        (await intake.colleague(LEIDEN), "not-a-lead"),
        (await intake.colleague(WASSENAAR), "not-a-lead"),  # the own gemeente, which mandated the work
        (await intake.colleague(LV, role=Role.POLICY_OFFICER), "not-a-lead"),
        (await intake.colleague(None, role=Role.TEACHER), "not-a-lead"),
        (await intake.colleague(LV, active=False), "not-active"),
    ):
        answer = await put(intake, person, "lead", colleague, chain.lv())
        assert (answer.status_code, faults(answer)) == (400, {"/memberId": fault})
    for code, status in ((WASSENAAR, 200), (LV, 200), (LEIDEN, 400)):
        colleague = await intake.colleague(code, role=Role.KLANTMANAGER)
        answer = await put(intake, person, "second-contact", colleague, chain.lv())
        assert answer.status_code == status, code


async def test_a_caseload_goes_to_nobody_who_cannot_lead_all_of_it(chain: Chain, intake: Intake) -> None:
    ours = await intake.register(chain.leiden(), gemeentecode=OEGSTGEEST)
    body = {"inburgeraarIds": [ours["id"]], "toMemberId": await intake.colleague(OEGSTGEEST)}
    answer = await intake.post(f"{ROOT}/_reassign", body, chain.leiden())
    assert (answer.status_code, faults(answer)) == (400, {"/toMemberId": "not-a-lead"})


async def test_who_leaves_leaves_their_people_on_the_open_list(chain: Chain, intake: Intake) -> None:
    led, helped = await intake.register(chain.lv()), await intake.register(chain.lv())
    leaver, other = await intake.colleague(version=1), await intake.colleague()
    for person, what, colleague in (
        (led, "lead", leaver),
        (helped, "lead", other),
        (helped, "second-contact", leaver),
    ):
        assert (await put(intake, person, what, colleague, chain.lv())).status_code == 200

    await intake.colleague(id=UUID(leaver), role=Role.KLANTMANAGER, version=2)
    assert (await intake.read(led, chain.lv()))["leadMemberId"] == leaver, "another role that leads as well"
    await intake.colleague(id=UUID(leaver), active=False, version=4)
    await intake.colleague(id=UUID(leaver), active=True, version=3)  # late, and so of no account
    assert (await intake.read(led, chain.lv()))["leadMemberId"] is None
    seen = await intake.read(helped, chain.lv())
    assert (seen["leadMemberId"], seen["secondMemberId"]) == (other, None)
    waiting = await intake.get(ROOT, chain.lv(), withoutLead="true", pageSize=200)
    assert led["id"] in {one["id"] for one in waiting.json()["items"]}
    assert [event.member_id for event in await intake.events(LeadAssigned, led)] == [UUID(leaver), None]
    history = (await intake.get(f"{ROOT}/{led['id']}/versions", chain.lv())).json()["items"]
    assert history[0]["kind"] == "lead-assigned"
    assert (await put(intake, led, "lead", leaver, chain.lv())).status_code == 400


async def test_another_gemeente_does_the_work_from_the_day_the_mandate_changes(
    chain: Chain, intake: Intake
) -> None:
    person = await intake.register(chain.lv(), gemeentecode=VOORSCHOTEN)
    stays = await intake.register(chain.lv(), gemeentecode=LV)
    lead = await intake.colleague(LV)
    second = await intake.colleague(VOORSCHOTEN, role=Role.KLANTMANAGER)
    for what, colleague in (("lead", lead), ("second-contact", second)):
        assert (await put(intake, person, what, colleague, chain.lv())).status_code == 200
    await put(intake, stays, "lead", lead, chain.lv())

    await intake.executed_by(VOORSCHOTEN, LV, version=2)
    assert (await intake.read(person, chain.lv()))["leadMemberId"] == lead, "nothing changed yet"
    await intake.executed_by(VOORSCHOTEN, LEIDEN, version=4)
    await intake.executed_by(VOORSCHOTEN, LV, version=3)  # late, and so of no account
    seen = await intake.read(person, chain.lv())
    assert (seen["executingGemeentecode"], seen["leadMemberId"], seen["secondMemberId"]) == (
        LEIDEN,
        None,
        second,
    )
    [told] = await intake.events(InburgeraarCorrected, person)
    assert (told.executing_gemeentecode, told.responsible_gemeentecode) == (LEIDEN, VOORSCHOTEN)
    assert (await intake.events(LeadAssigned, person))[-1].member_id is None
    assert (await intake.read(stays, chain.lv()))["leadMemberId"] == lead
    await intake.executed_by(VOORSCHOTEN, LV, version=5)
    assert (await intake.read(person, chain.lv()))["executingGemeentecode"] == LV


async def test_a_grant_from_before_the_mandate_changed_registers_nobody_under_who_executed_then(
    chain: Chain, intake: Intake
) -> None:
    await intake.executed_by(WASSENAAR, LEIDEN, version=2)
    person = await intake.register(chain.lv(), gemeentecode=WASSENAAR)  # up to a minute later
    assert person["executingGemeentecode"] == LEIDEN
    moves = await intake.register(chain.lv(), gemeentecode=LV)
    path = f"{ROOT}/{moves['id']}/moves"
    moved = await intake.post(path, {"gemeentecode": WASSENAAR, "registeredOn": "2024-06-03"}, chain.lv())
    assert (moved.status_code, moved.json().get("executingGemeentecode")) == (201, LEIDEN), moved.text
    await intake.executed_by(WASSENAAR, LV, version=3)
    assert (await intake.read(person, chain.lv()))["executingGemeentecode"] == LV


async def test_a_registration_beside_the_change_of_a_mandate_comes_under_the_new_one(
    chain: Chain, intake: Intake
) -> None:
    """Whichever of the two is first: the other waits for it."""
    await intake.executed_by(WASSENAAR, LV, version=100)
    for turn in range(10):
        executing = (LEIDEN, LV)[turn % 2]
        person, _ = await asyncio.gather(
            intake.register(chain.lv(), gemeentecode=WASSENAAR),
            intake.executed_by(WASSENAAR, executing, version=101 + turn),
        )
        assert (await intake.read(person, chain.lv()))["executingGemeentecode"] == executing


async def test_beside_a_gateway_that_tells_of_nobody_yet_work_goes_on(postgres_url: str) -> None:
    """While an upgrade is under way: docs/upgrading.md."""
    async with service_under_test(SERVICE, postgres_url, settings=SETTINGS) as bench:
        chain, intake = Chain(bench), Intake(bench)
        person = await intake.register(chain.lv())
        assert (await put(intake, person, "lead", str(uuid4()), chain.lv())).status_code == 200
        await intake.colleague()
        assert (await put(intake, person, "lead", str(uuid4()), chain.lv())).status_code == 409


@pytest.mark.parametrize("first", ["the mandate", "the colleagues"])
async def test_after_an_upgrade_people_go_along_with_a_mandate_that_changed_before_it(
    postgres_url: str, first: str
) -> None:
    """The gateway tells both once more, and nothing says which of them arrives first."""
    async with service_under_test(SERVICE, postgres_url, settings=SETTINGS) as bench:
        chain, intake = Chain(bench), Intake(bench)
        moved, helped, stays = [
            await intake.register(chain.lv(), gemeentecode=code) for code in (VOORSCHOTEN, VOORSCHOTEN, LV)
        ]
        former, new, own = uuid4(), uuid4(), uuid4()  # leads from before anybody was told of
        for person, what, member in (
            (moved, "lead", former),
            (moved, "second-contact", own),
            (helped, "lead", new),
            (stays, "lead", former),
        ):
            assert (await put(intake, person, what, str(member), chain.lv())).status_code == 200

        async def mandate() -> None:
            await intake.executed_by(VOORSCHOTEN, LEIDEN, version=2)

        async def colleagues() -> None:
            for member, code in ((former, LV), (new, LEIDEN), (own, VOORSCHOTEN)):
                await intake.colleague(code, id=member, role=Role.KLANTMANAGER)

        for told in (mandate, colleagues) if first == "the mandate" else (colleagues, mandate):
            await told()
        seen = [await intake.read(person, chain.lv()) for person in (moved, helped, stays)]
        assert [
            (one["executingGemeentecode"], one["leadMemberId"], one["secondMemberId"]) for one in seen
        ] == [
            (LEIDEN, None, str(own)),
            (LEIDEN, str(new), None),
            (LV, str(former), None),
        ]
