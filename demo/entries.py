# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What of the plan goes into which call: the bodies, as `docs` and /openapi.json describe them."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demo.attendance import Status, status_of
from demo.cases import Case, DelayReason, Pip, Placement
from demo.chain import Agreement, Contract, Mandate, Policy, Provider
from demo.parties import organisation_id
from demo.places import Place
from demo.timetable import GroupPlan, Leerroute, LessonPlan

__all__ = [
    "Row",
    "agreement_body",
    "attendance_rows",
    "contract_body",
    "csv_file",
    "group_body",
    "json_batch",
    "lesson_body",
    "mandate_body",
    "person_body",
    "pip_body",
    "placement_body",
    "policy_bodies",
    "provider_body",
]

Body = dict[str, Any]

_GENDERS = {"v": "female", "m": "male"}

_DELAYS: Mapping[DelayReason, str] = {
    "ill": "Ziekte van de inburgeraar; de intake is twee keer verzet.",
    "no-show": "De inburgeraar verscheen niet op de afspraak voor de brede intake.",
    "startklas": "De Startklas begon pas na de tien weken; het PIP volgde op de Startklas.",
    "volume": "Veel instroom in dezelfde weken; er was geen eerdere afspraak vrij.",
}

_PACE: Mapping[Leerroute, str] = {"onderwijsroute": "fast", "b1": "average", "z": "slow"}
"""The learning speed of the made-up groups."""

_DUTCH_STATUS: Mapping[Status, str] = {
    "present": "aanwezig",
    "excused": "geoorloofd",
    "sick": "ziek",
    "unexcused": "ongeoorloofd",
}
_DUTCH_DAY_PART = {"morning": "ochtend", "afternoon": "middag", "evening": "avond"}


def mandate_body(mandate: Mandate, *, id_: str) -> Body:
    """Of POST /gateway/v1/mandates."""
    return {
        "id": id_,
        "mandatingGemeentecode": mandate.by,
        "executingGemeentecode": mandate.to,
        "tasks": list(mandate.tasks),
        "source": mandate.source,
        "agreedOn": mandate.agreed_on.isoformat(),
        "reviewOn": mandate.review_on.isoformat() if mandate.review_on else None,
        "validFrom": mandate.valid_from.isoformat(),
    }


def agreement_body(agreement: Agreement, *, id_: str) -> Body:
    """Of POST /gateway/v1/agreements."""
    return {
        "id": id_,
        "name": agreement.name,
        "providerId": str(organisation_id(agreement.provider)),
        "receiverId": str(organisation_id(agreement.receiver)),
        "gemeentecodes": list(agreement.gemeentecodes),
        "level": agreement.level,
        "purposes": [purpose.value for purpose in agreement.purposes],
        "dataSet": agreement.data_set,
        "legalGround": agreement.legal_ground,
        "tasks": list(agreement.tasks),
        "agreedOn": agreement.agreed_on.isoformat() if agreement.agreed_on else None,
        "validFrom": agreement.valid_from.isoformat(),
    }


def policy_bodies(policy: Policy) -> list[Body]:
    """Of POST /gateway/v1/policies, one per choice."""
    return [
        {
            "gemeentecode": policy.gemeentecode,
            "key": key,
            "value": value,
            "source": policy.source,
            "validFrom": policy.valid_from.isoformat(),
        }
        for key, value in policy.values
    ]


def provider_body(provider: Provider) -> Body:
    """Of POST /learning-routes/v1/providers."""
    return {
        "name": provider.name,
        "routes": list(provider.routes),
        "keurmerkFrom": provider.keurmerk_from.isoformat(),
        "keurmerkUntil": provider.keurmerk_until.isoformat() if provider.keurmerk_until else None,
        "organisationId": str(organisation_id(provider.slug)),
    }


def contract_body(contract: Contract, *, provider_id: str) -> Body:
    """Of POST /learning-routes/v1/contracts."""
    body: Body = {
        "providerId": provider_id,
        "gemeentecodes": list(contract.gemeentecodes),
        "validFrom": contract.valid_from.isoformat(),
        "validUntil": contract.valid_until.isoformat() if contract.valid_until else None,
        "unexcusedLimit": contract.unexcused_limit,
        "sicknessPercent": contract.sickness_percent,
        "groupMax": contract.group_max,
    }
    terms = {
        "startWorkingDays": contract.start_working_days,
        "intakeDays": contract.intake_days,
        "startDays": contract.start_days,
    }
    return body | {name: value for name, value in terms.items() if value is not None}


