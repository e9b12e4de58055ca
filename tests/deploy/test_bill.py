# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The bill of materials is of what the image holds."""

import re

from tests.peers.run import REPOSITORY

_ABOUT_THE_RUN = {"--quiet", "--compile-bytecode"}


def installed_by(text: str) -> list[set[str]]:
    """The options of every `uv sync` in a file, without those that change nothing of what is installed."""
    joined = text.replace("\\\n", " ")
    return [
        set(re.findall(r"--[a-z-]+(?: (?!-)\S+)?", options)) - _ABOUT_THE_RUN
        for options in re.findall(r"\buv sync ([^\n]*)", joined)
    ]


def test_make_sbom_looks_at_the_packages_that_the_image_installs() -> None:
    (recipe,) = re.findall(r"^sbom:.*\n((?:\t.*\n)+)", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    (bill,) = installed_by(recipe)
    _, delivered = installed_by((REPOSITORY / "deploy/Dockerfile").read_text())
    assert bill == delivered
    assert "--frozen" in bill
