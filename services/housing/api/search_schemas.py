# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Searches and their proposals on the wire."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from chassis.schema import described
from chassis.web import Day, Gemeentecode, InstantOrNone, LongText, Schema
from services.housing.api.jobs import job_place
from services.housing.models import Proposal, ProposalRun

__all__ = [
    "ProposalOut",
    "RunListed",
    "RunOut",
    "SearchIn",
    "SetAsideIn",
    "named",
    "named_by",
    "proposal_out",
    "run_listed",
    "run_out",
]


class SearchIn(Schema):
    """Waarop te zoeken. Er wordt niets besloten."""

    gemeentecodes: list[Gemeentecode] = described(
        "De gemeenten; zonder opgave alle waarvan u huishoudens ziet.", default_factory=list, max_length=50
    )
    exchange_slack: Annotated[int, Field(ge=0, le=1000)] = described(
        "Hoeveel personen een gemeente door uitruil meer mag sturen of overnemen dan zij terugkrijgt.",
        default=10,
    )
    most_exchanges: Annotated[int, Field(ge=0, le=1000)] | None = described(
        "Hoeveel huishoudens ten hoogste naar een andere gemeente gaan.", default=None
    )
    transit_exits: Annotated[int, Field(ge=0, le=1000)] = described(
        "Hoeveel doorstroomwoningen per gemeente: voor elk moet later een vervolgwoning zijn.", default=5
    )
    time_limit_seconds: Annotated[int, Field(ge=1, le=1800)] | None = described(
        "Hoe lang ten hoogste wordt gezocht.", default=None
    )


class LevelOut(Schema):
    """Hoever een doel kwam."""

    level: Literal["shortfall", "urgency", "quality"]
    value: int
    bound: int | None = described("Beter dan dit kan het niet.")
    gap: float | None = described("Hoe ver de uitkomst van het beste af kan zijn, als deel.")
    proven: bool = described("Of bewezen is dat het niet beter kan.")


class ValuesOut(Schema):
    """De drie doelen."""

    shortfall: int = described("Personen die van de taken blijven liggen.")
    urgency: int = described(
        "Punten voor wachten van wie een voorstel krijgt: 5 per huishouden en 1 per week boven de termijn, "
        "ten hoogste 155 per huishouden."
    )
    quality: int = described("Punten van wat past.")


class RulePriceOut(Schema):
    """Wat een regel van een corporatie kost: wat zonder die regel meer kan."""

    corporation_id: UUID
    gemeentecode: Gemeentecode
    rule: Literal["min_persons", "contingent"]
    matches_more: int
    persons_more: int
    urgency_more: int
    proven: bool


class UnusedPinOut(Schema):
    """Een vastgezet paar waarmee deze zoekopdracht niets kon."""

    pin_id: UUID
    household_id: UUID
    dwelling_id: UUID
    why: Literal["household-held", "household-not-waiting", "dwelling-not-offered"] = described(
        "household-held: teruggehouden; household-not-waiting: wacht niet op een huis en zoekt geen ander; "
        "dwelling-not-offered: niet aangeboden in deze gemeenten, of al in gebruik."
    )


class RunListed(Schema):
    """Een zoekopdracht in een lijst: hoe goed de uitkomst bewezen is, zonder huishoudens te noemen."""

    id: UUID
    gemeentecodes: list[Gemeentecode]
    status: Literal["queued", "running", "done", "cancelled", "failed"]
    requested_on: Day
    finished_at: InstantOrNone
    statement: str | None = described("Hoe goed de uitkomst is, in woorden.")
    proven: bool | None
    levels: list[LevelOut]
    values: ValuesOut | None
    by_hand: ValuesOut | None = described("Wat 'wie het langst wacht eerst' had gegeven.")
    households: int | None
    dwellings: int | None
    solver: str | None
    seconds: float | None
    input_digest: str | None = described("SHA-256 van de invoer, waarmee de uitkomst is na te rekenen.")
    rule_prices: list[RulePriceOut]
    fairness: dict[str, Any] | None = described(
        "Hoeveel huishoudens wel en niet een voorstel kregen, naar grootte en gemeente."
    )
    job_url: str
    proposals_url: str


class RunOut(RunListed):
    """Een zoekopdracht, met hoe goed de uitkomst bewezen is."""

    fairness: dict[str, Any] | None = described(
        "Wie wel en niet een voorstel kreeg, naar grootte en gemeente."
    )
    unused_pins: list[UnusedPinOut] = described("Wat is vastgezet en in deze zoekopdracht niet kon meedoen.")


class CheckOut(Schema):
    """Een harde regel en het gegeven waarnaar is gekeken."""

    rule: str
    passed: bool
    fact: str


class OtherDwellingOut(Schema):
    """Een andere woning die past."""

    dwelling_id: UUID
    score: int


class OtherHouseholdOut(Schema):
    """Een ander huishouden dat in de woning past."""

    household_id: UUID
    proposed: bool = described("Of dit huishouden in deze zoekopdracht een andere woning krijgt voorgesteld.")
    urgency: int
    score: int


