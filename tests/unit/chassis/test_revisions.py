# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The revisions of a release: what Alembic would read, without loading it, and not each time anew."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from chassis import migrate
from chassis.service import Service
from embedded.app import ALL
from services.intake.app import SERVICE


@pytest.mark.parametrize("service", ALL, ids=lambda service: service.name)
def test_the_revisions_are_those_that_alembic_reads(service: Service) -> None:
    script = ScriptDirectory.from_config(migrate._config(service))
    assert list(migrate.revisions(service)) == [one.revision for one in script.walk_revisions()]


def test_the_revisions_of_a_release_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a service is ready is asked every few seconds: that must not read files each time."""
    known = migrate.revisions(SERVICE)

    def read(_: Path) -> tuple[str, ...]:
        raise AssertionError("read again")

    monkeypatch.setattr(migrate, "_read_revisions", read)
    assert migrate.revisions(SERVICE) == known


def test_revisions_that_are_not_one_line_are_refused(tmp_path: Path) -> None:
    def write(revision: str, before: str | None) -> None:
        (tmp_path / f"{revision}.py").write_text(f"revision, down_revision = {revision!r}, {before!r}\n")

    write("0001", None)
    write("0002", "0001")
    assert migrate._read_revisions(tmp_path) == ("0002", "0001")
    write("0003", "0001")  # two people wrote one at the same time
    with pytest.raises(LookupError, match="not one line"):
        migrate._read_revisions(tmp_path)
