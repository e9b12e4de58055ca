# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What `open-inburgering demo` shows and loads beside the platform."""

from collections.abc import Awaitable
from datetime import datetime
from pathlib import Path

from babel.dates import format_datetime
from rich.console import Console

from demo.client import Gateway
from demo.identities import FIRST_SIGN_INS, ensure_identities, write_bootstrap
from demo.journal import Journal
from demo.loader import Loader
from demo.parties import MEMBERS, ORGANISATIONS
from demo.progress import Bar

__all__ = ["bootstrap_file", "load_and_tell"]


def bootstrap_file(secrets_folder: Path) -> Path:
    """Make the identities of the demo, and the file that tells the gateway about them."""
    return write_bootstrap(ensure_identities(secrets_folder), secrets_folder / "bootstrap.json")


async def load_and_tell(
    address: str,
    folder: Path,
    first: Awaitable[None],
    *,
    console: Console,
    journal: str = "demo-loaded.jsonl",
) -> None:
    """Load the demo into the platform at an address, and say when it can be used.

    Args:
        address: of the gateway.
        folder: where the journal is kept.
        first: what must be done too before people are told that it is ready.
        console: for the person who started it.
        journal: name of the file that remembers what is loaded.
    """
    async with Gateway(address) as gateway:
        with Bar(console) as bar:
            loader = Loader(gateway, Journal(folder / journal), bar)
            await loader.load()
            await first
            bar.pause()
            await _tell(gateway, console)
            bar.resume()
            await loader.load_behind()
        console.print("All demo data is loaded.")


async def _tell(gateway: Gateway, console: Console) -> None:
    now = datetime.fromisoformat((await gateway.clock())["now"])
    members = {member.name: member for member in MEMBERS}
    organisations = {one.slug: one.name for one in ORGANISATIONS}
    width = max(map(len, FIRST_SIGN_INS))
    lines = [
        "",
        f"Open Inburgering is ready: [bold]{gateway.url}/portal[/]   (API: {gateway.url}/docs)",
        f"Its clock says {format_datetime(now, 'EEEE d MMMM y, HH:mm', locale='en')}. Sign in by name, for example as:",
        *(
            f"  [bold]{name:<{width}}[/]  {members[name].display_name}, {organisations[members[name].organisation]}"
            for name in FIRST_SIGN_INS
        ),
        "All names: open-inburgering demo identities. Stop with Ctrl-C; the data stays.",
        "",
    ]
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)
