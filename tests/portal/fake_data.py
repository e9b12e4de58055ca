# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A Tuesday in November, as the fake gateway tells it. All persons are invented."""

from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

TODAY = date(2024, 11, 5)
NOW = "2024-11-05T09:00:00+01:00"
LONG = "Van der Spoel-Kühlenschmidt-Öztürk van Nederweert tot Oud-Valkenburg en Schin op Geul"


def uid(name: str) -> str:
    """A stable id."""
    return str(uuid5(NAMESPACE_URL, f"fake/{name}"))


NAMES = (
    ("Amal", "Haddad"), ("Yonas", "Tesfaye"), ("Rima", "Al-Khatib"), ("Samuel", "Ghebremedhin"),
    ("Olena", "Kovalenko"), ("Farid", "Ahmadi"), ("Selam", "Berhane"), ("Ibrahim", "Şahin"),
    ("Nour", "Darwish"), ("Mehret", "Abraham"), ("Layla", "Mansour"), ("Dawit", "Kidane"),
)  # fmt: skip

MEMBERS: dict[str, dict[str, Any]] = {
    "teacher": {"name": "Marit de Vries", "roles": ["teacher"], "organisation": ("Echt Nederlands", "taalschool", None)},
    "consulent": {
        "name": "Joost Bakker", "roles": ["consulent"],
        "organisation": ("Gemeente Leidschendam-Voorburg", "gemeente", "1916"),
    },
    "quality": {
        "name": "Anneke Smit", "roles": ["kwaliteitsmedewerker"],
        "organisation": ("Gemeente Leidschendam-Voorburg", "gemeente", "1916"),
    },
    "policy": {"name": "Pieter Jansen", "roles": ["policy-officer"], "organisation": ("Gemeente Wassenaar", "gemeente", "0629")},
    "controller": {
        "name": "Karin Prins", "roles": ["controller"],
        "organisation": ("Gemeente Leidschendam-Voorburg", "gemeente", "1916"),
    },
    "province": {"name": "Els Mulder", "roles": ["province"], "organisation": ("Provincie Zuid-Holland", "province", None)},
    "vwn": {"name": "Jolanda Smit", "roles": ["vwn-team-leader"], "organisation": ("VluchtelingenWerk", "vluchtelingenwerk", None)},
    "volunteer": {"name": "Theo van Leeuwen", "roles": ["vwn-volunteer"], "organisation": ("VluchtelingenWerk", "vluchtelingenwerk", None)},
    "corporation": {"name": "Monique Bakker", "roles": ["corporation"], "organisation": ("WoonInvest", "woningcorporatie", None)},
    "partner": {"name": "Niels Bos", "roles": ["participation-partner"], "organisation": ("NewBees", "participation", None)},
    "operations": {"name": "Bram Visser", "roles": ["operations"], "organisation": ("Beheer", "operations", None)},
    "administrator": {"name": "Iris Admiraal", "roles": ["administrator"], "organisation": ("Beheer", "operations", None)},
}  # fmt: skip

GROUP = {
    "id": uid("group"), "providerId": uid("provider"), "leerroute": "b1", "level": "a2", "gemeentecode": "1916",
    "name": "B1 overdag 3", "pace": "average", "youth": False, "evening": False,
    "organisationId": uid("school"), "members": 12, "maxSize": 12, "homogeneity": 0.83,
    "levels": [{"level": "a1", "members": 2}, {"level": "a2", "members": 10}], "locationId": None, "smallGroup": False,
    "startsOn": "2024-09-02", "endsOn": "2024-12-20", "chairs": None,
}  # fmt: skip
EVENING = {
    **GROUP,
    "id": uid("evening"),
    "name": "B1 avond",
    "evening": True,
    "members": 7,
    "homogeneity": 0.57,
    "level": "a1",
}


