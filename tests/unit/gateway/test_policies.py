# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a local choice may be."""

from typing import Any

import pytest

from gateway.policies import POLICY_KEYS, fault_of


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("progress-talks", 8),
        ("progress-talks", 0),
        ("guidance-months", 18),
        ("first-group-programme", "startklas"),
        ("participation-partners", ["newbees", "vrijwilligerscentrale"]),
        ("pvt-by", "vluchtelingenwerk"),
        ("sickness-percent", 20),
        ("caseload", None),
    ],
)
def test_a_right_value_has_no_fault(key: str, value: Any) -> None:
    assert fault_of(key, value) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("progress-talks", -1),
        ("progress-talks", 101),
        ("progress-talks", "8"),
        ("progress-talks", True),
        ("progress-talks", 8.5),
        ("guidance-months", 0),
        ("first-group-programme", "zomerklas"),
        ("first-group-programme", 1),
        ("participation-partners", "newbees"),
        ("participation-partners", []),
        ("participation-partners", ["newbees", 3]),
        ("pvt-by", ""),
        ("pvt-by", "  "),
        ("pvt-by", "x" * 201),
    ],
)
def test_a_wrong_value_is_told_what_it_must_be(key: str, value: Any) -> None:
    fault = fault_of(key, value)
    assert fault is not None
    assert fault.startswith("moet")


def test_every_choice_is_explained() -> None:
    for key, rule in POLICY_KEYS.items():
        assert key == key.lower()
        assert rule.meaning
        assert (rule.kind == "choice") == bool(rule.choices)
        assert (rule.kind == "count") == bool(rule.unit)
