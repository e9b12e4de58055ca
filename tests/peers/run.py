# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One run of the tests: a folder in which its processes find each other's peers."""

import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
FOLDER_VARIABLE = "OPEN_INBURGERING_TEST_RUN"
_FIRST_PORT = 20_000

_launched: list[subprocess.Popen[bytes]] = []  # kept, since dropping one that runs is a warning


class PeerMissingError(Exception):
    """The machine has no way to start this peer; the text says what to install."""


@dataclass(frozen=True)
class Peer:
    """A started program: where it answers, and how it ends.

    `pid` leads a process group of its own. `container` is set instead for one that a Docker
    engine runs.
    """

    address: str
    pid: int | None = None
    container: str | None = None
    stop_signal: int = signal.SIGTERM


class TestRun:
    """The folder of a run. The first process makes it and its children find it by environment."""

    __test__ = False  # not a test class, whatever its name suggests to pytest

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._keeper: subprocess.Popen[bytes] | None = None

    @classmethod
    def begin(cls) -> "TestRun":
        """Make the folder, and start the keeper that ends what this run will start.

        Others may enter the folder, since PostgreSQL refuses to run as root.
        """
        folder = Path(tempfile.mkdtemp(prefix="inburgering-tests-"))
        folder.chmod(0o755)
        os.environ[FOLDER_VARIABLE] = str(folder)
        run = cls(folder)
        run._keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.peers.keeper", folder],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        return run

    @classmethod
    def current(cls) -> "TestRun":
        """Return the run to which this process belongs."""
        return cls(Path(os.environ[FOLDER_VARIABLE]))

    def peer(self, name: str, start: Callable[[Path], Peer]) -> str:
        """Return the address of a peer, which the first caller of the run starts."""
        with self._locked(name):
            record = self.folder / f"{name}.json"
            if record.exists():
                return str(json.loads(record.read_text())["address"])
            home = self.folder / name
            home.mkdir(exist_ok=True)
            peer = start(home)
            record.write_text(json.dumps(vars(peer)))
            return peer.address

    def end(self) -> None:
        """Let the keeper stop all peers of this run, and wait for it."""
        if self._keeper is not None:
            self._keeper.communicate()
        os.environ.pop(FOLDER_VARIABLE, None)

    def stop_peers(self) -> None:
        """Stop all peers that were started and remove the folder. Only the keeper does this."""
        for record in sorted(self.folder.glob("*.json")):
            stop(Peer(**json.loads(record.read_text())))
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def stop(peer: Peer, *, patience: float = 20.0) -> None:
    """End a peer: ask first, and kill its process group after `patience` seconds."""
    if peer.container is not None:
        subprocess.run(["docker", "rm", "--force", peer.container], check=True, capture_output=True)
    if peer.pid is None:
        return
    with suppress(ProcessLookupError):
        os.kill(peer.pid, peer.stop_signal)
    give_up = time.monotonic() + patience
    while _alive(peer.pid):
        if time.monotonic() > give_up:
            with suppress(ProcessLookupError):
                os.killpg(peer.pid, signal.SIGKILL)
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    """Tell whether a process runs. One that ended and that nobody has reaped does not."""
    with suppress(ChildProcessError):
        ended, _ = os.waitpid(pid, os.WNOHANG)
        if ended == pid:
            return False
    status = Path(f"/proc/{pid}/stat")
    if status.parent.parent.joinpath("self").exists():
        with suppress(OSError):
            return status.read_text().rpartition(")")[2].split()[0] != "Z"
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def launch(arguments: list[str | Path], log: Path) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C reaches it through us alone."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _launched.append(process)
    return process


def free_port() -> int:
    """Return a loopback port that is free, and that this run gives to nobody else.

    It is none of those that the kernel hands out: such a one may be another's before a program that was told
    of it listens there.
    """
    if FOLDER_VARIABLE not in os.environ:
        return _handed_out()
    given = TestRun.current().folder / "ports"
    with given.open("a+") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)
        kept.seek(0)
        last = int(kept.read() or random.randrange(_FIRST_PORT, _first_handed_out()))
        for tried in range(_first_handed_out() - _FIRST_PORT):
            port = _FIRST_PORT + (last + 1 + tried - _FIRST_PORT) % (_first_handed_out() - _FIRST_PORT)
            if _is_free(port):
                kept.truncate(0)
                kept.write(str(port))
                return port
    raise RuntimeError("no port is free")


def _first_handed_out() -> int:
    """The first of the ports that the kernel gives to whoever asks for any."""
    told = Path("/proc/sys/net/ipv4/ip_local_port_range")
    found = int(told.read_text().split()[0]) if told.exists() else 32_768
    return found if found > _FIRST_PORT + 1000 else 32_768


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _handed_out() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(
    ready: Callable[[], bool],
    process: subprocess.Popen[bytes],
    log: Path,
    what: str,
    *,
    seconds: float = 180,
) -> None:
    """Wait until a started process is ready; else show the end of its log."""
    give_up = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > give_up:
            process.kill()
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
            raise RuntimeError(f"{what} did not start. The end of {log}:\n{tail}")
        time.sleep(0.1)
