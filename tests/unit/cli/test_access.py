# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How an operator gets a token: by a key, by signing in elsewhere, and what is said when the issuer gives none."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from cli import access
from cli.app import app
from cli.door import Door

KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass
class Told:
    """What an issuer answers and was sent. Its token endpoint answers these in turn, the last one for ever."""

    answers: list[tuple[int, dict[str, Any]]]
    names: dict[str, Any] = field(default_factory=dict)
    forms: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    address: str = ""


@contextmanager
def issuer(*answers: tuple[int, dict[str, Any]], **names: Any) -> Iterator[Told]:
    """An issuer on this machine. A gateway too, that leads to it: at /door."""
    told = Told(list(answers), names)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document = "/.well-known/openid-configuration"
            if self.path == f"/door{document}":
                self._send(307, {}, Location=f"{told.address}{document}")
            elif self.path == document:
                made = {"issuer": told.address, "token_endpoint": f"{told.address}/token", **told.names}
                self._send(200, made)
            else:
                self._send(404, {})

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told.forms.append((self.path, {name: values[0] for name, values in parse_qs(text).items()}))
            if self.path == "/device":
                self._send(
                    200,
                    {
                        "device_code": "of-this-device",
                        "user_code": "WDJB-MJHT",
                        "verification_uri": f"{told.address}/here",
                        "interval": 2,
                        "expires_in": 60,
                    },
                )
            else:
                self._send(*(told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]))

        def _send(self, status: int, body: dict[str, Any], **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.address = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


GRANTED = (200, {"access_token": "a-token", "expires_in": 300})


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "operations-key.pem"
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(KEY.private_bytes(serialization.Encoding.PEM, *form))
    return path


def command(*arguments: str, **told: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["token", *arguments], env=told)
    return done.exit_code, f"{done.output}{done.exception or ''}"


def test_a_system_signs_for_the_issuer_that_the_gateway_leads_to(key_file: Path) -> None:
    with issuer(GRANTED) as told:
        asked = command(
            OPEN_INBURGERING_URL=f"{told.address}/door",
            OPEN_INBURGERING_CLIENT_ID="operations",
            OPEN_INBURGERING_CLIENT_KEY_FILE=str(key_file),
        )
    assert asked == (0, "a-token\n"), "the token and nothing else"
    ((path, form),) = told.forms
    assert path == "/token"
    assert form["grant_type"] == "client_credentials"
    claims = jwt.decode(
        form["client_assertion"], KEY.public_key(), algorithms=["ES256"], audience=told.address
    )
    assert (claims["iss"], claims["sub"]) == ("operations", "operations")
    assert claims["exp"] - claims["iat"] <= 60


def test_the_key_is_shown_to_the_issuer_under_its_thumbprint(key_file: Path) -> None:
    code, said = command("--key-file", str(key_file), "--key-set")
    (jwk,) = json.loads(said)["keys"]
    assert code == 0
    assert "d" not in jwk
    required = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    made = base64.urlsafe_b64encode(hashlib.sha256(required.encode()).digest()).decode().rstrip("=")
    assert jwk["kid"] == made, "RFC 7638"


async def test_a_person_signs_in_elsewhere_while_the_command_waits() -> None:
    later: list[tuple[int, dict[str, Any]]] = [
        (400, {"error": "authorization_pending"}),
        (400, {"error": "slow_down"}),
        GRANTED,
    ]
    waits: list[float] = []
    said: list[str] = []

    async def pause(seconds: float) -> None:
        waits.append(seconds)

    with issuer(*later) as told:
        told.names["device_authorization_endpoint"] = f"{told.address}/device"
        async with access.session() as http:
            granted = await access.by_browser(
                http, told.address, client_id="command", say=said.append, pause=pause
            )
    assert granted == access.Granted("a-token", 300)
    assert waits == [2.0, 2.0, 7.0], "slower when it is asked"
    assert "WDJB-MJHT" in said[0]
    assert f"{told.address}/here" in said[0]
    begun, *asked = told.forms
    challenge = base64.urlsafe_b64encode(hashlib.sha256(asked[-1][1]["code_verifier"].encode()).digest())
    assert begun[1]["code_challenge"] == challenge.decode().rstrip("=")
    assert asked[-1][1]["device_code"] == "of-this-device"


async def test_who_does_not_come_in_time_gets_no_token() -> None:
    clock = iter([0.0, 30.0, 61.0])

    async def pause(_: float) -> None:
        """The clock goes on by itself."""

    with issuer((400, {"error": "authorization_pending"})) as told:
        told.names["device_authorization_endpoint"] = f"{told.address}/device"
        async with access.session() as http:
            with pytest.raises(access.NoToken, match="Nobody signed in in time"):
                await access.by_browser(
                    http,
                    told.address,
                    client_id="command",
                    say=lambda _: None,
                    pause=pause,
                    monotonic=lambda: next(clock),
                )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            (401, {"error": "invalid_client", "error_description": "unknown key"}),
            "invalid_client (unknown key)",
        ),
        ((500, {}), "refuses: 500"),
        ((200, {}), "without a token"),
    ],
)
def test_what_the_issuer_says_is_passed_on(key_file: Path, answer: Any, said: str) -> None:
    with issuer(answer) as told:
        code, text = command("--url", told.address, "--client-id", "a", "--key-file", str(key_file))
    assert code == 1
    assert said in text


def test_what_cannot_be_is_said_in_a_sentence(key_file: Path, tmp_path: Path) -> None:
    assert "cannot be read" in command("--key-file", str(tmp_path / "none.pem"), "--client-id", "a")[1]
    (tmp_path / "no.pem").write_text("no key")
    assert "holds no private key" in command("--key-file", str(tmp_path / "no.pem"), "--client-id", "a")[1]
    assert "does not answer" in command("--url", "http://127.0.0.1:9")[1]
    with issuer(GRANTED) as told:
        assert "has no sign-in for a command" in command("--url", told.address)[1]
        assert "names no issuer (404)" in command("--url", f"{told.address}/nowhere")[1]
    assert "needs --client-id" in command("--key-file", str(key_file))[1]
    assert "needs --key-file" in command("--key-set")[1]


async def test_nothing_is_sent_to_an_issuer_without_tls_by_a_gateway_that_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def answered(*_: Any, **__: Any) -> tuple[int, dict[str, Any]]:
        return 200, {"issuer": "https://login.example", "token_endpoint": "http://login.example/token"}

    monkeypatch.setattr(access, "_answer", answered)
    async with access.session() as http:
        with pytest.raises(access.NoToken, match="token_endpoint without https"):
            await access._document(http, "https://platform.example")


async def test_long_work_gets_a_new_token_before_the_old_one_ends(
    key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [(200, {"access_token": f"token-{n}", "expires_in": 300}) for n in range(3)]
    with issuer(*answers) as told:
        monkeypatch.setenv("OPEN_INBURGERING_CLIENT_ID", "operations")
        monkeypatch.setenv("OPEN_INBURGERING_CLIENT_KEY_FILE", str(key_file))
        door = Door(told.address)
        assert [await door.token("operations") for _ in range(2)] == ["token-0", "token-0"]
        real = time.monotonic
        monkeypatch.setattr("cli.door.time.monotonic", lambda: real() + 241)
        assert await door.token("operations") == "token-1"
        monkeypatch.setenv("OPEN_INBURGERING_TOKEN", "given")
        assert await door.token("operations") == "given"
