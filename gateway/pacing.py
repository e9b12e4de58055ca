# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How fast each client and tenant may go, over all processes of the gateway together.

A request takes from a bucket in memory. Four times a second each process tells the database what
was taken and hears what is left, in one statement for all buckets; a bucket that this process
meets for the first time is asked for before it is used. So the count outlives a restart, two
processes together give what one would, and a request waits for the database once in the life of a
bucket. While a bucket cannot be asked for, reads go on by the memory alone and writes are refused.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from chassis.access import Caller
from chassis.db import Database, Tx
from chassis.logs import log
from gateway.errors import UpstreamBusy

__all__ = ["SYNC_SECONDS", "Limit", "LimitRow", "Limits", "Pacing"]

SYNC_SECONDS = 0.25
_MEET_SECONDS = 1.0
_AWAY_SECONDS = 2.0
_BUCKETS = 20_000
_AT_ONCE = 5_000
_IDLE_HOURS = 24

Kind = Literal["client", "organisation", "gemeente"]

_TAKE = sa.text(
    "INSERT INTO gateway.pace_level AS p (key, tokens, rate, burst, at) "
    "SELECT k, b - s, r, b, clock_timestamp() FROM unnest(CAST(:keys AS text[]), CAST(:spent AS double precision[]), "
    "CAST(:rates AS double precision[]), CAST(:bursts AS double precision[])) AS u (k, s, r, b) ORDER BY k "
    "ON CONFLICT (key) DO UPDATE SET tokens = greatest(-excluded.burst, least(excluded.burst, "
    "p.tokens + greatest(0, extract(epoch FROM clock_timestamp() - p.at)) * excluded.rate) "
    "- (excluded.burst - excluded.tokens)), rate = excluded.rate, burst = excluded.burst, at = clock_timestamp() "
    "RETURNING key, tokens"
)
# Counts of the last quarter of a second may be lost with the database's machine; waiting for the disk is not worth it.
_NO_WAIT = sa.text("SET LOCAL synchronous_commit = off")
_PRUNE = sa.text(
    "DELETE FROM gateway.pace_level WHERE key IN (SELECT key FROM gateway.pace_level "
    "WHERE at < clock_timestamp() - make_interval(hours => :hours) LIMIT 1000)"
)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many at once, and so many a second in the long run."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A limit as an administrator recorded it."""

    id: UUID
    kind: Kind
    subject: str | None  # None: everybody of the kind
    limit: Limit
    valid_from: date
    valid_until: date | None

    def holds_on(self, day: date) -> bool:
        """Whether it holds on a day, the first and the last day included."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one day. Of one's own counts before that of all; of two, the one that began last."""

    found: Mapping[tuple[Kind, str | None], Limit]
    client: Limit
    organisation: Limit

    @classmethod
    def of(cls, rows: Iterable[LimitRow], day: date, *, client: Limit, organisation: Limit) -> "Limits":
        """Those that hold on a day, with what the settings say for where nothing is recorded."""
        held = sorted(
            (row for row in rows if row.holds_on(day)), key=lambda row: (row.valid_from, str(row.id))
        )
        return cls({(row.kind, row.subject): row.limit for row in held}, client, organisation)

    def _for(self, kind: Kind, subject: str) -> Limit | None:
        return self.found.get((kind, subject)) or self.found.get((kind, None))

    def for_caller(self, caller: Caller) -> list[tuple[str, Limit]]:
        """The buckets that a request of this caller takes from, by key."""
        client, organisation = str(caller.subject), str(caller.organisation_id)
        buckets = [
            (f"client:{client}", self._for("client", client) or self.client),
            (f"organisation:{organisation}", self._for("organisation", organisation) or self.organisation),
        ]
        if caller.gemeentecode is not None:
            # A gemeente is one organisation, so it has a bucket of its own only where a limit was recorded for it.
            limit = self._for("gemeente", caller.gemeentecode)
            if limit is not None:
                buckets.append((f"gemeente:{caller.gemeentecode}", limit))
        return buckets


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float
    rate: float
    burst: float
    known: bool  # whether the database has told what is left
    spent: int = 0  # since the database was last told

    def wait(self, now: float, limit: Limit) -> float:
        """Seconds until there is one to take."""
        self.rate, self.burst = limit.per_second, float(limit.burst)
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        return 0.0 if self.tokens >= 1.0 else (1.0 - self.tokens) / self.rate

    def take(self) -> None:
        """Take one."""
        self.tokens -= 1.0
        self.spent += 1


