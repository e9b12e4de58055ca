# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""`open-inburgering look`: with the settings of a process, in its own container or in that of the gateway."""

import asyncio
import json
import secrets
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

from chassis.bus_kafka import ensure_topics
from cli.app import app
from tests.peers.certificates import Authority

READY = {"status": "not-ready", "service": "intake", "checks": {"database": {"ok": False, "says": "away"}}}


class _Process(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer as a process that waits for its database."""
        known = {"/health/ready": (503, json.dumps(READY)), "/metrics": (200, "outbox_depth 3\n")}
        status, text = known.get(self.path, (404, ""))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(certificate: tuple[Path, Path] | None = None) -> Iterator[int]:
    """A process that listens on this machine; answers its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Process)
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def inside(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "inside")


def look(*arguments: str, **told: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["look", *arguments], env=told)
    said = f"{done.output}{done.exception if isinstance(done.exception, SystemExit) else ''}"
    return done.exit_code, said


def test_a_process_is_asked_in_its_own_container_by_its_own_certificate(inside: Authority) -> None:
    certificate = inside.sign("intake", name="intake")
    with serving(certificate) as port:
        told = {
            "INTAKE_DATABASE_URL": "postgresql://intake_app:x@postgres/intake",
            "INTAKE_PORT": str(port),
            "INTAKE_TLS_CERTIFICATE_FILE": str(certificate[0]),
        }
        code, said = look("health", "intake", **told)
        assert (code, json.loads(said.removesuffix("1"))) == (1, READY), (
            "not ready is told by the code as well"
        )
        assert look("metrics", "intake", **told) == (0, "outbox_depth 3\n")
        other = inside.sign("other", name="intake")
        code, said = look("metrics", "intake", **{**told, "INTAKE_TLS_CERTIFICATE_FILE": str(other[0])})
        assert "TLS fails" in said


def test_the_gateway_asks_each_service_at_the_address_and_by_the_authority_that_it_was_told(
    inside: Authority,
) -> None:
    with serving(inside.sign("service", address="127.0.0.1")) as port, serving() as internal:
        told = {
            "GATEWAY_DATABASE_URL": "postgresql://gateway_app:x@postgres/gateway",
            "GATEWAY_INTERNAL_PORT": str(internal),
            "GATEWAY_PORT": "1",
            "GATEWAY_UPSTREAMS": json.dumps({"intake": f"https://127.0.0.1:{port}"}),
            "GATEWAY_PORTAL_URL": f"https://127.0.0.1:{port}",
            "GATEWAY_UPSTREAM_AUTHORITY_FILE": str(inside.path),
        }
        for name in ("intake", "portal", "gateway"):
            assert look("metrics", name, **told) == (0, "outbox_depth 3\n"), name
        code, said = look("health", "housing", **told)
        assert code != 0
        assert "not those of housing" in said


def test_that_nobody_listens_and_that_nobody_answers_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.inside._SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        told = {"PORTAL_SESSION_KEYS": "k", "PORTAL_PORT": str(hangs.getsockname()[1])}
        assert "it hangs" in look("health", "portal", **told)[1]
    assert "nothing listens" in look("health", "portal", **told)[1]


async def test_the_broker_is_asked_as_the_processes_ask_it(kafka: str) -> None:
    prefix = f"look{secrets.token_hex(4)}."
    await ensure_topics(kafka, [f"{prefix}inburgering.intake"], replication=1, options={})
    told = {"KAFKA_BOOTSTRAP_SERVERS": kafka, "KAFKA_TOPIC_PREFIX": prefix}
    code, said = await asyncio.to_thread(look, "broker", **told)
    assert code == 0, said
    assert f"{prefix}inburgering.intake: 12 partitions, 0 without a leader\n" in said
    assert said.endswith("2 topics\n"), "with that of its dead letters, and nobody else's"


def test_a_broker_that_does_not_answer_is_named() -> None:
    code, said = look("broker", KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9")
    assert code != 0
    assert "No broker answers at 127.0.0.1:9" in said
