# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The programs that we are measured beside and on: PostgreSQL with fsync, Apache Kafka, nginx, haproxy.

Each is a child of this process, so that what it uses counts as ours and it ends with us.
"""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

__all__ = [
    "REPOSITORY",
    "MissingPeer",
    "child",
    "free_port",
    "haproxy",
    "kafka",
    "nginx",
    "postgres",
    "wait_for",
]

REPOSITORY = Path(__file__).parents[1]
_SETTINGS = {
    # The two that make a commit safe; a figure without them is worth nothing.
    "fsync": "on",
    "synchronous_commit": "on",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
}


class MissingPeer(RuntimeError):
    """A program that the measurement needs is not installed; the text says which."""


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    """Ours, but that what was compiled once is kept, as every installation keeps it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@contextmanager
def child(
    command: Sequence[str | Path],
    log: Path,
    *,
    environment: dict[str, str] | None = None,
    account: str | None = None,
    stop: int = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends; its output goes to a file."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=REPOSITORY if account is None else "/",
            env={**_environment(), **(environment or {})},
            user=account,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, *, seconds: float = 300
) -> float:
    """Wait until a program is ready; answers how long that took.

    Raises:
        RuntimeError: it ended, or was not ready in time; the end of its log is in the text.
    """
    began = time.monotonic()
    while not ready():
        if process.poll() is not None or time.monotonic() - began > seconds:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
            raise RuntimeError(f"{process.args!r} did not start:\n{tail}")
        time.sleep(0.02)
    return time.monotonic() - began


def listens(port: int) -> bool:
    """Whether something takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def postgres(home: Path) -> Iterator[str]:
    """Run Debian's newest PostgreSQL on a cluster below `home`, made when it is not there.

    Yields:
        The address of a superuser.

    Raises:
        MissingPeer: it is not installed.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        raise MissingPeer("PostgreSQL is missing (Debian: apt-get install postgresql)")
    programs, data, log = found[-1], home / "data", home / "postgres.log"
    account = None
    if os.geteuid() == 0:
        account = "postgres"
        entry = pwd.getpwnam(account)
        home.mkdir(parents=True, exist_ok=True)
        os.chown(home, entry.pw_uid, entry.pw_gid)
    if not (data / "PG_VERSION").exists():
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"],
            check=True, capture_output=True, cwd="/", user=account,
        )  # fmt: skip
    port = free_port()
    options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command: list[str | Path] = [programs / "postgres", "-D", data, "-p", str(port), *options]
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    with child(command, log, account=account, stop=signal.SIGINT) as process:
        wait_for(lambda: asyncio.run(_answers(url)), process, log)
        yield url


async def _answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, asyncpg.PostgresError):
        return False
    try:
        for name in ("fsync", "synchronous_commit"):
            if await connection.fetchval(f"SHOW {name}") != "on":
                raise RuntimeError(f"{name} is off")
    finally:
        await connection.close()
    return True


@contextmanager
def kafka(home: Path) -> Iterator[str]:
    """Run Apache Kafka of one node below `home`; yields its bootstrap address.

    Raises:
        MissingPeer: Java or Maven is not there, and no broker is named in `KAFKA_BOOTSTRAP_SERVERS`.
    """
    if named := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield named
        return
    if not shutil.which("java") or not shutil.which("mvn"):
        raise MissingPeer("Java 17 and Maven are missing (Debian: default-jre-headless maven)")
    home.mkdir(parents=True, exist_ok=True)
    script, log = REPOSITORY / "deploy" / "kafka" / "run", home / "kafka.log"
    subprocess.run([script, "fetch"], check=True, capture_output=True)
    port = free_port()
    with child([script, "serve", home / "data", str(port), str(free_port())], log) as process:
        address = f"127.0.0.1:{port}"
        wait_for(lambda: listens(port) and asyncio.run(_broker_answers(address)), process, log)
        yield address


async def _broker_answers(address: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=address, request_timeout_ms=2000)
    try:
        await admin.start()
        await admin.list_topics()
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()
    return True


@contextmanager
def nginx(home: Path, servers: str, *, port: int, before: Sequence[str] = ()) -> Iterator[int]:
    """Run nginx with one worker and these `server` and `upstream` blocks; yields the worker's process id.

    Raises:
        MissingPeer: it is not installed.
    """
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(program).exists():
        raise MissingPeer("nginx is missing (Debian: apt-get install nginx-light)")
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "nginx.conf"
    configuration.write_text(
        f"""daemon off; worker_processes 1; pid {home}/nginx.pid; error_log {home}/error.log warn;
events {{ worker_connections 2048; }}
http {{ access_log off; keepalive_requests 10000000; client_body_temp_path {home}/body;
proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
{servers}
}}"""
    )
    log = home / "output.log"
    with child([*before, program, "-c", configuration], log, stop=signal.SIGQUIT) as process:
        wait_for(lambda: listens(port), process, log)
        yield _only_child(process.pid)


@contextmanager
def haproxy(home: Path, configuration: str, *, port: int, before: Sequence[str] = ()) -> Iterator[int]:
    """Run haproxy with one thread; yields its process id.

    Raises:
        MissingPeer: it is not installed.
    """
    program = shutil.which("haproxy") or "/usr/sbin/haproxy"
    if not Path(program).exists():
        raise MissingPeer("haproxy is missing (Debian: apt-get install haproxy)")
    home.mkdir(parents=True, exist_ok=True)
    path, log = home / "haproxy.cfg", home / "output.log"
    path.write_text(configuration)
    with child([*before, program, "-db", "-f", path], log) as process:
        wait_for(lambda: listens(port), process, log)
        yield process.pid


def _only_child(pid: int) -> int:
    """The worker of a master process."""
    for _ in range(200):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.02)
    raise RuntimeError(f"process {pid} has no worker")
