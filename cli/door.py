# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The gateway as an operator reaches it: with a token or a key of their own, or as an identity of the demo."""

import time

from cli import access
from cli.settings import OperatorSettings
from demo.client import Gateway

__all__ = ["Door"]

_RENEW_BEFORE_SECONDS = 60


class Door(Gateway):
    """An ordinary client of the gateway.

    Where the environment holds an access token, every call is made with it; where it names a client and its key, with
    tokens that are asked for in time; outside production an identity of the demo will do.
    """

    async def token(self, name: str) -> str:
        """A token by the environment, else one of this identity of the demo.

        Raises:
            NoToken: the issuer refuses the key, or is away.
        """
        told = OperatorSettings()
        if given := told.token.get_secret_value():
            return given
        if told.client_key_file is None or not told.client_id:
            return await super().token(name)
        kept, until = self._tokens.get(name, ("", 0.0))
        if time.monotonic() < until:
            return kept
        async with access.session() as http:
            granted = await access.by_key(
                http,
                told.issuer or self.url,
                client_id=told.client_id,
                keys=access.keys_in(told.client_key_file),
                now=time.time,
            )
        self._tokens[name] = granted.token, time.monotonic() + granted.seconds - _RENEW_BEFORE_SECONDS
        return granted.token
