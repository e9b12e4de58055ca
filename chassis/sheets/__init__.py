# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tables that strangers send as CSV or XLSX: opened safely, as numbered lines of text.

What the columns mean is for the service that asked for the file. Nothing is ever evaluated; of a
formula in XLSX the last saved value counts, in CSV it is text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Fault", "Form", "RefusedError", "Sheet", "form_of", "refused", "too_heavy"]

Form = Literal["csv", "xlsx"]

_ZIP_MAGIC = b"PK\x03\x04"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and .xlsx with a password


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, a stable code, and what to do in plain Dutch.

    It never repeats the value that is wrong: a cell in the wrong column can be a BSN.
    """

    code: str
    detail: str
    field: str | None = None


Sheet = Iterable[tuple[int, Sequence[str] | Fault]]
"""Lines with the number that an editor or a spreadsheet shows; a fault for one that cannot be cut up."""


class RefusedError(Exception):
    """The whole file cannot be used."""

    def __init__(self, fault: Fault) -> None:
        """Keep why."""
        super().__init__(fault.code)
        self.fault = fault


def refused(code: str, detail: str) -> RefusedError:
    """Refuse a file for this reason."""
    return RefusedError(Fault(code, detail))


def too_heavy(why: str) -> RefusedError:
    """Refuse a file that would cost too much to open."""
    return refused(
        "file-too-heavy", f"Het bestand is niet veilig te openen: {why}. Bewaar het opnieuw als .xlsx of CSV."
    )


def form_of(beginning: bytes) -> Form | Fault:
    """Tell from its first bytes what a file is, whatever its name or media type says."""
    if beginning.startswith(_ZIP_MAGIC):
        return "xlsx"
    if beginning.startswith(_OLE_MAGIC):
        return Fault(
            "old-or-locked-workbook",
            "Dit is een oud Excel-bestand (.xls) of een bestand met een wachtwoord. "
            "Bewaar het als .xlsx zonder wachtwoord, of als CSV.",
        )
    if beginning.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"PK")):
        return Fault("wrong-kind-of-file", "Dit is geen CSV- of XLSX-bestand.")
    return "csv"
