# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The whole platform in one process with its own PostgreSQL, without loading a demo."""

from collections.abc import Awaitable
from pathlib import Path

from demo.situation import bootstrap_file
from embedded.app import run_demo
from embedded.settings import MachineSettings


async def _nothing_beside(_: str, __: Path, first: Awaitable[None]) -> None:
    await first


if __name__ == "__main__":
    run_demo(MachineSettings(), bootstrap=bootstrap_file, beside=_nothing_beside, say=print)
