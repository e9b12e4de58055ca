# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.faults import CannotStart
from embedded.folder import DataFolder

HOLDER = "import sys, time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def folder(open_path: Path) -> DataFolder:
    made = DataFolder(open_path / "data")
    made.prepare()
    return made


def test_what_is_private_is_only_the_owners(folder: DataFolder) -> None:
    assert folder.secrets.stat().st_mode & 0o077 == 0
    assert folder.logs.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account to enter")
def test_root_is_told_when_the_folder_lies_below_a_private_one(open_path: Path) -> None:
    private = open_path / "private"
    private.mkdir(mode=0o700)

    with pytest.raises(CannotStart, match=f"lies below {private}"):
        DataFolder(private / "data").prepare()
    assert not (private / "data").exists()


def test_a_folder_that_cannot_be_made_is_a_clear_fault(open_path: Path) -> None:
    (open_path / "file").write_text("")

    with pytest.raises(CannotStart, match="OPEN_INBURGERING_DATA"):
        DataFolder(open_path / "file" / "data").prepare()


def test_a_second_process_of_one_name_is_told_where_the_first_answers(folder: DataFolder) -> None:
    with (
        folder.hold("demo", address="http://127.0.0.1:8000"),
        pytest.raises(
            CannotStart, match=rf"running already at http://127.0.0.1:8000 \(process {os.getpid()}\)"
        ),
    ):
        folder.take("demo")
    assert folder.living() == []


def test_a_lock_is_held_by_the_child_that_inherited_it_and_freed_when_it_is_killed(
    folder: DataFolder,
) -> None:
    lock = folder.take("service")
    child = subprocess.Popen([sys.executable, "-c", HOLDER], pass_fds=(lock,), stdout=subprocess.PIPE)
    folder.note(lock, pid=child.pid)
    os.close(lock)
    assert child.stdout is not None
    with child, child.stdout:
        child.stdout.readline()
        assert [(one.name, one.pid) for one in folder.living()] == [("service", child.pid)]
        child.send_signal(signal.SIGKILL)
    assert folder.living() == []
