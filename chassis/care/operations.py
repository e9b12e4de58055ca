# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Operations of every service that holds something of people: export, what was destroyed, the change of keys."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from fastapi import Path, Response
from pydantic import Field

from chassis.background import enqueue, job_state
from chassis.care.export import authorise, parts_of
from chassis.care.holdings import Care
from chassis.care.keys import RENEW_KEYS, key_uses
from chassis.errors import AgreementMissing, NotFound
from chassis.schema import Count, Day, Instant, InstantOrNone, Page, Schema
from chassis.web import PagingDep, Router, TxDep, access, problems
from contracts.access import Purpose, Role
from contracts.retention import Category, Stage

__all__ = ["router"]

_OPERATORS = frozenset({Role.OPERATIONS, Role.ADMINISTRATOR})
_EXPORTERS = frozenset({Role.CONSULENT, Role.KWALITEITSMEDEWERKER})
_BEHEER = access(roles=_OPERATORS, purpose=Purpose.OPERATIONS, activity="beheer")


class ExportPart(Schema):
    """De gegevens van een soort."""

    table: str = Field(description="Waar de gegevens staan.")
    title: str = Field(description="Wat het is.")
    category: Category = Field(description="Hoe lang het blijft; zie docs/care-for-data.md.")
    rows: list[dict[str, Any]] = Field(description="Alle regels, met alle velden.")


class PersonExport(Schema):
    """Alles wat deze dienst over een persoon heeft vastgelegd."""

    service: str
    title: str
    inburgeraar_id: UUID
    made_at: Instant
    parts: list[ExportPart]


class Destruction(Schema):
    """Een vernietiging: wat, volgens welke regel, wanneer. Niet van wie."""

    stage: Stage
    rule: str = Field(description="De code van de bewaartermijn.")
    article: str = Field(description="Waar de termijn staat.")
    decided_on: Day
    destroyed_at: Instant
    rows: dict[str, int] = Field(description="Hoeveel regels, per tabel.")


class KeyUse(Schema):
    """Hoeveel regels onder een sleutel staan."""

    table: str
    column: str
    setting: str = Field(description="De instelling die de sleutel bevat.")
    key_id: str
    rows: Count
    current: bool = Field(description="Nieuwe regels krijgen deze sleutel.")
    in_ring: bool = Field(description="De sleutel staat in de instelling.")
    may_be_retired: bool = Field(
        description="Geen regel heeft de sleutel nodig. Een oude sleutel kan uit de instelling; een nieuwe die "
        "achteraan staat, gaat eerst naar voren."
    )


class KeyUses(Schema):
    """Alle sleutels van een dienst."""

    items: list[KeyUse]


class Renewal(Schema):
    """Hoever het vernieuwen van sleutels is."""

    id: UUID
    status: Literal["queued", "running", "done", "failed"]
    progress: Count = Field(description="In procenten.")
    renewed: Count = Field(description="Hoeveel regels de nieuwe sleutel kregen.")
    created_at: Instant
    finished_at: InstantOrNone


def router(name: str, title: str, care: Care) -> Router:
    """The operations of one service on the data that it holds."""
    made = Router(tags=["Zorg voor gegevens"])
    if care.holdings:
        _add_export(made, name, title, care)
        _add_destructions(made)
    if care.sealed:
        _add_keys(made, name, care)
    return made


def _add_export(made: Router, name: str, title: str, care: Care) -> None:
    @made.post(
        "/inburgeraars/{inburgeraarId}/exports",
        operation_id="exportInburgeraar",
        summary="Alles opvragen wat over een persoon is vastgelegd",
        response_model=PersonExport,
        responses=problems(NotFound, AgreementMissing),
        openapi_extra=access(
            roles=_EXPORTERS, purpose=Purpose.CASE_WORK, activity="inzage-verlenen", idempotency=None
        ),
    )
    async def export_inburgeraar(
        inburgeraar_id: Annotated[UUID, Path(alias="inburgeraarId", description="De inburgeraar.")],
        tx: TxDep,
        response: Response,
    ) -> dict[str, Any]:
        """Voor wie inzage of een kopie vraagt (AVG art. 15 en 20). Ook wie keek staat erin. Er blijft geen kopie."""
        await authorise(tx, care, inburgeraar_id)
        response.headers["Cache-Control"] = "no-store"
        return {
            "service": name,
            "title": title,
            "inburgeraar_id": inburgeraar_id,
            "made_at": tx.now,
            "parts": await parts_of(tx, care, inburgeraar_id),
        }


