# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Asks every service, through the gateway, for the events that it put aside, and offers them again."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from cli.door import Door
from demo.client import Gateway

__all__ = ["list_dead_letters", "replay_dead_letters"]

_OPERATOR = "operations"
_ENDING = "/operations/dead-letters"


async def list_dead_letters(url: str) -> list[dict[str, Any]]:
    """Every event that waits, with the service that put it aside; oldest first per service."""
    async with Door(url, patience=2) as gateway:
        return [letter async for letter in _waiting(gateway)]


async def replay_dead_letters(url: str, service: str | None, wanted: set[str]) -> list[dict[str, Any]]:
    """Offer events again; answers the ones that were offered.

    Args:
        url: of the gateway.
        service: whose; None for all.
        wanted: ids; without any, all that wait.
    """
    async with Door(url, patience=2) as gateway:
        chosen = [
            one
            async for one in _waiting(gateway)
            if service in {None, one["service"]} and (not wanted or one["id"] in wanted)
        ]
        for letter in chosen:
            path = f"/{letter['service']}/v1{_ENDING}/{letter['id']}/replays"
            await gateway.post(_OPERATOR, path, None)
        return chosen


async def _waiting(gateway: Gateway) -> AsyncIterator[dict[str, Any]]:
    for service in _services(await gateway.get(_OPERATOR, "/openapi.json")):
        for letter in await gateway.items(_OPERATOR, f"/{service}/v1{_ENDING}"):
            if letter["replayedAt"] is None:
                yield {"service": service, **letter}


def _services(document: dict[str, Any]) -> Iterator[str]:
    for path in document["paths"]:
        if path.endswith(f"/v1{_ENDING}"):
            yield path.split("/")[1]
