# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Instances and solutions as files, for the command."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.housing.solver.instance import Id, Instance, InstanceFault
from services.housing.solver.model import Assignment
from services.housing.solver.reading import parse_instance

__all__ = ["LARGEST_FILE", "pairs", "read", "read_assignments", "replace_whole"]

LARGEST_FILE = 200 * 1024 * 1024
"""Bytes; the country takes about 20 million."""


def read(path: Path) -> tuple[Instance, str]:
    """Read an instance and the hash of its canonical JSON.

    Raises:
        InstanceFault: it cannot be read or taken.
    """
    return parse_instance(_bytes(path))


def read_assignments(path: Path) -> Sequence[Assignment]:
    """Read the assignments of a solution.

    Raises:
        InstanceFault: it is not the file of a solution.
    """
    try:
        return [(one["household"], one["dwelling"]) for one in json.loads(_bytes(path))["assignments"]]
    except (ValueError, KeyError, TypeError):
        raise InstanceFault(f"{path} is not a solution") from None


def pairs(given: Sequence[str], instance: Instance) -> frozenset[Assignment]:
    """Read HOUSEHOLD=DWELLING; an id may itself hold the sign.

    Raises:
        InstanceFault: it is not such a pair, or the instance knows neither.
    """
    found: set[Assignment] = set()
    for text in given:
        if "=" not in text:
            raise InstanceFault(f"{text!r} must be HOUSEHOLD=DWELLING")
        cuts = [place for place, sign in enumerate(text) if sign == "="]
        named = [
            (household, dwelling)
            for cut in cuts
            if (household := _known(text[:cut], instance.households)) is not None
            and (dwelling := _known(text[cut + 1 :], instance.dwellings)) is not None
        ]
        if not named:
            raise InstanceFault(f"{text!r}: there is no such household or no such dwelling")
        found.add(named[0])
    return frozenset(found)


def _known(text: str, known: Mapping[Id, object]) -> Id | None:
    """A number may be written for an id that is a number."""
    if text in known:
        return text
    number = int(text) if text.lstrip("-").isdecimal() else None
    return number if number in known else None


def replace_whole(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees a half of it."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(data)
    beside.replace(path)


def _bytes(path: Path) -> bytes:
    try:
        if path.is_file() and path.stat().st_size > LARGEST_FILE:
            raise InstanceFault(f"larger than {LARGEST_FILE:,} bytes: solve it in regions")
        return path.read_bytes()
    except OSError as fault:
        raise InstanceFault(f"cannot be read: {fault.strerror}") from None
