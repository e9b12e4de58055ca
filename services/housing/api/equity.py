# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether the matching is fair and whether people weigh its proposals; and what a register of algorithms asks of it."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import Query

from chassis.db import Tx
from chassis.errors import AgreementMissing, FieldError, Forbidden, InvalidInput
from chassis.schema import described
from chassis.web import Count, Day, Gemeentecode, Router, Schema, TxDep, problems
from services.housing.actions.register import RegisterEntry, register_entry
from services.housing.actions.visibility import check_sees
from services.housing.api.account_schemas import BookDay, check_period
from services.housing.api.declarations import PERSON_READERS, housing
from services.housing.rules import equity as rules
from services.housing.rules.half_years import quarter_of
from services.housing.store import equity as store

router = Router()

GemeenteQuery = Annotated[
    Gemeentecode | None, Query(description="De gemeente; zonder opgave alle waarvan u huishoudens ziet.")
]


class ShareOut(Schema):
    """Eén soort huishouden in een kwartaal."""

    name: str = described(
        "Soort huishouden naar grootte, 'needed' of 'not-needed' bij toegankelijkheid, of de gemeentecode."
    )
    sought: Count = described("Huishoudens die in het kwartaal een huis zochten.")
    housed: Count = described("Van hen: wie in het kwartaal een huis kreeg.")
    housed_percent: float = described("Eén decimaal.")
    waiting: Count = described("Van hen: wie op de laatste dag nog wacht.")
    median_weeks: Count | None = described("Hoe lang de middelste dan wacht; leeg als niemand wacht.")
    most_weeks: Count | None = described("Hoe lang de langst wachtende dan wacht.")
    long_waiting: Count = described("Wie dan een half jaar of langer boven de termijn wacht.")


class ExchangedOut(Schema):
    """Huishoudens die door een uitruil naar een andere gemeente gingen."""

    gemeentecode: Gemeentecode
    households: Count


class EquityOut(Schema):
    """Wie in een kwartaal een huis kreeg, en wie wacht."""

    gemeentecodes: list[Gemeentecode]
    quarter: str = described("Zoals 2024-4.")
    first_day: Day
    last_day: Day = described("De laatste dag, of vandaag als het kwartaal nog loopt.")
    by_size: list[ShareOut]
    by_accessibility: list[ShareOut]
    by_gemeente: list[ShareOut]
    exchanged: list[ExchangedOut]


class FollowingOut(Schema):
    """Hoe mensen met de voorstellen van het zoeken omgaan."""

    gemeentecodes: list[Gemeentecode]
    since: Day
    until: Day
    sent: Count = described("Voorstellen die een match werden.")
    set_aside: Count = described("Voorstellen die iemand niet volgde, met de reden.")
    untouched: Count = described("Voorstellen waarover niemand iets zei.")
    approved: Count = described("Besluiten: matches naar een voorstel die zijn goedgekeurd.")
    rejected: Count = described("Besluiten: matches naar een voorstel die zijn afgewezen.")
    own: Count = described("Besluiten over matches die geen voorstel volgden.")
    judged: Count = described(
        "Voorstellen waarover een mens oordeelde: niet gevolgd, goedgekeurd of afgewezen."
    )
    deviating: Count = described("Daarvan anders dan het voorstel.")
    deviating_percent: float | None = described("Eén decimaal; leeg als niemand oordeelde.")
    nobody_deviates: bool = described(
        "Of er veel is beoordeeld en nooit anders dan het voorstel. Dat is een waarschuwing: misschien weegt niemand "
        "meer."
    )
    timed: Count = described("Besluiten waarvan de tijd bekend is.")
    median_seconds: Count | None = described("De helft van die besluiten duurde niet langer.")


@router.get(
    "/equity",
    operation_id="readEquity",
    summary="Wie in een kwartaal een huis kreeg, en wie wacht",
    response_model=EquityOut,
    responses=problems(Forbidden, AgreementMissing),
    openapi_extra=housing(PERSON_READERS, "verdeling-raadplegen"),
)
async def read_equity(
    tx: TxDep,
    gemeentecode: GemeenteQuery = None,
    quarter: Annotated[
        str | None,
        Query(
            pattern="^[0-9]{4}-[1-4]$", description="Het kwartaal, zoals 2024-4; zonder opgave dit kwartaal."
        ),
    ] = None,
) -> EquityOut:
    """Telt per grootte, toegankelijkheid en gemeente wie een huis kreeg en hoe lang de anderen wachten.

    Geteld uit wat is gebeurd, dus ook matches zonder voorstel. Herkomst, taal en geslacht zijn hier niet bekend.
    """
    codes = _codes(tx, gemeentecode)
    year, number = quarter_of(tx.today) if quarter is None else (int(quarter[:4]), int(quarter[-1]))
    try:
        first, last = rules.quarter_days(year, number, tx.today)
    except ValueError:
        text = "Dit kwartaal is nog niet begonnen, of bestaat niet."
        raise InvalidInput(text, errors=[FieldError("no-quarter", text, parameter="quarter")]) from None
    waits = await store.waits_in(tx, codes, first, last)
    gone = await store.exchanged(tx, codes, first, last)
    return EquityOut(
        gemeentecodes=codes,
        quarter=f"{year}-{number}",
        first_day=first,
        last_day=last,
        by_size=_shares(rules.by_size(waits, first, last)),
        by_accessibility=_shares(rules.by_accessibility(waits, first, last)),
        by_gemeente=_shares(rules.by_gemeente(waits, first, last)),
        exchanged=[ExchangedOut(gemeentecode=code, households=number) for code, number in gone.items()],
    )


