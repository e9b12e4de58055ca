# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The edge under attack: bytes to a gateway and to a service, and a look at what that costs them."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chassis.access import GRANT_HEADER, Caller
from chassis.testing import own, sign_grant
from tests.service.gateway.world import id_of

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n")


@dataclass(slots=True)
class Edge:
    """A gateway and a service in a process of their own."""

    process: "subprocess.Popen[str]"
    gateway: str
    service: str
    token: str
    key: Ed25519PrivateKey

    def port(self, of: str) -> int:
        address = self.gateway if of == "gateway" else self.service
        return int(address.rpartition(":")[2])

    def authority(self, of: str) -> str:
        """The header lines by which a request is let in."""
        if of == "gateway":
            return f"Authorization: Bearer {self.token}\r\n"
        caller = Caller(
            subject=id_of("consulent-lv"),
            kind="person",
            organisation_id=id_of("gemeente-leidschendam-voorburg"),
            organisation_kind="gemeente",
            roles=frozenset({"consulent"}),
            gemeentecode="1916",
            scopes=own("1916"),
        )
        return f"{GRANT_HEADER}: {sign_grant(caller, key=self.key)}\r\n"

    def memory(self, what: str = "VmRSS") -> int:
        """Bytes of memory of the process: `VmRSS` now, `VmHWM` at most since `forget_peak`."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.findall(rf"{what}:\s+(\d+) kB", status)[0]) * 1024

    def forget_peak(self) -> None:
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")

    def files(self) -> int:
        """How many files and connections the process has open."""
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/fd").iterdir())


@contextmanager
def edge_in_a_process(folder: Path, postgres_url: str) -> Iterator[Edge]:
    """A gateway and a service, gone when the block ends."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with (folder / "output.txt").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.security.edge_process", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            env={**os.environ, "EDGE_POSTGRES_URL": postgres_url, "EDGE_GRANT_KEY": pem},
        )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, (folder / "output.txt").read_text()[-3000:]
        told = json.loads(line)
        yield Edge(process, told["gateway"], told["service"], told["token"], key)
    finally:
        process.stdin.close()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back over one connection."""

    statuses: tuple[int, ...]  # of every answer, in order
    raw: bytes
    seconds: float
    closed: bool  # by the other side, before we gave up

    @property
    def status(self) -> int:
        return self.statuses[0] if self.statuses else 0


async def talk(port: int, pieces: Iterable[bytes], *, seconds: float = 10.0, patience: float = 0.5) -> Reply:
    """Write bytes as they are and read until the other side ends, or says nothing more for a while."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    raw = bytearray()
    closed = False

    async def hear() -> None:
        nonlocal closed
        try:
            while piece := await reader.read(65_536):
                raw.extend(piece)
        except ConnectionError:
            pass  # it was ended while we were sending: ended all the same
        closed = True

    hearing = asyncio.create_task(hear())
    try:
        for piece in pieces:
            if hearing.done():
                break
            writer.write(piece)
            await asyncio.wait_for(writer.drain(), seconds)
        answered = time.monotonic()
        length = -1
        while not hearing.done() and time.monotonic() - began < seconds:
            if len(raw) != length:
                length, answered = len(raw), time.monotonic()
            elif raw and time.monotonic() - answered > patience:
                break
            await asyncio.sleep(0.01)
    except (ConnectionError, TimeoutError):
        pass  # it ended while we were sending; what it said before is kept
    finally:
        await asyncio.wait([hearing], timeout=0.2)
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        writer.close()
    found = tuple(int(one) for one in _STATUS.findall(bytes(raw)))
    return Reply(found, bytes(raw), time.monotonic() - began, closed)
