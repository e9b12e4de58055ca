# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a request comes from, when proxies stand in front: as far as one that is trusted says it."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

__all__ = ["Network", "Proxies"]

Network = IPv4Network | IPv6Network
_REMEMBERED = 4096  # the hops of a busy minute; an address is parsed once


class Proxies:
    """The proxies that are believed, by network."""

    def __init__(self, networks: Iterable[Network]) -> None:
        """Believe who calls from these networks."""
        self._networks = tuple(networks)
        self.trusted = lru_cache(maxsize=_REMEMBERED)(self._trusted)

    def _trusted(self, address: str) -> bool:
        """Whether an address as text is one of a trusted proxy; what is no address is not."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped  # how a listener for both tells an IPv4 caller
        return any(found in network for network in self._networks)

    def origin(self, client: str, forwarded: Iterable[str]) -> str:
        """The nearest hop that is no trusted proxy itself, as the trusted ones before it vouch for.

        Args:
            client: the address of the connection.
            forwarded: the lines of X-Forwarded-For in their order. Only the last one counts: a proxy
                that adds one of its own leaves the client's line before it.
        """
        if not self.trusted(client):
            return client
        hops = [hop.strip() for line in list(forwarded)[-1:] for hop in line.split(",") if hop.strip()]
        for hop in reversed(hops):
            if not self.trusted(hop):
                return hop
        return hops[0] if hops else client
