# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Each process of the compose file is given its own secrets and no other's (ASVS V13.3.2)."""

import copy
import re
from collections import Counter
from typing import Any

import yaml

from tests.deploy.compose import COMPOSE_FILE, OURS

SHARED = {"OPEN_INBURGERING_PSEUDONYM_KEY"}
"""What has to be one for all: by it the same person has one pseudonym in every log."""

_ASKED = re.compile(r"\$\{(\w*(?:PASSWORD|_KEYS?|SECRET))\b")
_PUBLIC = re.compile(r"PUBLIC")


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"]
    return {name: found[name] for name in OURS}


def given(service: dict[str, Any]) -> set[str]:
    """The secrets of a process: variables of the installation that it is filled from, and files that are mounted."""
    values = "\n".join(str(value) for value in service["environment"].values())
    files = {one if isinstance(one, str) else one["source"] for one in service.get("secrets", [])}
    return {name for name in _ASKED.findall(values) if not _PUBLIC.search(name)} | files


def given_to_two(all_services: dict[str, Any]) -> set[str]:
    """The secrets that more than one process holds, but for those that must be shared."""
    counts = Counter(name for service in all_services.values() for name in given(service))
    return {name for name, processes in counts.items() if processes > 1} - SHARED


def test_no_secret_is_given_to_two_processes() -> None:
    found = services()
    assert all(given(service) for service in found.values()), "each of them holds secrets of its own"
    assert given_to_two(found) == set()


KEYS_OF_THE_PLATFORM = {"OPEN_INBURGERING_GRANT_PUBLIC_KEY", "OPEN_INBURGERING_PSEUDONYM_KEY"}
RINGS = {"INTAKE_ENCRYPTION_KEYS", "INTAKE_INDEX_KEYS", "NOTIFICATIONS_ENCRYPTION_KEYS"}


def test_what_is_done_once_holds_no_more_than_it_needs() -> None:
    everything = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"]
    told = {
        name: set(everything[name]["environment"]) for name in everything if "environment" in everything[name]
    }
    for name in ("migrations", "backup", "tombstones", "topics", "restore", "operator"):
        assert not told[name] & KEYS_OF_THE_PLATFORM, name
    owners = {name for name, names in told.items() if any("OWNER_DATABASE_URL" in one for one in names)}
    assert owners == {"migrations", "backup", "tombstones", "restore"}
    assert {name for name in owners if told[name] & RINGS} == {"restore"}, (
        "who reads and decrypts all is asked for"
    )
    assert everything["restore"]["profiles"] == ["restore"]


def test_planted_a_process_that_is_given_the_password_of_another_is_found() -> None:
    found = copy.deepcopy(services())
    found["housing"]["environment"]["LOOKS_DATABASE_URL"] = found["intake"]["environment"][
        "INTAKE_DATABASE_URL"
    ]
    assert given_to_two(found) == {"INTAKE_APP_PASSWORD"}
