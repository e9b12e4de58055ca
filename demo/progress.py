# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a person how far the loading is: a bar on a terminal, now and then a line elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

__all__ = ["Bar"]

_SECONDS_BETWEEN_LINES = 5.0


class Bar:
    """A progress bar; use as `with Bar(console) as bar`."""

    def __init__(self, console: Console) -> None:
        """Draw on this console."""
        self._console = console
        self._progress = Progress(
            TextColumn("[bold]Demo data[/]"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None
        self._done = self._total = 0
        self._said_at = time.monotonic()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def pause(self) -> None:
        """Take the bar away, so that something else can be written."""
        self._progress.stop()

    def resume(self) -> None:
        """Draw the bar again."""
        self._progress.start()

    def expect(self, calls: int) -> None:
        """So many calls will be made in all."""
        self._total = calls
        self._task = self._progress.add_task("", total=calls)

    def stage(self, what: str) -> None:
        """What is being loaded now, in words."""
        if self._task is not None:
            self._progress.update(self._task, description=what)

    def advance(self, calls: int = 1) -> None:
        """So many calls were made, or were made before."""
        self._done += calls
        if self._task is not None:
            self._progress.advance(self._task, calls)
        if not self._console.is_terminal and time.monotonic() - self._said_at > _SECONDS_BETWEEN_LINES:
            self._said_at = time.monotonic()
            self._console.print(f"Demo data: {self._done} of {self._total}")
