# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether a service is ready is asked every few seconds: that must not read files each time."""

import pytest

from chassis import migrate
from services.intake.app import SERVICE


def test_the_revisions_of_a_release_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    known = migrate.revisions(SERVICE)
    assert known[0] == migrate.head(SERVICE)

    def read(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(migrate, "ScriptDirectory", read)
    assert migrate.revisions(SERVICE) == known
