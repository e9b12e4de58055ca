# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Alerts reach somebody: Prometheus hands them to an Alertmanager, which mails the critical ones at once."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.chart import CHART
from tests.observability.rules import alerts
from tests.peers.run import REPOSITORY

FOLDER = REPOSITORY / "deploy" / "alertmanager"
TOLD = {
    "ALERTS_TO": "duty@operations.example",
    "ALERTS_FROM": "alerts@platform.example",
    "SMTP_HOST": "smtp.example",
    "SMTP_PORT": "587",
    "SMTP_SECURITY": "starttls",
    "SMTP_USERNAME": "it's|a&name",
    "SMTP_PASSWORD": "p|a&s\\s'",
}


def begin(made: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """What compose starts in the container, up to the program itself."""
    told = {"PATH": os.environ["PATH"], **TOLD, **changes, "ALERTS_MADE": str(made)}
    told["ALERTS_SOURCE"] = str(FOLDER / "alertmanager.yml")
    command: list[str | Path] = ["/bin/sh", FOLDER / "start", "echo", "started"]
    return subprocess.run(command, env=told, capture_output=True, text=True, check=False)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    done = begin(tmp_path)
    assert done.stdout == "started\n", done.stderr
    return tmp_path / "alertmanager.yml"


def amtool(*arguments: str | Path) -> str:
    if shutil.which("amtool") is None:
        pytest.skip("There is no amtool (Debian: apt-get install prometheus-alertmanager).")
    done = subprocess.run(["amtool", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_alertmanager_takes_the_configuration(made: Path) -> None:
    assert "SUCCESS" in amtool("check-config", made)


@pytest.mark.parametrize(("severity", "receiver"), [("critical", "duty"), ("warning", "operators")])
def test_an_alert_goes_to_who_must_hear_it(made: Path, severity: str, receiver: str) -> None:
    route = (
        "config",
        "routes",
        "test",
        f"--config.file={made}",
        f"severity={severity}",
        "alertname=ServiceDown",
    )
    assert amtool(*route).strip() == receiver


def test_what_is_critical_is_told_at_once_and_by_itself(made: Path) -> None:
    found = yaml.safe_load(made.read_text())
    (critical,) = found["route"]["routes"]
    assert (critical["group_wait"], critical["group_by"]) == ("0s", ["..."])
    assert {mail["to"] for one in found["receivers"] for mail in one["email_configs"]} == {TOLD["ALERTS_TO"]}


def test_the_mail_server_is_that_of_the_settings(made: Path) -> None:
    told = yaml.safe_load(made.read_text())["global"]
    assert told["smtp_smarthost"] == "smtp.example:587"
    assert told["smtp_require_tls"] is True
    assert told["smtp_auth_username"] == TOLD["SMTP_USERNAME"]
    password = Path(told["smtp_auth_password_file"])
    assert password.read_text() == TOLD["SMTP_PASSWORD"]
    assert password.stat().st_mode & 0o077 == 0
    assert TOLD["SMTP_PASSWORD"] not in made.read_text()


def test_alerts_that_nobody_would_read_stop_the_start(tmp_path: Path) -> None:
    refused = begin(tmp_path, ALERTS_TO="")
    assert refused.returncode != 0
    assert "OPEN_INBURGERING_ALERTS_TO is missing" in refused.stderr
    caught = begin(tmp_path, ALERTS_TO="", SMTP_HOST="mail", SMTP_SECURITY="none")
    assert caught.returncode == 0, caught.stderr
    assert "operators@platform.example" in (tmp_path / "alertmanager.yml").read_text()


def test_compose_has_the_alertmanager_that_prometheus_calls(project: dict[str, Any]) -> None:
    told = yaml.safe_load((REPOSITORY / "deploy/prometheus/prometheus.yml").read_text())
    (target,) = told["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert target == "alertmanager:9093"
    service = project["services"]["alertmanager"]
    assert set(TOLD) == set(service["environment"])
    assert (service["environment"]["SMTP_HOST"], service["environment"]["SMTP_PORT"]) == ("mail", "1025")
    shared = set(project["services"]["prometheus"]["networks"]) & set(service["networks"])
    assert shared & set(project["services"]["mail"]["networks"])


def test_the_example_for_kubernetes_takes_all_of_our_alerts_and_none_of_others() -> None:
    (one,) = yaml.safe_load_all((CHART / "examples/alertmanager-config.yaml").read_text())
    (ours,) = one["spec"]["route"]["matchers"]
    assert ours["matchType"] == "=~"
    assert set(ours["value"].split("|")) == {alert.name for alert in alerts()}
    (critical,) = one["spec"]["route"]["routes"]
    assert (critical["receiver"], critical["groupWait"]) == ("duty", "0s")
    assert {critical["receiver"], one["spec"]["route"]["receiver"]} == {
        receiver["name"] for receiver in one["spec"]["receivers"]
    }
    assert re.search(r"alertmanagerConfigMatcherStrategy", (REPOSITORY / "docs/deployment.md").read_text())
