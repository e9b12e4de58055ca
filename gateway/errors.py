# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Faults of the gateway that a caller may see."""

from collections.abc import Sequence
from typing import Self

from chassis.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

__all__ = [
    "BodyTooLarge",
    "ClockGoesForward",
    "HeadersTooLarge",
    "IssuerAway",
    "MandateOverlaps",
    "NameTaken",
    "NoSuchService",
    "NotAGemeente",
    "NotAMember",
    "SensitiveAddress",
    "SignInAgain",
    "UnsafeAddress",
    "UpstreamBusy",
]


class NoSuchService(NotFound):
    """No service documents this address, so it does not exist: everything is refused by default."""

    code = "no-such-operation"
    title = "Dit adres bestaat niet"
    remedy = "Kijk op /docs welke adressen er zijn. Let op hoofdletters en een schuine streep aan het eind."


class NotAMember(Forbidden):
    """The token is believed, but nobody with it is registered here."""

    code = "not-a-member"
    title = "U bent hier niet bekend"
    remedy = (
        "Uw inlogdienst kent u, maar uw account is hier niet aan een organisatie verbonden. "
        "Vraag uw beheerder om dat te doen."
    )


class IssuerAway(Unavailable):
    """Nothing of an external issuer was ever read, so no token of it can be checked."""

    code = "sign-in-unavailable"
    title = "De inlogdienst is nu niet bereikbaar"
    remedy = (
        "Probeer het na het aantal seconden in Retry-After opnieuw, met hetzelfde token. Opnieuw inloggen "
        "helpt niet. Wie al ingelogd was kan doorwerken zodra de inlogdienst één keer antwoord gaf."
    )


class UnsafeAddress(InvalidInput):
    """The address could mean one thing here and another one further on."""

    code = "unsafe-address"
    title = "Het adres is niet toegestaan"
    remedy = (
        "Gebruik een gewoon pad: zonder volledige URL, gecodeerde schuine strepen, dubbele schuine "
        "strepen of punten als padonderdeel."
    )


class SensitiveAddress(InvalidInput):
    """Addresses end up in logs, so no number of a person may stand in one."""

    code = "sensitive-address"
    title = "In het adres staat een persoonsnummer"
    remedy = (
        "Een BSN of V-nummer mag niet in een adres staan: adressen komen in logboeken terecht. "
        "Gebruik het id van de inburgeraar, of zoek met een verzoek dat het nummer in de inhoud heeft."
    )


class HeadersTooLarge(InvalidInput):
    """More headers than any client of ours needs."""

    status = 431
    code = "headers-too-large"
    title = "De kop van het verzoek is te groot"
    remedy = "Stuur minder of kortere headers, samen ten hoogste 32 kB."


class UpstreamBusy(Unavailable):
    """The service behind the gateway is full, away or too slow."""

    code = "service-unavailable"
    title = "Dit onderdeel is nu niet bereikbaar"
    remedy = "Probeer het na het aantal seconden in Retry-After opnieuw. Andere onderdelen werken door."


class BodyTooLarge(TooLarge):
    """The body passed the limit of the operation, counted while it came in."""

    code = "too-large"


class ClockGoesForward(Conflict):
    """The clock of a demo only goes forward."""

    code = "clock-goes-forward"
    title = "De klok gaat alleen vooruit"
    remedy = "Vraag met GET /demo/v1/clock hoe laat het is en kies een later tijdstip."


class MandateOverlaps(Conflict):
    """A task of a gemeente is executed by one gemeente at a time."""

    code = "mandate-overlaps"
    title = "Deze taak is in deze periode al gemandateerd"
    remedy = "Beëindig eerst het andere mandaat, of kies een andere periode of andere taken."


class NotAGemeente(Conflict):
    """A mandate and an agreement about people name gemeenten that take part."""

    code = "not-a-gemeente"
    title = "Deze gemeente doet niet mee"
    remedy = "Registreer de gemeente eerst als organisatie, met haar gemeentecode."


class NameTaken(Conflict):
    """A name, code or login is used once."""

    code = "name-taken"
    title = "Dit bestaat al"
    remedy = "Kies een andere naam, of wijzig wat er al is."


class SignInAgain(Unauthenticated):
    """The sign-in behind a token is too weak, or too long ago, for this operation (RFC 9470)."""

    code = "sign-in-again"
    title = "Voor deze handeling is opnieuw inloggen nodig"
    remedy = (
        "Log opnieuw in op de manier die onder 'acrValues', 'amr' en 'maxAge' staat, en doe het verzoek "
        "daarna opnieuw. Een token vernieuwen helpt niet: het gaat om het inloggen zelf."
    )

    @classmethod
    def asking(cls, *, acr: Sequence[str], amr: Sequence[str], max_age: int | None) -> Self:
        """With what the new sign-in must bring, for programs in the challenge and in the document.

        Args:
            acr: levels of which one is enough; empty: any.
            amr: methods that must all be used; empty: any.
            max_age: seconds that may have passed since; None: any.
        """
        challenge = ['error="insufficient_user_authentication"']
        challenge.append('error_description="a stronger or more recent sign-in is needed"')
        if acr:
            challenge.append(f'acr_values="{" ".join(acr)}"')
        if max_age is not None:
            challenge.append(f'max_age="{max_age}"')
        return cls(
            "U bent niet sterk genoeg of te lang geleden ingelogd voor deze handeling.",
            headers={"WWW-Authenticate": f"Bearer {', '.join(challenge)}"},
            extra={"acrValues": list(acr), "amr": list(amr), "maxAge": max_age},
        )
