# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the product never does: evaluate text, use broken hashes or dice for secrets, make a pattern from input."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PRODUCT = ("contracts", "chassis", "services", "gateway", "portal", "embedded", "demo", "cli")
_MATCHERS = {"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
REVIEWED = {
    "chassis/schema.py": "the form of a kind of field, given where the field is declared",
    "portal/pages/housing/card.py": "from the table of the same file",
}
"""Where a pattern is no constant at the place where it is used, and where it does come from."""


def refused(code: str) -> set[str]:
    """The rules that `ruff check`, with the settings of the project, finds broken in a file of a service."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--output-format", "concise", "--stdin-filename", "services/a.py", "-"],
        input=code, capture_output=True, text=True, check=False, cwd=REPOSITORY,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    return {line.split()[1] for line in done.stdout.splitlines() if line.startswith("services/a.py:")}


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("eval(input())", "S307"),
        ("exec(input())", "S102"),
        ("import hashlib\n\nhashlib.md5(b'x')", "S324"),
        ("import hashlib\n\nhashlib.sha1(b'x')", "S324"),
        ("import random\n\nrandom.randint(1, 9)", "S311"),
        ("import pickle\n\npickle.loads(b'x')", "S301"),
        ("import subprocess\n\nsubprocess.run(input(), shell=True, check=True)", "S602"),
    ],
    ids=["eval", "exec", "md5", "sha1", "random", "pickle", "shell"],
)
def test_the_linter_refuses_it(code: str, rule: str) -> None:
    """`make check` runs the same linter with the same settings over every file."""
    assert rule in refused(code + "\n")


def made_patterns(text: str) -> Iterator[int]:
    """The lines at which a pattern is neither written out nor a constant of the module."""
    for node in ast.walk(ast.parse(text)):
        called = node.func if isinstance(node, ast.Call) else None
        if not (
            isinstance(node, ast.Call)
            and isinstance(called, ast.Attribute)
            and isinstance(called.value, ast.Name)
            and called.value.id == "re"
            and called.attr in _MATCHERS
        ):
            continue
        pattern = node.args[0]
        constant = isinstance(pattern, ast.Name) and pattern.id.isupper()
        if not isinstance(pattern, ast.Constant) and not constant:
            yield node.lineno


def test_no_pattern_is_made_from_input() -> None:
    found = {
        str(path.relative_to(REPOSITORY))
        for folder in PRODUCT
        for path in (REPOSITORY / folder).rglob("*.py")
        if list(made_patterns(path.read_text(encoding="utf-8")))
    }
    assert found == set(REVIEWED)


def test_planted_a_pattern_of_a_request_is_found() -> None:
    assert list(
        made_patterns("import re\n\ndef find(asked, rows):\n    return re.search(asked, rows)\n")
    ) == [4]
    assert list(made_patterns("import re\n\nre.search('(' + name + ')', text)\n")) == [3]
