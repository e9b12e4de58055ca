# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every service, the gateway and the portal as a process of its own, on PostgreSQL and Apache Kafka."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from chassis.clock import MovableClock
from chassis.migrate import Prepared, migrate
from chassis.run import REFUSALS, StopAsked, explain, or_stop
from chassis.service import Service
from embedded.app import ALL, GATEWAY, SERVICES, Beside, check_port
from embedded.databases import prepare_databases
from embedded.down import end_leftovers
from embedded.environment import environment
from embedded.faults import CannotStart
from embedded.folder import DataFolder
from embedded.forker import Forker
from embedded.settings import DatabaseSettings, MachineSettings
from embedded.supervisor import Command, Supervisor
from embedded.topics import make_topics

__all__ = ["run_processes"]

_HOST = "127.0.0.1"
_SHARED = ("portal.__main__", "gateway.process")
"""What the processes import and the command itself does not."""


def run_processes(
    settings: MachineSettings,
    *,
    bootstrap: Callable[[Path], Path],
    beside: Beside | None,
    say: Callable[[str], None],
) -> None:
    """Start and supervise all processes until SIGTERM or SIGINT; then stop each by its process id.

    Args:
        settings: of the machine.
        bootstrap: makes the identities in the folder of secrets, and answers the gateway's bootstrap file.
        beside: what runs once the platform answers, if anything.
        say: tells a person what happens; a line per process.

    Raises:
        CannotStart: PostgreSQL, Kafka or something on this machine is in the way.
    """
    forker = Forker(_SHARED)  # first: a process with a loop or threads cannot be forked safely
    try:
        _supervise(settings, forker, bootstrap=bootstrap, beside=beside, say=say)
    finally:
        forker.close()


def _supervise(
    settings: MachineSettings,
    forker: Forker,
    *,
    bootstrap: Callable[[Path], Path],
    beside: Beside | None,
    say: Callable[[str], None],
) -> None:
    folder = DataFolder.locate(settings.data)
    folder.prepare()
    address = f"http://{_HOST}:{settings.port}"
    with folder.hold("run-processes", address=address):
        for line in end_leftovers(folder):
            say(line)
        check_port(settings.port)
        made = environment(folder, address=address, bootstrap=bootstrap(folder.secrets))
        try:
            asyncio.run(_run(folder, forker, settings, made, beside, say))
        except REFUSALS as fault:
            raise CannotStart(
                explain(fault), remedy="The settings are described in docs/settings.md."
            ) from fault


async def _run(
    folder: DataFolder,
    forker: Forker,
    settings: MachineSettings,
    made: dict[str, str],
    beside: Beside | None,
    say: Callable[[str], None],
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    had_a_clock = folder.clock.exists()
    clock = MovableClock(folder.clock, start=None if had_a_clock else _instant(made))
    if had_a_clock:
        clock.resume()
    try:
        databases = await or_stop(_databases(folder, settings), stop)
        await or_stop(make_topics(ALL), stop)
    except StopAsked:
        say("Stopped before anything was started.")
        return
    supervisor = Supervisor(folder, forker, say=say)
    work = asyncio.create_task(_work(supervisor, made, databases, settings, folder, beside, say))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()  # a start that failed, or that nothing can be started any more, is raised here
    finally:
        work.cancel()
        stopping.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await work
        await supervisor.stop()
        clock.save()
        say("All processes have stopped.")


async def _work(
    supervisor: Supervisor,
    made: dict[str, str],
    databases: dict[str, Prepared],
    settings: MachineSettings,
    folder: DataFolder,
    beside: Beside | None,
    say: Callable[[str], None],
) -> None:
    """Start services, then the portal, then the gateway before them; then what runs beside."""
    services = [_service(service, made, databases) for service in SERVICES]
    portal_port = _free_port()
    portal = Command(
        "portal",
        "portal",
        [],
        {**made, "PORTAL_PORT": str(portal_port)},
        f"http://{_HOST}:{portal_port}",
    )
    await supervisor.start([*services, portal])
    await supervisor.start([_gateway(made, databases, settings, services, portal)])
    say(f"Open Inburgering answers at {made['OPEN_INBURGERING_PUBLIC_URL']}/portal")
    if beside is not None:
        await beside(made["OPEN_INBURGERING_PUBLIC_URL"], folder.root, asyncio.sleep(0))
    await supervisor.watch()


def _service(service: Service, made: dict[str, str], databases: dict[str, Prepared]) -> Command:
    port = _free_port()
    return Command(
        service.name,
        f"services.{service.schema}",
        ["serve"],
        {**made, **_told(service, databases), f"{_prefix(service)}PORT": str(port)},
        f"http://{_HOST}:{port}",
    )


def _gateway(
    made: dict[str, str],
    databases: dict[str, Prepared],
    settings: MachineSettings,
    services: Iterable[Command],
    portal: Command,
) -> Command:
    upstreams = {command.name: command.address for command in services}
    return Command(
        GATEWAY.name,
        "gateway",
        ["serve"],
        {
            **made,
            **_told(GATEWAY, databases),
            "GATEWAY_PORT": str(settings.port),
            "GATEWAY_UPSTREAMS": json.dumps(upstreams),
            "GATEWAY_PORTAL_URL": portal.address,
            "GATEWAY_INTERNAL_PORT": os.environ.get("GATEWAY_INTERNAL_PORT") or str(_free_port()),
        },
        f"http://{_HOST}:{settings.port}",
    )


def _prefix(service: Service) -> str:
    return str(service.settings.model_config.get("env_prefix", ""))


def _told(service: Service, databases: dict[str, Prepared]) -> dict[str, str]:
    return {
        f"{_prefix(service)}DATABASE_URL": databases[service.name].app_url,
        f"{_prefix(service)}HOST": _HOST,
    }


async def _databases(folder: DataFolder, settings: MachineSettings) -> dict[str, Prepared]:
    """Those that the environment names per service; the others are made with DATABASE_URL."""
    found: dict[str, Prepared] = {}
    for service in ALL:
        app_url = os.environ.get(f"{_prefix(service)}DATABASE_URL", "")
        owner_url = os.environ.get(f"{_prefix(service)}OWNER_DATABASE_URL", "")
        if app_url:
            found[service.name] = Prepared(owner_url=owner_url, app_url=app_url)
            if owner_url:
                await migrate(service, owner_url)
    missing = [service for service in ALL if service.name not in found]
    if not missing:
        return found
    admin_url = DatabaseSettings().database_url.get_secret_value()
    if not admin_url:
        raise CannotStart(
            f"DATABASE_URL is missing, and {', '.join(one.name for one in missing)} has no database of its own.",
            remedy="Set DATABASE_URL to a PostgreSQL superuser: postgresql://user:password@host:port/postgres.",
        )
    return found | await prepare_databases(
        missing,
        admin_url=admin_url,
        name_of=lambda service: f"{settings.database_prefix}_{service.schema}",
        passwords=folder.secrets / "databases.json",
    )


def _instant(made: dict[str, str]) -> datetime:
    return datetime.fromisoformat(made["OPEN_INBURGERING_CLOCK"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
