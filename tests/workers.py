# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which files go to one worker of pytest-xdist, since they share what takes a minute to start."""

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

TOGETHER = {"tests/journey/test_fuzz.py": "tests/journey/test_demo.py"}


class SharedStarts(LoadFileScheduling):  # type: ignore[misc]
    """File by file, but for those."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return TOGETHER.get(file, file)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Ours in place of `--dist=loadfile`."""
    return SharedStarts(config, log) if config.getvalue("dist") == "loadfile" else None
