# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The published contract for readers: the merged OpenAPI document, and pages that explain it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chassis.errors import NotFound, all_problems
from gateway.catalogue import Catalogue, Operation
from gateway.glossary import TERMS
from gateway.rooms import Paths, page

__all__ = ["reference_room"]

_STYLE = (Path(__file__).parent / "static" / "style.css").read_bytes()
# How `chassis.web.problems` writes a fault into the description of a response.
_CODE = re.compile(r"`([a-z0-9-]+)`")
_PROBLEM = re.compile(r"(?P<title>[^;`]+?) \(`(?P<code>[a-z0-9-]+)`\)")


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    kind: str
    required: bool
    description: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class _Response:
    status: str
    description: Markup
    kind: str


@dataclass(frozen=True, slots=True)
class _Shown:
    id: str
    method: str
    route: str
    summary: str
    description: str
    public: bool
    roles: list[str]
    purpose: str
    activity: str
    media: list[str]
    parameters: list[_Line]
    fields: list[_Line]
    responses: list[_Response]


@dataclass(frozen=True, slots=True)
class _Service:
    name: str
    title: str
    description: str
    version: str
    operations: list[_Shown]


@dataclass(frozen=True, slots=True)
class _Problem:
    code: str
    status: int
    title: str
    remedy: str | None  # Dutch; not known of a fault of a service in another process


def reference_room(catalogue: Catalogue, public_url: str) -> Paths:
    """The paths of the documentation."""
    view = _Reference(catalogue, public_url)
    return Paths(
        fixed={
            "/openapi.json": {"GET": view.openapi},
            "/docs": {"GET": view.operations},
            "/docs/": {"GET": view.home},
            "/docs/style.css": {"GET": view.style},
            "/docs/problems": {"GET": view.problems},
            "/docs/glossary": {"GET": view.glossary},
        },
        prefixes={"/docs/problems/": {"GET": view.problem}},
    )


class _Reference:
    def __init__(self, catalogue: Catalogue, public_url: str) -> None:
        self._catalogue = catalogue
        self._public_url = public_url
        self._drawn: tuple[int, Response] | None = None

    async def openapi(self, _: Request) -> Response:
        return Response(
            self._catalogue.merged(self._public_url),
            media_type="application/json",
            headers={"Access-Control-Allow-Origin": "*"},
        )

    async def home(self, _: Request) -> Response:
        return RedirectResponse("/docs", status_code=308)

    async def style(self, _: Request) -> Response:
        return Response(_STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=300"})

    async def operations(self, _: Request) -> Response:
        """All operations; drawn again only when a document changed."""
        if self._drawn is None or self._drawn[0] != self._catalogue.generation:
            drawn = page("operations.html", services=list(self._services()))
            self._drawn = (self._catalogue.generation, drawn)
        return self._drawn[1]

    async def problems(self, _: Request) -> Response:
        """All codes."""
        known = sorted(self._problems().values(), key=lambda one: (one.status, one.code))
        return page("problems.html", problems=known)

    async def problem(self, request: Request) -> Response:
        """What one code means and what to do: the page that `type` of a fault points to."""
        code = request.url.path.rpartition("/")[2]
        found = self._problems().get(code)
        if found is None:
            raise NotFound("Deze foutcode bestaat niet.")
        mark = f"(`{code}`)"
        documents = self._catalogue.documents
        where = [
            operation
            for operation in self._catalogue.operations()
            if any(
                mark in str(response.get("description", ""))
                for response in operation.declared_in(documents).get("responses", {}).values()
            )
        ]
        return page("problem.html", problem=found, operations=where)

    async def glossary(self, _: Request) -> Response:
        """The words."""
        return page("glossary.html", terms=TERMS)

    def _problems(self) -> dict[str, _Problem]:
        """Every fault: those loaded here with their remedy, and those that documents name."""
        found = {
            code: _Problem(code, kind.status, kind.title, kind.remedy)
            for code, kind in all_problems().items()
        }
        documents = self._catalogue.documents
        for operation in self._catalogue.operations():
            for status, response in operation.declared_in(documents).get("responses", {}).items():
                for match in _PROBLEM.finditer(str(response.get("description", ""))):
                    code = match["code"]
                    if code not in found:
                        found[code] = _Problem(code, int(status), match["title"].strip(), None)
        return found

    def _services(self) -> Iterator[_Service]:
        documents = self._catalogue.documents
        by_service: dict[str, list[Operation]] = {}
        for operation in self._catalogue.operations():
            by_service.setdefault(operation.service, []).append(operation)
        for name, operations in by_service.items():
            info = documents[name]["info"]
            yield _Service(
                name=name,
                title=str(info.get("title", name)),
                description=str(info.get("description", "")),
                version=str(info.get("version", "")),
                operations=[_shown(operation, documents) for operation in operations],
            )


def _shown(operation: Operation, documents: Mapping[str, Mapping[str, Any]]) -> _Shown:
    document, declared = documents[operation.service], operation.declared_in(documents)
    access = declared.get("x-access", {})
    content = declared.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema", {})
    return _Shown(
        id=operation.id,
        method=operation.method,
        route=operation.route,
        summary=operation.summary,
        description=str(declared.get("description", "")),
        public=operation.public,
        roles=sorted(operation.roles),
        purpose=str(access.get("purpose", "")),
        activity=str(access.get("activity", "")),
        media=sorted(content),
        parameters=[
            _Line(
                name=str(one["name"]),
                kind=_kind(one.get("schema", {}), document),
                required=bool(one.get("required")),
                description=str(one.get("description", "")),
                place=str(one["in"]),
            )
            for one in declared.get("parameters", [])
        ],
        fields=_fields(body, document),
        responses=[
            _Response(
                status=str(status),
                description=_linked(str(response.get("description", ""))),
                kind=", ".join(
                    _kind(media.get("schema", {}), document) for media in response.get("content", {}).values()
                ),
            )
            for status, response in declared.get("responses", {}).items()
        ],
    )


def _linked(description: str) -> Markup:
    """The description of an answer, in which each code of a fault leads to its page."""
    if description == "Successful Response":  # what FastAPI writes where nothing was said
        description = "Gelukt"
    text = str(escape(description))
    return Markup(_CODE.sub(r'<a href="/docs/problems/\1"><code>\1</code></a>', text))  # noqa: S704 - escaped above


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The name of a schema, if it has one, and the schema itself."""
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return "", schema
    name = reference.rpartition("/")[2]
    return name, document.get("components", {}).get("schemas", {}).get(name, {})


def _fields(schema: Mapping[str, Any], document: Mapping[str, Any]) -> list[_Line]:
    _, whole = _resolved(schema, document)
    required = set(whole.get("required", ()))
    return [
        _Line(
            name=name,
            kind=_kind(one, document),
            required=name in required,
            description=str(one.get("description") or _resolved(one, document)[1].get("description", "")),
        )
        for name, one in whole.get("properties", {}).items()
    ]


def _kind(schema: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """What a schema allows, in few words."""
    name, whole = _resolved(schema, document)
    if "enum" in whole:
        return " | ".join(str(value) for value in whole["enum"])
    if "const" in whole:
        return str(whole["const"])
    if name:
        return name
    for word in ("anyOf", "oneOf"):
        if word in whole:
            return " | ".join(dict.fromkeys(_kind(one, document) for one in whole[word]))
    kind = whole.get("type", "")
    if isinstance(kind, list):
        kind = " | ".join(kind)
    if kind == "array":
        return f"lijst van {_kind(whole.get('items', {}), document)}"
    return f"{kind} ({whole['format']})" if "format" in whole else str(kind)
