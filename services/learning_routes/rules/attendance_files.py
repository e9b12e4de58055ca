# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How attendance looks in a file of a taalschool: columns, words, dates and hours.

The list that schools read is `docs/attendance-files.md`; a test compares it with this module.
A fault never repeats the value that is wrong: a cell in the wrong column can be a BSN.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, TypeVar
from uuid import UUID

from chassis.sheets import Fault
from services.learning_routes.rules.codes import AttendanceStatus, DayPart

Field = Literal[
    "inburgeraarId", "providerReference", "lessonDate", "dayPart", "hours", "status", "externalId"
]
Code = TypeVar("Code", AttendanceStatus, DayPart)

COLUMNS: Mapping[Field, tuple[str, ...]] = {
    "inburgeraarId": ("inburgeraarId", "inburgeraar-id"),
    "providerReference": ("providerReference", "referentie"),
    "lessonDate": ("lessonDate", "lesdatum"),
    "dayPart": ("dayPart", "dagdeel"),
    "hours": ("hours", "uren"),
    "status": ("status",),
    "externalId": ("externalId", "extern-id"),
}
"""The columns by field: the English name first, then the Dutch one."""

REQUIRED: tuple[Field, ...] = ("lessonDate", "dayPart", "status")
PERSON: tuple[Field, ...] = ("inburgeraarId", "providerReference")  # at least one of these

STATUSES: Mapping[str, AttendanceStatus] = {
    **{status.value: status for status in AttendanceStatus},
    "aanwezig": AttendanceStatus.PRESENT,
    "geoorloofd": AttendanceStatus.EXCUSED,
    "ziek": AttendanceStatus.SICK,
    "ongeoorloofd": AttendanceStatus.UNEXCUSED,
}
DAY_PARTS: Mapping[str, DayPart] = {
    **{part.value: part for part in DayPart},
    "ochtend": DayPart.MORNING,
    "middag": DayPart.AFTERNOON,
    "avond": DayPart.EVENING,
}

MAX_COLUMNS = 50
MAX_TEXT = 100  # characters of a reference or an external id

_ALLOWED = "Toegestaan zijn: " + ", ".join(" of ".join(names) for names in COLUMNS.values()) + "."
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DUTCH = re.compile(r"([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})")  # Dutch Excel drops leading zeros
_HOURS = re.compile(r"[0-9]{1,4}(?:[.,][0-9]{1,2})?")
_CONTROL = re.compile("[\x00-\x1f\x7f\x80-\x9f\u2028\u2029\ufeff]")
_DIGITS = re.compile(r"[0-9]{6,}")


@dataclass(frozen=True, slots=True)
class Row:
    """One attendance as a school sends it. The person is named by one or both of two ids."""

    inburgeraar_id: UUID | None
    provider_reference: str | None
    lesson_date: date
    day_part: DayPart
    hours: Decimal | None  # None: the lesson's if present, else 0
    status: AttendanceStatus
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Header:
    """Which field stands in which column; None for a column without a name."""

    fields: tuple[Field | None, ...]
    names: tuple[str, ...]  # as the file spells them, for the explanation of a fault

    def name_of(self, field: str | None) -> str:
        """What the file calls this field."""
        for own, name in zip(self.fields, self.names, strict=True):
            if own == field and own is not None:
                return name
        return str(field or "")


def field_named(name: str) -> Field | None:
    """Return the field with this column name; case, spaces, hyphens and underscores do not count."""
    return _BY_NAME.get(_plain(name))


def read_header(cells: Sequence[str]) -> Header | Fault:
    """Return what the columns mean, or why the whole file cannot be read.

    An empty name is allowed: a spreadsheet often saves empty columns behind the filled ones.
    """
    if len(cells) > MAX_COLUMNS:
        return Fault(
            "too-many-columns",
            f"De eerste regel heeft {len(cells)} kolommen; {MAX_COLUMNS} is het meeste. {_ALLOWED}",
        )
    fields: list[Field | None] = []
    for number, cell in enumerate(cells, start=1):
        field = field_named(cell)
        if field is None and _plain(cell):
            return Fault(
                "unknown-column",
                f"Kolom {number}{_quoted(cell)} is niet bekend. {_ALLOWED}",
                field=_shown(cell),
            )
        if field is not None and field in fields:
            return Fault(
                "duplicate-column", f"Kolom {number}{_quoted(cell)} komt twee keer voor.", field=field
            )
        fields.append(field)
    if missing := [field for field in REQUIRED if field not in fields]:
        names = ", ".join(" of ".join(COLUMNS[field]) for field in missing)
        return Fault("missing-column", f"Deze kolommen ontbreken: {names}. {_ALLOWED}", field=missing[0])
    if not any(field in fields for field in PERSON):
        return Fault(
            "missing-column",
            "Een kolom die de inburgeraar aanwijst ontbreekt: inburgeraarId of inburgeraar-id, "
            f"of providerReference of referentie. {_ALLOWED}",
            field="inburgeraarId",
        )
    return Header(tuple(fields), tuple(cell.strip() for cell in cells))


