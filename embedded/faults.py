# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why the platform cannot start here, in words that say what to do about it."""

__all__ = ["CannotStart"]


class CannotStart(Exception):
    """Something on this machine is in the way.

    Args:
        what: what is in the way.
        remedy: what the reader can do about it, one sentence.
    """

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(f"{what}\n{remedy}")
        self.what = what
        self.remedy = remedy
