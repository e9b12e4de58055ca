# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How households and dwellings look in a file: columns with their synonyms, words, days and amounts.

The list that COA, gemeenten and corporations read is `docs/housing-files.md`; a test compares it with
this module. A fault never repeats the value that is wrong: a cell in the wrong column can be a BSN.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from chassis.sheets import Fault
from services.housing.rules.codes import DwellingKind, UnlinkReason

__all__ = [
    "COLUMNS",
    "MOST",
    "WORDS",
    "Column",
    "Header",
    "Kind",
    "Values",
    "column_named",
    "read_header",
    "read_row",
    "told_twice",
]

Kind = Literal["households", "dwellings"]
Values = dict[str, str | int | bool | list[str] | None]

MAX_COLUMNS = 50
MAX_TEXT = 100  # characters
MOST: Mapping[str, int] = {
    "adults": 25,
    "children": 25,
    "reunionPersons": 25,
    "rooms": 30,
    "sizeM2": 2000,
    "minPersons": 30,
    "maxPersons": 30,
    "maxStayMonths": 120,
    "shareSlots": 20,
}
"""The most of each count, as by the API."""

YEARS = range(1990, 2101)
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DUTCH = re.compile(r"([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})")  # Dutch Excel drops leading zeros
_COUNT = re.compile(r"[0-9]{1,4}")
_EURO = re.compile(r"€?\s?([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,6})(?:[.,]([0-9]{1,2}))?")
_CODE = re.compile(r"[0-9]{4}")
_CONTROL = re.compile("[\x00-\x1f\x7f\x80-\x9f\u2028\u2029\ufeff]")
_DIGITS = re.compile(r"[0-9]{6,}")

WORDS: Mapping[str, Mapping[str, str]] = {
    "flag": {
        "ja": "yes",
        "nee": "no",
        "yes": "yes",
        "no": "no",
        "true": "yes",
        "false": "no",
        "1": "yes",
        "0": "no",
    },
    "link": {"gekoppeld": "linked", "linked": "linked", "ontkoppeld": "unlinked", "unlinked": "unlinked"},
    "unlink": {
        **{reason.value: reason.value for reason in UnlinkReason},
        "andere-gemeente": "other-gemeente",
        "eigen-woning": "own-home",
        "vertrokken": "left",
        "vergissing": "mistake",
    },
    "dwelling": {
        **{kind.value: kind.value for kind in DwellingKind},
        "eengezins": "family",
        "gedeeld": "shared",
        "doorstroom": "transit",
    },
}
"""The words of a column, English and Dutch, and what they mean."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its field, its names (English first), how its cells are read, whether it must be there."""

    field: str
    names: tuple[str, ...]
    form: str
    required: bool = False


COLUMNS: Mapping[Kind, tuple[Column, ...]] = {
    "households": (
        Column("reference", ("reference", "kenmerk", "tvs-nummer", "referentie"), "text", required=True),
        Column("gemeentecode", ("gemeentecode", "gemeente-code"), "code"),
        Column(
            "linkedOn", ("linkedOn", "koppeldatum", "gekoppeld-op", "datum-koppeling"), "day", required=True
        ),
        Column("adults", ("adults", "volwassenen", "aantal-volwassenen"), "count", required=True),
        Column("children", ("children", "kinderen", "aantal-kinderen"), "count"),
        Column("inburgeraarIds", ("inburgeraarIds", "inburgeraar-ids"), "ids"),
        Column("needsAccessible", ("needsAccessible", "toegankelijk"), "flag"),
        Column("reunionPersons", ("reunionPersons", "nareis-personen", "nareis"), "count"),
        Column("reunionExpectedOn", ("reunionExpectedOn", "nareis-verwacht"), "day"),
        Column("status", ("status",), "link"),
        Column("unlinkedOn", ("unlinkedOn", "ontkoppeldatum", "ontkoppeld-op"), "day"),
        Column("unlinkReason", ("unlinkReason", "reden-ontkoppeling"), "unlink"),
    ),
    "dwellings": (
        Column("reference", ("reference", "kenmerk", "woningnummer"), "text", required=True),
        Column("gemeentecode", ("gemeentecode", "gemeente-code"), "code"),
        Column("quarter", ("quarter", "wijk", "buurt"), "text", required=True),
        Column("rooms", ("rooms", "kamers", "aantal-kamers"), "count", required=True),
        Column("sizeM2", ("sizeM2", "oppervlakte", "m2"), "count", required=True),
        Column("rentCents", ("rent", "huur", "huurprijs"), "euro", required=True),
        Column("availableFrom", ("availableFrom", "beschikbaar-vanaf", "beschikbaar"), "day", required=True),
        Column("kind", ("kind", "soort"), "dwelling"),
        Column("minPersons", ("minPersons", "min-personen"), "count"),
        Column("maxPersons", ("maxPersons", "max-personen"), "count"),
        Column("accessible", ("accessible", "toegankelijk"), "flag"),
        Column("maxStayMonths", ("maxStayMonths", "verblijf-maanden"), "count"),
        Column("shareSlots", ("shareSlots", "deelplaatsen"), "count"),
    ),
}
"""The columns of each kind of file."""


