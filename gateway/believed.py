# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The external issuers that are believed: what each publishes, read over HTTP and kept.

An issuer is found by its own document (OpenID Connect Discovery). Only the address of the issuer
comes from us; that its document names that same issuer is checked, and nothing in a token decides
what is fetched.
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from chassis.logs import log
from gateway.keys import RemoteKeys
from gateway.settings import ExternalIssuer
from gateway.tokens import Issuer

__all__ = ["Believed", "Published", "believed"]

DISCOVERY = "/.well-known/openid-configuration"
_DOCUMENT_BYTES = 262_144
_DOCUMENT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Believed:
    """One external issuer: how its tokens are checked, and what keeps its keys fresh."""

    settings: ExternalIssuer
    issuer: Issuer
    keys: RemoteKeys


@asynccontextmanager
async def believed(issuers: Sequence[ExternalIssuer]) -> AsyncIterator[list[Believed]]:
    """The issuers of the settings. Nothing is fetched yet: whoever is away does not stop the start."""
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
        found = []
        for one in issuers:
            keys = RemoteKeys(one.algorithm, Published(one, session).key_set, issuer=one.issuer)
            issuer = Issuer(
                issuer=one.issuer,
                audience=one.audience,
                algorithm=one.algorithm,
                keys=keys,
                token_type=one.token_type,
                subject_claim=one.subject_claim,
                client_claim=one.client_claim,
            )
            found.append(Believed(one, issuer, keys))
        yield found


class Published:
    """What one issuer publishes."""

    def __init__(
        self,
        settings: ExternalIssuer,
        session: aiohttp.ClientSession,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask with this session; nothing is asked yet."""
        self._settings = settings
        self._session = session
        self._monotonic = monotonic
        self._jwks_uri = settings.jwks_uri
        self._read_at: float | None = None

    async def key_set(self) -> Mapping[str, Any]:
        """The public keys.

        Raises:
            OSError, ValueError, TimeoutError: the issuer is away, or answers something else.
        """
        if not self._settings.jwks_uri and self._document_is_old():
            await self._read_document()
        return await self._get(self._jwks_uri)

    def _document_is_old(self) -> bool:
        return self._read_at is None or self._monotonic() - self._read_at >= _DOCUMENT_SECONDS

    async def _read_document(self) -> None:
        try:
            address = _found_in(
                await self._get(self._settings.issuer.rstrip("/") + DISCOVERY), self._settings.issuer
            )
        except (OSError, ValueError, TimeoutError) as fault:
            log().warning("issuer_document_not_read", issuer=self._settings.issuer, fault=str(fault)[:200])
            if not self._jwks_uri:
                raise
            return  # what it said before still counts
        self._jwks_uri, self._read_at = address, self._monotonic()

    async def _get(self, address: str) -> Mapping[str, Any]:
        try:
            async with self._session.get(address, allow_redirects=False) as answer:
                raw = b""
                async for piece in answer.content.iter_chunked(4096):
                    raw += piece
                    if len(raw) > _DOCUMENT_BYTES:
                        raise ValueError("the answer is too long")
                if not answer.ok or answer.status >= 300:  # noqa: PLR2004
                    raise ValueError(f"the answer is {answer.status}")
        except aiohttp.ClientError as fault:
            raise OSError("the issuer is away") from fault
        found = orjson.loads(raw)
        if not isinstance(found, dict):
            raise ValueError("the answer is no object")
        return found


def _found_in(document: Mapping[str, Any], issuer: str) -> str:
    """Where the keys are, by the document of an issuer.

    Raises:
        ValueError: the document is of another issuer, or leads from https to something weaker.
    """
    if document.get("issuer") != issuer:
        raise ValueError("the document names another issuer")
    address = document.get("jwks_uri")
    if not isinstance(address, str) or not address.startswith(("https://", "http://")):
        raise ValueError("the document names no jwks_uri")
    if issuer.startswith("https://") and not address.startswith("https://"):
        raise ValueError("the document of an https issuer names keys without https")
    return address
