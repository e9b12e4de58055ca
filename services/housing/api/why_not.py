# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why a search did not propose a household for a dwelling."""

from typing import Any, Literal
from uuid import UUID

from fastapi import Response

from chassis.errors import AgreementMissing, NotFound, ReferenceNotYetKnown
from chassis.schema import described
from chassis.web import Day, Router, Schema, TxDep, problems
from services.housing.actions import why_not as actions
from services.housing.api.declarations import MUNICIPALITY, VWN, housing
from services.housing.errors import NotInSearch, SearchInputGone, SearchNotDone
from services.housing.models import Explanation

router = Router()

SEARCHERS = MUNICIPALITY | VWN


class WhyNotIn(Schema):
    """Het huishouden en de woning waar de vraag over gaat."""

    household_id: UUID = described("Het huishouden.")
    dwelling_id: UUID = described("De woning.")


class ForcedOut(Schema):
    """Wat het anderen kost als dit huishouden deze woning toch krijgt. Een getal onder nul is winst."""

    persons_fewer: int = described("Personen die minder worden gehuisvest voor de taakstelling.")
    weeks_more: int = described("Weken wachten boven de termijn die blijven staan.")
    points_fewer: int = described("Punten waarmee de woningen samen minder goed passen.")
    losing_household_ids: list[UUID] = described(
        "Huishoudens die hun voorstel verliezen. Alleen voor wie zoekt."
    )
    proven: bool = described("Of bewezen is dat het niet goedkoper kan.")
    excluded: bool = described("Of iemand dit paar voor het zoeken had uitgesloten.")


class PairOut(Schema):
    """Een huishouden in een woning."""

    household_id: UUID
    dwelling_id: UUID


class WhyNotOut(Schema):
    """Waarom een zoekopdracht een paar niet voorstelde. Er wordt niets besloten."""

    id: UUID
    run_id: UUID
    household_id: UUID
    dwelling_id: UUID
    asked_on: Day
    status: Literal["computing", "done", "failed"] = described(
        "De prijs wordt uitgerekend, het antwoord is er, of er kwam geen antwoord."
    )
    outcome: Literal["proposed", "rule", "together", "price"] | None = described(
        "Toch voorgesteld, een regel verbiedt het, het kan niet samen met wat vastligt, of het heeft een prijs."
    )
    explanation: str | None = described("Het antwoord in gewone woorden; leeg zolang er wordt gerekend.")
    rule: Literal["H2", "H3", "H4", "H5", "H6", "H7", "H8", "H10"] | None = described(
        "De eerste regel die het verbiedt."
    )
    price: ForcedOut | None = described("Wat het anderen kost, als het mag.")
    together: list[PairOut] = described("Wat vastgezet is en waarmee het niet samen kan: de kleinste groep.")


def _place(row: Explanation) -> str:
    return f"/housing/v1/match-proposals/{row.run_id}/explanations/{row.id}"


def _out(row: Explanation, *, computing: bool) -> WhyNotOut:
    told, others = row.answer, row.others
    price = told.get("price")
    return WhyNotOut.model_validate(
        {
            **row.model_dump(include={"id", "run_id", "household_id", "dwelling_id", "asked_on"}),
            # Work that was lost will not come: who asks again starts it anew.
            "status": "failed" if row.status == "computing" and not computing else row.status,
            "outcome": told.get("outcome"),
            "explanation": told.get("text"),
            "rule": told.get("rule"),
            "price": None if price is None else {**price, "losing_household_ids": others["losing"]},
            "together": [
                {"household_id": household, "dwelling_id": dwelling}
                for household, dwelling in others.get("together", [])
            ],
        }
    )


def _answers() -> dict[int | str, dict[str, Any]]:
    return {
        202: {
            "model": WhyNotOut,
            "description": "De prijs wordt uitgerekend; het antwoord komt op Location.",
            "headers": {
                "Location": {
                    "description": "Het adres van het antwoord.",
                    "schema": {"type": "string", "format": "uri-reference"},
                }
            },
        },
        **problems(
            NotFound, AgreementMissing, ReferenceNotYetKnown, SearchNotDone, SearchInputGone, NotInSearch
        ),
    }


@router.post(
    "/match-proposals/{runId}/explanations",
    operation_id="askWhyNot",
    summary="Vragen waarom een paar niet is voorgesteld",
    response_model=WhyNotOut,
    responses=_answers(),
    openapi_extra=housing(SEARCHERS, "match-zoeken"),
)
async def ask_why_not(runId: UUID, body: WhyNotIn, tx: TxDep, response: Response) -> WhyNotOut:  # noqa: N803 - as in the path
    """Zegt welke regel dit paar verbiedt. Verbiedt geen regel het, dan wordt uitgerekend wat het anderen kost."""
    row = await actions.ask_why_not(tx, run_id=runId, **body.model_dump())
    if row.status == "computing":
        response.status_code = 202
        response.headers["Location"] = _place(row)
    return _out(row, computing=True)


@router.get(
    "/match-proposals/{runId}/explanations/{explanationId}",
    operation_id="readWhyNot",
    summary="Waarom een paar niet is voorgesteld",
    response_model=WhyNotOut,
    responses=problems(NotFound),
    openapi_extra=housing(SEARCHERS, "match-zoeken"),
)
async def read_why_not(runId: UUID, explanationId: UUID, tx: TxDep) -> WhyNotOut:  # noqa: N803 - as in the path
    """Het antwoord op de vraag waarom dit paar niet is voorgesteld, of hoever het rekenen is."""
    row, computing = await actions.visible_explanation(tx, run_id=runId, explanation_id=explanationId)
    return _out(row, computing=computing)
