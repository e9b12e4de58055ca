# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The compose file: Docker Compose takes it, production's own checks take its settings, nothing is left open."""

import asyncio
import json
import os
import re
import secrets
import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml
from cryptography import x509
from sqlalchemy import make_url

from chassis.migrate import migrate
from chassis.settings import ServiceSettings
from chassis.tls import ServerTls
from cli.access import COMMAND, keys_in
from embedded.app import ALL, GATEWAY
from gateway import bootstrap
from gateway.inside import Inside
from gateway.settings import GatewaySettings
from tests.deploy.compose import COMPOSE_FILE, NEW_SECRETS, OURS, Refused, load, new_environment
from tests.peers.run import REPOSITORY

Project = dict[str, Any]

STEPS = ("migrations", "topics", "backup", "tombstones", "restore", "operator")
ONCE = ("databases", *STEPS)
SCHEMAS = ("gateway", "housing", "intake", "learning_routes", "notifications")
NAME_OF_A_SETTING = re.compile(r"^\| `([A-Z_]+)`", re.MULTILINE)


@pytest.fixture
def program(compose_program: str) -> str:
    return compose_program


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("depends_on:", "depend_on:"),
        ("cap_drop:", "cap_drops:"),
        ("condition: service_healthy", "condition: service_wealthy"),
        ("databases: {condition", "databasses: {condition"),
        ("source: bootstrap", "source: bootstrapp"),
        ("networks: [data]", "networks: [dat]"),
        ("stop_grace_period: 30s", "stop_grace_period: soon"),
    ],
)
def test_docker_compose_refuses_a_misspelt_word(
    program: str, environment: str, right: str, wrong: str
) -> None:
    text = COMPOSE_FILE.read_text()
    assert right in text
    with pytest.raises(Refused):
        load(program, text.replace(right, wrong, 1), environment)


def test_every_secret_must_be_given(program: str, environment: str) -> None:
    example = (REPOSITORY / "deploy/compose/.env.example").read_text()
    asked_for = set(re.findall(r"^([A-Z_]+)=$", example, re.MULTILINE))
    made = set(re.findall(r"^([A-Z_]+)=", environment, re.MULTILINE))
    assert asked_for == made, "the example and what new-secrets makes differ"
    for name in sorted(asked_for):
        emptied = re.sub(rf"^{name}=.*$", f"{name}=", environment, flags=re.MULTILINE)
        with pytest.raises(Refused, match=name):
            load(program, COMPOSE_FILE.read_text(), emptied)


def test_no_secret_stands_in_the_file() -> None:
    text = COMPOSE_FILE.read_text()
    for name, value in re.findall(r"^ +(\w*(?:PASSWORD|KEYS?|SECRET)): *(.+)", text, re.MULTILINE):
        if name not in {"FRONT_CERTIFICATE_KEY", "OPEN_INBURGERING_GRANT_PUBLIC_KEY"}:
            assert re.fullmatch(r"\$\{\w+(:\?.*|:-)\}", value), f"{name} has a value of its own"


def test_two_installations_share_no_secret(environment: str, tmp_path: Path) -> None:
    other = new_environment(tmp_path / "local")
    shared = set(environment.splitlines()) & set(other.splitlines())
    assert {line.partition("=")[0] for line in shared} <= {
        "OPEN_INBURGERING_HOST",
        "OPEN_INBURGERING_SIGN_IN_HOST",
        "OPEN_INBURGERING_OIN",
    }


def test_each_process_is_told_its_own_and_nobody_elses(project: Project, local: Path) -> None:
    services = project["services"]
    for service in ALL:
        told = services[service.name]["environment"]
        prefix = service.schema.upper()
        assert make_url(told[f"{prefix}_DATABASE_URL"]).username == f"{service.schema}_app"
        assert f"{prefix}_OWNER_DATABASE_URL" not in told, "only the migrations get the owner"
    gateway = services["gateway"]["environment"]
    assert set(json.loads(gateway["GATEWAY_UPSTREAMS"])) == {one.name for one in ALL} - {GATEWAY.name}
    assert all(one["jwksUri"].startswith("https://") for one in json.loads(gateway["GATEWAY_ISSUERS"]))
    assert services["portal"]["environment"]["PORTAL_ISSUER_URL"].startswith("https://")
    assert bootstrap.read(local / "bootstrap.json").members[0].roles == ["administrator"]


