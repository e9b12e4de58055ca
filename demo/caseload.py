# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What has happened to the people of the demo, and what will until Tuesday 5 November 2024.

Pure: one call makes the whole caseload of the five gemeenten, the same every time. Sizes are a
third of the audit's, in its proportions (tables 5.7 to 5.11 and 6.12 to 6.17).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from chassis.calendar import add_working_days, is_working_day, legal_due
from demo.cases import Case, DelayReason, Habit, Level, Pip, Placement, WaitingReason
from demo.parties import LEIDEN, LEIDSCHENDAM_VOORBURG, OEGSTGEEST, VOORSCHOTEN, WASSENAAR
from demo.people import SEED, Group, Person, make_people
from demo.timetable import FIRST_DAY, GROUPS, TODAY, GroupPlan, Leerroute

__all__ = ["make_caseload"]

_PREFIX = {LEIDSCHENDAM_VOORBURG: "lv", VOORSCHOTEN: "vo", WASSENAAR: "wa", OEGSTGEEST: "oe", LEIDEN: "le"}
_REFERENCE = {
    "echt-nederlands": "EN",
    "foxtaal": "FX",
    "roc-mondriaan": "RM",
    "danner-en-danner": "DD",
    "nltraining": "NL",
    "vluchtelingenwerk": "VW",
}
_CASELOAD = 70  # per consulent, rules 13
_GROUP_MAX = 12
_JOURNEY_GROUP = "en-lv-a"
_JOURNEY_HABITS: dict[int, Habit] = {0: "faithful", 1: "faithful", 2: "shaky", 3: "faithful", 5: "ill"}
_REASONS: tuple[DelayReason, ...] = ("ill", "no-show", "startklas", "volume")
_HABITS: tuple[Habit, ...] = ("steady", "shaky", "ill")
_WAITING: tuple[WaitingReason, ...] = ("no-group", "no-teacher", "no-childcare", "person")
_GROUPS_OF_CONSULENT_LV = frozenset({"en-lv-a", "en-lv-b", "en-lv-d", "fox-lv-a", "roc-lv"})
_COLLEAGUE = {
    LEIDSCHENDAM_VOORBURG: "consulent-lv-2",
    VOORSCHOTEN: "consulent-lv-3",
    WASSENAAR: "consulent-lv-2",
    OEGSTGEEST: "consulent-leiden",
    LEIDEN: "consulent-leiden",
}
_ROUTES: tuple[Leerroute, ...] = ("b1", "z", "onderwijsroute")

