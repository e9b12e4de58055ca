# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Write the bill of materials of what is delivered, as CycloneDX JSON.

    python -m tools.sbom PYTHON FILE [--debian DPKG_STATUS]

cyclonedx-bom lists the packages that the given Python has. Added here is what it cannot see: the npm
packages of which the portal's assets are made, and the Debian packages of the image.
"""

import argparse
import base64
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

REPOSITORY = Path(__file__).parents[1]
ASSETS = REPOSITORY / "portal" / "assets" / "package-lock.json"
SPECIFICATION = SchemaVersion.V1_6


class InvalidBill(RuntimeError):
    """What was put together is no CycloneDX; the text says where."""


def bill_of(python: Path, *, debian: Path | None = None) -> dict[str, Any]:
    """The whole bill; the same inputs give the same bill.

    Args:
        python: the interpreter of the environment that is delivered.
        debian: `dpkg`'s file with the packages of the image, if it is about an image.

    Raises:
        InvalidBill: the schema of CycloneDX refuses it.
    """
    bill = _python_packages(python)
    bill["components"] += sorted(
        [*_npm_packages(ASSETS), *(_debian_packages(debian) if debian else [])],
        key=lambda component: str(component["bom-ref"]),
    )
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    bill["metadata"]["component"]["version"] = version
    if wrong := JsonStrictValidator(SPECIFICATION).validate_str(json.dumps(bill)):
        raise InvalidBill(str(wrong))
    return bill


def _python_packages(python: Path) -> dict[str, Any]:
    command = [
        *(sys.executable, "-m", "cyclonedx_py", "environment", str(python)),
        *("--pyproject", str(REPOSITORY / "pyproject.toml"), "--mc-type", "application"),
        *("--spec-version", SPECIFICATION.to_version(), "--output-format", "JSON", "--output-reproducible"),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own arguments
    return dict(json.loads(done.stdout))


def _npm_packages(lock_file: Path) -> Iterator[dict[str, Any]]:
    for place, package in json.loads(lock_file.read_text())["packages"].items():
        if not place:
            continue  # the list itself
        name = place.rpartition("node_modules/")[2]
        algorithm, _, digest = package["integrity"].partition("-")
        url = f"pkg:npm/{quote(name, safe='/')}@{package['version']}"
        yield {
            "type": "library",
            "bom-ref": url,
            "name": name,
            "version": package["version"],
            "purl": url,
            "licenses": [{"license": {"id": package["license"]}}] if "license" in package else [],
            "hashes": [
                {"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}
            ],
        }


def _debian_packages(status: Path) -> Iterator[dict[str, Any]]:
    for paragraph in status.read_text().split("\n\n"):
        facts = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line[:40])
        if facts.get("Status") != "install ok installed":
            continue
        name, version, kind = facts["Package"], facts["Version"], facts["Architecture"]
        url = f"pkg:deb/debian/{quote(name)}@{quote(version, safe='')}?arch={kind}"
        yield {"type": "library", "bom-ref": url, "name": name, "version": version, "purl": url}


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(prog="python -m tools.sbom", description="Write a bill of materials.")
    parser.add_argument("python", type=Path, help="interpreter of the environment that is delivered")
    parser.add_argument("file", type=Path, help="where to write")
    parser.add_argument("--debian", type=Path, help="dpkg's status file of the image")
    told = parser.parse_args()
    bill = bill_of(told.python, debian=told.debian)
    told.file.parent.mkdir(parents=True, exist_ok=True)
    told.file.write_text(json.dumps(bill, indent=1, ensure_ascii=False) + "\n")
    print(f"{told.file}: {len(bill['components'])} components")


if __name__ == "__main__":
    main()
