# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""From the published contract to requests: an address with ids, and a body that fits its schema."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from contracts.access import Role
from gateway.catalogue import Operation
from tests.journey.chain import CALLERS, OPERATIONS, Chain, login

JSON_TYPES = ("application/json", "application/merge-patch+json")
_PART = re.compile(r"\{(\w+)\}")
_FORMATS = {"date": "2024-11-05", "date-time": "2024-11-05T09:00:00+01:00", "time-local": "09:00:00"}
_TEXTS = {  # of fields whose form is more than their schema says
    "gemeentecode": "1916",
    "bsn": "999990019",
    "vNumber": "1234567890",
    "email": "a@example.org",
    "phone": "0612345678",
    "address": "a@example.org",
    "postalCode": "2311AB",
    "language": "ti",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What came back, as text too: a leak can stand anywhere in it."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def body(self) -> Any:
        return json.loads(self.text) if self.text.startswith(("{", "[")) else None

    @property
    def code(self) -> str | None:
        return self.body.get("code") if isinstance(self.body, dict) else None


class Contract:
    """The documents of the services, with their references resolved."""

    def __init__(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        self.documents = documents

    def declared(self, operation: Operation) -> dict[str, Any]:
        """What the document says of an operation."""
        path = operation.route.removeprefix(f"/{operation.service}/v1")
        found: dict[str, Any] = self.documents[operation.service]["paths"][path][operation.method.lower()]
        return found

    def resolve(self, service: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """A schema without a reference at its top."""
        while "$ref" in schema:
            found: Any = self.documents[service]
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def body_schema(self, operation: Operation) -> Mapping[str, Any] | None:
        """The schema of the JSON that an operation reads, if it reads any."""
        content = self.declared(operation).get("requestBody", {}).get("content", {})
        for media in JSON_TYPES:
            if media in content:
                return self.resolve(operation.service, content[media].get("schema", {}))
        return None

    def media_type(self, operation: Operation) -> str:
        content = self.declared(operation).get("requestBody", {}).get("content", {})
        return next((media for media in JSON_TYPES if media in content), JSON_TYPES[0])

    def query_names(self, operation: Operation) -> set[str]:
        """The query parameters of an operation."""
        return {
            one["name"]
            for one in (
                self.resolve(operation.service, raw) for raw in self.declared(operation).get("parameters", [])
            )
            if one["in"] == "query"
        }

    def example(
        self, service: str, schema: Mapping[str, Any], known: Mapping[str, Any], name: str = ""
    ) -> Any:
        """A value that fits a schema; what is known by its name gets that value."""
        schema = self.resolve(service, schema)
        if name in known:
            return known[name]
        if name in _TEXTS:
            return _TEXTS[name]
        for way in ("anyOf", "oneOf", "allOf"):
            if way in schema:
                kept = [one for one in schema[way] if one.get("type") != "null"]
                return self.example(service, kept[0], known, name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type", "object")
        kind = next(one for one in kind if one != "null") if isinstance(kind, list) else kind
        if kind == "object":
            return {
                field: self.example(service, part, known, field)
                for field, part in schema.get("properties", {}).items()
                if field in schema.get("required", ()) or field in known
            }
        if kind == "array":
            singular = "inburgeraarId" if name in {"ids", "inburgeraarIds"} else name.removesuffix("s")
            return [self.example(service, schema.get("items", {}), known, singular)]
        if kind in {"integer", "number"}:
            return schema.get("minimum", 1) or 1
        if kind == "boolean":
            return True
        if schema.get("format") == "uuid":
            return str(uuid4())
        return _FORMATS.get(schema.get("format", ""), "tekst")

    def objects(
        self, service: str, schema: Mapping[str, Any], at: str = ""
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every object within a schema, with the pointer to it."""
        schema = self.resolve(service, schema)
        for way in ("anyOf", "oneOf", "allOf"):
            for one in schema.get(way, ()):
                yield from self.objects(service, one, at)
        if schema.get("type") == "object" or "properties" in schema:
            yield at, schema
            for field, part in schema.get("properties", {}).items():
                yield from self.objects(service, part, f"{at}/{field}")
        if "items" in schema:
            yield from self.objects(service, schema["items"], f"{at}/0")


def contract_of(chain: Chain) -> Contract:
    return Contract(chain.door.catalogues.catalogue.documents)


def names_in(route: str) -> list[str]:
    """The parameters of an address."""
    return _PART.findall(route)


def fill(route: str, known: Mapping[str, str]) -> str:
    """The address with ids; a parameter that is not known gets an id of nothing."""
    return _PART.sub(lambda part: known.get(part[1]) or str(uuid4()), route)


def allowed_caller(operation: Operation, *wanted: str) -> str | None:
    """Somebody who may call an operation: one of those wanted, else the first of all."""
    row = OPERATIONS[operation.method, operation.route]
    able = [login(party, role) for party, role in CALLERS if role in row.allowed]
    return next((name for name in wanted if name in able), able[0] if able else None)


def role_of(name: str) -> Role:
    return Role(name.partition("@")[0])


async def send(
    chain: Chain,
    name: str | None,
    method: str,
    path: str,
    body: Any = None,
    *,
    media: str = JSON_TYPES[0],
    headers: Mapping[str, str] | None = None,
) -> Sent:
    """One request through the front door as somebody of the chain, or as nobody."""
    given = {"If-Match": '"1"', **(headers or {})}
    if method == "POST":
        given.setdefault("Idempotency-Key", uuid4().hex)
    if name is not None:
        given["Authorization"] = (await chain.authorise(name))[0][1].decode()
    content = None
    if body is not None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given["Content-Type"] = media
    answer = await chain.client.request(method, path, content=content, headers=given)
    return Sent(answer.status_code, answer.text, answer.headers)
