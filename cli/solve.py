# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The subcommands that solve a neutral instance from a file: no database, no server.

As in `app`, each reads options, calls one function and writes.
"""
# ruff: noqa: PLC0415

import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["solve_app"]

solve_app = typer.Typer(help="Solve an instance from a file, without a server.", no_args_is_help=True)

Pairs = list[str]


@solve_app.callback()
def solve() -> None:
    """Solve an instance from a file, without a server."""


@solve_app.command("housing")
def housing(
    instance: Annotated[Path, typer.Argument(help="Instance of the problem p1, as JSON.")],
    output: Annotated[
        Path | None, typer.Option(help="Where the solution goes; standard output without.")
    ] = None,
    urgency_floor: Annotated[
        int | None, typer.Option(min=0, help="Urgency of at least this, while the shortfall is made small.")
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds in all; without, sized from the instance.")
    ] = None,
    pin: Annotated[
        Pairs | None, typer.Option(help="HOUSEHOLD=DWELLING that must be; may be repeated.")
    ] = None,
    ban: Annotated[
        Pairs | None, typer.Option(help="HOUSEHOLD=DWELLING that may not be; may be repeated.")
    ] = None,
    max_exchanges: Annotated[
        int | None, typer.Option(min=0, help="Most households housed outside their own gemeente.")
    ] = None,
    standing: Annotated[
        Path | None, typer.Option(help="Solution whose proposals stand and are to be kept.")
    ] = None,
    changed_percent: Annotated[
        int,
        typer.Option(min=0, max=100, help="Of standing proposals that may change, at an equal shortfall."),
    ] = 10,
    *,
    explain: Annotated[bool, typer.Option("--explain", help="Add a card for each proposal.")] = False,
    seconds: Annotated[
        bool, typer.Option("--seconds", help="Add how long it took; the bytes then differ.")
    ] = False,
) -> None:
    """Propose which household could live in which dwelling; nothing is decided."""
    from services.housing import solver
    from services.housing.solver import files

    try:
        read, sha256 = files.read(instance)
        kept = files.read_assignments(standing) if standing else ()
        found = solver.solve_now(
            read,
            solver.Options(
                time_limit=time_limit,
                urgency_floor=urgency_floor,
                pins=files.pairs(pin or [], read),
                bans=files.pairs(ban or [], read),
                max_exchanges=max_exchanges,
                standing=kept,
                changed_percent=changed_percent if standing else None,
            ),
            sha256=sha256,
        )
    except solver.InstanceFault as fault:
        sys.exit(f"{instance}: {fault}")
    extra = solver.explained(read, found) if explain else None
    written = found.write(extra, seconds=seconds)
    if output is None:
        sys.stdout.buffer.write(written)
        return
    try:
        files.replace_whole(output, written)
    except OSError as fault:
        sys.exit(f"{output}: {fault.strerror}")
