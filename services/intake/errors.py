# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The faults of intake that a caller may see, one class per state."""

from collections.abc import Iterable

from chassis.errors import (
    AgreementMissing,
    Conflict,
    FieldError,
    Forbidden,
    InvalidInput,
    NotFound,
    ReferenceNotYetKnown,
    StaleVersion,
)
from services.intake.rules.law import Refusal

__all__ = [
    "AgreementMissing",
    "AlreadyLivesThere",
    "CorrectionContradictsPip",
    "GemeenteNotYours",
    "HoldEnded",
    "InvalidInput",
    "NoPipUnderOldAct",
    "NoRight",
    "NoSuchPip",
    "NotFound",
    "OnlyShortList",
    "PersonExists",
    "ReferenceNotYetKnown",
    "RefusedByLaw",
    "StaleVersion",
]


class RefusedByLaw(InvalidInput):
    """What was sent is well formed, and the law does not allow it."""

    code = "refused-by-law"
    title = "De wet staat dit niet toe"
    remedy = (
        "Onder 'errors' staat per veld wat niet kan, en onder 'rule' het artikel. "
        "Herstel de gegevens en stuur het verzoek opnieuw."
    )

    @classmethod
    def of(cls, refusals: Iterable[Refusal]) -> "RefusedByLaw":
        """The fault that names all refusals at once."""
        found = list(refusals)
        return cls(
            " ".join(refusal.detail for refusal in found),
            errors=[
                FieldError(
                    code=refusal.code,
                    detail=f"{refusal.detail} ({refusal.rule})",
                    pointer=f"/{refusal.field}",
                )
                for refusal in found
            ],
            rule="; ".join(dict.fromkeys(refusal.rule for refusal in found)),
        )


class PersonExists(Conflict):
    """The BSN or V-number belongs to a person who is registered already."""

    code = "person-exists"
    title = "Deze persoon is al geregistreerd"
    remedy = (
        "Iedereen staat één keer geregistreerd, in heel Nederland. Staat er een nummer onder 'inburgeraarId', "
        "gebruik dan die registratie. Staat het er niet, dan hoort de persoon bij een andere gemeente: "
        "neem contact op met de inburgeraar en registreer zo nodig een verhuizing door de vorige gemeente."
    )


class GemeenteNotYours(Forbidden):
    """The gemeente in the body is not one that the caller works for."""

    code = "gemeente-not-yours"
    title = "U werkt niet voor deze gemeente"
    remedy = "Kies uw eigen gemeente, of een gemeente die uw gemeente mandaat heeft gegeven."


class NoPipUnderOldAct(Conflict):
    """The person falls under the Wet inburgering 2013."""

    code = "no-pip-under-old-act"
    title = "Onder de Wet inburgering 2013 bestaat geen PIP"
    remedy = "Controleer de datum waarop de inburgeringsplicht begon; een plicht van voor 2022 valt onder de oude wet."


class NoSuchPip(Conflict):
    """The PIP to be amended is not a version of this person's PIP."""

    code = "no-such-pip"
    title = "De te wijzigen versie van het PIP bestaat niet"
    remedy = "Haal de versies van het PIP op en noem er een van in 'amends', met het nummer van de versie of het id."


class NoRight(Conflict):
    """There is no right to the provision that was asked for."""

    code = "no-right"
    title = "Op deze voorziening bestaat geen recht"
    remedy = "Onder 'rule' staat het artikel. PVT en MAP biedt de gemeente aan iedereen aan die onder de Wi2021 valt."


class CorrectionContradictsPip(Conflict):
    """A correction would make a signed PIP impossible."""

    code = "correction-contradicts-pip"
    title = "Deze correctie past niet bij het PIP dat er al is"
    remedy = "Controleer de datum. Is die juist, dan moet het PIP eerst worden herzien."


class AlreadyLivesThere(Conflict):
    """The move goes to the gemeente where the person is registered already."""

    code = "already-lives-there"
    title = "De persoon staat al in deze gemeente geregistreerd"
    remedy = "Controleer de gemeentecode van de verhuizing."


class OnlyShortList(Conflict):
    """The term is over and the dossier is gone: what is left of the person may not grow again."""

    code = "only-short-list"
    title = "Van deze persoon is alleen de korte lijst bewaard"
    remedy = (
        "De bewaartermijn is voorbij en het dossier is vernietigd. Wat nog bewaard moet blijven, wordt niet meer "
        "gewijzigd of aangevuld; alleen een overlijden legt u nog vast. Is de persoon opnieuw inburgeringsplichtig, "
        "registreer dan een nieuwe inburgeraar met het V-nummer."
    )


class HoldEnded(Conflict):
    """What held a destruction up has ended already."""

    code = "hold-ended"
    title = "Deze reden om te bewaren is al geëindigd"
    remedy = "Haal de redenen opnieuw op. Is er een nieuwe reden, leg die dan apart vast."
