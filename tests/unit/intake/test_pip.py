# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a PIP may hold."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given, settings, strategies as st

from services.intake.rules.clocks import PipClock
from services.intake.rules.law import Group, PermitType
from services.intake.rules.pip import (
    Earlier,
    Leerroute,
    Level,
    PipDraft,
    PipPerson,
    early_start_warning,
    participation_hours,
    pip_refusals,
)

TODAY = date(2024, 11, 5)
ASYLUM = PipPerson("wi2021", "statushouder", date(2024, 1, 10))
FAMILY = PipPerson("wi2021", "gezinsmigrant", date(2024, 1, 10))
DRAFT = PipDraft(date(2024, 3, 20), "b1", "b1", Decimal(12), Decimal(40), "vrijwilligerswerk", 8)
Z = replace(DRAFT, leerroute="z", level="a1", participation=Decimal(800))
CLOCK = PipClock(date(2024, 1, 15), date(2024, 3, 25), "Besluit inburgering 2021 art. 5.3 lid 1")


def refused(
    draft: PipDraft,
    person: PipPerson = ASYLUM,
    *,
    clock: PipClock | None = CLOCK,
    earlier: Earlier | None = None,
) -> dict[str, str]:
    found = pip_refusals(draft, person, today=TODAY, clock=clock, earlier=earlier)
    assert all(refusal.rule and refusal.detail for refusal in found)
    return {refusal.field: refusal.code for refusal in found}


@pytest.mark.parametrize(
    ("draft", "person"),
    [
        pytest.param(DRAFT, ASYLUM, id="b1"),
        pytest.param(DRAFT, FAMILY, id="b1-family"),
        pytest.param(replace(DRAFT, level="b2"), ASYLUM, id="b1-higher"),
        pytest.param(Z, ASYLUM, id="z"),
        pytest.param(replace(Z, participation=None), ASYLUM, id="z-participation-later"),
        pytest.param(replace(Z, participation=True), ASYLUM, id="z-yes"),
        pytest.param(replace(Z, level="a2"), ASYLUM, id="z-with-a2-exams"),
        pytest.param(replace(Z, participation=Decimal(0)), FAMILY, id="z-family-no-hours"),
        pytest.param(replace(Z, participation=False), FAMILY, id="z-family-no"),
        pytest.param(replace(Z, participation="buurthuis"), FAMILY, id="z-family-a-goal"),
        pytest.param(
            replace(DRAFT, leerroute="onderwijsroute", map_hours=Decimal(0)),
            ASYLUM,
            id="onderwijsroute-without-map",
        ),
        pytest.param(replace(DRAFT, participation=True), ASYLUM, id="b1-with-a-dual-goal"),
        pytest.param(replace(DRAFT, route_hours=Decimal(450)), ASYLUM, id="intensity-of-the-route"),
        pytest.param(replace(DRAFT, signed_on=CLOCK.due_on), ASYLUM, id="on-the-last-day"),
        pytest.param(replace(DRAFT, signed_on=ASYLUM.obliged_on), ASYLUM, id="on-the-first-day-of-the-duty"),
        pytest.param(
            replace(DRAFT, signed_on=date(2024, 3, 26), delay_reason="Wachten op Startklas"),
            ASYLUM,
            id="late-with-reason",
        ),
    ],
)
def test_a_pip_within_the_law_may_be_signed(draft: PipDraft, person: PipPerson) -> None:
    assert refused(draft, person) == {}


@pytest.mark.parametrize(
    ("change", "person", "expected"),
    [
        pytest.param(
            {"signed_on": date(2024, 1, 9)}, ASYLUM, {"signedOn": "before-duty"}, id="before-the-duty"
        ),
        pytest.param(
            {"signed_on": date(2024, 11, 6), "delay_reason": "x"},
            ASYLUM,
            {"signedOn": "in-future"},
            id="tomorrow",
        ),
        pytest.param(
            {"signed_on": date(2024, 3, 26)}, ASYLUM, {"delayReason": "required"}, id="late-without-reason"
        ),
        pytest.param({"level": "a1"}, ASYLUM, {"level": "level-of-other-route"}, id="b1-at-a1"),
        pytest.param({"level": "a2"}, ASYLUM, {"level": "scaling-down-later"}, id="b1-at-a2-at-once"),
        pytest.param(
            {"leerroute": "onderwijsroute", "level": "a2"},
            ASYLUM,
            {"level": "level-of-other-route"},
            id="onderwijs-at-a2",
        ),
        pytest.param(
            {"leerroute": "z", "level": "b1"}, ASYLUM, {"level": "level-of-other-route"}, id="z-at-b1"
        ),
        pytest.param({"pvt_hours": Decimal("11.75")}, ASYLUM, {"pvtHours": "too-few"}, id="pvt-too-short"),
        pytest.param({"map_hours": Decimal("39.5")}, ASYLUM, {"mapHours": "too-few"}, id="map-too-short"),
        pytest.param({"talks_planned": 1}, ASYLUM, {"talksPlanned": "too-few"}, id="one-talk"),
        pytest.param(
            {"participation": Decimal(100)}, ASYLUM, {"participation": "no-participation-part"}, id="b1-hours"
        ),
        pytest.param(
            {"leerroute": "z", "level": "a1", "participation": Decimal(800)},
            FAMILY,
            {"participation": "no-participation-part"},
            id="z-family-hours",
        ),
        pytest.param(
            {"leerroute": "z", "level": "a1", "participation": True},
            FAMILY,
            {"participation": "no-participation-part"},
            id="z-family-yes",
        ),
        pytest.param(
            {"route_hours": Decimal(450)}, FAMILY, {"routeHours": "asylum-group-only"}, id="family-intensity"
        ),
        pytest.param(
            {"leerroute": "z", "level": "a1", "participation": None, "route_hours": Decimal(799)},
            ASYLUM,
            {"routeHours": "too-few"},
            id="z-799-course-hours",
        ),
        pytest.param(
            {"signed_on": date(2023, 12, 31), "pvt_hours": Decimal(0), "talks_planned": 0},
            ASYLUM,
            {"signedOn": "before-duty", "pvtHours": "too-few", "talksPlanned": "too-few"},
            id="everything-at-once",
        ),
        pytest.param({"signed_on": date(1, 1, 1)}, ASYLUM, {"signedOn": "before-duty"}, id="year-1"),
        pytest.param(
            {"signed_on": date(9999, 12, 31), "delay_reason": "x"},
            ASYLUM,
            {"signedOn": "in-future"},
            id="9999",
        ),
    ],
)
def test_what_the_law_does_not_allow_is_refused_at_its_field(
    change: dict[str, Any], person: PipPerson, expected: dict[str, str]
) -> None:
    assert refused(replace(DRAFT, **change), person) == expected


