# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""An external issuer, as far as the gateway can see one."""

import json
import time
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.keys import SigningKey

ISSUER = "https://login.example/realms/chain"


class Realm:
    """Shows its keys over HTTP, and signs whatever a test wants."""

    def __init__(self) -> None:
        self.key = SigningKey(rsa.generate_private_key(public_exponent=65537, key_size=2048))
        self.fetched = 0

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        self.fetched += 1
        raw = json.dumps({"keys": [self.key.jwk]}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": raw})

    def token(self, subject: str, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": ["open-inburgering", "account"],
            "sub": subject,
            "azp": "portal",
            "typ": "Bearer",
            "iat": now,
            "exp": now + 300,
            "jti": str(uuid4()),
            **changes,
        }
        return jwt.encode(claims, self.key.private, "RS256", headers={"kid": self.key.kid, "typ": "JWT"})
