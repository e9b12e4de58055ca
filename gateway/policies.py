# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The choices that the law leaves to a gemeente: which there are, and what a value may be.

The keys are the same for all; the values make three infrastructures of one build.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = ["POLICY_KEYS", "PolicyKey", "fault_of"]

_MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """One choice: its meaning for people, its unit and what a value may be."""

    meaning: str  # Dutch
    kind: Literal["count", "text", "choice", "list"]
    unit: str = ""  # Dutch, of a count
    at_least: int = 0
    at_most: int = 1_000
    choices: tuple[str, ...] = ()


POLICY_KEYS: Mapping[str, PolicyKey] = MappingProxyType(
    {
        "progress-talks": PolicyKey(
            "Voortgangsgesprekken tijdens het traject", "count", "gesprekken", 0, 100
        ),
        "progress-talks-with-work-guidance": PolicyKey(
            "Voortgangsgesprekken voor wie ook begeleiding naar werk krijgt",
            "count",
            "gesprekken",
            0,
            100,
        ),
        "progress-talks-per-year": PolicyKey(
            "Voortgangsgesprekken per jaar", "count", "gesprekken per jaar", 0, 52
        ),
        "first-group-programme": PolicyKey(
            "Het groepsprogramma waarmee iemand begint", "choice", choices=("startklas", "startgroep", "none")
        ),
        "first-group-programme-order": PolicyKey(
            "Wanneer dat groepsprogramma begint",
            "choice",
            choices=("before-pip", "during-pip", "after-pip"),
        ),
        "guidance-months": PolicyKey("Duur van de maatschappelijke begeleiding", "count", "maanden", 1, 60),
        "guidance-by": PolicyKey("Wie maatschappelijk begeleidt", "text"),
        "b1-provider": PolicyKey("Taalschool voor de B1-route", "text"),
        "z-provider": PolicyKey("Taalschool voor de Z-route", "text"),
        "onderwijsroute-provider": PolicyKey("School voor de onderwijsroute", "text"),
        "participation": PolicyKey("Hoe het participatiedeel wordt ingevuld", "text"),
        "participation-partners": PolicyKey("Partners voor het participatiedeel", "list"),
        "pvt-by": PolicyKey("Wie het participatieverklaringstraject verzorgt", "text"),
        "map-by": PolicyKey("Wie de MAP verzorgt", "text"),
        "caseload": PolicyKey("Inburgeraars per consulent", "count", "inburgeraars", 1, 500),
        "unexcused-limit": PolicyKey(
            "Lessen zonder geldige reden gemist voordat een signaal volgt", "count", "lessen", 1, 50
        ),
        "sickness-percent": PolicyKey(
            "Deel van de lesuren ziek waarboven een signaal volgt", "count", "procent", 1, 100
        ),
    }
)


def fault_of(key: str, value: object) -> str | None:
    """Return in Dutch what is wrong with a value of a known key; None if nothing is.

    No value at all (None) is right too: from that day the gemeente has no choice of its own.
    """
    if value is None:
        return None
    return _CHECKS[POLICY_KEYS[key].kind](POLICY_KEYS[key], value)


def _count_fault(rule: PolicyKey, value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return f"moet een geheel getal zijn ({rule.unit})"
    if not rule.at_least <= value <= rule.at_most:
        return f"moet tussen {rule.at_least} en {rule.at_most} {rule.unit} liggen"
    return None


def _list_fault(_: PolicyKey, value: object) -> str | None:
    if not isinstance(value, list) or not value or not all(_is_text(part) for part in value):
        return "moet een lijst van teksten zijn, met ten minste één"
    return None


def _text_fault(rule: PolicyKey, value: object) -> str | None:
    if not _is_text(value):
        return f"moet een tekst zijn van 1 tot {_MAX_TEXT} tekens"
    if rule.choices and value not in rule.choices:
        return f"moet een van deze zijn: {', '.join(rule.choices)}"
    return None


_CHECKS: Mapping[str, Callable[[PolicyKey, object], str | None]] = MappingProxyType(
    {"count": _count_fault, "list": _list_fault, "text": _text_fault, "choice": _text_fault}
)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= _MAX_TEXT
