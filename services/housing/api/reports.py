# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the desk says together: waits, refusals, what a rule costs, and the weeks to come."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from chassis.errors import AgreementMissing, Forbidden, NotFound
from chassis.schema import described
from chassis.web import Day, DayOrNone, Gemeentecode, Router, Schema, TxDep, problems
from services.housing.actions.effects import effect_of_rule
from services.housing.actions.households import look_at_ids
from services.housing.actions.visibility import check_sees
from services.housing.api.account_schemas import BookDay, check_period
from services.housing.api.declarations import CORPORATION, PERSON_READERS, housing
from services.housing.rules.codes import Refusal
from services.housing.rules.households import HouseholdType, Waits, household_type, is_long_wait, waits_of
from services.housing.rules.team import short_of_team
from services.housing.store import reports as store

router = Router()

GemeenteQuery = Annotated[Gemeentecode, Query(description="De gemeente.")]
_LARGE_FROM = 8

MOST_NAMED = 200
"""Households that a report names; the numbers beside them count all."""


class WaitOut(Schema):
    """Wachttijden van één soort huishouden."""

    household_type: HouseholdType | None = described("Leeg: alle huishoudens samen.")
    households: int
    mean_days: int
    median_days: int
    max_days: int
    mean_months: float = described("Eén decimaal.")
    median_months: float
    max_months: float
    long_waits: int = described("Hoeveel huishoudens langer dan 24 maanden wachten of wachtten.")


class WaitsOut(Schema):
    """Wachttijden van koppeling tot sleutel, en tot vandaag voor wie nog wacht."""

    gemeentecode: Gemeentecode
    peildatum: Day
    to_key: list[WaitOut] = described("Wie een sleutel kreeg.")
    waiting: list[WaitOut] = described("Wie nog wacht.")
    long_waiting_household_ids: list[UUID] = described(
        f"Wie nu langer dan 24 maanden wacht; ten hoogste {MOST_NAMED}, langst gekoppeld eerst."
    )


class RefusalOut(Schema):
    """Hoe vaak een woning om één reden werd afgewezen of geweigerd."""

    refusal: Refusal
    by: Literal["gemeente", "household"]
    matches: int


class RefusalsOut(Schema):
    """Afwijzingen en weigeringen per reden."""

    gemeentecode: Gemeentecode
    since: Day
    until: Day
    refusals: list[RefusalOut]
    large_families_without_offer: list[UUID] = described(
        f"Gezinnen van 8 of meer die nog nooit een aanbod kregen; ten hoogste {MOST_NAMED}, langst gekoppeld eerst."
    )


class EffectOut(Schema):
    """Wat een regel kost: hoeveel matches tegelijk mogelijk zijn met en zonder."""

    rule_id: UUID
    households: int = described("Wachtende huishoudens die zijn meegeteld.")
    dwellings: int = described("Aangeboden woningen die zijn meegeteld.")
    matches_with: int
    matches_without: int
    extra_matches: int
    exact: bool = described("Of er niet meer mogelijk zijn; anders is het wat binnen de tijd is gevonden.")


class WeekOut(Schema):
    """Wat er in een week wordt verwacht."""

    week: Day = described("De maandag.")
    dwellings: int = described("Woningen die vrijkomen.")
    moves: int = described("Verhuizingen: sleutel, of uiterste dag ervoor.")
    persons: int = described("Personen die verhuizen: zoveel plaatsen vragen begeleiding en taalles.")
    volunteers: int = described("Vrijwilligers van VluchtelingenWerk die bij deze verhuizingen helpen.")
    without_volunteer: int = described("Verhuizingen die nog moeten komen en waarbij nog niemand helpt.")
    team_moves: int | None = described(
        "Verhuizingen die het team van VluchtelingenWerk aankan; leeg: dat is niet doorgegeven."
    )
    team_announced_on: DayOrNone = described("Op welke dag het team dit doorgaf.")
    team_short: int | None = described("Verhuizingen boven wat het team aankan; leeg: niet doorgegeven.")


class WeeksOut(Schema):
    """De komende weken van een gemeente."""

    gemeentecode: Gemeentecode
    weeks: list[WeekOut]


def _wait_out(kind: HouseholdType | None, waits: Waits) -> WaitOut:
    return WaitOut(
        household_type=kind,
        households=waits.households,
        mean_days=waits.mean_days,
        median_days=waits.median_days,
        max_days=waits.max_days,
        mean_months=float(Waits.months(waits.mean_days)),
        median_months=float(Waits.months(waits.median_days)),
        max_months=float(Waits.months(waits.max_days)),
        long_waits=waits.long_waits,
    )


def _table(rows: Iterable[tuple[int, date, date]]) -> list[WaitOut]:
    """All together first, then each kind that there is."""
    spans = [(household_type(persons), (linked, until)) for persons, linked, until in rows]
    found = []
    for kind in (None, *HouseholdType):
        waits = waits_of(span for one, span in spans if kind in {None, one})
        if waits is not None:
            found.append(_wait_out(kind, waits))
    return found


