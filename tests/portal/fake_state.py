# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the fake gateway is told to be: empty, away, late; and what it was sent."""

from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from tests.portal import fake_data as data

Answer = tuple[int, Any]


@dataclass
class State:
    """One test's platform."""

    mode: str = "filled"  # filled | empty | long
    away: set[str] = field(default_factory=set)  # services that answer 503
    refuse_persons: bool = False  # 403 with the missing agreement
    late: bool = False  # entries wait for approval
    revoked: bool = False  # no token is taken any more
    demanded: dict[str, Any] | None = None  # of a new sign-in, by every service but the register
    attendances: dict[str, dict[str, Any]] = field(default_factory=dict)
    handled: dict[str, dict[str, Any]] = field(default_factory=dict)
    untold: set[str] = field(default_factory=set)  # fields that a service of the release before does not know
    way: dict[str, Any] = field(default_factory=dict)  # other facts of the way to the PIP's level
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    job_reads: int = 0
    clock: str = data.NOW

    @property
    def long(self) -> bool:
        """Long texts everywhere."""
        return self.mode == "long"


@dataclass(frozen=True)
class Call:
    """One request to a service, as its handler sees it."""

    gate: State
    request: Request
    who: str
    ids: dict[str, str]
    body: dict[str, Any]


REGISTER = {
    "required": {
        "givenNames",
        "familyName",
        "birthDate",
        "gender",
        "group",
        "permitType",
        "gemeentecode",
        "obligedOn",
    },
    "optional": {"bsn", "vNumber", "duoNoticeOn", "brpOn"},
}
PIP = {
    "required": {
        "signedOn",
        "leerroute",
        "level",
        "pvtHours",
        "mapHours",
        "participation",
        "talksPlanned",
        "goals",
    },
    "optional": {"amends", "delayReason", "routeHours", "guidance"},
}
ATTENDANCE = {"required": {"status"}, "optional": {"hours", "reason"}}


def checked(body: dict[str, Any], form: dict[str, set[str]]) -> dict[str, Any] | None:
    """The fault of a body with missing or unknown fields; None when it has the right form."""
    wrong = [(name, "Dit veld is verplicht.") for name in sorted(form["required"] - body.keys())]
    wrong += [
        (name, "Dit veld bestaat niet.") for name in sorted(body.keys() - form["required"] - form["optional"])
    ]
    return invalid(*wrong) if wrong else None


def invalid(*wrong: tuple[str, str]) -> dict[str, Any]:
    """A 400 with its places."""
    errors = [{"pointer": f"/{name}", "code": "invalid", "detail": detail} for name, detail in wrong]
    return {"code": "invalid-input", "title": "De invoer klopt niet", "errors": errors}


def page(items: list[Any]) -> Answer:
    """A list of one page."""
    return 200, {"items": items, "nextPageToken": None}


def not_agreed() -> Answer:
    """The refusal that names the missing agreement."""
    return 403, {
        "code": "agreement-missing",
        "title": "Er is geen afspraak die deze inzage toestaat",
        "detail": "Geen inzage op persoonsniveau voor dit doel.",
        "missing": data.MISSING_AGREEMENT,
    }
