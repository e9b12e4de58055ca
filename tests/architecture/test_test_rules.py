# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules of the tests themselves: no skip in CI, known capabilities, no outside world."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def run_tests(folder: Path, text: str, *, ci: bool) -> subprocess.CompletedProcess[str]:
    """Run a file of tests under our rules, in a process of its own."""
    (folder / "test_sample.py").write_text(text, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key not in {"CI", "PYTEST_ADDOPTS"}}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-p", "no:schemathesis",
         "--config-file", REPOSITORY / "pyproject.toml", "--rootdir", folder, folder],
        cwd=REPOSITORY,
        env=environment | ({"CI": "true"} if ci else {}),
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip


SKIPS = "import pytest\n\ndef test_it() -> None:\n    pytest.skip('no broker here')\n"
SKIPS_AS_A_MODULE = "import pytest\n\npytest.skip('no broker here', allow_module_level=True)\n"


@pytest.mark.parametrize("text", [SKIPS, SKIPS_AS_A_MODULE], ids=["test", "module"])
def test_a_skip_fails_in_ci(tmp_path: Path, text: str) -> None:
    run = run_tests(tmp_path, text, ci=True)
    assert run.returncode not in {0, 5}, run.stdout
    assert "Skipped in CI, where nothing may be missing" in run.stdout
    assert "no broker here" in run.stdout


def test_a_skip_at_home_is_said_loudly(tmp_path: Path) -> None:
    run = run_tests(tmp_path, SKIPS, ci=False)
    assert run.returncode == 0, run.stdout
    assert "NOT TESTED ON THIS MACHINE" in run.stdout
    assert "1  Skipped: no broker here" in run.stdout


def test_an_expected_failure_is_not_a_skip(tmp_path: Path) -> None:
    text = "import pytest\n\n@pytest.mark.xfail\ndef test_it() -> None:\n    raise ValueError\n"
    assert run_tests(tmp_path, text, ci=True).returncode == 0


@pytest.mark.parametrize(
    ("mark", "status"),
    [
        ('capability("GW-03")', 0),
        ('capability("GW-03", part="person level")', 0),
        ('capability("GW-99")', 4),
        ("capability()", 4),
        ('capability("GW-03", half=True)', 4),
        ("capabillity('GW-03')", 2),
    ],
)
def test_a_test_may_only_carry_capabilities_that_exist(tmp_path: Path, mark: str, status: int) -> None:
    text = f"import pytest\n\n@pytest.mark.{mark}\ndef test_it() -> None: ...\n"
    run = run_tests(tmp_path, text, ci=False)
    assert run.returncode == status, run.stdout + run.stderr


def test_no_test_reaches_another_machine() -> None:
    with socket.socket() as client, pytest.raises(ConnectionRefusedError, match="this machine only"):
        client.connect(("192.0.2.1", 80))
