# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The configuration of the front door, in Debian's nginx, before a server that tells what it was sent."""

import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.peers.certificates import Authority
from tests.peers.nginx import CONFIGURATION, SIGN_IN_HOST, installed, nginx_in_front
from tests.peers.run import free_port

HOST = "127.0.0.1"


class Telling(BaseHTTPRequestHandler):
    """Answers with the request as it arrived: its line, its headers and its body."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = self.headers.get("Content-Length")
        body = self.rfile.read(int(length)).decode() if length else ""
        told = json.dumps(
            {
                "path": self.requestline.split()[1],
                "headers": [list(one) for one in self.headers.items()],
                "body": body,
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.send_header("Strict-Transport-Security", "max-age=1")
        self.end_headers()
        self.wfile.write(told)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module", autouse=True)
def nginx() -> None:
    if shutil.which("nginx") is None:
        pytest.skip("There is no nginx (Debian: apt-get install nginx).")


@pytest.fixture(scope="module")
def behind() -> Iterator[str]:
    with ThreadingHTTPServer((HOST, 0), Telling) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{HOST}:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def front(behind: str) -> Iterator[str]:
    with nginx_in_front(behind) as url:
        yield url


def raw(url: str, request: bytes, *, wait: float = 20) -> bytes:
    """What comes back on a connection of our own, until the other side closes it."""
    where = urlsplit(url)
    with socket.create_connection((HOST, where.port or 0), timeout=wait) as connection:
        connection.sendall(request)
        got = b""
        with suppress(ConnectionResetError):
            while piece := connection.recv(65_536):
                got += piece
        return got


def told(answer: httpx.Response | bytes) -> dict[str, Any]:
    text = answer.partition(b"\r\n\r\n")[2] if isinstance(answer, bytes) else answer.content
    return dict(json.loads(text))


def values(seen: dict[str, Any], name: str) -> list[str]:
    return [value for key, value in seen["headers"] if key.lower() == name.lower()]


def request(path: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
    head = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "Connection: close", *lines]
    return "\r\n".join([*head, "", ""]).encode() + body


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_nginx_finds_no_fault_in_the_configuration(tls: bool) -> None:
    with installed("http://127.0.0.1:8000", tls=tls) as (home, _):
        said = check(home)
    assert said.returncode == 0, said.stderr
    assert "[warn]" not in said.stderr, said.stderr


def test_nginx_finds_no_fault_in_the_way_to_the_sign_in_service() -> None:
    with installed("http://127.0.0.1:8000", tls=True) as (home, _):
        text = (CONFIGURATION / "front.d" / "keycloak.conf").read_text()
        (home / "front.d").mkdir()
        (home / "front.d" / "keycloak.conf").write_text(
            text.replace("https://keycloak:", "https://127.0.0.1:")
        )
        said = check(home)
    assert said.returncode == 0, said.stderr


def test_a_misspelt_directive_is_found() -> None:
    with installed("http://127.0.0.1:8000", tls=False) as (home, _):
        file = home / "conf.d" / "front.conf"
        file.write_text(file.read_text().replace("client_header_timeout", "client_heeder_timeout"))
        said = check(home)
    assert said.returncode != 0
    assert "client_heeder_timeout" in said.stderr


@pytest.mark.parametrize("which", ["right", "of another authority", "for another name", "plain"])
def test_the_gateway_is_believed_by_its_certificate_alone(tmp_path: Path, which: str) -> None:
    ours = Authority(tmp_path, "ours")
    signs = Authority(tmp_path, "others") if which == "of another authority" else ours
    files = signs.sign("gateway", name="elsewhere" if which == "for another name" else "gateway")
    with ThreadingHTTPServer((HOST, 0), Telling) as server:
        if which != "plain":
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*files)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            told = {"FRONT_INSIDE_AUTHORITY": str(ours.path)}
            with nginx_in_front(f"https://{HOST}:{server.server_port}", settings=told) as url:
                answer = httpx.get(f"{url}/portal/")
        finally:
            server.shutdown()
            thread.join()
    assert answer.status_code == (200 if which == "right" else 503)


def check(home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["nginx", "-t", "-e", "stderr", "-c", home / "nginx.conf"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/a%2Fb", "/a//b", "/a/../b", "/a%5cb", "/a/%2e%2e/b?q=%2f%20", "/a;b=c"])
def test_an_address_arrives_as_it_was_sent(front: str, path: str) -> None:
    assert told(raw(front, request(path)))["path"] == path


def test_what_a_caller_says_about_itself_is_replaced(front: str) -> None:
    seen = told(
        raw(
            front,
            request(
                "/",
                "X-Forwarded-For: 203.0.113.9",
                "X-Forwarded-For: 203.0.113.10",
                "X-Forwarded-Proto: https",
                "X-Forwarded-Host: elsewhere.example",
                "X-Forwarded-Prefix: /admin",
                "Forwarded: for=203.0.113.9",
                "X-Real-IP: 203.0.113.9",
                "X-Original-URL: /admin",
                "X-Rewrite-URL: /admin",
                "Proxy: http://elsewhere.example",
                "X_Forwarded_For: 203.0.113.9",
                "X-Request-ID: mine",
            ),
        )
    )
    assert values(seen, "X-Forwarded-For") == [HOST]
    assert values(seen, "X-Forwarded-Proto") == ["http"]
    assert values(seen, "X-Forwarded-Host") == [HOST]
    assert values(seen, "X-Request-ID") != ["mine"]
    assert "203.0.113" not in json.dumps(seen)
    assert "elsewhere" not in json.dumps(seen)
    assert "/admin" not in json.dumps(seen)


def test_a_trace_begins_here_unless_the_caller_has_one(front: str) -> None:
    fresh = told(raw(front, request("/")))
    assert values(fresh, "traceparent")[0].startswith(f"00-{values(fresh, 'X-Request-ID')[0]}-")
    known = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert values(told(raw(front, request("/", f"traceparent: {known}"))), "traceparent") == [known]
    wrong = told(raw(front, request("/", "traceparent: 00-nonsense")))
    assert values(wrong, "traceparent") != ["00-nonsense"]


def test_a_body_in_chunks_arrives_with_one_length(front: str) -> None:
    body = b"4\r\nvier\r\n4\r\nacht\r\n0\r\n\r\n"
    seen = told(raw(front, request("/", "Transfer-Encoding: chunked", method="POST", body=body)))
    assert seen["body"] == "vieracht"
    assert values(seen, "Content-Length") == ["8"]
    assert values(seen, "Transfer-Encoding") == []


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 4", "Transfer-Encoding: chunked"),
        ("Content-Length: 4", "Content-Length: 5"),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: xchunked",),
        ("Content-Length: +4",),
        ("Transfer-Encoding : chunked",),
    ],
)
def test_a_body_whose_end_is_a_guess_is_refused(front: str, lines: tuple[str, ...]) -> None:
    body = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = raw(front, request("/", *lines, method="POST", body=body))
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501")), answer
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "path", ["http://elsewhere.example/", "//elsewhere.example/"], ids=["absolute", "two-slashes"]
)
def test_another_name_in_the_address_reaches_no_other_place(front: str, path: str) -> None:
    answer = raw(front, request(path))
    assert answer.startswith(b"HTTP/1.1 421") or told(answer)["path"] == path


def test_another_host_is_refused(front: str) -> None:
    answer = httpx.get(front, headers={"Host": "elsewhere.example"})
    assert answer.status_code == 421
    assert answer.json()["code"] == "unknown-host"


@pytest.fixture(scope="module")
def with_sign_in(behind: str) -> Iterator[str]:
    """The door with both sites; behind either stands the same server that tells what it was sent."""
    text = (CONFIGURATION / "front.d" / "keycloak.conf").read_text()
    with nginx_in_front(
        behind, beside={"keycloak.conf": text.replace("https://keycloak:8443", behind)}
    ) as url:
        yield url


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        (HOST, "/portal/", 200),
        (HOST, "/auth/realms/open-inburgering/account", 404),
        (HOST, "/auth/resources/a.js", 404),
        (SIGN_IN_HOST, "/auth/realms/open-inburgering/account", 200),
        (SIGN_IN_HOST, "/auth/resources/a.js", 200),
        (SIGN_IN_HOST, "/auth/realms/master/account", 404),
        (SIGN_IN_HOST, "/auth/admin/", 404),
        (SIGN_IN_HOST, "/portal/", 404),
        (SIGN_IN_HOST, "/intake/v1/inburgeraars", 404),
        ("elsewhere.example", "/auth/resources/a.js", 421),
    ],
)
def test_the_platform_and_the_sign_in_page_are_two_sites(
    with_sign_in: str, host: str, path: str, status: int
) -> None:
    answer = httpx.get(f"{with_sign_in}{path}", headers={"Host": host})
    assert answer.status_code == status
    if status == 200:
        assert values(answer.json(), "Host") == [host]


def test_a_head_of_64_megabytes_is_refused(front: str) -> None:
    line = b"X-A: " + b"a" * 1_000_000 + b"\r\n"
    with socket.create_connection((HOST, urlsplit(front).port or 0), timeout=20) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n".encode())
        with suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(64):
                connection.sendall(line)
        answer = connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 431"), answer


def test_a_head_just_too_large_hears_why(front: str) -> None:
    answer = httpx.get(front, headers={f"X-{number}": "a" * 1000 for number in range(40)})
    assert answer.status_code == 431
    assert answer.json()["code"] == "headers-too-large"
    assert answer.json()["instance"].startswith("urn:trace:")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_headers_of_the_gateway_are_not_doubled(front: str) -> None:
    assert httpx.get(front).headers.get_list("strict-transport-security") == ["max-age=1"]


def test_a_body_over_21_megabytes_is_refused(front: str) -> None:
    answer = raw(front, request("/", "Content-Length: 99000000", method="POST"))
    assert answer.startswith(b"HTTP/1.1 413")
    assert told(answer)["code"] == "too-large"


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_health_and_metrics_are_not_for_the_outside(front: str, path: str) -> None:
    assert httpx.get(front + path).status_code == 404


@pytest.mark.parametrize(
    "start",
    [b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ", b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\na"],
    ids=["head", "body"],
)  # fmt: skip
def test_who_writes_too_slowly_is_sent_away(behind: str, start: bytes) -> None:
    with nginx_in_front(behind, settings={"FRONT_HEADER_SECONDS": "1", "FRONT_BODY_SECONDS": "1"}) as url:
        began = time.monotonic()
        answer = raw(url, start, wait=15)
        assert time.monotonic() - began < 10
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408")


def test_a_drip_of_headers_does_not_hold_a_connection(behind: str) -> None:
    settings = {"FRONT_HEADER_SECONDS": "1"}
    with (
        nginx_in_front(behind, settings=settings) as url,
        socket.create_connection((HOST, urlsplit(url).port or 0), timeout=10) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\n")
        began = time.monotonic()
        try:
            while time.monotonic() - began < 8:
                connection.sendall(b"X-A: b\r\n")
                time.sleep(0.2)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert time.monotonic() - began < 6


def test_too_many_requests_from_one_address_are_told_to_wait(behind: str) -> None:
    settings = {"FRONT_REQUESTS_PER_SECOND": "1", "FRONT_REQUESTS_AT_ONCE": "5"}
    with nginx_in_front(behind, settings=settings) as url, httpx.Client() as client:
        answers = [client.get(url) for _ in range(40)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert all(answer.status_code == 200 for answer in answers[:6])
    assert refused
    assert refused[0].headers["retry-after"] == "1"
    assert refused[0].json()["code"] == "too-many-requests"


def test_a_gateway_that_is_away_is_told_as_503() -> None:
    with nginx_in_front(f"http://{HOST}:{free_port()}") as url:
        answer = httpx.get(url)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["code"] == "service-unavailable"


@pytest.mark.parametrize(
    ("version", "spoken"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_is_1_2_or_newer(behind: str, version: ssl.TLSVersion, spoken: bool) -> None:
    with nginx_in_front(behind, tls=True) as url:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.maximum_version = version
        port = urlsplit(url).port or 0
        try:
            with socket.create_connection((HOST, port)) as plain, context.wrap_socket(plain) as connection:
                found = connection.version()
        except (ssl.SSLError, ConnectionResetError):
            found = None
    assert (found is not None) is spoken


def test_plain_http_sends_a_browser_on_and_refuses_a_program(behind: str) -> None:
    redirect = free_port()
    settings = {"FRONT_REDIRECT_LISTEN": f"{HOST}:{redirect}", "FRONT_PUBLIC_URL": "https://platform.example"}
    plain = f"http://{HOST}:{redirect}"
    with nginx_in_front(behind, tls=True, settings=settings):
        for path in ("/", "/portal", "/portal/?a=b"):
            answer = httpx.get(plain + path)
            assert answer.status_code == 308
            assert answer.headers["location"] == f"https://platform.example{path}"
        for path in (
            "/intake/v1/inburgeraars",
            "/gateway/v1/portal/",
            "/portal-of-others",
            "/portal/../intake/v1/x",
        ):
            for method in ("GET", "POST"):
                refused = httpx.request(method, plain + path, headers={"Authorization": "Bearer abc"})
                assert (refused.status_code, refused.json()["code"]) == (403, "https-required")
                assert "location" not in refused.headers
