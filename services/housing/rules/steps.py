# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The way of a match: which word may follow which, and whose word it is.

Source: chain Oegstgeest, audit report 3.4 (the corporation offers, VluchtelingenWerk proposes, the
gemeente approves); contract of matches.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from services.housing.rules.codes import MatchStatus, Step

__all__ = ["LEAVERS", "PARTIES", "RETURNERS", "UNDER_WAY", "Party", "may_decide", "may_take"]


class Party(StrEnum):
    """Wie een stap zet."""

    VLUCHTELINGENWERK = "vluchtelingenwerk"
    GEMEENTE = "gemeente"
    CORPORATION = "corporation"


UNDER_WAY = frozenset(
    {MatchStatus.PROPOSED, MatchStatus.APPROVED, MatchStatus.ACCEPTED, MatchStatus.KEY_HANDED_OVER}
)
"""The match holds its household and its dwelling."""

_BEFORE: Mapping[Step, frozenset[MatchStatus]] = MappingProxyType(
    {
        Step.ACCEPTED: frozenset({MatchStatus.APPROVED}),
        Step.DECLINED: frozenset({MatchStatus.APPROVED, MatchStatus.ACCEPTED}),
        Step.KEY_HANDED_OVER: frozenset({MatchStatus.ACCEPTED}),
        Step.HOUSED: frozenset({MatchStatus.KEY_HANDED_OVER}),
    }
)

PARTIES: Mapping[Step, frozenset[Party]] = MappingProxyType(
    {
        # The household answers by those who accompany it.
        Step.ACCEPTED: frozenset({Party.VLUCHTELINGENWERK}),
        Step.DECLINED: frozenset({Party.VLUCHTELINGENWERK}),
        # The corporation has the key; VluchtelingenWerk is there when it is handed over.
        Step.KEY_HANDED_OVER: frozenset({Party.CORPORATION, Party.VLUCHTELINGENWERK}),
        # Living there is registered by the gemeente (BRP), or seen by VluchtelingenWerk.
        Step.HOUSED: frozenset({Party.GEMEENTE, Party.VLUCHTELINGENWERK}),
    }
)
"""Who may record a step."""

LEAVERS = frozenset(Party)
"""Who may record that a household left its home: the corporation ends the lease, the gemeente registers the move or
the death (BRP), and VluchtelingenWerk sees them go."""

RETURNERS = frozenset({Party.GEMEENTE, Party.VLUCHTELINGENWERK})
"""Who may take such a departure back: those who know the household, and why it was said to have left."""


def may_decide(status: MatchStatus) -> bool:
    """Return whether the gemeente can still approve or reject."""
    return status is MatchStatus.PROPOSED


def may_take(status: MatchStatus, step: Step) -> bool:
    """Return whether this step can follow on this state."""
    return status in _BEFORE[step]
