# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S24: what we build on is locked with hashes, listed, audited; and the repository holds no secret.

`make audit` asks OSV about every locked version. Where OSV cannot be reached that is said aloud and is no
failure: the floors below hold without a network, and fail for versions with faults known to be severe.
"""

import json
import re
import subprocess
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings
from packaging.version import Version

from tools.audit import verdict

REPOSITORY = Path(__file__).parents[2]
FLOORS = {  # below these, severe faults are known
    "aiohttp": "3.13.3",
    "cryptography": "44.0.1",
    "h11": "0.16.0",
    "jinja2": "3.1.6",
    "pyjwt": "2.13.0",
    "python-multipart": "0.0.18",
    "requests": "2.32.4",
    "starlette": "0.49.1",
    "urllib3": "2.5.0",
}
DETECTORS = (
    "AWSKeyDetector",
    "ArtifactoryDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "NpmDetector",
    "PrivateKeyDetector",
    "SendGridDetector",
    "SlackDetector",
    "StripeDetector",
    "TwilioKeyDetector",
)
SIGNS = re.compile(
    rb"PRIVATE KEY|AKIA|A3T|AKC|AP[\dABCDEF]|eyJ|://[^\s/@]+:[^\s/@]+@|gh[pousr]_|glpat-|xox|npm|SG\.|[sr]k_live|AccountKey|AC[a-z0-9]{32}"
)
"""What no such secret can do without: files without it need not be looked at line by line."""
BASELINE = {f"{name}.pyBasic Auth Credentials" for name in ("settings", "databases", "processes")}
"""Addresses with a name and a password that are made up, as an example or of variables; looked at one by one."""
MADE_UP = ("tests/", "bench/", "docs/", "README.md", "CONTRIBUTING.md")
"""Where examples stand; secrets of the product would stand elsewhere. Private keys are looked for everywhere."""


def locked() -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = tomllib.loads((REPOSITORY / "uv.lock").read_text(encoding="utf-8"))[
        "package"
    ]
    return found


def unhashed(packages: Iterable[Mapping[str, Any]]) -> list[str]:
    """The packages of which a file is not bound by a hash."""
    found = []
    for package in packages:
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        own = "editable" in package["source"]
        if not own and (not files or any(not one.get("hash", "").startswith("sha256:") for one in files)):
            found.append(str(package["name"]))
    return found


def below_floor(packages: Iterable[Mapping[str, Any]]) -> list[str]:
    """The packages that are older than the first version without a severe fault."""
    return [
        f"{package['name']} {package['version']}"
        for package in packages
        if package["name"] in FLOORS and Version(package["version"]) < Version(FLOORS[package["name"]])
    ]


def secrets_in(paths: Iterable[Path], detectors: Iterable[str] = DETECTORS) -> list[str]:
    """Places that look like a secret."""
    suspect = [path for path in paths if SIGNS.search(path.read_bytes())]
    with transient_settings({"plugins_used": [{"name": name} for name in detectors]}):
        return [
            f"{path.name}:{one.line_number} {one.type}" for path in suspect for one in scan_file(str(path))
        ]


def _files(*, examples: bool = False) -> list[Path]:
    """What is in the repository, but for generated files; with `examples` the places where examples stand alone."""
    listed = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    names = [
        name
        for name in listed.stdout.splitlines()
        if not name.endswith((".lock", ".png", ".svg", "-lock.json"))
    ]
    return [
        REPOSITORY / name
        for name in names
        if name.startswith(MADE_UP) == examples and (REPOSITORY / name).is_file()
    ]


@pytest.mark.security("S24")
def test_every_package_is_bound_by_a_hash() -> None:
    packages = locked()
    assert len(packages) > 80
    assert unhashed(packages) == []


@pytest.mark.security("S24")
def test_every_npm_package_is_bound_by_a_hash() -> None:
    for path in (
        REPOSITORY / "portal/assets/package-lock.json",
        REPOSITORY / "tests/tools/node/package-lock.json",
    ):
        packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
        assert [
            name for name, one in packages.items() if name and not one.get("link") and "integrity" not in one
        ] == []


@pytest.mark.security("S24")
def test_no_version_is_below_the_first_without_a_severe_fault() -> None:
    assert below_floor(locked()) == []


@pytest.mark.security("S24")
@pytest.mark.timeout(300)
def test_the_repository_holds_no_secret() -> None:
    found = {one.partition(":")[0] + one.partition(" ")[2] for one in secrets_in(_files())}
    assert found - BASELINE == set()
    assert secrets_in(_files(examples=True), ["PrivateKeyDetector"]) == []


@pytest.mark.security("S24")
def test_planted_weaknesses_are_found(tmp_path: Path) -> None:
    old = {"name": "pyjwt", "version": "2.4.0", "source": {"registry": "x"}, "wheels": [{"url": "x"}]}
    assert unhashed([old]) == ["pyjwt"]
    assert below_floor([old]) == ["pyjwt 2.4.0"]
    leak = tmp_path / "settings.py"
    leak.write_text("-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE\n", encoding="utf-8")
    assert secrets_in([leak]) == ["settings.py:1 Private Key"]


@pytest.mark.security("S24")
@pytest.mark.parametrize(
    ("code", "said", "fails", "word"),
    [
        (0, "Found no known vulnerabilities", False, "clean"),
        (1, "Found 1 known vulnerability in 1 package", True, "found"),
        (2, "error sending request for url (https://api.osv.dev/v1/querybatch)", False, "NOT AUDITED"),
        (2, "unexpected argument", True, "could not run"),
    ],
    ids=["clean", "known fault", "no network", "broken"],
)
def test_an_audit_fails_for_what_it_finds_and_says_when_it_could_not_ask(
    code: int, said: str, fails: bool, word: str
) -> None:
    found = verdict(code, said)
    assert (found.fails, word in found.text) == (fails, True)
