# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Points at which a test can let the process die, to prove that nothing is lost or done twice."""

import os
import signal

from chassis.settings import platform_settings

__all__ = ["POINTS", "hit"]

POINTS = frozenset(
    {
        "after-effect-before-commit",  # of a handler's transaction
        "after-commit-before-offset",  # the handler's transaction is safe, the bus does not know
        "after-send-before-mark",  # the bus has the event, the outbox does not know
        "after-commit-before-answer",  # the request's transaction is safe, the client does not know
        "in-background-job",  # half-way through long work
    }
)


def hit(point: str) -> None:
    """Die here, as by kill -9, if the environment asks for it; otherwise nothing."""
    if platform_settings().fault == point and platform_settings().environment != "production":
        os.kill(os.getpid(), signal.SIGKILL)
