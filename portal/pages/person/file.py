# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One person, composed from what each service knows; a part that is away leaves the rest readable."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from starlette.responses import Response

from portal.dates import AMSTERDAM, days_until, hours
from portal.gateway import Fault, Json
from portal.visit import Visit
from portal.words import label

__all__ = ["Bar", "Look", "bars_of", "looks_of", "participation_words", "show", "way_bars_of"]

PERSONS = "/intake/v1/inburgeraars"
MOST_LOOKS = 100  # lines of the log, that say less often who


@dataclass(frozen=True, slots=True)
class Bar:
    """One kind of hours of the ledger, as a bar and as a row of the table beside it."""

    text: str
    hours: float
    percent: float  # of the longest bar
    tone: str


@dataclass(slots=True)
class Look:
    """Somebody looked at this person on a day."""

    who: str
    organisation: str
    at: str  # the latest time of that day
    purpose: str
    times: int = 1


async def show(visit: Visit) -> Response:
    """Everything that this person's role may see of one inburgeraar."""
    person_id = visit.path("person_id")
    gateway = visit.gateway
    person = await gateway.get(f"{PERSONS}/{person_id}")
    ledger, pips, deadlines, signals, looks, members, organisations = await gateway.all_of(
        gateway.get(f"/learning-routes/v1/inburgeraars/{person_id}/ledger"),
        gateway.items(f"{PERSONS}/{person_id}/pips"),
        gateway.items("/notifications/v1/deadlines", inburgeraarId=person_id),
        gateway.items("/notifications/v1/signals", inburgeraarId=person_id),
        gateway.get(f"{PERSONS}/{person_id}/access-log", pageSize=MOST_LOOKS),
        gateway.items("/gateway/v1/members"),
        gateway.items("/gateway/v1/organisations"),
    )
    people = {} if isinstance(members, Fault) else {one["id"]: one["displayName"] for one in members}
    parties = {} if isinstance(organisations, Fault) else {one["id"]: one["name"] for one in organisations}
    if not isinstance(pips, Fault):
        pips.sort(key=lambda pip: pip["version"], reverse=True)
        pips = [{**pip, "participation": participation_words(pip["participation"])} for pip in pips]
    if not isinstance(deadlines, Fault):
        deadlines = _timeline(deadlines, visit.today)
    if not isinstance(signals, Fault):
        signals.sort(key=lambda signal: signal["raisedAt"], reverse=True)
    return visit.render(
        "person/file.html",
        person=person,
        ledger=ledger,
        bars=[] if isinstance(ledger, Fault) else bars_of(ledger),
        way_bars=[] if isinstance(ledger, Fault) else way_bars_of(ledger),
        pips=pips,
        deadlines=deadlines,
        signals=signals,
        looks=looks if isinstance(looks, Fault) else looks_of(looks["items"], people, parties),
        lead=people.get(person["leadMemberId"]),
        is_fault=lambda part: isinstance(part, Fault),
    )


def looks_of(log: list[Json], people: Mapping[str, str], parties: Mapping[str, str]) -> list[Look]:
    """Who looked, once per person and day, the latest first; without the names that this role may not know."""
    found: dict[tuple[str, date], Look] = {}
    for line in log:
        on = datetime.fromisoformat(line["at"]).astimezone(AMSTERDAM).date()
        look = found.get((line["actorId"], on))
        if look is not None:
            look.times += 1
            continue
        roles = ", ".join(label("role", role) for role in line["roles"])
        found[line["actorId"], on] = Look(
            who=people.get(line["actorId"]) or roles.capitalize(),
            organisation=parties.get(line["organisationId"], ""),
            at=line["at"],
            purpose=line["purpose"],
        )
    return list(found.values())


def participation_words(value: Any) -> str:
    """The participation part of a PIP: hours, yes or no, or what somebody wrote."""
    if isinstance(value, bool):
        return "Ja" if value else "Nee"
    if value is None:
        return "Niet ingevuld"
    return value if isinstance(value, str) else f"{hours(value)} uur"


def bars_of(ledger: Json) -> list[Bar]:
    """The hours of the ledger; the longest bar is the target, or what was offered when there is none."""
    whole = max(float(ledger.get(name) or 0) for name in ("target", "offered", "attended")) or 1.0
    kinds = (
        ("attended", "Aanwezig", "attended"),
        ("attendedWithoutMark", "Aanwezig, school zonder keurmerk", "unregistered"),
        ("partlyMissed", "Deel van een les gemist", "excused"),
        ("excused", "Geoorloofd afwezig", "excused"),
        ("sick", "Ziek", "sick"),
        ("unexcused", "Ongeoorloofd afwezig", "unexcused"),
        ("unregistered", "Niet ingevuld", "unregistered"),
    )
    return [
        Bar(text, number, round(min(100.0, number / whole * 100), 1), tone)
        for field, text, tone in kinds
        if (number := float(ledger.get(field) or 0)) or field == "attended"
    ]


def way_bars_of(ledger: Json) -> list[Bar]:
    """The hours that the way to the PIP's level takes, beside what was offered and attended of it."""
    expected = ledger["learningWay"]["hours"]
    rows = [
        ("Aangeboden tot nu toe", float(ledger.get("offered") or 0), "excused"),
        (
            "Gevolgd tot nu toe",
            float(ledger.get("attended") or 0) + float(ledger.get("attendedWithoutMark") or 0),
            "attended",
        ),
    ]
    if expected is not None:
        rows.insert(0, ("Samen verwacht", float(expected), "unregistered"))
    whole = max(number for _, number, _ in rows) or 1.0
    return [Bar(text, number, round(number / whole * 100, 1), tone) for text, number, tone in rows]


def _timeline(deadlines: list[Json], today: date) -> list[Json]:
    dated = [clock for clock in deadlines if clock["dueOn"]]
    dated.sort(key=lambda clock: (clock["dueOn"], clock["id"]))
    return [{**clock, "days": days_until(clock["dueOn"], today)} for clock in dated]
