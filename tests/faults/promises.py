# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What clients were promised: a file that is only added to, a line before each request and one after its answer."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Kept:
    """What the file says of one thing that clients wrote: the words tried, and the last acknowledged."""

    tried: list[Any] = field(default_factory=list)  # since the last acknowledgement, and that one first
    acknowledged: Any = None
    answers: int = 0


class Promises:
    """The file of one test."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("a", encoding="utf-8")

    def trying(self, thing: str, word: Any) -> None:
        """Note that a client is about to ask for this."""
        self._line({"trying": thing, "word": word})

    def acknowledged(self, thing: str, word: Any) -> None:
        """Note that a client was answered with success."""
        self._line({"acknowledged": thing, "word": word})

    def _line(self, body: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(body) + "\n")
        self._file.flush()

    def read(self) -> dict[str, Kept]:
        """What the file says of each thing."""
        found: dict[str, Kept] = defaultdict(Kept)
        for line in self._path.read_text(encoding="utf-8").splitlines():
            body = json.loads(line)
            if "trying" in body:
                found[body["trying"]].tried.append(body["word"])
            else:
                kept = found[body["acknowledged"]]
                kept.acknowledged = body["word"]
                kept.tried = []
                kept.answers += 1
        return dict(found)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
