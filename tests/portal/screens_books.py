# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The screens of the account's books, of what a household needs, and of how fair the matching is."""

from tests.portal.fake_corporations import OCCUPATION
from tests.portal.fake_housing import MOVING, OWNER, SINGLE

__all__ = ["BOOKS"]

_HO = ("housing",)
_HERE = "/portal/huisvesting"
_ALL = ("filled", "empty", "error", "long")
_NEEDS = f"{_HERE}/huishoudens/{SINGLE}/gegevens"

BOOKS: tuple[tuple[str, str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("household-needs", "consulent", _NEEDS, _HO, _ALL),
    ("household-needs-vwn", "vwn", _NEEDS, _HO, ("filled",)),
    ("household-new", "consulent", f"{_HERE}/huishoudens/nieuw", (), ("filled",)),
    ("account-books", "consulent", f"{_HERE}/taakstelling/boeken", _HO, _ALL),
    (
        "account-then",
        "consulent",
        f"{_HERE}/taakstelling?peildatum=2024-10-01&bekend=2024-10-31",
        _HO,
        ("filled",),
    ),
    ("equity", "vwn", f"{_HERE}/voorstellen/verdeling", _HO, _ALL),
    ("letter", "vwn", f"{_HERE}/verhuizingen/{MOVING}/brief", _HO, ("filled", "error")),
    (
        "corporation-price",
        "corporation",
        f"{_HERE}/corporaties/{OWNER}?prijs={OCCUPATION}",
        _HO,
        ("filled", "long"),
    ),
)
"""Name, who, path, the services whose absence makes its error state, and the states."""
