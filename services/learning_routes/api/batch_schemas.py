# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The forms of the roll call in bulk, in and out."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from chassis.job_answers import RowProblemOut
from chassis.schema import described
from chassis.web import Count, Day, HoursOrNone, Instant, InstantOrNone, Schema
from services.learning_routes.rules import AttendanceStatus, DayPart
from services.learning_routes.rules.attendance_files import MAX_TEXT, Row

MAX_JSON_ROWS = 5_000

JSON = "application/json"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORM = "multipart/form-data"

Outcome = Literal["accepted", "corrected", "unchanged", "rejected"]
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]


class AttendanceRowIn(Schema):
    """Eén inburgeraar bij één les."""

    inburgeraar_id: UUID | None = described(
        "Het id van de inburgeraar; dit of providerReference.", default=None
    )
    provider_reference: Text | None = described(
        "Uw eigen kenmerk, zoals het bij de plaatsing staat.", default=None
    )
    lesson_date: Day = described("De dag van de les.")
    day_part: DayPart = described("Het dagdeel van de les.")
    hours: HoursOrNone = described(
        "Gevolgde uren. Zonder opgave: de uren van de les bij 'present', anders 0.", default=None
    )
    status: AttendanceStatus = described("Wat de presentielijst zegt.")
    external_id: Text | None = described("Uw eigen nummer van deze regel.", default=None)

    def values(self) -> Row:
        """The row for the use case."""
        return Row(
            inburgeraar_id=self.inburgeraar_id,
            provider_reference=self.provider_reference,
            lesson_date=self.lesson_date,
            day_part=self.day_part,
            hours=self.hours,
            status=self.status,
            external_id=self.external_id,
        )


class RowOut(Schema):
    """Wat er van één regel is geworden."""

    row: Count = described("Nummer van de regel, vanaf 1.")
    outcome: Outcome = described("Aangenomen, gecorrigeerd, ongewijzigd of afgewezen.")
    attendance_id: UUID | None = described("De registratie; leeg bij een afgewezen regel.")
    approval: Literal["not-needed", "pending", "approved", "refused"] | None = described(
        "'pending': de registratie kwam na de termijn en telt pas na goedkeuring."
    )
    external_id: str | None = described("Uw eigen nummer van de regel.")
    problem: RowProblemOut | None = described("Waarom de regel is afgewezen.")


class BatchOut(Schema):
    """Het antwoord per regel."""

    accepted: Count = described("Nieuw vastgelegd.")
    corrected: Count = described("Gecorrigeerd.")
    unchanged: Count = described("Stond er al precies zo.")
    rejected: Count = described("Afgewezen.")
    rows: list[RowOut] = described("De regels, in de volgorde van het verzoek.")


class JobOut(Schema):
    """Hoever de verwerking van een bestand is."""

    id: UUID = described("De verwerking.")
    status: Literal["queued", "running", "done", "failed"] = described(
        "In de rij, bezig, klaar of mislukt. Bij mislukt is niets vastgelegd; 'problem' zegt waarom."
    )
    progress: Count = described("Voortgang in procenten.", le=100)
    accepted: Count = described("Nieuw vastgelegd.")
    corrected: Count = described("Gecorrigeerd.")
    unchanged: Count = described("Stond er al precies zo.")
    rejected: Count = described("Afgewezen.")
    rows_url: str = described("Waar het antwoord per regel staat.")
    problem: RowProblemOut | None = described("Waarom de verwerking mislukte.")
    created_at: Instant = described("Wanneer het bestand binnenkwam.")
    finished_at: InstantOrNone = described("Wanneer de verwerking klaar was.")


class JobRowOut(Schema):
    """Wat er van één regel van een bestand is geworden."""

    row: Count = described("Nummer van de regel, vanaf 1; lege regels en de kolomnamen tellen niet mee.")
    line: Count = described("De regel in het bestand, zoals Excel telt.")
    outcome: Literal["accepted", "corrected", "unchanged", "rejected", "waiting"] = described(
        "'waiting': nog niet verwerkt, of er wordt gewacht op een inburgeraar die nog niet bekend is."
    )
    attendance_id: UUID | None = described("De registratie; leeg bij een afgewezen regel.")
    external_id: str | None = described("Uw eigen nummer van de regel.")
    problem: RowProblemOut | None = described("Waarom de regel is afgewezen.")


def _row_schema() -> dict[str, Any]:
    """The schema of a row without references: the body is read by hand, so FastAPI does not know it."""
    made = AttendanceRowIn.model_json_schema(by_alias=True)
    parts = made.pop("$defs", {})

    def whole(value: Any) -> Any:
        if isinstance(value, list):
            return [whole(item) for item in value]
        if isinstance(value, dict):
            if "$ref" in value:
                found = parts[value["$ref"].rsplit("/", 1)[1]]
                return whole({**found, **{name: item for name, item in value.items() if name != "$ref"}})
            return {name: whole(item) for name, item in value.items() if name != "title"}
        return value

    schema: dict[str, Any] = whole(made)
    return schema


_EXAMPLE_ROW = {
    "inburgeraarId": "0b9f0a3e-8d2c-4c88-9a2b-7f1d5d3c2b20",
    "lessonDate": "2024-11-04",
    "dayPart": "morning",
    "status": "present",
    "externalId": "88121",
}
_BINARY = {"type": "string", "format": "binary"}
REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": "JSON met ten hoogste 5.000 regels en 5 MB, of een bestand van ten hoogste 20 MB.",
    "content": {
        JSON: {
            "schema": {
                "type": "object",
                "description": "Regels die meteen worden verwerkt.",
                "required": ["rows"],
                "additionalProperties": False,
                "properties": {
                    "rows": {
                        "type": "array",
                        "description": "De regels. Een regel die niet klopt wordt afgewezen en uitgelegd.",
                        "maxItems": MAX_JSON_ROWS,
                        "items": {
                            "anyOf": [_row_schema(), {"description": "Al het andere: een afgewezen regel."}]
                        },
                    },
                    "atomic": {
                        "type": "boolean",
                        "default": False,
                        "description": "Alles of niets: met een foute regel wordt niets vastgelegd (400).",
                    },
                },
                "examples": [{"rows": [_EXAMPLE_ROW], "atomic": False}],
            }
        },
        FORM: {
            "schema": {
                "type": "object",
                "description": "Een formulier met een bestand.",
                "required": ["file"],
                "properties": {
                    "file": {**_BINARY, "description": "CSV of XLSX; zie docs/attendance-files.md."}
                },
            },
            "encoding": {"file": {"contentType": f"{CSV}, {XLSX}"}},
        },
        CSV: {"schema": {**_BINARY, "description": "CSV in UTF-8 of Windows-1252, met komma of puntkomma."}},
        XLSX: {"schema": {**_BINARY, "description": "Een Excel-werkmap; het eerste werkblad telt."}},
    },
}
