# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an installation allows holds what the processes may take: memory with their children, and connections."""

import re
from typing import Any

import pytest
import yaml

from chassis.limited import MAX_CHILDREN, MEBIBYTE, Limits
from chassis.settings import ServiceSettings
from embedded.app import ALL
from services.housing.solver import running as searches
from services.housing.solver.options import Options
from tests.deploy.chart import CHART, Manifest, of_kind, render, template_of

OWN = 256 * MEBIBYTE
"""Of a process without children, with room: 155 MB was seen (docs/capacity.md)."""

CHILDREN = {
    # One job of long work at a time; a search has a child per core, a file one.
    "housing": Options().cores * searches._CHILD_MEMORY,
    # A file is looked at while the school waits for the answer, so as many as there are turns.
    "learning-routes": MAX_CHILDREN * Limits().memory_bytes,
}
SPARE = 20
"""Connections for migrations, a backup (two per database), who looks by hand, and PostgreSQL's own superuser."""

_UNITS = {"Mi": MEBIBYTE, "Gi": 1024 * MEBIBYTE}


def test_compose_lets_a_process_and_its_children_live(project: dict[str, Any]) -> None:
    for name, children in CHILDREN.items():
        assert int(project["services"][name]["mem_limit"]) >= OWN + children, name


def test_the_chart_lets_a_process_and_its_children_live(manifests: list[Manifest]) -> None:
    for name, children in CHILDREN.items():
        (process,) = template_of(of_kind(manifests, "Deployment")[f"chain-{name}"])["spec"]["containers"]
        number, unit = re.fullmatch(r"(\d+)(Mi|Gi)", process["resources"]["limits"]["memory"]).groups()  # type: ignore[union-attr]
        assert int(number) * _UNITS[unit] >= OWN + children, name


def connections(manifests: list[Manifest]) -> dict[str, int]:
    """The most connections that the processes of each service hold, one more of them while a release replaces another."""
    scaled = of_kind(manifests, "HorizontalPodAutoscaler")
    found = {}
    for service in ALL:
        workload = of_kind(manifests, "Deployment")[f"chain-{service.name}"]
        (process,) = template_of(workload)["spec"]["containers"]
        given = {one["name"]: one.get("value") for one in process["env"]}
        pool = int(
            given.get(f"{service.schema.upper()}_POOL_SIZE")
            or ServiceSettings.model_fields["pool_size"].default
        )
        hpa = scaled.get(f"chain-{service.name}")
        most = hpa["spec"]["maxReplicas"] if hpa else workload["spec"]["replicas"]
        found[service.schema] = (most + workload["spec"]["strategy"]["rollingUpdate"]["maxSurge"]) * pool
    return found


def servers(example: str) -> dict[str, tuple[int, list[str]]]:
    """Of each server of an example its most connections, and the schemas that it holds."""
    found = list(yaml.safe_load_all((CHART / "examples" / example).read_text()))
    return {
        one["metadata"]["name"]: (
            int(one["spec"]["postgresql"]["parameters"]["max_connections"]),
            [
                base["spec"]["name"].removeprefix("open_inburgering_")
                for base in found
                if base["kind"] == "Database" and base["spec"]["cluster"]["name"] == one["metadata"]["name"]
            ],
        )
        for one in found
        if one["kind"] == "Cluster"
    }


@pytest.mark.parametrize(
    ("values", "example"),
    [
        ("values-small.yaml", "cloudnative-pg-small.yaml"),
        ("values.yaml", "cloudnative-pg.yaml"),
        ("values-national.yaml", "cloudnative-pg-national.yaml"),
    ],
)
def test_all_processes_at_their_most_find_a_connection(helm_program: str, values: str, example: str) -> None:
    rendered = render(helm_program, CHART / values)
    asked, there = connections(rendered), servers(example)
    assert sorted(schema for _, schemas in there.values() for schema in schemas) == sorted(asked)
    for name, (most, schemas) in there.items():
        assert sum(asked[schema] for schema in schemas) + SPARE <= most, name
    peers = of_kind(rendered, "NetworkPolicy")["chain-intake"]["spec"]["egress"][1]["to"]
    selector = peers[0]["podSelector"]
    reached = selector.get("matchLabels", {}).values() or selector["matchExpressions"][0]["values"]
    assert set(reached) == set(there), "the policy lets them through to these servers"


def test_compose_has_a_connection_for_every_process(project: dict[str, Any]) -> None:
    command = project["services"]["postgres"]["command"]
    (most,) = (int(one.partition("=")[2]) for one in command if one.startswith("max_connections="))
    pool = ServiceSettings.model_fields["pool_size"].default
    assert len(ALL) * pool + 100 + SPARE <= most, "Keycloak's pool has up to 100"
