# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The commands of the runbooks can be given: every word of them exists, queries run and see, patterns match our log."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import typer
import yaml
from sqlalchemy import make_url

from chassis.testing import fresh_database
from cli.app import app
from embedded.app import ALL, GATEWAY
from tests.observability.rules import REPOSITORY, RUNBOOKS
from tests.service.chassis.sample import SERVICE

PAGES = sorted(RUNBOOKS.glob("*.md"))
README = RUNBOOKS / "README.md"
COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]
PROCESSES = {"gateway", "portal", *(service.name for service in ALL)}

OF_AN_OPERATOR = {
    *("docker", "kubectl", "curl", "openssl", "python3", "timedatectl", "date", "ls", "df", "crontab"),
    *("grep", "head", "tail", "sort", "uniq", "open-inburgering"),
}
"""What is on the machine of whoever is on duty."""
IN_THE_IMAGE = {"open-inburgering", "python", "sh", "openssl"}
"""What a container of ours has: the base image, and the command. There is no curl and no psql."""

Command = list[str]


def blocks(page: Path) -> Iterator[str]:
    """The shell of a page, without what is fed to a command."""
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL):
        yield re.sub(r"<<'(\w+)'(.*?)\n.*?\n\1\n", r"\2\n", block, flags=re.DOTALL)


def commands(page: Path) -> Iterator[Command]:
    """Every command of a page, those of a pipe one by one."""
    for block in blocks(page):
        for line in block.splitlines():
            lexer = shlex.shlex(line, posix=True, punctuation_chars="|;")
            lexer.whitespace_split = True
            words: Command = []
            for word in (*lexer, ";"):
                if word in {"|", ";"}:
                    if words:
                        yield words
                    words = []
                else:
                    words.append(word)


