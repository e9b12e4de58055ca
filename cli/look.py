# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The subcommands with which the runbooks begin: health, metrics and broker, asked in the container of a process.

As in `app`, each reads options, calls one function and prints.
"""
# ruff: noqa: PLC0415

import asyncio
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cli.inside import Asked, Place

__all__ = ["look_app"]

look_app = typer.Typer(
    help="Ask a process, in its container or in that of the gateway.", no_args_is_help=True
)

Process = Annotated[str, typer.Argument(help="Its name: gateway, portal, or a service, for example intake.")]


@look_app.command()
def health(process: Process) -> None:
    """Print what a process says that it waits for; ends with 1 when it is not ready."""
    from cli.inside import ask_health

    _print(ask_health, process)


@look_app.command()
def metrics(process: Process) -> None:
    """Print what Prometheus reads of a process."""
    from cli.inside import ask_metrics

    _print(ask_metrics, process)


@look_app.command()
def broker() -> None:
    """Print the topics at KAFKA_BOOTSTRAP_SERVERS and their partitions without a leader."""
    from cli.inside import CannotLook, topics_of_broker

    try:
        topics = asyncio.run(topics_of_broker())
    except (CannotLook, OSError) as fault:
        sys.exit(str(fault))
    for one in topics:
        typer.echo(
            f"{one['topic']}: {one['partitions']} partitions, {one['without_leader']} without a leader"
        )
    typer.echo(f"{len(topics)} topics")


@look_app.command("trace")
def one_trace(
    trace_id: Annotated[
        str, typer.Argument(help="32 hexadecimal digits; `urn:trace:` before them may stay.")
    ],
) -> None:
    """Print the way of one request through the logs on standard input; ends with 1 when they hold nothing of it."""
    from cli.traced import lines_of, told

    found = lines_of(trace_id.rpartition(":")[2].lower(), sys.stdin)
    for line in told(found):
        typer.echo(line)
    if not found:
        sys.exit(f"No line of the trace {trace_id}: look further back, or in the logs of more processes.")


def _print(question: "Callable[[Place], Asked]", process: str) -> None:
    from cli.inside import CannotLook, place_of

    try:
        answer = question(place_of(process))
    except (CannotLook, OSError) as fault:
        sys.exit(str(fault))
    typer.echo(answer.text)
    if not answer.well:
        raise typer.Exit(1)
