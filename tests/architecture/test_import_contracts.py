# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The import contracts of pyproject.toml hold, and each of them bites."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SETTINGS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
PACKAGES: list[str] = SETTINGS["root_packages"]
CONTRACTS: list[str] = [contract["id"] for contract in SETTINGS["contracts"]]
LINTER = Path(sys.executable).with_name("lint-imports")


def lint(tree: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [part for contract in contracts for part in ("--contract", contract)]
    return subprocess.run(
        [LINTER, "--cache-dir", str(tree / ".import_linter_cache"), *chosen],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )


def room(tree: Path, service: str, name: str) -> Path:
    """The file of a room of a service: `rules.py`, or `rules/__init__.py` when it has grown."""
    folder = tree / "services" / service
    return folder / name / "__init__.py" if (folder / name).is_dir() else folder / f"{name}.py"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product, in which the tests plant one violation at a time."""
    copy = tmp_path_factory.mktemp("tree")
    shutil.copy(REPOSITORY / "pyproject.toml", copy)
    for package in PACKAGES:
        shutil.copytree(
            REPOSITORY / package,
            copy / package,
            ignore=lambda folder, names: [
                name for name in names if not name.endswith(".py") and not (Path(folder) / name).is_dir()
            ],
        )
    return copy


@contextmanager
def planted(path: Path, line: str) -> Iterator[None]:
    """Add a line to a file, or a file to the tree, as long as the block runs."""
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")


def test_the_repository_keeps_every_contract() -> None:
    linted = lint(REPOSITORY)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in linted.stdout


IN_A_ROOM = [
    ("packages", "intake", "app", "import gateway"),
    ("packages", "intake", "app", "import embedded.app"),
    ("services", "learning_routes", "events", "import services.intake.models"),
    ("services", "intake", "app", "import services.notifications.app"),
    ("anatomy", "intake", "store", "import services.intake.actions"),
    ("anatomy", "intake", "models", "import services.intake.store"),
    ("anatomy", "intake", "rules", "import services.intake.models"),
    ("anatomy", "intake", "rules", "import services.intake.settings"),
    ("anatomy", "notifications", "api", "import services.notifications.jobs"),
    ("anatomy", "notifications", "store", "import services.notifications.partners"),
    ("anatomy", "learning_routes", "actions", "import services.learning_routes.api"),
    ("rules", "intake", "rules", "import sqlalchemy"),
    ("rules", "learning_routes", "rules", "import pydantic"),
    ("rules", "notifications", "rules", "import chassis.db"),
    ("rules", "notifications", "rules", "import contracts.intake"),
]


@pytest.mark.parametrize(("contract", "service", "name", "line"), IN_A_ROOM)
def test_a_violation_in_a_room_of_a_service_is_refused(
    tree: Path, contract: str, service: str, name: str, line: str
) -> None:
    with planted(room(tree, service, name), line):
        linted = lint(tree, contract)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert "Contracts: 0 kept, 1 broken." in linted.stdout


IN_A_NEW_FILE = [
    ("packages", "chassis/planted.py", "import services.intake.app"),
    ("packages", "contracts/planted.py", "import chassis.errors"),
    ("packages", "gateway/planted.py", "import cli.app"),
    ("packages", "gateway/planted.py", "import services.intake.app"),
    ("packages", "demo/planted.py", "import embedded.folder"),
    ("clients", "portal/planted.py", "import services.intake.rules"),
    ("clients", "demo/planted.py", "import services.intake.app"),
    ("clients", "demo/planted.py", "import gateway.tokens"),
    ("anatomy", "services/intake/utils.py", ""),
    ("anatomy", "services/notifications/cache.py", ""),
    ("events", "contracts/planted.py", "import fastapi"),
    ("events", "contracts/planted.py", "import sqlalchemy.orm"),
]


@pytest.mark.parametrize(("contract", "path", "line"), IN_A_NEW_FILE)
def test_a_violation_in_a_new_file_is_refused(tree: Path, contract: str, path: str, line: str) -> None:
    with planted(tree / path, line):
        linted = lint(tree, contract)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert "Contracts: 0 kept, 1 broken." in linted.stdout


def test_a_service_without_its_app_is_refused(tree: Path) -> None:
    with planted(tree / "services" / "finance" / "__init__.py", ""):
        linted = lint(tree, "anatomy")
    shutil.rmtree(tree / "services" / "finance")
    assert linted.returncode == 1
    assert "services.finance" in linted.stdout


def test_a_violation_is_planted_for_every_contract() -> None:
    assert {case[0] for case in (*IN_A_ROOM, *IN_A_NEW_FILE)} == set(CONTRACTS)