def person_body(case: Case) -> Body:
    """Of POST /intake/v1/inburgeraars."""
    person = case.person
    body: Body = {
        "bsn": person.bsn,
        "vNumber": person.v_number,
        "givenNames": person.given_names,
        "familyName": person.family_name,
        "birthDate": person.birth_date.isoformat(),
        "gender": _GENDERS[person.sex],
        "group": person.group,
        "permitType": person.permit_type,
        "gemeentecode": case.gemeentecode,
        "obligedOn": case.obliged_on.isoformat(),
    }
    if case.duo_notice_on:
        body["duoNoticeOn"] = case.duo_notice_on.isoformat()
    if case.brp_on:
        body["brpOn"] = case.brp_on.isoformat()
    return body


def pip_body(pip: Pip) -> Body:
    """Of POST /intake/v1/inburgeraars/{id}/pips."""
    body: Body = {
        "signedOn": pip.signed_on.isoformat(),
        "leerroute": pip.leerroute,
        "level": pip.level,
        "pvtHours": pip.pvt_hours,
        "mapHours": pip.map_hours,
        "participation": pip.participation_hours or None,
        "talksPlanned": pip.talks_planned,
        "goals": list(pip.goals),
    }
    if pip.delay_reason is not None:
        body["delayReason"] = _DELAYS[pip.delay_reason]
    return body


def placement_body(placement: Placement, *, inburgeraar_id: str, provider_id: str) -> Body:
    """Of POST /learning-routes/v1/placements."""
    return {
        "inburgeraarId": inburgeraar_id,
        "providerId": provider_id,
        "leerroute": placement.leerroute,
        "referredOn": placement.referred_on.isoformat(),
        "providerReference": placement.reference,
    }


def location_body(place: Place) -> Body:
    """Of POST /learning-routes/v1/providers/{id}/locations."""
    return {
        "name": place.name,
        "gemeentecode": place.gemeentecode,
        "central": place.central,
        "offers": list(place.offers),
        "validFrom": place.valid_from.isoformat(),
    }


def group_body(group: GroupPlan, *, provider_id: str, location_id: str | None) -> Body:
    """Of POST /learning-routes/v1/groups."""
    return {
        "providerId": provider_id,
        "leerroute": group.leerroute,
        "level": group.level,
        "pace": _PACE[group.leerroute],
        "gemeentecode": group.gemeentecode,
        "name": group.name,
        "evening": all(slot.day_part == "evening" for slot in group.slots),
        "locationId": location_id,
    }


def lesson_body(lesson: LessonPlan) -> Body:
    """Of POST /learning-routes/v1/groups/{id}/lessons."""
    return {
        "date": lesson.date.isoformat(),
        "dayPart": lesson.day_part,
        "startsAt": lesson.starts_at.strftime("%H:%M"),
        "endsAt": lesson.ends_at.strftime("%H:%M"),
        "hours": float(lesson.hours),
    }


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a roll call, with the school's own number of the learner."""

    inburgeraar_id: str
    reference: str
    lesson: LessonPlan
    status: Status

    @property
    def external_id(self) -> str:
        """How the school's system calls this line."""
        return f"{self.reference}/{self.lesson.date:%Y%m%d}/{self.lesson.day_part[0]}"


def attendance_rows(cases: Iterable[tuple[Case, str]], lessons: Sequence[LessonPlan]) -> list[Row]:
    """The roll call of these lessons: a line for every learner who has a seat, lesson by lesson.

    Args:
        cases: each with the id that the person got.
        lessons: held already.
    """
    learners = list(cases)
    return [
        Row(inburgeraar_id, case.placement.reference, lesson, status)
        for lesson in lessons
        for case, inburgeraar_id in learners
        if case.placement is not None and (status := status_of(case, lesson)) is not None
    ]


def json_batch(rows: Iterable[Row]) -> Body:
    """Of POST /learning-routes/v1/attendance-batches."""
    return {
        "rows": [
            {
                "inburgeraarId": row.inburgeraar_id,
                "lessonDate": row.lesson.date.isoformat(),
                "dayPart": row.lesson.day_part,
                "status": row.status,
                "externalId": row.external_id,
            }
            for row in rows
        ],
        "atomic": False,
    }


def csv_file(rows: Iterable[Row]) -> bytes:
    """The same as a file, the way a spreadsheet on a Dutch Windows machine saves it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(["referentie", "lesdatum", "dagdeel", "uren", "status", "extern-id"])
    for row in rows:
        hours = f"{row.lesson.hours}".replace(".", ",") if row.status == "present" else "0"
        writer.writerow(
            [
                row.reference,
                f"{row.lesson.date:%d-%m-%Y}",
                _DUTCH_DAY_PART[row.lesson.day_part],
                hours,
                _DUTCH_STATUS[row.status],
                row.external_id,
            ]
        )
    return text.getvalue().encode("cp1252")
