# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The subcommands that take care of data: backup, restore, tombstones, replay, keys, and one person's export.

As in `app`, each reads options, calls one function and prints.
"""
# ruff: noqa: PLC0415

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli import remote
from embedded.settings import BackupSettings, MachineSettings

__all__ = ["keys_app", "register"]

keys_app = typer.Typer(help="The keys of encrypted columns.", no_args_is_help=True)

_console = Console()
_URL = "http://127.0.0.1:8000"
Url = Annotated[
    str, typer.Option(envvar="OPEN_INBURGERING_URL", help="Address of the gateway.", show_envvar=True)
]
Recipients = Annotated[
    list[str] | None,
    typer.Option(
        "--recipient",
        help="Public key of age that can read it; may be repeated. Without: OPEN_INBURGERING_BACKUP_RECIPIENTS.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the subcommands to the command."""
    app.command()(backup)
    app.command()(restore)
    app.command()(tombstones)
    app.command("destroy-again")(destroy_again)
    app.command()(replay)
    app.command("person-export")(person_export)
    app.add_typer(keys_app, name="keys")


def backup(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept; each gets a folder of its own.")],
    recipient: Recipients = None,
    keep_days: Annotated[
        int | None, typer.Option(min=1, help="Remove backups older than this; 35 days is the most.")
    ] = None,
) -> None:
    """Back up all services at one moment, encrypted, while they work."""
    from embedded.care import make_backup

    recipients = recipient or BackupSettings().recipients.split()
    made, removed, noted = asyncio.run(
        make_backup(MachineSettings(), folder, recipients=recipients, keep_days=keep_days)
    )
    parts = made.manifest["services"]
    table = Table("service", "rows", "bytes")
    for name, part in sorted(parts.items()):
        table.add_row(name, str(sum(part["rows"].values())), str(part["bytes"]))
    _console.print(table)
    typer.echo(f"{made.folder}: publishing was held for {made.manifest['heldMilliseconds']} ms")
    if not noted:
        typer.echo("Not noted down for the alert BackupTooOld: the tables are of an older release.")
    for one in removed:
        typer.echo(f"removed {one}")


def restore(
    folder: Annotated[Path, typer.Argument(help="The folder of one backup.")],
    identity_file: Annotated[
        Path,
        typer.Option(
            help="File with the private key of age; - for standard input, so that it stays off the disk."
        ),
    ],
    tombstones: Annotated[
        Path | None, typer.Option(help="List of destructions; without, the one beside the backup.")
    ] = None,
) -> None:
    """Restore a backup into new databases; the services must not run."""
    from embedded.care import restore_backup

    given = sys.stdin.read() if str(identity_file) == "-" else identity_file.read_text(encoding="utf-8")
    lines = given.splitlines()
    identities = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    done = asyncio.run(
        restore_backup(MachineSettings(), folder, identities=identities, tombstones=tombstones)
    )
    table = Table("service", "rows", "destroyed again", "events to send again")
    for one in done:
        table.add_row(one.service, str(one.rows), str(one.destroyed_again), str(one.events_to_send))
    _console.print(table)
    typer.echo("Give the services empty topics before they start (docs/care-for-data.md).")


def tombstones(
    path: Annotated[Path, typer.Argument(help="The list beside the backups: tombstones.jsonl.")],
) -> None:
    """Add the destructions up to now to the list; a restore of an older backup needs them."""
    from embedded.care import list_tombstones

    typer.echo(f"{asyncio.run(list_tombstones(MachineSettings(), path))} destructions in {path}")


def destroy_again(
    path: Annotated[Path, typer.Argument(help="The list of destructions: tombstones.jsonl.")],
) -> None:
    """Destroy again whom the list names, in databases restored by other means; before the services start."""
    from embedded.care import apply_tombstones

    done = asyncio.run(apply_tombstones(MachineSettings(), path))
    table = Table("service", "destroyed again")
    for service, people in sorted(done.items()):
        table.add_row(service, str(people))
    _console.print(table)


def replay(
    service: Annotated[str, typer.Argument(help="Whose events, for example intake.")],
    since: Annotated[datetime | None, typer.Option(help="Sent from then on, in UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Sent before then, in UTC.")] = None,
    key: Annotated[str | None, typer.Option(help="Of one key: the id of a person.")] = None,
    url: Url = _URL,
) -> None:
    """Send events again that a service still keeps. Each takes effect once, however often it is sent."""
    asked = {
        "since": None if since is None else since.replace(tzinfo=UTC).isoformat(),
        "until": None if until is None else until.replace(tzinfo=UTC).isoformat(),
        "key": key,
    }
    typer.echo(f"{asyncio.run(remote.replay(url, service, asked))} events are sent again")


@keys_app.command("status")
def key_status(url: Url = _URL) -> None:
    """Show how many rows are under which key, and which keys no row needs."""
    table = Table("service", "column", "key", "rows", "")
    for one in asyncio.run(remote.key_uses(url)):
        # Rows cannot tell an old key that is done with from a new one that waits behind: the operator can.
        says = "current" if one["current"] else "no row needs it" if one["mayBeRetired"] else "in use"
        missing = "" if one["inRing"] else ", not in the setting"
        column = f"{one['table']}.{one['column']}"
        table.add_row(one["service"], column, one["keyId"], str(one["rows"]), says + missing)
    _console.print(table)
    typer.echo(
        "No row needs it: an old key may be taken out; a new key that stands behind goes in front first."
    )


@keys_app.command("renew")
def renew_keys(url: Url = _URL) -> None:
    """Give every row the current key while everybody works; shows the progress until it is done."""
    asyncio.run(remote.renew_keys(url, say=typer.echo))


def person_export(
    person: Annotated[str, typer.Argument(help="The id of the inburgeraar.")],
    folder: Annotated[Path, typer.Argument(help="Where the two files are written, for the owner only.")],
    who: Annotated[
        str, typer.Option("--as", help="Identity of the demo; not used with OPEN_INBURGERING_TOKEN.")
    ] = "kwaliteitsmedewerker-lv",
    url: Url = _URL,
) -> None:
    """Write all that every service holds of a person, as JSON and as a page to read."""
    for path in asyncio.run(remote.export_person(url, who, person, folder)):
        typer.echo(str(path))
