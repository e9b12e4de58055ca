# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Run a pure function on untrusted input in a child process that cannot hurt its parent.

The child gets the input over a pipe and answers in JSON lines, so nothing of it touches the disk.
It has its own limits of processor time, memory, files and output; it inherits no environment
(so no database password), and it dies with its parent, also when the parent is killed.

What the function yields arrives here while it is still running. Anticipated faults of the input
are ordinary values of the function; what it raises, or a limit that it passes, is an exception here.
"""

import asyncio
import contextlib
import ctypes
import importlib
import io
import json
import os
import resource
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any
from weakref import WeakKeyDictionary

__all__ = [
    "MEBIBYTE",
    "ChildFailedError",
    "LimitExceededError",
    "LimitedRunError",
    "Limits",
    "main",
    "run_limited",
]

MEBIBYTE = 1024 * 1024
_LINE_BYTES = 16 * MEBIBYTE
_OUT_OF_MEMORY = 66  # exit codes of the child, above those that Python itself uses
_RAISED = 70
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_REPORT_CHARACTERS = 300
MAX_CHILDREN = 4  # at one time in this process; others wait for their turn

_turns: "WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]" = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use."""

    cpu_seconds: int = 20
    memory_bytes: int = 512 * MEBIBYTE  # address space, which bounds the resident set as well
    wall_seconds: float = 60.0  # that the parent waits for the child; its own work is not counted
    output_bytes: int = 512 * MEBIBYTE


class LimitedRunError(Exception):
    """A run ended without its whole answer."""


class LimitExceededError(LimitedRunError):
    """The child passed one of its limits: `cpu`, `memory`, `wall` or `output`."""

    def __init__(self, limit: str) -> None:
        """Keep which limit it was."""
        super().__init__(f"the limited process passed its limit of {limit}")
        self.limit = limit


class ChildFailedError(LimitedRunError):
    """The function raised or the process crashed. The message holds no value of the input."""


async def run_limited(
    function: Callable[..., Iterable[Any]],
    data: bytes,
    *arguments: str | float | bool | None,
    limits: Limits | None = None,
) -> AsyncGenerator[Any, None]:
    """Yield what `function(data, *arguments)` yields, run in a limited child process.

    Close the generator (`contextlib.aclosing`) to kill the child early.

    Args:
        function: stands on the top level of an importable module and has no side effects. What it
            yields must be JSON values; tuples arrive as lists.
        data: the untrusted input.
        arguments: plain JSON values.
        limits: what the run may use.

    Raises:
        LimitExceededError: a limit was passed.
        ChildFailedError: the function raised or the process crashed.
        ValueError: the function cannot be found by its name in another process.
    """
    limits = limits or Limits()
    if function.__module__ == "__main__" or "." in function.__qualname__:
        raise ValueError(f"{function.__qualname__} cannot be imported by another process")
    task = {
        "module": function.__module__,
        "name": function.__qualname__,
        "arguments": arguments,
        "parent": os.getpid(),
        "limits": asdict(limits),
    }
    async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(MAX_CHILDREN)):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "chassis.limited",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINE_BYTES,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LC_ALL": "C.UTF-8"},
        )
        # The child may write before it has read everything; both pipes must move at once.
        feeder = asyncio.create_task(_feed(process, json.dumps(task).encode() + b"\n", data))
        reporter = asyncio.create_task(_last_words(process))
        try:
            async with contextlib.aclosing(_answers(process, limits)) as answers:
                async for value in answers:
                    yield value
            try:
                returncode = await asyncio.wait_for(process.wait(), limits.wall_seconds)
            except TimeoutError:
                raise LimitExceededError("wall") from None
            if returncode != 0:
                raise _failure(returncode, await reporter)
        finally:
            await _end(process, feeder, reporter)


