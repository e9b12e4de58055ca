# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""TLS between the processes of the platform: with what each proves itself, and whom it believes."""

import asyncio
import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Protocol

from cryptography import x509

from chassis.logs import log
from chassis.metrics import metrics
from chassis.starting import BadSetting

__all__ = ["Believed", "ServerTls", "believing", "check_addresses", "server_tls"]

_LOOK_SECONDS = 60.0

Stamp = tuple[tuple[int, int], ...]


class _Told(Protocol):
    """Settings of a process that listens."""

    @property
    def tls_certificate_file(self) -> Path | None: ...

    @property
    def tls_key_file(self) -> Path | None: ...


class _OfFiles(ABC):
    """A context of TLS that is made of files, and made anew when they change: who renews them need not restart us."""

    def __init__(self, use: Literal["own", "authority"], *files: Path) -> None:
        self._use = use
        self._files = files
        self.newest = self._take()

    @abstractmethod
    def _made(self) -> ssl.SSLContext:
        """A context of the files as they are."""

    @abstractmethod
    def _end(self, ends: Iterable[float]) -> float:
        """When what is in the first file is of no more use, from the ends of its certificates."""

    def renew(self) -> None:
        """Take the files again if they changed; what cannot be used is told, and the old goes on."""
        try:
            if self._stamp() == self._seen:
                return
            self.newest = self._take()
        except (OSError, ValueError) as fault:  # a fault of TLS is one of the first
            log().error("certificate_not_renewed", file=str(self._files[0]), fault=type(fault).__name__)
        else:
            log().info("certificate_renewed", file=str(self._files[0]))

    def _take(self) -> ssl.SSLContext:
        stamp = self._stamp()  # before it: what changes meanwhile is taken the next time
        made = self._made()  # a pair that does not fit stops here
        metrics().tls_end.labels(self._use).set(self._end(_ends(self._files[0])))
        self._seen = stamp
        return made

    def _stamp(self) -> Stamp:
        found = (file.stat() for file in self._files)
        return tuple((one.st_mtime_ns, one.st_size) for one in found)


class ServerTls(_OfFiles):
    """The certificate of a process. The server keeps the first context, which gives each handshake to the newest."""

    def __init__(self, certificate: Path, key: Path | None) -> None:
        """Read both; without `key` it lies in the same file.

        Raises:
            OSError, ssl.SSLError, ValueError: they cannot be read, or do not belong together.
        """
        super().__init__("own", certificate, key or certificate)
        self.context = self.newest
        self.context.sni_callback = self._hand_over

    async def keep_fresh(self) -> None:
        """Look at the files now and then, for ever."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self.renew()

    def _made(self) -> ssl.SSLContext:
        # Never into one that is in use: beside a certificate of another type of key the old one would stay.
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate, key = self._files
        context.load_cert_chain(certificate, key)
        return context

    def _end(self, ends: Iterable[float]) -> float:
        return min(ends)  # a chain holds as long as its weakest part

    def _hand_over(self, connection: ssl.SSLObject, _name: str | None, _first: ssl.SSLContext) -> None:
        """Called for every handshake, whether or not the client names whom it calls."""
        connection.context = self.newest


class Believed(_OfFiles):
    """Whom a process believes when it calls our own: this authority alone, and only for the name that is called."""

    def __init__(self, authority: Path) -> None:
        """Read it.

        Raises:
            OSError, ssl.SSLError, ValueError: there is no certificate in it.
        """
        super().__init__("authority", authority)
        self._looked = time.monotonic()

    @property
    def context(self) -> ssl.SSLContext:
        """For the next call: another one when the file changed, so that no connection of before is used for it."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            self.renew()
        return self.newest

    def _made(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(cafile=self._files[0])
        return context

    def _end(self, ends: Iterable[float]) -> float:
        return max(ends)  # old and new lie together while one follows the other


def _ends(file: Path) -> list[float]:
    """When each certificate in a file ends, in seconds since 1970.

    Raises:
        ValueError: there is none.
    """
    return [one.not_valid_after_utc.timestamp() for one in x509.load_pem_x509_certificates(file.read_bytes())]


def server_tls(settings: _Told, *, prefix: str) -> ServerTls | None:
    """With what a process proves itself to who calls it; None: it is told nothing, and speaks plain HTTP.

    Raises:
        BadSetting: the files cannot be used, or there is a key alone.
    """
    certificate, key = settings.tls_certificate_file, settings.tls_key_file
    if certificate is None:
        if key is not None:
            raise BadSetting(
                f"{prefix}TLS_KEY_FILE goes with {prefix}TLS_CERTIFICATE_FILE (docs/settings.md)"
            )
        return None
    try:
        return ServerTls(certificate, key)
    except (OSError, ValueError) as fault:
        raise BadSetting(
            f"{prefix}TLS_CERTIFICATE_FILE and {prefix}TLS_KEY_FILE must be a certificate in PEM form and its key "
            f"({type(fault).__name__}; docs/settings.md)"
        ) from fault


def believing(authority: Path, *, setting: str) -> Believed:
    """For calls to our own processes: this authority alone is believed, and only for the name that is called.

    Raises:
        BadSetting: the file holds no certificate.
    """
    try:
        return Believed(authority)
    except (OSError, ValueError) as fault:
        raise BadSetting(
            f"{setting} must be a file with certificates in PEM form ({type(fault).__name__}; docs/settings.md)"
        ) from fault


def check_addresses(addresses: dict[str, str], *, setting: str) -> None:
    """Refuse plain addresses where TLS is meant: `addresses` by the setting that names each.

    Raises:
        BadSetting: one is plain.
    """
    for name, address in addresses.items():
        if not address.startswith("https://"):
            raise BadSetting(f"{name} must begin with https://, since {setting} is set (docs/settings.md)")
