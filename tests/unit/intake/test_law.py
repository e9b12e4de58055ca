# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which act, which group, which rights and duties (rules 1.1 to 1.5)."""

from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import given, strategies as st

from services.intake.rules.law import (
    Group,
    Law,
    PermitType,
    Provision,
    age_refusal,
    duties,
    group_refusal,
    law_for,
    notice_refusal,
    provision_refusal,
    rights,
)
from services.intake.rules.parameters import PARAMETERS, Parameter, value_on

GROUPS: tuple[Group, ...] = get_args(Group)
PERMITS: tuple[PermitType, ...] = get_args(PermitType)
PROVISIONS: tuple[Provision, ...] = get_args(Provision)


@pytest.mark.capability("IN-01", part="the act")
@pytest.mark.parametrize(
    ("obliged_on", "law"),
    [
        pytest.param(date(2021, 12, 31), "wi2013", id="last-day-of-the-old-act"),
        pytest.param(date(2022, 1, 1), "wi2021", id="first-day-of-the-new-act"),
        pytest.param(date(2013, 1, 1), "wi2013", id="long-before"),
        pytest.param(date(2024, 6, 3), "wi2021", id="long-after"),
    ],
)
def test_the_day_on_which_the_duty_began_decides_the_act(obliged_on: date, law: Law) -> None:
    assert law_for(obliged_on) == law


@pytest.mark.parametrize(
    ("group", "permits"),
    [
        ("statushouder", {"asiel", "afgeleid-asiel", "regulier-bij-asiel"}),
        ("gezinsmigrant", {"regulier"}),
        ("overig", {"regulier"}),
    ],
)
def test_a_permit_belongs_to_one_group(group: Group, permits: set[PermitType]) -> None:
    assert {permit for permit in PERMITS if group_refusal(group, permit) is None} == permits


def test_a_permit_of_another_group_is_refused_with_the_article() -> None:
    refusal = group_refusal("gezinsmigrant", "asiel")
    assert refusal is not None
    assert refusal.field == "permitType"
    assert refusal.rule == "Wet inburgering 2021 art. 13 lid 1 en art. 19"


@pytest.mark.capability("IN-01", part="rights")
@pytest.mark.parametrize(
    ("group", "permit", "expected"),
    [
        (
            "statushouder",
            "asiel",
            ("pvt", "map", "leerroute-paid", "maatschappelijke-begeleiding", "ontzorgen"),
        ),
        (
            "statushouder",
            "afgeleid-asiel",
            ("pvt", "map", "leerroute-paid", "maatschappelijke-begeleiding", "ontzorgen"),
        ),
        (
            "statushouder",
            "regulier-bij-asiel",
            ("pvt", "map", "leerroute-paid", "maatschappelijke-begeleiding"),
        ),
        ("gezinsmigrant", "regulier", ("pvt", "map")),
        ("overig", "regulier", ("pvt", "map")),
    ],
)
def test_rights_follow_group_and_permit(
    group: Group, permit: PermitType, expected: tuple[Provision, ...]
) -> None:
    assert rights("wi2021", group, permit) == expected


def test_everybody_under_the_new_act_has_the_same_three_duties() -> None:
    assert duties("wi2021") == ("pvt", "map", "leerroute")
    assert duties("wi2013") == ()
    assert rights("wi2013", "statushouder", "asiel") == ()


@pytest.mark.capability("IN-01", part="a request without a right is refused with the article")
@pytest.mark.parametrize(
    ("provision", "article"),
    [
        ("maatschappelijke-begeleiding", "Wet inburgering 2021 art. 13"),
        ("ontzorgen", "Participatiewet art. 56a"),
        ("leerroute-paid", "Wet inburgering 2021 art. 16 en 19"),
        ("pvt", None),
        ("map", None),
        ("leerroute", None),
    ],
)
def test_a_gezinsmigrant_is_refused_what_is_for_the_asylum_group(
    provision: Provision, article: str | None
) -> None:
    refusal = provision_refusal(provision, law="wi2021", group="gezinsmigrant", permit="regulier")
    assert (refusal and refusal.rule) == article


