# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a person filled in, and what is wrong with it, field by field."""

from collections.abc import Awaitable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from starlette.datastructures import FormData

from portal.dates import parse_day, parse_hours
from portal.gateway import Fault, Json

__all__ = ["Form"]

CORRECTABLE = frozenset({400, 409})
MINUS = "\N{MINUS SIGN}"
MOST = 1_000_000
_SAME: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class Form:
    """Values by field name, and errors by field name; a page shows both again until it is right."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    general: str | None = None

    @classmethod
    def of(cls, data: FormData) -> "Form":
        """What was sent, files left out, spaces at both ends removed."""
        return cls({name: value.strip() for name, value in data.items() if isinstance(value, str)})

    def text(self, name: str, *, required: str | None = None) -> str | None:
        """A text, None when empty; `required` is what to tell a person who left it empty."""
        value = self.values.get(name) or None
        if value is None and required:
            self.errors[name] = required
        return value

    def day(self, name: str, *, required: str | None = None) -> str | None:
        """A day as the API wants it."""
        text = self.text(name, required=required)
        if text is None:
            return None
        found = parse_day(text)
        if found is None:
            self.errors[name] = "Vul een datum in als dag-maand-jaar, bijvoorbeeld 5-11-2024."
            return None
        return found.isoformat()

    def number(self, name: str, *, required: str | None = None) -> int | None:
        """A whole number of 0 or more."""
        text = self.text(name, required=required)
        if text is None:
            return None
        if not text.isascii() or not text.isdigit():
            self.errors[name] = "Vul een heel getal in, bijvoorbeeld 12."
            return None
        return int(text)

    def signed(self, name: str, *, below: str, required: str | None = None) -> int | None:
        """A whole number that may be below zero; `below` tells a person when it is."""
        text = self.text(name, required=required)
        if text is None:
            return None
        digits = text.removeprefix("-").removeprefix(MINUS)
        if not digits.isascii() or not digits.isdigit() or int(digits) > MOST:
            self.errors[name] = f"Vul een heel getal in, bijvoorbeeld 12. {below} Zet er een min voor: -12."
            return None
        return int(digits) if digits == text else -int(digits)

    def hours(self, name: str, *, required: str | None = None) -> float | None:
        """A number of hours with at most two decimals."""
        text = self.text(name, required=required)
        try:
            return parse_hours(text)
        except ValueError:
            self.errors[name] = "Vul een aantal uren in, bijvoorbeeld 12 of 2,5."
            return None

    def choice(self, name: str, allowed: Mapping[str, str], *, required: str | None = None) -> str | None:
        """One of the codes of a list."""
        value = self.text(name, required=required)
        if value is not None and value not in allowed:
            self.errors[name] = "Kies een van de mogelijkheden."
            return None
        return value

    async def sent(
        self,
        call: Awaitable[Json],
        correctable: Collection[int] = CORRECTABLE,
        named: Mapping[str, str] = _SAME,
    ) -> Json | Fault:
        """The answer to a call that sends this form.

        A fault with one of these statuses comes back too, put at its fields: the page is then drawn again.
        """
        try:
            return await call
        except Fault as fault:
            if fault.status not in correctable:
                raise
            self.absorb(fault, named)
            return fault

    def absorb(self, fault: Fault, named: Mapping[str, str] = _SAME) -> None:
        """Put the errors of a problem document at the fields that their pointers name.

        `named` gives the field of this form, where the API calls it otherwise. What points to no field of this form
        goes to the summary on top, with the title.
        """
        rest: list[str] = []
        for error in fault.errors:
            pointed = _field_of(error)
            name = named.get(pointed, pointed) if pointed else None
            detail = str(error.get("detail") or fault.title)
            if name and name in self.values:
                self.errors.setdefault(name, detail)
            else:
                rest.append(detail)
        if not fault.errors or rest:
            lines = rest or [fault.detail or fault.title]
            self.general = " ".join(dict.fromkeys(lines))

    @property
    def is_valid(self) -> bool:
        """Nothing is wrong so far."""
        return not self.errors and self.general is None

    @property
    def summary(self) -> list[Json]:
        """The error summary: the place and the words of each error, in the order of the form."""
        order = {name: place for place, name in enumerate(self.values)}
        found = sorted(self.errors.items(), key=lambda item: order.get(item[0], len(order)))
        return [{"field": name, "text": text} for name, text in found]


def _field_of(error: Json) -> str | None:
    """`signedOn` of `/signedOn`; the first part of a deeper pointer."""
    pointer = error.get("pointer")
    if isinstance(pointer, str) and pointer.startswith("/"):
        return pointer.split("/")[1] or None
    parameter = error.get("parameter")
    return parameter if isinstance(parameter, str) else None
