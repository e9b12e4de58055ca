# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the services publish about themselves: which operations there are and who may call them.

An operation that no service documents does not exist. The documents are read when a service is
met first, and again beside the requests, so that a new release is known without a restart.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

__all__ = ["Catalogue", "Match", "Operation"]

_METHODS = ("get", "put", "post", "patch", "delete")
_REFERENCE = re.compile(r'"#/components/(\w+)/([^"]+)"')


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one service, as its OpenAPI document declares it."""

    service: str
    method: str  # capitals
    route: str  # the whole template, for example /intake/v1/inburgeraars/{id}
    id: str
    summary: str
    public: bool
    roles: frozenset[str]
    takes_files: bool  # whether something else than JSON may be sent in
    path: str  # in its document

    def declared_in(self, documents: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
        """What its document says of it, from the documents of all services."""
        found: Mapping[str, Any] = documents[self.service]["paths"][self.path][self.method.lower()]
        return found


@dataclass(frozen=True, slots=True)
class Match:
    """What an address means: its operation, or the methods that it has instead."""

    operation: Operation | None
    allowed: tuple[str, ...] = ()


@dataclass(slots=True)
class _Node:
    literal: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    operations: dict[str, Operation] = field(default_factory=dict)


class Catalogue:
    """The operations of all services."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._documents: dict[str, bytes] = {}  # compressed: opened they take megabytes, and few ask for them
        self._digests: dict[str, bytes] = {}
        self._roots: dict[str, _Node] = {}
        self._operations: dict[str, tuple[Operation, ...]] = {}
        self._merged: bytes | None = None
        self.generation = 0

    def knows(self, service: str) -> bool:
        """Whether the document of a service was read."""
        return service in self._documents

    @property
    def documents(self) -> Mapping[str, Mapping[str, Any]]:
        """The document of each service, by name; read anew each time."""
        return {name: orjson.loads(zlib.decompress(kept)) for name, kept in self._documents.items()}

    def add(self, service: str, raw: bytes) -> None:
        """Take the document of a service, instead of an earlier one.

        Raises:
            ValueError: it is not an OpenAPI document, or an operation says nothing about who may call it.
        """
        digest = hashlib.sha256(raw).digest()
        if self._digests.get(service) == digest:
            return
        document = orjson.loads(raw)
        if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
            raise ValueError(f"{service} publishes no OpenAPI document")
        root = _Node()
        operations = []
        for path, item in document["paths"].items():
            for method in _METHODS:
                if method not in item:
                    continue
                operation = _operation(service, method, path, item[method])
                node = root
                for part in path.strip("/").split("/"):
                    if part.startswith("{"):
                        node.parameter = node.parameter or _Node()
                        node = node.parameter
                    else:
                        node = node.literal.setdefault(part, _Node())
                node.operations[operation.method] = operation
                operations.append(operation)
        self._documents[service] = zlib.compress(raw, 1)
        self._digests[service] = digest
        self._roots[service] = root
        self._operations[service] = tuple(operations)
        self._merged = None
        self.generation += 1

    def match(self, service: str, method: str, path: str) -> Match | None:
        """Return what an address of a known service means; None if it does not exist.

        Args:
            service: its name.
            method: capitals; HEAD counts as GET.
            path: after `/<service>/v1/`, decoded.
        """
        root = self._roots.get(service)
        node = None if root is None else _find(root, path.split("/"), 0)
        if node is None:
            return None
        operation = node.operations.get("GET" if method == "HEAD" else method)
        if operation is not None:
            return Match(operation)
        allowed = set(node.operations)
        return Match(None, tuple(sorted(allowed | ({"HEAD"} if "GET" in allowed else set()))))

    def operations(self) -> Iterable[Operation]:
        """All operations, by service, in the order of their documents."""
        for service in sorted(self._operations):
            yield from self._operations[service]

    def merged(self, public_url: str) -> bytes:
        """One OpenAPI document of all services, with whole paths."""
        if self._merged is None:
            self._merged = orjson.dumps(_merge(self.documents, public_url))
        return self._merged


