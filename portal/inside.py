# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The way to the gateway over the network, where it must show a certificate of the authority inside."""

import ssl

import httpx

from chassis.tls import Believed, believing, check_addresses
from portal.settings import PortalSettings

__all__ = ["to_gateway"]


def to_gateway(settings: PortalSettings) -> httpx.AsyncBaseTransport | None:
    """The transport for calls to the gateway; None: httpx's own, which believes the authorities of the machine.

    Raises:
        BadSetting: the authority cannot be read, or the address is plain.
    """
    if settings.gateway_authority_file is None:
        return None
    setting = "PORTAL_GATEWAY_AUTHORITY_FILE"
    check_addresses({"PORTAL_GATEWAY_URL": str(settings.gateway_url)}, setting=setting)
    return _Believing(believing(settings.gateway_authority_file, setting=setting))


class _Believing(httpx.AsyncBaseTransport):
    """A pool of connections for each authority in turn: a new one is believed without a restart."""

    def __init__(self, believed: Believed) -> None:
        self._believed = believed
        self._pools: dict[ssl.SSLContext, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection to whom is believed now."""
        context = self._believed.context
        pool = self._pools.get(context)
        if pool is None:
            pool = self._pools[context] = httpx.AsyncHTTPTransport(verify=context)
        return await pool.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all of them; one of before may have had a request under way until now."""
        for pool in self._pools.values():
            await pool.aclose()
