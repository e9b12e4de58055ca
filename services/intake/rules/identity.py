# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The numbers and names by which a person is known: their form, and how they are masked."""

import re
import unicodedata

__all__ = ["bsn_is_valid", "mask", "name_is_plausible", "search_key", "v_number_is_valid"]

_BSN_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_NINE_DIGITS = re.compile(r"[0-9]{9}")
_TEN_DIGITS = re.compile(r"[0-9]{10}")
_SHOWN = 3
_NO_TEXT = {"Cc", "Cf", "Cs", "Cn", "Co"}
_JOINERS = "\u200c\u200d"  # between letters of Persian and Indic names


def bsn_is_valid(bsn: str) -> bool:
    """Whether `bsn` has nine digits and passes the elfproef.

    The weights are 9 to 2 and, for the last digit, minus 1; the sum must be a multiple of 11.
    Nine zeros would pass the sum and are no BSN. Source: Besluit burgerservicenummer.
    """
    if not _NINE_DIGITS.fullmatch(bsn) or bsn == "000000000":
        return False
    return sum(weight * int(digit) for weight, digit in zip(_BSN_WEIGHTS, bsn, strict=True)) % 11 == 0


def v_number_is_valid(v_number: str) -> bool:
    """Whether `v_number`, the IND's number of a foreign national, has its ten digits.

    It has no check digit, so a mistyped one cannot be seen.
    """
    return _TEN_DIGITS.fullmatch(v_number) is not None


def mask(number: str) -> str:
    """Show the last three digits only: enough to compare with a letter, too little to use."""
    return "*" * (len(number) - _SHOWN) + number[-_SHOWN:]


def name_is_plausible(name: str) -> bool:
    """Whether `name` can be the name of a person.

    It has a letter of any script and no control characters, also none that turn the direction of
    the text: those make a name look like another one.
    """
    return any(character.isalpha() for character in name) and not any(
        unicodedata.category(character) in _NO_TEXT and character not in _JOINERS for character in name
    )


def search_key(name: str) -> str:
    """What a name is compared by: without case, accents, or anything but letters and digits.

    A seeker types `ozturk` for Öztürk and `vanderberg` or `van der Berg` alike.
    """
    flat = unicodedata.normalize("NFKD", name).casefold()
    return "".join(character for character in flat if character.isalnum())
