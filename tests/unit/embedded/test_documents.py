# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The OpenAPI documents come from a process beside the start, and the start does without when that is ended."""

import os
import signal
from pathlib import Path

import pytest

from chassis.app import document_bytes
from chassis.settings import PlatformSettings
from embedded import documents
from embedded.documents import Documents
from embedded.folder import DataFolder, _is_locked
from tests.service.chassis.sample import SERVICE

PLATFORM = PlatformSettings(environment="test", public_url="http://127.0.0.1:1")


async def test_the_documents_are_made_by_a_process_that_ends_and_holds_no_lock(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    (tmp_path / "running").mkdir()
    with folder.hold("demo") as lock:
        made = Documents([SERVICE], PLATFORM, lock=lock)
        asked = made.of(SERVICE)
        assert await asked() == await asked() == document_bytes(SERVICE, PLATFORM)
    assert not _is_locked(tmp_path / "running" / "demo.lock")
    assert made._process.exitcode == 0


async def test_a_service_makes_its_own_when_that_process_was_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "document_bytes", lambda *_: signal.pause())  # it never comes to its end
    made = Documents([SERVICE], PLATFORM, lock=os.open(tmp_path, os.O_RDONLY))
    monkeypatch.undo()
    made._process.kill()
    assert await made.of(SERVICE)() == document_bytes(SERVICE, PLATFORM)
