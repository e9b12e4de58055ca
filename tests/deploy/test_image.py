# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The image: built by buildah, started as an engine would, asked for its health on a real PostgreSQL.

It is built when its inputs are not those of the last full check, which `make image-check` records.
"""

import base64
import json
import os
import re
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from chassis.migrate import prepare
from services.intake.app import SERVICE
from tests.checked import IMAGE
from tests.deploy import image
from tests.deploy.image import Image
from tests.peers.run import REPOSITORY, Peer, free_port, launch, stop

FOUND: dict[str, Any] = {}


@pytest.fixture(scope="module")
def built() -> Iterator[Image]:
    if not IMAGE.due:
        pytest.fail("asked for an image that needs no building")
    if lacking := image.missing():
        pytest.skip(f"The image cannot be built without {', '.join(lacking)} (Debian packages).")
    began = time.monotonic()
    with image.built() as found:
        FOUND["build"] = round(time.monotonic() - began, 1)
        yield found


@pytest.fixture
async def database(postgres_url: str) -> Any:
    name = f"image_{secrets.token_hex(4)}"
    yield await prepare(
        postgres_url, SERVICE, database=name, owner_password="for-tests-only", app_password="for-tests-only"
    )
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


def test_the_image_is_that_of_the_last_full_check_or_is_checked_now() -> None:
    assert IMAGE.due or IMAGE.last["inputs"] == IMAGE.digest
    assert IMAGE.due or set(IMAGE.last) >= {"date", "inputs", "seconds", "megabytes"}


def test_uv_is_the_one_of_the_makefile() -> None:
    version = re.search(r"^UV_VERSION := (\S+)", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    assert version is not None
    assert f"uv=={version[1]} " in (REPOSITORY / "deploy" / "image" / "uv.txt").read_text()


def test_nothing_that_the_image_leaves_out_is_let_in() -> None:
    let_in = [line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line[:1] == "!"]
    assert "tests" not in let_in
    assert ".git" not in let_in
    assert all((REPOSITORY / name).exists() for name in let_in)


@pytest.mark.timeout(1800)  # a base of Debian packages and a build, on a machine that does other things too
async def test_the_image_runs_without_rights_on_a_root_that_is_read_only(
    request: pytest.FixtureRequest, database: Any, kafka: str, tmp_path: Path
) -> None:
    if not IMAGE.due:
        return  # the log says so in words: `python -m tests.checked`, by .ci/run
    built: Image = request.getfixturevalue("built")
    began = time.monotonic()
    _is_configured_as_promised(built)
    _lists_what_is_in_it(built)
    _holds_no_more_than_it_needs(built)
    told = _settings(database, kafka)
    migrated = built.run("python", "-m", "services.intake", "migrate", environment=told)
    assert migrated.returncode == 0, migrated.stderr
    helped = built.run("open-inburgering", "--help")
    assert "dead-letters" in helped.stdout, helped.stderr
    _serves(built, told, tmp_path / "log")
    FOUND["check"] = round(time.monotonic() - began, 1)
    size = sum(file.lstat().st_size for file in built.root.rglob("*") if not file.is_symlink())
    IMAGE.passed({"base": image.BASE, "megabytes": round(size / 1_000_000), "seconds": FOUND})


def _is_configured_as_promised(built: Image) -> None:
    configuration = built.configuration
    assert configuration["User"] == "10001:10001"
    assert configuration["StopSignal"] == "SIGTERM"
    assert configuration["Healthcheck"]["Test"] == ["CMD", "healthy"]
    labels = configuration["Labels"]
    assert labels["org.opencontainers.image.licenses"] == "EUPL-1.2"
    assert labels["org.opencontainers.image.revision"]


def _lists_what_is_in_it(built: Image) -> None:
    text = (built.root / "app" / "sbom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    listed = {component["purl"].partition("@")[0] for component in json.loads(text)["components"]}
    assert {"pkg:pypi/fastapi", "pkg:npm/htmx.org", "pkg:deb/debian/libc6"} <= listed
    assert "pkg:pypi/pytest" not in listed
    installed = (built.root / "app" / ".venv").rglob("*.dist-info")
    names = {re.sub(r"[-_.]+", "-", folder.name.partition("-")[0]).lower() for folder in installed}
    assert {f"pkg:pypi/{name}" for name in names} <= listed


def _holds_no_more_than_it_needs(built: Image) -> None:
    app = built.root / "app"
    assert not {"tests", "tools", "deploy", ".git"} & {one.name for one in app.iterdir()}
    assert not (built.root / "run" / "secrets").exists()
    writable = [file for file in app.rglob("*") if not file.is_symlink() and file.stat().st_mode & 0o022]
    assert writable == []
    refused = built.run("python", "-c", "open('/app/x', 'w')")
    assert "Read-only file system" in refused.stderr
    assert "uid=10001 gid=10001 groups=10001" in built.run("id").stdout
    for name in ("pg_dump", "pg_restore"):  # for backups of the servers that compose and the chart name
        found = built.run(
            "python", "-c", f"from chassis.care.programs import program as p; print(p('{name}', server=17))"
        )
        assert found.returncode == 0, found.stderr
    rights = built.run("python", "-c", "print(open('/proc/self/status').read())").stdout
    assert re.search(r"CapEff:\s+0{16}", rights), rights


def _settings(database: Any, kafka: str) -> dict[str, str]:
    public_key = Ed25519PrivateKey.generate().public_key()
    pem = public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()
    return {
        "OPEN_INBURGERING_ENVIRONMENT": "test",
        "OPEN_INBURGERING_GRANT_PUBLIC_KEY": pem.replace("\n", "\\n"),
        "OPEN_INBURGERING_PSEUDONYM_KEY": secrets.token_urlsafe(32),
        "INTAKE_DATABASE_URL": database.app_url,
        "INTAKE_OWNER_DATABASE_URL": database.owner_url,
        "INTAKE_ENCRYPTION_KEYS": "one:" + base64.b64encode(os.urandom(32)).decode(),
        "INTAKE_INDEX_KEYS": "two:" + base64.b64encode(os.urandom(32)).decode(),
        "INTAKE_HOST": "127.0.0.1",
        "INTAKE_PORT": str(free_port()),
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "KAFKA_TOPIC_PREFIX": f"image-{secrets.token_hex(4)}.",
    }


def _serves(built: Image, told: dict[str, str], log: Path) -> None:
    url = f"http://127.0.0.1:{told['INTAKE_PORT']}"
    process = launch(list(built.command("python", "-m", "services.intake", "serve", environment=told)), log)
    try:
        answer = _answer(url, process, log)
        assert answer["status"] == "ready", answer
        # The health check of the image, in it.
        asked = built.run(
            *built.configuration["Healthcheck"]["Test"][1:],
            environment={"HEALTH_URL": f"{url}/health/live"},
        )
        assert asked.returncode == 0, asked.stderr
        assert httpx.get(f"{url}/intake/v1/inburgeraars").status_code == 401
    finally:
        began = time.monotonic()
        stop(Peer(url, pid=process.pid))
    assert time.monotonic() - began < 15
    assert '"stopped"' in log.read_text(), log.read_text()[-2000:]


def _answer(url: str, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    give_up = time.monotonic() + 60
    while True:
        try:
            answer = httpx.get(f"{url}/health/ready")
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code == 200:
            return dict(answer.json())
        assert process.poll() is None, log.read_text()[-3000:]
        assert time.monotonic() < give_up, log.read_text()[-3000:]
        time.sleep(0.2)
