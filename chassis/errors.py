# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Faults that a caller may see, and how they look on the wire (RFC 9457, `application/problem+json`).

A fault is a class: its status, stable code, title and remedy are part of the contract, declared
on the operations that may answer it and explained on the page that `type` points to.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

__all__ = [
    "AgreementMissing",
    "Conflict",
    "FieldError",
    "Forbidden",
    "IdempotencyKeyInUse",
    "IdempotencyKeyReused",
    "InvalidInput",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotFound",
    "OutcomeUnknown",
    "PreconditionRequired",
    "Problem",
    "ReferenceNotYetKnown",
    "ServerFault",
    "StaleVersion",
    "TooLarge",
    "TooManyRequests",
    "TooSlow",
    "Unauthenticated",
    "Unavailable",
    "UnsupportedMedia",
    "all_problems",
]

PROBLEM_MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong, and where.

    `pointer` is a JSON pointer into the body; `parameter` names a query, path or header parameter.
    Never holds the value itself: it can be a BSN.
    """

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None

    def as_json(self) -> dict[str, str]:
        """The form of contract: `{pointer or parameter, code, detail}`."""
        place = (
            {"parameter": self.parameter}
            if self.pointer is None and self.parameter is not None
            else {"pointer": self.pointer or ""}
        )
        return {**place, "code": self.code, "detail": self.detail}


@dataclass(eq=False)
class Problem(Exception):
    """The base of every fault that a caller may see. Subclass it per state; never raise it bare.

    Args:
        detail: this occurrence, in plain Dutch, without personal data.
        errors: every place that is wrong, all at once.
        rule: the article, where the law or an agreement refuses.
        headers: extra response headers, such as `Retry-After`.
        extra: further members of the problem document.
    """

    detail: str = ""
    errors: list[FieldError] = field(default_factory=list)
    rule: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    status: ClassVar[int] = 500
    code: ClassVar[str] = "server-fault"
    title: ClassVar[str] = "Er ging iets mis"
    remedy: ClassVar[str] = "Probeer het later opnieuw. Blijft het misgaan, meld het dan bij beheer."

    def __post_init__(self) -> None:
        super().__init__(self.detail or self.title)

    @classmethod
    def on(cls, pointer: str, detail: str, *, code: str = "invalid", rule: str | None = None) -> Self:
        """A fault about one field of the body, `pointer` as in `/signedOn`."""
        return cls(detail, errors=[FieldError(code=code, detail=detail, pointer=pointer)], rule=rule)

    def document(self, *, type_base: str, instance: str | None) -> dict[str, Any]:
        """The problem document. `type_base` is the address of the page of a code, without the code."""
        return {
            "type": f"{type_base}{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail or self.title,
            "instance": instance,
            "code": self.code,
            "errors": [error.as_json() for error in self.errors],
            "rule": self.rule,
            **self.extra,
        }


class InvalidInput(Problem):
    """What was sent cannot be right, whatever the state."""

    status = 400
    code = "invalid-input"
    title = "De invoer klopt niet"
    remedy = "Herstel wat onder 'errors' staat; elke fout noemt de plaats. Stuur het verzoek daarna opnieuw."


class Unauthenticated(Problem):
    """No token, or one that is not valid."""

    status = 401
    code = "unauthenticated"
    title = "Inloggen is nodig"
    remedy = "Vraag een nieuw toegangstoken aan en stuur het mee in de header Authorization."

    def __post_init__(self) -> None:
        super().__post_init__()
        self.headers.setdefault("WWW-Authenticate", "Bearer")


class Forbidden(Problem):
    """A role is missing."""

    status = 403
    code = "role-missing"
    title = "U mag dit niet doen"
    remedy = "Vraag uw beheerder om de rol die bij deze handeling hoort."


class AgreementMissing(Problem):
    """The person belongs to a gemeente of the caller, but no agreement allows this look."""

    status = 403
    code = "agreement-missing"
    title = "Er is geen afspraak die deze inzage toestaat"
    remedy = (
        "Het gaat om een inwoner van uw gemeente, maar de gegevensovereenkomst die deze inzage voor dit doel "
        "toestaat ontbreekt. In 'missing' staat welke. Uw gemeente kan die overeenkomst sluiten."
    )

    @classmethod
    def naming(cls, missing: str, *, purpose: str) -> Self:
        """The fault that names the missing ground for this purpose."""
        return cls(
            f"Geen inzage op persoonsniveau voor het doel '{purpose}'. Wat ontbreekt: {missing}.",
            extra={"missing": missing},
        )


class NotFound(Problem):
    """Not there, or not the caller's: the answer is the same."""

    status = 404
    code = "not-found"
    title = "Niet gevonden"
    remedy = "Controleer het adres. Wat niet van uw organisatie is, wordt ook als niet gevonden gemeld."


class MethodNotAllowed(Problem):
    """The address exists, the method does not."""

    status = 405
    code = "method-not-allowed"
    title = "Deze methode bestaat hier niet"
    remedy = "De header Allow noemt de methoden die hier wel kunnen."