def lesson(
    name: str, day: date = TODAY, part: str = "morning", group: dict[str, Any] = GROUP
) -> dict[str, Any]:
    """One lesson."""
    starts, ends = {
        "morning": ("09:00:00", "12:00:00"),
        "afternoon": ("13:00:00", "16:00:00"),
        "evening": ("19:00:00", "21:30:00"),
    }[part]
    return {
        "id": uid(name), "groupId": group["id"], "providerId": group["providerId"], "date": day.isoformat(),
        "dayPart": part, "startsAt": starts, "endsAt": ends, "hours": 3 if part != "evening" else 2.5,
        "organisationId": uid("school"), "gemeentecode": "1916", "cancelledAt": None, "cancelReason": None,
    }  # fmt: skip


def person(number: int, *, long: bool = False) -> dict[str, Any]:
    """One person as a consulent sees them."""
    given, family = NAMES[number]
    return {
        "id": uid(f"person-{number}"), "version": 3, "bsn": "999990042", "vNumber": None, "givenNames": given,
        "familyName": LONG if long else family, "birthDate": f"19{80 + number}-03-1{number % 10}", "gender": "female",
        "group": "statushouder", "permitType": "asiel", "law": "wi2021", "gemeentecode": "1916",
        "responsibleGemeentecode": "1916", "executingGemeentecode": "1916", "obligedOn": "2024-08-12",
        "duoNoticeOn": "2024-09-02", "brpOn": None, "ruleVersion": "2024-07-01", "phone": "06 12345678", "email": None,
        "street": None, "houseNumber": None, "postalCode": None, "city": None, "language": "ti",
        "rights": ["leerroute-paid", "maatschappelijke-begeleiding", "ontzorgen"], "duties": ["pvt", "map", "leerroute"],
        "leadMemberId": uid("consulent"), "secondMemberId": None, "pipDueOn": None, "pip": None,
        "term": {"startsOn": "2024-09-13", "endsOn": "2027-09-12"}, "registeredAt": "2024-09-02T10:00:00+02:00",
        "changedAt": None, "hiddenFields": [],
    }  # fmt: skip


def listed(number: int, *, long: bool = False) -> dict[str, Any]:
    """One person in a list."""
    keys = ("id", "givenNames", "familyName", "group", "law", "gemeentecode", "executingGemeentecode", "leadMemberId",
            "secondMemberId", "brpOn", "registeredAt")  # fmt: skip
    whole = person(number, long=long)
    due = {0: "2024-11-01", 1: "2024-11-12", 2: "2024-12-20"}.get(number)
    return {**{key: whole[key] for key in keys}, "pipDueOn": due}


