# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules and dashboards as they are shipped, and what they count on."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
PROMETHEUS = REPOSITORY / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
TESTS = sorted((PROMETHEUS / "tests").glob("*.test.yml"))
DASHBOARDS = sorted((REPOSITORY / "deploy" / "grafana" / "dashboards").glob("*.json"))
RUNBOOKS = REPOSITORY / "docs" / "runbooks"

OURSELVES = {"up", "ALERTS"}
"""What Prometheus itself adds."""

_WORDS = {
    *(
        "and",
        "or",
        "unless",
        "on",
        "ignoring",
        "by",
        "without",
        "group_left",
        "group_right",
        "bool",
        "offset",
    ),
    *("sum", "max", "min", "avg", "count", "rate", "increase", "changes", "absent", "time", "hour"),
    *("day_of_week", "timestamp", "abs", "histogram_quantile", "topk", "clamp_min", "vector", "le"),
}
"""What is PromQL's own in the expressions, and no metric."""
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True)
class Alert:
    """One rule."""

    name: str
    expr: str
    labels: dict[str, str]
    annotations: dict[str, str]
    file: Path


def alerts() -> list[Alert]:
    return [
        Alert(rule["alert"], rule["expr"], rule["labels"], rule["annotations"], path)
        for path in RULES
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every panel, those inside rows too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def expressions_of_dashboards() -> list[tuple[str, str]]:
    """Every expression with the place where it stands; Grafana's own variables filled in."""
    found = []
    for path in DASHBOARDS:
        for panel in panels(json.loads(path.read_text())):
            for target in panel.get("targets", []):
                expr = target["expr"].replace("$__rate_interval", "5m").replace("$__range", "1h")
                found.append((f"{path.stem}: {panel['title']}", expr))
    return found


def metrics_in(expr: str) -> set[str]:
    """The names of the metrics in an expression; those of a histogram without their ending."""
    bare = re.sub(r'"[^"]*"', "", expr)
    bare = re.sub(r"\{[^}]*\}", "", bare)
    bare = re.sub(r"\[[^\]]*\]", "", bare)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "", bare)
    bare = re.sub(r"\boffset\s+\w+", "", bare)
    names = set(re.findall(r"\b[a-zA-Z_:][a-zA-Z0-9_:]*\b", bare)) - _WORDS
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in names}


def shorter(text: str, divisor: float, *, least: float = 0.0) -> str:
    """A duration divided: `5m` by 30 is `10s`."""
    seconds = sum(float(n) * _SECONDS[unit] for n, unit in re.findall(r"(\d+)(ms|[smhdw])", text))
    return f"{max(least, seconds / divisor) * 1000:.0f}ms"


def quick_rules(
    divisor: float, thresholds: dict[str, tuple[str, str]], *, least_window: float = 6.0
) -> dict[str, Any]:
    """The real rules with every time in them divided, for a test that cannot wait.

    Args:
        divisor: of the durations of `for`, ranges and offsets.
        thresholds: per alert the text of a limit in seconds, and what stands there instead.
        least_window: seconds of a range at least, so that it holds some samples.
    """
    groups: list[dict[str, Any]] = []
    for path in RULES:
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                expr = re.sub(
                    r"\[(\w+)\]", lambda m: f"[{shorter(m[1], divisor, least=least_window)}]", rule["expr"]
                )
                expr = re.sub(r"offset (\w+)", lambda m: f"offset {shorter(m[1], divisor)}", expr)
                if rule["alert"] in thresholds:
                    before, after = thresholds[rule["alert"]]
                    assert before in expr, f"{rule['alert']} has no {before} any more"
                    expr = expr.replace(before, after)
                rule["expr"] = expr
                rule["for"] = shorter(rule["for"], divisor)
            groups.append(group)
    return {"groups": groups}
