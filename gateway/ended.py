# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who signed out: sessions that ended at the issuer while their access tokens were still alive.

Kept in the database, so that every replica of the gateway knows within seconds, and in memory, so
that no request waits for it. Only digests are kept: they can be compared, and tell nothing of anybody.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from chassis.db import Database
from chassis.logs import log
from gateway import store
from gateway.tokens import Claims

__all__ = ["EndedSessions"]

_KEEP = timedelta(hours=13)
"""Longer than any access token is believed."""

_AWAY = (SQLAlchemyError, asyncpg.PostgresError, OSError)


class EndedSessions:
    """The sessions that ended, as this gateway knows them."""

    def __init__(self, database: Database, *, now: Callable[[], float] = time.time) -> None:
        """Keep them in this database, by real time; nothing is read yet."""
        self._database = database
        self._now = now
        self._marks: dict[bytes, float] = {}
        self._unsaved: dict[bytes, float] = {}
        self._lock = asyncio.Lock()  # what is read never overwrites what was heard meanwhile

    def ended(self, claims: Claims) -> bool:
        """Whether the session of a token ended after the token was issued.

        A token that names its session falls with that session. One that does not falls with any
        session of its account: the other sessions get a fresh token without asking anybody.
        """
        if not self._marks:
            return False
        if claims.session_id is not None:
            if _mark(claims.issuer, "session", claims.session_id) in self._marks:
                return True
            whole = self._marks.get(_mark(claims.issuer, "account", claims.sub))
        else:
            whole = self._marks.get(_mark(claims.issuer, "any-session", claims.sub))
        return whole is not None and claims.issued_at <= whole

    async def end(self, issuer: str, *, session_id: str | None, subject: str | None, at: float) -> bool:
        """Remember that a session ended, or all sessions of an account when none is named.

        Answers whether it is written. If not, this process knows it already and the others will as
        soon as the database answers.

        Args:
            issuer: whose session it was.
            session_id: the session, as its tokens name it.
            subject: the account.
            at: when, in seconds since the epoch, by the clock of the issuer.
        """
        marks = {}
        if session_id is not None:
            marks[_mark(issuer, "session", session_id)] = at
        if subject is not None:
            marks[_mark(issuer, "any-session", subject)] = at
            if session_id is None:
                marks[_mark(issuer, "account", subject)] = at
        self._unsaved |= marks
        self._marks = _latest(self._marks, marks)
        try:
            async with self._lock:
                await self._save()
        except _AWAY as fault:
            log().warning("ended_session_not_written", fault=type(fault).__name__)
            return False
        return True

    async def refresh(self) -> None:
        """Read what other replicas heard; keep what is known when the database is away."""
        try:
            async with self._lock:
                await self._save()
                async with self._database.begin() as tx:
                    rows = await store.ended_sessions(tx, self._instant())
                read = {bytes(mark): ended_at.timestamp() for mark, ended_at in rows}
                self._marks = _latest(read, self._unsaved)
        except _AWAY as fault:
            log().warning("ended_sessions_not_read", fault=type(fault).__name__)

    async def _save(self) -> None:
        if not self._unsaved:
            return
        marks = dict(self._unsaved)
        async with self._database.begin() as tx:
            now = self._instant()
            ended = {mark: datetime.fromtimestamp(at, UTC) for mark, at in marks.items()}
            await store.keep_ended_sessions(tx, ended, now=now, until=now + _KEEP)
        self._unsaved = {mark: at for mark, at in self._unsaved.items() if marks.get(mark) != at}

    def _instant(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)


def _latest(first: dict[bytes, float], second: dict[bytes, float]) -> dict[bytes, float]:
    return {**first, **{mark: max(at, first.get(mark, at)) for mark, at in second.items()}}


def _mark(issuer: str, kind: str, name: str) -> bytes:
    return hashlib.sha256(f"{issuer}\n{kind}\n{name}".encode()).digest()
