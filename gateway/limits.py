# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a request may be before anything is done with it: its address, its size, its pace."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from starlette.types import Message, Receive

from chassis.errors import FieldError
from gateway.errors import BodyTooLarge, HeadersTooLarge, SensitiveAddress, UnsafeAddress

__all__ = [
    "BodyGuard",
    "Pace",
    "check_address",
    "check_headers",
    "holds_person_number",
    "passes_elfproef",
    "strip",
]

MAX_ADDRESS_BYTES = 8_192
MAX_HEADER_BYTES = 32_768
MAX_HEADERS = 100
JSON_BYTES = 5 * 1024 * 1024 + 65_536  # 5 MB of rows, and a margin for the envelope
FILE_BYTES = 20 * 1024 * 1024 + 65_536  # 20 MB of file, and a margin for the form around it

_BSN_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_BSN_DIGITS = 9
# Digits, with the separators that people write between them, and no letter or digit around them.
_DIGIT_RUN = re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ .+]?[0-9]){7,9}(?![0-9A-Za-z])")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_SENSITIVE_NAME = re.compile(
    r"(?:^|[?&;])(?:bsn|burgerservicenummer|v-?(?:number|nummer)|access_token)=", re.IGNORECASE
)

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_INTERNAL_PREFIXES = (
    b"x-internal-",
    b"x-forwarded-",
    b"x-user",
    b"x-tenant",
    b"x-org",
    b"x-role",
    b"x-scope",
    b"x-gemeente",
    b"x-grant",
    b"x-auth",
    b"x-client-",
    b"x-ssl-",
    b"x-remote-",
    b"x-original-",
    b"x-rewrite-",
    b"x-http-method",
    b"x-method-override",
)
_INTERNAL = frozenset({b"forwarded", b"x-real-ip", b"remote-user", b"x-subject", b"x-actor"})


def passes_elfproef(digits: str) -> bool:
    """Whether nine digits could be a BSN (or eight, with its leading zero left out)."""
    padded = digits.rjust(_BSN_DIGITS, "0")
    if len(padded) != _BSN_DIGITS or set(padded) == {"0"}:
        return False
    return sum(w * int(d) for w, d in zip(_BSN_WEIGHTS, padded, strict=True)) % 11 == 0


def holds_person_number(address: str) -> bool:
    """Whether a decoded path or query could hold a BSN or a V-number (ten digits).

    Eight digits are a day without hyphens more often than a BSN without its zero, so only nine
    digits that pass the test count, and any ten.
    """
    if "=" in address and _SENSITIVE_NAME.search(address):
        return True
    for run in _DIGIT_RUN.findall(address):
        digits = re.sub(r"[ .+]", "", run)
        if len(digits) == _BSN_DIGITS + 1 or (len(digits) == _BSN_DIGITS and passes_elfproef(digits)):
            return True
    return False


def check_address(raw_path: bytes, query: bytes, *, numbers: bool = True) -> None:
    """Refuse an address that is ambiguous or tells who somebody is.

    Args:
        raw_path: as it came in, still encoded.
        query: the same, without the question mark.
        numbers: whether to look for numbers of persons; random codes of a sign-in are none.

    Raises:
        UnsafeAddress: two parties could read it in two ways.
        SensitiveAddress: it holds a BSN or V-number.
    """
    if len(raw_path) + len(query) > MAX_ADDRESS_BYTES:
        raise UnsafeAddress("Het adres is langer dan 8 kB.")
    path = _plain_path(raw_path)
    try:
        path_text, query_text = path.decode(), unquote_to_bytes(query).decode() if query else ""
    except UnicodeDecodeError as fault:
        raise UnsafeAddress("Het adres is geen UTF-8.") from fault
    if "\x00" in query_text:
        raise UnsafeAddress("Het adres bevat stuurtekens.")
    if numbers:
        _check_numbers(path_text, query_text)


def _plain_path(raw_path: bytes) -> bytes:
    """The decoded path, if it can be read in one way only."""
    if not raw_path.startswith(b"/") or raw_path.startswith(b"//"):
        raise UnsafeAddress("Het adres begint met één schuine streep, zonder servernaam ervoor.")
    lowered = raw_path.lower()
    if b"//" in lowered or b"\\" in lowered or b"%2f" in lowered or b"%5c" in lowered:
        raise UnsafeAddress("Het adres bevat een dubbele of gecodeerde schuine streep.")
    path = unquote_to_bytes(raw_path) if b"%" in lowered else raw_path
    if b"/." in path and not {b".", b".."}.isdisjoint(path.split(b"/")):
        raise UnsafeAddress("Het adres bevat een punt als padonderdeel.")
    if _CONTROL.search(path) is not None or b"%25" in lowered:
        raise UnsafeAddress("Het adres bevat stuurtekens of een dubbel gecodeerd teken.")
    return path


