# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The gateway as a process of its own: it starts when it is told enough, and says what is missing."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from chassis.serving import Listener, Opened
from chassis.starting import Starting
from gateway.bootstrap import Bootstrap, BootstrapError, check_accounts, read
from gateway.process import serve
from tests.service.gateway.world import bootstrap_document


def run(what: str, folder: Path, **told: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GATEWAY_", "OPEN_INBURGERING_", "KAFKA_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "gateway", what],
        env={**kept, "GATEWAY_STATE_DIR": str(folder / "state"), **told},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def test_the_public_key_of_grants_can_be_printed_and_stays(tmp_path: Path) -> None:
    first, second = run("keys", tmp_path), run("keys", tmp_path)
    assert first.returncode == 0, first.stderr
    assert isinstance(load_pem_public_key(first.stdout.encode()), Ed25519PublicKey)
    assert first.stdout == second.stdout


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({}, "GATEWAY_DATABASE_URL"),
        ({"GATEWAY_DATABASE_URL": "postgresql://a:b@127.0.0.1/c"}, "GATEWAY_UPSTREAMS"),
        ({"GATEWAY_UPSTREAM_LIMIT": "many"}, "GATEWAY_UPSTREAM_LIMIT: Input should be a valid integer"),
        ({"GATEWAY_CORS_ORIGINS": "no-json"}, "GATEWAY_CORS_ORIGINS: Input should be JSON"),
        (
            {
                "GATEWAY_DATABASE_URL": "postgresql://a:b@127.0.0.1/c",
                "GATEWAY_UPSTREAMS": '{"intake": "http://127.0.0.1:9"}',
            },
            "KAFKA_BOOTSTRAP_SERVERS",
        ),
    ],
)
def test_what_is_missing_is_named_and_no_secret_shown(
    tmp_path: Path, told: dict[str, str], named: str
) -> None:
    done = run("serve", tmp_path, **told)
    assert done.returncode != 0
    assert done.stderr.startswith("gateway does not start:")
    assert named in done.stderr
    assert "a:b" not in done.stderr
    assert "Traceback" not in done.stderr


@asynccontextmanager
async def _a_stand_in(*_: object, **__: object) -> AsyncIterator[MagicMock]:
    yield MagicMock()


@pytest.mark.parametrize("port", ["0", "8099"])
async def test_there_is_one_app_behind_each_listener(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    seen: list[tuple[list[str], list[str]]] = []

    async def look(
        opened: Callable[[Starting], AbstractAsyncContextManager[Opened]], listeners: Sequence[Listener]
    ) -> None:
        async with opened(Starting("gateway")) as made:
            seen.append((list(made.apps), [one.name for one in listeners]))

    told = {
        "GATEWAY_DATABASE_URL": "postgresql://127.0.0.1/none",
        "GATEWAY_UPSTREAMS": '{"intake": "http://127.0.0.1:9"}',
        "GATEWAY_INTERNAL_PORT": port,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    for name in ("kafka_bus", "gateway"):
        monkeypatch.setattr(f"gateway.process.{name}", _a_stand_in)
    monkeypatch.setattr("gateway.process.serve_process", look)
    await serve()
    ((apps, listeners),) = seen
    assert apps == listeners


def test_production_wants_its_own_key(tmp_path: Path) -> None:
    production = {
        "OPEN_INBURGERING_ENVIRONMENT": "production",
        "OPEN_INBURGERING_PSEUDONYM_KEY": "a-long-random-text",
    }
    done = run("keys", tmp_path, **production)
    assert done.returncode != 0
    assert "GATEWAY_GRANT_PRIVATE_KEY" in done.stderr
    wrong = run("keys", tmp_path, GATEWAY_GRANT_PRIVATE_KEY="no key")
    assert "Ed25519" in wrong.stderr


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "is not JSON"),
        ("[]", "valid dictionary"),
        ('{"organisations": [{"slug": "a"}]}', "organisations.0"),
        ('{"organisations": [], "surprise": 1}', "surprise"),
        (json.dumps({**bootstrap_document(), "organisations": []}), "is not in it"),
    ],
)
def test_a_bootstrap_file_that_is_wrong_says_where(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "bootstrap.json"
    path.write_text(text)
    with pytest.raises(BootstrapError, match=named):
        read(path)


def test_a_bootstrap_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="cannot be read"):
        read(tmp_path / "absent.json")


LOGIN = "https://login.example"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, None),
        ({"issuer": "built-in"}, "needs an issuer"),
        ({"issuer": "https://other.example"}, "needs an issuer"),
        ({"subject": None}, "needs an issuer"),
        ({"secretHash": "0" * 64}, "has a secret"),
    ],
)
def test_production_takes_no_account_of_the_built_in_issuer(
    changes: dict[str, str | None], named: str | None
) -> None:
    document = bootstrap_document()
    for row in [*document["members"], *document["clients"]]:
        row |= {"issuer": LOGIN, "subject": "account"}
        row.pop("secretHash", None)
    document["clients"][0] |= changes
    wanted = Bootstrap.model_validate(document)
    if named is None:
        check_accounts(wanted, [LOGIN])
    else:
        with pytest.raises(BootstrapError, match=named):
            check_accounts(wanted, [LOGIN])
