# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL and Apache Kafka of a test's own, to be stopped, frozen, killed and emptied."""

import os
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal

from embedded.faults import CannotStart
from embedded.folder import DataFolder
from embedded.postgres import EmbeddedPostgres
from tests.faults.sizes import PATIENCE
from tests.peers.kafka import answers
from tests.peers.run import REPOSITORY, PeerMissingError, free_port, launch, until

_STOPS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill": signal.SIGKILL}


class OwnPostgres:
    """A cluster with fsync and synchronous_commit on, as in production."""

    def __init__(self, home: Path) -> None:
        """Prepare a cluster below `home`, which other accounts must be able to enter."""
        folder = DataFolder(home)
        folder.prepare()
        self.home = home
        self._server = EmbeddedPostgres(folder)

    @classmethod
    def fresh(cls) -> "OwnPostgres":
        """One in a fresh folder that the account of PostgreSQL may enter."""
        home = Path(tempfile.mkdtemp(prefix="inburgering-faults-"))
        home.chmod(0o755)
        return cls(home)

    @property
    def url(self) -> str:
        """Where its superuser connects."""
        return self._server.url

    def start(self, seconds: float = PATIENCE) -> float:
        """Start it, or start it again; answers how long that took. Children of a killed one may linger."""
        began = time.monotonic()
        while True:
            try:
                self._server.start()
            except CannotStart:
                if time.monotonic() - began > seconds:
                    raise
                time.sleep(0.1)
            else:
                return time.monotonic() - began

    def stop(self, how: Literal["fast", "immediate", "kill"]) -> None:
        """End it: in order, as by the power switch of the server, or as by kill -9 of the postmaster."""
        pid = self._server.pid()
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, _STOPS[how])
        give_up = time.monotonic() + PATIENCE
        while Path(f"/proc/{pid}").exists():
            assert time.monotonic() < give_up, f"PostgreSQL {pid} does not end"
            time.sleep(0.02)

    def remove(self) -> None:
        """Stop it and take all it has."""
        self.stop("fast")
        shutil.rmtree(self.home)


class OwnKafka:
    """A broker of one node at a fixed address."""

    def __init__(self, home: Path, *, seen_at: int | None = None) -> None:
        """Prepare a broker with its data below `home`; `start` starts it.

        Args:
            home: an empty folder.
            seen_at: the port at which it tells clients to come, where that is not its own.

        Raises:
            PeerMissingError: there is no Java with Maven.
        """
        if not (shutil.which("java") and shutil.which("mvn")):
            raise PeerMissingError("A broker of one's own needs Java 17 and Maven.")
        self.home = home
        self._data = home / "kafka"
        self._log = home / "kafka.log"
        self._ports = (free_port(), free_port())
        self.address = f"127.0.0.1:{self._ports[0]}"
        self.pid = 0
        # The product's own starter, with the one line changed that a broker behind a proxy needs.
        self._starter = home / "starter"
        shutil.copytree(REPOSITORY / "deploy" / "kafka", self._starter)
        if seen_at is not None:
            properties = self._starter / "server.properties"
            told = "advertised.listeners=PLAINTEXT://127.0.0.1:"
            properties.write_text(properties.read_text().replace(f"{told}@PORT@", f"{told}{seen_at}"))

    @classmethod
    def fresh(cls) -> "OwnKafka":
        """One in a fresh folder."""
        return cls(Path(tempfile.mkdtemp(prefix="inburgering-faults-")))

    def start(self) -> float:
        """Start it and wait until it answers; answers how long that took."""
        began = time.monotonic()
        os.environ.setdefault("KAFKA_HOME", str(REPOSITORY / "build" / "kafka"))
        process = launch(
            [self._starter / "run", "serve", self._data, *(str(port) for port in self._ports)], self._log
        )
        self.pid = process.pid
        until(lambda: answers(self.address), process, self._log, "Apache Kafka")
        return time.monotonic() - began

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it, at once unless told otherwise."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)
        give_up = time.monotonic() + PATIENCE
        while _runs(self.pid):
            assert time.monotonic() < give_up, f"Kafka {self.pid} does not end"
            time.sleep(0.05)

    def empty(self) -> None:
        """Take all it has; it must not run."""
        shutil.rmtree(self._data)

    def remove(self) -> None:
        """End it and take all it has."""
        self.end()
        shutil.rmtree(self.home)


def _runs(pid: int) -> bool:
    with suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    status = Path(f"/proc/{pid}/stat")
    with suppress(OSError):
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    return False
