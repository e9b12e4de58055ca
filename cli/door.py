# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The gateway as an operator reaches it: with a token of their own, or as an identity of the demo."""

import os

from demo.client import Gateway

__all__ = ["Door"]

_TOKEN = "OPEN_INBURGERING_TOKEN"  # noqa: S105 - the name of the variable that holds it


class Door(Gateway):
    """An ordinary client of the gateway.

    Where the environment holds an access token, every call is made with it; outside production an
    identity of the demo will do.
    """

    async def token(self, name: str) -> str:
        """The token of the environment, else one of this identity of the demo."""
        return os.environ.get(_TOKEN) or await super().token(name)
