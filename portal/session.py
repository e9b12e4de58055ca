# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who is signed in, kept in an encrypted cookie: the portal itself stores nothing.

The cookie holds the tokens, so it is encrypted (Fernet), HttpOnly and SameSite=Lax. Tokens with many
roles outgrow the 4 KB that a browser allows one cookie, so the value is cut over several.
"""

import json
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from starlette.responses import Response

__all__ = ["Flow", "Session", "SessionCookie"]

PATH = "/portal"
CHUNK = 3_600
_HOST = "__Host-"  # a browser takes a cookie of this name over TLS only, from this very host, for all of its paths
MOST_CHUNKS = 6


@dataclass(frozen=True, slots=True)
class Session:
    """One person, signed in."""

    access_token: str
    refresh_token: str | None
    id_token: str | None
    expires_at: int  # of the access token; seconds since 1970, real time
    ends_at: int  # of the session; seconds since 1970, real time
    name: str
    organisation: str
    organisation_kind: str
    gemeentecode: str | None
    subject: str
    roles: tuple[str, ...]
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def has_role(self, *roles: str) -> bool:
        """Whether the person has at least one of these roles."""
        return not set(roles).isdisjoint(self.roles)

    def with_tokens(
        self, *, access: str, refresh: str | None, id_token: str | None, expires_at: int
    ) -> "Session":
        """The same person with fresh tokens."""
        return replace(
            self,
            access_token=access,
            refresh_token=refresh or self.refresh_token,
            id_token=id_token or self.id_token,
            expires_at=expires_at,
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in that is under way: what must come back unchanged, and where to go afterwards."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    back_to: str


class SessionCookie:
    """Reads and writes one encrypted value as a cookie, or as several when it is long."""

    def __init__(self, keys: str, *, name: str, purpose: str) -> None:
        """`purpose` goes into the ciphertext, so that one cookie never passes for another."""
        self._fernet = MultiFernet([Fernet(key.strip().encode()) for key in keys.split(",") if key.strip()])
        self._name = name
        self._purpose = purpose

    def read_session(self, cookies: Mapping[str, str], *, now: int, secure: bool) -> Session | None:
        """The session, unless there is none, it was tampered with, or it has ended."""
        values = self._read(cookies, secure=secure)
        if values is None or values["ends_at"] <= now:
            return None
        return Session(**{**values, "roles": tuple(values["roles"])})

    def read_flow(self, cookies: Mapping[str, str], *, secure: bool) -> Flow | None:
        """The sign-in under way, if any."""
        values = self._read(cookies, secure=secure)
        return None if values is None else Flow(**values)

    def write(self, response: Response, value: Session | Flow, *, max_age: int, secure: bool) -> None:
        """Set the cookie, and remove what an earlier, longer value left."""
        body = json.dumps({"for": self._purpose, **asdict(value)}, separators=(",", ":")).encode()
        text = self._fernet.encrypt(zlib.compress(body, 9)).decode()
        parts = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
        if len(parts) > MOST_CHUNKS:
            raise ValueError("the tokens of the issuer are too long for a cookie session")
        for number in range(MOST_CHUNKS):
            name = self._part(number, secure=secure)
            if number < len(parts):
                response.set_cookie(
                    name,
                    parts[number],
                    max_age=max_age,
                    path=_path(secure=secure),
                    secure=secure,
                    httponly=True,
                    samesite="lax",
                )
            elif number == len(parts):
                self._delete(response, name, secure=secure)

    def clear(self, response: Response, cookies: Mapping[str, str]) -> None:
        """Remove every part that the browser holds."""
        for name in cookies:
            if name.removeprefix(_HOST).startswith(f"{self._name}-"):
                self._delete(response, name, secure=name.startswith(_HOST))

    def _part(self, number: int, *, secure: bool) -> str:
        return f"{_HOST if secure else ''}{self._name}-{number}"

    def _delete(self, response: Response, name: str, *, secure: bool) -> None:
        response.delete_cookie(name, path=_path(secure=secure), secure=secure, httponly=True, samesite="lax")

    def _read(self, cookies: Mapping[str, str], *, secure: bool) -> dict[str, Any] | None:
        # Over TLS only what has the prefix counts: this host set it. Another of the same domain could set the rest,
        # and so sign somebody in as another.
        parts: list[str] = []
        while len(parts) < MOST_CHUNKS and (part := cookies.get(self._part(len(parts), secure=secure))):
            parts.append(part)
        if not parts:
            return None
        try:
            body = zlib.decompress(self._fernet.decrypt("".join(parts).encode()))
        except (InvalidToken, zlib.error):
            return None
        values: dict[str, Any] = json.loads(body)
        return values if values.pop("for", None) == self._purpose else None


def _path(*, secure: bool) -> str:
    """What the prefix asks for; the gateway passes cookies on to the portal alone."""
    return "/" if secure else PATH
