# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The forms of the wire: one base for every API model, and scalars that are strict and well described.

camelCase outside, snake_case inside; unknown fields are refused. Pydantic alone would read the
number 0 as a date and "3" as a number: the text forms are checked first.
"""

import re
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import chain
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

__all__ = [
    "ANSWERING",
    "Cents",
    "Count",
    "Day",
    "DayOrNone",
    "Gemeentecode",
    "Hours",
    "HoursOrNone",
    "Instant",
    "InstantOrNone",
    "LocalTime",
    "LongText",
    "Page",
    "Schema",
    "ShortText",
    "described",
]

Item = TypeVar("Item")

_DAY = r"^\d{4}-\d{2}-\d{2}$"
_INSTANT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$"
_TIME = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")


def _has_forbidden_text(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value if value.isascii() else _FORBIDDEN.search(value) is not None
    if isinstance(value, dict):
        parts: Iterable[Any] = chain(value, value.values())
    elif isinstance(value, list):
        parts = value
    else:
        return False
    for part in parts:
        # Most parts are short ASCII texts and numbers: those need no call.
        if type(part) is str and part.isascii():
            if "\x00" in part:
                return True
        elif isinstance(part, str | dict | list) and _has_forbidden_text(part):
            return True
    return False


ANSWERING: ContextVar[bool] = ContextVar("answering", default=False)
"""Whether a model is made of what is ours: it came out of the database, which holds no forbidden text."""


class Schema(BaseModel):
    """The base of every model of the API."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        from_attributes=True,
        defer_build=True,  # a process builds the models that it uses: it starts sooner, and is smaller
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_unstorable_text(cls, value: Any) -> Any:
        # PostgreSQL stores neither NUL nor half a surrogate pair: say so here rather than fail there.
        if isinstance(value, dict) and not ANSWERING.get() and _has_forbidden_text(value):
            raise PydanticCustomError(
                "unstorable_text", "tekst bevat een teken dat niet kan worden opgeslagen"
            )
        return value


class Page(Schema, Generic[Item]):
    """One page of a list."""

    items: list[Item] = Field(description="De rijen van deze pagina.")
    next_page_token: str | None = Field(
        default=None, description="Geef deze mee als pageToken voor de volgende pagina; leeg op de laatste."
    )


def _text_form(pattern: str, kind: type, what: str) -> Callable[[Any], Any]:
    form = re.compile(pattern)

    def check(value: Any) -> Any:
        if value is None or isinstance(value, kind) or (isinstance(value, str) and form.match(value)):
            return value
        raise PydanticCustomError("form", "moet de vorm hebben van {what}", {"what": what})

    return check


def _to_text(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


_DAY_CHECK = BeforeValidator(_text_form(_DAY, date, "een datum, JJJJ-MM-DD"))
_INSTANT_CHECK = BeforeValidator(_text_form(_INSTANT, datetime, "een tijdstip met tijdzone (RFC 3339)"))

Day = Annotated[date, _DAY_CHECK, WithJsonSchema({"type": "string", "format": "date"})]
DayOrNone = Annotated[date | None, _DAY_CHECK, WithJsonSchema({"type": ["string", "null"], "format": "date"})]
_AS_UTC = (
    AfterValidator(lambda value: value.astimezone(UTC) if value is not None else None),
    PlainSerializer(lambda value: _to_text(value) if value is not None else None, when_used="json"),
)
Instant = Annotated[
    AwareDatetime, _INSTANT_CHECK, *_AS_UTC, WithJsonSchema({"type": "string", "format": "date-time"})
]
InstantOrNone = Annotated[
    AwareDatetime | None,
    _INSTANT_CHECK,
    *_AS_UTC,
    WithJsonSchema({"type": ["string", "null"], "format": "date-time"}),
]
LocalTime = Annotated[
    time,
    BeforeValidator(_text_form(_TIME, time, "een kloktijd, UU:MM")),
    PlainSerializer(lambda value: value.strftime("%H:%M:%S"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "time-local", "pattern": _TIME}),
]


_DECIMALS = 2


def _number(value: Any) -> Any:
    """A JSON number with at most two decimals, exactly: never through the binary form of a float."""
    if value is None or isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number", "moet een getal zijn")
    exact = Decimal(repr(value))
    # By its exponent, since quantize() itself fails for numbers of more than 28 digits.
    if not exact.is_finite() or int(exact.normalize().as_tuple().exponent) < -_DECIMALS:
        raise PydanticCustomError("decimals", "moet een getal zijn met ten hoogste twee decimalen")
    return exact


def _as_number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


_HOURS_SCHEMA = {"minimum": 0, "maximum": 99999, "multipleOf": 0.01}


def _hours_range(value: Decimal | None) -> Decimal | None:
    if value is not None and not Decimal(0) <= value <= Decimal(99999):
        raise PydanticCustomError("hours_range", "moet tussen 0 en 99999 uur liggen")
    return value


_HOURS = (
    BeforeValidator(_number),
    AfterValidator(_hours_range),
    PlainSerializer(_as_number, when_used="json"),
)
Hours = Annotated[Decimal, *_HOURS, WithJsonSchema({"type": "number", **_HOURS_SCHEMA})]
HoursOrNone = Annotated[
    Decimal | None, *_HOURS, WithJsonSchema({"type": ["number", "null"], **_HOURS_SCHEMA})
]


def _whole(value: Any) -> Any:
    # JSON Schema's integer is 3 or 3.0, never "3" or true.
    if isinstance(value, str | bool):
        raise PydanticCustomError("whole_number", "moet een geheel getal zijn")
    return value


Count = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=1_000_000_000)]
Cents = Annotated[
    int, BeforeValidator(_whole), Field(ge=-(10**15), le=10**15, description="Hele eurocenten.")
]
Gemeentecode = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}$"), Field(description="Gemeentecode van vier cijfers.")
]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


def described(text: str, **kwargs: Any) -> Any:
    """A field with its description, for the documentation."""
    return Field(description=text, **kwargs)
