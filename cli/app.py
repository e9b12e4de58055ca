# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The subcommands. Each reads options, calls one function and prints; nothing is decided here.

What starts services is imported by the subcommand that starts them: a token must not wait for that.
"""
# ruff: noqa: PLC0415

import asyncio
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Column, Table

from chassis.care.faults import BackupFault
from cli import access, care, dead_letters
from cli.look import look_app
from cli.solve import solve_app
from demo.client import Gateway, NotReachable, Refused
from demo.identities import ensure_identities, listed
from embedded.faults import CannotStart
from embedded.folder import DataFolder
from embedded.settings import MachineSettings

__all__ = ["main"]

app = typer.Typer(
    name="open-inburgering",
    help="The platform of the inburgering chain, on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
demo_app = typer.Typer(
    help="Run everything in one process with demo data, or ask about the demo.", invoke_without_command=True
)
letters_app = typer.Typer(help="Events that were put aside after all tries.", no_args_is_help=True)
app.add_typer(demo_app, name="demo")
app.add_typer(letters_app, name="dead-letters")
app.add_typer(solve_app, name="solve")
app.add_typer(look_app, name="look")
care.register(app)

_console = Console()

Url = Annotated[
    str, typer.Option(envvar="OPEN_INBURGERING_URL", help="Address of the gateway.", show_envvar=True)
]
_URL = "http://127.0.0.1:8000"


@demo_app.callback()
def demo(context: typer.Context) -> None:
    """Run everything in one process with demo data, on http://127.0.0.1:8000."""
    if context.invoked_subcommand is None:
        from demo.situation import bootstrap_file, load_and_tell
        from embedded.app import run_demo

        run_demo(
            MachineSettings(),
            bootstrap=bootstrap_file,
            beside=partial(load_and_tell, console=_console),
            say=_console.print,
        )


@demo_app.command()
def identities(
    *, as_json: Annotated[bool, typer.Option("--json", help="With secrets, for a program.")] = False
) -> None:
    """List who can sign in to the demo."""
    folder = DataFolder.locate(MachineSettings().data)
    folder.prepare()
    rows = listed(ensure_identities(folder.secrets))
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    table = Table(Column("name", no_wrap=True), "kind", "roles", "organisation", box=None)
    for row in rows:
        table.add_row(row["name"], row["kind"], ", ".join(row["roles"]), row["organisation"])
    _console.print(table)


@demo_app.command()
def token(
    name: Annotated[str, typer.Argument(help="Who, as `demo identities` names them.")], url: Url = _URL
) -> None:
    """Print an access token of a demo identity, and nothing else."""
    typer.echo(asyncio.run(_token(name, url)))


async def _token(name: str, url: str) -> str:
    async with Gateway(url, patience=2) as gateway:
        return await gateway.token(name)


@app.command("token")
def access_token(
    url: Url = _URL,
    issuer: Annotated[
        str, typer.Option(envvar="OPEN_INBURGERING_ISSUER", help="Instead of asking the gateway for it.")
    ] = "",
    client_id: Annotated[
        str, typer.Option(envvar="OPEN_INBURGERING_CLIENT_ID", help="How the system is called at the issuer.")
    ] = "",
    key_file: Annotated[
        Path | None,
        typer.Option(
            envvar="OPEN_INBURGERING_CLIENT_KEY_FILE", help="Its private key (PEM); - for standard input."
        ),
    ] = None,
    *,
    sign_in: Annotated[
        bool, typer.Option("--sign-in", help="A person signs in by a browser, also where a key is set.")
    ] = False,
    key_set: Annotated[
        bool, typer.Option("--key-set", help="Print the public half of the key for the issuer, and no token.")
    ] = False,
) -> None:
    """Print an access token and nothing else: of a system by its key, or of a person who signs in by a browser."""
    if key_set:
        if key_file is None:
            raise typer.BadParameter("--key-set needs --key-file.")
        typer.echo(json.dumps(access.keys_in(key_file).key_set(), indent=1))
        return
    own = None if sign_in else key_file
    typer.echo(asyncio.run(_access_token(issuer or url, client_id, own)))


