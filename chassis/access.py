# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who calls, and what was granted: the signed grant that the gateway passes on, and its check.

The gateway signs with its private key; services hold the public key only, so none of them can
make a grant. A grant lives 60 seconds.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chassis.errors import Unauthenticated

__all__ = [
    "GRANT_HEADER",
    "TIMEOUT_HEADER",
    "Access",
    "Caller",
    "GrantVerifier",
    "Scope",
    "access",
    "seconds_left",
]

GRANT_HEADER = "X-Internal-Grant"
TIMEOUT_HEADER = b"x-internal-timeout-ms"
_AUDIENCE = "services"
_CACHE_SIZE = 4096
_MAX_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Scope:
    """What is allowed for one gemeente."""

    level: Literal["person", "figures", "nothing"]
    purposes: frozenset[str] = frozenset()  # the purposes for which `level` holds
    basis: str = "own"  # own | mandate | agreement
    agreement: str | None = None  # the mandate or agreement that says so, for people
    missing: str | None = None  # what is not there, for people, where the level is less than person
    executing: str | None = None  # the gemeentecode that executes the work for this one


@dataclass(frozen=True, slots=True)
class Caller:
    """The one who acts: always the originating subject, never the gateway in between."""

    subject: UUID
    kind: Literal["person", "client"]
    organisation_id: UUID
    organisation_kind: str
    roles: frozenset[str]
    gemeentecode: str | None = None  # own gemeente, of a gemeente's people and systems
    scopes: Mapping[str, Scope] = field(default_factory=lambda: MappingProxyType({}))

    def has_role(self, *roles: str) -> bool:
        """Whether the caller has one of these roles."""
        return not self.roles.isdisjoint(roles)

    def person_codes(self, purpose: str) -> frozenset[str]:
        """The gemeenten whose people the caller may see for this purpose."""
        return frozenset(
            code
            for code, scope in self.scopes.items()
            if scope.level == "person" and purpose in scope.purposes
        )

    @property
    def known_codes(self) -> frozenset[str]:
        """Every gemeente that is the caller's in some way, also where only figures are allowed."""
        return frozenset(code for code, scope in self.scopes.items() if scope.level != "nothing")

    def acts_for(self, gemeentecode: str) -> bool:
        """Whether the caller executes the work of this gemeente: its own, or by mandate."""
        scope = self.scopes.get(gemeentecode)
        return scope is not None and scope.level == "person" and scope.basis in {"own", "mandate"}

    def missing_for(self, gemeentecode: str, purpose: str) -> str:
        """What is missing for a look at a person of this gemeente, in words for people."""
        scope = self.scopes.get(gemeentecode)
        if scope is None or scope.missing is None:
            return f"een grondslag voor het doel '{purpose}' in gemeente {gemeentecode}"
        return scope.missing

    def agreement_for(self, gemeentecode: str) -> str | None:
        """Under what the caller looks at people of this gemeente, for the access log."""
        scope = self.scopes.get(gemeentecode)
        return None if scope is None else (scope.agreement or scope.basis)

    def to_claims(self) -> dict[str, Any]:
        """The claims of the grant that carries this caller."""
        return {
            "sub": str(self.subject),
            "kind": self.kind,
            "org": str(self.organisation_id),
            "orgKind": self.organisation_kind,
            "gemeente": self.gemeentecode,
            "roles": sorted(self.roles),
            "scopes": {
                code: {
                    "level": scope.level,
                    "purposes": sorted(scope.purposes),
                    "basis": scope.basis,
                    "agreement": scope.agreement,
                    "missing": scope.missing,
                    "executing": scope.executing,
                }
                for code, scope in sorted(self.scopes.items())
            },
        }

    @classmethod
    def from_claims(cls, claims: Mapping[str, Any]) -> "Caller":
        """The caller in a verified grant.

        Raises:
            KeyError, ValueError, TypeError: the claims do not have the form of `to_claims`.
        """
        return cls(
            subject=UUID(claims["sub"]),
            kind=claims["kind"],
            organisation_id=UUID(claims["org"]),
            organisation_kind=claims["orgKind"],
            gemeentecode=claims.get("gemeente"),
            roles=frozenset(claims["roles"]),
            scopes=MappingProxyType(
                {
                    code: Scope(
                        level=raw["level"],
                        purposes=frozenset(raw["purposes"]),
                        basis=raw["basis"],
                        agreement=raw.get("agreement"),
                        missing=raw.get("missing"),
                        executing=raw.get("executing"),
                    )
                    for code, raw in claims["scopes"].items()
                }
            ),
        )


