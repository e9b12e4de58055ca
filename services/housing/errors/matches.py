# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What matches and exchanges between gemeenten refuse."""

from chassis.errors import Conflict

__all__ = [
    "ExchangeMissing",
    "ExchangeNotPossible",
    "ExchangeOver",
    "MatchDecided",
    "RuleBroken",
    "StepNotPossible",
]


class RuleBroken(Conflict):
    """Household and dwelling do not go together; `errors` name each rule."""

    code = "match-breaks-rule"
    title = "Deze woning past niet bij dit huishouden"
    remedy = (
        "Onder 'errors' staat elke regel die de match breekt. Kies een andere woning of een ander huishouden."
    )


class ExchangeMissing(Conflict):
    """The dwelling is in another gemeente, and no exchange holds the household."""

    code = "exchange-missing"
    title = "Voor deze match is een uitruil nodig"
    remedy = (
        "De woning staat in een andere gemeente dan waaraan het huishouden is gekoppeld. Leg eerst een uitruil "
        "vast met toestemming van het huishouden, en laat beide gemeenten ermee instemmen."
    )


class MatchDecided(Conflict):
    """The gemeente decided before."""

    code = "match-decided"
    title = "Over deze match is al besloten"
    remedy = "Haal de match op; 'status' en 'decisionReason' zeggen wat is besloten."


class StepNotPossible(Conflict):
    """The step does not follow on where the match stands."""

    code = "step-not-possible"
    title = "Deze stap kan nu niet"
    remedy = "Haal de match op. De stappen zijn: besluit van de gemeente, accepted, key-handed-over, housed."


class ExchangeNotPossible(Conflict):
    """A household cannot go with an exchange; `errors` name which and why."""

    code = "exchange-not-possible"
    title = "Deze uitruil kan niet"
    remedy = "Onder 'errors' staat welk huishouden en waarom. Leg eerst de toestemming vast, of laat het weg."


class ExchangeOver(Conflict):
    """The exchange was settled or withdrawn."""

    code = "exchange-over"
    title = "Deze uitruil is al afgelopen"
    remedy = "Haal de uitruil op; 'status' zegt of hij is vastgesteld of ingetrokken."
