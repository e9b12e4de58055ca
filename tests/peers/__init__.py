# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The outside programs that the tests run against: PostgreSQL, Apache Kafka, Chromium.

Real ones, never fakes. Each is started at most once for a run (also under pytest-xdist), on
loopback and a free port, and ended by its own process id.
"""

__all__ = ["PeerMissingError", "TestRun"]

from tests.peers.run import PeerMissingError, TestRun
