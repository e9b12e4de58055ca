# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ends the peers of a run when the tests are over, however they end: `python -m tests.peers.keeper FOLDER`.

It reads a pipe that only the first process of the run holds open. The kernel closes that when the
process is done, is interrupted or is killed.
"""

import sys
from pathlib import Path

from tests.peers.run import TestRun

if __name__ == "__main__":
    sys.stdin.buffer.read()
    TestRun(Path(sys.argv[1])).stop_peers()
