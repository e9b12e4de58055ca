# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the law leaves to a gemeente is its own choice, from a day on: one build, several practices."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from chassis.testing import Bench
from contracts.gateway import PolicySet
from tests.service.intake.people import LEIDEN, LV, ROOT, VOORSCHOTEN, Chain, Intake, a_pip

JANUARY = date(2024, 1, 1)


async def choose(bench: Bench, code: str, key: str, value: int | None, *, day: date = JANUARY) -> None:
    event = PolicySet(policy_id=uuid4(), gemeentecode=code, policy_key=key, value=value, valid_from=day)
    await bench.deliver(event, gemeentecode=code, aggregate_id=event.policy_id)


async def warnings_of(intake: Intake, caller: dict[str, str], code: str, **differences: Any) -> list[str]:
    person = await intake.register(caller, gemeentecode=code)
    answer = await intake.post(f"{ROOT}/{person['id']}/pips", a_pip(**differences), caller)
    assert answer.status_code == 201, answer.text
    listed = (await intake.get(f"{ROOT}/{person['id']}/pips", caller)).json()["items"]
    assert listed == [answer.json()]
    return list(answer.json()["warnings"])


@pytest.mark.capability("GW-05", part="the norm for progress talks, used where a PIP is signed")
async def test_each_gemeente_has_its_own_norm_for_progress_talks(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    await choose(bench, LV, "progress-talks", 8)
    await choose(bench, LEIDEN, "progress-talks-per-year", 4)
    assert await warnings_of(intake, chain.lv(), LV, talksPlanned=8) == []
    assert await warnings_of(intake, chain.leiden(), LEIDEN, talksPlanned=8) == [
        "Dit PIP noemt 8 voortgangsgesprekken; de norm van de gemeente is er 12 in de termijn."
    ]


async def test_a_norm_counts_from_its_day_and_until_it_is_ended(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    assert await warnings_of(intake, chain.lv(), VOORSCHOTEN, talksPlanned=2) == [], "no norm yet"
    await choose(bench, VOORSCHOTEN, "progress-talks", 8, day=date(2024, 3, 21))
    assert await warnings_of(intake, chain.lv(), VOORSCHOTEN, talksPlanned=2) == [], (
        "the PIP is of the day before"
    )
    await choose(bench, VOORSCHOTEN, "progress-talks", 6, day=JANUARY)
    assert len(await warnings_of(intake, chain.lv(), VOORSCHOTEN, talksPlanned=5)) == 1
    await choose(bench, VOORSCHOTEN, "progress-talks", None, day=date(2024, 2, 1))
    assert await warnings_of(intake, chain.lv(), VOORSCHOTEN, talksPlanned=5) == [], "ended before the PIP"


async def test_choices_about_other_work_are_left_to_others(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    await choose(bench, LV, "caseload", 70)
    assert await bench.sql("SELECT 1 FROM intake.policy_parameter WHERE code = 'caseload'") == []
