# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One process from which the others are forked, so that all of them share what is imported.

Importing the platform takes seconds of CPU and most of the memory of a process; a fork takes
neither. A process with an event loop or threads cannot be forked safely, so the forking is done by
a child that is made before there are any: it imports, waits, and forks a process for each request.
The messages go over a pipe of `multiprocessing`, which also does the forking and tells how each
process ended.
"""

import asyncio
import errno
import gc
import importlib
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from typing import cast

from setproctitle import setproctitle

__all__ = ["Child", "Forker", "ForkerEnded"]

Note = Callable[[int, int], None]
"""What the process does first: note in the descriptor that it keeps open which process it is."""

_ASKED_TO_END = (signal.SIGTERM, signal.SIGINT)
_FORK = multiprocessing.get_context("fork")


class ForkerEnded(RuntimeError):
    """The process that forks the others is gone; nothing more can be started or heard from it."""


@dataclass(frozen=True, slots=True)
class _Start:
    """Asks for a process that runs a module; the descriptor it keeps open is sent after it."""

    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    note: Note


@dataclass(frozen=True, slots=True)
class _Signal:
    """Asks to signal a process, if it lives."""

    pid: int
    number: int


@dataclass(frozen=True, slots=True)
class _Started:
    pid: int


@dataclass(frozen=True, slots=True)
class _Refused:
    number: int  # errno of the fork that failed


@dataclass(frozen=True, slots=True)
class _Ended:
    pid: int
    code: int


# The side of who asks


class Child:
    """A process that was forked for us."""

    def __init__(self, forker: "Forker", pid: int) -> None:
        self.pid = pid
        self._forker = forker
        self._end: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def returncode(self) -> int | None:
        """How it ended, below zero by a signal; none while it lives."""
        return self._end.result() if self._end.done() and not self._end.exception() else None

    async def wait(self) -> int:
        """Wait until it has ended; answers how.

        Raises:
            ForkerEnded: nobody is left to tell.
        """
        return await asyncio.shield(self._end)

    def ended(self, code: int) -> None:
        """It has ended, says the forker."""
        self._end.set_result(code)

    def lost(self, fault: ForkerEnded) -> None:
        """Nobody will say how it ends."""
        self._end.set_exception(fault)
        self._end.exception()  # heard, even when nobody waits for it

    def terminate(self) -> None:
        """Ask it to end."""
        self._forker.signal(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._forker.signal(self.pid, signal.SIGKILL)


class Forker:
    """Starts processes by fork. Made before there is a loop, used within one, closed by `close`."""

    def __init__(self, modules: Sequence[str]) -> None:
        """Fork the process that forks; it imports `modules` before anything else."""
        self._pipe, theirs = _FORK.Pipe()
        self._process = _FORK.Process(target=_fork_others, args=(theirs, self._pipe, modules), name="forker")
        self._process.start()
        theirs.close()
        self._children: dict[int, Child] = {}
        self._turn = asyncio.Lock()
        self._answer: asyncio.Future[int] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(
        self,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        log: Path,
        keep: int,
        note: Note,
    ) -> Child:
        """Run `python -m module arguments` in a process of its own, in a session of its own.

        Args:
            module: with a `__main__`.
            arguments: of the module.
            environment: all of it.
            log: where it writes, at the end of what is there.
            keep: a descriptor that it holds open as long as it lives.
            note: called in it, with that descriptor and its process id, before anything else; can be pickled.

        Raises:
            ForkerEnded: the process that forks is gone.
            OSError: the machine has no room for another process.
        """
        async with self._turn:
            self._listen()
            answer = self._answer = asyncio.get_running_loop().create_future()
            try:
                self._pipe.send(_Start(module, tuple(arguments), dict(environment), log, note))
                send_handle(self._pipe, keep, self._process.pid)
            except OSError as fault:
                raise ForkerEnded("the process that starts the others has ended") from fault
            try:
                return self._children[await asyncio.shield(answer)]
            except asyncio.CancelledError:
                with suppress(OSError, ForkerEnded):  # it is made all the same, and nobody wants it any more
                    self.signal(await answer, signal.SIGKILL)
                raise

    def signal(self, pid: int, number: int) -> None:
        """Signal one that was started here; nothing happens when it has ended."""
        with suppress(OSError):  # nobody is left to pass it on: who waits hears of that
            self._pipe.send(_Signal(pid, number))

    def close(self) -> None:
        """End the process that forks; what it started goes on unless it was ended before."""
        self._deafen()
        self._pipe.close()
        self._process.join()

    def _listen(self) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._pipe.fileno(), self._hear)

    def _deafen(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._pipe.fileno())

    def _hear(self) -> None:
        try:
            told = self._pipe.recv()
        except (EOFError, OSError):
            self._despair()
            return
        if isinstance(told, _Started):
            self._children[told.pid] = Child(self, told.pid)
            self._settle(told.pid)
        elif isinstance(told, _Refused):
            self._settle(OSError(told.number, os.strerror(told.number)))
        elif isinstance(told, _Ended):
            self._children.pop(told.pid).ended(told.code)

    def _settle(self, outcome: int | Exception) -> None:
        answer, self._answer = self._answer, None
        if answer is None or answer.done():
            return  # who asked did not wait for it
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)

    def _despair(self) -> None:
        """The process that forks is gone: everybody who waits hears so."""
        self._deafen()
        gone = ForkerEnded("the process that starts the others has ended")
        self._settle(gone)
        for child in self._children.values():
            child.lost(gone)
        self._children.clear()


# The side of who forks


def _fork_others(pipe: Connection, others_end: Connection, modules: Sequence[str]) -> None:
    """Fork what is asked for until nobody is left to ask."""
    others_end.close()
    os.setsid()  # Ctrl-C reaches the processes through who asked for them, in the right order
    for number in _ASKED_TO_END:  # so does a manager of services: who asked ends them, and then us
        signal.signal(number, signal.SIG_IGN)
    setproctitle("open-inburgering: from which the processes are forked")
    for module in modules:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # a later collection writes into none of the pages that are shared
    children: dict[int, ForkProcess] = {}
    while True:
        ended = {child.sentinel: pid for pid, child in children.items()}
        for ready in wait([pipe, *ended]):
            if ready is pipe:
                try:
                    _do(pipe, children)
                except (EOFError, ConnectionError):
                    os._exit(0)  # at once: to wait for the processes is not for us
            else:
                pid = ended[cast(int, ready)]
                child = children.pop(pid)
                child.join()
                _tell(pipe, _Ended(pid, cast(int, child.exitcode)))


def _do(pipe: Connection, children: dict[int, ForkProcess]) -> None:
    """What is asked next.

    Raises:
        EOFError, ConnectionError: nobody is left to ask.
    """
    asked = pipe.recv()
    if isinstance(asked, _Signal):
        child = children.get(asked.pid)
        if child is not None and child.exitcode is None:
            os.kill(asked.pid, asked.number)
        return
    keep = recv_handle(pipe)
    process = _FORK.Process(target=_become, args=(asked, pipe, keep), name=asked.module)
    try:
        process.start()
    except OSError as fault:
        _tell(pipe, _Refused(fault.errno or errno.EAGAIN))
    else:
        pid = cast(int, process.pid)
        children[pid] = process
        _tell(pipe, _Started(pid))
    finally:
        os.close(keep)  # the process has a copy


def _tell(pipe: Connection, what: object) -> None:
    with suppress(ConnectionError):  # who asked is gone: the next read says so, and ends us
        pipe.send(what)


def _become(asked: _Start, pipe: Connection, keep: int) -> None:
    """What the forked process does: run the module as if Python had been started for it."""
    asked.note(keep, os.getpid())
    pipe.close()
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    os.dup2(nothing, 0)
    os.close(nothing)
    output = os.open(asked.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115 - open as long as the process lives
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(asked.environment)
    sys.argv = [asked.module, *asked.arguments]
    setproctitle(" ".join(["python -m", *sys.argv]))
    runpy.run_module(asked.module, run_name="__main__", alter_sys=True)