class ProposalOut(Schema):
    """Een voorstel met alle redenen. Een mens beslist."""

    id: UUID
    rank: int
    household_id: UUID
    dwelling_id: UUID
    gemeentecode: Gemeentecode
    dwelling_gemeentecode: Gemeentecode
    exchange: bool = described("Of er een uitruil voor nodig is.")
    shared: bool
    moving_on: bool = described(
        "Of dit een vervolgwoning is: het huishouden heeft een huis, telde daarmee al mee, en moet daar weg."
    )
    persons: int
    score: int = described("De som van de punten.")
    points: dict[str, int] = described("De zeven delen van de score.")
    not_asked: list[str] = described(
        "Delen waarvoor dit huishouden niets vroeg: zonder wens voor werk, familie of school is elke woning goed."
    )
    urgency: int
    weeks_waiting: int = described(
        "Weken sinds de koppeling; bij een vervolgwoning sinds de dag dat ernaar wordt gezocht."
    )
    weeks_over_term: int
    rules: list[CheckOut]
    other_dwellings: list[OtherDwellingOut] = described("De beste andere woningen voor dit huishouden.")
    other_households: list[OtherHouseholdOut] = described(
        "De dringendste andere huishoudens voor deze woning."
    )
    fitting_dwellings: int = described("Hoeveel woningen in totaal passen.")
    fitting_households: int = described("Hoeveel huishoudens in totaal passen.")
    left_waiting: int = described(
        "Wat het anderen kost: huishoudens die hier passen en geen voorstel krijgen."
    )
    status: Literal["open", "sent", "set-aside"]
    set_aside_reason: str | None


class SetAsideIn(Schema):
    """Waarom een voorstel niet wordt gevolgd."""

    reason: LongText = described("Waarom.")


def _statement(outcome: dict[str, Any]) -> str | None:
    if not outcome:
        return None
    if outcome["proven"]:
        return "Bewezen het beste dat kan."
    gaps = [level["gap"] for level in outcome["levels"] if not level["proven"]]
    if any(gap is None for gap in gaps):
        return "Het beste dat in de tijd is gevonden; hoe ver het van het beste af is, is niet bewezen."
    off = 100 * max(gaps, default=0)
    return f"Het beste dat in de tijd is gevonden; per doel hoogstens {off:.1f} % van het beste af."


def _run_fields(row: ProposalRun) -> dict[str, Any]:
    found = row.outcome
    return {
        **row.model_dump(
            include={"id", "gemeentecodes", "status", "requested_on", "finished_at", "input_digest"}
        ),
        "statement": _statement(found),
        "proven": found.get("proven"),
        "levels": found.get("levels", []),
        "values": found.get("values"),
        "by_hand": found.get("byHand"),
        "households": found.get("households"),
        "dwellings": found.get("dwellings"),
        "solver": found.get("solver"),
        "seconds": found.get("seconds"),
        "rule_prices": [_price(one) for one in found.get("rulePrices", [])],
        "fairness": found.get("fairness"),
        "job_url": job_place(row.id),
        "proposals_url": f"/housing/v1/match-proposals/{row.id}/proposals",
    }


def run_listed(row: ProposalRun) -> RunListed:
    """A search in a list: it names nobody."""
    fields = _run_fields(row)
    if fields["fairness"] is not None:  # who was passed over is told where a search is read by itself
        fields["fairness"] = {
            name: told for name, told in fields["fairness"].items() if name != "passed_over"
        }
    return RunListed.model_validate(fields)


def run_out(row: ProposalRun) -> RunOut:
    """A search by itself; who is shown it is logged by the caller."""
    pins = [UnusedPinOut.model_validate(one) for one in row.outcome.get("unusedPins", [])]
    return RunOut.model_validate({**_run_fields(row), "unused_pins": pins})


def _price(found: dict[str, Any]) -> dict[str, Any]:
    corporation, _, code = str(found["corporation"]).partition("/")
    kept = {name: value for name, value in found.items() if name != "corporation"}
    return {**kept, "corporation_id": corporation, "gemeentecode": code}


def proposal_out(row: Proposal) -> ProposalOut:
    """A proposal with its reasons."""
    reasons, others = row.reasons, row.alternatives
    return ProposalOut.model_validate(
        {
            **row.model_dump(
                include={
                    "id",
                    "rank",
                    "household_id",
                    "dwelling_id",
                    "gemeentecode",
                    "dwelling_gemeentecode",
                    "persons",
                    "score",
                    "urgency",
                    "status",
                    "set_aside_reason",
                }
            ),
            "exchange": row.gemeentecode != row.dwelling_gemeentecode,
            "shared": reasons["shared"],
            "moving_on": reasons.get("movingOn", False),
            "points": reasons["points"],
            "not_asked": reasons.get("notAsked", []),  # searches of before it was kept
            "weeks_waiting": reasons["weeksWaiting"],
            "weeks_over_term": reasons["weeksOverTerm"],
            "rules": reasons["rules"],
            "other_dwellings": others["dwellings"],
            "other_households": others["households"],
            "fitting_dwellings": others["fittingDwellings"],
            "fitting_households": others["fittingHouseholds"],
            "left_waiting": others["leftWaiting"],
        }
    )


def named(rows: Iterable[Proposal]) -> set[UUID]:
    """The households that proposals show, those that would fit instead among them."""
    return {row.household_id for row in rows} | {
        UUID(one["householdId"]) for row in rows for one in row.alternatives["households"]
    }


def named_by(run: ProposalRun) -> set[UUID]:
    """The households that a search names: those passed over for long, and those whose pin was of no use."""
    passed_over = {UUID(one) for one in run.outcome.get("fairness", {}).get("passed_over", ())}
    return passed_over | {UUID(one["householdId"]) for one in run.outcome.get("unusedPins", ())}
