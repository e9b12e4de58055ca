# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Keeps several processes running: starts them in order, restarts what dies, stops all by process id.

Each process inherits the lock that proves it lives (`folder`), so one that outlives a killed
supervisor is found, and ended, by the next start and by `open-inburgering down`.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp

from embedded.down import end_leftovers
from embedded.faults import CannotStart
from embedded.folder import DataFolder
from embedded.forker import Child, Forker, ForkerEnded

__all__ = ["Command", "Supervisor"]

Say = Callable[[str], None]

_FIRST_PAUSE = 0.5  # seconds before a restart, doubled each time
_LONGEST_PAUSE = 30.0
_STABLE_SECONDS = 60.0  # a process that ran this long starts again with the first pause
_READY_SECONDS = 60.0
_STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Command:
    """One process to keep running."""

    name: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    address: str  # where it answers, without a slash at the end
    ready_path: str = "/health/ready"  # what answers with success once it is ready


class Supervisor:
    """Runs commands until it is told to stop."""

    def __init__(self, folder: DataFolder, forker: Forker, *, say: Say) -> None:
        """Keep locks and logs in `folder`; start with `forker`; tell a person what happens with `say`."""
        self._folder = folder
        self._forker = forker
        self._say = say
        self._keepers: list[asyncio.Task[None]] = []
        self._living: dict[str, Child] = {}
        self._stopping = False
        self.restarts = 0

    async def start(self, commands: Sequence[Command]) -> None:
        """Start these at once and return when all are ready; call again for the ones that need them.

        Raises:
            CannotStart: one of them ended or did not become ready in a minute; its log is named.
        """
        for command in commands:
            try:
                process = await self._spawn(command)
            except ForkerEnded as fault:
                raise CannotStart(
                    f"{command.name} cannot be started: {fault}.",
                    remedy="What ended it stands above, or in the log of this machine (out of memory).",
                ) from fault
            self._keepers.append(asyncio.create_task(self._keep(command, process), name=command.name))
        await asyncio.gather(*(self._until_ready(command) for command in commands))
        for command in commands:
            self._say(f"{command.name:<16} {command.address}  process {self._living[command.name].pid}")

    async def stop(self) -> None:
        """Stop all, the last started first; who does not go in time is killed."""
        self._stopping = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        try:
            for process in reversed(list(self._living.values())):
                if process.returncode is None:
                    process.terminate()
                    try:
                        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
                    except TimeoutError:
                        process.kill()
                        await process.wait()
        except ForkerEnded:  # nobody is left to ask: by their locks, as after a supervisor that was killed
            await asyncio.to_thread(end_leftovers, self._folder)
        self._living.clear()

    async def watch(self) -> None:
        """Wait as long as processes can be kept running, which is until this is cancelled.

        Raises:
            CannotStart: the process that forks the others is gone, so none can be started again.
        """
        try:
            await asyncio.gather(*self._keepers)
        except ForkerEnded as fault:
            raise CannotStart(
                f"{fault}, so what dies cannot be started again.".capitalize(),
                remedy="Start it again.",
            ) from fault

    def log_of(self, name: str) -> Path:
        """Where a process writes."""
        return self._folder.logs / f"{name}.log"

    async def _spawn(self, command: Command) -> Child:
        lock = self._folder.take(command.name, address=command.address)
        try:
            process = await self._forker.start(
                command.module,
                command.arguments,
                {**os.environ, **command.environment},
                log=self.log_of(command.name),
                keep=lock,
                note=partial(_note, self._folder, command.address),
            )
        finally:
            os.close(lock)  # the process holds it from now on
        self._living[command.name] = process
        return process

    async def _keep(self, command: Command, process: Child) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping:
            began = time.monotonic()
            code = await process.wait()
            if time.monotonic() - began > _STABLE_SECONDS:
                pause = _FIRST_PAUSE
            how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
            self._say(
                f"{command.name:<16} {how}; starting it again in {pause:g} s ({self.log_of(command.name)})"
            )
            process, pause = await self._spawn_again(command, pause)
            self.restarts += 1
            self._say(f"{command.name:<16} {command.address}  process {process.pid} (again)")

    async def _spawn_again(self, command: Command, pause: float) -> tuple[Child, float]:
        """Start a process anew; answers it and the pause before the next time."""
        while True:
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            try:
                return await self._spawn(command), pause
            except (CannotStart, OSError) as fault:
                # A child of the dead process may still be finishing, or the machine is out of something.
                self._say(f"{command.name:<16} cannot start yet: {str(fault).splitlines()[0]}")

    async def _until_ready(self, command: Command) -> None:
        give_up = time.monotonic() + _READY_SECONDS
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while time.monotonic() < give_up:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(command.address + command.ready_path) as answer:
                        if answer.ok:
                            return
                if self._living[command.name].returncode is not None:
                    break
                await asyncio.sleep(0.1)
        log = self.log_of(command.name)
        tail = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
        raise CannotStart(
            f"{command.name} does not become ready. The end of its log:\n  " + "\n  ".join(tail),
            remedy=f"The whole log is {log}.",
        )


def _note(folder: DataFolder, address: str, lock: int, pid: int) -> None:
    """Write into the lock that a process holds which process it is: done by the process itself."""
    folder.note(lock, pid=pid, address=address)
