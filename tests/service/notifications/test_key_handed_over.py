# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""With the key of a house the lead consulent and VluchtelingenWerk take over: each finds it on the own list."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from contracts import intake
from contracts.event import Event
from contracts.housing import KeyHandedOver, PersonNotHoused
from tests.service.notifications.chain import (
    COLLEAGUE,
    LEAD,
    LEIDEN,
    OEGSTGEEST,
    VOORSCHOTEN,
    WASSENAAR,
    Chain,
)

MATCH, HOUSEHOLD = UUID(int=801), UUID(int=802)
KEY_ON, MOVE_DUE_ON = date(2024, 11, 5), date(2024, 11, 15)


async def tell(chain: Chain, event: Event, *, version: int, code: str = WASSENAAR) -> None:
    await chain.bench.deliver(event, gemeentecode=code, aggregate_id=MATCH, version=version, times=2)


async def key(chain: Chain, person: UUID, *, match: UUID = MATCH, version: int = 4) -> None:
    """Housing tells that the household of this person has its key; the bus says it twice."""
    event = KeyHandedOver(
        inburgeraar_id=person, household_id=HOUSEHOLD, match_id=match, key_on=KEY_ON, move_due_on=MOVE_DUE_ON
    )
    await tell(chain, event, version=version)


async def not_housed(chain: Chain, person: UUID, *, match: UUID | None = MATCH, version: int = 6) -> None:
    event = PersonNotHoused(inburgeraar_id=person, household_id=HOUSEHOLD, match_id=match, on=MOVE_DUE_ON)
    await tell(chain, event, version=version)


@pytest.mark.capability("HO-21", part="with the key the lead consulent and VluchtelingenWerk take over")
@pytest.mark.capability("NO-08", part="signals of the platform's own services")
async def test_the_key_stands_once_on_the_list_of_the_lead_and_once_on_that_of_vluchtelingenwerk(
    chain: Chain,
) -> None:
    person = await chain.register()
    await chain.lead(person, LEAD)
    for _ in range(2):  # housing may say the same again under another number of the event
        await key(chain, person)
    (for_lead,) = await chain.signals(chain.consulent(), mine=True)
    (for_vwn,) = await chain.signals(chain.vwn())
    for shown, audience, lead in ((for_lead, "consulent", str(LEAD)), (for_vwn, "vluchtelingenwerk", None)):
        assert (shown["kind"], shown["audience"], shown["leadMemberId"]) == (
            "key-handed-over",
            audience,
            lead,
        )
        assert (shown["inburgeraarId"], shown["gemeentecode"]) == (str(person), WASSENAAR)
        assert (shown["status"], shown["dueOn"]) == ("open", str(MOVE_DUE_ON))
        assert shown["facts"] == {
            "keyOn": str(KEY_ON),
            "moveDueOn": str(MOVE_DUE_ON),
            "householdId": str(HOUSEHOLD),
            "matchId": str(MATCH),
        }
    assert for_lead["id"] != for_vwn["id"], "each handles the own one"
    await chain.post(f"/signals/{for_vwn['id']}/handlings", chain.vwn(), {"outcome": "talked"}, 201)
    assert (await chain.get(f"/signals/{for_lead['id']}", chain.consulent()))["status"] == "open"
    counts = await chain.get("/signal-counts", chain.vwn())
    assert (counts["open"], counts["mine"], counts["openList"]) == (0, 0, 0)


@pytest.mark.capability("HO-21", part="each known person of a household with a lead of its own")
async def test_each_known_person_of_the_household_is_handed_over_to_the_own_lead(chain: Chain) -> None:
    first, second, unled = [await chain.register() for _ in range(3)]
    await chain.lead(first, LEAD)
    await chain.lead(second, COLLEAGUE)
    for person in (first, second, unled):
        await key(chain, person)
    for lead, person in ((LEAD, first), (COLLEAGUE, second)):
        (mine,) = await chain.signals(chain.consulent(lead), mine=True)
        assert mine["inburgeraarId"] == str(person)
    (waiting,) = await chain.signals(chain.consulent(), openList=True)
    assert waiting["inburgeraarId"] == str(unled), "without a lead it waits on the open list"
    assert len(await chain.signals(chain.vwn())) == 3