_GOALS: dict[Leerroute, tuple[str, ...]] = {
    "b1": (
        "Taalniveau B1 halen voor het einde van de termijn",
        "Betaald werk in de zorg vinden",
        "Het rijbewijs halen",
        "Werken in de techniek, het liefst als elektromonteur",
        "Vrijwilligerswerk doen in het buurthuis",
        "Met de leerkracht van de kinderen kunnen praten",
        "Diploma's laten waarderen en weer als boekhouder werken",
        "Een eigen naaiatelier beginnen",
    ),
    "onderwijsroute": (
        "Doorstromen naar mbo niveau 4",
        "Een opleiding verpleegkunde volgen",
        "Een hbo-opleiding ICT volgen",
        "Doorstromen naar mbo niveau 3 techniek",
    ),
    "z": (
        "Zelf een afspraak bij de huisarts maken",
        "Brieven van de gemeente begrijpen",
        "Zelfstandig met het openbaar vervoer reizen",
        "Meedoen aan de kookgroep in de wijk",
        "Een paar uur per week vrijwilligerswerk doen",
    ),
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    key: str
    group: Group
    gemeentecode: str
    seat: GroupPlan | None
    place: int  # in the group, or among those without one


# Status holders and gezinsmigranten who are not in a group: new, waiting, or still in an azc.
_NOT_IN_A_GROUP = {
    LEIDSCHENDAM_VOORBURG: (8, 16),
    VOORSCHOTEN: (3, 5),
    WASSENAAR: (3, 8),
    OEGSTGEEST: (3, 4),
    LEIDEN: (1, 2),
}


def make_caseload(*, seed: str = SEED) -> list[Case]:
    """Every case of the demo. Those in a group come first, group by group; then the others."""
    wanted = _wanted()
    people = make_people([(one.key, one.group) for one in wanted], seed=seed)
    cases: list[Case] = []
    leads, seats = _Leads(), _Seats()
    for number, (one, person) in enumerate(zip(wanted, people, strict=True)):
        chance = Random(f"{seed}:case:{one.key}")  # noqa: S311 -- lifelike, not secret
        if one.seat is not None:
            cases.append(_learner(chance, one, one.seat, person, number, leads))
        else:
            cases.append(_newcomer(chance, one, person, number, leads, seats))
    return cases


def _wanted() -> list[_Wanted]:
    counters = dict.fromkeys(_PREFIX, 0)

    def key(code: str) -> str:
        counters[code] += 1
        return f"{_PREFIX[code]}-{counters[code]:03}"

    wanted: list[_Wanted] = []
    for plan in GROUPS:
        seats = _of_each(plan.status_holders, plan.family_migrants)
        wanted += [
            _Wanted(key(plan.gemeentecode), group, plan.gemeentecode, plan, place)
            for place, group in enumerate(seats)
        ]
    for code, (status_holders, family_migrants) in _NOT_IN_A_GROUP.items():
        others = _of_each(status_holders, family_migrants)
        wanted += [_Wanted(key(code), group, code, None, place) for place, group in enumerate(others)]
    return wanted


def _of_each(status_holders: int, family_migrants: int) -> list[Group]:
    holders: list[Group] = ["statushouder"]
    migrants: list[Group] = ["gezinsmigrant"]
    return holders * status_holders + migrants * family_migrants


class _Leads:
    """Gives each person a lead consulent, none of them more than the caseload norm."""

    def __init__(self) -> None:
        self._given = sum(
            plan.status_holders + plan.family_migrants
            for plan in GROUPS
            if plan.key in _GROUPS_OF_CONSULENT_LV
        )

    def of_group(self, plan: GroupPlan) -> str:
        """Who leads the learners of a group."""
        return "consulent-lv" if plan.key in _GROUPS_OF_CONSULENT_LV else _COLLEAGUE[plan.gemeentecode]

    def of_newcomer(self, code: str) -> str:
        """Who leads somebody new."""
        if code == LEIDSCHENDAM_VOORBURG and self._given < _CASELOAD:
            self._given += 1
            return "consulent-lv"
        return _COLLEAGUE[code]


def _learner(
    chance: Random, wanted: _Wanted, seat: GroupPlan, person: Person, number: int, leads: _Leads
) -> Case:
    """Somebody who has a PIP and sits in a group since the school year began."""
    year = chance.choices((2022, 2023, 2024), weights=(15, 45, 40))[0]
    signed_on = _working_day(
        chance, date(year, 4 if year == 2022 else 1, 8), date(year, 12 if year < 2024 else 7, 18)
    )
    reason = chance.choices(_REASONS, weights=(2, 2, 3, 3))[0]
    late = chance.randrange(100) < 18
    notice_on = signed_on - timedelta(days=chance.randrange(80, 130) if late else chance.randrange(30, 66))
    obliged_on = notice_on - timedelta(days=chance.randrange(4, 21))
    referred_on = _working_day(
        chance, seat.begins_on - timedelta(days=24), seat.begins_on - timedelta(days=5)
    )
    overrun = None
    if chance.randrange(100) < 7:
        referred_on = _working_day(chance, date(2024, 6, 24), date(2024, 7, 12))
        overrun = "Voor de zomer was er geen plek in een groep op dit niveau."
    habit = chance.choices(_HABITS, weights=(76, 16, 8))[0]
    if seat.key == _JOURNEY_GROUP:
        # The README's group: its first learner has missed nothing, so two absences make a signal.
        habit = _JOURNEY_HABITS.get(wanted.place, "steady")
    return Case(
        person=person,
        gemeentecode=wanted.gemeentecode,
        obliged_on=obliged_on,
        duo_notice_on=notice_on,
        brp_on=_registered_before(chance, person, notice_on),
        known_on=FIRST_DAY,
        lead=leads.of_group(seat),
        pip=_pip(chance, seat.leerroute, person, wanted.gemeentecode, signed_on, reason if late else None),
        placement=Placement(
            provider=seat.provider,
            leerroute=seat.leerroute,
            referred_on=referred_on,
            reference=f"{_REFERENCE[seat.provider]}-24-{number + 1:04}",
            group=seat.key,
            seated_on=seat.begins_on,
            intake_on=_intake(wanted.gemeentecode, referred_on),
            overrun_reason=overrun,
        ),
        habit=habit,
    )


def _newcomer(
    chance: Random, wanted: _Wanted, person: Person, number: int, leads: _Leads, seats: "_Seats"
) -> Case:
    """Somebody who is not in a group: in an azc, waiting for the PIP, or waiting for the taalschool."""
    lead = None if chance.randrange(100) < 12 else leads.of_newcomer(wanted.gemeentecode)
    if person.group == "statushouder" and wanted.place == 0:
        obliged_on = _working_day(chance, date(2024, 5, 6), date(2024, 8, 20))
        return Case(
            person,
            wanted.gemeentecode,
            obliged_on,
            None,
            None,
            _known(obliged_on),
            lead,
            None,
            None,
            "steady",
        )
    if wanted.place % 3 == 1:
        return _running(chance, wanted, person, lead)
    notice_on = _working_day(chance, date(2024, 6, 24), date(2024, 8, 16))
    due_on = legal_due(notice_on, 70)
    late = chance.randrange(100) < 20
    signed_on = (
        add_working_days(due_on, 4)
        if late
        else add_working_days(due_on, 0) - timedelta(days=chance.randrange(1, 15))
    )
    signed_on = _on_working_day(max(signed_on, FIRST_DAY + timedelta(days=1)))
    late = signed_on > due_on  # the day itself may have moved it
    leerroute = chance.choices(_ROUTES, weights=_ROUTE_WEIGHTS[person.group])[0]
    referred_on = add_working_days(signed_on, chance.randrange(1, 6))
    return Case(
        person=person,
        gemeentecode=wanted.gemeentecode,
        obliged_on=notice_on - timedelta(days=chance.randrange(4, 21)),
        duo_notice_on=notice_on,
        brp_on=_registered_before(chance, person, notice_on),
        known_on=_known(notice_on),
        lead=lead,
        pip=_pip(chance, leerroute, person, wanted.gemeentecode, signed_on, "volume" if late else None)
        if signed_on < TODAY
        else None,
        placement=_waiting(chance, leerroute, wanted.gemeentecode, referred_on, number, seats)
        if referred_on < TODAY
        else None,
        habit="steady",
    )


# Tables 6.12 to 6.17: of a hundred status holders and of a hundred gezinsmigranten (B1, Z, onderwijsroute).
_ROUTE_WEIGHTS: dict[Group, tuple[int, int, int]] = {
    "statushouder": (55, 27, 18),
    "gezinsmigrant": (94, 5, 1),
}

_RUNNING_NOTICES = (
    date(2024, 8, 9),  # due 18 October: overdue
    date(2024, 8, 27),  # due today, Tuesday 5 November
    date(2024, 8, 30),  # due this week
    date(2024, 9, 4),
    date(2024, 9, 18),
    date(2024, 10, 2),
    date(2024, 10, 17),
)


def _running(chance: Random, wanted: _Wanted, person: Person, lead: str | None) -> Case:
    """Somebody whose ten weeks are running."""
    spread = (wanted.place // 3 + list(_PREFIX).index(wanted.gemeentecode)) % len(_RUNNING_NOTICES)
    notice_on = _RUNNING_NOTICES[spread]
    return Case(
        person=person,
        gemeentecode=wanted.gemeentecode,
        obliged_on=notice_on - timedelta(days=chance.randrange(4, 21)),
        duo_notice_on=notice_on,
        brp_on=_registered_before(chance, person, notice_on),
        known_on=_known(notice_on),
        lead=lead,
        pip=None,
        placement=None,
        habit="steady",
    )


def _waiting(
    chance: Random, leerroute: Leerroute, code: str, referred_on: date, number: int, seats: "_Seats"
) -> Placement:
    leiden_area = code in {LEIDEN, OEGSTGEEST}
    provider = {
        "b1": "danner-en-danner" if leiden_area else "echt-nederlands",
        "z": "nltraining" if leiden_area else "foxtaal",
        "onderwijsroute": "roc-mondriaan",
    }[leerroute]
    seated_on = add_working_days(referred_on, chance.randrange(8, 15 if leiden_area else 19))
    intake_on = _intake(code, referred_on)
    group = seats.take(provider, leerroute, code) if seated_on < TODAY else None
    return Placement(
        provider=provider,
        leerroute=leerroute,
        referred_on=referred_on,
        reference=f"{_REFERENCE[provider]}-24-{number + 1:04}",
        group=group,
        seated_on=None if group is None else seated_on,
        intake_on=intake_on if intake_on is not None and intake_on < TODAY else None,
        waiting_reason=None if group else chance.choices(_WAITING, weights=(6, 2, 4, 1))[0],
    )


def _intake(code: str, referred_on: date) -> date | None:
    """When the school held its own intake; only Leiden's contracts ask for one."""
    return add_working_days(referred_on, 8) if code in {LEIDEN, OEGSTGEEST} else None


class _Seats:
    """The seats that are free in the groups. The group of the README's journey takes nobody new."""

    def __init__(self) -> None:
        self._free = {
            plan.key: _GROUP_MAX - plan.status_holders - plan.family_migrants
            for plan in GROUPS
            if plan.key != _JOURNEY_GROUP
        }

    def take(self, provider: str, leerroute: Leerroute, code: str) -> str | None:
        for plan in GROUPS:
            fits = (plan.provider, plan.leerroute, plan.gemeentecode) == (provider, leerroute, code)
            if fits and self._free.get(plan.key, 0) > 0:
                self._free[plan.key] -= 1
                return plan.key
        return None


def _pip(
    chance: Random,
    leerroute: Leerroute,
    person: Person,
    code: str,
    signed_on: date,
    reason: DelayReason | None,
) -> Pip:
    level: Level = "b1" if leerroute == "b1" else "b2" if leerroute == "onderwijsroute" else "a1"
    if leerroute == "onderwijsroute" and chance.randrange(100) < 60:
        level = "b1"
    of_the_asylum_group = person.group == "statushouder"
    return Pip(
        signed_on=signed_on,
        leerroute=leerroute,
        level=level,
        pvt_hours=chance.choice((12, 12, 14, 16)),
        # Who follows the taalschakeltraject needs no MAP (Wet inburgering 2021 art. 8.3).
        map_hours=0 if leerroute == "onderwijsroute" else chance.choice((40, 40, 48, 64)),
        # Rule 4.3: 800 hours of participation for the asylum group on the Z-route, none for the others.
        participation_hours=800 if leerroute == "z" and of_the_asylum_group else 0,
        talks_planned=10 if code in {LEIDEN, OEGSTGEEST} else chance.choice((8, 8, 8, 12, 16)),
        goals=tuple(chance.sample(_GOALS[leerroute], chance.choice((1, 2, 2)))),
        delay_reason=reason,
    )


def _registered_before(chance: Random, person: Person, notice_on: date) -> date:
    weeks = chance.randrange(1, 5) if person.group == "statushouder" else chance.randrange(3, 20)
    return notice_on - timedelta(days=7 * weeks + chance.randrange(5))


def _known(day: date) -> date:
    """The gemeente registers somebody the working day after the notice, or when the demo begins."""
    return max(FIRST_DAY, add_working_days(day, 1))


def _working_day(chance: Random, first: date, last: date) -> date:
    return _on_working_day(first + timedelta(days=chance.randrange((last - first).days + 1)))


def _on_working_day(day: date) -> date:
    return day if is_working_day(day) else add_working_days(day, 1)
