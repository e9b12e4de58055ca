# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The database of one service, and the one way to open a transaction.

A transaction carries who calls, so that row-level security can see it; it collects the events to
publish and the looks at persons, and writes them just before it commits. Nothing else commits.
"""

import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import CursorResult, Result
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from chassis import trace
from chassis.access import Access, Caller
from chassis.clock import Clock, legal_day
from chassis.errors import AgreementMissing
from chassis.insertion import DriverSql, insert_of, pending_of, values_of
from chassis.pool import async_url, pooled
from chassis.settings import STANDING_CONNECTIONS
from contracts.event import Event

__all__ = ["SYSTEM", "Database", "Operation", "Tx", "UnsafeRole", "async_url"]

Row = TypeVar("Row")


class UnsafeRole(RuntimeError):
    """The database role could see past row-level security; the service does not start with it."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What is being done, for the log: an operation of the API, an event or a job."""

    id: str
    name: str
    access: Access


SYSTEM = Operation("system", "Verwerking door het platform", Access(purpose="operations", activity="systeem"))


class Tx:
    """One open transaction. Ends by `Database.begin`; code that holds one never commits."""

    def __init__(
        self,
        connection: AsyncConnection,
        *,
        caller: Caller | None,
        operation: Operation,
        database: "Database",
    ) -> None:
        self._connection = connection
        self._session: AsyncSession | None = None
        self.caller = caller
        self.operation = operation
        self.now: datetime = database.clock.now()
        self.today: date = legal_day(self.now)
        self.settings: Any = database.settings  # what the service was told
        self._database = database
        self._started_ms = int(time.time() * 1000)
        self._events: list[dict[str, Any]] = []
        self._looks: dict[UUID, str] = {}
        # What is counted or logged only if all of this holds.
        self.ending = False  # the commit was asked for: from here on only its answer tells what became of it
        self.after_commit: list[Callable[[], None]] = []

    @property
    def session(self) -> AsyncSession:
        """What knows the rows of this transaction as objects; made when first asked for: plain SQL needs none."""
        if self._session is None:
            self._session = AsyncSession(self._connection, expire_on_commit=False)
        return self._session

    async def execute(self, statement: Any, parameters: Any = None) -> Result[Any]:
        """Run a statement; `text(...)` and SQLAlchemy constructs alike."""
        nested = self._session is not None and self._session.in_nested_transaction()
        if isinstance(statement, sa.TextClause) and not nested:
            # The session has nothing to add to plain SQL but a savepoint: past it, a statement costs half.
            return await self._connection.execute(statement, parameters)
        result: Result[Any] = await self.session.execute(statement, parameters)
        return result

    async def change(self, statement: Any, parameters: Any = None) -> int:
        """Run a statement that changes rows; answers how many."""
        result = await self.execute(statement, parameters)
        return result.rowcount if isinstance(result, CursorResult) else 0

    async def scalar(self, statement: Any, parameters: Any = None) -> Any:
        """The first column of the first row, or None."""
        return (await self.execute(statement, parameters)).scalar()

    async def scalars(self, statement: Any, parameters: Any = None) -> Sequence[Any]:
        """The first column of every row."""
        return (await self.execute(statement, parameters)).scalars().all()

    async def rows(self, statement: Any, parameters: Any = None) -> Sequence[Any]:
        """Every row."""
        return (await self.execute(statement, parameters)).all()

    async def get(self, model: type[Row], key: Any, *, lock: bool = False) -> Row | None:
        """The row with this primary key; when locked, as it is now, even if it was read before the lock."""
        if lock:  # what was changed here would be overwritten by what is read
            await self.session.flush()
        return await self.session.get(model, key, with_for_update=lock or None, populate_existing=lock)

    def add(self, row: object) -> None:
        """Save a new row at the next flush."""
        self.session.add(row)

    async def insert(self, *rows: object) -> None:
        """Save new rows, of a table each, in one statement, and forget them: later changes of them are not saved.

        For rows that need nothing of each other, not even to be seen by the other's policy.
        """
        statement = insert_of(tuple(type(row) for row in rows))
        await self._connection.execute(statement, values_of(rows))

    async def flush(self) -> None:
        """Send what was added or changed to the database, still within the transaction."""
        if self._session is not None:
            await self._session.flush()

    async def end(self) -> None:
        """Let go of the objects, once the transaction has ended."""
        if self._session is not None:
            await self._session.close()

    async def publish(
        self, event: Event, *, aggregate_id: UUID, version: int, gemeentecode: str | None
    ) -> None:
        """Publish an event with this transaction: an outbox row that commits or vanishes with it.

        Lock the aggregate's row before: the order of the outbox is the order of the commits only then.

        Args:
            event: what happened.
            aggregate_id: what it happened to.
            version: of the aggregate, rises with each change.
            gemeentecode: the responsible gemeente, None for facts of no gemeente.
        """
        self._events.append(
            {
                "id": str(uuid4()),
                "topic": event.topic(),
                "key": event.key_value(),
                "type": event.type,
                "subject": str(aggregate_id),
                "aggregate_version": version,
                "gemeentecode": gemeentecode,
                "traceparent": trace.current().traceparent,
                "time": self.now.isoformat(),
                "data": event.model_dump(mode="json", by_alias=True),
            }
        )

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A part that may fail by itself: what it stored and what it published then vanish together."""
        published = len(self._events)
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            del self._events[published:]
            raise

    def look(self, inburgeraar_id: UUID, gemeentecode: str) -> None:
        """Note that the caller sees or changes this person: one log line per person, written at commit."""
        self._looks[inburgeraar_id] = gemeentecode

    async def act_as_platform(self) -> None:
        """For the rest of this transaction, see what the platform sees.

        For the few operations that must be complete whatever the caller's role shows, such as the export
        of all that is held on a person: they check the caller's right to ask first, themselves.
        """
        await self.session.execute(sa.text("SELECT set_config('app.actor', 'system', true)"))

    @asynccontextmanager
    async def as_platform(self) -> AsyncIterator[None]:
        """For this part only, see what the platform sees: a question whose answer must be complete."""
        before = await self.session.scalar(sa.text("SELECT current_setting('app.actor', true)"))
        async with self.session.begin_nested():  # a fault in it takes the sight back as well
            await self.act_as_platform()
            yield
            await self.session.execute(
                sa.text("SELECT set_config('app.actor', :before, true)"), {"before": before or ""}
            )

    @property
    def acting(self) -> Caller:
        """Who acts, in a use case that only people and their systems start.

        Raises:
            LookupError: the platform itself came here; that is a mistake in our code.
        """
        if self.caller is None:
            raise LookupError("this use case needs a caller")
        return self.caller

    def missing_agreement(self, gemeentecode: str) -> AgreementMissing:
        """The refusal that tells the caller what is missing for a look at people of this gemeente."""
        return AgreementMissing.naming(
            self.acting.missing_for(gemeentecode, self.purpose), purpose=self.purpose
        )

    @property
    def purpose(self) -> str:
        """Why the caller looks in this transaction."""
        access = self.operation.access
        return access.purpose if self.caller is None else access.purpose_for(self.caller)

    async def write_pending(self) -> bool:
        """Write the collected events and looks. Answers whether there is something to relay."""
        await self.flush()
        pending: dict[str, list[dict[str, Any]]] = {}
        if self.caller is not None and self._looks:
            pending["looks"] = self._look_rows(self.caller)
        if self._events:
            pending["events"] = self._events  # in the order in which they were published
        if pending:
            values = {name: orjson.dumps(rows).decode() for name, rows in pending.items()}
            statement = self._database.pending[tuple(pending)]
            await self._connection.exec_driver_sql(*statement.with_values(values))
        return bool(self._events)

    def _look_rows(self, caller: Caller) -> list[dict[str, Any]]:
        here = trace.current()
        return [
            {
                "id": str(uuid4()),
                "at": self.now.isoformat(),
                "trace_id": here.trace_id,
                "span_id": here.span_id,
                "parent_span_id": here.parent_span_id,
                "status": "Ok",
                "name": self.operation.name,
                "operation": self.operation.id,
                "activity": self.operation.access.activity,
                "start_ms": self._started_ms,
                "end_ms": int(time.time() * 1000),
                "data_subject": self._database.pseudonym(person, code),
                "inburgeraar_id": str(person),
                "gemeentecode": code,
                "actor_id": str(caller.subject),
                "actor_kind": caller.kind,
                "organisation_id": str(caller.organisation_id),
                "roles": ",".join(sorted(caller.roles)),
                "purpose": self.purpose,
                "agreement": caller.agreement_for(code),
            }
            # Sorted, so that two lists of the same people never wait for each other in a circle.
            for person, code in sorted(self._looks.items())
        ]


class Database:
    """The connections of one service's running role."""

    def __init__(
        self,
        url: str,
        *,
        schema: str,
        clock: Clock,
        pseudonym_key: str = "development-only",
        pool_size: int = 8,
        on_commit: Callable[[], None] = lambda: None,
        settings: Any = None,
    ) -> None:
        """Prepare the pool; nothing is opened yet.

        Args:
            url: PostgreSQL address of the running role.
            schema: the service's schema.
            clock: the time that the law reckons with.
            pseudonym_key: secret of the pseudonyms in the processing log.
            pool_size: most connections at one time, beside the standing ones.
            on_commit: called after a commit that left events to relay.
            settings: what the service was told; each transaction hands them on.
        """
        self.schema = schema
        self.clock = clock
        self.pool_size = pool_size
        self.on_commit = on_commit
        self.settings = settings
        self._pseudonym_key = pseudonym_key.encode()
        self.engine = pooled(url, schema=schema, size=pool_size)
        # Held for long, by the relay and for the locks of jobs: who waits for a connection of the pool never
        # waits for somebody who keeps one and waits for another.
        self.standing = pooled(url, schema=schema, size=STANDING_CONNECTIONS)
        self.pending = pending_of(schema, self.engine.dialect)
        self._enter = DriverSql(
            self.engine.dialect,
            "SELECT set_config('app.actor', :actor, true), set_config('app.person_codes', :person, true), "
            "set_config('app.known_codes', :known, true), set_config('app.organisation', :organisation, true), "
            "set_config('app.subject', :subject, true), set_config('app.roles', :roles, true)",
        )

    def pseudonym(self, person: UUID, gemeentecode: str) -> str:
        """The person in the processing log: another one in each gemeente's logbook."""
        key = hmac.digest(self._pseudonym_key, gemeentecode.encode(), hashlib.sha256)
        return hmac.digest(key, person.bytes, hashlib.sha256).hex()

    async def check_role(self) -> None:
        """Refuse a role that row-level security does not bind.

        Raises:
            UnsafeRole: superuser, BYPASSRLS, or owner of the service's schema or of a table in it.
        """
        query = sa.text(
            "SELECT r.rolsuper OR r.rolbypassrls OR EXISTS (SELECT FROM pg_class c JOIN pg_namespace n "
            "ON n.oid = c.relnamespace WHERE n.nspname = :schema AND c.relkind IN ('r', 'p') "
            "AND pg_has_role(c.relowner, 'USAGE')) FROM pg_roles r WHERE r.rolname = current_user"
        )
        async with self.engine.connect() as connection:
            if await connection.scalar(query, {"schema": self.schema}):
                raise UnsafeRole(
                    f"the running role of schema '{self.schema}' is a superuser, has BYPASSRLS or owns tables: "
                    "row-level security would not bind it; give a role that owns nothing "
                    "(docs/settings.md, DATABASE_URL)"
                )

    @asynccontextmanager
    async def begin(self, caller: Caller | None = None, operation: Operation = SYSTEM) -> AsyncIterator[Tx]:
        """Open a transaction; it commits when the block ends well and rolls back otherwise.

        Args:
            caller: whose rights hold; None is the platform itself (an event, a job).
            operation: what is being done, for the log and for the purpose of the look.
        """
        async with self.engine.connect() as connection:
            tx = Tx(connection, caller=caller, operation=operation, database=self)
            try:
                await connection.exec_driver_sql(*self._enter.with_values(self._identity(caller, operation)))
                yield tx
                relay = await tx.write_pending()
                tx.ending = True
                await connection.commit()
            finally:
                await tx.end()  # what was not committed is rolled back as the connection goes
        if relay:
            self.on_commit()
        for told in tx.after_commit:
            told()

    def _identity(self, caller: Caller | None, operation: Operation) -> dict[str, str]:
        if caller is None:
            return {
                "actor": "system",
                "person": "",
                "known": "",
                "organisation": "",
                "subject": "",
                "roles": "",
            }
        return {
            "actor": caller.kind,
            "person": ",".join(sorted(caller.person_codes(operation.access.purpose_for(caller)))),
            "known": ",".join(sorted(caller.known_codes)),
            "organisation": str(caller.organisation_id),
            "subject": str(caller.subject),
            "roles": ",".join(sorted(caller.roles)),
        }

    def in_use(self) -> int:
        """How many connections are in use now."""
        used = getattr(self.engine.pool, "checkedout", None)
        return int(used()) if callable(used) else 0

    async def close(self) -> None:
        """Close the pools."""
        await self.standing.dispose()
        await self.engine.dispose()
