# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The marker `capability`: which rows of the list of capabilities a test shows.

`@pytest.mark.capability("INT-01")` says that a test shows the acceptance line of that row of
`docs/capabilities.md`; `capability("GW-03", part="person level")` that it shows only that part.
"""

import re
from pathlib import Path

import pytest

LIST = Path(__file__).parents[1] / "docs" / "capabilities.md"
_ROW = re.compile(r"^\| ([A-Z]{2}-\d{2}) \| (.+?) \|$", re.MULTILINE)


def known_capabilities() -> dict[str, str]:
    """Return the title of every capability by its id, in the order of the list."""
    return dict(_ROW.findall(LIST.read_text(encoding="utf-8")))


def marks_of(item: pytest.Item) -> list[tuple[str, str | None]]:
    """Return the ids that a test carries, each with the part it shows; None is the whole.

    Raises:
        pytest.UsageError: the marker is not written as documented.
    """
    found: list[tuple[str, str | None]] = []
    for mark in item.iter_markers("capability"):
        part = mark.kwargs.get("part")
        if not mark.args or set(mark.kwargs) - {"part"}:
            raise pytest.UsageError(f"{item.nodeid}: capability takes ids and an optional part")
        found.extend((str(identifier), part) for identifier in mark.args)
    return found
