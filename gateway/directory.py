# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The register in memory: no request waits for the database to know who somebody is.

It is read again every few seconds beside the requests, and at once after a change that went
through this gateway. When the database is away, the last reading keeps counting for half a minute
and no longer: docs/decisions/0029-the-age-of-the-register.md.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from chassis.access import Caller
from chassis.clock import Clock
from chassis.db import Database
from chassis.logs import log
from gateway import rules, store
from gateway.errors import NotAMember, UpstreamBusy
from gateway.measures import measures
from gateway.pacing import Limit, LimitRow, Limits

__all__ = ["Directory", "Identity"]

_MAX_AGE_SECONDS = 30.0
_FREE = Limit(1_000_000.0, 1_000_000)


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who may act here: a member, or a system of an organisation."""

    id: UUID
    kind: Literal["person", "client"]
    name: str  # the login of a member, the client id of a system
    display_name: str
    organisation: rules.Party
    roles: frozenset[str]
    issuer: str | None
    subject: str | None
    secret_hash: str | None = field(default=None, repr=False)
    public_keys: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class _Reading:
    register: rules.Register
    by_account: Mapping[tuple[str, str, str], Identity]  # issuer, kind, subject
    by_name: Mapping[str, Identity]
    at: float
    limits: tuple[LimitRow, ...] = ()


_EMPTY = _Reading(
    rules.Register(MappingProxyType({}), (), ()), MappingProxyType({}), MappingProxyType({}), 0.0
)


class Directory:
    """Who there is and what they may see, from the last reading of the register."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        client_limit: Limit = _FREE,
        organisation_limit: Limit = _FREE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read from this database; nothing is read yet. The limits are those where none is recorded."""
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._reading = _EMPTY
        self._version = 0
        self._day: date | None = None
        self._usual = (client_limit, organisation_limit)
        self._limits: tuple[int, Limits] | None = None
        self.loaded = False

    async def refresh(self) -> None:
        """Read the register again.

        Raises:
            sqlalchemy.exc.SQLAlchemyError, OSError: the database did not answer.
        """
        async with self._database.begin() as tx:
            register, members, clients, limits = await store.everything(tx)
        identities = [
            *(
                Identity(
                    id=row.id,
                    kind="person",
                    name=row.name,
                    display_name=row.display_name,
                    organisation=register.parties[row.organisation_id],
                    roles=frozenset(row.roles),
                    issuer=row.issuer,
                    subject=row.subject,
                )
                for row in members
                if row.active
            ),
            *(
                Identity(
                    id=row.id,
                    kind="client",
                    name=row.client_id,
                    display_name=row.name,
                    organisation=register.parties[row.organisation_id],
                    roles=frozenset(row.roles),
                    issuer=row.issuer,
                    subject=row.subject,
                    secret_hash=row.secret_hash,
                    public_keys=tuple(row.public_keys),
                )
                for row in clients
                if row.active
            ),
        ]
        fresh = _Reading(
            register=register,
            by_account={
                (one.issuer, one.kind, one.subject): one
                for one in identities
                if one.issuer is not None and one.subject is not None
            },
            by_name={one.name: one for one in identities},
            at=self._monotonic(),
            limits=limits,
        )
        known = self._reading
        if (fresh.register, fresh.by_name, fresh.limits) != (known.register, known.by_name, known.limits):
            self._version += 1
        self._reading = fresh
        self.loaded = True
        measures().register_read.set_to_current_time()

    async def refresh_if_possible(self) -> None:
        """Read the register again, or keep the last reading and say so in the log."""
        try:
            await self.refresh()
        except (SQLAlchemyError, asyncpg.PostgresError, OSError) as fault:
            log().warning("register_not_read", fault=type(fault).__name__)

    @property
    def counts(self) -> bool:
        """Whether the last reading still counts; else nobody is let in."""
        return self.loaded and self._monotonic() - self._reading.at <= _MAX_AGE_SECONDS

    @property
    def says(self) -> str:
        """How old the last reading is, for operators."""
        if not self.loaded:
            return "not read yet"
        return f"read {self._monotonic() - self._reading.at:.0f} s ago{'' if self.counts else ': too long'}"

    @property
    def facts(self) -> int:
        """Rises whenever a scope could have changed: a new reading, or a new legal day."""
        today = self._clock.today()
        if today != self._day:
            self._day = today
            self._version += 1
        return self._version

    @property
    def register(self) -> rules.Register:
        """The facts of the last reading."""
        return self._reading.register

    def limits(self) -> Limits:
        """How fast who may go today."""
        facts = self.facts
        if self._limits is None or self._limits[0] != facts:
            client, organisation = self._usual
            rows, today = self._reading.limits, self._clock.today()
            self._limits = (facts, Limits.of(rows, today, client=client, organisation=organisation))
        return self._limits[1]

    def account(self, issuer: str, subject: str, kind: Literal["person", "client"] | None = None) -> Identity:
        """Who has this account.

        Args:
            issuer: who vouches for it, as the register names it.
            subject: how it is called there.
            kind: what its token says it is, where the issuer tells; a person is never taken for a system.

        Raises:
            NotAMember: nobody here.
            UpstreamBusy: the register was not read for half a minute; nobody is let in on old facts.
        """
        reading = self._reading
        if not self.counts:
            raise UpstreamBusy("Het register van organisaties is nu niet te lezen.")
        for one in (kind,) if kind is not None else ("person", "client"):
            found = reading.by_account.get((issuer, one, subject))
            if found is not None:
                return found
        # Whoever holds the token owns this account: what to tell the administrator is theirs to know.
        raise NotAMember(
            "Dit account is niet aan een organisatie verbonden. Geef uw beheerder de inlogdienst en het "
            "account door die onder 'account' staan.",
            extra={"account": {"issuer": issuer, "subject": subject, "kind": kind}},
        )

    def named(self, name: str) -> Identity | None:
        """Who has this login or client id."""
        return self._reading.by_name.get(name)

    def people(self) -> list[Identity]:
        """Every person, by organisation and name."""
        return sorted(
            (one for one in self._reading.by_name.values() if one.kind == "person"),
            key=lambda one: (one.organisation.name, one.display_name),
        )

    def caller(self, identity: Identity) -> Caller:
        """The identity with what it may see today."""
        organisation = identity.organisation
        return Caller(
            subject=identity.id,
            kind=identity.kind,
            organisation_id=organisation.id,
            organisation_kind=organisation.kind,
            roles=identity.roles,
            gemeentecode=organisation.gemeentecode,
            scopes=rules.scopes(self._reading.register, organisation, identity.roles, self._clock.today()),
        )
