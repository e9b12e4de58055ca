# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whatever the Province may call answers figures: no field of any such answer leads to a person."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tools.openapi import document

DOCUMENT = json.loads(document("services.housing"))
METHODS = ("get", "put", "post", "patch", "delete")
PERSONAL = {
    "inburgeraarId", "inburgeraarIds", "householdId", "matchId", "memberId", "members", "birthYear", "birthDate",
    "givenNames", "familyName", "bsn", "vNumber", "linkedOn", "volunteerId", "proposalId",
}  # fmt: skip


def operations_of(role: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if role in item.get(method, {}).get("x-access", {}).get("roles", ()):
                yield f"{method.upper()} {path}", item[method]


def fields(schema: Any, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names of all fields below a schema, references followed."""
    if isinstance(schema, list):
        for part in schema:
            yield from fields(part, seen)
    if not isinstance(schema, dict):
        return
    if (name := schema.get("$ref")) is not None and name not in seen:
        yield from fields(DOCUMENT["components"]["schemas"][name.rpartition("/")[2]], seen | {name})
    yield from schema.get("properties", {})
    for part in schema.values():
        yield from fields(part, seen)


@pytest.mark.capability("HO-24", part="no answer that the role may ask for has a field of a person")
def test_no_answer_for_the_province_has_a_field_that_leads_to_a_person() -> None:
    found = {
        name: PERSONAL & set(fields([answer.get("content") for answer in operation["responses"].values()]))
        for name, operation in operations_of("province")
    }
    assert len(found) > 20
    assert {name: personal for name, personal in found.items() if personal} == {}


def test_the_same_look_finds_the_persons_in_answers_for_a_gemeente() -> None:
    found = {
        name
        for name, operation in operations_of("policy-officer")
        if PERSONAL & set(fields([answer.get("content") for answer in operation["responses"].values()]))
    }
    assert "GET /weeks-lost" in found
