# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The papers of the repository say what the code does."""

import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic_settings import BaseSettings

from tests.capabilities import LIST, known_capabilities
from tools import settings

REPOSITORY = Path(__file__).parents[2]

# The keys that publiccode.yml 0.5 requires, and the limits of its texts.
PUBLICCODE = {
    "type": "object",
    "required": [
        "publiccodeYmlVersion",
        "name",
        "url",
        "platforms",
        "developmentStatus",
        "softwareType",
        "description",
        "legal",
        "maintenance",
        "localisation",
    ],
    "properties": {
        "publiccodeYmlVersion": {"enum": ["0.5.0", "0.5"]},
        "platforms": {"type": "array", "minItems": 1},
        "developmentStatus": {"enum": ["concept", "development", "beta", "stable", "obsolete"]},
        "softwareType": {"const": "standalone/web"},
        "description": {
            "type": "object",
            "required": ["en", "nl-NL"],
            "additionalProperties": {
                "required": ["shortDescription", "longDescription", "features"],
                "properties": {
                    "shortDescription": {"type": "string", "maxLength": 150},
                    "longDescription": {"type": "string", "minLength": 150, "maxLength": 10000},
                    "features": {"type": "array", "minItems": 1},
                },
            },
        },
        "legal": {"required": ["license"], "properties": {"license": {"const": "EUPL-1.2"}}},
        "maintenance": {
            "required": ["type", "contacts"],
            "properties": {"type": {"const": "community"}, "contacts": {"type": "array", "minItems": 1}},
        },
        "localisation": {"required": ["localisationReady", "availableLanguages"]},
    },
}


def test_publiccode_has_what_its_standard_requires() -> None:
    jsonschema.validate(
        yaml.safe_load((REPOSITORY / "publiccode.yml").read_text(encoding="utf-8")), PUBLICCODE
    )


def test_the_settings_page_is_what_the_code_generates() -> None:
    page = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == settings.page(), "run `make settings`"


@pytest.mark.parametrize("owner", list(settings.settings_classes()), ids=lambda owner: owner.__name__)
def test_every_setting_says_what_it_means(owner: type[BaseSettings]) -> None:
    assert [name for name, field in owner.model_fields.items() if not field.description] == []


def test_the_list_of_capabilities_has_every_id_once() -> None:
    listed = re.findall(r"^\| ([A-Z]{2}-\d{2}) \|", LIST.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(listed) == len(set(listed)) == len(known_capabilities()) == 215


def test_make_explains_every_target() -> None:
    asked = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    explained = set(re.findall(r"^  make ([a-z-]+) +\S", asked.stdout, re.MULTILINE))
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert targets <= explained
    assert {"setup", "demo", "run-processes", "test", "check", "openapi", "capabilities"} <= explained


DOCUMENTS = sorted(
    path.relative_to(REPOSITORY)
    for path in (
        *REPOSITORY.glob("*.md"),
        *(REPOSITORY / "docs").rglob("*.md"),
        *(REPOSITORY / "deploy").rglob("*.md"),
    )
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    text = (REPOSITORY / document).read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text)
    folder = (REPOSITORY / document).parent
    assert [target for target in targets if not (folder / target).exists()] == []
