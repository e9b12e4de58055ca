# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The codes of the platform in plain Dutch words. A code without words is shown as it is."""

from collections.abc import Mapping

from portal.housing_words import HOUSING_WORDS

__all__ = ["STATUSES", "label", "labels"]

STATUSES: Mapping[str, str] = {
    "present": "Aanwezig",
    "excused": "Geoorloofd afwezig",
    "sick": "Ziek",
    "unexcused": "Ongeoorloofd afwezig",
}

_WORDS: Mapping[str, Mapping[str, str]] = {
    "status": STATUSES,
    "approval": {
        "not-needed": "Telt mee",
        "pending": "Wacht op goedkeuring",
        "approved": "Goedgekeurd",
        "refused": "Afgewezen",
    },
    "day-part": {"morning": "Ochtend", "afternoon": "Middag", "evening": "Avond"},
    "role": {
        "consulent": "consulent",
        "klantmanager": "klantmanager",
        "kwaliteitsmedewerker": "kwaliteitsmedewerker",
        "policy-officer": "beleidsmedewerker",
        "controller": "controller",
        "teacher": "docent",
        "school-system": "systeem van de taalschool",
        "vwn-team-leader": "teamleider VluchtelingenWerk",
        "vwn-volunteer": "vrijwilliger VluchtelingenWerk",
        "corporation": "woningcorporatie",
        "province": "provincie",
        "participation-partner": "participatiepartner",
        "duo": "DUO",
        "coa": "COA",
        "operations": "beheer",
        "administrator": "beheerder",
    },
    "gemeente": {
        "0546": "Leiden",
        "1916": "Leidschendam-Voorburg",
        "0579": "Oegstgeest",
        "0626": "Voorschoten",
        "0629": "Wassenaar",
    },
    "signal": {
        "unexcused-absences": "Ongeoorloofd afwezig",
        "sickness-rate": "Veel ziek",
        "lesson-hours-reached": "Tijd voor een tussenevaluatie",
        "key-handed-over": "Sleutel gegeven",
        "missing-registrations": "Aanwezigheid niet ingevuld",
        "deadline-early": "Termijn loopt bijna af",
        "deadline-due": "Termijn loopt vandaag af",
        "deadline-overdue": "Termijn is verlopen",
        "unroutable-signal": "Signaal zonder ontvanger",
        "delivery-failed": "Mail niet bezorgd",
    },
    "signal-status": {"open": "Open", "handled": "Afgehandeld", "withdrawn": "Ingetrokken"},
    "outcome": {
        "talked": "Gesproken met de inburgeraar",
        "no-action": "Geen actie nodig",
        "passed-on": "Doorgegeven aan een collega",
    },
    "deadline": {
        "pip-ten-weeks": "PIP vaststellen binnen 10 weken",
        "lessons-start": "Start van de lessen",
        "school-intake": "Intake bij de taalschool",
        "inburgeringstermijn": "Einde van de inburgeringstermijn",
        "pvt": "Participatieverklaringstraject (PVT) af",
        "map": "Module Arbeidsmarkt en Participatie (MAP) af",
        "leerroute": "Leerroute af",
        **HOUSING_WORDS["deadline"],
    },
    "deadline-reason": {
        "pip-ten-weeks": "De gemeente stelt het PIP vast binnen 10 weken na de brief van DUO, of na de inschrijving in "
        "de BRP. Later mag alleen als een ander nodige informatie nog niet had gegeven.",
        "lessons-start": "In het contract met de taalschool staat hoe snel na de aanmelding de lessen beginnen.",
        "school-intake": "In het contract met de taalschool staat hoe snel na de aanmelding de intake is.",
        "inburgeringstermijn": "De termijn is drie jaar en begint de dag na het eerste PIP.",
        "pvt": "Het PVT hoort af te zijn binnen de inburgeringstermijn.",
        "map": "De MAP hoort af te zijn binnen de inburgeringstermijn.",
    },
    "deadline-status": {
        "running": "Loopt",
        "met": "Gehaald",
        "late": "Te laat",
        "withdrawn": "Vervallen",
    },
    "group": {"statushouder": "Statushouder", "gezinsmigrant": "Gezinsmigrant", "overig": "Overig"},
    "permit": {
        "asiel": "Asiel",
        "afgeleid-asiel": "Afgeleid asiel",
        "regulier-bij-asiel": "Regulier, bij een asielstatushouder",
        "regulier": "Regulier",
    },
    "gender": {
        "male": "Man",
        "female": "Vrouw",
        "x": "X",
        "unknown": "Onbekend",
        "man": "Man",
        "vrouw": "Vrouw",
    },
    "law": {"wi2013": "Wet inburgering 2013", "wi2021": "Wet inburgering 2021"},
    "leerroute": {"b1": "B1-route", "onderwijsroute": "Onderwijsroute", "z": "Z-route"},
    "level": {
        "alfa-a": "Alfa A",
        "alfa-b": "Alfa B",
        "alfa-c": "Alfa C",
        "alfa": "Alfabetisering",
        "brugklas": "Brugklas",
        "a0": "A0",
        "a1": "A1",
        "a2": "A2",
        "b1": "B1",
        "b2": "B2",
    },
    "pace": {"fast": "Snel", "average": "Gemiddeld", "slow": "Langzaam"},
    "right": {
        "pvt": "Participatieverklaringstraject (PVT)",
        "map": "Module Arbeidsmarkt en Participatie (MAP)",
        "leerroute": "Leerroute",
        "leerroute-paid": "Leerroute, betaald door de gemeente",
        "maatschappelijke-begeleiding": "Maatschappelijke begeleiding",
        "ontzorgen": "Ontzorgen",
    },
    "scope-level": {
        "person": "Gegevens per persoon",
        "figures": "Alleen cijfers, geen personen",
        "nothing": "Geen gegevens",
    },
    "basis": {
        "own": "Eigen gemeente",
        "mandate": "Mandaat",
        "agreement": "Gegevensovereenkomst",
        "retained": "Eigen gemeente, taak uitgevoerd door een andere gemeente",
        "supervision": "Toezicht",
    },
    "purpose": {
        "case-work": "begeleiding en besluiten",
        "education": "onderwijs",
        "guidance": "maatschappelijke begeleiding",
        "housing": "huisvesting",
        "enforcement": "handhaving",
        "finance": "financiën",
        "figures": "cijfers",
        "administration": "beheer van afspraken",
        "operations": "technisch beheer",
    },
    "row-outcome": {
        "accepted": "Opgeslagen",
        "corrected": "Verbeterd",
        "unchanged": "Was al bekend",
        "rejected": "Niet verwerkt",
    },
    "job-status": {"queued": "Wacht", "running": "Bezig", "done": "Klaar", "failed": "Mislukt"},
}

_ALL: Mapping[str, Mapping[str, str]] = {**HOUSING_WORDS, **_WORDS}


def label(kind: str, code: object) -> str:
    """The Dutch word for a code of this kind; the code itself when nobody wrote a word for it yet."""
    if code is None:
        return ""
    return _ALL[kind].get(str(code), str(code))


def labels(kind: str) -> Mapping[str, str]:
    """Every code of a kind with its word, in the order in which people should see them."""
    return _ALL[kind]
