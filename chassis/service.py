# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A service as a value: what `chassis.run` needs to start it, readable as a table of contents."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter

from chassis.access import Access, Caller
from chassis.care.holdings import Care
from chassis.clock import Clock
from chassis.db import SYSTEM, Database, Operation, Tx
from chassis.settings import PlatformSettings, ServiceSettings
from contracts.event import Envelope, Event

__all__ = ["BackgroundJob", "Context", "Handler", "Job", "Service", "Work"]


@dataclass(frozen=True, slots=True)
class Handler:
    """What a service does with one kind of event, in one transaction with the inbox row.

    `versioned` names a family of events that carry whole states of one aggregate: a version that
    is not higher than the last applied one is counted and skipped. True takes the name from the
    base class that the family shares. `destroys` marks the handler that destroys what is held of a
    person: any other event about somebody destroyed is skipped.

    The effect is either `apply`, of one event, or `apply_many`, of one or several at once, no two of which
    have a key or a person in common: for effects that one statement over arrays can have. What that
    publishes belongs to the trace of the first of them.
    """

    event: type[Event]
    apply: Callable[[Tx, Any, Envelope], Awaitable[None]] | None = None
    versioned: str | bool = False
    destroys: bool = False
    apply_many: Callable[[Tx, Sequence[tuple[Any, Envelope]]], Awaitable[None]] | None = None

    def __post_init__(self) -> None:
        if (self.apply is None) == (self.apply_many is None):
            raise ValueError(f"the effect of {self.event.type} is either `apply` or `apply_many`")

    async def take(self, tx: Tx, told: Sequence[tuple[Any, Envelope]]) -> None:
        """Have the effect of these events."""
        if self.apply_many is not None:
            await self.apply_many(tx, told)
        elif self.apply is not None:
            for event, envelope in told:
                await self.apply(tx, event, envelope)

    @property
    def family(self) -> str | None:
        """The name under which versions are compared, None if they are not."""
        if isinstance(self.versioned, str):
            return self.versioned
        return self.event.__mro__[1].__name__ if self.versioned else None


@dataclass(frozen=True, slots=True)
class Context:
    """What a job works with."""

    database: Database
    clock: Clock
    settings: Any
    platform: PlatformSettings

    def begin(
        self, caller: Caller | None = None, *, operation: Operation = SYSTEM
    ) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction, as the platform itself unless a caller is given."""
        return self.database.begin(caller, operation)


@dataclass(frozen=True, slots=True)
class Job:
    """What the clock asks of a service. Runs on one process of the service at a time.

    `every` is real time between two looks; what is due is asked of the context's clock, so a
    moved clock finds all that it passed.
    """

    name: str
    every: timedelta
    run: Callable[[Context], Awaitable[None]]


@dataclass(slots=True)
class BackgroundJob:
    """Long work that a user asked for, claimed by this process.

    `report` saves the progress. `advance` does the same inside the transaction of a part of the
    work, as its last statement: the part and the progress are kept together or not at all, and
    not at all once another worker has taken the job over.
    """

    id: UUID
    kind: str
    payload: dict[str, Any]
    input: bytes | None
    caller: Caller | None
    attempts: int
    created_at: datetime
    started_at: datetime  # of the first attempt; real time, as is `created_at`
    progress: int  # percent, as earlier attempts left it
    result: dict[str, Any]
    report: Callable[[int, dict[str, Any]], Awaitable[None]]  # percent, result so far
    advance: Callable[[Tx, int, dict[str, Any]], Awaitable[None]]
    cancelled: Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of long work: `run` answers the result, and can be run again after a kill.

    It raises `chassis.background.Later` to go on after a while, and a `Problem` to end as failed
    with an explanation for the one who asked; any other fault is tried again a few times.
    """

    kind: str
    run: Callable[[Context, BackgroundJob], Coroutine[Any, Any, dict[str, Any]]]


@asynccontextmanager
async def _nothing(_: Context) -> AsyncIterator[None]:
    yield


@dataclass(frozen=True, slots=True)
class Service:
    """One service.

    Attributes:
        name: kebab case, the first segment of its paths and part of its topic.
        title: for people, Dutch.
        description: what it owns, Dutch.
        version: of its API, as MAJOR.MINOR.PATCH.
        router: door 1, HTTP.
        schema: its schema in the database, snake case.
        metadata: its own tables, chassis tables included.
        migrations: the folder with its revisions.
        settings: what it is told.
        handlers: door 2, events.
        jobs: door 3, the clock.
        work: long work that users ask for.
        care: what it holds of people; None for a service that holds nothing.
        lifespan: what lives as long as the process, for example a client of an outside party.
        document: its OpenAPI document, where another process makes it; None: this one does, when first asked for it.
    """

    name: str
    title: str
    description: str
    version: str
    router: APIRouter
    schema: str
    metadata: sa.MetaData
    migrations: Path
    settings: type[ServiceSettings]
    handlers: tuple[Handler, ...] = ()
    jobs: tuple[Job, ...] = ()
    work: tuple[Work, ...] = ()
    care: Care | None = None
    lifespan: Callable[[Context], AbstractAsyncContextManager[None]] = field(default=_nothing)
    document: Callable[[], Awaitable[bytes]] | None = None

    @property
    def topic(self) -> str:
        """Where this service publishes."""
        return f"inburgering.{self.name}.v1"

    @property
    def reads(self) -> tuple[str, ...]:
        """The topics that its handlers need."""
        return tuple(sorted({handler.event.topic() for handler in self.handlers}))

    @staticmethod
    def operation(id: str, name: str, activity: str, purpose: str = "operations") -> Operation:
        """An operation that is not of the API, for a job's transactions."""
        return Operation(id, name, Access(purpose=purpose, activity=activity))
