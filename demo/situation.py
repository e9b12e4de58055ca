# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What `open-inburgering demo` shows and loads beside the platform."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from demo.chain import MEMBERS, ORGANISATIONS
from demo.client import Gateway
from demo.identities import FIRST_SIGN_INS, ensure_identities, write_bootstrap
from demo.journal import Journal
from demo.loader import Loader
from demo.progress import Bar

__all__ = ["bootstrap_file", "load_and_tell"]


def bootstrap_file(secrets_folder: Path) -> Path:
    """Make the identities of the demo, and the file that tells the gateway about them."""
    return write_bootstrap(ensure_identities(secrets_folder), secrets_folder / "bootstrap.json")


async def load_and_tell(address: str, journal: Path, console: Console) -> None:
    """Load the demo into the platform at an address, and say when it can be used.

    Args:
        address: of the gateway.
        journal: file that remembers what is loaded.
        console: for the person who started it.
    """
    async with Gateway(address) as gateway:
        with Bar(console) as bar:
            loader = Loader(gateway, Journal(journal), bar)
            await loader.load()
            bar.pause()
            _tell(address, console)
            bar.resume()
            await loader.load_behind()
        console.print("All demo data is loaded.")


def _tell(address: str, console: Console) -> None:
    members = {member.name: member for member in MEMBERS}
    organisations = {one.slug: one.name for one in ORGANISATIONS}
    table = Table(box=None, padding=(0, 2), show_header=False)
    for name in FIRST_SIGN_INS:
        member = members[name]
        table.add_row(f"[bold]{name}[/]", member.display_name, organisations[member.organisation])
    console.print()
    console.print(f"Open Inburgering is ready: [bold]{address}/portal[/]  (API: {address}/docs)")
    console.print("It is Tuesday 5 November 2024, 09:00. Sign in by name, for example as:")
    console.print(table)
    console.print("Everyone else: open-inburgering demo identities. Stop with Ctrl-C; the data stays.")
    console.print()
