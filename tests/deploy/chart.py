# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The chart as Helm renders it, and what must hold for every manifest of it."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.peers.run import REPOSITORY

CHART = REPOSITORY / "deploy" / "helm" / "open-inburgering"
RELEASE = "chain"
VALUES = ("values.yaml", "values-small.yaml", "values-national.yaml")
WORKLOADS = ("Deployment", "Job", "CronJob")
KUBERNETES = "1.33"

Manifest = dict[str, Any]

_SECRET_NAME = re.compile(r"(PASSWORD|_KEYS?|DATABASE_URL|SECRET)$")
_SECRET_VALUE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|://[^/@\s]+:[^/@\s]+@")


class NotRendered(Exception):
    """Helm refused; the text is what it said."""


def helm(program: str, *arguments: str | Path) -> str:
    """What Helm prints.

    Raises:
        NotRendered: it failed.
    """
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotRendered(done.stdout + done.stderr)
    return done.stdout


def render(program: str, *values: Path, chart: Path = CHART, sets: tuple[str, ...] = ()) -> list[Manifest]:
    """All manifests of the chart with these values files."""
    chosen = [part for file in values for part in ("--values", file)]
    chosen += [part for one in sets for part in ("--set", one)]
    # Told, since a Helm that somebody built takes an old Kubernetes for granted.
    version = ("--kube-version", f"{KUBERNETES}.0")
    text = helm(program, "template", RELEASE, chart, "--namespace", "chain", *version, *chosen)
    return [dict(one) for one in yaml.safe_load_all(text) if one]


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    """Those of one kind, by name."""
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


def template_of(workload: Manifest) -> Manifest:
    """The template of the pods that a workload makes."""
    spec = workload["spec"]
    template: Manifest = (spec["jobTemplate"]["spec"] if workload["kind"] == "CronJob" else spec)["template"]
    return template


def faults(manifests: list[Manifest]) -> list[str]:
    """Everything that is not as it must be, in words; empty when all is well."""
    found: list[str] = []
    for kind in WORKLOADS:
        for name, workload in of_kind(manifests, kind).items():
            pod = template_of(workload)
            found += [
                f"{kind} {name}: {fault}" for fault in _pod_faults(pod["spec"], serves=kind == "Deployment")
            ]
            labels = pod["metadata"]["labels"]
            if not _selecting(manifests, "NetworkPolicy", labels, but="closed"):
                found.append(f"{kind} {name}: no NetworkPolicy of its own")
            if kind == "Deployment":
                found += [f"{kind} {name}: {fault}" for fault in _availability_faults(manifests, workload)]
    if not any(
        policy["spec"].get("policyTypes") == ["Ingress", "Egress"] and "ingress" not in policy["spec"]
        for policy in of_kind(manifests, "NetworkPolicy").values()
    ):
        found.append("no NetworkPolicy that closes everything")
    found += [f"Secret {name}: the chart makes none" for name in of_kind(manifests, "Secret")]
    return found


def _pod_faults(pod: Manifest, *, serves: bool) -> Iterator[str]:
    security = pod.get("securityContext", {})
    if security.get("runAsNonRoot") is not True or not security.get("runAsUser"):
        yield "may run as root"
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
        yield "gets a token of the cluster"
    for volume in pod.get("volumes", []):
        if "hostPath" in volume:
            yield "sees a folder of the node"
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        for fault in _container_faults(container, serves=serves):
            yield f"{container['name']}: {fault}"


def _container_faults(container: Manifest, *, serves: bool) -> Iterator[str]:
    security = container.get("securityContext", {})
    if security.get("readOnlyRootFilesystem") is not True:
        yield "root file system can be written"
    if security.get("allowPrivilegeEscalation") is not False or security.get("privileged"):
        yield "may gain rights"
    if security.get("capabilities", {}).get("drop") != ["ALL"]:
        yield "keeps capabilities"
    resources = container.get("resources", {})
    if not resources.get("limits", {}).get("memory"):
        yield "no limit of memory"
    if not {"cpu", "memory"} <= set(resources.get("requests", {})):
        yield "no requests"
    if container["image"].endswith(":latest") or not re.search(r"[:@]", container["image"]):
        yield "image is not pinned"
    if serves:
        ports = {port["name"] for port in container.get("ports", [])}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container.get(probe, {}).get("httpGet", {})
            if asked.get("port") not in ports or not str(asked.get("path", "")).startswith("/health/"):
                yield f"no {probe}"
    for variable in container.get("env", []):
        plain = str(variable.get("value", ""))
        if plain and (_SECRET_NAME.search(variable["name"]) or _SECRET_VALUE.search(plain)):
            yield f"{variable['name']} holds a secret"


def _availability_faults(manifests: list[Manifest], workload: Manifest) -> Iterator[str]:
    labels = workload["spec"]["template"]["metadata"]["labels"]
    if not _selecting(manifests, "PodDisruptionBudget", labels):
        yield "no PodDisruptionBudget"
    keys = {
        one["topologyKey"]
        for one in workload["spec"]["template"]["spec"].get("topologySpreadConstraints", [])
    }
    if keys != {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}:
        yield "not spread over nodes and zones"


def _selecting(manifests: list[Manifest], kind: str, labels: Mapping[str, str], but: str = "") -> list[str]:
    found = []
    for name, one in of_kind(manifests, kind).items():
        selector = one["spec"].get("selector", one["spec"].get("podSelector"))
        wanted = selector["matchLabels"]
        if wanted.items() <= labels.items() and not (but and name.endswith(but)):
            found.append(name)
    return found
