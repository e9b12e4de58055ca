# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from embedded.down import down, end_leftovers
from embedded.faults import CannotStart
from embedded.folder import DataFolder
from embedded.forker import Forker
from embedded.supervisor import Command, Supervisor
from tests.peers.run import free_port

SERVER = textwrap.dedent("""
    import http.server, os, signal, sys
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    class Well(http.server.BaseHTTPRequestHandler):
        def do_GET(self): self.send_response(200); self.end_headers()
        def log_message(self, *_): pass
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Well).serve_forever()
""")


BROKEN = "import sys; sys.exit('no such thing')"


def command(name: str, module: str = "kept_server") -> Command:
    port = free_port()
    return Command(name, module, [str(port)], {}, f"http://127.0.0.1:{port}")


@pytest.fixture
def forker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forker]:
    """One that knows a module that serves and one that ends at once."""
    (tmp_path / "kept_server.py").write_text(SERVER)
    (tmp_path / "kept_broken.py").write_text(BROKEN)
    monkeypatch.syspath_prepend(tmp_path)
    made = Forker(())
    yield made
    made.close()


@pytest.fixture
def folder(open_path: Path) -> DataFolder:
    made = DataFolder(open_path / "data")
    made.prepare()
    return made


@pytest.fixture
async def supervisor(folder: DataFolder, forker: Forker) -> AsyncIterator[Supervisor]:
    made = Supervisor(folder, forker, say=lambda _: None)
    yield made
    await made.stop()


async def test_processes_are_started_and_all_end_with_the_supervisor(
    folder: DataFolder, forker: Forker
) -> None:
    said: list[str] = []
    supervisor = Supervisor(folder, forker, say=said.append)
    await supervisor.start([command("one"), command("two")])

    assert [one.name for one in folder.living()] == ["one", "two"]
    assert [line.split()[0] for line in said] == ["one", "two"]
    await supervisor.stop()
    assert folder.living() == []


async def test_a_process_that_dies_is_started_again(folder: DataFolder, supervisor: Supervisor) -> None:
    await supervisor.start([command("one")])
    (first,) = folder.living()
    os.kill(first.pid, signal.SIGKILL)
    async with asyncio.timeout(60):
        while not supervisor.restarts:
            await asyncio.sleep(0.05)

    (second,) = folder.living()
    assert (second.name, supervisor.restarts) == ("one", 1)
    assert second.pid not in {first.pid, os.getpid()}


async def test_one_that_cannot_start_is_named_with_the_end_of_its_log(supervisor: Supervisor) -> None:
    with pytest.raises(CannotStart, match=r"(?s)broken does not become ready.*no such thing"):
        await supervisor.start([command("broken", "kept_broken")])


async def test_without_the_one_that_forks_the_supervisor_says_that_it_can_start_nothing_again(
    folder: DataFolder, forker: Forker, supervisor: Supervisor
) -> None:
    await supervisor.start([command("one")])
    (one,) = folder.living()
    try:
        assert forker._process.pid is not None
        os.kill(forker._process.pid, signal.SIGKILL)
        with pytest.raises(CannotStart, match="cannot be started again"):
            await supervisor.watch()
        assert folder.living() == [one], "the process itself goes on"
        with pytest.raises(CannotStart, match="two cannot be started"):
            await supervisor.start([command("two")])
        await supervisor.stop()
        assert folder.living() == [], "and is ended all the same"
    finally:
        await asyncio.to_thread(end_leftovers, folder)


def noted(kept: int, pid: int) -> None:
    os.write(kept, str(pid).encode())


async def test_a_start_that_is_given_up_leaves_no_process(folder: DataFolder, forker: Forker) -> None:
    supervisor = Supervisor(folder, forker, say=lambda _: None)
    starting = asyncio.create_task(supervisor.start([command("one")]))
    await asyncio.sleep(0)  # asked, and not yet answered
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    while folder.living():
        await asyncio.sleep(0.01)
    await supervisor.stop()


async def test_a_process_has_its_own_words_environment_and_log_and_tells_how_it_ended(
    forker: Forker, tmp_path: Path
) -> None:
    (tmp_path / "kept_teller.py").write_text(
        "import os, sys; print(sys.argv[1:], os.environ, os.getsid(0) == os.getpid()); sys.exit(7)"
    )
    log, keep = tmp_path / "log", os.open(tmp_path / "kept", os.O_RDWR | os.O_CREAT)
    child = await forker.start("kept_teller", ["a", "b"], {"ONE": "1"}, log=log, keep=keep, note=noted)
    os.close(keep)

    assert await child.wait() == 7
    assert child.returncode == 7
    assert (tmp_path / "kept").read_text() == str(child.pid)
    assert log.read_text() == "['a', 'b'] environ({'ONE': '1'}) True\n"


async def test_what_a_killed_supervisor_left_behind_is_ended(folder: DataFolder, forker: Forker) -> None:
    orphan = Supervisor(folder, forker, say=lambda _: None)
    await orphan.start([command("one")])
    for keeper in orphan._keepers:
        keeper.cancel()  # as if the supervisor were gone

    assert await asyncio.to_thread(end_leftovers, folder) == [
        f"one stopped (process {orphan._living['one'].pid})"
    ]
    assert folder.living() == []
    await orphan.stop()


async def test_down_kills_a_process_that_does_not_listen(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded.down._PROCESS_SECONDS", 0.3)
    lock = folder.take("deaf")
    deaf = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import signal; signal.signal(15, 1); print('up', flush=True); signal.pause()",
        ],
        pass_fds=(lock,),
        stdout=subprocess.PIPE,
    )
    folder.note(lock, pid=deaf.pid)
    os.close(lock)
    assert deaf.stdout is not None
    with deaf, deaf.stdout:
        deaf.stdout.readline()
        assert await asyncio.to_thread(down, folder.root) == [f"deaf stopped (process {deaf.pid})"]
    assert deaf.returncode == -signal.SIGKILL
