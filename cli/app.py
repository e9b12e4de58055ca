# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The subcommands. They read options, call one function and print; nothing is decided here."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console

from chassis.run import explain
from cli.dead_letters import list_dead_letters, replay_dead_letters
from demo.client import NotReachable, Refused, demo_token
from demo.loader import load
from demo.progress import Shown
from demo.situation import installation
from embedded.app import run_demo
from embedded.catalogue import migrate_all, openapi_documents, settings_page
from embedded.down import down as stop_all
from embedded.faults import CannotStart
from embedded.processes import run_processes

__all__ = ["main"]

Result = TypeVar("Result")

app = typer.Typer(
    name="open-inburgering",
    help="The platform of the inburgering chain, on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
demo_app = typer.Typer(help="Run everything in one process with demo data, or ask about the demo.")
letters_app = typer.Typer(help="Events that were put aside after all tries.", no_args_is_help=True)
app.add_typer(demo_app, name="demo")
app.add_typer(letters_app, name="dead-letters")

Url = Annotated[
    str, typer.Option(envvar="OPEN_INBURGERING_URL", help="Address of the gateway.", show_envvar=True)
]
Data = Annotated[
    Path | None,
    typer.Option(envvar="OPEN_INBURGERING_DATA", help="Data folder; the usual one without.", show_envvar=True),
]
_URL = "http://127.0.0.1:8000"