def test_every_variable_is_one_that_exists(project: Project) -> None:
    known = set(NAME_OF_A_SETTING.findall((REPOSITORY / "docs/settings.md").read_text()))
    common = {name.removeprefix("<SERVICE>_") for name in known if name.startswith("<SERVICE>_")}
    common |= set(map(str.upper, ServiceSettings.model_fields))
    known |= {f"{schema.upper()}_{name}" for schema in SCHEMAS for name in common}
    known |= {"HEALTH_URL", "SSL_CERT_FILE", "OPEN_INBURGERING_URL"}
    known |= {"PORTAL_PUBLIC_URL", "OPEN_INBURGERING_PUBLIC_URL"}
    for name in (*OURS, *STEPS):
        assert set(project["services"][name]["environment"]) <= known, name


def test_the_example_names_every_variable_that_may_be_given() -> None:
    example = (REPOSITORY / "deploy/compose/.env.example").read_text()
    told = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    assert set(re.findall(r"\$\{([A-Z_]+)", COMPOSE_FILE.read_text())) == told


def test_every_image_is_pinned(project: Project) -> None:
    for name, service in project["services"].items():
        if name in {*OURS, *STEPS}:
            continue
        assert re.search(r":v?\d+\.\d+(\.\d+)?(-\w+)?$", service["image"]), service["image"]


def test_all_processes_run_the_one_image_without_rights(project: Project) -> None:
    for name in (*OURS, *STEPS):
        service = project["services"][name]
        assert service["image"] == "open-inburgering:latest"
        assert service["user"] == "10001:10001"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert "privileged" not in service


def test_what_stays_up_has_a_health_check_and_a_limit_of_memory(project: Project) -> None:
    for name, service in project["services"].items():
        if name not in ONCE:
            assert service.get("healthcheck", {}).get("test"), name
            if name in OURS:
                assert service["healthcheck"]["test"] == ["CMD", "healthy"], "one way, that of the image"
            assert service.get("mem_limit"), name
            assert service["restart"] == "unless-stopped", name