def _shares(found: Sequence[rules.Share]) -> list[ShareOut]:
    return [ShareOut.model_validate(one, from_attributes=True) for one in found]


@router.get(
    "/proposal-use",
    operation_id="readProposalUse",
    summary="Hoe mensen met voorstellen omgaan",
    response_model=FollowingOut,
    responses=problems(Forbidden, AgreementMissing),
    openapi_extra=housing(PERSON_READERS, "verdeling-raadplegen"),
)
async def read_proposal_use(
    tx: TxDep,
    gemeentecode: GemeenteQuery = None,
    since: Annotated[
        BookDay | None,
        Query(alias="from", description="Vanaf welke dag; zonder opgave een jaar voor de laatste."),
    ] = None,
    until: Annotated[
        BookDay | None, Query(description="Tot en met welke dag; zonder opgave vandaag.")
    ] = None,
) -> FollowingOut:
    """Hoe vaak van een voorstel is afgeweken, en hoeveel tijd een besluit kreeg. Nooit afwijken is een waarschuwing."""
    codes = _codes(tx, gemeentecode)
    last = until or tx.today
    first = since or date(last.year - 1, last.month, 1)
    check_period(first, last)
    found = await store.following(tx, codes, first, last)
    return FollowingOut(
        gemeentecodes=codes,
        since=first,
        until=last,
        sent=found.sent,
        set_aside=found.set_aside,
        untouched=found.untouched,
        approved=found.approved,
        rejected=found.rejected,
        own=found.own,
        judged=found.judged,
        deviating=found.deviating,
        deviating_percent=found.deviating_percent,
        nobody_deviates=found.nobody_deviates,
        timed=len(found.seconds),
        median_seconds=found.median_seconds,
    )


def _codes(tx: Tx, gemeentecode: str | None) -> list[str]:
    """The gemeenten that are asked for: one, or all of which the caller sees households."""
    if gemeentecode is None:
        return sorted(tx.acting.person_codes(tx.purpose))
    check_sees(tx, gemeentecode)
    return [gemeentecode]


class AlgorithmOut(Schema):
    """Het zoeken naar matches, zoals een algoritmeregister het vraagt. Leeg is wat uw organisatie zelf invult."""

    name: str
    organization: str | None = described("Vult uw organisatie in.")
    department: str | None = described("Vult uw organisatie in.")
    description_short: str
    type: str
    category: list[str]
    website: str | None = described("Vult uw organisatie in.")
    status: str
    goal: str
    impact: str
    proportionality: str
    decision_making_process: str
    human_intervention: str
    risk_management: str
    lawful_basis: list[str]
    dpia: str | None = described("Vult uw organisatie in: het kenmerk van de DPIA.")
    iama: str | None = described("Vult uw organisatie in: het kenmerk van de IAMA.")
    source_data: list[str] = described("Elk gegeven dat meetelt; een ander gegeven weigert het zoeken.")
    never_used: list[str]
    methods_and_models: str
    weights: dict[str, str] = described("Waar de punten van 'past bij elkaar' voor zijn.")
    provider: str
    contact_email: str | None = described("Vult uw organisatie in.")
    standard_version: str
    version: str = described("Van de software.")
    model: int = described("Telt elke wijziging van de regels en de doelen.")
    solver_seconds: int = described("Hoe lang een zoekopdracht hier ten hoogste rekent.")
    generated_on: Day
    to_fill: list[str] = described("De velden die uw organisatie nog invult.")


@router.get(
    "/algorithm-register-entry",
    operation_id="readAlgorithmRegisterEntry",
    summary="Het zoeken naar matches voor het algoritmeregister",
    response_model=AlgorithmOut,
    openapi_extra=housing(PERSON_READERS, "verdeling-raadplegen"),
)
async def read_algorithm_register_entry(tx: TxDep) -> AlgorithmOut:
    """De velden van een algoritmeregister, gemaakt uit hoe het zoeken nu is ingesteld."""
    entry: RegisterEntry = register_entry(solver_seconds=tx.settings.solver_seconds, today=tx.today)
    return AlgorithmOut.model_validate(entry)
