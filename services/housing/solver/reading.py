# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""From JSON to an instance and back: every fault is told with its place."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import date
from functools import partial
from itertools import pairwise
from types import MappingProxyType
from typing import Any, TypeVar

from services.housing.solver.instance import (
    Corporation,
    Dwelling,
    Held,
    Household,
    Id,
    Instance,
    InstanceFault,
    MovingOn,
    Municipality,
    Neighbourhood,
    Reunion,
    order_of,
)

__all__ = [
    "MOST_DWELLINGS",
    "MOST_HOUSEHOLDS",
    "canonical",
    "document_of",
    "parse_instance",
    "read_instance",
    "sha256_of",
]

MOST_HOUSEHOLDS = 60_000
MOST_DWELLINGS = 12_000
"""One and a half times the country; above that the documented 2 GB are not certain to be enough."""

_KINDS = ("family", "studio", "shared", "flex", "transit")
_LISTS = ("municipalities", "neighbourhoods", "corporations", "dwellings", "households")
_HEAD = ("problem", "name", "scale", "seed", "today", "legal_term_weeks", *_LISTS)

Record = TypeVar("Record", Municipality, Neighbourhood, Corporation, Dwelling, Household)
_Part = Callable[[Any, str], Any]


def canonical(value: Any) -> bytes:
    """Return the one way in which a JSON value is written: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256_of(document: Any) -> str:
    """Return the hash by which an input is known again."""
    return hashlib.sha256(canonical(document)).hexdigest()


def parse_instance(data: bytes) -> tuple[Instance, str]:
    """Read a file of an instance.

    Returns:
        The instance and the SHA-256 of its canonical JSON.

    Raises:
        InstanceFault: it cannot be taken; the message names the field and its place.
    """
    try:
        document = json.loads(data, object_pairs_hook=_once, parse_constant=_no_constant)
        digest = sha256_of(document)
    except InstanceFault:
        raise
    except (ValueError, RecursionError) as fault:  # half a character, or a number of thousands of digits, too
        raise InstanceFault(f"not JSON: {fault}") from None
    return read_instance(document), digest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a field that stands twice: which of the two is meant cannot be known."""
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise InstanceFault(f"field {key!r} stands twice in one record")
            seen.add(key)
    return found


def _no_constant(word: str) -> Any:
    raise InstanceFault(f"{word} is not a number of JSON")


def read_instance(document: Any) -> Instance:
    """Read the neutral form.

    Raises:
        InstanceFault: something is missing, unknown, of the wrong kind, out of bounds or refers to nothing.
    """
    if not isinstance(document, dict):
        raise InstanceFault("the instance must be a JSON object")
    if document.get("problem") != "p1":
        raise InstanceFault(f'problem must be "p1", not {document.get("problem")!r}')
    for key, value in document.items():
        if key not in _HEAD and isinstance(value, dict | list):
            raise InstanceFault(f"unknown field {key!r}: the optimiser takes no such data")
    for key in ("today", *_LISTS):
        if key not in document:
            raise InstanceFault(f"field {key!r} is missing")
    for key, most in (("households", MOST_HOUSEHOLDS), ("dwellings", MOST_DWELLINGS)):
        if isinstance(document[key], list) and len(document[key]) > most:
            raise InstanceFault(
                f"{len(document[key]):,} {key}: at most {most:,} fit in the documented memory of 2 GB; "
                "solve it in regions"
            )
    instance = Instance(
        name=str(document.get("name", "")),
        today=_day(document["today"], "today"),
        legal_term_weeks=_count(document.get("legal_term_weeks", 10), "legal_term_weeks"),
        municipalities=_records(Municipality, document["municipalities"], "municipalities"),
        neighbourhoods=_records(Neighbourhood, document["neighbourhoods"], "neighbourhoods"),
        corporations=_records(Corporation, document["corporations"], "corporations"),
        dwellings=_records(Dwelling, document["dwellings"], "dwellings"),
        households=_records(Household, document["households"], "households"),
    )
    _refer(instance)
    return instance


