# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""`open-inburgering solve housing`: from a file to a file, without a database or a server."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bench.housing.checker import check
from bench.housing.generator import generate
from cli.solve import solve_app


def _written(folder: Path, document: Any) -> Path:
    path = folder / "instance.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def test_the_command_writes_a_checked_solution_without_a_database(tmp_path: Path) -> None:
    document = generate("tiny", 3)
    path, output = _written(tmp_path, document), tmp_path / "solution.json"
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    command = [sys.executable, "-c", "from cli.app import main; main()", "solve", "housing", str(path)]
    command += ["--time-limit", "250"]  # a busy machine must not change what is proven
    ended = subprocess.run(
        [*command, "--output", str(output)], env=environment, capture_output=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
    found = json.loads(output.read_bytes())
    assert check(document, found) == []
    assert found["proven"]
    printed = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert printed.stdout == output.read_bytes()
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_pins_bans_cards_and_what_stands_are_options(tmp_path: Path) -> None:
    document = generate("tiny", 3)
    path, first, second = _written(tmp_path, document), tmp_path / "1.json", tmp_path / "2.json"
    runner = CliRunner()
    assert runner.invoke(solve_app, ["housing", str(path), "--output", str(first)]).exit_code == 0
    pair = json.loads(first.read_bytes())["assignments"][0]
    named = f"{pair['household']}={pair['dwelling']}"
    told = runner.invoke(
        solve_app,
        [
            "housing",
            str(path),
            "--ban",
            named,
            "--standing",
            str(first),
            "--explain",
            "--output",
            str(second),
        ],
    )
    assert told.exit_code == 0
    found = json.loads(second.read_bytes())
    assert pair not in found["assignments"]
    assert len(found["cards"]) == len(found["assignments"])
    clash = runner.invoke(solve_app, ["housing", str(path), "--ban", named, "--pin", named])
    assert clash.exit_code != 0
    assert named in str(clash.exception)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "not JSON"),
        ("{}", 'problem must be "p1"'),
        ({"problem": "p2"}, 'problem must be "p1"'),
        ({"problem": "p1"}, "'today' is missing"),
        (
            {**generate("tiny", 1), "households": [{"id": 1}]},
            "households[0]: field 'municipality' is missing",
        ),
    ],
)
def test_an_instance_that_cannot_be_read_is_told_and_nothing_is_written(
    tmp_path: Path, document: Any, said: str
) -> None:
    path, output = _written(tmp_path, document), tmp_path / "solution.json"
    told = CliRunner().invoke(solve_app, ["housing", str(path), "--output", str(output)])
    assert told.exit_code != 0
    assert said in str(told.exception)
    assert not output.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--pin", "h00000"], "must be HOUSEHOLD=DWELLING"),
        (["--pin", "x=y"], "no such household"),
        (["--standing", "missing.json"], "is not a solution"),
        (["--urgency-floor", "100000"], "is the most"),
    ],
)
def test_options_that_cannot_be_kept_are_told(tmp_path: Path, options: list[str], said: str) -> None:
    told = CliRunner().invoke(solve_app, ["housing", str(_written(tmp_path, generate("tiny", 1))), *options])
    assert told.exit_code != 0
    assert said in str(told.exception)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    told = CliRunner().invoke(solve_app, ["housing", str(tmp_path / "none.json")])
    assert told.exit_code != 0
    assert "cannot be read" in str(told.exception)