async def _answers(process: asyncio.subprocess.Process, limits: Limits) -> AsyncGenerator[Any, None]:
    """Yield each line of the child as a value, within the limits of waiting and of output."""
    if process.stdout is None:  # pragma: no cover - asked for as a pipe above
        raise ChildFailedError("the limited process has no output")
    loop = asyncio.get_running_loop()
    waited, received = 0.0, 0
    while True:
        started = loop.time()
        try:
            line = await asyncio.wait_for(process.stdout.readline(), max(0.0, limits.wall_seconds - waited))
        except TimeoutError:
            raise LimitExceededError("wall") from None
        except ValueError:  # a line longer than the reader's buffer
            raise LimitExceededError("output") from None
        waited += loop.time() - started
        received += len(line)
        if received > limits.output_bytes:
            raise LimitExceededError("output")
        if not line.endswith(b"\n"):  # the end, or half a line of a child that was stopped
            return
        yield json.loads(line)


async def _feed(process: asyncio.subprocess.Process, task: bytes, data: bytes) -> None:
    """Write the task and the input; a child that stops reading is judged by its exit code."""
    if process.stdin is None:  # pragma: no cover - asked for as a pipe above
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(task)
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()


async def _last_words(process: asyncio.subprocess.Process) -> str:
    """Return the beginning of what the child wrote to stderr, and read the rest away."""
    if process.stderr is None:  # pragma: no cover - asked for as a pipe above
        return ""
    kept = b""
    while piece := await process.stderr.read(65536):
        kept = (kept + piece)[:_REPORT_CHARACTERS]
    return kept.decode("utf-8", "replace").strip()


async def _end(process: asyncio.subprocess.Process, *helpers: asyncio.Task[Any]) -> None:
    """Leave no process and no task behind, whatever happened."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    for helper in helpers:
        helper.cancel()
    await asyncio.gather(*helpers, return_exceptions=True)
    await process.wait()


def _failure(returncode: int, last_words: str) -> LimitedRunError:
    """Return what the exit code of a child means.

    Compiled code that gets no memory aborts instead of raising; the kernel's own answer to too
    much memory is SIGKILL.
    """
    if returncode == -signal.SIGXCPU:
        return LimitExceededError("cpu")
    if returncode in (_OUT_OF_MEMORY, -signal.SIGKILL):
        return LimitExceededError("memory")
    if returncode == -signal.SIGABRT and "memory allocation" in last_words:
        return LimitExceededError("memory")
    if returncode == _RAISED:
        return ChildFailedError(f"the function raised {last_words}")
    return ChildFailedError(f"the limited process ended with code {returncode}")


def _die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we could ask
        os._exit(_RAISED)


def _restrict(limits: Limits) -> None:
    """Set the limits of this process. The hard ones too, so nothing here can lift them again."""
    for what, value in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        hard = value + 1 if what == resource.RLIMIT_CPU else value  # soft is SIGXCPU, hard SIGKILL
        resource.setrlimit(what, (value, hard))


def _write_all(answers: io.FileIO, line: bytes) -> None:
    """Write the whole line; a pipe that is nearly full takes a part."""
    rest = memoryview(line)
    while rest:
        rest = rest[answers.write(rest) :]


def main() -> int:
    """Be the child: read the task and the input from stdin, write the answers to stdout."""
    answers = io.FileIO(os.dup(1), "wb")  # each answer leaves as soon as it is known
    os.dup2(2, 1)  # a stray print of the function must not look like an answer
    task = json.loads(sys.stdin.buffer.readline())
    _die_with(task["parent"])
    _restrict(Limits(**task["limits"]))
    try:
        function = getattr(importlib.import_module(task["module"]), task["name"])
        for value in function(sys.stdin.buffer.read(), *task["arguments"]):
            line = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
            _write_all(answers, line.encode() + b"\n")
    except MemoryError:
        return _OUT_OF_MEMORY
    except BaseException as error:  # noqa: BLE001 - a panic of compiled code is one too
        # The message could quote the input, and this goes to a log: the kind and the place only.
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else "?"
        sys.stderr.write(f"{type(error).__name__} in {place}\n")
        return _RAISED
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # no clean-up can run out of memory now
