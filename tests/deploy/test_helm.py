# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The chart: Helm takes it, Kubernetes would take its manifests, and none of them is open or unbounded."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from embedded.app import ALL
from tests.deploy.chart import (
    CHART,
    KUBERNETES,
    VALUES,
    WORKLOADS,
    Manifest,
    NotRendered,
    faults,
    helm,
    of_kind,
    render,
    template_of,
)
from tests.peers.run import REPOSITORY

CUSTOM = {"monitoring.coreos.com/v1"}  # of the Prometheus operator, which Kubernetes itself does not know
AGE_KEY = "age1" + "q" * 58
SETTING = re.compile(r"^\| `([A-Z_<>]+)`", re.MULTILINE)


@pytest.fixture
def program(helm_program: str) -> str:
    return helm_program


@pytest.mark.parametrize("values", VALUES)
def test_helm_finds_no_fault(program: str, values: str) -> None:
    assert "0 chart(s) failed" in helm(program, "lint", "--strict", CHART, "--values", CHART / values)


def test_kubernetes_takes_every_manifest(manifests: list[Manifest]) -> None:
    accept(manifests)


def accept(manifests: list[Manifest]) -> None:
    """Read each as the API server does, unknown fields refused."""
    for one in manifests:
        if one["apiVersion"] not in CUSTOM:
            kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_nothing_is_open_or_unbounded(manifests: list[Manifest]) -> None:
    assert faults(manifests) == []


