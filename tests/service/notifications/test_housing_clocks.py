# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The clocks of housing in the engine: ten weeks to a house, two to move, twelve months in a temporary one."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from contracts.housing import HousingDeadlineMet, HousingDeadlineSet, HousingDeadlineWithdrawn
from tests.service.notifications.chain import Chain
from tests.service.notifications.test_deadlines import at, kinds

LINKED = date(2024, 8, 27)  # the ten weeks end on the day of the clock of the bench


@pytest.mark.capability("NO-01", part="the clocks of housing")
@pytest.mark.capability("HO-03", part="the clocks fire")
@pytest.mark.parametrize(
    ("rule", "days", "early"),
    [("house-ten-weeks", 70, 56), ("move-two-weeks", 14, 7), ("temporary-stay", 365, 274)],
)
async def test_a_clock_of_housing_fires_until_it_is_met_or_withdrawn(
    chain: Chain, rule: str, days: int, early: int
) -> None:
    for ends in (HousingDeadlineMet, HousingDeadlineWithdrawn):
        person, clock = await chain.register(), uuid4()
        due = LINKED + timedelta(days=days)
        chain.bench.clock.set(at(LINKED))
        await chain.bench.deliver(
            HousingDeadlineSet(
                deadline_id=clock,
                inburgeraar_id=person,
                rule=rule,
                article="Afspraak van COA en gemeenten",
                starts_on=LINKED,
                due_on=due,
                early_on=LINKED + timedelta(days=early),
                organisation_id=None,
            ),
            gemeentecode="1916",
            aggregate_id=clock,
        )
        shown = []
        for day in (early - 1, early, days, days + 1):
            chain.bench.clock.set(at(LINKED + timedelta(days=day)))
            await chain.fire()
            shown.append(await kinds(chain, inburgeraarId=str(person)))
        assert shown == [[], ["early*"], ["due*", "early"], ["due", "early", "overdue*"]]
        end = (
            HousingDeadlineMet(deadline_id=clock, inburgeraar_id=person, met_on=due)
            if ends is HousingDeadlineMet
            else HousingDeadlineWithdrawn(deadline_id=clock, inburgeraar_id=person, reason="unlinked")
        )
        await chain.bench.deliver(end, gemeentecode="1916", aggregate_id=clock, version=2)
        assert "overdue*" not in await kinds(chain, inburgeraarId=str(person))
        (row,) = await chain.deadlines(chain.consulent(), inburgeraarId=str(person))
        assert (row["rule"], row["ownerService"]) == (rule, "housing")
        assert row["status"] == ("met" if ends is HousingDeadlineMet else "withdrawn")