def read_row(header: Header, cells: Sequence[str]) -> Row | tuple[Fault, ...] | None:
    """Return the attendance of one line, every fault of it, or None where the line is empty."""
    if not any(cell.strip() for cell in cells):
        return None
    values: dict[str, str] = {}
    faults: list[Fault] = []
    for number, cell in enumerate(cells):
        value = cell.strip()
        field = header.fields[number] if number < len(header.fields) else None
        if field is not None:
            values[field] = value
        elif value:
            faults.append(
                Fault("value-without-column", f"Cel {number + 1} hoort bij geen kolom van de eerste regel.")
            )
            break  # one is enough to explain a line that is cut up wrongly
    given = _Values(values, header, faults)
    identifier = given.identifier()
    reference = given.text("providerReference")
    lesson_date = given.day()
    day_part = given.word("dayPart", DAY_PARTS)
    hours = given.hours()
    status = given.word("status", STATUSES)
    external_id = given.text("externalId")
    if not any(values.get(field) for field in PERSON):
        faults.append(
            Fault(
                "required",
                "Vul de inburgeraar in: inburgeraar-id of referentie.",
                field=next(field for field in PERSON if field in header.fields),
            )
        )
    if faults or lesson_date is None or day_part is None or status is None:
        return tuple(faults)
    return Row(identifier, reference, lesson_date, day_part, hours, status, external_id)


def read_date(text: str) -> date | None:
    """Return the day in `2024-12-31` or `31-12-2024`; None where it is neither, or does not exist."""
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DUTCH.fullmatch(text):
        day, month, year = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def read_hours(text: str) -> Decimal | None:
    """Return the hours in `2`, `2.5` or `2,50`; None where it is none of these."""
    return Decimal(text.replace(",", ".")) if _HOURS.fullmatch(text) else None


class _Values:
    """The cells of one line by field; collects every fault, so that a line is explained at once."""

    def __init__(self, values: Mapping[str, str], header: Header, faults: list[Fault]) -> None:
        self._values = values
        self._header = header
        self._faults = faults

    def _refuse(self, field: Field, code: str, detail: str) -> None:
        name = self._header.name_of(field)
        self._faults.append(Fault(code, f"Kolom {name}: {detail}", field=field))

    def _required(self, field: Field) -> str | None:
        value = self._values.get(field, "")
        if not value:
            self._refuse(field, "required", "dit veld is verplicht.")
            return None
        return value

    def identifier(self) -> UUID | None:
        value = self._values.get("inburgeraarId", "")
        if not value:
            return None
        if not _UUID.fullmatch(value):
            self._refuse(
                "inburgeraarId",
                "invalid-id",
                "dit is geen id van een inburgeraar. Gebruik het id van het platform, nooit het BSN.",
            )
            return None
        return UUID(value)

    def text(self, field: Field) -> str | None:
        value = self._values.get(field, "")
        if len(value) > MAX_TEXT:
            self._refuse(field, "too-long", f"ten hoogste {MAX_TEXT} tekens.")
        elif _CONTROL.search(value):
            self._refuse(field, "control-character", "er staat een onzichtbaar teken in.")
        return value or None

    def day(self) -> date | None:
        if (value := self._required("lessonDate")) is None:
            return None
        if (day := read_date(value)) is None:
            self._refuse("lessonDate", "invalid-date", "dit is geen datum als 31-12-2024 of 2024-12-31.")
        return day

    def hours(self) -> Decimal | None:
        value = self._values.get("hours", "")
        if not value:
            return None
        if (hours := read_hours(value)) is None:
            self._refuse(
                "hours", "invalid-hours", "dit zijn geen uren als 2,5 of 2.5, met ten hoogste twee decimalen."
            )
        return hours

    def word(self, field: Field, words: Mapping[str, Code]) -> Code | None:
        if (value := self._required(field)) is None:
            return None
        if (word := words.get(value.casefold())) is None:
            self._refuse(field, "unknown-value", f"kies uit {', '.join(words)}.")
        return word


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()


def _shown(name: str) -> str | None:
    """A column name that may be repeated; a first line with digits can be a person's data."""
    short = _CONTROL.sub("?", name.strip())[:40]
    return None if _DIGITS.search(short) else short


def _quoted(name: str) -> str:
    shown = _shown(name)
    return "" if shown is None else f" ('{shown}')"


_BY_NAME: Mapping[str, Field] = {_plain(name): field for field, names in COLUMNS.items() for name in names}
