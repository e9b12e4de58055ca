# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The words of the law: one source, and names of others that really exist."""

import json
from pathlib import Path

from gateway.glossary import TERMS, markdown

REPOSITORY = Path(__file__).parents[2]


def test_the_page_in_the_repository_is_the_one_that_is_served() -> None:
    assert (REPOSITORY / "docs" / "glossary.md").read_text() == markdown(), (
        "write it from gateway/glossary.py"
    )


def test_the_words_are_in_order_and_each_has_its_source() -> None:
    words = [term.word.casefold() for term in TERMS]
    assert sorted(set(words)) == sorted(words)
    assert all(term.meaning.endswith(".") and term.source for term in TERMS)


def test_what_is_said_to_stand_in_the_municipal_data_model_stands_there(standards: Path) -> None:
    known = set(json.loads((standards / "ggm" / "inburgering.json").read_text())["$defs"])
    named = {term.ggm.split(" in ")[-1] for term in TERMS if term.ggm}
    assert named <= known


def test_what_is_said_to_stand_in_the_interface_of_duo_stands_there(standards: Path) -> None:
    text = "".join(path.read_text() for path in (standards / "duo").glob("*.yml")).lower()
    for term in TERMS:
        for name in filter(None, term.duo.split(", ")):
            assert name.split()[0].lower() in text, f"{term.word}: {name}"