def _add_destructions(made: Router) -> None:
    @made.get(
        "/operations/destructions",
        operation_id="listDestructions",
        summary="Wat is vernietigd, volgens welke regel en wanneer",
        response_model=Page[Destruction],
        openapi_extra=_BEHEER,
    )
    async def list_destructions(tx: TxDep, paging: PagingDep) -> dict[str, Any]:
        """Het register van vernietigingen, de oudste eerst. Het noemt niemand."""
        after = paging.position(datetime, str, str)
        rows = await tx.rows(
            sa.text(
                "SELECT stage, rule, article, decided_on, destroyed_at, counts AS rows, "
                "encode(person_digest, 'hex') AS place FROM destruction "
                "WHERE CAST(:at AS timestamptz) IS NULL OR (destroyed_at, encode(person_digest, 'hex'), stage) "
                "> (:at, :place, :stage) ORDER BY destroyed_at, encode(person_digest, 'hex'), stage LIMIT :n"
            ),
            {
                "at": after[0] if after else None,
                "place": after[1] if after else "",
                "stage": after[2] if after else "",
                "n": paging.fetch,
            },
        )
        return paging.page(
            rows,
            key=lambda row: (row.destroyed_at, row.place, row.stage),
            item=lambda row: Destruction(
                stage=row.stage,
                rule=row.rule,
                article=row.article,
                decided_on=row.decided_on,
                destroyed_at=row.destroyed_at,
                rows=row.rows,
            ),
        )


def _add_keys(made: Router, name: str, care: Care) -> None:
    @made.get(
        "/operations/keys",
        operation_id="listKeys",
        summary="Welke sleutels in gebruik zijn",
        response_model=KeyUses,
        openapi_extra=_BEHEER,
    )
    async def list_keys(tx: TxDep) -> dict[str, Any]:
        """Per versleutelde kolom en sleutel het aantal regels. Een sleutel zelf staat er nooit in."""
        await tx.act_as_platform()  # counts by key, nothing of a row
        return {"items": await key_uses(tx, care)}

    @made.post(
        "/operations/key-renewals",
        operation_id="renewKeys",
        summary="Alles met de nieuwe sleutel versleutelen",
        status_code=202,
        response_model=Renewal,
        openapi_extra=_BEHEER,
    )
    async def renew_keys(tx: TxDep, response: Response) -> Any:
        """Begint het vernieuwen, terwijl iedereen doorwerkt. Zet eerst de nieuwe sleutel vooraan in de instelling."""
        job_id = await enqueue(tx, RENEW_KEYS)
        response.headers["Location"] = f"/{name}/v1/operations/key-renewals/{job_id}"
        return await _state(tx, job_id)

    @made.get(
        "/operations/key-renewals/{renewalId}",
        operation_id="getKeyRenewal",
        summary="Hoever het vernieuwen van sleutels is",
        response_model=Renewal,
        responses=problems(NotFound),
        openapi_extra=_BEHEER,
    )
    async def get_key_renewal(
        renewal_id: Annotated[UUID, Path(alias="renewalId", description="Het vernieuwen.")], tx: TxDep
    ) -> Any:
        """Klaar als geen regel een oude sleutel nog nodig heeft."""
        return await _state(tx, renewal_id)


async def _state(tx: TxDep, job_id: UUID) -> dict[str, Any]:
    state = await job_state(tx, job_id)
    if state is None or state.kind != RENEW_KEYS:
        raise NotFound("Dit vernieuwen is niet gevonden.")
    return {
        "id": state.id,
        "status": state.status,
        "progress": state.progress,
        "renewed": state.result.get("renewed", 0),
        "created_at": state.created_at,
        "finished_at": state.finished_at,
    }
