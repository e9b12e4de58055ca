# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One person, composed from what each service knows; a part that is away leaves the rest readable."""

from dataclasses import dataclass
from datetime import date

from starlette.responses import Response

from portal.dates import days_until
from portal.gateway import Fault, Json
from portal.visit import Visit

__all__ = ["Bar", "bars_of", "show"]

PERSONS = "/intake/v1/inburgeraars"


@dataclass(frozen=True, slots=True)
class Bar:
    """One kind of hours of the ledger, as a bar and as a row of the table beside it."""

    text: str
    hours: float
    percent: float  # of the longest bar
    tone: str


async def show(visit: Visit) -> Response:
    """Everything that this person's role may see of one inburgeraar."""
    person_id = visit.path("person_id")
    gateway = visit.gateway
    person = await gateway.get(f"{PERSONS}/{person_id}")
    ledger, pips, deadlines, signals, looks, lead = await gateway.all_of(
        gateway.get(f"/learning-routes/v1/inburgeraars/{person_id}/ledger"),
        gateway.items(f"{PERSONS}/{person_id}/pips"),
        gateway.items("/notifications/v1/deadlines", inburgeraarId=person_id),
        gateway.items("/notifications/v1/signals", inburgeraarId=person_id),
        gateway.items(f"{PERSONS}/{person_id}/looks"),
        _lead(visit, person.get("leadMemberId")),
    )
    if not isinstance(pips, Fault):
        pips.sort(key=lambda pip: pip["version"], reverse=True)
    if not isinstance(deadlines, Fault):
        deadlines = _timeline(deadlines, visit.today)
    if not isinstance(signals, Fault):
        signals.sort(key=lambda signal: signal["raisedAt"], reverse=True)
    return visit.render(
        "person/file.html",
        person=person,
        ledger=ledger,
        bars=[] if isinstance(ledger, Fault) else bars_of(ledger),
        pips=pips,
        deadlines=deadlines,
        signals=signals,
        looks=looks,
        lead=None if isinstance(lead, Fault) else lead,
        is_fault=lambda part: isinstance(part, Fault),
    )


async def _lead(visit: Visit, member_id: str | None) -> str | None:
    """The name of the lead; None when there is nobody yet."""
    if member_id is None:
        return None
    member = await visit.gateway.get(f"/gateway/v1/members/{member_id}")
    return str(member["displayName"])


def bars_of(ledger: Json) -> list[Bar]:
    """The hours of the ledger; the longest bar is the target, or what was offered when there is none."""
    whole = max(float(ledger.get(name) or 0) for name in ("target", "offered", "attended")) or 1.0
    kinds = (
        ("attended", "Aanwezig", "attended"),
        ("excused", "Geoorloofd afwezig", "excused"),
        ("sick", "Ziek", "sick"),
        ("unexcused", "Ongeoorloofd afwezig", "unexcused"),
        ("unregistered", "Niet ingevuld", "unregistered"),
    )
    return [
        Bar(text, hours, round(min(100.0, hours / whole * 100), 1), tone)
        for field, text, tone in kinds
        if (hours := float(ledger.get(field) or 0)) or field == "attended"
    ]


def _timeline(deadlines: list[Json], today: date) -> list[Json]:
    dated = [clock for clock in deadlines if clock["dueOn"]]
    dated.sort(key=lambda clock: (clock["dueOn"], clock["id"]))
    return [{**clock, "days": days_until(clock["dueOn"], today)} for clock in dated]