def _check_numbers(path_text: str, query_text: str) -> None:
    for parameter, text in (("path", path_text), ("query", query_text)):
        if text and holds_person_number(text):
            raise SensitiveAddress(
                "Het adres bevat een getal dat een BSN of V-nummer kan zijn. Het is niet bewaard.",
                errors=[
                    FieldError(
                        code="person-number",
                        detail="Hier staat een getal dat een BSN of V-nummer kan zijn.",
                        parameter=parameter,
                    )
                ],
            )


def check_headers(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Refuse headers that are too many, too large or contradict each other.

    Raises:
        HeadersTooLarge: more than 32 kB or 100 of them.
        UnsafeAddress: two lengths, or a length and chunks: where the body ends is then a guess.
    """
    size = count = 0
    lengths: set[bytes] = set()
    chunked = False
    for name, value in headers:
        count += 1
        size += len(name) + len(value) + 4
        if name == b"content-length":
            lengths.add(value)
        elif name == b"transfer-encoding":
            chunked = True
    if size > MAX_HEADER_BYTES or count > MAX_HEADERS:
        raise HeadersTooLarge("De headers van dit verzoek zijn samen groter dan 32 kB.")
    if len(lengths) > 1 or (chunked and lengths):
        raise UnsafeAddress("De lengte van de inhoud is op twee manieren opgegeven.")
    for value in lengths:
        if not value.isdigit():
            raise UnsafeAddress("De lengte van de inhoud is geen getal.")


def strip(headers: Iterable[tuple[bytes, bytes]], *, cookies: bool = False) -> list[tuple[bytes, bytes]]:
    """Return the headers that may go on: the access token to nobody.

    Args:
        headers: as they came in, names in lower case.
        cookies: whether these go on: to nobody but the portal, whose they are.
    """
    return [
        (name, value)
        for name, value in headers
        if (_goes_on(name) if len(name) <= _USUAL_NAME else _may_go_on(name))
        and (cookies or name != b"cookie")
    ]


def _may_go_on(name: bytes) -> bool:
    """Whether a header of this name may go on, cookies apart."""
    return (
        name not in _HOP_BY_HOP
        and name not in _INTERNAL
        and not name.replace(b"_", b"-").startswith(_INTERNAL_PREFIXES)
        and name != b"authorization"
    )


_goes_on = lru_cache(maxsize=1000)(_may_go_on)
_USUAL_NAME = 64
"""Longer names are not remembered: strangers choose them."""


class BodyGuard:
    """Counts a body while it comes in, and stops reading when it is too large.

    The application behind it meets a disconnect, so nothing of the request is kept; `exceeded`
    tells the gateway to answer with `fault` whatever the application made of that. A body that is
    too slow ends on the wire (`chassis.wire`), and its sender is then gone.
    """

    def __init__(self, receive: Receive, limit: int) -> None:
        """Read from `receive`, at most `limit` bytes of body."""
        self._receive = receive
        self._limit = limit
        self._size = 0
        self.done = False  # the whole body came in
        self.gone = False  # its sender went away before
        self.waiting = False  # for its sender, at this moment or when it was given up
        self.exceeded = False

    @property
    def fault(self) -> BodyTooLarge:
        """Why it stopped reading."""
        return too_large(self._limit)

    @property
    def at_fault(self) -> bool:
        """Whether the sender of the request, and not the service, is why it did not go on."""
        return self.exceeded or self.gone or (self.waiting and not self.done)

    async def __call__(self) -> Message:
        """The next message."""
        if self.exceeded:
            return {"type": "http.disconnect"}
        if self.done:
            return await self._receive()  # only the end of the connection can still come
        self.waiting = True
        message = await self._receive()
        self.waiting = False
        self.gone = message["type"] != "http.request"
        self._size += len(message.get("body", b""))
        self.done = not self.gone and not message.get("more_body", False)
        self.exceeded = self._size > self._limit
        return {"type": "http.disconnect"} if self.exceeded else message


def check_length(headers: Iterable[tuple[bytes, bytes]], limit: int) -> None:
    """Refuse a body whose declared length is already too large.

    Raises:
        BodyTooLarge: more than `limit` bytes.
    """
    for name, value in headers:
        if name == b"content-length" and int(value) > limit:
            raise too_large(limit)


def too_large(limit: int) -> BodyTooLarge:
    """The fault of a body above the limit."""
    return BodyTooLarge(f"Dit verzoek mag ten hoogste {limit // (1024 * 1024)} MB aan inhoud hebben.")


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Pace:
    """A token bucket per key: so many requests a second, and so many at once.

    Only the most recently seen keys are remembered, so that a flood of keys costs no memory; a
    key that was forgotten begins with a full bucket.
    """

    def __init__(
        self,
        *,
        per_second: float,
        burst: int,
        size: int = 10_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Allow `burst` at once and `per_second` in the long run."""
        self._rate = per_second
        self._burst = float(burst)
        self._size = size
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, key: str) -> float:
        """Take one, and return 0; or return the seconds until there is one, and take nothing."""
        now = self._monotonic()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._burst, now)
            if len(self._buckets) > self._size:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
            bucket.at = now
        if bucket.tokens >= 1.0:
            bucket.tokens -= 1.0
            return 0.0
        return (1.0 - bucket.tokens) / self._rate
