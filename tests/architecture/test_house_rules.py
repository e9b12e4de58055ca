# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The house rules hold in the whole repository, and each of them bites."""

import importlib
import subprocess
import tomllib
from pathlib import Path, PurePosixPath

import pytest

from tests.architecture import house_rules
from tests.architecture.house_rules import HEADER, Rule

REPOSITORY = Path(__file__).parents[2]
PRODUCT: list[str] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "hatch"
]["build"]["targets"]["wheel"]["packages"]

IN_PRODUCT = [
    house_rules.length,
    house_rules.name,
    house_rules.clock,
    house_rules.logs,
    house_rules.middleware,
    house_rules.swallowed_faults,
    house_rules.commits,
    house_rules.published_names,
]
EVERYWHERE = [house_rules.header, house_rules.private_places]


def repository_files() -> list[PurePosixPath]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return [PurePosixPath(name) for name in sorted(set(listed.stdout.split("\0"))) if name]


def broken(rule: Rule, paths: list[PurePosixPath]) -> list[str]:
    found = []
    for path in paths:
        try:
            text = (REPOSITORY / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # a picture, a file that was removed and is still in the index, a link to a folder
        found += [f"{path}: {fault}" for fault in rule(path, text)]
    return found


def rule_name(rule: Rule) -> str:
    return getattr(rule, "__name__", "")


@pytest.mark.parametrize("rule", IN_PRODUCT, ids=rule_name)
def test_the_product_keeps_the_rule(rule: Rule) -> None:
    paths = [path for path in repository_files() if path.parts[0] in PRODUCT and path.suffix == ".py"]
    assert paths
    assert "\n".join(broken(rule, paths)) == ""


@pytest.mark.parametrize("rule", EVERYWHERE, ids=rule_name)
def test_the_repository_keeps_the_rule(rule: Rule) -> None:
    own = PurePosixPath("tests/architecture")
    paths = [path for path in repository_files() if path.parent != own]
    assert "\n".join(broken(rule, paths)) == ""


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (house_rules.length, "services/intake/api.py", "x = 1\n" * 401),
        (house_rules.name, "gateway/utils.py", ""),
        (house_rules.name, "chassis/base/thing.py", ""),
        (house_rules.header, "cli/app.py", '"""No header."""\n'),
        (house_rules.header, "cli/app.py", HEADER.replace("EUPL-1.2", "MIT")),
        (house_rules.clock, "chassis/db.py", "from datetime import datetime\nx = datetime.now(UTC)\n"),
        (house_rules.clock, "gateway/app.py", "import datetime\nx = datetime.date.today()\n"),
        (house_rules.clock, "portal/app.py", "x = datetime.utcnow()\n"),
        (house_rules.logs, "gateway/app.py", "import logging\n"),
        (house_rules.logs, "gateway/app.py", "from logging import getLogger\n"),
        (house_rules.logs, "gateway/app.py", "import logging.config as c\n"),
        (house_rules.middleware, "chassis/app.py", "class A(BaseHTTPMiddleware): ...\n"),
        (house_rules.middleware, "chassis/app.py", "@app.middleware('http')\nasync def f(r, n): ...\n"),
        (house_rules.swallowed_faults, "demo/app.py", "try:\n    f()\nexcept OSError:\n    pass\n"),
        (
            house_rules.commits,
            "services/intake/actions.py",
            "async def f(tx):\n    await tx.session.commit()\n",
        ),
        (house_rules.published_names, "chassis/bus.py", "def f(): ...\n"),
        (house_rules.private_places, "README.md", "cd /wo" + "rk/main\n"),
        (house_rules.private_places, "docs/a.md", "as issue " + "#3 says\n"),
    ],
)
def test_a_planted_violation_is_found(rule: Rule, path: str, text: str) -> None:
    assert list(rule(PurePosixPath(path), text))


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (house_rules.clock, "chassis/clock.py", "x = datetime.now(UTC)\n"),
        (house_rules.clock, "services/intake/actions.py", "x = tx.today\ny = clock.now()\n"),
        (house_rules.logs, "chassis/logs.py", "import logging\n"),
        (house_rules.length, "services/intake/api.py", "x = 1\n" * 400),
        (house_rules.published_names, "chassis/bus.py", "__all__ = []\n"),
    ],
)
def test_what_is_allowed_is_not_found(rule: Rule, path: str, text: str) -> None:
    assert list(rule(PurePosixPath(path), text)) == []


CHASSIS = sorted(path.stem for path in (REPOSITORY / "chassis").glob("[a-z]*.py"))


@pytest.mark.parametrize("module", CHASSIS)
def test_what_a_chassis_module_offers_exists(module: str) -> None:
    loaded = importlib.import_module(f"chassis.{module}")
    offered = list(loaded.__all__)
    assert [one for one in offered if not hasattr(loaded, one)] == []
    assert len(set(offered)) == len(offered)
