# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is told of a job and of the rows of its file, the same by every service."""

from uuid import UUID

from pydantic import ConfigDict

from chassis.background import JobState, job_state
from chassis.db import Tx
from chassis.errors import NotFound
from chassis.schema import Schema, described

__all__ = ["RowErrorOut", "RowProblemOut", "visible_job"]


class RowErrorOut(Schema):
    """Eén fout in een regel."""

    pointer: str | None = described("JSON-pointer naar de plaats in de inhoud.", default=None)
    parameter: str | None = described("De kolom van het bestand.", default=None)
    code: str = described("Vaste code voor programma's.")
    detail: str = described("Uitleg voor mensen.")


class RowProblemOut(Schema):
    """Waarom een regel of verwerking is afgewezen (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = described("Pagina die de fout en het herstel uitlegt.")
    title: str = described("Korte omschrijving.")
    status: int = described("De statuscode die dezelfde fout bij een los verzoek heeft.")
    detail: str = described("Uitleg bij dit voorval.")
    instance: str | None = described("Leeg bij een regel.", default=None)
    code: str = described("Vaste code voor programma's.")
    errors: list[RowErrorOut] = described("Alle fouten.")
    rule: str | None = described("Het artikel, als de wet of een afspraak weigert.", default=None)


async def visible_job(tx: Tx, job_id: UUID) -> JobState:
    """The job.

    Raises:
        NotFound: it is not the caller's organisation's.
    """
    job = await job_state(tx, job_id)
    if job is None:
        raise NotFound("Een verwerking met dit nummer is niet gevonden.")
    return job