class GrantVerifier:
    """Checks grants with the gateway's public key. Verified ones are remembered until they expire."""

    def __init__(self, public_key: Ed25519PublicKey) -> None:
        self._key = public_key
        self._seen: dict[bytes, tuple[float, Caller]] = {}

    def verify(self, token: str | None) -> Caller:
        """The caller in the grant.

        Raises:
            Unauthenticated: there is no grant, or it is forged, expired or not meant for services.
        """
        if not token:
            raise Unauthenticated("Dit verzoek kwam niet via de gateway.")
        digest = hashlib.sha256(token.encode()).digest()
        now = time.time()  # tokens keep real time, whatever the legal clock says
        if (hit := self._seen.get(digest)) is not None and hit[0] > now:
            return hit[1]
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["EdDSA"],
                audience=_AUDIENCE,
                options={"require": ["exp", "iat", "sub", "aud", "jti"]},
            )
            caller = Caller.from_claims(claims)
        except (jwt.PyJWTError, KeyError, ValueError, TypeError) as fault:
            raise Unauthenticated("De interne verklaring van de gateway is niet geldig.") from fault
        if len(self._seen) >= _CACHE_SIZE:
            self._seen.clear()
        self._seen[digest] = (float(claims["exp"]), caller)
        return caller


def seconds_left(headers: Mapping[bytes, str]) -> float | None:
    """For how long the gateway still waits for the answer, as it says; None where it says nothing."""
    told = headers.get(TIMEOUT_HEADER, "")
    return int(told) / 1000 if told.isascii() and told.isdigit() and len(told) <= _MAX_DIGITS else None


@dataclass(frozen=True, slots=True)
class Access:
    """What an operation declares about itself: who may call it, why, and under which processing activity."""

    public: bool = False
    roles: frozenset[str] = frozenset()
    purpose: str = ""
    activity: str = ""
    idempotency: Literal["required", "accepted"] | None = "accepted"
    role_purposes: Mapping[str, str] = field(default_factory=dict, hash=False)  # where a role has its own

    def purpose_for(self, caller: Caller) -> str:
        """Why this caller looks: the purpose of the operation, or the one of the caller's role.

        The own purpose of a role counts only for who has no other role that may call.
        """
        held = caller.roles & self.roles
        own = sorted({self.role_purposes[role] for role in held if role in self.role_purposes})
        return own[0] if own and all(role in self.role_purposes for role in held) else self.purpose


def access(
    *,
    roles: frozenset[str] | set[str] = frozenset(),
    purpose: str = "",
    activity: str = "",
    public: bool = False,
    idempotency: Literal["required", "accepted"] | None = "accepted",
    role_purposes: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The `openapi_extra` of an operation: its declaration, enforced by the route and shown to readers.

    Args:
        roles: any one of these is enough.
        purpose: why personal data is looked at; agreements are checked against it.
        activity: code of the processing activity in the register (AVG art. 30).
        public: no login needed; then nothing else is declared.
        idempotency: of a POST, whether `Idempotency-Key` is required or accepted.
        role_purposes: roles that look for a purpose of their own, for example guidance.

    Raises:
        ValueError: neither public nor complete.
    """
    if public:
        return {"x-access": {"public": True}}
    if not roles or not purpose or not activity:
        raise ValueError("an operation declares its roles, purpose and processing activity")
    return {
        "x-access": {
            "public": False,
            "roles": sorted(roles),
            "purpose": str(purpose),
            "activity": activity,
            "idempotency": idempotency,
            "rolePurposes": {str(role): str(own) for role, own in sorted((role_purposes or {}).items())},
        }
    }


def declared(openapi_extra: Mapping[str, Any] | None) -> Access:
    """The declaration of an operation, read back from its `openapi_extra`.

    Raises:
        LookupError: the operation declares nothing; it may not be served.
    """
    raw = (openapi_extra or {}).get("x-access")
    if raw is None:
        raise LookupError("operation without access(...)")
    if raw.get("public"):
        return Access(public=True, idempotency=None)
    return Access(
        roles=frozenset(raw["roles"]),
        purpose=raw["purpose"],
        activity=raw["activity"],
        idempotency=raw.get("idempotency"),
        role_purposes=raw.get("rolePurposes", {}),
    )
