# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a person sees who types the command where something is missing."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.run import free_port

COMMAND = Path(sys.executable).with_name("open-inburgering")
NOT_OURS = (
    "DATABASE_URL",
    "KAFKA_",
    "INTAKE_",
    "GATEWAY_",
    "LEARNING_ROUTES_",
    "NOTIFICATIONS_",
    "OPEN_INBURGERING_",
)


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that other accounts may enter, as root's must be."""
    with tempfile.TemporaryDirectory(prefix="inburgering-cli-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "data"


def run(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
    return subprocess.run(
        [COMMAND, *arguments],
        env={**clean, "OPEN_INBURGERING_DATA": str(data), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_every_subcommand_has_a_line_of_help(data: Path) -> None:
    said = run(data, "--help").stdout

    for word in ("demo", "run-processes", "down", "migrate", "topics", "openapi", "dead-letters"):
        assert word in said


def test_identities_are_listed_for_people_and_for_programs(data: Path) -> None:
    assert "teacher-echt-nederlands" in run(data, "demo", "identities").stdout
    rows = json.loads(run(data, "demo", "identities", "--json").stdout)

    assert {"consulent-lv", "system-echt-nederlands"} <= {row["name"] for row in rows}
    assert all(Path(row["privateKeyFile"]).is_file() for row in rows if row["kind"] == "client")


def test_a_token_of_a_demo_that_does_not_run_is_a_sentence(data: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    done = run(data, "demo", "token", "consulent-lv", OPEN_INBURGERING_URL=address)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Nothing answers at {address}")
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_a_sentence_with_the_remedy(data: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run(data, "demo", OPEN_INBURGERING_PORT=str(port))

    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr
    assert "OPEN_INBURGERING_PORT=" in done.stderr


def test_a_setting_that_makes_no_sense_is_named(data: Path) -> None:
    done = run(data, "demo", OPEN_INBURGERING_PORT="eighty")

    assert done.returncode == 1
    assert "OPEN_INBURGERING_PORT: Input should be a valid integer" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("environment", "missing"),
    [
        pytest.param({}, "DATABASE_URL is missing", id="no-database"),
        pytest.param(
            {"DATABASE_URL": "postgresql://postgres@127.0.0.1:1/postgres"},
            "PostgreSQL does not answer",
            id="away",
        ),
    ],
)
def test_processes_say_what_they_need(data: Path, environment: dict[str, str], missing: str) -> None:
    done = run(data, "run-processes", OPEN_INBURGERING_PORT=str(free_port()), **environment)

    assert done.returncode == 1
    assert missing in done.stderr
    assert "Traceback" not in done.stderr


def test_migrate_names_the_address_that_is_missing(data: Path) -> None:
    done = run(data, "migrate")

    assert done.returncode == 1
    assert "GATEWAY_OWNER_DATABASE_URL is missing" in done.stderr


def test_down_without_anything_running_says_so(data: Path) -> None:
    assert run(data, "down").stdout == "Nothing was running.\n"


def test_the_document_of_a_service_is_printed(data: Path) -> None:
    printed = run(data, "openapi", "notifications")

    assert json.loads(printed.stdout)["info"]["title"]
    assert "There is no service 'housing-estate'" in run(data, "openapi", "housing-estate").stderr
