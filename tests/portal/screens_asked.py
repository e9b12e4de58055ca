# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The screens that answer a question beside the desk: why not, what is laid down, what is to be done, how long."""

from tests.portal.fake_asked import WHY
from tests.portal.fake_housing import SINGLE
from tests.portal.fake_searches import RUN

__all__ = ["ASKED"]

_HO = ("housing",)
_WHY = f"/portal/huisvesting/voorstellen/{RUN}/waarom-niet"
_PINS = "/portal/huisvesting/voorstellen/vastgezet"
_TODO = "/portal/huisvesting/verhuizingen/taken"
_ALL = ("filled", "empty", "error", "long")

ASKED: tuple[tuple[str, str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("why-not-ask", "vwn", f"{_WHY}?huishouden={SINGLE}", _HO, _ALL),
    (
        "why-not-none",
        "vwn",
        f"/portal/huisvesting/voorstellen/waarom-niet?huishouden={SINGLE}",
        _HO,
        ("empty", "error"),
    ),
    ("why-not-rule", "consulent", f"{_WHY}/{WHY['rule']}", _HO, ("filled", "error", "long")),
    ("why-not-price", "vwn", f"{_WHY}/{WHY['price']}", ("intake",), ("filled", "error")),
    ("why-not-together", "vwn", f"{_WHY}/{WHY['together']}", (), ("filled",)),
    ("why-not-proposed", "vwn", f"{_WHY}/{WHY['proposed']}", (), ("filled",)),
    ("why-not-failed", "vwn", f"{_WHY}/{WHY['failed']}", (), ("filled",)),
    ("pins", "vwn", _PINS, _HO, _ALL),
    ("todo", "vwn", _TODO, _HO, _ALL),
    ("todo-volunteer", "volunteer", _TODO, (), ("filled",)),
    ("waiting-times", "vwn", "/portal/huisvesting/wachttijden", _HO, _ALL),
)
"""Name, who, path, the services whose absence makes its error state, and the states."""