def test_every_process_is_there(manifests: list[Manifest]) -> None:
    names = {"chain-portal", *(f"chain-{service.name}" for service in ALL)}
    assert set(of_kind(manifests, "Deployment")) == names
    assert names == set(of_kind(manifests, "Service"))
    job = of_kind(manifests, "Job")["chain-migrations"]
    migrates = {variable["name"] for variable in template_of(job)["spec"]["containers"][0]["env"]}
    assert {f"{service.schema.upper()}_OWNER_DATABASE_URL" for service in ALL} <= migrates
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    for name, one in of_kind(manifests, "Deployment").items():
        probed = one["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["httpGet"]
        assert probed == {
            "path": "/health/ready",
            "port": "internal" if name == "chain-gateway" else "http",
            "scheme": "HTTPS",
        }


def test_every_variable_is_one_that_exists(manifests: list[Manifest]) -> None:
    known = settings_known()
    for kind in WORKLOADS:
        for one in of_kind(manifests, kind).values():
            for container in template_of(one)["spec"]["containers"]:
                assert {variable["name"] for variable in container["env"]} <= known


def settings_known() -> set[str]:
    """Every setting that the platform reads."""
    known = set(SETTING.findall((REPOSITORY / "docs/settings.md").read_text()))
    known |= {
        "PORTAL_PUBLIC_URL",
        "OPEN_INBURGERING_PUBLIC_URL",
        "BACKUP",
    }  # the last is filled in in a command
    for service in ALL:
        prefix = service.schema.upper()
        known |= {name.replace("<SERVICE>", prefix) for name in known if name.startswith("<SERVICE>")}
    return known


def test_only_the_gateway_reaches_services_and_only_they_reach_the_peers(manifests: list[Manifest]) -> None:
    policies = of_kind(manifests, "NetworkPolicy")
    gateway = "gateway"
    for service in ("housing", "intake", "learning-routes", "notifications", "portal"):
        callers = policies[f"chain-{service}"]["spec"]["ingress"][0]
        assert callers["ports"] == [{"protocol": "TCP", "port": "http"}]
        assert [_component(peer) for peer in callers["from"]] == [gateway]
    reach_postgres = {name for name, policy in policies.items() if 5432 in _ports_out(policy)}
    reach_kafka = {name for name, policy in policies.items() if 9093 in _ports_out(policy)}
    allowed = {
        f"chain-{one}"
        for one in ("gateway", "housing", "intake", "learning-routes", "notifications", "migrations")
    }
    assert reach_postgres == allowed
    assert reach_kafka == allowed
    assert not policies["chain-migrations"]["spec"].get("ingress")
    metrics = policies["chain-gateway"]["spec"]["ingress"][1]
    assert metrics["ports"] == [{"protocol": "TCP", "port": "internal"}]


def _component(peer: Manifest) -> str:
    return str(peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"])


def _ports_out(policy: Manifest) -> set[Any]:
    return {port["port"] for rule in policy["spec"].get("egress", []) for port in rule["ports"]}


def test_webhooks_go_to_the_ports_that_the_policy_opens(program: str, manifests: list[Manifest]) -> None:
    other = render(program, sets=("network.webhooks.ports={443,9443}",))
    for found, ports in ((manifests, [443, 8443]), (other, [443, 9443])):
        (process,) = template_of(of_kind(found, "Deployment")["chain-notifications"])["spec"]["containers"]
        told = {variable["name"]: variable.get("value") for variable in process["env"]}
        assert json.loads(told["NOTIFICATIONS_WEBHOOK_PORTS"]) == ports
        assert set(ports) <= _ports_out(of_kind(found, "NetworkPolicy")["chain-notifications"])


def test_the_country_grows_with_its_load_and_is_watched(program: str) -> None:
    found = render(program, CHART / "values-national.yaml")
    scaled = of_kind(found, "HorizontalPodAutoscaler")
    assert {"chain-gateway", "chain-portal"} <= set(scaled)
    for name in scaled:
        assert "replicas" not in of_kind(found, "Deployment")[name]["spec"], "two would fight over the number"
    monitors = of_kind(found, "ServiceMonitor")
    assert set(monitors) == set(of_kind(found, "Deployment"))
    rules = sorted((REPOSITORY / "deploy/prometheus/rules").glob("*.yml"))
    made = of_kind(found, "PrometheusRule")
    assert len(made) == len(rules) > 0
    for file in rules:
        assert made[f"chain-{file.stem}"]["spec"] == yaml.safe_load(file.read_text())


BACKUP = ("backup.enabled=true", f"backup.recipients={{{AGE_KEY},{AGE_KEY}}}", "backup.existingClaim=backups")


def test_backups_are_off_until_told_where_and_for_whom(program: str, manifests: list[Manifest]) -> None:
    assert of_kind(manifests, "CronJob") == {}
    with pytest.raises(NotRendered, match=r"schema|don't meet"):
        render(program, sets=BACKUP[:2])


def test_backups_and_the_list_of_destructions_run_by_the_clock(program: str) -> None:
    found = render(program, sets=BACKUP)
    accept(found)
    assert faults(found) == []
    test_every_variable_is_one_that_exists(found)
    jobs = of_kind(found, "CronJob")
    assert {name: one["spec"]["schedule"] for name, one in jobs.items()} == {
        "chain-backup": "30 1 * * *",
        "chain-tombstones": "7 * * * *",
        "chain-restore": "0 0 1 1 *",
    }
    assert {name for name, one in jobs.items() if one["spec"].get("suspend")} == {"chain-restore"}, (
        "never by the clock"
    )
    for one in jobs.values():
        assert (one["spec"]["timeZone"], one["spec"]["concurrencyPolicy"]) == ("Europe/Amsterdam", "Forbid")
        pod = template_of(one)["spec"]
        assert {"persistentVolumeClaim": {"claimName": "backups"}, "name": "backups"} in pod["volumes"]
        told = {variable["name"]: variable.get("value") for variable in pod["containers"][0]["env"]}
        assert {f"{service.schema.upper()}_OWNER_DATABASE_URL" for service in ALL} <= set(told)
    backup = template_of(jobs["chain-backup"])["spec"]["containers"][0]
    assert backup["command"] == ["open-inburgering", "backup", "/backups", "--keep-days", "35"]
    told = {variable["name"]: variable.get("value") for variable in backup["env"]}
    assert told["OPEN_INBURGERING_BACKUP_RECIPIENTS"] == f"{AGE_KEY} {AGE_KEY}"
    assert _ports_out(of_kind(found, "NetworkPolicy")["chain-backup"]) == {53, 5432}
    restore = template_of(jobs["chain-restore"])["spec"]
    assert restore["containers"][0]["command"][1:3] == ["restore", "/backups/$(BACKUP)"]
    assert {one["name"]: one.get("readOnly") for one in restore["containers"][0]["volumeMounts"]}["backups"]
    keys = {
        name: _told_secrets(one) & {"INTAKE_INDEX_KEYS", "INTAKE_ENCRYPTION_KEYS"}
        for name, one in jobs.items()
    }
    assert {name for name, held in keys.items() if held} == {"chain-restore"}


def test_what_is_done_once_is_told_no_key_of_the_platform(program: str) -> None:
    found = render(program, CHART / "values-small.yaml", sets=BACKUP)
    steps = [*of_kind(found, "Job").values(), *of_kind(found, "CronJob").values()]
    assert len(steps) == 4
    for one in steps:
        assert not _told_secrets(one) & {
            "OPEN_INBURGERING_GRANT_PUBLIC_KEY",
            "OPEN_INBURGERING_PSEUDONYM_KEY",
        }


def _told_secrets(workload: Manifest) -> set[str]:
    """The settings that any container of a workload gets from a Secret."""
    pod = template_of(workload)["spec"]
    return {
        variable["name"]
        for container in (*pod.get("initContainers", ()), *pod["containers"])
        for variable in container["env"]
        if "valueFrom" in variable
    }


def test_our_processes_speak_tls_with_each_other(manifests: list[Manifest]) -> None:
    for full, one in of_kind(manifests, "Deployment").items():
        pod = template_of(one)["spec"]
        (process,) = pod["containers"]
        told = {variable["name"]: variable.get("value", "") for variable in process["env"]}
        prefix = full.removeprefix("chain-").upper().replace("-", "_")
        folder = "/etc/open-inburgering/tls"
        assert told[f"{prefix}_TLS_CERTIFICATE_FILE"] == f"{folder}/tls.crt"
        assert told[f"{prefix}_TLS_KEY_FILE"] == f"{folder}/tls.key"
        assert {"name": "tls", "mountPath": folder, "readOnly": True} in process["volumeMounts"]
        assert {"name": "tls", "secret": {"secretName": f"{full}-tls", "defaultMode": 0o440}} in pod[
            "volumes"
        ]
        assert [name for name, value in told.items() if "http://" in value] == []
    gateway = template_of(of_kind(manifests, "Deployment")["chain-gateway"])["spec"]["containers"][0]
    told = {variable["name"]: variable.get("value", "") for variable in gateway["env"]}
    names = {f"https://{name}:8000" for name in of_kind(manifests, "Service")}
    called = {*json.loads(told["GATEWAY_UPSTREAMS"]).values(), told["GATEWAY_PORTAL_URL"]}
    assert called == names - {"https://chain-gateway:8000"}
    assert told["GATEWAY_UPSTREAM_AUTHORITY_FILE"].endswith("/ca.crt")
    door = of_kind(manifests, "Ingress")["chain"]["metadata"]["annotations"]
    assert door["nginx.ingress.kubernetes.io/backend-protocol"] == "HTTPS"
    assert door["nginx.ingress.kubernetes.io/proxy-ssl-verify"] == "on"
    assert door["nginx.ingress.kubernetes.io/proxy-ssl-name"] == "chain-gateway"
    for full, monitor in of_kind(manifests, "ServiceMonitor").items():
        (endpoint,) = monitor["spec"]["endpoints"]
        assert (endpoint["scheme"], endpoint["tlsConfig"]["serverName"]) == ("https", full)
    signed = [
        one["spec"] for one in yaml.safe_load_all((CHART / "examples/cert-manager.yaml").read_text())
        if one["kind"] == "Certificate" and not one["spec"].get("isCA")
    ]  # fmt: skip
    assert {(one["secretName"], *one["dnsNames"]) for one in signed} == {
        (f"{full}-tls", full) for full in of_kind(manifests, "Deployment")
    }


def test_a_mesh_may_do_it_instead(program: str) -> None:
    found = render(program, sets=("tls.enabled=false", "postgres.caSecret="))
    accept(found)
    assert faults(found) == []
    assert "TLS_CERTIFICATE_FILE" not in json.dumps(found)
    assert "postgres-ca" not in json.dumps(found)


def test_a_small_place_takes_less_than_a_region(program: str) -> None:
    sums = [_memory(render(program, CHART / values)) for values in ("values-small.yaml", "values.yaml")]
    assert sums[0] < 1024 < sums[1]


def _memory(manifests: list[Manifest]) -> int:
    """Mebibytes that all processes ask for."""
    total = 0
    for one in of_kind(manifests, "Deployment").values():
        asked = one["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["memory"]
        total += one["spec"]["replicas"] * int(asked.removesuffix("Mi"))
    return total


@pytest.mark.parametrize(
    "wrong",
    [
        "platform.publicUrl=http://platform.example",
        "backup.enabled=true",
        "backup.keepDays=36",
        "backup.recipients={AGE-SECRET-KEY-1}",
        "backup.schedule=nightly",
        "platform.oin=123",
        "procesess.gateway.replicas=2",
        "processes.gateway.replica=2",
        "processes.gateway.replicas=0",
        "processes.unknown.replicas=1",
        "processes.intake.env.INTAKE_INDEX_KEYS=plain",
        "issuers[0].issuer=http://sign-in.example",
        "kafka.securityProtocol=SSL_SASL",
        "image.digest=sha256:short",
        "network.webhooks.ports=443",
        "processes.portal.resources.limits.memory=lots",
    ],
)
def test_values_that_cannot_be_are_refused(program: str, wrong: str) -> None:
    with pytest.raises(NotRendered, match=r"schema|don't meet"):
        render(program, sets=(wrong,))


@pytest.mark.parametrize(
    ("file", "right", "wrong", "said"),
    [
        ("_parts.tpl", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "can be written"),
        ("_parts.tpl", "drop: [ALL]", "drop: [NET_RAW]", "keeps capabilities"),
        ("_parts.tpl", "seccompProfile: {type: RuntimeDefault}", "seccompProfile: {type: Unconfined}", "seccomp"),
        ("_parts.tpl", "runAsNonRoot: true\nrunAsUser", "runAsUser", "may run as root"),
        ("deployments.yaml", "livenessProbe:", "livenessProbes:", "no livenessProbe"),
        ("deployments.yaml", "path: /health/ready", "path: /ready", "no readinessProbe"),
        ("deployments.yaml", "kind: PodDisruptionBudget", "kind: PodDisruption", "no PodDisruptionBudget"),
        ("deployments.yaml", '"topology.kubernetes.io/zone"', '"topology.kubernetes.io/region"', "not spread"),
        ("deployments.yaml", "automountServiceAccountToken: false", "automountServiceAccountToken: true", "token"),
        ("deployments.yaml", '{name: GATEWAY_BUILT_IN_ISSUER, value: "false"}', '{name: GATEWAY_GRANT_PRIVATE_KEY, value: "x"}', "holds a secret"),
        ("network.yaml", "kind: NetworkPolicy\nmetadata:\n  name: {{ $.Release.Name }}-{{ $name }}", "kind: Network\nmetadata:\n  name: {{ $.Release.Name }}-{{ $name }}", "no NetworkPolicy"),
        ("migrations.yaml", "{{- toYaml $resources | nindent 12 }}", "{}", "no limit of memory"),
    ],
)  # fmt: skip
def test_a_planted_mistake_is_found(
    program: str, tmp_path: Path, file: str, right: str, wrong: str, said: str
) -> None:
    chart = tmp_path / "open-inburgering"
    shutil.copytree(CHART, chart)
    template = chart / "templates" / file
    text = template.read_text()
    assert right in text
    template.write_text(text.replace(right, wrong))
    assert any(said in fault for fault in faults(render(program, chart=chart)))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("revisionHistoryLimit: 5", "revisionHistoryLimits: 5"),
        ("maxUnavailable: 1", 'maxUnavailable: {"a": 1}'),
    ],
)
def test_kubernetes_refuses_a_misspelt_field(program: str, tmp_path: Path, right: str, wrong: str) -> None:
    chart = tmp_path / "open-inburgering"
    shutil.copytree(CHART, chart)
    template = chart / "templates" / "deployments.yaml"
    template.write_text(template.read_text().replace(right, wrong))
    found = render(program, chart=chart)
    with pytest.raises(kubernetes_validate.ValidationError):
        accept(found)


def test_secrets_that_the_chart_names_are_those_of_its_readme(program: str) -> None:
    told = (CHART / "README.md").read_text()
    for one in render(program):
        for name in re.findall(r'"secretKeyRef": \{[^}]*"name": "([^"]+)"', json.dumps(one)):
            assert name in told, f"README.md does not tell what {name} holds"


def test_the_examples_for_the_operators_are_well_formed() -> None:
    for example in ("cloudnative-pg.yaml", "cloudnative-pg-national.yaml", "cloudnative-pg-small.yaml"):
        _check_postgres(list(yaml.safe_load_all((CHART / "examples" / example).read_text())))
    kafka = list(yaml.safe_load_all((CHART / "examples/strimzi.yaml").read_text()))
    assert {one["apiVersion"].partition("/")[0] for one in kafka} == {"kafka.strimzi.io"}
    topics = {one["spec"]["topicName"]: one["spec"] for one in kafka if one["kind"] == "KafkaTopic"}
    wanted = {
        name
        for service in ALL
        for topic in (service.topic, *service.reads)
        for name in (topic, f"{topic}.dlq")
    }
    assert set(topics) == wanted
    assert all(spec["partitions"] == 12 and spec["config"]["retention.ms"] for spec in topics.values())
    may = rights_at_the_broker(kafka)
    assert not any("Create" in operations for acls in may.values() for operations in acls.values())
    assert yaml.safe_load((CHART / "values.yaml").read_text())["kafka"]["makeTopics"] is False
    assert set(may) == {f"open-inburgering-{service.name}" for service in ALL}
    for service in ALL:
        acls = may[f"open-inburgering-{service.name}"]
        writes = {
            name for (kind, name), operations in acls.items() if kind == "topic" and "Write" in operations
        }
        reads = {
            name for (kind, name), operations in acls.items() if kind == "topic" and "Read" in operations
        }
        assert writes == {service.topic, *(f"{topic}.dlq" for topic in service.reads)}, (
            "in nobody else's name"
        )
        assert reads == set(service.reads)
        assert {name for kind, name in acls if kind == "group"} == (
            {service.name} if service.reads else set()
        )


def rights_at_the_broker(manifests: list[Manifest]) -> dict[str, dict[tuple[str, str], set[str]]]:
    """What each user of an example may do, by the kind and name of the resource."""
    return {
        one["metadata"]["name"]: {
            (acl["resource"]["type"], acl["resource"].get("name", "")): set(acl["operations"])
            for acl in one["spec"]["authorization"]["acls"]
        }
        for one in manifests
        if one["kind"] == "KafkaUser"
    }


def test_each_process_has_its_own_user_at_the_broker_unless_one_is_asked_for(program: str) -> None:
    for values, several in (("values.yaml", True), ("values-small.yaml", False)):
        found = render(program, CHART / values)
        for service in ALL:
            (process,) = template_of(of_kind(found, "Deployment")[f"chain-{service.name}"])["spec"][
                "containers"
            ]
            told = {variable["name"]: variable for variable in process["env"]}
            ending = f"-{service.name}" if several else ""
            assert told["KAFKA_SASL_USERNAME"]["value"] == f"open-inburgering{ending}"
            secret = told["KAFKA_SASL_PASSWORD"]["valueFrom"]["secretKeyRef"]
            assert secret == {"name": f"open-inburgering-kafka{ending}", "key": "KAFKA_SASL_PASSWORD"}


def test_one_node_has_one_of_each() -> None:
    values = yaml.safe_load((CHART / "values-small.yaml").read_text())
    kafka = list(yaml.safe_load_all((CHART / "examples/strimzi-small.yaml").read_text()))
    (pool,) = (one["spec"] for one in kafka if one["kind"] == "KafkaNodePool")
    (broker,) = (one["spec"]["kafka"]["config"] for one in kafka if one["kind"] == "Kafka")
    assert (
        pool["replicas"] == values["kafka"]["replication"] == broker["offsets.topic.replication.factor"] == 1
    )
    (user,) = (one for one in kafka if one["kind"] == "KafkaUser")
    topics = user["spec"]["authorization"]["acls"][0]["operations"]
    assert ("Create" in topics) == values["kafka"]["makeTopics"] is True
    postgres = list(yaml.safe_load_all((CHART / "examples/cloudnative-pg-small.yaml").read_text()))
    (cluster,) = (one["spec"] for one in postgres if one["kind"] == "Cluster")
    assert cluster["instances"] == 1
    assert "synchronous" not in cluster["postgresql"], "nobody would confirm"


def test_the_door_by_the_gateway_api_leads_to_the_gateway_over_tls(program: str) -> None:
    found = render(program, sets=("ingress.enabled=false",))
    assert of_kind(found, "Ingress") == {}
    door = {
        one["kind"]: one["spec"]
        for one in yaml.safe_load_all((CHART / "examples/gateway-api.yaml").read_text())
    }
    (rule,) = door["HTTPRoute"]["rules"]
    (backend,) = rule["backendRefs"]
    service = of_kind(found, "Service")[backend["name"]]["spec"]
    (port,) = (one for one in service["ports"] if one["port"] == backend["port"])
    (target,) = door["BackendTLSPolicy"]["targetRefs"]
    assert (target["name"], target["sectionName"]) == (backend["name"], port["name"])
    assert door["BackendTLSPolicy"]["validation"]["hostname"] == "chain-gateway"
    assert {one["protocol"] for one in door["Gateway"]["listeners"]} == {"HTTPS"}


def _check_postgres(postgres: list[Manifest]) -> None:
    assert {one["apiVersion"].partition("/")[0] for one in postgres} == {"postgresql.cnpg.io"}
    databases = {one["spec"]["name"] for one in postgres if one["kind"] == "Database"}
    assert databases == {f"open_inburgering_{service.schema}" for service in ALL}
    roles = {
        role["name"]: role
        for one in postgres
        if one["kind"] == "Cluster"
        for role in one["spec"]["managed"]["roles"]
    }
    assert set(roles) == {f"{service.schema}_{part}" for service in ALL for part in ("owner", "app")}
    assert all(role["superuser"] is False and role["bypassrls"] is False for role in roles.values())
    clusters = {one["metadata"]["name"]: one["spec"] for one in postgres if one["kind"] == "Cluster"}
    backed_up = {
        one["spec"]["cluster"]["name"]: one["spec"] for one in postgres if one["kind"] == "ScheduledBackup"
    }
    assert set(backed_up) == set(clusters), "WAL alone cannot be restored"
    for name, spec in clusters.items():
        assert spec["backup"]["barmanObjectStore"]
        assert len(backed_up[name]["schedule"].split()) == 6, "its seconds come first"
        assert backed_up[name]["immediate"] is True
    assert {one["spec"]["cluster"]["name"] for one in postgres if one["kind"] == "Database"} == set(clusters)