@dataclass(frozen=True, slots=True)
class Header:
    """Which column stands where; None for a column without a name."""

    columns: tuple[Column | None, ...]
    names: tuple[str, ...]  # as the file spells them, for the explanation of a fault

    def name_of(self, column: Column) -> str:
        """What the file calls this column."""
        return self.names[self.columns.index(column)] if column in self.columns else column.names[0]


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()


_BY_NAME: Mapping[Kind, Mapping[str, Column]] = {
    kind: {_plain(name): column for column in columns for name in column.names}
    for kind, columns in COLUMNS.items()
}


def column_named(kind: Kind, name: str) -> Column | None:
    """Return the column with this name; case, spaces, hyphens and underscores do not count."""
    return _BY_NAME[kind].get(_plain(name))


def read_header(kind: Kind, cells: Sequence[str]) -> Header | Fault:
    """Return what the columns mean, or why the whole file cannot be read."""
    allowed = "Toegestaan zijn: " + ", ".join(" of ".join(column.names) for column in COLUMNS[kind]) + "."
    if len(cells) > MAX_COLUMNS:
        return Fault("too-many-columns", f"De eerste regel heeft meer dan {MAX_COLUMNS} kolommen. {allowed}")
    found: list[Column | None] = []
    for number, cell in enumerate(cells, start=1):
        column = column_named(kind, cell)
        if column is None and _plain(cell):
            shown = _shown(cell)
            named = f" ('{shown}')" if shown else ""
            return Fault("unknown-column", f"Kolom {number}{named} is niet bekend. {allowed}", field=shown)
        if column is not None and column in found:
            return Fault("duplicate-column", f"Kolom {number} komt twee keer voor.", field=column.field)
        found.append(column)
    missing = [column for column in COLUMNS[kind] if column.required and column not in found]
    if missing:
        names = ", ".join(" of ".join(column.names) for column in missing)
        return Fault("missing-column", f"Deze kolommen ontbreken: {names}. {allowed}", field=missing[0].field)
    return Header(tuple(found), tuple(cell.strip() for cell in cells))


def _shown(name: str) -> str | None:
    """A column name that may be repeated; a first line with digits can be a person's data."""
    short = _CONTROL.sub("?", name.strip())[:40]
    return None if _DIGITS.search(short) else short


def read_row(header: Header, cells: Sequence[str]) -> Values | tuple[Fault, ...] | None:
    """Return the values of one line by field, every fault of it, or None where the line is empty."""
    if not any(cell.strip() for cell in cells):
        return None
    faults: list[Fault] = []
    values: Values = {}
    for number, cell in enumerate(cells):
        text = cell.strip()
        column = header.columns[number] if number < len(header.columns) else None
        if column is None:
            if text:
                faults.append(
                    Fault(
                        "value-without-column", f"Cel {number + 1} hoort bij geen kolom van de eerste regel."
                    )
                )
            continue
        _read_cell(header, column, text, values, faults)
    told = {fault.field for fault in faults}
    faults.extend(
        _fault(header, column, "required", "dit veld is verplicht.")
        for column in header.columns
        if column is not None
        and column.required
        and values.get(column.field) is None
        and column.field not in told
    )
    return tuple(faults) if faults else values