def subcommands(tool: typer.Typer, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for one in tool.registered_commands:
        assert one.callback is not None
        yield (*before, one.name or one.callback.__name__.replace("_", "-"))
    for group in tool.registered_groups:
        assert group.typer_instance is not None
        yield from subcommands(group.typer_instance, (*before, str(group.name)))


OURS = set(subcommands(app))


def test_there_are_commands_to_look_at() -> None:
    assert sum(1 for page in PAGES for _ in commands(page)) > 80
    assert ("look", "health") in OURS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_exists(page: Path) -> None:
    for words in [] if page == README else commands(page):
        text = " ".join(words)
        match words:
            case ["look", "broker"]:
                pass
            case ["look", "health" | "metrics", process]:
                assert process in PROCESSES, text
            case ["logs", process, since]:
                assert process in PROCESSES, text
                assert re.fullmatch(r"\d+[smh]", since), f"{text}: Docker knows no days"
            case ["db", schema, _]:
                assert schema in {service.schema for service in ALL}, text
            case ["docker", "compose", *rest]:
                _compose(rest, text)
            case ["open-inburgering", *rest]:
                assert any(tuple(rest[: len(one)]) == one for one in OURS), text
            case [program, *_]:
                assert program in OF_AN_OPERATOR, text


@pytest.mark.parametrize(
    "page", ["runbooks/README", "deployment", "care-for-data", "upgrading", "identity", "starting"]
)
def test_what_pages_for_operators_tell_to_type_exists(page: str) -> None:
    text = (REPOSITORY / "docs" / f"{page}.md").read_text()
    named = re.findall(r"(?<![/\w-])open-inburgering ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", text)
    groups = {one[:1] for one in OURS if len(one) > 1}
    known = [tuple(one.split()) in OURS | groups or (one.split()[0],) in OURS for one in named]
    assert [one for one, found in zip(named, known, strict=True) if not found] == []
    assert named or page == "identity"


def _compose(rest: Command, text: str) -> None:
    what, *more = rest
    assert what in {"ps", "logs", "exec", "restart", "run"}, text
    names = [word for word in more if word in COMPOSE]
    assert names or what == "ps", f"{text}: no such service"
    if what == "exec" and names[0] in PROCESSES:
        assert more[more.index(names[0]) + 1] in IN_THE_IMAGE, text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_command_is_told_is_told_before_the_first_night(page: Path) -> None:
    known = set(re.findall(r"export (\w+)=", README.read_text())) | {"ISSUER"}  # its page says what that is
    used = {name for block in blocks(page) for name in re.findall(r"(?<!\\)\$\{?([A-Z][A-Z_]+)", block)}
    assert used <= known


def test_the_readme_defines_what_the_pages_use_for_compose_and_for_kubernetes() -> None:
    compose, kubernetes = (one for one in blocks(README) if "look()" in one)
    for block, begins in ((compose, "docker compose"), (kubernetes, "kubectl")):
        defined = dict(re.findall(r"^(\w+)\(\) \{ (.*)$", block, re.MULTILINE))
        assert set(defined) == {"look", "db", "logs", "token", "traced"}
        assert all(body.startswith(begins) for body in defined.values())
        checked = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr


QUERIES = sorted(
    {
        (schema, sql)
        for page in PAGES
        for schema, sql in re.findall(r'\bdb (\w+) "(.*?)"', page.read_text())
        if "PID" not in sql and "$" not in sql
    }
)
OPEN_WORK = "FROM learning_routes.background_job"
HELD_LOCKS = "WHERE l.locktype = 'advisory'"


def at(url: str) -> str:
    """An address as asyncpg takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def test_every_query_runs_and_sees_what_it_is_there_for(postgres_url: str) -> None:
    seen = {}
    async with (
        fresh_database(SERVICE, postgres_url) as made,
        fresh_database(GATEWAY, postgres_url) as gateway,
    ):
        # What the pages ask of a service stands in the schema of every service, so in this one's too.
        places = {"gateway": at(_as_admin(postgres_url, gateway.app_url))}
        sample = at(_as_admin(postgres_url, made.app_url))
        owner = await asyncpg.connect(at(made.owner_url), server_settings={"app.actor": "system"})
        app = await asyncpg.connect(at(made.app_url))
        try:
            await owner.execute(
                f"INSERT INTO {SERVICE.schema}.background_job (id, kind) VALUES ($1, 'file')", uuid4()
            )
            await app.execute("SELECT pg_advisory_lock(1)")
            for schema, sql in QUERIES:
                there = await asyncpg.connect(
                    places.get(schema, sample), server_settings={"app.actor": "system"}
                )
                try:
                    own = sql if schema in places else sql.replace(f"{schema}.", f"{SERVICE.schema}.")
                    seen[sql] = await there.fetch(own)
                    if OPEN_WORK in sql:
                        assert len(await owner.fetch(own)) == 1, (
                            "the owner too, with the actor that `db` names"
                        )
                finally:
                    await there.close()
            (work,) = (rows for sql, rows in seen.items() if OPEN_WORK in sql)
            assert [row["kind"] for row in work] == ["file"]
            locks = [rows for sql, rows in seen.items() if HELD_LOCKS in sql]
            assert locks
            held_by = app.get_server_pid()
            assert all(held_by in {row["pid"] for row in rows if row["client_addr"]} for rows in locks)
        finally:
            await owner.close()
            await app.close()


def _as_admin(postgres_url: str, url: str) -> str:
    admin = make_url(postgres_url).set(database=make_url(url).database)
    return admin.render_as_string(hide_password=False)


WRITES = """
from chassis import logs
logs.configure()
facts = {"route": "/intake/v1/registrations", "status": 200}
logs.request_line("request", facts)
logs.request_line("request", facts | {"note": "\\u00e9" * 400})  # the long way
logs.request_line("refused", facts | {"code": "role-missing", "organisation": "leiden"})
logs.log().info("listening", process="intake")
"""


@pytest.fixture(scope="module")
def written() -> str:
    """What a process of ours writes."""
    return subprocess.run([sys.executable, "-c", WRITES], check=True, capture_output=True, text=True).stderr


def piped(page: str, written: str) -> str:
    """What the command of a page that reads the log makes of these lines."""
    (line,) = (
        line
        for block in blocks(RUNBOOKS / f"{page}.md")
        for line in block.splitlines()
        if '"event":' in line or r"\(code" in line
    )
    pipe = line.partition("|")[2]
    done = subprocess.run(["bash", "-c", pipe], input=written, text=True, capture_output=True, check=False)
    assert done.stderr == ""
    return done.stdout


def test_refusals_are_counted_by_what_they_are(written: str) -> None:
    counted = [line.split() for line in piped("RefusalsSurge", written).splitlines()]
    assert ["1", '"code":"role-missing"'] in counted
    assert ["1", '"organisation":"leiden"'] in counted


def test_what_is_left_without_the_requests_is_what_happened(written: str) -> None:
    left = [json.loads(line)["event"] for line in piped("ServiceRestarting", written).splitlines()]
    assert left == ["refused", "listening"]


def test_the_way_of_one_request_is_read_from_what_processes_write() -> None:
    """The pipe of the README, with what a process of ours writes in place of the logs of all."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    writes = f"""
from chassis import logs, trace
logs.configure()
door = trace.enter(trace.parse("00-{trace}-00f067aa0ba902b7-01"))
service = trace.enter(trace.parse(trace.current().traceparent))
logs.request_line("request", {{"service": "intake", "route": "/intake/v1/registrations", "status": 201}})
trace.leave(service)
logs.request_line("request", {{"service": "gateway", "route": "/intake/v1/registrations", "status": 201}})
trace.leave(door)
logs.log().info("listening", service="intake")
"""
    written = subprocess.run(
        [sys.executable, "-c", writes], check=True, capture_output=True, text=True
    ).stderr
    for block in (one for one in blocks(README) if "traced()" in one):
        (command,) = re.findall(r"(open-inburgering look trace \S+);", block)
        shell = command.replace("open-inburgering", str(Path(sys.executable).with_name("open-inburgering")))
        done = subprocess.run(
            ["bash", "-c", f"traced() {{ {shell}; }}; traced {trace}"],
            input=written, text=True, capture_output=True, check=False,
        )  # fmt: skip
        first, second = (line.split("  ", 1)[1] for line in done.stdout.splitlines())
        assert first == "gateway request route=/intake/v1/registrations status=201"
        assert second == "  intake request route=/intake/v1/registrations status=201", (
            "below the one that led to it"
        )
