# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which operations there are, and one document of all."""

import json
from typing import Any

import pytest
from openapi_spec_validator import validate

from gateway.catalogue import Catalogue


def operation(id: str, **changes: Any) -> dict[str, Any]:
    return {
        "operationId": id,
        "summary": id,
        "x-access": {"public": False, "roles": ["consulent"], "purpose": "case-work", "activity": "x"},
        "responses": {"200": {"description": "ok"}},
        **changes,
    }


def document(paths: dict[str, Any], schemas: dict[str, Any] | None = None) -> bytes:
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "T", "version": "1.0.0"},
            "paths": paths,
            "components": {"schemas": schemas or {}},
        }
    ).encode()


PATHS = {
    "/people": {"get": operation("list"), "post": operation("add")},
    "/people/{id}": {"get": operation("read")},
    "/people/_read": {"post": operation("readMany")},
    "/people/{id}/pips": {"get": operation("pips")},
    "/people/{id}/{what}": {"delete": operation("drop")},
}


@pytest.fixture
def catalogue() -> Catalogue:
    made = Catalogue()
    made.add("intake", document(PATHS))
    return made


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "people", "list"),
        ("HEAD", "people", "list"),
        ("POST", "people", "add"),
        ("GET", "people/1", "read"),
        ("POST", "people/_read", "readMany"),
        ("GET", "people/1/pips", "pips"),
        ("DELETE", "people/1/x", "drop"),
    ],
)
def test_an_address_finds_its_operation(catalogue: Catalogue, method: str, path: str, expected: str) -> None:
    match = catalogue.match("intake", method, path)
    assert match is not None
    assert match.operation is not None
    assert match.operation.id == expected


@pytest.mark.parametrize(
    "path", ["", "person", "people/", "people//pips", "people/1/x/y", "People", "people/1/"]
)
def test_an_address_that_is_not_documented_finds_nothing(catalogue: Catalogue, path: str) -> None:
    assert catalogue.match("intake", "GET", path) is None


def test_an_unknown_service_has_nothing(catalogue: Catalogue) -> None:
    assert catalogue.match("housing", "GET", "people") is None


def test_another_method_is_told_which_there_are(catalogue: Catalogue) -> None:
    match = catalogue.match("intake", "DELETE", "people")
    assert match is not None
    assert (match.operation, match.allowed) == (None, ("GET", "HEAD", "POST"))


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"{}",
        b"{",
        b'{"paths": []}',
        document({"/x": {"get": {"responses": {}}}}),
    ],
)
def test_a_document_that_hides_who_may_call_is_not_taken(raw: bytes) -> None:
    made = Catalogue()
    with pytest.raises(ValueError):  # noqa: PT011 - of json, or ours
        made.add("intake", raw)
    assert not made.knows("intake")


def test_a_new_release_replaces_the_old_document(catalogue: Catalogue) -> None:
    generation = catalogue.generation
    catalogue.add("intake", document(PATHS))
    assert catalogue.generation == generation
    catalogue.add("intake", document({"/people": {"get": operation("list2")}}))
    assert catalogue.generation > generation
    assert catalogue.match("intake", "GET", "people/1") is None


def test_documents_are_joined_and_what_differs_is_kept_apart() -> None:
    problem = {"type": "object", "properties": {"title": {"type": "string"}}}

    def service(job: str) -> bytes:
        answer = {
            "200": {
                "description": "ok",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}},
            }
        }
        return document(
            {"/jobs": {"get": operation("listJobs", responses=answer)}},
            {
                "Problem": problem,
                "Job": {"type": job},
                "Page": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
                "Same": {"$ref": "#/components/schemas/Problem"},
            },
        )

    made = Catalogue()
    made.add("learning-routes", service("string"))
    made.add("intake", service("integer"))
    merged = json.loads(made.merged("http://127.0.0.1:8000"))
    validate(merged)
    assert set(merged["paths"]) == {"/learning-routes/v1/jobs", "/intake/v1/jobs"}
    assert set(merged["components"]["schemas"]) == {
        "Problem",
        "Same",
        "IntakeJob",
        "IntakePage",
        "LearningRoutesJob",
        "LearningRoutesPage",
    }
    page = merged["components"]["schemas"]["LearningRoutesPage"]
    assert page["items"]["$ref"] == "#/components/schemas/LearningRoutesJob"
    ids = [one["operationId"] for item in merged["paths"].values() for one in item.values()]
    assert ids == ["intake.listJobs", "learning-routes.listJobs"]


def test_what_takes_files_is_seen() -> None:
    made = Catalogue()
    body: dict[str, Any] = {"content": {"text/csv": {}, "application/json": {}}}
    made.add("intake", document({"/files": {"post": operation("add", requestBody=body)}}))
    match = made.match("intake", "POST", "files")
    assert match is not None
    assert match.operation is not None
    assert match.operation.takes_files
