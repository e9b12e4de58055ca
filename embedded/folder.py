# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The data folder of an installation on one machine, and the proof that its processes live.

A process proves that it lives by holding an exclusive lock on a file in `running/`. The kernel
frees the lock when the process dies, however it dies, so a number in a file is never mistaken
for a later process that happens to have the same one.
"""

import fcntl
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from embedded.faults import CannotStart

__all__ = ["DataFolder", "Running"]

_ROOTS_FOLDER = Path("/var/lib/open-inburgering")


@dataclass(frozen=True, slots=True)
class Running:
    """A process that holds its lock at this moment."""

    name: str
    pid: int
    address: str | None


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where an installation keeps its database, secrets, clock, logs and locks."""

    root: Path

    @classmethod
    def locate(cls, chosen: Path | None = None) -> "DataFolder":
        """The chosen folder, or the usual one of this user. Nothing is made yet.

        Root gets a folder outside its home, since PostgreSQL refuses to run as root and the
        account that runs it instead must be able to enter.
        """
        if chosen is not None:
            return cls(chosen.expanduser().resolve())
        if os.geteuid() == 0:
            return cls(_ROOTS_FOLDER)
        home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
        return cls((Path(home).expanduser() / "open-inburgering").resolve())

    @property
    def postgres(self) -> Path:
        """The cluster of the embedded PostgreSQL."""
        return self.root / "postgres"

    @property
    def secrets(self) -> Path:
        """Keys and secrets, made once, readable by the owner only."""
        return self.root / "secrets"

    @property
    def clock(self) -> Path:
        """Where the demo's clock stands."""
        return self.root / "clock.json"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.root / "logs"

    def prepare(self) -> None:
        """Make the folder and what belongs in it.

        Raises:
            CannotStart: it cannot be made, or root would put it where no other account can enter.
        """
        try:
            if os.geteuid() == 0:
                self._check_that_others_may_enter()
            self.root.mkdir(parents=True, exist_ok=True)
            if os.geteuid() == 0:
                self.root.chmod(0o755)
            for private in (self.secrets, self.logs, self._running):
                private.mkdir(mode=0o700, exist_ok=True)
                private.chmod(0o700)
        except OSError as fault:
            raise CannotStart(
                f"The data folder {self.root} cannot be used: {fault.strerror}.",
                remedy="Set OPEN_INBURGERING_DATA to a folder that you may write in.",
            ) from fault

    def _check_that_others_may_enter(self) -> None:
        for folder in self.root.parents:
            if folder.exists() and not folder.stat().st_mode & stat.S_IXOTH:
                raise CannotStart(
                    f"{self.root} lies below {folder}, which other accounts may not enter. "
                    "PostgreSQL does not run as root, so its account has to.",
                    remedy=f"Set OPEN_INBURGERING_DATA to another folder, for example {_ROOTS_FOLDER}.",
                )

    @property
    def _running(self) -> Path:
        return self.root / "running"

    @contextmanager
    def hold(self, name: str, *, address: str | None = None) -> Iterator[int]:
        """Prove that the process `name` lives, as long as the block runs; gives the lock's descriptor.

        Raises:
            CannotStart: another process of this name lives already.
        """
        descriptor = self.take(name, address=address)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def take(self, name: str, *, address: str | None = None) -> int:
        """Take the lock of a name and return its descriptor; closing every copy gives it back.

        Raises:
            CannotStart: another process of this name lives already.
        """
        path = self._running / f"{name}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            os.close(descriptor)
            other = self._read(path)
            at = f" at {other.address}" if other is not None and other.address else ""
            which = f" (process {other.pid})" if other is not None else ""
            raise CannotStart(
                f"Open Inburgering is running already{at}{which}, with the data in {self.root}.",
                remedy="Use it, or stop it with `open-inburgering down`.",
            ) from fault
        self.note(descriptor, pid=os.getpid(), address=address)
        return descriptor

    def note(self, descriptor: int, *, pid: int, address: str | None = None) -> None:
        """Write into a held lock which process holds it and where it answers."""
        body = json.dumps({"pid": pid, "address": address}).encode()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, body, 0)

    def living(self) -> list[Running]:
        """Every process of this folder that lives now."""
        if not self._running.is_dir():
            return []
        found = (self._read(path) for path in sorted(self._running.glob("*.lock")) if _is_locked(path))
        return [one for one in found if one is not None]

    @staticmethod
    def _read(path: Path) -> Running | None:
        try:
            body = json.loads(path.read_text())
            return Running(name=path.stem, pid=int(body["pid"]), address=body.get("address"))
        except (OSError, ValueError, KeyError, TypeError):
            return None  # caught between taking the lock and writing it down


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
