# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The states in which learning routes refuses: one class each, for the caller and the documentation."""

from datetime import date

from chassis.errors import Conflict, InvalidInput

__all__ = [
    "AlreadyDecided",
    "AlreadyEnded",
    "AlreadyMember",
    "AlreadyPlaced",
    "AlreadyStarted",
    "BatchRejected",
    "ContractMissing",
    "ContractOverlaps",
    "ContradictsRow",
    "FileNotUsable",
    "GroupFull",
    "GroupInUse",
    "HoursNotPossible",
    "KeurmerkExpired",
    "LessonCancelled",
    "LessonExists",
    "LessonInFuture",
    "LessonMissing",
    "LessonNotClear",
    "LessonRegistered",
    "LocationClosed",
    "LocationDiffers",
    "LocationInUse",
    "MarkOverlaps",
    "NoIntakeTerm",
    "NotEnrolled",
    "OutsideGroup",
    "OutsidePlacement",
    "OverrunReasonRequired",
    "PersonNotClear",
    "ProviderInUse",
    "RegisteredLater",
    "RouteDiffers",
    "RouteNotOffered",
    "TermsExist",
    "WaitingBackwards",
]


def on_day(day: date) -> str:
    """A day as people in the Netherlands write it."""
    return day.strftime("%d-%m-%Y")


class ProviderInUse(Conflict):
    """The organisation of a provider cannot change under its placements and groups."""

    code = "provider-in-use"
    title = "Deze aanbieder is al in gebruik"
    remedy = "Maak een nieuwe aanbieder voor de andere organisatie en plaats de inburgeraars daar opnieuw."


class MarkOverlaps(Conflict):
    """Two periods of one mark share a day."""

    code = "keurmerk-overlaps"
    title = "Deze periode valt samen met een andere periode van het keurmerk"
    remedy = "Haal de periodes van de aanbieder op. Kies een begin na de laatste dag van de vorige periode."


class LocationDiffers(Conflict):
    """The place is not one where this group can have its lessons."""

    code = "location-differs"
    title = "Deze locatie past niet bij de groep"
    remedy = (
        "Kies een locatie van dezelfde aanbieder in de gemeente van de groep, met het aanbod dat bij de groep "
        "hoort. De lijst met locaties noemt dat bij 'offers'."
    )


class LocationClosed(Conflict):
    """The place is not in use on that day."""

    code = "location-closed"
    title = "De locatie is dan niet in gebruik"
    remedy = "Kies een andere dag, of geef de groep eerst een locatie die dan wel in gebruik is."


class LocationInUse(Conflict):
    """Lessons are planned that the place could not hold after the change."""

    code = "location-in-use"
    title = "Er zijn nog lessen op deze locatie"
    remedy = "Geef de groepen die er les hebben eerst een andere locatie, of laat de lessen vervallen."


class ContractOverlaps(Conflict):
    """Two contracts of one provider for one gemeente share a day."""

    code = "contract-overlaps"
    title = "Er is al een contract voor deze gemeente in deze periode"
    remedy = (
        "Leg nieuwe voorwaarden vast bij het bestaande contract, of laat het nieuwe contract later beginnen."
    )


class TermsExist(Conflict):
    """Other terms begin on the same day."""

    code = "terms-exist"
    title = "Vanaf deze dag gelden al andere voorwaarden"
    remedy = "Kies een andere dag; het veld 'terms' van het contract noemt de dagen die er al zijn."


class NoIntakeTerm(Conflict):
    """The contract sets no term for an intake of the school."""

    code = "no-intake-term"
    title = "Dit contract kent geen intake van de school"
    remedy = "Leg de eerste les vast; de starttermijn loopt vanaf de aanmelding."


class WaitingBackwards(Conflict):
    """A new reason would begin before the one that holds."""

    code = "waiting-backwards"
    title = "De vorige wachtreden begon later"
    remedy = "Kies een dag op of na het begin van de wachtreden die nu geldt."


class ContractMissing(Conflict):
    """No contract covers this provider, gemeente and day."""

    code = "contract-missing"
    title = "Er is geen contract met deze aanbieder"
    remedy = "Leg eerst het contract met de aanbieder vast voor deze gemeente en deze dag."


class KeurmerkExpired(Conflict):
    """The provider had no valid mark on the day of the referral."""

    code = "keurmerk-expired"
    title = "De aanbieder heeft op deze dag geen geldig keurmerk"
    remedy = (
        "Kies een aanbieder met een geldig keurmerk. Is het keurmerk verlengd, leg de nieuwe periode dan eerst "
        "vast bij de aanbieder."
    )


class RouteNotOffered(Conflict):
    """The provider does not give this route."""

    code = "route-not-offered"
    title = "De aanbieder geeft deze leerroute niet"
    remedy = "Kies een aanbieder die deze leerroute geeft; het veld 'routes' van de aanbieder noemt ze."


class AlreadyPlaced(Conflict):
    """The person has an open placement at this provider for this route."""

    code = "already-placed"
    title = "Deze inburgeraar is hier al geplaatst"
    remedy = "Gebruik de bestaande plaatsing, of beëindig die eerst."


class AlreadyStarted(Conflict):
    """Lessons began already."""

    code = "already-started"
    title = "De lessen zijn al begonnen"
    remedy = "Haal de plaatsing op; het veld 'startedOn' noemt de eerste lesdag."


class AlreadyEnded(Conflict):
    """The placement is over."""

    code = "already-ended"
    title = "Deze plaatsing is beëindigd"
    remedy = "Maak een nieuwe plaatsing als de inburgeraar opnieuw begint."


