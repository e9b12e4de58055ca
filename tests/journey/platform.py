# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The platform as a stranger starts it: by its command, in a folder of its own, on a free port."""

import asyncio
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from embedded.folder import DataFolder
from tests.peers.run import free_port

COMMAND = Path(sys.executable).with_name("open-inburgering")
READY = "Open Inburgering is ready"
ANSWERS = "Open Inburgering answers"


class Platform:
    """One installation: its folder, its address, and its process while that runs."""

    def __init__(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self.arguments = arguments
        self.folder = Path(tempfile.mkdtemp(prefix="inburgering-journey-"))
        self.folder.chmod(0o755)  # PostgreSQL is run by another account when root tests
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = self.folder / "output.txt"
        self.environment = {
            **os.environ,
            **(environment or {}),
            "OPEN_INBURGERING_DATA": str(self.folder / "data"),
            "OPEN_INBURGERING_PORT": str(self.port),
            "OPEN_INBURGERING_URL": self.url,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self._tokens: dict[str, str] = {}

    def start(self, until: str, *, seconds: float = 900) -> float:
        """Start it and wait until it says so; answers how many seconds that took."""
        began = time.monotonic()
        seen = self.output.stat().st_size if self.output.exists() else 0
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [COMMAND, *self.arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        while until not in (said := self.output.read_text()[seen:]):
            assert self.process.poll() is None, f"it ended:\n{said[-3000:]}"
            assert "stopped:" not in said, f"loading failed:\n{said[-3000:]}"
            assert time.monotonic() - began < seconds, f"not ready in {seconds} s:\n{said[-3000:]}"
            time.sleep(0.1)
        return time.monotonic() - began

    def stop(self, number: int = signal.SIGTERM, *, seconds: float = 120) -> int:
        """Send it a signal and wait until it has ended; answers its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def command(self, *arguments: str) -> str:
        """What the command prints for this installation."""
        done = subprocess.run(
            [COMMAND, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def remove(self) -> None:
        """Leave nothing behind."""
        if self.process is not None and self.process.poll() is None:
            self.stop()
        self.command("down")
        shutil.rmtree(self.folder)

    def ask(self, name: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One call of the gateway as an identity of the demo."""
        if name not in self._tokens:
            self._tokens[name] = self.command("demo", "token", name).strip()
        return httpx.request(
            method,
            self.url + path,
            json=body,
            headers={"Authorization": f"Bearer {self._tokens[name]}", **headers},
            timeout=300,
        )

    def get(self, name: str, path: str) -> Any:
        """The body of a GET that is answered."""
        answer = self.ask(name, "GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def items(self, name: str, path: str) -> list[dict[str, Any]]:
        """Every item of a list."""
        found: list[dict[str, Any]] = []
        token: str | None = ""
        glue = "&" if "?" in path else "?"
        while token is not None:
            page = self.get(name, f"{path}{glue}pageSize=200" + (f"&pageToken={token}" if token else ""))
            found += page["items"]
            token = page["nextPageToken"]
        return found

    def make(
        self, name: str, path: str, body: Any, key: str | None = None, method: str = "POST"
    ) -> dict[str, Any]:
        """The body of a POST or PUT that is taken; waits while an event is on its way."""
        headers = {"Idempotency-Key": key} if key else {}
        give_up = time.monotonic() + 60
        answer = self.ask(name, method, path, body, **headers)
        while answer.status_code == 409 and answer.json()["code"] == "reference-not-yet-known":
            assert time.monotonic() < give_up, answer.text
            time.sleep(0.5)
            answer = self.ask(name, method, path, body, **headers)
        assert answer.status_code in {200, 201, 202}, answer.text
        return dict(answer.json())

    def roll_call(self, name: str, lesson_id: str, inburgeraar_id: str, status: str) -> dict[str, Any]:
        """Enter how somebody was at a lesson."""
        path = f"/learning-routes/v1/lessons/{lesson_id}/attendances/{inburgeraar_id}"
        answer = self.ask(name, "PUT", path, {"status": status})
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())

    def move_clock(self, **to: str) -> str:
        """Move the demo's clock; answers where it stands."""
        answer = self.ask("administrator", "POST", "/demo/v1/clock", to)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["now"])

    def arrived(self, name: str, path: str, *, wait: float = 60) -> list[dict[str, Any]]:
        """The items of a list that an event fills, as soon as there are any; none after `wait` seconds."""
        give_up = time.monotonic() + wait
        while time.monotonic() < give_up:
            answer = self.ask(name, "GET", path)
            assert answer.status_code in {200, 404}, answer.text  # the person is not known there yet
            if answer.status_code == 200 and (items := answer.json()["items"]):
                return list(items)
            time.sleep(0.2)
        return []

    def signals(self, name: str, inburgeraar_id: str, kind: str, *, wait: float = 60) -> list[dict[str, Any]]:
        """The signals of a kind about somebody; waits for the first, which travels as an event."""
        path = f"/notifications/v1/signals?inburgeraarId={inburgeraar_id}&kind={kind}"
        return self.arrived(name, path, wait=wait) or self.items(name, path)


def numbers_in(text: str) -> set[str]:
    """What could be a BSN or a V-number: digits by themselves, not those of an id or a trace in hexadecimal."""
    return set(re.findall(r"(?<![0-9A-Fa-f])\d{9,10}(?![0-9A-Fa-f])", text))


@contextmanager
def installed(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Platform]:
    """An installation that is gone afterwards."""
    platform = Platform(*arguments, environment=environment)
    try:
        yield platform
    finally:
        platform.remove()


@contextmanager
def in_processes(
    postgres_url: str, kafka: str, *, environment: Mapping[str, str] | None = None
) -> Iterator[Platform]:
    """Every service a process of its own, started and answering; its databases go with it.

    Args:
        postgres_url: a server on which databases and roles may be made.
        kafka: bootstrap servers of a broker.
        environment: further settings of all processes.
    """
    prefix = f"journey_{secrets.token_hex(4)}"
    told = {
        **(environment or {}),
        "DATABASE_URL": postgres_url,
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "OPEN_INBURGERING_DATABASE_PREFIX": prefix,
    }
    with installed("run-processes", environment=told) as platform:
        _keep_the_passwords_of_the_run(platform)
        platform.start(ANSWERS)
        try:
            yield platform
        finally:
            if platform.process is not None and platform.process.poll() is None:
                platform.stop()
            asyncio.run(_drop_databases(postgres_url, prefix))


def _keep_the_passwords_of_the_run(platform: Platform) -> None:
    """Roles belong to the server: other tests of the run use them too, under this password."""
    folder = DataFolder(platform.folder / "data")
    folder.prepare()
    schemas = ("gateway", "housing", "intake", "learning_routes", "notifications")
    body = {f"{schema}_{part}": "for-tests-only" for schema in schemas for part in ("owner", "app")}
    (folder.secrets / "databases.json").write_text(json.dumps(body))


async def _drop_databases(postgres_url: str, prefix: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        for row in await connection.fetch(
            "SELECT datname FROM pg_database WHERE datname LIKE $1", f"{prefix}%"
        ):
            await connection.execute(f"DROP DATABASE {row['datname']} WITH (FORCE)")
    finally:
        await connection.close()
