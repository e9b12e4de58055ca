# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every number of the law that intake reckons with: a value, its unit, its dates and its source.

A changed law is a new row and an end date on the old one, so that a decision of an earlier day
is judged by the numbers of that day. Numbers of local policy are rows of the table
`policy_parameter`; numbers of contracts belong to learning-routes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

__all__ = ["PARAMETERS", "RULE_VERSION", "Parameter", "value_on"]

RULE_VERSION = "wi2021-2026-04-02"
"""The text of the law that these rules follow, stored with every decision: the Wet inburgering
2021 and the Besluit inburgering 2021 as in force on that day."""

Standing = Literal["verified", "secondary", "report", "unverified"]
"""How sure the source is: read in the law, in a secondary source, in the audit report only, or not
checked. What is not verified must be checked before it decides about a person."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number, in force from `valid_from` to and including `valid_to` (None: still)."""

    code: str
    value: int
    unit: Literal["days", "months", "years", "hours", "talks"]
    valid_from: date
    valid_to: date | None
    source: str
    standing: Standing

    def holds_on(self, day: date) -> bool:
        """Whether this row is in force on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


_WI2021 = date(2022, 1, 1)
_BESLUIT = "Besluit inburgering 2021"
_WET = "Wet inburgering 2021"

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("pip-term", 70, "days", _WI2021, None, f"{_BESLUIT} art. 5.3 lid 1", "verified"),
    Parameter("pip-third-party", 14, "days", _WI2021, None, f"{_BESLUIT} art. 5.3 lid 2", "verified"),
    Parameter("pip-moved", 70, "days", _WI2021, None, f"{_BESLUIT} art. 5.3 lid 3", "verified"),
    Parameter("inburgeringstermijn", 3, "years", _WI2021, None, f"{_WET} art. 11", "verified"),
    Parameter("youngest-age", 16, "years", date(2007, 1, 1), None, f"{_WET} art. 3", "verified"),
    Parameter("pvt-hours", 12, "hours", _WI2021, None, f"{_BESLUIT} art. 3.1", "verified"),
    Parameter("map-hours", 40, "hours", _WI2021, None, "Regeling inburgering 2021", "report"),
    Parameter("z-course-hours", 800, "hours", _WI2021, None, f"{_BESLUIT} art. 3.14", "verified"),
    Parameter("z-participation-hours", 800, "hours", _WI2021, None, f"{_BESLUIT} art. 3.14", "verified"),
    Parameter("progress-talks", 2, "talks", _WI2021, None, "memorie van toelichting Wi2021", "report"),
    # The AOW age in months, by the year in which somebody reaches it.
    Parameter("aow-age", 796, "months", date(2007, 1, 1), date(2021, 12, 31), "AOW art. 7a", "unverified"),
    Parameter("aow-age", 799, "months", date(2022, 1, 1), date(2022, 12, 31), "AOW art. 7a", "unverified"),
    Parameter("aow-age", 802, "months", date(2023, 1, 1), date(2023, 12, 31), "AOW art. 7a", "unverified"),
    Parameter("aow-age", 804, "months", date(2024, 1, 1), date(2027, 12, 31), "AOW art. 7a", "unverified"),
    Parameter("aow-age", 807, "months", date(2028, 1, 1), None, "AOW art. 7a", "unverified"),
)


def value_on(code: str, day: date, parameters: Iterable[Parameter] = PARAMETERS) -> int:
    """The value of a parameter on a day.

    Raises:
        LookupError: no row holds on that day; the rule does not exist then.
    """
    for parameter in parameters:
        if parameter.code == code and parameter.holds_on(day):
            return parameter.value
    raise LookupError(f"no value of {code} holds on {day.isoformat()}")
