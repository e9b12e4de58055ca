# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who stands behind the gateway, how each is reached, and what makes the gateway believe that it is the one."""

from collections.abc import Mapping

from starlette.types import ASGIApp

from chassis.tls import Believed, believing, check_addresses
from gateway.settings import GatewaySettings
from gateway.upstreams import InProcess, Upstream

__all__ = ["Inside"]

_SETTING = "GATEWAY_UPSTREAM_AUTHORITY_FILE"

Place = ASGIApp | str
"""An app in this process, or an address."""


class Inside:
    """How the services and the portal are reached."""

    def __init__(
        self, settings: GatewaySettings, upstreams: Mapping[str, Place], portal: Place | None
    ) -> None:
        """Look at the addresses; nothing is opened yet.

        Raises:
            BadSetting: the authority cannot be read, or an address is plain beside it.
        """
        self._limit = settings.upstream_limit
        self._believed: Believed | None = None
        if settings.upstream_authority_file is not None:
            named = {f"GATEWAY_UPSTREAMS ({name})": where for name, where in upstreams.items()}
            if portal is not None:
                named["GATEWAY_PORTAL_URL"] = portal
            addresses = {name: where for name, where in named.items() if isinstance(where, str)}
            check_addresses(addresses, setting=_SETTING)
            self._believed = believing(settings.upstream_authority_file, setting=_SETTING)

    def upstream(self, name: str, where: Place) -> Upstream:
        """The way to one of them."""
        if isinstance(where, str):
            from gateway.remote import Remote  # noqa: PLC0415 - where all is in one process, nobody needs its client

            return Remote(name, where, limit=self._limit, believed=self._believed)
        return InProcess(name, where, limit=self._limit)