def _records(kind: type[Record], found: Any, place: str) -> Mapping[Id, Record]:
    """Read a list of records, in the order of their ids."""
    if not isinstance(found, list):
        raise InstanceFault(f"{place} must be a list")
    needed = _PARTS[kind]
    parts = {**needed, **_MAY_BE_LEFT_OUT.get(kind, {})}
    records: list[Record] = []
    for number, raw in enumerate(found):
        where = f"{place}[{number}]"
        if not isinstance(raw, dict):
            raise InstanceFault(f"{where} must be an object")
        for key in raw:
            if key not in parts:
                raise InstanceFault(f"{where}: unknown field {key!r}: the optimiser takes no such data")
        for key in needed:
            if key not in raw:
                raise InstanceFault(f"{where}: field {key!r} is missing")
        told = {key: read(raw[key], f"{where}.{key}") for key, read in parts.items() if key in raw}
        records.append(kind(**told))
    records.sort(key=lambda one: order_of(one.id))
    by_id = {one.id: one for one in records}
    if len(by_id) != len(records):
        twice = next(one.id for one, other in pairwise(records) if one.id == other.id)
        raise InstanceFault(f"{place}: id {twice!r} stands twice")
    return by_id


def _refer(instance: Instance) -> None:
    """See that every reference leads somewhere. Family may live in a gemeente outside the instance."""
    places = instance.municipalities
    referring: Sequence[tuple[str, Mapping[Id, Any], str, Mapping[Id, Any]]] = (
        ("neighbourhoods", instance.neighbourhoods, "municipality", places),
        ("corporations", instance.corporations, "municipality", places),
        ("dwellings", instance.dwellings, "municipality", places),
        ("dwellings", instance.dwellings, "neighbourhood", instance.neighbourhoods),
        ("dwellings", instance.dwellings, "corporation", instance.corporations),
        ("households", instance.households, "municipality", places),
    )
    for place, records, field, known in referring:
        for one in records.values():
            if getattr(one, field) not in known:
                raise InstanceFault(f"{place} {one.id!r}: {field} {getattr(one, field)!r} does not exist")
    for household in instance.households.values():
        for other in household.exchange:
            if other not in places:
                raise InstanceFault(f"households {household.id!r}: exchange {other!r} does not exist")


def _id(found: Any, place: str) -> Id:
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise InstanceFault(f"{place} must be a text or a whole number, not {_shown(found)}")
    return found


def _id_or_none(found: Any, place: str) -> Id | None:
    return None if found is None else _id(found, place)


def _ids(found: Any, place: str) -> tuple[Id, ...]:
    if not isinstance(found, list):
        raise InstanceFault(f"{place} must be a list")
    return tuple(sorted({_id(one, place) for one in found}, key=order_of))


def _integer(found: Any, place: str) -> int:
    if isinstance(found, bool) or not isinstance(found, int):
        raise InstanceFault(f"{place} must be a whole number, not {_shown(found)}")
    if abs(found) > _LARGEST:
        raise InstanceFault(f"{place} is larger than {_LARGEST:,}")
    return found


_LARGEST = 1_000_000
"""Above this the arithmetic of the solver, in binary fractions, would no longer be exact."""


def _count(found: Any, place: str) -> int:
    if _integer(found, place) < 0:
        raise InstanceFault(f"{place} may not be negative, is {found}")
    return int(found)


def _positive(found: Any, place: str) -> int:
    if _count(found, place) == 0:
        raise InstanceFault(f"{place} must be 1 or more")
    return int(found)


def _flag(found: Any, place: str) -> bool:
    if isinstance(found, bool) or (isinstance(found, int) and found in (0, 1)):
        return bool(found)
    raise InstanceFault(f"{place} must be 0 or 1, not {_shown(found)}")


def _day(found: Any, place: str) -> date:
    try:
        return date.fromisoformat(found)
    except (TypeError, ValueError):
        raise InstanceFault(f"{place} must be a day as 2026-01-31, not {_shown(found)}") from None


