# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Our own processes as they run in production: services, the gateway, and callers with grants and tokens."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bench.load import SERVER_CORE
from bench.machine import pinned
from bench.peers import child, free_port, wait_for
from chassis import logs
from chassis.access import GRANT_HEADER, Caller, Scope
from chassis.migrate import Prepared, migrate, prepare
from chassis.service import Service
from contracts.access import Purpose, Role
from demo.parties import MEMBERS, organisation_id
from demo.situation import bootstrap_file
from embedded.environment import environment
from embedded.folder import DataFolder
from gateway.app import SERVICE as GATEWAY

__all__ = ["GEMEENTE", "Installation", "Process", "app_process", "logged"]

GEMEENTE = "1916"
_PASSWORD = "bench-only"  # noqa: S105 - opens databases of a measurement
_HOUR = 3600
_READY = "/health/ready"  # it lives from the first moment, and takes requests later


class Process:
    """One of our processes: its address and its id."""

    def __init__(self, pid: int, port: int, ready_after: float) -> None:
        self.pid = pid
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.ready_after = ready_after  # seconds


@contextmanager
def app_process(
    arguments: Sequence[str],
    *,
    log: Path,
    port: int,
    told: Mapping[str, str] | None = None,
    core: int | None = SERVER_CORE,
    path: str = "/health/live",
) -> Iterator[Process]:
    """Run a Python module of ours until the block ends, on one processor unless `core` is None."""
    command = [*(pinned(core) if core is not None else []), sys.executable, "-m", *arguments]
    began = time.monotonic()
    with child(command, log, environment=dict(told or {})) as process:
        url = f"http://127.0.0.1:{port}{path}"

        def ready() -> bool:
            try:
                return httpx.get(url, timeout=5).status_code == 200
            except httpx.TransportError:
                return False

        wait_for(ready, process, log)
        yield Process(process.pid, port, time.monotonic() - began)


class Installation:
    """Keys, databases and settings of one measured platform."""

    def __init__(self, home: Path, postgres_url: str, *, brokers: str = "") -> None:
        """Make keys and identities below `home`; databases are made when asked for."""
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o755)
        self.home = home
        self.postgres_url = postgres_url
        self.brokers = brokers
        folder = DataFolder(home / "platform")
        folder.prepare()
        self.gateway_port = free_port()
        made = environment(
            folder,
            address=f"http://127.0.0.1:{self.gateway_port}",
            bootstrap=bootstrap_file(folder.secrets),
        )
        for name in ("OPEN_INBURGERING_CLOCK", "OPEN_INBURGERING_CLOCK_FILE"):
            made.pop(name, None)  # real time, as in production
        self.told = {
            **made,
            "KAFKA_BOOTSTRAP_SERVERS": brokers or "127.0.0.1:9",  # nobody: what is measured has no bus
            "OPEN_INBURGERING_ENVIRONMENT": "test",
        }
        key = load_pem_private_key(made["GATEWAY_GRANT_PRIVATE_KEY"].encode(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("the key of the grants is an Ed25519 key")
        self.grant_key = key

    async def database(self, service: Service, *, name: str = "") -> Prepared:
        """The database of a service, made and migrated."""
        prepared = await prepare(
            self.postgres_url,
            service,
            database=name or f"bench_{service.schema}",
            owner_password=_PASSWORD,
            app_password=_PASSWORD,
        )
        await migrate(service, prepared.owner_url)
        return prepared

    @contextmanager
    def service(
        self,
        service: Service,
        module: str,
        database: Prepared,
        *,
        core: int | None = SERVER_CORE,
        **more: str,
    ) -> Iterator[Process]:
        """Run a service as a process on the server's processor; on any if `core` is None."""
        prefix = str(service.settings.model_config.get("env_prefix", ""))
        port = free_port()
        told = {
            **self.told,
            f"{prefix}DATABASE_URL": database.app_url,
            f"{prefix}PORT": str(port),
            **more,
        }
        with app_process(
            [module, "serve"],
            log=self.home / f"{service.name}.log",
            port=port,
            told=told,
            core=core,
            path=_READY,
        ) as process:
            yield process

    @contextmanager
    def gateway(
        self,
        database: Prepared,
        upstreams: Mapping[str, str],
        *,
        core: int | None = SERVER_CORE,
        **more: str,
    ) -> Iterator[Process]:
        """Run the gateway as `service` does, its limits so high that none is met."""
        most = "1000000"
        told = {
            **self.told,
            "GATEWAY_DATABASE_URL": database.app_url,
            "GATEWAY_PORT": str(self.gateway_port),
            "GATEWAY_INTERNAL_PORT": str(free_port()),
            "GATEWAY_UPSTREAMS": json.dumps(dict(upstreams)),
            **{
                f"GATEWAY_{who}_{what}": most
                for who in ("CALLER", "ORGANISATION", "ADDRESS")
                for what in ("PER_SECOND", "BURST")
            },
            **more,
        }
        with app_process(
            ["gateway", "serve"],
            log=self.home / "gateway.log",
            port=self.gateway_port,
            told=told,
            core=core,
            path=_READY,
        ) as process:
            yield process

    async def gateway_database(self) -> Prepared:
        """The register of the gateway."""
        return await self.database(GATEWAY)

    def grant(
        self, *roles: Role, organisation: str = "echt-nederlands", gemeentecode: str = ""
    ) -> dict[str, str]:
        """The header with which the gateway tells a service who calls; it lives an hour."""
        every = frozenset(str(one) for one in Purpose)
        caller = Caller(
            subject=UUID(int=1),
            kind="person",
            organisation_id=organisation_id(organisation),
            organisation_kind="gemeente" if gemeentecode else "taalschool",
            roles=frozenset(str(role) for role in roles),
            gemeentecode=gemeentecode or None,
            scopes={gemeentecode: Scope("person", every, executing=gemeentecode)} if gemeentecode else {},
        )
        now = int(time.time())
        claims = {**caller.to_claims(), "aud": "services", "iat": now, "exp": now + _HOUR, "jti": uuid4().hex}
        return {GRANT_HEADER: jwt.encode(claims, self.grant_key, algorithm="EdDSA")}

    def token(self, url: str, name: str) -> dict[str, str]:
        """The header with which somebody of the demo calls the gateway."""
        answer = httpx.post(f"{url}/demo/v1/tokens", json={"name": name}, timeout=10)
        answer.raise_for_status()
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@contextmanager
def logged(path: Path) -> Iterator[None]:
    """Log to a file as a process of the platform does: what nobody configured writes for people, and slowly."""
    with path.open("a") as file:
        with redirect_stderr(file):
            logs.configure()
        yield
    logs.configure()


def member(role: Role) -> str:
    """The name of somebody of the demo with this role."""
    return next(one.name for one in MEMBERS if role in one.roles)


def openapi(module: str, told: Mapping[str, str]) -> bytes:
    """The OpenAPI document that a service publishes."""
    return subprocess.run(
        [sys.executable, "-m", module, "openapi"],
        check=True,
        capture_output=True,
        env={**os.environ, **told},
    ).stdout
