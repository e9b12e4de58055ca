# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How people follow what a search proposes, and how long they look at it (PX-16: a human decides)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

__all__ = ["LEAST_JUDGED", "Following", "looked_seconds"]

LEAST_JUDGED = 10
"""Judged proposals from which it says something that nobody deviates."""

_A_DAY = 24 * 60 * 60


def looked_seconds(opened_at: datetime, decided_at: datetime) -> int | None:
    """Return for how long a match was open before the decision; None where that says nothing.

    A page that stood open for more than a day, or a clock that is ahead, tells no time of looking.
    """
    seconds = int((decided_at - opened_at).total_seconds())
    return seconds if 0 <= seconds <= _A_DAY else None


@dataclass(frozen=True, slots=True)
class Following:
    """What became of the proposals of a period. All numbers but the seconds are proposals or matches."""

    sent: int  # proposals that became a match
    set_aside: int  # proposals that somebody did not follow, with the reason
    untouched: int  # proposals that nobody judged
    approved: int  # decisions on matches that follow a proposal
    rejected: int
    own: int  # matches that follow no proposal
    seconds: Sequence[int]  # of each decision of which it is known

    @property
    def judged(self) -> int:
        """Proposals on which a person had a say: not followed, or decided by the gemeente."""
        return self.set_aside + self.approved + self.rejected

    @property
    def deviating(self) -> int:
        """Judged otherwise than proposed."""
        return self.set_aside + self.rejected

    @property
    def nobody_deviates(self) -> bool:
        """Many were judged and none otherwise: a sign that nobody weighs them any more, and no success."""
        return self.judged >= LEAST_JUDGED and self.deviating == 0

    @property
    def deviating_percent(self) -> float | None:
        """Of what was judged, one decimal; None where nothing was."""
        return round(100 * self.deviating / self.judged, 1) if self.judged else None

    @property
    def median_seconds(self) -> int | None:
        """Half of the decisions took no longer; None where it is known of none."""
        return int(median(self.seconds)) if self.seconds else None
