# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""An agreement that is older than the law, or whose day has come, must be looked at again."""

from datetime import date

import pytest

from gateway.reviews import LAWS, reasons

TODAY = date(2024, 11, 5)


def codes(
    agreed_on: date | None, *, review_on: date | None = None, until: date | None = None, today: date = TODAY
) -> list[str]:
    return [
        one.code for one in reasons(agreed_on=agreed_on, review_on=review_on, valid_until=until, today=today)
    ]


@pytest.mark.capability("GW-04")
@pytest.mark.parametrize(
    ("agreed_on", "expected"),
    [
        (date(2011, 1, 1), ["older-than-law"]),
        (date(2017, 4, 1), ["older-than-law"]),
        (date(2020, 12, 1), ["older-than-law"]),
        (date(2021, 12, 1), []),  # Leiden and Oegstgeest: made for the law that was coming
        (date(2022, 1, 1), []),
        (None, []),
    ],
)
def test_an_agreement_from_before_the_law_is_to_be_reviewed(
    agreed_on: date | None, expected: list[str]
) -> None:
    assert codes(agreed_on) == expected


def test_before_the_law_was_in_force_nothing_was_wrong() -> None:
    assert codes(date(2017, 4, 1), today=date(2021, 12, 31)) == []
    assert codes(date(2017, 4, 1), today=LAWS[0].in_force_on) == ["older-than-law"]


def test_the_day_that_was_agreed_counts_from_that_day_on() -> None:
    assert codes(date(2022, 5, 1), review_on=date(2024, 11, 6)) == []
    assert codes(date(2022, 5, 1), review_on=TODAY) == ["review-date-passed"]
    assert codes(date(2017, 4, 1), review_on=date(2020, 1, 1)) == ["older-than-law", "review-date-passed"]


def test_what_has_ended_needs_no_review() -> None:
    assert codes(date(2017, 4, 1), until=date(2024, 11, 4)) == []
    assert codes(date(2017, 4, 1), until=TODAY) == ["older-than-law"]


def test_the_reason_says_which_law_and_since_when() -> None:
    (reason,) = reasons(agreed_on=date(2017, 4, 1), review_on=None, valid_until=None, today=TODAY)
    assert reason.detail == "De afspraak is van 01-04-2017. De Wet inburgering 2021 geldt sinds 01-01-2022."
