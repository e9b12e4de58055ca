# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""docs/security.md is whole and true: every requirement once, and every test that it names exists."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.security.asvs import requirements

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "security.md"
_ROW = re.compile(r"^\| (V\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| (.*?) \| (.*?) \|$", re.MULTILINE)
_ATTACK = re.compile(r"^\| (S\d\d) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_NODE = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_UNTESTED = ("not applicable because", "open:", "by the operator:", "documented:", "set at the provider:")


@cache
def _functions(path: str) -> frozenset[str]:
    tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def untrue(page: str) -> list[str]:
    """What is not as the page says."""
    wrong = []
    wanted = {id: level for id, level in requirements().items() if level <= 2}
    rows = _ROW.findall(page)
    counts = Counter(row[0] for row in rows)
    wrong += [f"{id} stands {counts[id]} times" for id in wanted if counts[id] != 1]
    wrong += [f"{id} is not in the list" for id in counts if id not in wanted]
    for id, level, how, _, test in rows:
        if str(wanted.get(id)) != level:
            wrong.append(f"{id} has another level")
        if not _NODE.search(test) and not how.startswith(_UNTESTED):
            wrong.append(f"{id} names no test and gives no reason")
    for path, name in _NODE.findall(page):
        if not (REPOSITORY / path).is_file():
            wrong.append(f"there is no {path}")
        elif name and name not in _functions(path):
            wrong.append(f"{path} has no {name}")
    attacks = Counter(row[0] for row in _ATTACK.findall(page))
    wrong += [
        f"S{number:02} stands {attacks[f'S{number:02}']} times"
        for number in range(1, 25)
        if attacks[f"S{number:02}"] != 1
    ]
    return wrong


def test_the_standard_has_345_requirements() -> None:
    assert Counter(requirements().values()) == {1: 70, 2: 183, 3: 92}


def test_the_page_holds_every_requirement_once_and_only_tests_that_exist() -> None:
    assert untrue(PAGE.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda page: re.sub(r"^\| V1\.2\.4 .*\n", "", page, flags=re.MULTILINE), "V1.2.4 stands 0 times"),
        (
            lambda page: page.replace("test_s05_tenant_matrix.py", "test_s05_gone.py"),
            "there is no tests/security/test_s05_gone.py",
        ),
        (lambda page: page.replace("| V8.4.1 | 2 |", "| V8.4.1 | 1 |"), "V8.4.1 has another level"),
        (lambda page: re.sub(r"^\| S14 .*\n", "", page, flags=re.MULTILINE), "S14 stands 0 times"),
    ],
    ids=["left out", "no such test", "level", "attack"],
)
def test_planted_untruths_are_found(change: object, told: str) -> None:
    assert callable(change)
    assert told in untrue(change(PAGE.read_text(encoding="utf-8")))
