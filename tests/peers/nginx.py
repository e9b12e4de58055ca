# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Debian's nginx with the configuration of `deploy/nginx`, in front of whatever a test serves.

with nginx_in_front("http://127.0.0.1:8000") as url:
    httpx.get(f"{url}/portal/")
"""

import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.peers.certificates import self_signed
from tests.peers.run import REPOSITORY, Peer, PeerMissingError, free_port, launch, stop

CONFIGURATION = REPOSITORY / "deploy" / "nginx"
HOST = "127.0.0.1"
SIGN_IN_HOST = "inloggen.example"

# What `docker-compose.yml` fills in, with a pace that tests never meet unless they ask for it.
PRODUCTION = {
    "FRONT_HEADER_SECONDS": "10",
    "FRONT_BODY_SECONDS": "15",
    "FRONT_REQUESTS_PER_SECOND": "10000",
    "FRONT_REQUESTS_AT_ONCE": "10000",
    "FRONT_CONNECTIONS": "1000",
}


@contextmanager
def nginx_in_front(
    upstream_url: str,
    *,
    tls: bool = False,
    settings: Mapping[str, str] | None = None,
    beside: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """The address of an nginx that passes on to `upstream_url`; it is gone afterwards.

    Args:
        upstream_url: what stands behind, as http://host:port, or https, then for the name `gateway`.
        tls: whether callers speak TLS, with a certificate of its own that nobody signed. Without it
            all else of the configuration is the same, so that a test can write bytes to a socket.
        settings: values of `FRONT_…`, over those of production.
        beside: what lies in the folder `front.d`, by the name of the file.

    Raises:
        PeerMissingError: there is no nginx.
    """
    with installed(upstream_url, tls=tls, settings=settings) as (home, port):
        (home / "front.d").mkdir()
        for name, text in (beside or {}).items():
            (home / "front.d" / name).write_text(text)
        log = home / "log"
        process = launch(["nginx", "-e", "stderr", "-c", home / "nginx.conf", "-g", "daemon off;"], log)
        try:
            give_up = time.monotonic() + 20
            while not _listens(port):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < give_up, log.read_text()
                time.sleep(0.02)
            yield f"{'https' if tls else 'http'}://{HOST}:{port}"
        finally:
            stop(Peer("", pid=process.pid))


@contextmanager
def installed(
    upstream_url: str, *, tls: bool, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[Path, int]]:
    """A folder with the configuration filled in as the image does it, and the port it will listen on.

    Raises:
        PeerMissingError: there is no nginx.
    """
    if shutil.which("nginx") is None:
        raise PeerMissingError("There is no nginx (Debian: apt-get install nginx).")
    home = Path(tempfile.mkdtemp(prefix="inburgering-nginx-"))
    try:
        home.chmod(0o755)  # the workers of an nginx that root starts have another account
        certificate, key = self_signed(home, HOST)
        port, redirect = free_port(), free_port()
        filled_in = {
            **PRODUCTION,
            "FRONT_GATEWAY": urlsplit(upstream_url).netloc,
            "FRONT_INSIDE": urlsplit(upstream_url).scheme,
            "FRONT_INSIDE_AUTHORITY": str(certificate),
            "FRONT_HOST": HOST,
            "FRONT_SIGN_IN_HOST": SIGN_IN_HOST,
            "FRONT_PUBLIC_URL": f"https://{HOST}:{port}",
            "FRONT_LISTEN": f"{HOST}:{port} ssl http2" if tls else f"{HOST}:{port}",
            "FRONT_REDIRECT_LISTEN": f"{HOST}:{redirect}",
            "FRONT_CERTIFICATE": str(certificate),
            "FRONT_CERTIFICATE_KEY": str(key),
            **(settings or {}),
        }
        write_configuration(home, filled_in)
        yield home, port
    finally:
        shutil.rmtree(home, ignore_errors=True)


def write_configuration(home: Path, filled_in: Mapping[str, str]) -> None:
    """Write both files below `home`, with the folders of a container moved there too."""
    template = (CONFIGURATION / "front.conf.template").read_text()
    front = re.sub(r"\$\{([A-Z_]+)\}", lambda found: filled_in[found[1]], template)
    (home / "conf.d").mkdir()
    (home / "conf.d" / "front.conf").write_text(front.replace("/etc/nginx/front.d", f"{home}/front.d"))
    whole = (CONFIGURATION / "nginx.conf").read_text()
    whole = whole.replace("/tmp/", f"{home}/").replace("/etc/nginx/conf.d", f"{home}/conf.d")  # noqa: S108
    (home / "nginx.conf").write_text(whole)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
