# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A database that cannot be reached, or has no room, is a 503 for the caller and no event's fault."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace

import asyncpg
import pytest
import sqlalchemy as sa

from chassis.inbox import database_is_away
from chassis.problems import from_commit, from_database
from chassis.running import Running
from chassis.testing import Bench, service_under_test
from tests.service.chassis.sample import SERVICE

WHILE_CONNECTING = [
    ConnectionRefusedError("nobody listens"),
    TimeoutError("nobody answers"),
    asyncpg.CannotConnectNowError("the database system is starting up"),
    asyncpg.TooManyConnectionsError("sorry, too many clients already"),
    asyncpg.InternalClientError("unexpected state"),
    asyncpg.InterfaceError("connection is closed"),
]
OF_A_STATEMENT = ["53100", "53200", "57P01", "58030", "25006", "25P03"]


@pytest.fixture
async def bench(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """Nothing of its own accord holds a connection while a test gives up the whole pool."""

    async def nothing(_: Running) -> None:
        pass

    monkeypatch.setattr(Running, "measure", nothing)
    async with service_under_test(replace(SERVICE, jobs=()), postgres_url) as found:
        yield found


@contextmanager
def no_connection(bench: Bench, fault: Exception) -> Iterator[None]:
    """Let every new connection fail so."""
    engine = bench.live.context.database.engine.sync_engine

    def refuse(*_: object) -> None:
        raise fault

    sa.event.listen(engine, "do_connect", refuse)
    try:
        yield
    finally:
        sa.event.remove(engine, "do_connect", refuse)


@pytest.mark.fault("F04")
async def test_a_caller_is_told_503_whatever_the_driver_says_while_connecting(bench: Bench) -> None:
    maker = bench.as_caller(roles={"maker"}, gemeentecode="1916")
    for fault in WHILE_CONNECTING:
        await bench.live.context.database.engine.dispose()
        with no_connection(bench, fault):
            answer = await bench.client.get("/sample/v1/things", headers=maker)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), repr(fault)
        assert answer.headers["Retry-After"] == "1"
        assert database_is_away(fault)
        assert (await bench.client.get("/sample/v1/things", headers=maker)).status_code == 200


@pytest.mark.fault("F10")
async def test_a_database_without_room_is_told_as_503_and_buries_no_event(bench: Bench) -> None:
    maker = bench.as_caller(roles={"maker"}, gemeentecode="1916")
    body = {"gemeentecode": "1916", "name": "x"}
    for state in OF_A_STATEMENT:
        await bench.sql(
            "CREATE OR REPLACE FUNCTION sample.no_room() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$"
        )
        await bench.sql(
            "CREATE OR REPLACE TRIGGER no_room BEFORE INSERT ON sample.thing "
            "FOR EACH ROW EXECUTE FUNCTION sample.no_room()"
        )
        answer = await bench.client.post("/sample/v1/things", json=body, headers=maker)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), state
    await bench.sql("DROP TRIGGER no_room ON sample.thing")
    assert (await bench.client.post("/sample/v1/things", json=body, headers=maker)).status_code == 201


@pytest.mark.fault("F04")
async def test_a_connection_that_is_lost_within_the_commit_leaves_the_outcome_open(bench: Bench) -> None:
    """The server ends the connection while it commits: the client must not be told that nothing was stored."""
    maker = bench.as_caller(roles={"maker"}, gemeentecode="1916")
    await bench.sql(
        "CREATE FUNCTION sample.hang_up() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
    )
    await bench.sql(
        "CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT ON sample.thing DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION sample.hang_up()"
    )
    body = {"gemeentecode": "1916", "name": "x"}
    headers = {**maker, "Idempotency-Key": "once"}
    answer = await bench.client.post("/sample/v1/things", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "outcome-unknown"), answer.text
    assert "niets opgeslagen" not in answer.text
    assert "Idempotency-Key" in answer.json()["detail"]
    assert answer.headers["Retry-After"] == "1"

    await bench.sql("DROP TRIGGER hang_up ON sample.thing")
    again = [await bench.client.post("/sample/v1/things", json=body, headers=headers) for _ in range(2)]
    assert [one.status_code for one in again] == [201, 201]
    assert again[0].json() == again[1].json()
    assert (await bench.sql("SELECT count(*) FROM sample.thing"))[0][0] == 1


def test_a_server_that_refuses_a_commit_says_that_nothing_was_stored() -> None:
    """Only a fault without a word of the server leaves the outcome open."""
    for fault, code in (
        (asyncpg.DeadlockDetectedError("deadlock"), "unavailable"),
        (asyncpg.DiskFullError("no room"), "unavailable"),
        (asyncpg.UniqueViolationError("twice"), "conflict"),
        (asyncpg.StatementCompletionUnknownError("unknown"), "outcome-unknown"),
        (asyncpg.ConnectionDoesNotExistError("gone"), "outcome-unknown"),
        (ConnectionResetError("gone"), "outcome-unknown"),
        (TimeoutError("no answer"), "outcome-unknown"),
    ):
        wrapped = (
            sa.exc.DBAPIError("COMMIT", {}, fault) if isinstance(fault, asyncpg.PostgresError) else fault
        )
        assert from_commit(wrapped).code == code, repr(fault)
    assert from_database(ConnectionResetError("gone")).code == "unavailable"
