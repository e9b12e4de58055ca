# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What CSV and XLSX have in common once they are open: numbered lines of text."""

from collections.abc import Iterable, Sequence

from services.learning_routes.rules.attendance_files import Fault

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
