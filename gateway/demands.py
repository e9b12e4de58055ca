# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How people must have signed in for some work, beyond having a token (RFC 9470; ASVS V6.8.4, V10.3.4).

What a token tells of the sign-in (`acr`, `amr`, `auth_time`) is its issuer's word, so what is asked is a setting of
that issuer. Of a system nothing is asked: it proves itself with its key each time.
"""

import time
from collections.abc import Callable, Mapping, Sequence

from chassis.access import Caller
from gateway.catalogue import Operation
from gateway.errors import SignInAgain
from gateway.settings import SignInDemand
from gateway.tokens import Claims

__all__ = ["Demands"]

_LEEWAY_SECONDS = 30  # between the clock of the issuer and ours


class Demands:
    """What each issuer's tokens of people must tell of the sign-in."""

    def __init__(
        self, by_issuer: Mapping[str, Sequence[SignInDemand]], *, now: Callable[[], float] = time.time
    ) -> None:
        """Ask this, by the `iss` of the token; of an issuer that is not named nothing is asked."""
        self._by_issuer = {issuer: tuple(demands) for issuer, demands in by_issuer.items() if demands}
        self._now = now

    @property
    def operations(self) -> frozenset[str]:
        """The operations that are named, as `<service>.<operationId>`."""
        return frozenset(
            name for demands in self._by_issuer.values() for one in demands for name in one.operations
        )

    def check(self, claims: Claims, caller: Caller, operation: Operation) -> None:
        """Refuse a person whose sign-in is too weak or too long ago for this operation.

        Raises:
            SignInAgain: with what a new sign-in must bring.
        """
        demands = self._by_issuer.get(claims.issuer)
        if not demands or caller.kind != "person":
            return
        name = f"{operation.service}.{operation.id}"
        asked = [
            one
            for one in demands
            if (not one.roles or not one.roles.isdisjoint(caller.roles))
            and (not one.operations or name in one.operations)
        ]
        if all(self._met(one, claims) for one in asked):
            return
        # A new sign-in that meets one and not another would be refused again: all are asked at once.
        levels = [one.acr for one in asked if one.acr]
        ages = [one.max_age_seconds for one in asked if one.max_age_seconds is not None]
        raise SignInAgain.asking(
            acr=[level for level in levels[0] if all(level in one for one in levels)] if levels else [],
            amr=sorted({method for one in asked for method in one.amr}),
            max_age=min(ages, default=None),
        )

    def _met(self, demand: SignInDemand, claims: Claims) -> bool:
        if demand.acr and claims.acr not in demand.acr:
            return False
        if not demand.amr <= claims.amr:
            return False
        if demand.max_age_seconds is None:
            return True
        if claims.auth_time is None:
            return False
        age = self._now() - claims.auth_time
        return -_LEEWAY_SECONDS <= age <= demand.max_age_seconds + _LEEWAY_SECONDS
