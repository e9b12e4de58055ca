# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The words of OAuth that the built-in issuer speaks, and what it keeps for a while."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar
from urllib.parse import urlencode

__all__ = ["Brief", "OAuthFault", "PageFault", "answer_address", "invalid_client"]

Value = TypeVar("Value")


class OAuthFault(Exception):
    """A refusal in the words of RFC 6749."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        """`description` is for developers: English ASCII, as the RFC demands."""
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


class PageFault(Exception):
    """A sign-in that cannot even be answered to who asked for it; told to the person, in Dutch."""


class Brief(Generic[Value]):
    """Values that are kept for a while and taken out once."""

    def __init__(self, seconds: float, now: Callable[[], float], *, size: int = 10_000) -> None:
        self._seconds = seconds
        self._now = now
        self._size = size
        self._kept: OrderedDict[str, tuple[float, Value]] = OrderedDict()

    def put(self, key: str, value: Value) -> None:
        """Keep a value; the oldest goes when there are too many."""
        self._kept[key] = (self._now() + self._seconds, value)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def look(self, key: str) -> Value | None:
        """The value, if it is not too old."""
        until, value = self._kept.get(key, (0.0, None))
        return value if self._now() < until else None

    def take(self, key: str) -> Value | None:
        """The value, if it is not too old; it is gone afterwards."""
        value = self.look(key)
        self._kept.pop(key, None)
        return value


def answer_address(address: str, **parameters: str | None) -> str:
    """An address with parameters added; those that are None are left out."""
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    return f"{address}{'&' if '?' in address else '?'}{query}" if query else address


def invalid_client(description: str) -> OAuthFault:
    """The refusal of a client that did not prove itself."""
    return OAuthFault("invalid_client", description, status=401)
