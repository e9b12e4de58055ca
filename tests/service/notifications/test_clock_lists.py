# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who sees which clock, and how they are listed."""

from datetime import date, timedelta
from uuid import UUID, uuid4

from contracts import intake
from tests.service.notifications.chain import LEAD, LEIDEN, MISSING, OEGSTGEEST, Chain

TODAY = date(2024, 11, 5)
DAY = timedelta(days=1)


async def test_clocks_go_with_the_person(chain: Chain) -> None:
    person = await chain.register()
    clock = await chain.set_clock(person, due=TODAY + 30 * DAY)
    await chain.register(person, responsible=OEGSTGEEST, executing=LEIDEN, kind=intake.InburgeraarMoved)
    assert [one["id"] for one in await chain.deadlines(chain.consulent_leiden())] == [str(clock)]
    assert await chain.deadlines(chain.consulent()) == []


async def test_who_may_see_the_clocks_of_a_person(chain: Chain) -> None:
    person = await chain.register()
    clock = await chain.set_clock(person, due=TODAY + 30 * DAY)
    for role in ("consulent", "klantmanager", "kwaliteitsmedewerker", "policy-officer"):
        found = await chain.deadlines(chain.consulent(role=role), inburgeraarId=person)
        assert [one["id"] for one in found] == [str(clock)]
    fault = await chain.get("/deadlines", chain.policy_wassenaar(), 403, inburgeraarId=person)
    assert (fault["code"], fault["missing"]) == ("agreement-missing", MISSING)
    await chain.get("/deadlines", chain.consulent_leiden(), 404, inburgeraarId=person)
    await chain.get("/deadlines", chain.consulent(), 404, inburgeraarId=uuid4())
    await chain.get("/deadlines", chain.operations(), 403, inburgeraarId=person)
    assert await chain.deadlines(chain.policy_wassenaar()) == []
    other = await chain.register()
    assert await chain.deadlines(chain.consulent(), inburgeraarId=other) == []


async def test_clocks_are_filtered_and_paged_by_due_day(chain: Chain) -> None:
    person = await chain.register()
    for days in (30, 10, 20, -5):
        await chain.set_clock(person, due=TODAY + days * DAY)
    await chain.fire()
    first = await chain.get("/deadlines", chain.consulent(), pageSize=3)
    rest = await chain.get("/deadlines", chain.consulent(), pageSize=3, pageToken=first["nextPageToken"])
    due = [one["dueOn"] for one in first["items"] + rest["items"]]
    assert due == ["2024-10-31", "2024-11-15", "2024-11-25", "2024-12-05"]
    assert rest["nextPageToken"] is None
    assert len(await chain.deadlines(chain.consulent(), status="late")) == 1
    assert len(await chain.deadlines(chain.consulent(), rule="pip-ten-weeks")) == 4
    assert await chain.deadlines(chain.consulent(), rule="other") == []
    assert await chain.deadlines(chain.consulent(), gemeentecode=LEIDEN) == []


async def test_ids_of_members_of_another_gemeente_see_nothing(chain: Chain) -> None:
    person = await chain.register()
    await chain.lead(person, UUID(int=21))
    await chain.set_clock(person, due=TODAY)
    await chain.fire()
    assert await chain.signals(chain.consulent_leiden(), mine=True) == [], (
        "a lead without a scope sees nothing"
    )


async def test_a_consulent_can_ask_for_the_clocks_of_the_own_caseload(chain: Chain) -> None:
    own, colleagues = await chain.register(), await chain.register()
    await chain.lead(own, LEAD)
    await chain.lead(colleagues, uuid4())
    clock = await chain.set_clock(own, due=TODAY + 10 * DAY)
    await chain.set_clock(colleagues, due=TODAY + 5 * DAY)
    assert [one["id"] for one in await chain.deadlines(chain.consulent(), mine=True)] == [str(clock)]
    assert len(await chain.deadlines(chain.consulent())) == 2