def _kind(found: Any, place: str) -> str:
    if found not in _KINDS:
        raise InstanceFault(f"{place} must be one of {', '.join(_KINDS)}, not {_shown(found)}")
    return str(found)


def _point(found: Any, place: str) -> tuple[int, int] | None:
    if found is None:
        return None
    if not isinstance(found, list) or len(found) != len(("x", "y")):
        raise InstanceFault(f"{place} must be [x, y] or null, not {_shown(found)}")
    return (_integer(found[0], place), _integer(found[1], place))


def _object(kind: Callable[..., Any], parts: Mapping[str, _Part], found: Any, place: str) -> Any:
    """Read an object inside a record, or null."""
    if found is None:
        return None
    if not isinstance(found, dict):
        raise InstanceFault(f"{place} must be an object or null, not {_shown(found)}")
    for key in found:
        if key not in parts:
            raise InstanceFault(f"{place}: unknown field {key!r}: the optimiser takes no such data")
    for key in parts:
        if key not in found:
            raise InstanceFault(f"{place}: field {key!r} is missing")
    return kind(**{key: read(found[key], f"{place}.{key}") for key, read in parts.items()})


def _shown(found: Any) -> str:
    """What was found, short enough for a message."""
    text = json.dumps(found, default=str)
    return text if len(text) <= len("a text of forty letters, and not one more") else f"{text[:37]}..."


_reunion = partial(_object, Reunion, {"persons": _count, "months": _count, "granted": _flag})
_held = partial(_object, Held, {"places": _positive, "group": _id_or_none})
_moving_on = partial(_object, MovingOn, {"home": _id_or_none, "room": _positive})

_PARTS: Mapping[type[Any], Mapping[str, _Part]] = MappingProxyType(
    {
        Municipality: {
            "id": _id,
            "region": _id,
            "x": _integer,
            "y": _integer,
            "target": _count,
            "exchange_slack": _count,
            "transit_exits": _count,
        },
        Neighbourhood: {
            "id": _id,
            "municipality": _id,
            "x": _integer,
            "y": _integer,
            "school": _flag,
            "cap": _count,
        },
        Corporation: {"id": _id, "municipality": _id, "contingent": _count},
        Dwelling: {
            "id": _id,
            "municipality": _id,
            "neighbourhood": _id,
            "corporation": _id,
            "kind": _kind,
            "rooms": _count,
            "min_persons": _count,
            "max_persons": _count,
            "rent": _count,
            "accessible": _flag,
            "available_from": _day,
            "max_stay_months": _count,
            "share_slots": _count,
            "share_min": _count,
        },
        Household: {
            "id": _id,
            "municipality": _id,
            "persons": _positive,
            "adults": _count,
            "children": _count,
            "linked": _day,
            "rent_max": _count,
            "needs_accessible": _flag,
            "school": _flag,
            "work": _point,
            "family": _id_or_none,
            "reunion": _reunion,
            "accepts_sharing": _flag,
            "share_group": _id_or_none,
            "exchange": _ids,
        },
    }
)

_MAY_BE_LEFT_OUT: Mapping[type[Any], Mapping[str, _Part]] = MappingProxyType(
    {Dwelling: {"held": _held, "let_this_year": _flag}, Household: {"moving_on": _moving_on}}
)
"""Fields of our own beside the neutral form: without them an instance means what it always meant."""


def document_of(instance: Instance) -> dict[str, Any]:
    """Write an instance in the neutral form again."""
    return {
        "problem": "p1",
        "name": instance.name,
        "today": instance.today.isoformat(),
        "legal_term_weeks": instance.legal_term_weeks,
        **{name: [_written(one) for one in getattr(instance, name).values()] for name in _LISTS},
    }


def _written(record: Any) -> dict[str, Any]:
    """Write a record; a field that may be left out is left out where it says nothing."""
    told = ((field, getattr(record, field.name)) for field in fields(record))
    return {
        field.name: _plain(value)
        for field, value in told
        if field.default is MISSING or value != field.default
    }


def _plain(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case tuple():
            return list(value)
        case Reunion() | Held() | MovingOn():
            return _written(value)
        case _:
            return value
