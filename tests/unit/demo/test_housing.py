# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The housing of the demo is the audit's: who waits, where, under which rules, and how far behind."""

import json
from collections import Counter
from datetime import date

import pytest

from demo.ahead import ANNOUNCED, APPLICATION, FLEX, FORECASTS, TEAM
from demo.arrears import ENTERED_BY, HISTORY, LADDER, SITES
from demo.homes import CORPORATIONS, HOMES, MATCHES, RULES
from demo.households import HOUSEHOLDS
from demo.housing import household_body
from demo.loader import stops
from demo.needs import QUARTERS
from demo.parties import LEIDSCHENDAM_VOORBURG, MEMBERS, OEGSTGEEST, ORGANISATIONS, VOORSCHOTEN, WASSENAAR
from demo.timetable import TODAY
from services.housing.api.dwellings import QuarterPatch
from services.housing.api.forecasts import ForecastIn
from services.housing.api.household_schemas import HouseholdIn
from services.housing.api.policy import ProjectIn
from services.housing.api.subsidies import SubsidyApplicationIn

BEHIND = {LEIDSCHENDAM_VOORBURG: 176, VOORSCHOTEN: 40, WASSENAAR: 34, OEGSTGEEST: 30}


def test_as_many_people_wait_as_the_gemeenten_are_behind() -> None:
    waiting: Counter[str] = Counter()
    for one in HOUSEHOLDS:
        waiting[one.gemeentecode] += one.persons

    assert dict(waiting) == BEHIND
    assert sum(waiting.values()) == 280
    last_rows = {code: rows[-1] for code, rows in HISTORY.items()}
    assert {code: total - housed for code, (_, _, _, total, housed) in last_rows.items()} == BEHIND


def test_singles_and_large_families_are_the_bottleneck() -> None:
    sizes = Counter(
        "single" if one.persons == 1 else "large" if one.persons >= 8 else "between" for one in HOUSEHOLDS
    )

    assert sizes["single"] > len(HOUSEHOLDS) / 2
    assert sizes["large"] >= 8
    assert max(one.persons for one in HOUSEHOLDS) == 12


def test_the_wait_in_leidschendam_voorburg_is_twenty_two_months_on_average() -> None:
    waits = [
        (TODAY - one.linked_on).days / 30.4375
        for one in HOUSEHOLDS
        if one.gemeentecode == LEIDSCHENDAM_VOORBURG
    ]

    assert sum(waits) / len(waits) == pytest.approx(22, abs=0.6)


def test_every_dwelling_is_of_a_corporation_that_lets_in_that_gemeente() -> None:
    assert len(CORPORATIONS) == 6
    assert set(CORPORATIONS) <= {one.slug for one in ORGANISATIONS}
    for home in HOMES:
        assert home.gemeentecode in CORPORATIONS[home.corporation], home.key
    singles = next(rule for rule in RULES if rule.kind == "no-singles-in-family-dwelling")
    assert singles.gemeentecode == VOORSCHOTEN


def test_households_have_needs_that_decide_and_quarters_lie_somewhere() -> None:
    """Reasons of a search are about something: rent, a wheelchair, a school, work, near family and who is to come."""
    assert {(home.gemeentecode, home.quarter) for home in HOMES} == set(QUARTERS)
    assert len({(one["x"], one["y"]) for one in QUARTERS.values()}) == len(QUARTERS)
    needs = [one.needs for one in HOUSEHOLDS]
    for name, least in (("needsAccessible", 5), ("asksSchool", 10), ("workX", 8), ("familyGemeentecode", 5)):
        assert sum(bool(one[name]) for one in needs) >= least, name
    assert any(home.more.get("accessible") for home in HOMES)
    granted = [one for one in HOUSEHOLDS if one.granted_on is not None]
    assert 0 < len(granted) < sum(one.expected > 0 for one in HOUSEHOLDS)
    homes = {home.key: home for home in HOMES}
    by_key = {one.key: one for one in HOUSEHOLDS}
    for plan in MATCHES:
        household, home = by_key[plan.household], homes[plan.home]
        assert home.rent_cents <= household.needs["rentMaxCents"], plan.household
        assert home.more.get("accessible") or not household.needs["needsAccessible"], plan.household


def test_a_match_goes_on_at_stops_of_the_walk_in_the_right_order() -> None:
    days = {stop.day for stop in stops()}
    households = {one.key: one for one in HOUSEHOLDS}
    homes = {one.key: one for one in HOMES}
    members = {one.name for one in MEMBERS}

    for plan in MATCHES:
        household, home = households[plan.household], homes[plan.home]
        steps = [plan.proposed_on, plan.approved_on or plan.rejected_on, plan.accepted_on, plan.key_on]
        taken = [day for day in steps if day is not None]
        assert household.gemeentecode == home.gemeentecode
        assert max(household.linked_on, home.offered_on) <= plan.proposed_on
        assert taken == sorted(taken)
        assert set(taken) <= days, plan.household
        assert plan.decided_by in members


def test_the_ladder_and_the_sites_are_those_of_the_audit() -> None:
    steps = {(one["gemeentecode"], one["step"], one["since"]) for one in LADDER}

    assert {code for code, _, _ in steps} == set(ENTERED_BY)
    assert (LEIDSCHENDAM_VOORBURG, "2b", "2024-07-01") in steps
    assert (LEIDSCHENDAM_VOORBURG, "3", "2025-01-01") in steps
    assert {
        step for code, step, since in steps if code == OEGSTGEEST and date.fromisoformat(since) < TODAY
    } == {"4"}
    places = {
        (site.body["kind"], one["placesFor"]): one["places"]
        for site in SITES
        for one in site.body["capacities"]
    }
    assert places == {
        ("regional", "statushouders"): 205,
        ("regional", "spoedzoekers"): 80,
        ("azc", "all"): 930,
    }


def test_what_the_demo_knows_of_the_weeks_to_come_is_what_the_services_take() -> None:
    for model, bodies in (
        (ProjectIn, FLEX),
        (ForecastIn, [{"since": "2025-1", "until": "2026-2", **one} for one in FORECASTS]),
        (SubsidyApplicationIn, [APPLICATION]),
        (QuarterPatch, QUARTERS.values()),
        (HouseholdIn, [household_body(one) for one in HOUSEHOLDS]),
    ):
        for body in bodies:
            model.model_validate_json(json.dumps(body))
    assert {one.gemeentecode for one in ANNOUNCED} == set(ENTERED_BY)
    assert all(one.starts_on > TODAY.isoformat() for one in ANNOUNCED)
    assert {code for code, *_ in TEAM} == set(ENTERED_BY)
    for _, first, last, _ in TEAM:
        assert [date.fromisoformat(day).weekday() for day in (first, last)] == [0, 0]