class NotAcceptable(Problem):
    """None of the asked media types can be made."""

    status = 406
    code = "not-acceptable"
    title = "Deze vorm kan niet worden geleverd"
    remedy = "Vraag om application/json in de header Accept."


class Conflict(Problem):
    """What was asked does not go with the present state."""

    status = 409
    code = "conflict"
    title = "Dit kan niet in de huidige toestand"
    remedy = "Haal de actuele gegevens op en bepaal of de handeling nog nodig is."


class ReferenceNotYetKnown(Problem):
    """An id in the body is not known here; its event may be on the way."""

    status = 409
    code = "reference-not-yet-known"
    title = "Een verwijzing is hier nog niet bekend"
    remedy = (
        "Het nummer kan nieuw zijn en hier nog niet aangekomen. Probeer het na enkele seconden opnieuw; "
        "blijft het onbekend, controleer dan het nummer."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.headers.setdefault("Retry-After", "2")


class IdempotencyKeyReused(Problem):
    """The key was used before with another body."""

    status = 409
    code = "idempotency-key-reused"
    title = "Deze Idempotency-Key is al gebruikt met een andere inhoud"
    remedy = "Gebruik voor een nieuw verzoek een nieuwe sleutel."


class IdempotencyKeyInUse(Problem):
    """The first request with this key is still running."""

    status = 409
    code = "idempotency-key-in-use"
    title = "Het eerste verzoek met deze Idempotency-Key loopt nog"
    remedy = "Wacht een ogenblik en stuur hetzelfde verzoek opnieuw; u krijgt dan het eerste antwoord."

    def __post_init__(self) -> None:
        super().__post_init__()
        self.headers.setdefault("Retry-After", "1")


class StaleVersion(Problem):
    """Somebody else changed it first."""

    status = 412
    code = "stale-version"
    title = "De gegevens zijn intussen veranderd"
    remedy = "Haal de gegevens opnieuw op, breng uw wijziging aan en stuur de nieuwe ETag mee in If-Match."


class TooSlow(Problem):
    """A request came so slowly that it kept others from the place; said on the wire, before an app is asked."""

    status = 408
    code = "request-timeout"
    title = "Het verzoek kwam te langzaam"
    remedy = (
        "Stuur de inhoud zonder pauzes, ten minste 4 kB in elke tien seconden. "
        "Controleer de verbinding en probeer opnieuw."
    )


class TooLarge(Problem):
    """More than one request may carry."""

    status = 413
    code = "too-large"
    title = "De inhoud is te groot"
    remedy = "Verdeel de gegevens over meer verzoeken of stuur een bestand."


class UnsupportedMedia(Problem):
    """The body has a media type that is not read here."""

    status = 415
    code = "unsupported-media-type"
    title = "Dit soort inhoud wordt hier niet gelezen"
    remedy = "Stuur application/json, of een van de soorten die de documentatie bij deze handeling noemt."


class PreconditionRequired(Problem):
    """A change needs the version that it was based on."""

    status = 428
    code = "precondition-required"
    title = "De header If-Match ontbreekt"
    remedy = "Haal de gegevens op en stuur de ETag van dat antwoord mee in If-Match."


class TooManyRequests(Problem):
    """The caller goes faster than agreed."""

    status = 429
    code = "too-many-requests"
    title = "Te veel verzoeken"
    remedy = "Wacht het aantal seconden dat in Retry-After staat."

    def __post_init__(self) -> None:
        super().__post_init__()
        self.headers.setdefault("Retry-After", "1")


class ServerFault(Problem):
    """Our fault; what happened stands in the log under the trace id."""


class Unavailable(Problem):
    """A part of the platform is away for a moment."""

    status = 503
    code = "unavailable"
    title = "Dit onderdeel is even niet bereikbaar"
    remedy = "Probeer het opnieuw na het aantal seconden in Retry-After."

    def __post_init__(self) -> None:
        super().__post_init__()
        self.headers.setdefault("Retry-After", "5")


class OutcomeUnknown(Unavailable):
    """The connection was lost while a transaction was committed: nobody knows on which side of it."""

    code = "outcome-unknown"
    title = "Het is niet bekend of dit is opgeslagen"
    remedy = (
        "Herhaal hetzelfde verzoek met dezelfde Idempotency-Key: wat al is opgeslagen, gebeurt niet nog een keer. "
        "Een PUT mag altijd worden herhaald. Had een ander verzoek geen sleutel, kijk dan eerst of het is opgeslagen."
    )


def all_problems(roots: Iterable[type[Problem]] = (Problem,)) -> Mapping[str, type[Problem]]:
    """Every fault class that is loaded, by code: for the pages of the documentation."""
    found: dict[str, type[Problem]] = {}
    stack = list(roots)
    while stack:
        kind = stack.pop()
        stack.extend(kind.__subclasses__())
        if kind is not Problem:
            found.setdefault(kind.code, kind)
    return found