@pytest.mark.parametrize("provision", PROVISIONS)
def test_the_old_act_knows_none_of_the_provisions(provision: Provision) -> None:
    refusal = provision_refusal(provision, law="wi2013", group="statushouder", permit="asiel")
    assert refusal is not None
    assert refusal.code == "other-act"


@given(
    law=st.sampled_from(get_args(Law)),
    group=st.sampled_from(GROUPS),
    permit=st.sampled_from(PERMITS),
    provision=st.sampled_from(PROVISIONS),
)
def test_what_is_a_right_is_never_refused(
    law: Law, group: Group, permit: PermitType, provision: Provision
) -> None:
    refused = provision_refusal(provision, law=law, group=group, permit=permit) is not None
    assert refused != (
        provision in rights(law, group, permit) or (provision == "leerroute" and law == "wi2021")
    )


@pytest.mark.parametrize(
    ("birth_date", "obliged_on", "code"),
    [
        pytest.param(date(2008, 6, 3), date(2024, 6, 2), "too-young", id="the-day-before-16"),
        pytest.param(date(2008, 6, 3), date(2024, 6, 3), None, id="16-today"),
        pytest.param(date(2008, 2, 29), date(2024, 2, 28), "too-young", id="leap-day"),
        pytest.param(date(1957, 6, 4), date(2024, 6, 3), None, id="67-tomorrow"),
        pytest.param(date(1957, 6, 3), date(2024, 6, 3), "pension-age", id="67-today"),
        pytest.param(date(2025, 1, 1), date(2024, 6, 3), "before-birth", id="not-born-yet"),
        pytest.param(date(1960, 1, 1), date(2014, 6, 3), None, id="under-the-old-act"),
    ],
)
def test_the_duty_exists_from_16_up_to_the_aow_age(
    birth_date: date, obliged_on: date, code: str | None
) -> None:
    refusal = age_refusal(birth_date, obliged_on)
    assert (refusal and refusal.code) == code


@pytest.mark.parametrize(
    ("obliged_on", "notice", "refused"),
    [
        (date(2024, 1, 1), None, False),
        (date(2024, 1, 1), date(2021, 12, 31), True),
        (date(2024, 1, 1), date(2022, 1, 1), False),
        (date(2014, 1, 1), date(2014, 2, 1), False),
    ],
)
def test_duo_gives_notice_under_the_new_act_since_that_act(
    obliged_on: date, notice: date | None, *, refused: bool
) -> None:
    assert (notice_refusal(obliged_on, notice) is not None) is refused


@pytest.mark.capability("GW-06", part="the parameters of intake")
def test_a_changed_law_gives_the_old_answer_on_an_old_day() -> None:
    changed = (
        Parameter("pip-term", 70, "days", date(2022, 1, 1), date(2026, 12, 31), "old", "verified"),
        Parameter("pip-term", 84, "days", date(2027, 1, 1), None, "new", "verified"),
    )
    assert value_on("pip-term", date(2026, 12, 31), changed) == 70
    assert value_on("pip-term", date(2027, 1, 1), changed) == 84


def test_a_rule_that_does_not_exist_yet_is_an_error_not_a_guess() -> None:
    with pytest.raises(LookupError, match="pip-term"):
        value_on("pip-term", date(2021, 12, 31))


def test_no_two_values_of_a_parameter_hold_on_one_day() -> None:
    edges = {p.valid_from for p in PARAMETERS} | {p.valid_to for p in PARAMETERS if p.valid_to}
    days = {edge + timedelta(days=shift) for edge in edges for shift in (-1, 0, 1)}
    for code in {p.code for p in PARAMETERS}:
        for day in days:
            assert sum(p.code == code and p.holds_on(day) for p in PARAMETERS) <= 1
