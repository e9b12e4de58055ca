# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A limited child process answers, and cannot take more than its limits or outlive its parent."""

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.limited import MAX_CHILDREN, MEBIBYTE, ChildFailedError, LimitExceededError, Limits, run_limited


def count_and_quote(data: bytes, word: str) -> Iterator[Any]:
    """Answer twice."""
    yield {"length": len(data)}
    yield [word, None, 1.5, "\u00e9\u2028"]


def echo_lines(data: bytes) -> Iterator[str]:
    """Answer much."""
    for line in data.split(b"\n"):
        yield line.decode()


def burn(_data: bytes) -> Iterator[int]:
    """Never end."""
    yield 1
    while True:
        pass


def hoard(_data: bytes) -> Iterator[int]:
    """Take a gibibyte."""
    kept = bytearray(1024 * MEBIBYTE)
    yield len(kept)


def sleep(_data: bytes) -> Iterator[int]:
    """Wait longer than anyone wants to."""
    yield os.getpid()
    time.sleep(300)


def flood(_data: bytes) -> Iterator[str]:
    """Answer without end."""
    while True:
        yield "x" * 100_000


def fail(data: bytes) -> Iterator[int]:
    """Raise with a value of the input in the message."""
    yield 1
    raise RuntimeError(data.decode())


def crash(_data: bytes) -> Iterator[int]:
    """End as compiled code with a fault does."""
    os.kill(os.getpid(), signal.SIGSEGV)
    yield 1


def print_and_answer(_data: bytes) -> Iterator[int]:
    """Print in between."""
    print("this is not an answer")  # noqa: T201 - what is tested
    yield 1


def surroundings(_data: bytes) -> Iterator[Any]:
    """Answer what can be seen and done from inside."""
    yield dict(os.environ)
    try:
        Path("/tmp/limited-test").write_text("x", encoding="utf-8")  # noqa: S108 - must fail
        yield "wrote"
    except OSError:
        yield "refused"
    yield resource.getrlimit(resource.RLIMIT_CPU)


async def collect(*arguments: Any, limits: Limits | None = None) -> list[Any]:
    """Return all answers."""
    return [value async for value in run_limited(*arguments, limits=limits)]


async def test_what_the_function_yields_arrives() -> None:
    answers = await collect(count_and_quote, b"abc", "woord")
    assert answers == [{"length": 3}, ["woord", None, 1.5, "\u00e9\u2028"]]


async def test_much_input_and_much_output_move_at_once() -> None:
    lines = [f"{number} {'y' * 90}" for number in range(50_000)]
    assert await collect(echo_lines, "\n".join(lines).encode()) == lines


async def test_too_much_processor_time_is_refused() -> None:
    with pytest.raises(LimitExceededError) as caught:
        await collect(burn, b"", limits=Limits(cpu_seconds=1))
    assert caught.value.limit == "cpu"


async def test_too_much_memory_is_refused() -> None:
    with pytest.raises(LimitExceededError) as caught:
        await collect(hoard, b"")
    assert caught.value.limit == "memory"


async def test_a_child_that_hangs_is_killed() -> None:
    with pytest.raises(LimitExceededError) as caught:
        await collect(sleep, b"", limits=Limits(wall_seconds=1.5))
    assert caught.value.limit == "wall"


async def test_an_endless_answer_is_cut_off() -> None:
    with pytest.raises(LimitExceededError) as caught:
        await collect(flood, b"", limits=Limits(output_bytes=MEBIBYTE))
    assert caught.value.limit == "output"


async def test_a_failure_is_told_without_the_values_of_the_input() -> None:
    with pytest.raises(ChildFailedError) as caught:
        await collect(fail, b"Jansen")
    assert "RuntimeError in fail:" in str(caught.value)
    assert "Jansen" not in str(caught.value)


async def test_a_crash_is_an_error_of_the_run() -> None:
    with pytest.raises(ChildFailedError, match="ended with code -11"):
        await collect(crash, b"")


async def test_a_stray_print_is_no_answer() -> None:
    assert await collect(print_and_answer, b"") == [1]


async def test_the_child_sees_no_secrets_and_writes_no_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LEARNING_ROUTES_DATABASE_URL", "postgresql://secret")
    environment, written, cpu = await collect(surroundings, b"")
    assert "secret" not in str(environment)
    assert written == "refused"
    assert cpu == [20, 21]


async def test_leaving_early_kills_the_child() -> None:
    async with contextlib.aclosing(run_limited(sleep, b"")) as answers:
        child = await anext(answers)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def pause(_data: bytes) -> Iterator[float]:
    """Tell when it began and when it ended."""
    yield time.monotonic()
    time.sleep(0.5)
    yield time.monotonic()


async def test_only_some_children_run_at_one_time() -> None:
    spans = await asyncio.gather(*(collect(pause, b"") for _ in range(MAX_CHILDREN * 2)))
    for began, _ in spans:
        assert sum(other[0] <= began < other[1] for other in spans) <= MAX_CHILDREN


async def test_a_function_that_no_other_process_can_import_is_refused() -> None:
    def local(_data: bytes) -> Iterator[int]:
        yield 1

    with pytest.raises(ValueError, match="cannot be imported"):
        await collect(local, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_the_child_dies_when_its_parent_is_killed() -> None:
    """Also with SIGKILL, when the parent can do nothing any more."""
    program = (
        "import asyncio, sys\n"
        f"sys.path[:0] = {sys.path!r}\n"
        "from chassis.limited import run_limited\n"
        f"from {__name__} import sleep\n"
        "async def main():\n"
        "    async for pid in run_limited(sleep, b''):\n"
        "        print(pid, flush=True)\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(1200):
        if _ended(child):
            return
        time.sleep(0.05)
    pytest.fail("the child is still running")


def _ended(pid: int) -> bool:
    """A zombie that nobody has collected yet has ended too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
