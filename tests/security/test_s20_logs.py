# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S20: whatever is sent, a log is one JSON object per line, without a BSN and without a token in it."""

import io
import json
import logging  # noqa: TID251 - as a library logs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
import structlog
from prometheus_client import generate_latest

from chassis import logs
from chassis.metrics import metrics
from chassis.testing import logging_to
from tests.security.population import BSN_WEIGHTS, World
from tests.security.sending import Sent, send
from tests.security.snapshots import database_of

BSN = "999990019"
TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhIiwiZXhwIjoxfQ.c2lnbmF0dXJlLXdpdGgtZW5vdWdoLWNoYXJz"
EVIL = {
    "line feed": 'x\n{"event": "forged", "level": "info"}',
    "carriage return": "x\r\nforged",
    "ansi": "\x1b[31mred\x1b[0m\x07",
    "json": '"}\n{"event":"forged"}',
    "unicode lines": "x\u2028forged\u2029x\x85y",
    "nul": "a\x00b",
    "a million": "A" * 1_000_000,
    "bsn": f"mijn bsn is {BSN}",
    "token": f"Bearer {TOKEN}",
}
DIGITS = re.compile(r"(?<![0-9A-Fa-f.-])\d{9}(?![0-9A-Fa-f-])")
TOKENS = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}")


def holds(text: str) -> list[str]:
    """What a text holds of numbers that pass the elfproef and of tokens."""
    numbers = [
        found
        for found in DIGITS.findall(text)
        if sum(w * int(d) for w, d in zip(BSN_WEIGHTS, found, strict=True)) % 11 == 0
    ]
    return numbers + TOKENS.findall(text)


def wrong_in(written: str) -> list[str]:
    """What is wrong with the lines of a log."""
    wrong = [f"holds {one}" for one in holds(written)]
    for line in written.splitlines():
        try:
            parsed = json.loads(line)
        except ValueError:
            wrong.append(f"no JSON: {line[:80]!r}")
            continue
        if not isinstance(parsed, dict) or "event" not in parsed or "level" not in parsed:
            wrong.append(f"no event: {line[:80]!r}")
        elif parsed["event"] == "forged":
            wrong.append("a forged event")
        elif not line.isprintable():
            wrong.append(f"control characters: {line[:80]!r}")
    return wrong


@contextmanager
def recorded() -> Iterator[io.StringIO]:
    """All that this process logs meanwhile."""
    written = io.StringIO()
    with logging_to(written):
        yield written


async def attack(world: World) -> list[Sent]:
    """Send every evil text in every place that a request has."""
    name = "consulent@gemeente-leidschendam-voorburg"
    answers = []
    for text in EVIL.values():
        answers.append(
            await send(
                world.chain, name, "POST", "/intake/v1/inburgeraars", {"familyName": text, text[:1000]: text}
            )
        )
        answers.append(await send(world.chain, name, "POST", "/intake/v1/inburgeraars", text.encode()))
        short = text[:2000]
        for path in (f"/intake/v1/{_encoded(short)}", f"/intake/v1/inburgeraars?group={_encoded(short)}"):
            answers += [await send(world.chain, name, "GET", path)]
        plain = re.sub(r"[^\x20-\x7e]", " ", short)
        headers = {
            "User-Agent": plain,
            "traceparent": plain,
            "Idempotency-Key": plain,
            "Accept": plain,
            "X-Request-Id": plain,
        }
        answers.append(await send(world.chain, name, "POST", "/intake/v1/inburgeraars", {}, headers=headers))
        token = {"Authorization": f"Bearer {plain}"}
        answers.append(await send(world.chain, None, "GET", "/intake/v1/inburgeraars", headers=token))
    return answers


def _encoded(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


@pytest.mark.security("S20")
@pytest.mark.timeout(300)
async def test_what_requests_carry_neither_breaks_a_line_nor_stays_in_it(world: World) -> None:
    with recorded() as written:
        answers = await attack(world)
        await world.settle()
    assert all(answer.status < 500 for answer in answers)
    assert written.getvalue().count("\n") >= len(answers) // 2
    assert wrong_in(written.getvalue()) == []
    assert [one for answer in answers for one in holds(answer.text)] == []


def log_everything() -> str:
    """Log every evil text as we log, as a library logs, and in a fault; answers what was written."""
    with recorded() as written:
        for number, text in enumerate(EVIL.values()):
            logs.log().info("said", value=text, nested={"list": [text], text[:50]: text})
            logging.getLogger("a.library").error("it said %s in case " + str(number), text)  # noqa: G003 - one kind of line each
            try:
                raise ValueError(text)
            except ValueError as fault:
                logs.log().error("failed", exc_info=fault)
                logging.getLogger("a.library").exception("it failed in case " + str(number))  # noqa: G003 - same
    return written.getvalue()


@pytest.mark.security("S20")
def test_what_code_or_a_library_logs_by_mistake_is_masked_and_stays_on_one_line() -> None:
    written = log_everything()
    assert written.count("\n") == 4 * len(EVIL)
    assert wrong_in(written) == []


@pytest.mark.security("S20")
async def test_metrics_and_dead_letters_hold_no_number_and_no_token(world: World, postgres_url: str) -> None:
    """A poisoned event is kept as it came, for replay; what is said about it holds nothing of it."""
    shown = generate_latest(metrics().registry).decode()
    assert holds(shown) == []
    for service in world.chain.databases:
        connection = await asyncpg.connect(database_of(world.chain, postgres_url, service))
        try:
            schema = service.replace("-", "_")
            for table, column in (
                ("dead_letter", "reason"),
                ("outbox", "last_error"),
                ("outbox", "traceparent"),
            ):
                for row in await connection.fetch(f"SELECT {column} AS said FROM {schema}.{table}"):
                    assert holds(row["said"] or "") == []
        finally:
            await connection.close()


@pytest.mark.security("S20")
def test_planted_logs_for_people_are_reported() -> None:
    """Weakness: lines as a developer likes them, without escapes and without the mask."""
    written = io.StringIO()
    weak = structlog.wrap_logger(
        structlog.PrintLogger(written),
        processors=[structlog.dev.ConsoleRenderer(colors=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    for text in EVIL.values():
        weak.info("said " + text[:1000])
    wrong = wrong_in(written.getvalue())
    assert any("no JSON" in one for one in wrong)
    assert f"holds {BSN}" in wrong
    assert "a forged event" in wrong


@pytest.mark.security("S20")
def test_planted_a_log_without_its_mask_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def unmasked(_: Any, __: str, event: Any) -> Any:
        return event

    monkeypatch.setattr(logs, "_guard", unmasked)
    wrong = wrong_in(log_everything())
    assert f"holds {BSN}" in wrong
    assert any(one.startswith("holds eyJ") for one in wrong)
