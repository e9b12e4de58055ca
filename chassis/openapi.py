# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The OpenAPI document of a service: what FastAPI makes, put right where the API Design Rules differ."""

import json
from typing import Any

from fastapi import FastAPI

__all__ = ["document"]

_METHODS = ("get", "put", "post", "patch", "delete")
_PROBLEM = "application/problem+json"

_FIELD_ERROR = {
    "type": "object",
    "description": "Eén fout en haar plaats.",
    "required": ["code", "detail"],
    "properties": {
        "pointer": {"type": "string", "description": "JSON-pointer naar de plaats in de inhoud."},
        "parameter": {"type": "string", "description": "Naam van de parameter of header."},
        "code": {"type": "string", "description": "Vaste code voor programma's."},
        "detail": {"type": "string", "description": "Uitleg voor mensen."},
    },
}
_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "Wat er mis is en waar (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri",
            "description": "Pagina die de fout en het herstel uitlegt.",
        },
        "title": {"type": "string", "description": "Korte omschrijving."},
        "status": {"type": "integer", "description": "HTTP-statuscode."},
        "detail": {"type": "string", "description": "Uitleg bij dit voorval."},
        "instance": {"type": ["string", "null"], "description": "Nummer van dit voorval."},
        "code": {"type": "string", "description": "Vaste code voor programma's."},
        "errors": {
            "type": "array",
            "description": "Alle fouten tegelijk.",
            "items": {"$ref": "#/components/schemas/FieldError"},
        },
        "rule": {
            "type": ["string", "null"],
            "description": "Het artikel, als de wet of een afspraak weigert.",
        },
    },
}
_COMMON = {
    "401": "Inloggen is nodig (`unauthenticated`)",
    "403": "U mag dit niet doen (`role-missing`), of er is geen afspraak (`agreement-missing`)",
}
_ALWAYS = {
    "400": "De invoer klopt niet (`invalid-input`)",
    "404": "Niet gevonden (`not-found`)",
    "406": "Deze vorm kan niet worden geleverd (`not-acceptable`)",
    "429": "Te veel verzoeken (`too-many-requests`)",
    "500": "Er ging iets mis (`server-fault`)",
    "503": "Even niet bereikbaar (`unavailable`)",
}
_WITH_BODY = {
    "413": "De inhoud is te groot (`too-large`)",
    "415": "Dit soort inhoud wordt hier niet gelezen (`unsupported-media-type`)",
}
_IDEMPOTENCY = "`idempotency-key-reused`, `idempotency-key-in-use`"


def document(app: FastAPI) -> dict[str, Any]:
    """The document, made once per app."""
    if app.openapi_schema is None:
        made = _upper_camel_names(FastAPI.openapi(app))
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        schemas.pop("HTTPValidationError", None)  # 422 is not allowed: invalid input is 400
        schemas.pop("ValidationError", None)
        schemas["FieldError"] = _FIELD_ERROR
        schemas["Problem"] = _PROBLEM_SCHEMA
        for item in made["paths"].values():
            for method in _METHODS:
                if method in item:
                    _complete(item[method], method, app.version)
        app.openapi_schema = made
    return app.openapi_schema


def _upper_camel_names(made: dict[str, Any]) -> dict[str, Any]:
    """Rename the schemas of generic models: Page_PlacementOut_ becomes PagePlacementOut."""
    schemas = made.get("components", {}).get("schemas", {})
    text = json.dumps(made, ensure_ascii=False)
    for name in schemas:
        if "_" in name:
            text = text.replace(f'"{name}"', f'"{name.replace("_", "")}"')
            text = text.replace(
                f'"#/components/schemas/{name}"', f'"#/components/schemas/{name.replace("_", "")}"'
            )
    renamed: dict[str, Any] = json.loads(text)
    return renamed


def _complete(operation: dict[str, Any], method: str, version: str) -> None:
    rights = operation.get("x-access", {})
    operation.pop("x-body", None)
    responses = operation.setdefault("responses", {})
    responses.pop("422", None)
    wanted = dict(_ALWAYS)
    if not rights.get("public"):
        wanted |= _COMMON
        operation["security"] = [{"bearer": []}]
    if "requestBody" in operation or method in {"post", "put", "patch"}:
        wanted |= _WITH_BODY
    for status, said in wanted.items():
        entry = responses.setdefault(status, {"description": said})
        if said not in entry["description"]:
            entry["description"] = f"{entry['description']}; {said}"
    if method == "post" and rights.get("idempotency"):
        _document_idempotency(operation, responses, required=rights["idempotency"] == "required")
    for status, response in responses.items():
        headers = response.setdefault("headers", {})
        headers["API-Version"] = {
            "description": "Volledig versienummer van deze API.",
            "required": True,
            "schema": {"type": "string", "examples": [version]},
        }
        if status in {"429", "503"}:
            headers["Retry-After"] = {"description": "Seconden om te wachten.", "schema": {"type": "string"}}
        if status[0] in "45":
            response["content"] = {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] = dict(sorted(responses.items()))


def _document_idempotency(operation: dict[str, Any], responses: dict[str, Any], *, required: bool) -> None:
    operation.setdefault("parameters", []).append(
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": required,
            "description": "Eigen, unieke sleutel: hetzelfde verzoek nog eens geeft het eerste antwoord.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        }
    )
    conflict = responses.setdefault("409", {"description": f"Conflict ({_IDEMPOTENCY})"})
    if _IDEMPOTENCY not in conflict["description"]:
        conflict["description"] += f"; {_IDEMPOTENCY}"
