# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a token to who acts, and to the grant that says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from starlette.types import Scope

from chassis.access import Caller
from chassis.errors import Unauthenticated
from gateway.directory import Directory
from gateway.grants import GrantMinter
from gateway.tokens import Claims, TokenVerifier

__all__ = ["Passed", "Passport"]


class Passed(NamedTuple):
    """Who sends a request."""

    caller: Caller
    grant: str  # signed
    claims: Claims  # of the token


@dataclass(slots=True)
class Passport:
    """Turns a token into who acts and the grant that says so."""

    verifier: TokenVerifier
    directory: Directory
    minter: GrantMinter
    names: Mapping[str, str]  # how the register names an issuer, by its `iss`

    async def check(self, scope: Scope) -> Passed:
        """Who sends this request, and the signed grant.

        Raises:
            Unauthenticated: there is no token that is believed.
            NotAMember: it is believed, but nobody here has this account.
            UpstreamBusy: the register was not read for half a minute.
        """
        claims = await self.verifier.verify(_bearer(scope["headers"]))
        facts = self.directory.facts
        # On facts that are too old no grant is given again either.
        held = self.minter.cached(claims.digest, facts) if self.directory.counts else None
        if held is not None:
            return Passed(*held, claims)
        issuer = self.names.get(claims.issuer, claims.issuer)
        caller = self.directory.caller(self.directory.account(issuer, claims.subject, claims.kind))
        grant = self.minter.mint(caller, token=claims.digest, facts=facts, expires_at=claims.expires_at)
        return Passed(caller, grant, claims)


def _bearer(headers: list[tuple[bytes, bytes]]) -> str:
    """The one token of a request."""
    given = [value for name, value in headers if name == b"authorization"]
    if not given:
        raise Unauthenticated("Stuur een toegangstoken mee in de header Authorization.")
    scheme, _, token = given[0].decode("latin-1").partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("De header Authorization heeft niet de vorm 'Bearer <token>'.")
    return token.strip()