class OverrunReasonRequired(InvalidInput):
    """Lessons began after the term, and nobody said why."""

    code = "overrun-reason-required"
    title = "De start is te laat en de reden ontbreekt"
    remedy = "Stuur het veld 'overrunReason' mee met de reden waarom de termijn niet is gehaald."


class RegisteredLater(Conflict):
    """There are registrations after the day on which this should end."""

    code = "registered-later"
    title = "Er is aanwezigheid geregistreerd na deze dag"
    remedy = "Kies een latere einddatum, of herstel eerst de registraties na die dag."


class GroupFull(Conflict):
    """No chair is left."""

    code = "group-full"
    title = "De groep is vol"
    remedy = "Kies een andere groep, of zet de inburgeraar op de wachtlijst met de reden 'no-group'."


class GroupInUse(Conflict):
    """People or lessons are in the group that would not fit after the change."""

    code = "group-in-use"
    title = "De groep heeft deelnemers of lessen die dan niet meer passen"
    remedy = "Kies andere dagen of meer plaatsen, of haal eerst de deelnemers en de lessen weg."


class OutsideGroup(Conflict):
    """The group has not begun on that day, or has ended."""

    code = "outside-group"
    title = "De groep is er dan niet"
    remedy = "Kies een dag tussen de eerste en de laatste dag van de groep, of wijzig eerst die dagen."


class AlreadyMember(Conflict):
    """The placement has a chair in this group."""

    code = "already-member"
    title = "Deze inburgeraar zit al in de groep"
    remedy = "Er is niets te doen: haal de deelnemers van de groep op."


class RouteDiffers(Conflict):
    """The placement is of another route or provider than the group."""

    code = "route-differs"
    title = "De plaatsing past niet bij deze groep"
    remedy = "Kies een groep van dezelfde aanbieder en dezelfde leerroute als de plaatsing."


class LessonExists(Conflict):
    """The group has a lesson on this day and day part."""

    code = "lesson-exists"
    title = "De groep heeft dan al een les"
    remedy = "Kies een ander dagdeel, of laat de andere les vervallen."


class LessonCancelled(Conflict):
    """The lesson was cancelled."""

    code = "lesson-cancelled"
    title = "Deze les is vervallen"
    remedy = "Plan een nieuwe les als de les toch is gegeven."


class LessonRegistered(Conflict):
    """A lesson with registrations was held, so it cannot be cancelled."""

    code = "lesson-registered"
    title = "Bij deze les is al aanwezigheid geregistreerd"
    remedy = "Een les met registraties kan niet vervallen. Herstel zo nodig de registraties."


class LessonInFuture(Conflict):
    """Nobody knows yet who will be there."""

    code = "lesson-in-future"
    title = "Deze les is nog niet geweest"
    remedy = "Registreer de aanwezigheid op of na de dag van de les."


class NotEnrolled(Conflict):
    """The person is of this school but not of this group on the day of the lesson."""

    code = "not-enrolled"
    title = "Deze inburgeraar zit op die dag niet in de groep"
    remedy = "Zet de plaatsing eerst in de groep, met een begin op of voor de dag van de les."


class OutsidePlacement(Conflict):
    """The lesson is before the referral or after the end of the placement."""

    code = "outside-placement"
    title = "De les valt buiten de plaatsing"
    remedy = "Controleer de datum van de les en de begin- en einddatum van de plaatsing."


class HoursNotPossible(InvalidInput):
    """The hours do not go with the lesson or the status."""

    code = "hours-not-possible"
    title = "De uren kunnen niet kloppen"
    remedy = (
        "Stuur hoogstens de uren van de les, en alleen bij status 'present'. Zonder 'hours' telt de hele les."
    )


class AlreadyDecided(Conflict):
    """The entry does not wait for approval."""

    code = "already-decided"
    title = "Over deze registratie hoeft niet te worden beslist"
    remedy = "Alleen registraties met approval 'pending' wachten op een besluit."


class LessonMissing(Conflict):
    """No group of the person has a lesson then."""

    code = "no-lesson"
    title = "Er is dan geen les"
    remedy = "Controleer de datum en het dagdeel. Plan de les bij de groep als die wel is gegeven."


class LessonNotClear(Conflict):
    """The person has two lessons at once, in two groups."""

    code = "lesson-not-clear"
    title = "Er zijn dan twee lessen"
    remedy = "Registreer deze aanwezigheid per les, of haal de inburgeraar uit een van beide groepen."


class PersonNotClear(Conflict):
    """The id and the reference name two persons, or the reference names several."""

    code = "person-not-clear"
    title = "Het is niet duidelijk om wie het gaat"
    remedy = "Stuur alleen het id van de inburgeraar. Controleer het kenmerk bij de plaatsingen."


class ContradictsRow(InvalidInput):
    """Two rows of one batch say different things about one person in one lesson."""

    code = "contradicts-row"
    title = "Twee regels spreken elkaar tegen"
    remedy = "Bepaal welke regel klopt en stuur alleen die. Het veld 'row' noemt de andere regel."


class BatchRejected(InvalidInput):
    """A row of a batch that had to succeed as a whole is wrong."""

    code = "batch-rejected"
    title = "Niet alle regels kloppen, dus is niets vastgelegd"
    remedy = (
        "Herstel de genoemde regels en stuur alles opnieuw, of stuur zonder 'atomic' de goede regels vast op."
    )


class FileNotUsable(InvalidInput):
    """A file cannot be read, or its columns are wrong; nothing of it was kept."""

    code = "file-not-usable"
    title = "Het bestand kan niet worden verwerkt"
    remedy = (
        "Onder 'errors' staat wat er niet klopt. Bewaar het bestand opnieuw als CSV of .xlsx en lever het "
        "nog eens aan."
    )