def told_twice(kind: Kind, rows: Iterable[tuple[int, Values]]) -> dict[int, int]:
    """Return the lines that tell otherwise of what an earlier line tells of, each with that line.

    The same once more is no fault. Of a household whose link ends in the file the lines tell one after the other.

    Args:
        kind: of the file.
        rows: each line that can be read, by its number, in the order of the file.
    """
    lines = [(line, tuple(values.get(name) for name in _SUBJECT[kind]), values) for line, values in rows]
    ends = {subject for _, subject, values in lines if values.get("status") == "unlinked"}
    first: dict[tuple[object, ...], tuple[int, Values]] = {}
    found = {}
    for line, subject, values in lines:
        known, told = first.setdefault(subject, (line, values))
        if told != values and subject not in ends:
            found[line] = known
    return found


_SUBJECT: Mapping[Kind, tuple[str, ...]] = {
    "households": ("gemeentecode", "reference"),
    "dwellings": ("reference",),
}
"""The fields by which a line names what it tells of."""


def _read_cell(header: Header, column: Column, text: str, values: Values, faults: list[Fault]) -> None:
    values[column.field] = None
    if not text:
        return
    if len(text) > MAX_TEXT and column.form != "ids":
        faults.append(_fault(header, column, "too-long", f"ten hoogste {MAX_TEXT} tekens."))
        return
    if _CONTROL.search(text):
        faults.append(_fault(header, column, "control-character", "er staat een onzichtbaar teken in."))
        return
    found = _READERS[column.form](text)
    most = MOST.get(column.field)
    if found is None:
        faults.append(_fault(header, column, *_WRONG[column.form]))
    elif most is not None and isinstance(found, int) and found > most:
        faults.append(_fault(header, column, "above-most", f"dit is ten hoogste {most}."))
    else:
        values[column.field] = found


def _fault(header: Header, column: Column, code: str, detail: str) -> Fault:
    return Fault(code, f"Kolom {header.name_of(column)}: {detail}", field=column.field)


def _day(text: str) -> str | None:
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DUTCH.fullmatch(text):
        day, month, year = found.groups()
    else:
        return None
    try:
        found_day = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found_day.isoformat() if found_day.year in YEARS else None


def _euro(text: str) -> int | None:
    found = _EURO.fullmatch(text)
    if found is None:
        return None
    return int(Decimal(f"{found[1].replace('.', '')}.{found[2] or 0}") * 100)


def _ids(text: str) -> list[str] | None:
    try:
        return [str(UUID(part)) for part in re.split(r"[\s,;|]+", text) if part]
    except ValueError:
        return None


def _flag(text: str) -> bool | None:
    word = WORDS["flag"].get(text.casefold())
    return None if word is None else word == "yes"


def _word(words: str) -> Callable[[str], str | None]:
    return lambda text: WORDS[words].get(_hyphens(text))


def _hyphens(text: str) -> str:
    return re.sub(r"[\s_]+", "-", text).casefold()


_READERS: Mapping[str, Callable[[str], str | int | bool | list[str] | None]] = {
    "text": lambda text: text,
    "code": lambda text: text.zfill(4) if _CODE.fullmatch(text.zfill(4)) else None,
    "day": _day,
    "count": lambda text: int(text) if _COUNT.fullmatch(text) else None,
    "euro": _euro,
    "ids": _ids,
    "flag": _flag,
    "link": _word("link"),
    "unlink": _word("unlink"),
    "dwelling": _word("dwelling"),
}

_WRONG: Mapping[str, tuple[str, str]] = {
    "text": ("invalid-text", "dit is geen tekst."),
    "code": ("invalid-gemeentecode", "dit is geen gemeentecode van vier cijfers."),
    "day": ("invalid-date", "dit is geen datum als 31-12-2024 of 2024-12-31, tussen 1990 en 2100."),
    "count": ("invalid-count", "dit is geen aantal van 0 of meer, in cijfers."),
    "euro": ("invalid-amount", "dit is geen bedrag als 645,50."),
    "ids": (
        "invalid-id",
        "dit zijn geen ids van inburgeraars. Gebruik de ids van het platform, nooit een BSN.",
    ),
    "flag": ("unknown-value", f"kies uit {', '.join(WORDS['flag'])}."),
    "link": ("unknown-value", f"kies uit {', '.join(WORDS['link'])}."),
    "unlink": ("unknown-value", f"kies uit {', '.join(WORDS['unlink'])}."),
    "dwelling": ("unknown-value", f"kies uit {', '.join(WORDS['dwelling'])}."),
}
