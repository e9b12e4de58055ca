# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One request out of the logs of all processes."""

import json
from typing import Any

from typer.testing import CliRunner

from cli.app import app
from cli.traced import lines_of, told

TRACE, OTHER = "0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"


def line(second: float, service: str, event: str, span: str, parent: str | None, **facts: Any) -> str:
    stamp = f"2026-03-02T09:00:{second:06.3f}Z"
    ids = {"trace_id": TRACE, "span_id": span, "parent_span_id": parent}
    return json.dumps({"timestamp": stamp, "service": service, "event": event, **ids, **facts})


LOG = [
    "intake-1  | "
    + line(1.2, "intake", "request", "b", "a", method="POST", route="/x", status=201, milliseconds=8.1),
    line(1.21, "gateway", "request", "a", None, method="POST", route="/x", status=201, milliseconds=12.5),
    json.dumps(
        {
            "time": "2026-03-02T10:00:01+01:00",
            "status": 201,
            "seconds": 0.013,
            "method": "POST",
            "trace": TRACE,
        }
    ),
    "[pod/chain-notifications-0/notifications] "
    + line(1.9, "notifications", "events_handled", "c", "b", type="pip-signed.v1", count=1),
    line(1.8, "notifications", "deadline_set", "c", "b", rule="pip").replace(
        '"service": "notifications", ', ""
    ),
    json.dumps(
        {
            "timestamp": "2026-03-02T09:00:03Z",
            "service": "learning-routes",
            "event": "events_handled",
            "count": 2,
            "trace_id": OTHER,
            "trace_ids": [OTHER, TRACE],
            "span_id": "z",
            "parent_span_id": "y",
        }
    ),
    line(1.0, "gateway", "request", "q", None).replace(TRACE, OTHER),
    f"Keycloak says {TRACE} without braces",
    f'{{"trace": "{TRACE}", cut off',
]


def test_what_led_to_what_stands_in_order_with_its_times() -> None:
    said = list(told(lines_of(TRACE, LOG)))
    assert [one.split("  ", 1)[1] for one in said] == [
        "front request method=POST status=201 milliseconds=13.0",
        "gateway request method=POST route=/x status=201 milliseconds=12.5",
        "  intake request method=POST route=/x status=201 milliseconds=8.1",
        "    notifications deadline_set rule=pip",
        "    notifications events_handled type=pip-signed.v1 count=1",
        "learning-routes events_handled count=2",
    ]
    assert [one[:12] for one in said[:2]] == ["09:00:01.000", "09:00:01.210"]


def test_the_command_reads_the_logs_and_says_when_they_hold_nothing() -> None:
    found = CliRunner().invoke(app, ["look", "trace", f"urn:trace:{TRACE}"], input="\n".join(LOG))
    assert found.exit_code == 0
    assert found.output.count("\n") == 6
    none = CliRunner().invoke(app, ["look", "trace", "f" * 32], input="\n".join(LOG))
    assert none.exit_code == 1
    assert "No line of the trace" in str(none.exception)