@dataclass(slots=True)
class Pacing:
    """The buckets of this process."""

    database: Database
    limits: Callable[[], Limits]
    monotonic: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)
    _meeting: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _wanted: dict[UUID, tuple[Limits, list[tuple[str, Limit]]]] = field(default_factory=dict)
    _pruned: float = 0.0
    _away_until: float = 0.0

    async def take(self, caller: Caller, *, safe: bool) -> float:
        """Take one from each bucket of a caller and return 0; or return the seconds to wait, and take none.

        Args:
            caller: who sends a request.
            safe: whether the request changes nothing.

        Raises:
            UpstreamBusy: what is left cannot be known, and the request would change something.
        """
        wanted = self._of(caller)
        buckets: list[_Bucket] = []
        for key, _ in wanted:
            bucket = self._buckets.get(key)
            if bucket is None or not bucket.known:
                buckets = await self._met(wanted, safe=safe)
                break
            buckets.append(bucket)
        now = self.monotonic()
        longest = 0.0
        for bucket, (key, limit) in zip(buckets, wanted, strict=True):
            longest = max(longest, bucket.wait(now, limit))
            self._buckets.move_to_end(key)
        if longest > 0.0:
            return longest
        for bucket in buckets:
            bucket.take()
        return 0.0

    def _of(self, caller: Caller) -> list[tuple[str, Limit]]:
        """The keys and limits of a caller, kept as long as the limits are the same."""
        limits = self.limits()
        held = self._wanted.get(caller.subject)
        if held is not None and held[0] is limits:
            return held[1]
        if len(self._wanted) >= _BUCKETS:
            self._wanted.clear()
        wanted = limits.for_caller(caller)
        self._wanted[caller.subject] = (limits, wanted)
        return wanted

    async def _met(self, wanted: list[tuple[str, Limit]], *, safe: bool) -> list[_Bucket]:
        """The buckets, those that are new asked for first; many requests at once ask once."""
        for key, limit in wanted:
            bucket = self._buckets.get(key)
            if bucket is not None and bucket.known:
                continue
            if bucket is not None and self.monotonic() < self._away_until:
                self._refuse_unless(safe=safe)
                continue
            task = self._meeting.get(key)
            if task is None:
                task = self._meeting[key] = asyncio.create_task(self._meet(key, limit))
                task.add_done_callback(lambda _, key=key: self._meeting.pop(key, None))  # type: ignore[misc]
            await asyncio.shield(task)
            if not self._buckets[key].known:
                self._refuse_unless(safe=safe)
        return [self._buckets[key] for key, _ in wanted]

    @staticmethod
    def _refuse_unless(*, safe: bool) -> None:
        if not safe:
            raise UpstreamBusy("Hoeveel verzoeken er nog mogen is nu niet na te gaan.")

    async def _meet(self, key: str, limit: Limit) -> None:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = _Bucket(
                float(limit.burst), self.monotonic(), limit.per_second, float(limit.burst), known=False
            )
            self._buckets[key] = bucket
            while len(self._buckets) > _BUCKETS:
                self._buckets.popitem(last=False)
        try:
            async with asyncio.timeout(_MEET_SECONDS):
                await self._tell([(key, bucket)])
        except (SQLAlchemyError, asyncpg.PostgresError, OSError) as fault:
            self._away_until = self.monotonic() + _AWAY_SECONDS
            log().warning("pace_not_read", fault=type(fault).__name__)
        # However many there are, this one stays until the request that asked for it has used it.
        self._buckets.setdefault(key, bucket)

    async def sync(self) -> None:
        """Tell the database what was taken, and hear what is left; a database that is away is told later."""
        spent = [(key, bucket) for key, bucket in self._buckets.items() if bucket.spent][:_AT_ONCE]
        if not spent:
            return
        try:
            await self._tell(spent)
            if self.monotonic() - self._pruned > 60:  # noqa: PLR2004 - once a minute
                self._pruned = self.monotonic()
                async with self.database.begin() as tx:
                    await tx.execute(_PRUNE, {"hours": _IDLE_HOURS})
        except (SQLAlchemyError, asyncpg.PostgresError, OSError) as fault:
            log().warning("pace_not_told", fault=type(fault).__name__)

    async def _tell(self, told: list[tuple[str, _Bucket]]) -> None:
        rows = [(key, bucket, bucket.spent) for key, bucket in told]
        async with self.database.begin() as tx:
            left = await _take(tx, rows)
        now = self.monotonic()
        for key, bucket, spent in rows:
            bucket.spent -= spent
            # What was taken since the question is not in the answer.
            bucket.tokens, bucket.at, bucket.known = left[key] - bucket.spent, now, True


async def _take(tx: Tx, rows: list[tuple[str, _Bucket, int]]) -> dict[str, float]:
    await tx.execute(_NO_WAIT)
    found = await tx.rows(
        _TAKE,
        {
            "keys": [key for key, _, _ in rows],
            "spent": [float(spent) for _, _, spent in rows],
            "rates": [bucket.rate for _, bucket, _ in rows],
            "bursts": [bucket.burst for _, bucket, _ in rows],
        },
    )
    return {row.key: row.tokens for row in found}
