# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Faults of the gateway that a caller may see."""

from chassis.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, TooLarge, Unavailable

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
    "SlowBody",
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


class SlowBody(Problem):
    """The body of a request came so slowly that it kept others from the place."""

    status = 408
    code = "request-timeout"
    title = "Het verzoek kwam te langzaam"
    remedy = "Stuur de inhoud zonder pauzes, ten minste 1 kB per seconde. Controleer de verbinding en probeer opnieuw."
