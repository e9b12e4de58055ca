# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Schemathesis drives every service through the gateway from its own OpenAPI document.

Whatever is sent: no server error, no answer that the document does not name, nothing let in without
a token, nothing found again after it was deleted (`--checks all` has both). In CI a bounded number of cases
per operation; `make fuzz` raises it, walks every constraint of the document, and follows the links from answer
to request too. The demo that it shoots at is that of the journeys, which come before it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from demo.parties import MEMBERS
from tests.journey.platform import Platform

# With a number: so many cases for each operation as every role of the demo. Without: 8 as the one that may most, and 4 as
# another role at the service that it has most to do with.
CASES = os.environ.get("FUZZ_CASES")
FEW = {
    "consulent-lv": dict.fromkeys(("gateway", "housing", "intake", "learning-routes", "notifications"), 8),
    "system-echt-nederlands": {"learning-routes": 4},
    "operations": {"notifications": 4},
}
ONE_OF_EACH_ROLE = tuple({member.roles: member.name for member in reversed(MEMBERS)}.values())
PHASES = os.environ.get("FUZZ_PHASES", "examples,fuzzing")
SEED = os.environ.get("FUZZ_SEED", "20241105")
SERVICES = tuple(FEW["consulent-lv"])
# Input that fits the schema can still break a rule of the law or name a page that is not ours: that is 400
# too, and 412 and 415 belong to headers that the schema cannot tie together.
CONFIGURATION = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "409", "412", "413", "415", "428", "429", "503"]
"""


@pytest.mark.security("S10")
@pytest.mark.timeout(int(os.environ.get("FUZZ_SECONDS", "900")))
@pytest.mark.parametrize("service", SERVICES)
def test_nothing_that_is_sent_makes_a_service_fail_or_answer_what_it_does_not_document(
    demo: Platform, service: str, tmp_path: Path
) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    findings = []
    for role in ONE_OF_EACH_ROLE if CASES else FEW:
        cases = int(CASES or FEW[role].get(service, 0))
        if cases == 0:
            continue
        token = demo.command("demo", "token", role).strip()
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run"),
                f"{demo.url}/{service}/v1/openapi.json",
                *("--url", f"{demo.url}/{service}/v1"),
                *("--header", f"Authorization: Bearer {token}"),
                *("--checks", "all"),
                *("--max-examples", str(cases)),
                *("--seed", SEED),
                *("--phases", PHASES),
                *("--request-timeout", "120"),  # a machine may be busy with more than this
                *("--suppress-health-check", "too_slow"),
                "--no-color",
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        generated = re.search(r"(\d+) generated", done.stdout)
        assert generated is not None, done.stdout[-3000:] + done.stderr[-2000:]
        assert int(generated[1]) > cases, "it sent next to nothing"
        print(f"{service} as {role}: {generated[1]} cases, seed {SEED}")  # noqa: T201 - so that it can be repeated
        if done.returncode != 0:
            findings.append(f"as {role}, seed {SEED}:\n{done.stdout[-12000:]}{done.stderr[-2000:]}")
    assert not findings, "\n".join(findings)
