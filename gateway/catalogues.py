# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Keeps the catalogue up to date: reads the OpenAPI document of each service, now and again."""

import asyncio
from collections.abc import Mapping

from chassis.logs import log
from gateway.catalogue import Catalogue
from gateway.errors import UpstreamBusy
from gateway.upstreams import Upstream

__all__ = ["Catalogues"]

_READ_SECONDS = 5.0
_OK = 200


class Catalogues:
    """Reads the documents of services into one catalogue."""

    def __init__(self, upstreams: Mapping[str, Upstream], *, named: frozenset[str] = frozenset()) -> None:
        """Read from these; `named` are the operations that settings name, as `<service>.<operationId>`."""
        self.catalogue = Catalogue()
        self._named = named
        self._told: frozenset[str] = frozenset()
        self._upstreams = upstreams
        self._locks = {name: asyncio.Lock() for name in upstreams}

    async def learn(self, service: str) -> None:
        """Read the document of a service that is not known yet; many may ask, one reads.

        Raises:
            UpstreamBusy: the service does not show it now.
        """
        async with self._locks[service]:
            if not self.catalogue.knows(service):
                await self._read(service)

    async def refresh(self) -> None:
        """Read all documents again; a service that is away keeps its last one."""
        await asyncio.gather(*(self._read_if_possible(name) for name in self._upstreams))
        if self._named and all(self.catalogue.knows(name) for name in self._upstreams):
            there = {f"{one.service}.{one.id}" for one in self.catalogue.operations()}
            missing = self._named - there
            if missing - self._told:  # a name that is written wrong would ask nothing of anybody
                log().error("demand_of_unknown_operations", operations=sorted(missing))
            self._told = missing

    async def _read_if_possible(self, service: str) -> None:
        try:
            await self._read(service)
        except UpstreamBusy as fault:
            log().warning("openapi_not_read", upstream=service, reason=fault.detail)

    async def _read(self, service: str) -> None:
        answer = await self._upstreams[service].ask(
            "GET", f"/{service}/v1/openapi.json", deadline=_READ_SECONDS
        )
        if answer.status != _OK:
            raise UpstreamBusy(f"Het onderdeel '{service}' toont zijn operaties nog niet.")
        try:
            self.catalogue.add(service, answer.body)
        except ValueError as fault:
            log().error("openapi_refused", upstream=service, reason=str(fault))
            raise UpstreamBusy(f"Het onderdeel '{service}' toont geen bruikbaar document.") from fault