@router.get(
    "/waiting-times",
    operation_id="readWaitingTimes",
    summary="Wachttijden van koppeling tot sleutel",
    response_model=WaitsOut,
    responses=problems(Forbidden, AgreementMissing),
    openapi_extra=housing(PERSON_READERS, "wachttijden-raadplegen"),
)
async def read_waiting_times(
    tx: TxDep,
    gemeentecode: GemeenteQuery,
    peildatum: Annotated[BookDay | None, Query(description="Tot welke dag; zonder opgave vandaag.")] = None,
) -> WaitsOut:
    """Gemiddelde, mediaan en langste wachttijd per soort huishouden. Langer dan 24 maanden wordt gemeld."""
    check_sees(tx, gemeentecode)
    day = peildatum or tx.today
    rows = await store.waits(tx, gemeentecode, day)
    waiting = [row for row in rows if row.until is None]
    long = [row.household_id for row in waiting if is_long_wait(row.linked_on, day)][:MOST_NAMED]
    await look_at_ids(tx, long)
    return WaitsOut(
        gemeentecode=gemeentecode,
        peildatum=day,
        to_key=_table((row.persons, row.linked_on, row.until) for row in rows if row.until is not None),
        waiting=_table((row.persons, row.linked_on, day) for row in waiting),
        long_waiting_household_ids=long,
    )


@router.get(
    "/refusals",
    operation_id="readRefusals",
    summary="Waarom woningen niet werden genomen",
    response_model=RefusalsOut,
    responses=problems(Forbidden, AgreementMissing),
    openapi_extra=housing(PERSON_READERS, "match-raadplegen"),
)
async def read_refusals(
    tx: TxDep,
    gemeentecode: GemeenteQuery,
    since: Annotated[
        BookDay | None,
        Query(
            alias="from", description="Vanaf welke dag; zonder opgave vanaf dezelfde maand een jaar eerder."
        ),
    ] = None,
    until: Annotated[
        BookDay | None, Query(description="Tot en met welke dag; zonder opgave vandaag.")
    ] = None,
) -> RefusalsOut:
    """Telt afwijzingen en weigeringen per reden, en noemt grote gezinnen die nog nooit een aanbod kregen."""
    check_sees(tx, gemeentecode)
    last = until or tx.today
    first = since or date(last.year - 1, last.month, 1)
    check_period(first, last)
    counts = await store.refusal_counts(tx, gemeentecode, first, last)
    large = list(await store.without_offer(tx, gemeentecode, persons_from=_LARGE_FROM, limit=MOST_NAMED))
    await look_at_ids(tx, large)
    return RefusalsOut(
        gemeentecode=gemeentecode,
        since=first,
        until=last,
        refusals=[
            RefusalOut(
                refusal=Refusal(one.refusal),
                by="gemeente" if one.status == "rejected" else "household",
                matches=one.matches,
            )
            for one in counts
        ],
        large_families_without_offer=large,
    )


@router.get(
    "/corporations/{corporationId}/rules/{ruleId}/effect",
    operation_id="readRuleEffect",
    summary="Wat een regel van een corporatie kost",
    response_model=EffectOut,
    responses=problems(NotFound),
    openapi_extra=housing(PERSON_READERS | CORPORATION, "corporatie-raadplegen"),
)
async def read_rule_effect(corporationId: UUID, ruleId: UUID, tx: TxDep) -> EffectOut:  # noqa: N803 - as in the path
    """Hoeveel matches er tegelijk meer mogelijk zouden zijn zonder deze regel, ook door woningen te delen.

    Een corporatie vraagt dit alleen van haar eigen regels, en ziet alleen aantallen.
    """
    effect = await effect_of_rule(tx, corporation_id=corporationId, rule_id=ruleId)
    return EffectOut(
        rule_id=ruleId,
        households=effect.households,
        dwellings=effect.dwellings,
        matches_with=effect.matches_with,
        matches_without=effect.matches_without,
        extra_matches=effect.extra,
        exact=effect.exact,
    )


@router.get(
    "/weeks",
    operation_id="readComingWeeks",
    summary="Wat er per week wordt verwacht",
    response_model=WeeksOut,
    responses=problems(Forbidden, AgreementMissing),
    openapi_extra=housing(PERSON_READERS, "verhuizing-begeleiden"),
)
async def read_coming_weeks(
    tx: TxDep,
    gemeentecode: GemeenteQuery,
    weeks: Annotated[int, Query(ge=1, le=52, description="Hoeveel weken vooruit.")] = 12,
) -> WeeksOut:
    """Woningen die vrijkomen en verhuizingen per week: wat VluchtelingenWerk en de taalscholen kunnen verwachten.

    Ook hoeveel vrijwilligers er al helpen, hoeveel verhuizingen nog niemand hebben, en hoeveel het team aankan.
    """
    check_sees(tx, gemeentecode)
    rows = await store.moves_by_week(tx, gemeentecode, tx.today, tx.today + timedelta(days=7 * (weeks - 1)))
    return WeeksOut(
        gemeentecode=gemeentecode,
        weeks=[
            WeekOut.model_validate({**row._asdict(), "team_short": short_of_team(row.moves, row.team_moves)})
            for row in rows
        ],
    )
