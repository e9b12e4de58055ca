# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every OpenAPI document keeps the NLGov REST API Design Rules 2.2, by their official linter and our own rules."""

import copy
import functools
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from tools.openapi import document, merged, publishers, service_name

OURS = Path(__file__).with_name("spectral.yml")
MERGED = "all services together"
Document = dict[str, Any]


class Linter:
    """Spectral with both rulesets."""

    def __init__(self, program: Path, ruleset: Path) -> None:
        self._program = program
        self._ruleset = ruleset

    def findings(self, path: Path) -> list[str]:
        """Every finding of at least a warning, as `rule at place: message`."""
        linted = subprocess.run(
            [self._program, "lint", "--fail-on-unmatched-globs", "--fail-severity", "warn",
             "--format", "json", "--quiet", "--ruleset", self._ruleset, path],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert linted.returncode in {0, 1}, linted.stderr
        found = json.loads(linted.stdout or "[]")
        assert (linted.returncode == 0) == all(one["severity"] > 1 for one in found), linted.stdout
        return [
            f"{one['code']} at {'/'.join(map(str, one['path']))}: {one['message']}"
            for one in found
            if one["severity"] <= 1
        ]


@pytest.fixture(scope="module")
def linter(node_tools: Path, standards: Path, tmp_path_factory: pytest.TempPathFactory) -> Linter:
    official = standards / "adr-spectral.yml"
    ruleset = tmp_path_factory.mktemp("spectral") / "ruleset.yml"
    ruleset.write_text(OURS.read_text(encoding="utf-8").replace("@OFFICIAL@", str(official.resolve())))
    return Linter(node_tools / ".bin" / "spectral", ruleset)


@functools.cache
def published(publisher: str) -> Document:
    content: Document = json.loads(
        merged({service_name(one): document(one) for one in publishers()})
        if publisher == MERGED
        else document(publisher)
    )
    return content


@pytest.mark.parametrize("publisher", [*publishers(), MERGED])
def test_the_document_has_no_finding(publisher: str, linter: Linter, tmp_path: Path) -> None:
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(published(publisher)), encoding="utf-8")
    findings = linter.findings(path)
    if publisher == MERGED:
        # Its services have a major version each, so it stands in every path and not in the server's address.
        assert all(re.match(r"/[a-z-]+/v[1-9]\d*/", one) for one in published(MERGED)["paths"])
        findings = [
            one for one in findings if not one.startswith("nlgov:include-major-version-in-uri at servers/0/")
        ]
    assert "\n".join(findings) == ""


@pytest.mark.parametrize("publisher", [*publishers(), MERGED])
def test_the_document_is_valid_openapi(publisher: str) -> None:
    validate(published(publisher))


def _first_schema(content: Document) -> Document:
    """A schema that has properties."""
    schemas = content["components"]["schemas"].values()
    return next(schema for schema in schemas if schema.get("properties"))


def _first_operation(content: Document) -> Document:
    return next(iter(next(iter(content["paths"].values())).values()))


def _snake_case(content: Document) -> None:
    _first_schema(content)["properties"]["raised_at"] = {"type": "string"}


def _odd_method(content: Document) -> None:
    path = next(iter(content["paths"].values()))
    path["trace"] = copy.deepcopy(next(iter(path.values()))) | {"operationId": "traceIt"}


def _promise_422(content: Document) -> None:
    responses = _first_operation(content)["responses"]
    responses["422"] = copy.deepcopy(next(iter(responses.values())))


def _bsn_in_the_path(content: Document) -> None:
    content["paths"]["/persons-by-bsn"] = {}


def _bsn_in_the_query(content: Document) -> None:
    parameter = {"name": "burgerservicenummer", "in": "query", "schema": {"type": "string"}}
    _first_operation(content).setdefault("parameters", []).append(parameter)


def _date_without_format(content: Document) -> None:
    _first_schema(content)["properties"]["geboortedatum"] = {"type": "string"}


@pytest.mark.parametrize(
    ("rule", "mutate"),
    [
        ("ours:property-camel-case", _snake_case),
        ("ours:standard-methods", _odd_method),
        ("ours:no-422", _promise_422),
        ("ours:no-bsn-in-uri", _bsn_in_the_path),
        ("ours:no-bsn-in-uri", _bsn_in_the_query),
        ("ours:date-words-have-format", _date_without_format),
    ],
)
def test_our_own_rules_bite(
    rule: str,
    mutate: Callable[[Document], None],
    linter: Linter,
    tmp_path: Path,
) -> None:
    content = copy.deepcopy(published(publishers()[0]))
    mutate(content)
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert any(finding.startswith(f"{rule} at") for finding in linter.findings(path))
