# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The fields of the API of intake that have a form of their own."""

import contextlib
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from chassis.web import Hours
from services.intake.rules.identity import bsn_is_valid, name_is_plausible

__all__ = [
    "Amended",
    "Bsn",
    "Email",
    "Gender",
    "Goal",
    "HouseNumber",
    "Language",
    "Name",
    "Participation",
    "Phone",
    "PostalCode",
    "Text",
    "VNumber",
]

_GENDERS = {
    **dict.fromkeys(("male", "man", "m"), "male"),
    **dict.fromkeys(("female", "vrouw", "v", "f"), "female"),
    "x": "x",
    **dict.fromkeys(("unknown", "onbekend"), "unknown"),
}


def _check_bsn(value: str) -> str:
    if not bsn_is_valid(value):
        raise PydanticCustomError("ours_elfproef", "Dit BSN voldoet niet aan de elfproef.")
    return value


def _check_name(value: str) -> str:
    if not name_is_plausible(value):
        raise PydanticCustomError("ours_name", "Een naam bevat ten minste een letter en geen stuurtekens.")
    return value


def _to_gender(value: Any) -> Any:
    return _GENDERS.get(value, value) if isinstance(value, str) else value


Bsn = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{9}$"),
    AfterValidator(_check_bsn),
    Field(description="Burgerservicenummer, negen cijfers die aan de elfproef voldoen."),
]
VNumber = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{10}$"), Field(description="V-nummer van de IND, tien cijfers.")
]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_check_name),
]
Gender = Annotated[
    Literal["male", "female", "x", "unknown"],
    BeforeValidator(_to_gender),
    Field(
        description="Geslacht als in de BRP. Ook man, vrouw en onbekend worden gelezen.",
        json_schema_extra={"enum": sorted(_GENDERS)},
    ),
]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 ()-]{5,24}$")]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
]
PostalCode = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[1-9][0-9]{3} ?[A-Za-z]{2}$")
]
HouseNumber = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
Language = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,3}$"),
    Field(description="Taal waarin iemand het best bereikbaar is, ISO 639-code."),
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Goal = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


def _to_participation(value: Any) -> bool | Decimal | str | None:
    """Hours, yes or no, or words: one field, so that the fault names the field and not one of its forms."""
    if value is None or isinstance(value, bool):
        return value
    adapter: TypeAdapter[Any] = _TEXT_FORM if isinstance(value, str) else _HOURS_FORM
    try:
        result: Decimal | str = adapter.validate_python(value)
    except ValidationError as fault:
        raise PydanticCustomError(
            "ours_participation",
            "Dit moet een aantal uren zijn, true of false, of een tekst van 1 tot 500 tekens.",
        ) from fault
    return result


def _to_amended(value: Any) -> int | UUID | None:
    if value is None or isinstance(value, UUID):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_VERSIONS:
        return value
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return UUID(value)
    raise PydanticCustomError(
        "ours_amends", "Dit moet het nummer van een versie zijn, of het id van een PIP."
    )


_MOST_VERSIONS = 100_000
_TEXT_FORM: TypeAdapter[Any] = TypeAdapter(Text)
_HOURS_FORM: TypeAdapter[Any] = TypeAdapter(Hours)
Participation = Annotated[
    bool | Decimal | str | None,
    PlainValidator(_to_participation),
    PlainSerializer(
        lambda value: _HOURS_FORM.dump_python(value, mode="json") if isinstance(value, Decimal) else value,
        when_used="json",
    ),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 99999, "multipleOf": 0.01},
                {"type": "boolean"},
                {"type": "string", "minLength": 1, "maxLength": 500},
                {"type": "null"},
            ]
        }
    ),
    Field(
        description="Het participatiedeel: een aantal uren, true of false, of in woorden wat iemand gaat doen. "
        "Uren horen alleen bij de Z-route van de asielgroep."
    ),
]
Amended = Annotated[
    int | UUID | None,
    PlainValidator(_to_amended),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": _MOST_VERSIONS},
                {"type": "string", "format": "uuid"},
                {"type": "null"},
            ]
        }
    ),
]
