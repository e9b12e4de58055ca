# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Write the OpenAPI document of every service and of the gateway: `python -m tools.openapi FOLDER`."""

import json
import subprocess
import sys
from pathlib import Path

from chassis.settings import platform_settings
from gateway.catalogue import Catalogue

REPOSITORY = Path(__file__).parents[1]


def publishers() -> list[str]:
    """Return the packages that publish an OpenAPI document, as `python -m` takes them."""
    services = sorted(
        app.parent.name for app in (REPOSITORY / "services").glob("*/app*") if app.stem == "app"
    )
    return [*(f"services.{service}" for service in services), "gateway"]


def document(publisher: str) -> str:
    """Return the document of a publisher as JSON text, by its own command.

    Raises:
        RuntimeError: the command failed; the text is what it said.
    """
    asked = subprocess.run(  # noqa: S603 - our own packages
        [sys.executable, "-m", publisher, "openapi"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode != 0:
        raise RuntimeError(f"python -m {publisher} openapi failed:\n{asked.stderr.strip()}")
    return asked.stdout


def service_name(publisher: str) -> str:
    """Return the name in the address: learning-routes for services.learning_routes."""
    return publisher.rpartition(".")[2].replace("_", "-")


def merged(texts: dict[str, str]) -> str:
    """Return the one document of the whole platform, as the gateway publishes it.

    Args:
        texts: the document of each service, by its name.
    """
    catalogue = Catalogue()
    for service, text in texts.items():
        catalogue.add(service, text.encode())
    return catalogue.merged(platform_settings().public_url).decode()


def main(folder: str) -> None:
    """Write one file for each service, and `openapi.json` for all together; print what was written."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    texts = {service_name(publisher): document(publisher) for publisher in publishers()}
    for name, text in {**texts, "openapi": merged(texts)}.items():
        content = json.loads(text)
        path = target / f"{name}.json"
        path.write_text(text, encoding="utf-8")
        print(f"{path}: {content['info']['version']}, {len(content['paths'])} paths")


if __name__ == "__main__":
    main(*sys.argv[1:])
