# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every process of every installation starts on what it is told: its own checks are made with that environment."""

import secrets
from typing import Any

import pytest

from chassis.starting import BadSetting
from embedded.app import ALL
from tests.deploy.chart import WORKLOADS, Manifest, of_kind, render, template_of
from tests.deploy.starts import SERVING, check
from tests.deploy.test_helm import BACKUP

STEPS = ("migrations", "topics", "backup", "tombstones", "restore")


@pytest.mark.parametrize("name", [*SERVING, *STEPS])
def test_compose_tells_each_process_what_it_starts_on(
    project: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, project["services"][name]["environment"], monkeypatch)


def secrets_of(environment: str) -> dict[str, str]:
    """What a Secret of the chart would hold, by the name of the variable."""
    made = {}
    for line in environment.splitlines():
        name, _, value = line.partition("=")
        made[name] = value.strip('"')
    for service in ALL:
        for part in ("", "OWNER_"):
            role = f"{service.schema}_{'owner' if part else 'app'}"
            made[f"{service.schema.upper()}_{part}DATABASE_URL"] = (
                f"postgresql://{role}:{secrets.token_hex(8)}@chain-rw/open_inburgering_{service.schema}"
            )
    made["KAFKA_SASL_PASSWORD"] = secrets.token_hex(8)
    made["BACKUP"] = "20260101T010000Z"
    return made


def told(container: Manifest, held: dict[str, str]) -> dict[str, str]:
    """The environment of a container."""
    found = {}
    for variable in container["env"]:
        if "value" in variable:
            found[variable["name"]] = str(variable["value"])
        elif not variable["valueFrom"]["secretKeyRef"].get("optional"):
            found[variable["name"]] = held[variable["name"]]
    return found


def test_the_chart_tells_each_process_what_it_starts_on(
    manifests: list[Manifest], environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _checked(manifests, secrets_of(environment), monkeypatch) >= {*SERVING, "migrations"}


def test_the_chart_tells_its_backups_what_they_start_on(
    helm_program: str, environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = render(helm_program, sets=BACKUP)
    assert _checked(found, secrets_of(environment), monkeypatch) >= {"backup", "tombstones", "restore"}


def _checked(manifests: list[Manifest], held: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> set[str]:
    names = set()
    for kind in WORKLOADS:
        for workload in of_kind(manifests, kind).values():
            pod = template_of(workload)["spec"]
            for container in (*pod.get("initContainers", ()), *pod["containers"]):
                given = told(container, held)
                if "OPEN_INBURGERING_OIN" in given:  # the chart's own is nobody's, and is refused
                    given["OPEN_INBURGERING_OIN"] = "00000001234567890000"
                check(container["name"], given, monkeypatch)
                names.add(container["name"])
    return names


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("intake", "OPEN_INBURGERING_PSEUDONYM_KEY"),
        ("gateway", "OPEN_INBURGERING_PSEUDONYM_KEY"),
        ("intake", "INTAKE_INDEX_KEYS"),
        ("housing", "HOUSING_DATABASE_URL"),
        ("portal", "PORTAL_SESSION_KEYS"),
        ("topics", "KAFKA_BOOTSTRAP_SERVERS"),
        ("migrations", "HOUSING_OWNER_DATABASE_URL"),
        ("restore", "HOUSING_OWNER_DATABASE_URL"),
        ("restore", "INTAKE_INDEX_KEYS"),
    ],
)
def test_what_is_missing_is_found(
    project: dict[str, Any], name: str, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = dict(project["services"][name]["environment"])
    del given[missing]
    with pytest.raises(BadSetting, match=missing):
        check(name, given, monkeypatch)


@pytest.mark.parametrize(
    ("name", "variable", "value"),
    [
        ("intake", "OPEN_INBURGERING_OIN", "0" * 20),
        ("gateway", "OPEN_INBURGERING_PUBLIC_URL", "http://platform.example"),
        ("housing", "OPEN_INBURGERING_PUBLIC_URL", ""),
        ("portal", "OPEN_INBURGERING_PUBLIC_URL", "http://platform.example"),
        ("portal", "PORTAL_ISSUER_URL", ""),
        ("portal", "PORTAL_ISSUER_URL", "http://inloggen.example"),
        ("portal", "PORTAL_SECURE_COOKIE", "false"),
    ],
)
def test_what_fits_a_laptop_only_is_refused(
    project: dict[str, Any], name: str, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {**project["services"][name]["environment"], variable: value}
    with pytest.raises(BadSetting, match=variable):
        check(name, {key: text for key, text in given.items() if text}, monkeypatch)