@pytest.mark.capability("HO-21", part="a key that was of no use is taken from the lists")
async def test_when_nobody_moved_in_the_signals_are_closed_and_a_next_key_opens_new_ones(
    chain: Chain,
) -> None:
    person = await chain.register()
    await chain.lead(person, LEAD)
    await key(chain, person)
    await not_housed(chain, person)
    for who in (chain.consulent(), chain.vwn()):
        (shown,) = await chain.signals(who)
        assert (shown["status"], shown["withdrawnReason"]) == ("withdrawn", "not-housed")
        fault = await chain.post(f"/signals/{shown['id']}/handlings", who, {"outcome": "talked"}, 409)
        assert fault["code"] == "signal-withdrawn"
    await key(chain, person, match=uuid4(), version=1)
    for who in (chain.consulent(), chain.vwn()):
        assert len(await chain.signals(who, status="open")) == 1


@pytest.mark.capability("HO-21", part="a key that is recorded again stands on the lists anew")
async def test_a_key_of_the_same_match_that_is_told_of_again_opens_new_signals(chain: Chain) -> None:
    person = await chain.register()
    await chain.lead(person, LEAD)
    await key(chain, person, version=4)
    await not_housed(chain, person, version=5)
    await key(chain, person, version=6)
    for who in (chain.consulent(), chain.vwn()):
        shown = sorted(one["status"] for one in await chain.signals(who))
        assert shown == ["open", "withdrawn"]
    await not_housed(chain, person, version=7)
    for who in (chain.consulent(), chain.vwn()):
        assert await chain.signals(who, status="open") == []


async def test_what_was_handled_stays_handled_and_a_household_without_a_match_has_nothing_to_undo(
    chain: Chain,
) -> None:
    person = await chain.register()
    await key(chain, person)
    (shown,) = await chain.signals(chain.consulent())
    await chain.post(f"/signals/{shown['id']}/handlings", chain.consulent(), {"outcome": "talked"}, 201)
    await not_housed(chain, person, match=None, version=5)
    (open_still,) = await chain.signals(chain.vwn())
    assert open_still["status"] == "open"
    await not_housed(chain, person)
    assert (await chain.get(f"/signals/{shown['id']}", chain.consulent()))["status"] == "handled"
    assert await chain.signals(chain.vwn(), status="open") == []


async def test_a_word_that_nobody_moved_in_which_came_first_is_not_forgotten(chain: Chain) -> None:
    person = await chain.register()
    await not_housed(chain, person)
    await key(chain, person)
    for who in (chain.consulent(), chain.vwn()):
        (shown,) = await chain.signals(who)
        assert shown["status"] == "withdrawn"


@pytest.mark.capability("HO-21", part="who of VluchtelingenWerk hears of it")
async def test_vluchtelingenwerk_sees_its_own_list_in_its_own_gemeenten_and_nothing_else(
    chain: Chain,
) -> None:
    person = await chain.register()
    await chain.absence(person)
    await key(chain, person)
    (shown,) = await chain.signals(chain.vwn())
    assert shown["kind"] == "key-handed-over", "what is missed at school is for the consulent"
    elsewhere = chain.vwn(VOORSCHOTEN)
    assert await chain.signals(elsewhere) == []
    await chain.get(f"/signals/{shown['id']}", elsewhere, 404)
    await chain.get("/signals", elsewhere, 404, inburgeraarId=person)
    assert len(await chain.signals(chain.vwn(), inburgeraarId=person)) == 1
    assert {one["audience"] for one in await chain.signals(chain.consulent())} == {"consulent"}
    await chain.get(f"/signals/{shown['id']}", chain.consulent(), 404)
    refused = await chain.get("/signals", chain.vwn(role="vwn-volunteer"), 403)
    assert refused["code"] == "role-missing"
    rows = await chain.bench.sql(
        "SELECT inburgeraar_id, purpose FROM notifications.access_log WHERE organisation_id = :own",
        own=UUID(int=61),
    )
    assert {tuple(row) for row in rows} == {(person, "guidance")}


async def test_who_moves_before_the_hand_over_is_handed_over_in_the_next_gemeente(chain: Chain) -> None:
    person = await chain.register()
    await key(chain, person)
    await chain.register(person, responsible=OEGSTGEEST, executing=LEIDEN, kind=intake.InburgeraarMoved)
    assert await chain.signals(chain.vwn()) == []
    (shown,) = await chain.signals(chain.vwn(OEGSTGEEST))
    assert shown["gemeentecode"] == OEGSTGEEST
    (shown,) = await chain.signals(chain.consulent_leiden())
    assert shown["audience"] == "consulent"