async def _access_token(place: str, client_id: str, key_file: Path | None) -> str:
    async with access.session() as http:
        if key_file is None:
            say = partial(typer.echo, err=True)
            granted = await access.by_browser(http, place, client_id=access.COMMAND, say=say)
        elif not client_id:
            raise typer.BadParameter("--key-file needs --client-id.")
        else:
            keys = access.keys_in(key_file)
            granted = await access.by_key(http, place, client_id=client_id, keys=keys, now=time.time)
    return granted.token


@demo_app.command()
def load(
    folder: Annotated[Path, typer.Option(help="Where to remember what is loaded.")] = Path(),
    url: Url = _URL,
) -> None:
    """Load the demo data into a platform that runs already, outside production."""
    asyncio.run(_load(url, folder))


async def _load(url: str, folder: Path) -> None:
    from demo.situation import load_and_tell

    await load_and_tell(url, folder, asyncio.sleep(0), console=_console)


@app.command("run-processes")
def run_processes(
    *, demo_data: Annotated[bool, typer.Option("--demo-data", help="Load the demo data too.")] = False
) -> None:
    """Run every service as a process of its own, on DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS."""
    from demo.situation import bootstrap_file, load_and_tell
    from embedded.processes import run_processes as supervise

    supervise(
        MachineSettings(),
        bootstrap=bootstrap_file,
        beside=partial(load_and_tell, console=_console, journal="processes-loaded.jsonl")
        if demo_data
        else None,
        say=_console.print,
    )


@app.command()
def down() -> None:
    """Stop everything that runs on this machine's data folder, PostgreSQL too."""
    from embedded.down import down as stop_all

    for line in stop_all(MachineSettings().data) or ["Nothing was running."]:
        typer.echo(line)


@app.command()
def migrate() -> None:
    """Bring every schema up to date, by <SERVICE>_OWNER_DATABASE_URL."""
    from embedded.app import ALL
    from embedded.databases import migrate_all

    for line in asyncio.run(migrate_all(ALL)):
        typer.echo(line)


@app.command()
def topics() -> None:
    """Make the topics of all services that are not there, at KAFKA_BOOTSTRAP_SERVERS."""
    from embedded.app import ALL
    from embedded.topics import make_topics

    for line in asyncio.run(make_topics(ALL)):
        typer.echo(line)


@app.command()
def openapi(service: Annotated[str, typer.Argument(help="Its name, for example intake.")]) -> None:
    """Print the OpenAPI document of one service."""
    from embedded.openapi import document_of

    typer.echo(json.dumps(document_of(service), indent=1, ensure_ascii=False))


@letters_app.command("list")
def list_letters(url: Url = _URL) -> None:
    """Show the events that wait, without their data."""
    letters = asyncio.run(dead_letters.list_dead_letters(url))
    table = Table("service", "id", "type", "reason", "tries", "failed at")
    for one in letters:
        table.add_row(
            one["service"], one["id"], one["type"] or "", one["reason"], str(one["attempts"]), one["failedAt"]
        )
    _console.print(table if letters else "No event waits.")


@letters_app.command("replay")
def replay_letters(
    service: Annotated[str | None, typer.Argument(help="Of which service; without, of all.")] = None,
    ids: Annotated[list[str] | None, typer.Argument(help="Which; without, all that wait.")] = None,
    url: Url = _URL,
) -> None:
    """Offer events again. Each takes effect once, however often it is offered."""
    for one in asyncio.run(dead_letters.replay_dead_letters(url, service, set(ids or []))):
        typer.echo(f"{one['service']} {one['id']} {one['type'] or ''}")


def main() -> None:
    """Run the command; what a person can mend is said in a sentence, without a stack trace."""
    try:
        app()
    except (CannotStart, BackupFault) as fault:
        sys.exit(str(fault))
    except ValidationError as fault:
        from chassis.run import explain

        sys.exit(explain(fault))
    except (NotReachable, Refused, access.NoToken) as fault:
        sys.exit(str(fault))
