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
WRONG = "with faults"
Document = dict[str, Any]


def findings(program: Path, ruleset: Path, folder: Path) -> dict[str, list[str]]:
    """Of each document every finding of at least a warning, as `rule at place: message`; one run reads them all."""
    linted = subprocess.run(
        [program, "lint", "--fail-on-unmatched-globs", "--fail-severity", "warn",
         "--format", "json", "--quiet", "--ruleset", ruleset, *sorted(folder.iterdir())],
        capture_output=True, text=True, check=False, timeout=800,
    )  # fmt: skip
    assert linted.returncode in {0, 1}, linted.stderr
    told = json.loads(linted.stdout or "[]")
    assert (linted.returncode == 0) == all(one["severity"] > 1 for one in told), linted.stdout
    found: dict[str, list[str]] = {path.stem: [] for path in folder.iterdir()}
    for one in told:
        if one["severity"] <= 1:
            place = "/".join(map(str, one["path"]))
            found[Path(one["source"]).stem].append(f"{one['code']} at {place}: {one['message']}")
    return found


@functools.cache
def published(publisher: str) -> Document:
    content: Document = json.loads(
        merged({service_name(one): document(one) for one in publishers()})
        if publisher == MERGED
        else document(publisher)
    )
    return content


def smallest() -> str:
    """The publisher whose document is read soonest."""
    return min(publishers(), key=lambda one: len(json.dumps(published(one))))


@pytest.fixture(scope="module")
def linted(
    node_tools: Path, standards: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """What the official rules and ours say of each document, and of one with a fault of each kind in it."""
    official, folder = standards / "adr-spectral.yml", tmp_path_factory.mktemp("spectral")
    ruleset, documents = folder / "ruleset.yml", folder / "documents"
    ruleset.write_text(OURS.read_text(encoding="utf-8").replace("@OFFICIAL@", str(official.resolve())))
    documents.mkdir()
    wrong = copy.deepcopy(published(smallest()))
    for _, _, plant in FAULTS:
        plant(wrong)
    for name, content in {**{one: published(one) for one in [*publishers(), MERGED]}, WRONG: wrong}.items():
        (documents / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return findings(node_tools / ".bin" / "spectral", ruleset, documents)


@pytest.mark.timeout(900)  # the first waits for the linter, on a machine that does other things too
@pytest.mark.parametrize("publisher", [*publishers(), MERGED])
def test_the_document_has_no_finding(publisher: str, linted: dict[str, list[str]]) -> None:
    found = linted[publisher]
    if publisher == MERGED:
        # Its services have a major version each, so it stands in every path and not in the server's address.
        assert all(re.match(r"/[a-z-]+/v[1-9]\d*/", one) for one in published(MERGED)["paths"])
        found = [
            one for one in found if not one.startswith("nlgov:include-major-version-in-uri at servers/0/")
        ]
    assert "\n".join(found) == ""


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


FAULTS: list[tuple[str, str, Callable[[Document], None]]] = [
    ("ours:property-camel-case", "raised_at", _snake_case),
    ("ours:standard-methods", "trace", _odd_method),
    ("ours:no-422", "422", _promise_422),
    ("ours:no-bsn-in-uri", "persons-by-bsn", _bsn_in_the_path),
    ("ours:no-bsn-in-uri", "parameters", _bsn_in_the_query),
    ("ours:date-words-have-format", "geboortedatum", _date_without_format),
]


@pytest.mark.timeout(900)  # same
@pytest.mark.parametrize(("rule", "place"), [fault[:2] for fault in FAULTS])
def test_our_own_rules_bite(rule: str, place: str, linted: dict[str, list[str]]) -> None:
    assert any(one.startswith(f"{rule} at") and place in one for one in linted[WRONG])
    assert not any(one.startswith(rule) for one in linted[smallest()])