def _operation(service: str, method: str, path: str, declared: Mapping[str, Any]) -> Operation:
    access = declared.get("x-access")
    if not isinstance(access, dict):
        raise ValueError(f"{service}: {method} {path} does not say who may call it")
    content = declared.get("requestBody", {}).get("content", {})
    return Operation(
        service=service,
        method=method.upper(),
        route=f"/{service}/v1{path}",
        id=str(declared.get("operationId", f"{method} {path}")),
        summary=str(declared.get("summary", "")),
        public=bool(access.get("public")),
        roles=frozenset(access.get("roles", ())),
        takes_files=any(media != "application/json" for media in content),
        path=path,
    )


def _find(node: _Node, parts: list[str], at: int) -> _Node | None:
    if at == len(parts):
        return node if node.operations else None
    part = parts[at]
    if (literal := node.literal.get(part)) is not None and (
        found := _find(literal, parts, at + 1)
    ) is not None:
        return found
    if node.parameter is not None and part:
        return _find(node.parameter, parts, at + 1)
    return None


def _merge(documents: Mapping[str, Mapping[str, Any]], public_url: str) -> dict[str, Any]:
    """Join the documents. Schemas that differ under one name get the name of their service in front."""
    shared = _shared_names(documents)
    paths: dict[str, Any] = {}
    components: dict[str, dict[str, Any]] = {}
    tags = []
    for service in sorted(documents):
        document = documents[service]
        prefix = "".join(part.capitalize() for part in service.split("-"))
        text = orjson.dumps(document).decode()

        def renamed(match: re.Match[str], prefix: str = prefix) -> str:
            kind, name = match.group(1), match.group(2)
            return f'"#/components/{kind}/{name if (kind, name) in shared else prefix + name}"'

        own = orjson.loads(_REFERENCE.sub(renamed, text))
        for path, item in own["paths"].items():
            for method, operation in item.items():
                if method in _METHODS:
                    operation["tags"] = [service]
                    operation["operationId"] = f"{service}.{operation.get('operationId', path)}"
            paths[f"/{service}/v1{path}"] = item
        for kind, entries in own.get("components", {}).items():
            for name, entry in entries.items():
                place = name if (kind, name) in shared else prefix + name
                components.setdefault(kind, {})[place] = entry
        info = own.get("info", {})
        tags.append({"name": service, "description": info.get("description") or info.get("title", service)})
    address = "https://" + public_url.split("://", 1)[-1]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Open Inburgering",
            "version": "1.0.0",
            "description": "Alle operaties van het platform, achter één gateway. "
            "Elke dienst heeft ook een eigen document op /<dienst>/v1/openapi.json.",
            "contact": {
                "name": "Open Inburgering",
                "url": "https://open-inburgering.example/contact",
                "email": "team@open-inburgering.example",
            },
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": address, "description": "De gateway; de hoofdversie staat in elk pad."}],
        "tags": tags,
        "paths": paths,
        "components": components,
    }


def _shared_names(documents: Mapping[str, Mapping[str, Any]]) -> frozenset[tuple[str, str]]:
    """The components that mean the same wherever they occur, and whose parts do too."""
    seen: dict[tuple[str, str], bytes] = {}
    differing: set[tuple[str, str]] = set()
    for document in documents.values():
        for kind, entries in document.get("components", {}).items():
            for name, entry in entries.items():
                form = orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)
                if seen.setdefault((kind, name), form) != form:
                    differing.add((kind, name))
    # What refers to something that differs, differs.
    changed = True
    while changed:
        changed = False
        for place, form in seen.items():
            if place not in differing and any(
                (match.group(1), match.group(2)) in differing for match in _REFERENCE.finditer(form.decode())
            ):
                differing.add(place)
                changed = True
    return frozenset(seen.keys() - differing)