def signal(name: str, kind: str, number: int | None, facts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One signal."""
    return {
        "id": uid(name), "kind": kind, "audience": "consulent", "inburgeraarId": None if number is None else uid(f"person-{number}"),
        "gemeentecode": "1916", "executingGemeentecode": "1916", "leadMemberId": uid("consulent"), "organisationId": uid("school"),
        "raisedAt": "2024-11-05T08:12:00+01:00", "dueOn": None, "rule": "Contract Echt Nederlands 2024, artikel 7",
        "facts": facts, "firstStep": "Begin met een vraag: hoe gaat het, en wat maakt het lastig om naar de les te komen?",
        "status": "open", "withdrawnAt": None, "withdrawnReason": None, "deadlineId": None, "handling": None, **more,
    }  # fmt: skip


def handed_over() -> dict[str, Any]:
    """What VluchtelingenWerk hears when a household has its key."""
    facts = {
        "keyOn": "2024-11-04",
        "moveDueOn": "2024-11-18",
        "householdId": uid("household-large"),
        "matchId": uid("match-moving"),
    }
    rule = "Afspraak van de keten: bij de sleutel dragen gemeente, VluchtelingenWerk en school samen over"
    return signal(
        "key",
        "key-handed-over",
        2,
        facts,
        audience="vluchtelingenwerk",
        dueOn="2024-11-18",
        rule=rule,
        leadMemberId=None,
        organisationId=None,
        firstStep=None,
    )


def signals() -> list[dict[str, Any]]:
    """A consulent's list."""
    rule = "Besluit inburgering 2021 art. 5.3 lid 1"
    lessons = [{"lessonId": uid("l1"), "date": "2024-10-29"}, {"lessonId": uid("l2"), "date": "2024-11-04"}]
    sick = {
        "sickHours": 12, "registeredHours": 45, "percent": 26.7, "limitPercent": 20,
        "fromDay": "2024-10-08", "untilDay": "2024-11-04",
    }  # fmt: skip
    return [
        signal("absent", "unexcused-absences", 1, {"lessons": lessons, "limit": 2}),
        signal("overdue", "deadline-overdue", 3, {"rule": "pip-ten-weeks"}, dueOn="2024-11-01", rule=rule),
        signal("sick", "sickness-rate", 4, sick, raisedAt="2024-11-04T17:02:00+01:00"),
        signal("early", "deadline-early", 5, {"rule": "pip-ten-weeks"}, dueOn="2024-11-19", rule=rule),
        signal(
            "hours",
            "lesson-hours-reached",
            6,
            {"attendedHours": 402, "mark": 400, "reachedOn": "2024-11-01"},
            raisedAt="2024-11-01T17:02:00+01:00",
        ),
        signal("open-list", "unexcused-absences", 8, {"lessons": lessons[:1], "limit": 1}, leadMemberId=None),
        signal("colleague", "sickness-rate", 9, sick, leadMemberId=uid("colleague")),
    ]


def deadline(number: int, rule: str, due: date, status: str = "running", **more: Any) -> dict[str, Any]:
    """One clock."""
    return {
        "id": uid(f"{rule}-{number}-{due}"), "rule": rule, "article": "Besluit inburgering 2021 art. 5.3 lid 1",
        "inburgeraarId": uid(f"person-{number}"), "gemeentecode": "1916", "organisationId": None,
        "startsOn": (due - timedelta(days=70)).isoformat(), "earlyOn": (due - timedelta(days=14)).isoformat(),
        "dueOn": due.isoformat(), "status": status, "metOn": None, "lateDays": 0, "ownerService": "intake", **more,
    }  # fmt: skip


def deadlines() -> list[dict[str, Any]]:
    """Clocks of several persons."""
    return [
        deadline(1, "pip-ten-weeks", date(2024, 9, 20), "met", metOn="2024-09-12"),
        deadline(1, "lessons-start", date(2024, 10, 10), "late", metOn="2024-10-14"),
        deadline(3, "pip-ten-weeks", date(2024, 11, 1)),
        deadline(5, "pip-ten-weeks", date(2024, 11, 8)),
        deadline(7, "lessons-start", date(2024, 11, 19)),
        deadline(2, "pip-ten-weeks", date(2024, 11, 28)),
        deadline(1, "inburgeringstermijn", date(2027, 9, 12), startsOn="2024-09-13"),
    ]


def pip(version: int, *, long: bool = False) -> dict[str, Any]:
    """One version of a PIP."""
    goals = ["Werken in de zorg", "Met de school van de kinderen kunnen praten"]
    return {
        "id": uid(f"pip-{version}"), "inburgeraarId": uid("person-1"), "version": version,
        "signedOn": "2024-09-12" if version == 1 else "2024-10-21", "firstSignedOn": "2024-09-12", "onTime": True,
        "leerroute": "b1" if version == 1 else "z", "level": "b1" if version == 1 else "a2", "pvtHours": 12, "mapHours": 40,
        "participation": 800 if version == 2 else "Taalmaatje en vrijwilligerswerk", "routeHours": None, "guidance": None, "participationHours": 800, "talksPlanned": 2,
        "goals": [f"{goal} {LONG}" for goal in goals] if long else goals, "amends": None, "delayReason": None,
        "legalBasis": "Wet inburgering 2021 art. 15", "termStartsOn": "2024-09-13", "termEndsOn": "2027-09-12",
    }  # fmt: skip


LEDGER: dict[str, Any] = {
    "inburgeraarId": uid("person-1"), "target": 800, "offered": 212, "attended": 168.5, "excused": 12, "sick": 15,
    "unexcused": 6, "unregistered": 10.5, "short": 631.5, "attendedWithoutMark": 0, "partlyMissed": 0, "pending": 3,
    "gemeentecode": "1916", "leerroute": "z", "until": "2024-11-05", "rule": "Besluit inburgering 2021 art. 3.14", "placements": [],
    "learningWay": {
        "fromLevel": "alfa-c", "toLevel": "a2", "pace": "average", "beganOn": "2024-03-04", "hours": 396, "unknown": None,
        "steps": [{"level": "a1", "hours": 150}, {"level": "a2", "hours": 246}],
    },
}  # fmt: skip
LOOKS = [
    {"id": uid(f"look-{number}"), "at": at, "actorId": uid(who), "actorKind": "person", "organisationId": uid(organisation),
     "roles": [role], "operation": "getInburgeraar", "name": "Inburgeraar lezen", "activity": "dossier-inzien",
     "purpose": purpose, "agreement": None, "gemeentecode": "1916"}
    for number, (at, who, organisation, role, purpose) in enumerate((
        ("2024-11-05T08:55:00+01:00", "consulent", "lv", "consulent", "case-work"),
        ("2024-11-04T09:01:00+01:00", "unknown", "school", "teacher", "education"),
    ))
]  # fmt: skip
MISSING_AGREEMENT = "gegevensovereenkomst op persoonsniveau tussen Leidschendam-Voorburg en Wassenaar voor het doel 'case-work'"


WORK = ["case-work", "education", "figures"]


def gemeenten(who: str) -> list[dict[str, Any]]:
    """What a member may see, as `/gateway/v1/me` says it."""
    base = {"agreement": None, "missing": None, "executingGemeentecode": "1916"}
    if who == "policy":
        return [{
            "gemeentecode": "0629", "name": "Wassenaar", "level": "figures", "purposes": ["figures"], "basis": "retained",
            **base, "missing": MISSING_AGREEMENT,
        }]  # fmt: skip
    if who == "controller":
        own = {
            "gemeentecode": "1916",
            "name": "Leidschendam-Voorburg",
            "level": "figures",
            "purposes": ["figures"],
        }
        return [{**own, "basis": "own", **base}]
    if who in {"vwn", "volunteer", "province"}:
        level = {"level": "person", "purposes": ["guidance", "housing"], "basis": "agreement"}
        if who == "province":
            level = {"level": "figures", "purposes": ["figures"], "basis": "supervision"}
        return [{"gemeentecode": code, "name": name, **level, **base}
                for code, name in (("1916", "Leidschendam-Voorburg"), ("0626", "Voorschoten"))]  # fmt: skip
    if who in {"consulent", "quality"}:
        work = {"level": "person", "purposes": WORK}
        return [
            {
                "gemeentecode": "1916",
                "name": "Leidschendam-Voorburg",
                **work,
                "purposes": [*WORK, "housing"],
                "basis": "own",
                **base,
            },
            {"gemeentecode": "0626", "name": "Voorschoten", **work, "basis": "mandate", **base},
            {"gemeentecode": "0629", "name": "Wassenaar", **work, "basis": "mandate", **base},
        ]
    return []


def status(service: str) -> dict[str, Any]:
    """The operations' view of one service."""
    return {
        "service": service, "outboxDepth": 0 if service == "intake" else 4, "outboxAgeSeconds": 0.4, "relayLeader": True,
        "busAlive": True, "lagPerTopic": {"inburgering.intake.v1": 0, "inburgering.learning-routes.v1": 2},
        "deadLetters": 1 if service == "notifications" else 0, "backgroundJobs": 0,
        "jobs": [{"name": "deadlines", "lastSuccess": "2024-11-05T08:59:30+01:00", "failing": False}],
    }  # fmt: skip


def dead_letter(long: bool) -> dict[str, Any]:
    """An event that nobody could handle."""
    return {
        "id": uid("letter"), "eventId": uid("event"), "topic": "inburgering.learning-routes.v1",
        "type": "nl.inburgering.learning-routes.absence-signal-raised.v1", "attempts": 8,
        "reason": "UniqueViolation: duplicate key value " + (f"{LONG} " * 4 if long else "violates unique constraint"),
        "failedAt": "2024-11-05T07:14:00+01:00", "replayedAt": None,
    }  # fmt: skip
