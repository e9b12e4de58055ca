# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A second OpenID Connect issuer, `oidc-provider` of npm, for what must not depend on one vendor.

The test tells it people and clients over `/test/…`, under a secret of this run in `secret`, beside its log.
"""

import secrets
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.peers.node import install_from
from tests.peers.run import REPOSITORY, Peer, free_port, launch, until

__all__ = ["start"]

HERE = Path(__file__).parent
INSTALLED = REPOSITORY / "build" / "test-issuer"


def start(home: Path) -> Peer:
    """Start it without anybody, and return when it answers.

    Raises:
        PeerMissingError: there is no Node.js with npm.
    """
    modules = install_from(HERE, INSTALLED)
    secret = home / "secret"
    secret.touch(mode=0o600)
    secret.write_text(secrets.token_urlsafe(24))
    port = free_port()
    log = home / "server.log"
    process = launch(["node", HERE / "issuer.mjs", str(port), secret, modules], log)
    address = f"http://127.0.0.1:{port}"
    until(lambda: _answers(f"{address}/jwks"), process, log, "oidc-provider")
    return Peer(address, pid=process.pid)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5) as answer:  # noqa: S310 - the address is ours
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
