# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How an operator gets an access token where there is no demo: a system signs with its key, a person by a browser.

The issuer is the one that the gateway leads to, or the one that is named. No secret is shared: a system proves itself
by `private_key_jwt` (RFC 7523), a person signs in at the issuer's own page, on any machine, with all that it asks there
(device authorization, RFC 8628, with PKCE).
"""

import asyncio
import base64
import hashlib
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from portal.proof import ClientKeys

__all__ = ["COMMAND", "Granted", "NoToken", "by_browser", "by_key", "keys_in", "session"]

COMMAND = "command"
"""The client at the issuer through which people sign in by a browser: the realm of deploy/keycloak has it."""

_DISCOVERY = "/.well-known/openid-configuration"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_SECONDS = 20.0
_USUAL_PAUSE, _SLOWER = 5.0, 5.0
_OK = 200


class NoToken(Exception):
    """The issuer gave none; the text says why."""


class _NotYet(Exception):
    """Nobody signed in so far. The text is the code of RFC 8628."""


@dataclass(frozen=True, slots=True)
class Granted:
    """A token, and for how many seconds it is good."""

    token: str
    seconds: int


def session() -> aiohttp.ClientSession:
    """What the issuer is asked with: the authorities of SSL_CERT_FILE or of the machine, nothing remembered."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=_SECONDS), cookie_jar=aiohttp.DummyCookieJar()
    )


def keys_in(path: Path) -> "ClientKeys":
    """The private key in a file, or on standard input where the path is `-`.

    Raises:
        NoToken: there is none, or it is of a kind that does not sign.
    """
    from portal.proof import ClientKeys  # noqa: PLC0415 - other subcommands do without, in the container of a process

    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
        return ClientKeys(text, thumbprints=True)
    except OSError as fault:
        raise NoToken(f"{path} cannot be read: {fault.strerror}.") from fault
    except (ValueError, TypeError) as fault:
        raise NoToken(f"{path} holds no private key: {fault}.") from fault


async def by_key(
    http: aiohttp.ClientSession, place: str, *, client_id: str, keys: "ClientKeys", now: Callable[[], float]
) -> Granted:
    """The token of a system.

    Args:
        http: with which is asked.
        place: address of the gateway, or of the issuer itself.
        client_id: what the issuer calls the system.
        keys: the first of them signs.
        now: real time.

    Raises:
        NoToken: the issuer is away or refuses.
    """
    document = await _document(http, place)
    assertion = keys.assertion(client_id=client_id, audience=document["issuer"], now=now)
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_assertion_type": _ASSERTION,
        "client_assertion": assertion,
    }
    return _granted(await _post(http, document["token_endpoint"], form))


async def by_browser(
    http: aiohttp.ClientSession,
    place: str,
    *,
    client_id: str,
    say: Callable[[str], Any],
    pause: Callable[[float], Any] = asyncio.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Granted:
    """The token of a person, who signs in at the issuer's page in a browser of their own.

    Args:
        http: with which is asked.
        place: address of the gateway, or of the issuer itself.
        client_id: of this command at the issuer.
        say: tells the person where to go.
        pause: waits until the next look.
        monotonic: seconds that only rise.

    Raises:
        NoToken: the issuer is away or refuses, has no such way in, or nobody signed in in time.
    """
    document = await _document(http, place)
    endpoint = document.get("device_authorization_endpoint")
    if not isinstance(endpoint, str):
        raise NoToken(
            f"{document['issuer']} has no sign-in for a command (device authorization, RFC 8628): docs/identity.md."
        )
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    begun = await _post(
        http,
        endpoint,
        {
            "client_id": client_id,
            "scope": "openid",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        },
    )
    device, code, page = (begun.get(name) for name in ("device_code", "user_code", "verification_uri"))
    if not (isinstance(device, str) and isinstance(code, str) and isinstance(page, str)):
        raise NoToken("The issuer answered something else than a code to sign in with.")
    say(f"Open {page} in a browser, type the code {code} there, and sign in.")
    form = {"grant_type": _DEVICE, "client_id": client_id, "device_code": device, "code_verifier": verifier}
    wait = float(begun.get("interval", _USUAL_PAUSE))
    until = monotonic() + float(begun.get("expires_in", 600))
    while monotonic() < until:
        await pause(wait)
        try:
            return _granted(await _post(http, document["token_endpoint"], form))
        except _NotYet as told:
            wait += _SLOWER if str(told) == "slow_down" else 0.0
    raise NoToken("Nobody signed in in time. Ask again.")


async def _document(http: aiohttp.ClientSession, place: str) -> Mapping[str, Any]:
    """What the issuer says of itself.

    Raises:
        NoToken: it is away, answers something else, or leads from https to something weaker.
    """
    address = place.rstrip("/") + _DISCOVERY
    status, found = await _answer(http, "GET", address)
    names = ("issuer", "token_endpoint")
    if status != _OK or not all(isinstance(found.get(name), str) for name in names):
        raise NoToken(f"{address} names no issuer ({status}).")
    called = (*names, "device_authorization_endpoint")
    weak = [name for name in called if not str(found.get(name, "https://")).startswith("https://")]
    if weak and place.startswith("https://"):
        raise NoToken(f"{address} names a {weak[0]} without https: nothing is sent there.")
    return found


async def _post(http: aiohttp.ClientSession, address: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    status, found = await _answer(http, "POST", address, data=form)
    if status == _OK:
        return found
    error = str(found.get("error", status))
    if error in {"authorization_pending", "slow_down"}:
        raise _NotYet(error)
    said = found.get("error_description")
    raise NoToken(f"The issuer refuses: {error}{f' ({said})' if said else ''}.")


async def _answer(
    http: aiohttp.ClientSession, method: str, address: str, **more: Any
) -> tuple[int, Mapping[str, Any]]:
    try:
        async with http.request(method, address, max_redirects=2, **more) as answer:
            found = await answer.json(content_type=None)
            return answer.status, found if isinstance(found, dict) else {}
    except ValueError:
        return 0, {}
    except (aiohttp.ClientError, TimeoutError) as fault:
        raise NoToken(f"{address} does not answer ({type(fault).__name__}).") from fault


def _granted(answer: Mapping[str, Any]) -> Granted:
    token = answer.get("access_token")
    if not isinstance(token, str):
        raise NoToken("The issuer answered without a token.")
    return Granted(token, int(answer.get("expires_in", 300)))
