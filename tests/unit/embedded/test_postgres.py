# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from embedded import postgres
from embedded.down import down
from embedded.faults import CannotStart
from embedded.folder import DataFolder
from embedded.postgres import EmbeddedPostgres

OWNER = """
import sys, time
from pathlib import Path
from embedded.folder import DataFolder
from embedded.postgres import EmbeddedPostgres
folder = DataFolder(Path(sys.argv[1])); folder.prepare(); EmbeddedPostgres(folder).start()
print("up", flush=True); time.sleep(60)
"""


@pytest.fixture
def folder(open_path: Path) -> DataFolder:
    made = DataFolder(open_path / "data")
    made.prepare()
    return made


async def test_data_survives_a_stop_and_a_second_start(folder: DataFolder) -> None:
    server = EmbeddedPostgres(folder)
    assert server.start()
    try:
        connection = await asyncpg.connect(server.url)
        await connection.execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('gebleven')")
        await connection.close()
        assert server.stop()
        assert not server.is_running()

        server.start()
        connection = await asyncpg.connect(server.url)
        assert await connection.fetchval("SELECT word FROM kept") == "gebleven"
        await connection.close()
    finally:
        server.stop()


async def test_it_listens_on_no_network_and_in_a_private_folder(folder: DataFolder) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    try:
        connection = await asyncpg.connect(server.url)
        assert await connection.fetchval("SHOW listen_addresses") == ""
        await connection.close()
        assert folder.postgres.stat().st_mode & 0o077 == 0
    finally:
        server.stop()


async def test_a_server_whose_owner_was_killed_is_found_by_the_next_and_ended_by_down(
    folder: DataFolder,
) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(folder.root)], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    with owner, owner.stdout:
        assert owner.stdout.readline() == b"up\n"
        owner.send_signal(signal.SIGKILL)
    server = EmbeddedPostgres(folder)
    pid = server.pid()

    assert server.is_running()
    assert not server.start(), "it runs already"
    assert server.pid() == pid
    assert down(folder.root) == [f"PostgreSQL stopped (process {pid})"]
    assert not server.is_running()
    assert down(folder.root) == []


def test_a_first_start_that_was_broken_off_is_begun_anew(folder: DataFolder) -> None:
    (folder.postgres / "new" / "base").mkdir(parents=True)
    server = EmbeddedPostgres(folder)
    try:
        assert server.start()
    finally:
        server.stop()


def test_a_folder_of_something_else_is_left_alone(folder: DataFolder) -> None:
    folder.postgres.mkdir()
    (folder.postgres / "diary.txt").write_text("dear diary")

    with pytest.raises(CannotStart, match="not a PostgreSQL cluster"):
        EmbeddedPostgres(folder).start()
    assert (folder.postgres / "diary.txt").exists()


def test_data_of_another_version_is_not_touched(folder: DataFolder) -> None:
    folder.postgres.mkdir()
    (folder.postgres / "PG_VERSION").write_text("16\n")

    with pytest.raises(CannotStart, match="made by PostgreSQL 16"):
        EmbeddedPostgres(folder).start()


def test_a_long_path_gets_its_socket_elsewhere(open_path: Path) -> None:
    folder = DataFolder(open_path / ("long" * 25))
    folder.prepare()
    server = EmbeddedPostgres(folder)
    try:
        assert server.start()
        assert len(server.url) < 110
    finally:
        server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the programs as somebody else")
def test_programs_below_a_private_folder_are_copied_and_the_folder_stays_private(open_path: Path) -> None:
    private = open_path / "private"
    (private / "pginstall18" / "bin").mkdir(parents=True)
    (private / "pginstall18" / "bin" / "postgres").write_text("#!/bin/sh\n")
    private.chmod(0o700)

    usable = postgres._programs_that_others_may_run(private / "pginstall18" / "bin", open_path)

    assert usable == open_path / "postgresql-18" / "bin"
    assert (usable / "postgres").stat().st_mode & 0o004
    assert private.stat().st_mode & 0o077 == 0
