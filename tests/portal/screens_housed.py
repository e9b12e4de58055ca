# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The screens of taking back who was housed, and of corporations and their rules."""

from tests.portal.fake_data import uid
from tests.portal.fake_housing import LARGE, MOVING, OWNER, SINGLE

__all__ = ["HOUSED"]

_HO = ("housing",)
_ALL = ("filled", "empty", "error", "long")
_CORPORATIONS = "/portal/huisvesting/corporaties"

HOUSED: tuple[tuple[str, str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("taking-back", "vwn", f"/portal/huisvesting/huishoudens/{LARGE}/terugdraaien", _HO, _ALL),
    ("corporations", "vwn", _CORPORATIONS, _HO, _ALL),
    ("corporation-new", "consulent", f"{_CORPORATIONS}/nieuw", _HO, _ALL),
    ("corporation", "consulent", f"{_CORPORATIONS}/{OWNER}", _HO, ("filled", "error", "long")),
    ("signal-key", "vwn", f"/portal/signalen/{uid('key')}", ("notifications",), ("filled", "error")),
    ("household-shared", "vwn", f"/portal/huisvesting/huishoudens/{LARGE}", (), ("filled",)),
    (
        "household-member",
        "consulent",
        f"/portal/huisvesting/huishoudens/{SINGLE}/leden/{uid('member-1')}",
        _HO,
        ("filled",),
    ),
    (
        "household-member-list",
        "policy",
        f"/portal/huisvesting/huishoudens/{SINGLE}/leden/{uid('member-1')}",
        _HO,
        ("filled",),
    ),
    ("ladder", "consulent", "/portal/huisvesting/taakstelling/ladder", _HO, ("filled",)),
    ("move-team-leader", "vwn", f"/portal/huisvesting/verhuizingen/{MOVING}", ("gateway",), ("filled",)),
    ("move-corporation", "corporation", f"/portal/huisvesting/verhuizingen/{MOVING}", _HO, ("filled",)),
    ("corporation-own", "corporation", f"{_CORPORATIONS}/{OWNER}", _HO, ("filled",)),
)
"""Name, who, path, the services whose absence makes its error state, and the states."""
