# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Each alert is tried, explained and made of numbers that the code tells; each dashboard too."""

import json
import re
import shutil
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from tests.observability.exported import exported
from tests.observability.rules import (
    DASHBOARDS,
    OURSELVES,
    PROMETHEUS,
    REPOSITORY,
    RULES,
    RUNBOOKS,
    TESTS,
    Alert,
    alerts,
    expressions_of_dashboards,
    metrics_in,
    quick_rules,
)
from tests.peers import PeerMissingError, prometheus
from tests.peers.certificates import Authority

ALERTS = alerts()
QUESTIONS = {
    "Are attendance posts arriving?",
    "Are signals late?",
    "Who is refused?",
    "What is stuck?",
}
OF_PROCESSES = {"process_start_time_seconds", "process_resident_memory_bytes", "process_cpu_seconds_total"}


def promtool(*arguments: str | Path) -> CompletedProcess[str]:
    try:
        return prometheus.promtool(*arguments)
    except PeerMissingError as missing:
        pytest.skip(str(missing))


def named(one: Alert | Path) -> str:
    return one.name


def test_the_configuration_is_one_that_prometheus_takes(tmp_path: Path) -> None:
    made = shutil.copytree(PROMETHEUS, tmp_path / "prometheus")
    Authority(made, "inside")
    done = promtool("check", "config", made / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", TESTS, ids=named)
def test_the_rules_do_in_promtool_what_their_tests_say(path: Path) -> None:
    done = promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS, ids=named)
def test_an_alert_has_a_test_in_which_it_fires_and_one_in_which_it_is_silent(alert: Alert) -> None:
    cases = [
        row["exp_alerts"]
        for path in TESTS
        for test in yaml.safe_load(path.read_text())["tests"]
        for row in test["alert_rule_test"]
        if row["alertname"] == alert.name
    ]
    assert any(cases), "no test sees it fire"
    assert not all(cases), "no test sees it silent"


@pytest.mark.parametrize("alert", ALERTS, ids=named)
def test_an_alert_says_how_bad_it_is_what_it_means_and_where_its_runbook_is(alert: Alert) -> None:
    assert alert.labels["severity"] in {"critical", "warning"}
    assert set(alert.annotations) == {"summary", "description", "runbook_url"}
    assert alert.annotations["runbook_url"].endswith(f"/docs/runbooks/{alert.name}.md")
    page = (RUNBOOKS / f"{alert.name}.md").read_text()
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == [
        "What people notice",
        "Look",
        "Mend",
        "It is over when",
        "Wake",
    ]
    assert "```sh" in page.split("## Mend")[0], "exact commands to look with"
    assert (
        f"[{alert.name}]({alert.name}.md) | {alert.labels['severity']} |"
        in (RUNBOOKS / "README.md").read_text()
    ), "the index has it"


def test_every_runbook_belongs_to_an_alert() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"} == {one.name for one in ALERTS}


@pytest.mark.parametrize("alert", ALERTS, ids=named)
def test_an_alert_uses_only_what_the_code_tells(alert: Alert) -> None:
    assert metrics_in(alert.expr)
    assert metrics_in(alert.expr) - exported() - OURSELVES - OF_PROCESSES == set()


def test_each_question_of_an_operator_has_a_dashboard() -> None:
    boards = [json.loads(path.read_text()) for path in DASHBOARDS]
    assert {board["title"] for board in boards} == QUESTIONS
    assert {board["uid"] for board in boards} == {path.stem for path in DASHBOARDS}
    for board in boards:
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
        assert {panel["datasource"]["uid"] for panel in board["panels"]} == {"prometheus"}


def test_the_data_source_of_the_dashboards_is_provisioned() -> None:
    folder = REPOSITORY / "deploy" / "grafana" / "provisioning"
    (source,) = yaml.safe_load((folder / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert (source["uid"], source["type"]) == ("prometheus", "prometheus")
    (provider,) = yaml.safe_load((folder / "dashboards" / "dashboards.yml").read_text())["providers"]
    assert provider["type"] == "file"
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]
    assert f"./deploy/grafana/dashboards:{provider['options']['path']}:ro" in compose["grafana"]["volumes"]


def test_prometheus_asks_the_services_of_compose_on_the_ports_of_the_image() -> None:
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]
    image = (REPOSITORY / "deploy" / "Dockerfile").read_text()
    for job in yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]:
        (target,) = job["static_configs"][0]["targets"]
        host, _, port = target.partition(":")
        assert host == job["job_name"]
        assert host in compose
        setting = "GATEWAY_INTERNAL_PORT" if host == "gateway" else f"{host.upper().replace('-', '_')}_PORT"
        assert f"{setting}={port}" in image


@pytest.mark.parametrize(("place", "expr"), expressions_of_dashboards(), ids=lambda value: value[:40])
def test_a_panel_shows_only_what_the_code_tells(place: str, expr: str) -> None:
    assert metrics_in(expr) - exported() - OURSELVES - OF_PROCESSES == set(), place


def test_every_expression_of_a_dashboard_is_promql(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:number_{number}:shown", "expr": expr}
        for number, (_, expr) in enumerate(expressions_of_dashboards())
    ]
    assert len(rules) > 40
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = promtool("check", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_refuses_what_is_no_promql(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yml"
    rule = {"record": "panel:wrong:shown", "expr": "sum by (service (up)"}
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": [rule]}]}))
    assert promtool("check", "rules", path).returncode != 0


def test_the_rules_with_their_times_divided_are_the_same_rules(tmp_path: Path) -> None:
    made = quick_rules(30, {"OutboxStuck": ("> 30", "> 3")})
    path = tmp_path / "quick.yml"
    path.write_text(yaml.safe_dump(made))
    done = promtool("check", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr
    names = [rule["alert"] for group in made["groups"] for rule in group["rules"]]
    assert sorted(names) == sorted(one.name for one in ALERTS)
    assert len(RULES) == len(made["groups"])


@pytest.mark.parametrize(
    ("expr", "names"),
    [
        ('sum by (service, le) (rate(http_request_seconds_bucket{route!~".*x.*"}[5m])) > 2', {"http_request_seconds"}),
        ('time() - max(job_last_success_seconds{clock_job="a"}) > 300', {"job_last_success_seconds"}),
        ("sum(increase(mails_total[2h] offset 1w)) == 0 or absent(up)", {"mails_total", "up"}),
    ],
)  # fmt: skip
def test_the_metrics_of_an_expression_are_found(expr: str, names: set[str]) -> None:
    assert metrics_in(expr) == names
