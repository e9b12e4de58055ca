# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A busy machine is no reason to refuse: what production gives up after seconds, tests wait for."""

from chassis import pool
from gateway import pacing

DECIDED = dict(pool._LIMITS)
"""The limits of decision 28, in milliseconds."""

_SECONDS = 60.0


def wait_longer() -> None:
    """For the database: for a connection, a row that is locked, a statement; and for whoever works in between."""
    pool._WAIT_SECONDS = pacing._MEET_SECONDS = _SECONDS
    pool._LIMITS.update(dict.fromkeys(pool._LIMITS, int(_SECONDS * 1000)))