def test_scaling_down_to_a2_is_a_later_decision() -> None:
    earlier = Earlier(date(2024, 3, 20), "b1", by_other_gemeente=False)
    draft = replace(DRAFT, level="a2", signed_on=date(2024, 10, 1))
    assert refused(draft, clock=None, earlier=earlier) == {}


def test_a_later_version_is_not_older_than_the_one_before() -> None:
    earlier = Earlier(date(2024, 3, 20), "b1", by_other_gemeente=False)
    draft = replace(DRAFT, signed_on=date(2024, 3, 19))
    assert refused(draft, clock=None, earlier=earlier) == {"signedOn": "before-earlier"}


@pytest.mark.capability("PX-17", part="the route is taken over")
def test_after_a_move_the_route_is_taken_over_and_may_change_later() -> None:
    draft = replace(Z, signed_on=date(2024, 7, 1))
    assert refused(draft, clock=None, earlier=Earlier(date(2024, 3, 20), "b1", by_other_gemeente=True)) == {
        "leerroute": "route-taken-over"
    }
    assert refused(draft, clock=None, earlier=Earlier(date(2024, 3, 20), "b1", by_other_gemeente=False)) == {}


@pytest.mark.parametrize(
    ("group", "leerroute", "participation", "hours"),
    [
        ("statushouder", "z", None, 800),
        ("statushouder", "z", Decimal(400), 800),
        ("statushouder", "z", Decimal(900), 900),
        ("statushouder", "z", True, 800),
        ("gezinsmigrant", "z", "buurthuis", 0),
        ("statushouder", "b1", "stage", 0),
    ],
)
def test_only_the_z_route_of_the_asylum_group_has_participation_hours(
    group: Group, leerroute: Leerroute, participation: Any, hours: int
) -> None:
    found = participation_hours(participation, group=group, leerroute=leerroute, day=date(2024, 3, 20))
    assert found == hours


@pytest.mark.parametrize(
    ("brp_on", "permit", "warned"),
    [
        (None, "asiel", True),
        (date(2024, 3, 21), "asiel", True),
        (date(2024, 3, 20), "asiel", False),
        (None, "regulier", False),
    ],
)
def test_an_early_start_is_allowed_with_a_warning(
    brp_on: date | None, permit: PermitType, *, warned: bool
) -> None:
    warning = early_start_warning(DRAFT.signed_on, brp_on=brp_on, permit=permit)
    assert (warning is not None) is warned


@settings(max_examples=1000)
@given(
    leerroute=st.sampled_from(get_args(Leerroute)),
    level=st.sampled_from(get_args(Level)),
    group=st.sampled_from(get_args(Group)),
    pvt=st.decimals(0, 200, places=2),
    map_hours=st.decimals(0, 200, places=2),
    participation=st.none() | st.booleans() | st.decimals(0, 900, places=2) | st.just("werk"),
    talks=st.integers(0, 20),
    signed=st.dates(date(2023, 6, 1), date(2025, 6, 1)),
    reason=st.none() | st.just("ziek"),
)
def test_a_pip_that_passes_meets_every_norm(
    leerroute: Leerroute,
    level: Level,
    group: Group,
    pvt: Decimal,
    map_hours: Decimal,
    participation: Any,
    talks: int,
    signed: date,
    reason: str | None,
) -> None:
    draft = PipDraft(signed, leerroute, level, pvt, map_hours, participation, talks, None, reason)
    person = PipPerson("wi2021", group, date(2024, 1, 10))
    if pip_refusals(draft, person, today=TODAY, clock=CLOCK, earlier=None):
        return
    assert person.obliged_on <= signed <= TODAY
    assert pvt >= 12
    assert leerroute == "onderwijsroute" or map_hours >= 40
    assert talks >= 2
    assert signed <= CLOCK.due_on or reason is not None
    assert (level in {"a1", "a2"}) == (leerroute == "z")
