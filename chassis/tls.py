# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""TLS between the processes of the platform: with what each proves itself, and whom it believes."""

import asyncio
import ssl
from pathlib import Path
from typing import Protocol

from chassis.logs import log
from chassis.starting import BadSetting

__all__ = ["ServerTls", "believing", "check_addresses", "server_tls"]

_LOOK_SECONDS = 60.0

Stamp = tuple[tuple[int, int], ...]


class _Told(Protocol):
    """Settings of a process that listens."""

    @property
    def tls_certificate_file(self) -> Path | None: ...

    @property
    def tls_key_file(self) -> Path | None: ...


class ServerTls:
    """The certificate of a process, taken anew when its files change: who renews it need not restart us."""

    def __init__(self, certificate: Path, key: Path | None) -> None:
        """Read both; without `key` it lies in the same file.

        Raises:
            OSError, ssl.SSLError: they cannot be read, or do not belong together.
        """
        self._files = (certificate, key or certificate)
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._seen = self._load(self.context)

    def renew(self) -> None:
        """Take the files again if they changed; what cannot be used is told, and the old one goes on."""
        try:
            if self._stamp() == self._seen:
                return
            self._load(
                ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            )  # a pair that does not fit stops here
            self._seen = self._load(self.context)
        except OSError as fault:  # a fault of TLS is one too
            log().error("certificate_not_renewed", file=str(self._files[0]), fault=type(fault).__name__)
        else:
            log().info("certificate_renewed", file=str(self._files[0]))

    async def keep_fresh(self) -> None:
        """Look at the files now and then, for ever."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self.renew()

    def _load(self, context: ssl.SSLContext) -> Stamp:
        stamp = self._stamp()  # before it: what changes meanwhile is taken the next time
        context.load_cert_chain(*self._files)
        return stamp

    def _stamp(self) -> Stamp:
        found = (file.stat() for file in self._files)
        return tuple((one.st_mtime_ns, one.st_size) for one in found)


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
    except OSError as fault:
        raise BadSetting(
            f"{prefix}TLS_CERTIFICATE_FILE and {prefix}TLS_KEY_FILE must be a certificate in PEM form and its key "
            f"({type(fault).__name__}; docs/settings.md)"
        ) from fault


def believing(authority: Path, *, setting: str) -> ssl.SSLContext:
    """For calls to our own processes: this authority alone is believed, and only for the name that is called.

    Raises:
        BadSetting: the file holds no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=authority)
    except OSError as fault:
        raise BadSetting(
            f"{setting} must be a file with certificates in PEM form ({type(fault).__name__}; docs/settings.md)"
        ) from fault
    return context


def check_addresses(addresses: dict[str, str], *, setting: str) -> None:
    """Refuse plain addresses where TLS is meant: `addresses` by the setting that names each.

    Raises:
        BadSetting: one is plain.
    """
    for name, address in addresses.items():
        if not address.startswith("https://"):
            raise BadSetting(f"{name} must begin with https://, since {setting} is set (docs/settings.md)")
