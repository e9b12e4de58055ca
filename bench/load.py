# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The load: wrk, on a processor of its own, with a script for method, body and headers."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.machine import Window, pinned, watched
from bench.peers import MissingPeer

__all__ = ["LOAD_CORE", "SERVER_CORE", "Load", "Request"]

SERVER_CORE, LOAD_CORE = 0, 1

_DONE = """
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\n{"requests":%d,"microseconds":%d,"refused":%d,"broken":%d,"p50":%f,"p99":%f,"most":%f}\\n',
    summary.requests, summary.duration, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw in one run."""

    requests: int
    seconds: float
    refused: int  # answers that were not 2xx or 3xx
    broken: int
    p50: float  # milliseconds
    p99: float
    window: Window

    @property
    def per_second(self) -> float:
        """Requests that were answered, each second."""
        return self.requests / self.seconds

    def cpu_microseconds(self, pid: int) -> float:
        """Processor time of one of the watched processes for each request."""
        return self.window.cpu[pid] * 1e6 / max(1, self.requests)


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent again and again.

    `lua` replaces the fixed request: it must define a function `request()`.
    """

    method: str = "GET"
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    lua: str = ""

    def script(self) -> str:
        """The script for wrk."""
        if self.lua:
            return self.lua + _DONE
        lines = [f"wrk.method = {json.dumps(self.method)}"]
        if self.body:
            lines.append(f"wrk.body = {_text(self.body)}")
        lines += [f"wrk.headers[ {_text(name)} ] = {_text(value)}" for name, value in self.headers.items()]
        return "\n".join(lines) + _DONE

    def run(
        self,
        url: str,
        *,
        connections: int,
        seconds: float,
        watch: tuple[int, ...] = (),
        core: int | None = LOAD_CORE,
    ) -> Load:
        """Send to `url` from this many connections; answers what came of it and what the watched ones used.

        Raises:
            RuntimeError: wrk could not run, or got no answer at all.
            MissingPeer: wrk is not installed.
        """
        if shutil.which("wrk") is None:
            raise MissingPeer("wrk is missing (Debian: apt-get install wrk)")
        load = self._once(url, connections, seconds, watch, core)
        if not load.requests:  # a machine so busy that a second was too short
            load = self._once(url, connections, seconds + 10, watch, core)
        if not load.requests:
            raise RuntimeError(f"nothing was answered at {url}")
        return load

    def _once(
        self, url: str, connections: int, seconds: float, watch: tuple[int, ...], core: int | None
    ) -> Load:
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
            file.write(self.script())
            file.flush()
            command = [
                *(pinned(core) if core is not None else []),
                "wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{max(1, round(seconds))}s",
                "--timeout", "30s", "--script", file.name, url,
            ]  # fmt: skip
            with watched(*watch) as window:
                done = subprocess.run(command, capture_output=True, text=True, check=False)
        last = next((line for line in reversed(done.stdout.splitlines()) if line.startswith("{")), "")
        if done.returncode != 0 or not last:
            raise RuntimeError(f"wrk failed at {url}: {done.stdout[-500:]} {done.stderr[-500:]}")
        found = json.loads(last)
        return Load(
            requests=found["requests"],
            seconds=found["microseconds"] / 1e6,
            refused=found["refused"],
            broken=found["broken"],
            p50=found["p50"] / 1000,
            p99=found["p99"] / 1000,
            window=window,
        )


def _text(value: str) -> str:
    """A Lua string that holds exactly these characters."""
    return "[==[" + value + "]==]"
