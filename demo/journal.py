# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What of the plan is loaded already: the plan's own name of each thing, and the id it got.

One line per thing, appended when the platform has answered, so a loader that is stopped at any
moment goes on where it was. A thing that was made but not yet written down is asked for again
with the same Idempotency-Key, and so not made twice.
"""

import json
from pathlib import Path

__all__ = ["Journal"]


class Journal:
    """Names and ids, kept in a file."""

    def __init__(self, path: Path) -> None:
        """Read what an earlier loader wrote; a last line that was cut off is ignored."""
        self._path = path
        self._ids: dict[str, str] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                try:
                    name, id_ = json.loads(line)
                except ValueError:
                    continue
                self._ids[name] = id_

    def __contains__(self, name: object) -> bool:
        return name in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def id_of(self, name: str) -> str:
        """The id that a thing got.

        Raises:
            KeyError: it is not loaded yet.
        """
        return self._ids[name]

    def find(self, name: str) -> str | None:
        """The id that a thing got, if it is loaded."""
        return self._ids.get(name)

    def name_of(self, id_: str) -> str | None:
        """The plan's name of the thing with this id."""
        return next((name for name, known in self._ids.items() if known == id_), None)

    def note(self, name: str, id_: str = "") -> None:
        """Write down that a thing is loaded; one without an id of its own has an empty one."""
        self._ids[name] = id_
        with self._path.open("a") as file:
            file.write(json.dumps([name, id_]) + "\n")

    def forget(self) -> None:
        """Begin anew: the platform behind it is another one."""
        self._ids.clear()
        self._path.unlink(missing_ok=True)