def test_the_start_is_ordered_by_health(project: Project) -> None:
    services = project["services"]
    for name in OURS[:-1]:
        after = services[name]["depends_on"]
        assert after["migrations"]["condition"] == "service_completed_successfully"
        assert after["topics"]["condition"] == "service_completed_successfully"
    assert services["migrations"]["depends_on"]["databases"]["condition"] == "service_completed_successfully"
    assert services["databases"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert services["topics"]["depends_on"]["kafka"]["condition"] == "service_healthy"
    assert services["gateway"]["depends_on"]["intake"]["condition"] == "service_healthy"
    assert services["portal"]["depends_on"]["gateway"]["condition"] == "service_healthy"


def test_only_the_front_is_open_to_others(project: Project) -> None:
    for name, service in project["services"].items():
        for port in service.get("ports", []):
            assert name == "front" or port["host_ip"] == "127.0.0.1", (name, port)
    for name in ("postgres", "kafka"):
        assert set(project["services"][name]["networks"]) == {"data"}


def test_only_who_must_has_a_way_out(project: Project) -> None:
    closed = {name for name, network in project["networks"].items() if network.get("internal")}
    assert closed == {"data", "inside"}
    out = {name for name, one in project["services"].items() if not set(one["networks"]) <= closed}
    assert out == {"front", "keycloak", "mail", "grafana", "alertmanager", "notifications"}
    for name, service in project["services"].items():
        assert not service.get("ports") or name in out, f"{name}: no port is open on a closed network"


def test_addresses_that_are_fixed_are_given_to_nobody_else(project: Project) -> None:
    fixed = 0
    for name, network in project["networks"].items():
        for pool in network.get("ipam", {}).get("config") or ():
            for service in project["services"].values():
                if address := (service["networks"].get(name) or {}).get("ipv4_address"):
                    assert ip_address(address) in ip_network(pool["subnet"])
                    assert ip_address(address) not in ip_network(pool["ip_range"]), (
                        "taken by who starts first"
                    )
                    fixed += 1
            assert ip_network(pool["ip_range"]).subnet_of(ip_network(pool["subnet"]))  # type: ignore[arg-type]
    assert fixed == 3, "front, gateway and Keycloak"
    (known,) = project["services"]["front"]["extra_hosts"]
    keycloak = project["services"]["keycloak"]["networks"]["inside"]["ipv4_address"]
    assert re.fullmatch(rf"keycloak[=:]{keycloak}", known), "nginx looks it up once"


def test_the_gateway_believes_the_front_and_nobody_else(project: Project) -> None:
    front = project["services"]["front"]["networks"]["inside"]["ipv4_address"]
    gateway = project["services"]["gateway"]
    assert yaml.safe_load(gateway["environment"]["GATEWAY_TRUSTED_PROXIES"]) == [front]
    told = project["services"]["front"]["environment"]
    assert told["FRONT_GATEWAY"].partition(":")[0] == gateway["networks"]["inside"]["ipv4_address"]
    assert int(told["FRONT_HEADER_SECONDS"]) <= 15


def test_signing_in_has_a_name_of_its_own(project: Project, local: Path) -> None:
    services = project["services"]
    platform, sign_in = "https://platform.example", "https://inloggen.platform.example"
    assert services["keycloak"]["environment"]["KC_HOSTNAME"] == f"{sign_in}/auth"
    issuer = f"{sign_in}/auth/realms/open-inburgering"
    (told,) = json.loads(services["gateway"]["environment"]["GATEWAY_ISSUERS"])
    assert told["issuer"] == services["portal"]["environment"]["PORTAL_ISSUER_URL"] == issuer
    assert told["jwksUri"].startswith(sign_in)
    assert services["portal"]["environment"]["OPEN_INBURGERING_PUBLIC_URL"] == platform
    assert services["keycloak"]["environment"]["OPEN_INBURGERING_PUBLIC_URL"] == platform, (
        "for the portal's pages"
    )
    front = services["front"]
    both = {platform.removeprefix("https://"), sign_in.removeprefix("https://")}
    assert {front["environment"]["FRONT_HOST"], front["environment"]["FRONT_SIGN_IN_HOST"]} == both
    assert set(front["networks"]["inside"]["aliases"]) == both
    named = bootstrap.read(local / "bootstrap.json")
    assert {one.issuer for one in (*named.members, *named.clients)} == {issuer}


def test_the_operator_of_the_example_is_the_client_of_the_realm(project: Project, local: Path) -> None:
    told = project["services"]["operator"]["environment"]
    realm = json.loads((REPOSITORY / "deploy/keycloak/open-inburgering-realm.json").read_text())
    clients = {one["clientId"]: one for one in realm["clients"]}
    (named,) = bootstrap.read(local / "bootstrap.json").clients
    assert told["OPEN_INBURGERING_CLIENT_ID"] == named.client_id == named.subject
    assert named.roles == ["operations"]
    assert clients[named.client_id]["serviceAccountsEnabled"] is True
    assert clients[named.client_id]["clientAuthenticatorType"] == "client-jwt"
    assert told["OPEN_INBURGERING_URL"] == "https://platform.example"
    keys_in(local / "operations-key.pem")
    assert clients[COMMAND]["attributes"]["oauth2.device.authorization.grant.enabled"] == "true"
    assert clients[COMMAND]["attributes"]["pkce.code.challenge.method"] == "S256"
    for name in (named.client_id, COMMAND):
        assert clients[name]["enabled"] is False, "somebody switches it on"
        assert clients[name]["defaultClientScopes"] == ["basic", "open-inburgering"], (
            "tokens are for this platform"
        )


def test_files_that_are_mounted_exist(project: Project) -> None:
    for name, service in project["services"].items():
        for volume in service.get("volumes", []):
            if volume["type"] == "bind" and volume["target"] != "/backups":  # that one is the operator's
                relative = Path(volume["source"]).relative_to(_project_folder(project))
                assert (REPOSITORY / relative).exists(), (name, relative)


def _project_folder(project: Project) -> Path:
    first = project["services"]["databases"]["volumes"][0]["source"]
    return Path(str(first).removesuffix("/deploy/compose/databases"))


def test_prometheus_looks_where_the_processes_are(project: Project) -> None:
    told = yaml.safe_load((REPOSITORY / "deploy/prometheus/prometheus.yml").read_text())
    targets = {
        target
        for job in told["scrape_configs"]
        for static in job.get("static_configs", [])
        for target in static["targets"]
    }
    assert {f"{name}:8001" if name == "gateway" else f"{name}:8000" for name in OURS} <= targets
    names = {target.partition(":")[0] for target in targets}
    assert names <= set(project["services"]) | {"localhost"}


def test_the_certificate_is_of_the_authority_and_for_the_name(environment: str, local: Path) -> None:
    del environment
    certificate = x509.load_pem_x509_certificate((local / "certificate.pem").read_bytes())
    authority = x509.load_pem_x509_certificate((local / "authority.pem").read_bytes())
    certificate.verify_directly_issued_by(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["platform.example", "inloggen.platform.example"]
    assert local.stat().st_mode & 0o077 == 0


def test_our_processes_speak_tls_with_each_other(project: Project, local: Path) -> None:
    services = project["services"]
    authority = x509.load_pem_x509_certificate((local / "inside" / "authority.pem").read_bytes())
    for name in (*OURS, "keycloak"):
        file = local / "inside" / f"{name}.pem"
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        certificate.verify_directly_issued_by(authority)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == [name, "localhost"]
        given = {one["target"]: one["source"] for one in services[name]["secrets"]}
        assert given["inside"] == f"inside-{name}", "each process has its own"
    for name in OURS:
        told = services[name]["environment"]
        prefix = name.upper().replace("-", "_")
        assert told[f"{prefix}_TLS_CERTIFICATE_FILE"] == "/run/secrets/inside"
        ServerTls(
            local / "inside" / f"{name}.pem", None
        )  # raises where key and certificate do not belong together
        plain = [value for value in told.values() if "http://" in value]
        assert plain == [], name
    gateway = services["gateway"]["environment"]
    Inside(
        GatewaySettings(upstream_authority_file=local / "inside" / "authority.pem"),
        json.loads(gateway["GATEWAY_UPSTREAMS"]),
        gateway["GATEWAY_PORTAL_URL"],
    )
    assert services["portal"]["environment"]["PORTAL_GATEWAY_AUTHORITY_FILE"]
    assert services["front"]["environment"]["FRONT_INSIDE"] == "https"
    scraped = yaml.safe_load((REPOSITORY / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
    assert {job["scheme"] for job in scraped} == {"https"}
    assert "http://" not in (REPOSITORY / "deploy/nginx/front.d/keycloak.conf").read_text()


def test_new_secrets_asks_for_the_name() -> None:
    done = subprocess.run([NEW_SECRETS], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "NAME_OF_THE_PLATFORM" in done.stderr


def test_databases_are_made_with_roles_that_migrations_and_services_can_use(postgres_url: str) -> None:
    prefix = f"compose_{secrets.token_hex(4)}"
    url = make_url(postgres_url)
    password = "for-tests-only"
    told = {
        "PATH": os.environ["PATH"],
        "PGHOST": url.host or str(url.query.get("host", "127.0.0.1")),  # a folder: that of its socket
        "PGPORT": str(url.port or url.query.get("port", 5432)),
        "PGUSER": url.username or "postgres",
        "PGPASSWORD": url.password or "",
        "DATABASE_PREFIX": prefix,
        **{f"{s.upper()}_{part}_PASSWORD": password for s in SCHEMAS for part in ("OWNER", "APP")},
    }
    if not any((Path(folder) / "psql").exists() for folder in told["PATH"].split(":")):
        pytest.skip("There is no psql (Debian: apt-get install postgresql-client).")
    try:
        for _ in range(2):  # at each start of the installation
            done = subprocess.run(
                [REPOSITORY / "deploy/compose/databases"],
                env=told,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        asyncio.run(_use_them(url.render_as_string(hide_password=False), prefix, password))
    finally:
        asyncio.run(_drop(postgres_url, prefix))


async def _use_them(admin: str, prefix: str, password: str) -> None:
    for service in ALL:
        inside = make_url(admin).set(
            drivername="postgresql", database=f"{prefix}_{service.schema}", password=password
        )
        owner = inside.set(username=f"{service.schema}_owner").render_as_string(hide_password=False)
        app = inside.set(username=f"{service.schema}_app").render_as_string(hide_password=False)
        await migrate(service, owner)
        connection = await asyncpg.connect(app)
        try:
            assert await connection.fetchval(f"SELECT count(*) FROM {service.schema}.outbox") == 0
            row = await connection.fetchrow(
                "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
            )
            assert row is not None
            assert not any(row)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"CREATE TABLE {service.schema}.own (id int)")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("CREATE TABLE public.own (id int)")
        finally:
            await connection.close()


async def _drop(url: str, prefix: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for row in await connection.fetch(
            "SELECT datname FROM pg_database WHERE datname LIKE $1", f"{prefix}%"
        ):
            await connection.execute(f"DROP DATABASE {row['datname']} WITH (FORCE)")
    finally:
        await connection.close()
