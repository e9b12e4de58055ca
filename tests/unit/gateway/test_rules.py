# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who may see what of which gemeente: the chain of the audit, role by role, and what holds for any register."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings, strategies as st

from chassis.access import Caller, Scope
from contracts.access import OrganisationKind, Purpose, Role
from gateway.rules import (
    OWN_PURPOSES,
    PERSON_PURPOSES,
    TASK_PURPOSES,
    Agreement,
    Mandate,
    Party,
    Register,
    executing_code,
    overlapping_tasks,
    partners,
    scopes,
)

LEIDEN, OEGSTGEEST, VOORSCHOTEN, WASSENAAR, LV = "0546", "0579", "0626", "0629", "1916"
TODAY = date(2024, 11, 5)
START = date(2022, 1, 1)
ALL_TASKS = frozenset(TASK_PURPOSES)


def party(slug: str, *kinds: str, code: str | None = None, serves: tuple[str, ...] = ()) -> Party:
    name = slug.replace("-", " ").title()
    return Party(uuid5(UUID(int=1), slug), name, kinds, code, frozenset(serves))


CODES = (LEIDEN, LV, OEGSTGEEST, VOORSCHOTEN, WASSENAAR)
PARTIES = {
    "leiden": party("gemeente-leiden", OrganisationKind.GEMEENTE, code=LEIDEN),
    "lv": party("gemeente-leidschendam-voorburg", OrganisationKind.GEMEENTE, code=LV),
    "oegstgeest": party("gemeente-oegstgeest", OrganisationKind.GEMEENTE, code=OEGSTGEEST),
    "voorschoten": party("gemeente-voorschoten", OrganisationKind.GEMEENTE, code=VOORSCHOTEN),
    "wassenaar": party("gemeente-wassenaar", OrganisationKind.GEMEENTE, code=WASSENAAR),
    "school": party("echt-nederlands", OrganisationKind.TAALSCHOOL, serves=(LV, WASSENAAR)),
    "vwn": party(
        "vluchtelingenwerk", OrganisationKind.VLUCHTELINGENWERK, OrganisationKind.TAALSCHOOL, serves=CODES
    ),
    "corporation": party("wassenaarsche", OrganisationKind.WONINGCORPORATIE, serves=(WASSENAAR,)),
    "province": party("zuid-holland", OrganisationKind.PROVINCE, serves=CODES),
    "partner": party("newbees", OrganisationKind.PARTICIPATION_PARTNER, serves=(LEIDEN,)),
    "duo": party("duo", OrganisationKind.DUO),
    "coa": party("coa", OrganisationKind.COA),
    "operations": party("operations", OrganisationKind.OPERATIONS),
}


def mandate(by: str, to: str, tasks: frozenset[str] = ALL_TASKS, **changes: object) -> Mandate:
    made = {
        "id": uuid5(UUID(int=2), f"{by}{to}{sorted(tasks)}"),
        "mandating_code": by,
        "executing_code": to,
        "tasks": tasks,
        "valid_from": START,
        "valid_until": None,
        "source": f"Samenwerking {by} en {to}",
    }
    return Mandate(**{**made, **changes})  # type: ignore[arg-type]


def agreement(provider: str, receiver: str, code: str, **changes: object) -> Agreement:
    made = {
        "id": uuid5(UUID(int=3), f"{provider}{receiver}{code}"),
        "name": f"Overeenkomst {provider}-{receiver}",
        "provider_id": PARTIES[provider].id,
        "receiver_id": PARTIES[receiver].id,
        "gemeentecode": code,
        "level": "person",
        "purposes": frozenset({Purpose.CASE_WORK, Purpose.EDUCATION}),
        "valid_from": START,
        "valid_until": None,
    }
    return Agreement(**{**made, **changes})  # type: ignore[arg-type]


MANDATES = (mandate(OEGSTGEEST, LEIDEN), mandate(VOORSCHOTEN, LV), mandate(WASSENAAR, LV))
AGREEMENTS = (
    agreement("leiden", "oegstgeest", OEGSTGEEST),
    agreement("lv", "voorschoten", VOORSCHOTEN, level="figures", purposes=frozenset({Purpose.FIGURES})),
    agreement("lv", "wassenaar", WASSENAAR, level="figures", purposes=frozenset({Purpose.FIGURES})),
    *(
        agreement(
            "lv",
            "vwn",
            code,
            name="Opdracht begeleiding",
            purposes=frozenset({Purpose.GUIDANCE, Purpose.HOUSING}),
        )
        for code in (LV, VOORSCHOTEN, WASSENAAR)
    ),
)


def chain(
    mandates: tuple[Mandate, ...] = MANDATES, agreements: tuple[Agreement, ...] = AGREEMENTS
) -> Register:
    return Register({one.id: one for one in PARTIES.values()}, mandates, agreements)


def of(slug: str, *roles: Role, register: Register | None = None, today: date = TODAY) -> dict[str, Scope]:
    return dict(scopes(register or chain(), PARTIES[slug], frozenset(roles), today))


def caller(slug: str, *roles: Role, register: Register | None = None) -> Caller:
    one = PARTIES[slug]
    return Caller(
        subject=UUID(int=9),
        kind="person",
        organisation_id=one.id,
        organisation_kind=one.kind,
        roles=frozenset(roles),
        gemeentecode=one.gemeentecode,
        scopes=of(slug, *roles, register=register),
    )


def levels(found: dict[str, Scope]) -> dict[str, str]:
    return {code: scope.level for code, scope in found.items()}


ROLES_IN_THE_CHAIN = [
    pytest.param(
        Role.CONSULENT, "lv", {LV: "person", VOORSCHOTEN: "person", WASSENAAR: "person"}, id="consulent"
    ),
    pytest.param(Role.KLANTMANAGER, "oegstgeest", {OEGSTGEEST: "person"}, id="klantmanager"),
    pytest.param(
        Role.KWALITEITSMEDEWERKER,
        "lv",
        {LV: "person", VOORSCHOTEN: "person", WASSENAAR: "person"},
        id="kwaliteitsmedewerker",
    ),
    pytest.param(Role.POLICY_OFFICER, "wassenaar", {WASSENAAR: "figures"}, id="policy-officer"),
    pytest.param(Role.CONTROLLER, "wassenaar", {WASSENAAR: "figures"}, id="controller"),
    pytest.param(Role.TEACHER, "school", {}, id="teacher"),
    pytest.param(Role.SCHOOL_SYSTEM, "school", {}, id="school-system"),
    pytest.param(
        Role.VWN_TEAM_LEADER,
        "vwn",
        {LV: "person", VOORSCHOTEN: "person", WASSENAAR: "person"},
        id="vwn-team-leader",
    ),
    pytest.param(Role.VWN_VOLUNTEER, "vwn", {}, id="vwn-volunteer"),
    pytest.param(Role.CORPORATION, "corporation", {}, id="corporation"),
    pytest.param(Role.PROVINCE, "province", dict.fromkeys(CODES, "figures"), id="province"),
    pytest.param(Role.PARTICIPATION_PARTNER, "partner", {}, id="participation-partner"),
    pytest.param(Role.DUO, "duo", {}, id="duo"),
    pytest.param(Role.COA, "coa", {}, id="coa"),
    pytest.param(Role.OPERATIONS, "operations", {}, id="operations"),
]


@pytest.mark.capability("GW-01", part="what each role sees of each gemeente")
@pytest.mark.parametrize(("role", "slug", "expected"), ROLES_IN_THE_CHAIN)
def test_each_role_sees_its_own_gemeenten_only(role: Role, slug: str, expected: dict[str, str]) -> None:
    assert levels(of(slug, role)) == expected


def test_fifteen_roles_are_shown() -> None:
    assert {case.values[0] for case in ROLES_IN_THE_CHAIN} == set(Role) - {Role.ADMINISTRATOR}


@pytest.mark.capability("GW-01", part="what each role sees of each gemeente")
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("slug", ["school", "corporation", "partner", "operations", "duo", "coa"])
def test_no_role_alone_opens_a_gemeente_to_another_kind_of_organisation(role: Role, slug: str) -> None:
    found = of(slug, role)
    assert "person" not in levels(found).values()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.OPERATIONS, Role.TEACHER])
def test_a_gemeente_role_is_needed_inside_a_gemeente_too(role: Role) -> None:
    assert of("lv", role) == {}


@pytest.mark.capability("GW-03", part="the rules")
def test_two_client_gemeenten_get_opposite_answers_from_the_same_code() -> None:
    oegstgeest = caller("oegstgeest", Role.POLICY_OFFICER)
    wassenaar = caller("wassenaar", Role.POLICY_OFFICER)
    assert oegstgeest.person_codes(Purpose.CASE_WORK) == {OEGSTGEEST}
    assert wassenaar.person_codes(Purpose.CASE_WORK) == frozenset()
    assert wassenaar.known_codes == {WASSENAAR}
    assert wassenaar.missing_for(WASSENAAR, Purpose.CASE_WORK) == (
        "gegevensovereenkomst op persoonsniveau tussen Gemeente Leidschendam Voorburg en Gemeente Wassenaar"
    )


@pytest.mark.capability("GW-03", part="the rules")
def test_a_later_agreement_turns_figures_into_persons() -> None:
    agreed = chain(
        agreements=(*AGREEMENTS, agreement("lv", "wassenaar", WASSENAAR, id=UUID(int=77), name="Nieuw"))
    )
    assert caller("wassenaar", Role.POLICY_OFFICER, register=agreed).person_codes(Purpose.CASE_WORK) == {
        WASSENAAR
    }
    assert (
        caller("voorschoten", Role.POLICY_OFFICER, register=agreed).person_codes(Purpose.CASE_WORK)
        == frozenset()
    )


@pytest.mark.capability("GW-02", part="the rules")
def test_a_purpose_outside_the_agreement_is_refused_and_the_ground_is_named() -> None:
    klantmanager = caller("oegstgeest", Role.KLANTMANAGER)
    assert klantmanager.person_codes(Purpose.ENFORCEMENT) == frozenset()
    missing = klantmanager.missing_for(OEGSTGEEST, Purpose.ENFORCEMENT)
    assert "Overeenkomst leiden-oegstgeest" in missing
    assert "case-work, education" in missing


def test_without_any_agreement_a_client_gemeente_has_figures() -> None:
    assert levels(of("wassenaar", Role.POLICY_OFFICER, register=chain(agreements=()))) == {
        WASSENAAR: "figures"
    }


@pytest.mark.parametrize(
    ("day", "level"),
    [
        pytest.param(date(2024, 12, 31), "figures", id="the-day-before"),
        pytest.param(date(2025, 1, 1), "person", id="the-first-day"),
        pytest.param(date(2025, 6, 30), "person", id="the-last-day"),
        pytest.param(date(2025, 7, 1), "figures", id="the-day-after"),
    ],
)
def test_an_agreement_holds_from_its_first_to_its_last_day(day: date, level: str) -> None:
    dated = agreement(
        "lv", "wassenaar", WASSENAAR, valid_from=date(2025, 1, 1), valid_until=date(2025, 6, 30)
    )
    assert levels(of("wassenaar", Role.POLICY_OFFICER, register=chain(agreements=(dated,)), today=day)) == {
        WASSENAAR: level
    }


@pytest.mark.parametrize("day", [START, date(2025, 6, 30)])
def test_a_centre_acts_while_the_mandate_holds(day: date) -> None:
    register = chain(mandates=(mandate(WASSENAAR, LV, valid_until=date(2025, 6, 30)),))
    assert of("lv", Role.CONSULENT, register=register, today=day)[WASSENAAR].basis == "mandate"
    assert executing_code(register, WASSENAAR, day) == LV


@pytest.mark.parametrize("day", [START - timedelta(days=1), date(2025, 7, 1)])
def test_outside_the_mandate_the_gemeente_does_its_own_work(day: date) -> None:
    register = chain(mandates=(mandate(WASSENAAR, LV, valid_until=date(2025, 6, 30)),))
    assert WASSENAAR not in of("lv", Role.CONSULENT, register=register, today=day)
    own = of("wassenaar", Role.CONSULENT, register=register, today=day)[WASSENAAR]
    assert (own.level, own.basis, own.purposes) == ("person", "own", OWN_PURPOSES)
    assert executing_code(register, WASSENAAR, day) == WASSENAAR


def test_a_centre_acts_for_what_was_mandated_and_nothing_else() -> None:
    register = chain(mandates=(mandate(WASSENAAR, LV, frozenset({"intake", "pip"})),), agreements=())
    centre = caller("lv", Role.CONSULENT, register=register)
    assert centre.acts_for(WASSENAAR)
    assert centre.person_codes(Purpose.CASE_WORK) == {LV, WASSENAAR}
    assert centre.person_codes(Purpose.HOUSING) == {LV}
    assert "een taak in het mandaat" in centre.missing_for(WASSENAAR, Purpose.HOUSING)


def test_a_gemeente_keeps_the_tasks_that_it_did_not_mandate() -> None:
    tasks = frozenset({"intake", "pip", "education", "guidance", "enforcement"})
    register = chain(mandates=(mandate(WASSENAAR, LV, tasks),), agreements=())
    own = caller("wassenaar", Role.CONSULENT, register=register)
    assert own.person_codes(Purpose.HOUSING) == {WASSENAAR}
    assert own.person_codes(Purpose.CASE_WORK) == frozenset()
    assert not own.acts_for(WASSENAAR)
    assert "gegevensovereenkomst op persoonsniveau" in own.missing_for(WASSENAAR, Purpose.CASE_WORK)


def test_two_mandates_for_different_tasks_count_together() -> None:
    register = chain(
        mandates=(
            mandate(WASSENAAR, LV, frozenset({"intake", "pip"})),
            mandate(WASSENAAR, LV, frozenset({"education"}), source="Tweede besluit"),
        )
    )
    scope = of("lv", Role.CONSULENT, register=register)[WASSENAAR]
    assert scope.purposes == {Purpose.CASE_WORK, Purpose.EDUCATION}
    assert scope.agreement is not None
    assert "Tweede besluit" in scope.agreement


def test_a_team_leader_sees_for_guidance_and_housing_only() -> None:
    leader = caller("vwn", Role.VWN_TEAM_LEADER)
    assert leader.person_codes(Purpose.GUIDANCE) == {LV, VOORSCHOTEN, WASSENAAR}
    assert leader.person_codes(Purpose.CASE_WORK) == frozenset()
    assert "Opdracht begeleiding" in leader.missing_for(LV, Purpose.CASE_WORK)
    assert not leader.acts_for(LV)


def test_one_organisation_in_two_roles_sees_what_the_role_gives() -> None:
    assert of("vwn", Role.TEACHER) == {}
    assert of("vwn", Role.TEACHER, Role.VWN_TEAM_LEADER) == of("vwn", Role.VWN_TEAM_LEADER)


def test_partners_know_each_other_both_ways() -> None:
    assert partners(chain(), LV, TODAY) == {VOORSCHOTEN, WASSENAAR}
    assert partners(chain(), WASSENAAR, TODAY) == {LV}
    assert partners(chain(), LV, START - timedelta(days=1)) == frozenset()


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        pytest.param({}, {"pip"}, id="same-period"),
        pytest.param({"valid_from": date(2025, 1, 1)}, {"pip"}, id="later-but-the-first-has-no-end"),
        pytest.param({"valid_until": START}, {"pip"}, id="only-one-day-in-common"),
        pytest.param(
            {"valid_from": date(2020, 1, 1), "valid_until": date(2021, 12, 31)}, set(), id="ends-before"
        ),
        pytest.param({"tasks": frozenset({"housing"})}, set(), id="another-task"),
        pytest.param({"mandating_code": VOORSCHOTEN}, set(), id="another-gemeente"),
    ],
)
def test_a_task_is_mandated_to_one_gemeente_at_a_time(changes: dict[str, Any], taken: set[str]) -> None:
    first = mandate(WASSENAAR, LV, frozenset({"intake", "pip"}))
    new = replace(mandate(WASSENAAR, LEIDEN, frozenset({"pip", "housing"})), **changes)
    assert overlapping_tasks((first,), new) == taken


days = st.dates(date(2020, 1, 1), date(2027, 12, 31))
codes = st.sampled_from(CODES)
some_tasks = st.frozensets(st.sampled_from(sorted(ALL_TASKS)), min_size=1)
some_purposes = st.frozensets(st.sampled_from(list(Purpose)), min_size=1)


@st.composite
def registers(draw: st.DrawFn) -> Register:
    mandates: list[Mandate] = []
    for number in range(draw(st.integers(0, 4))):
        by, to = draw(codes), draw(codes)
        start = draw(days)
        new = mandate(
            by,
            to,
            draw(some_tasks),
            id=UUID(int=100 + number),
            valid_from=start,
            valid_until=draw(st.none() | st.dates(start, date(2028, 1, 1))),
        )
        if by != to and not overlapping_tasks(mandates, new):
            mandates.append(new)
    agreements = []
    for number in range(draw(st.integers(0, 4))):
        start = draw(days)
        agreements.append(
            agreement(
                draw(st.sampled_from(["lv", "leiden"])),
                draw(st.sampled_from(["oegstgeest", "wassenaar", "vwn", "school"])),
                draw(codes),
                id=UUID(int=200 + number),
                level=draw(st.sampled_from(["person", "figures"])),
                purposes=draw(some_purposes),
                valid_from=start,
                valid_until=draw(st.none() | st.dates(start, date(2028, 1, 1))),
            )
        )
    return chain(tuple(mandates), tuple(agreements))


some_roles = st.frozensets(st.sampled_from(list(Role)), max_size=4)


@settings(max_examples=300, deadline=None)
@given(registers(), days, st.sampled_from(CODES), st.sampled_from(sorted(PERSON_PURPOSES)))
def test_exactly_one_gemeente_acts_on_a_person_for_a_purpose(
    register: Register, day: date, code: str, purpose: str
) -> None:
    acting = [
        slug
        for slug in ("leiden", "lv", "oegstgeest", "voorschoten", "wassenaar")
        if (scope := of(slug, Role.CONSULENT, register=register, today=day).get(code)) is not None
        and scope.level == "person"
        and purpose in scope.purposes
        and scope.basis != "agreement"
    ]
    by_agreement_too = of(
        next(slug for slug, one in PARTIES.items() if one.gemeentecode == code),
        Role.CONSULENT,
        register=register,
        today=day,
    )[code]
    # Who kept a task and also receives data has one scope for both: then the keeper is counted there.
    kept = by_agreement_too.basis == "agreement" and purpose in by_agreement_too.purposes
    assert len(acting) == 1 or (not acting and kept)


@settings(max_examples=300, deadline=None)
@given(registers(), st.sampled_from(sorted(PARTIES)), some_roles, days)
def test_nobody_sees_a_person_without_own_work_mandate_or_agreement(
    register: Register, slug: str, roles: frozenset[Role], day: date
) -> None:
    own = PARTIES[slug]
    for code, scope in of(slug, *roles, register=register, today=day).items():
        if scope.level != "person":
            assert scope.purposes <= {Purpose.FIGURES}
            continue
        assert (
            code == own.gemeentecode
            or any(
                m.executing_code == own.gemeentecode and m.mandating_code == code and m.holds_on(day)
                for m in register.mandates
            )
            or any(
                a.receiver_id == own.id and a.gemeentecode == code and a.level == "person" and a.holds_on(day)
                for a in register.agreements
            )
        )
        assert scope.purposes
        assert scope.basis == "own" or scope.missing


@settings(max_examples=200, deadline=None)
@given(registers(), st.sampled_from(sorted(PARTIES)), some_roles, days)
def test_what_does_not_hold_today_changes_nothing(
    register: Register, slug: str, roles: frozenset[Role], day: date
) -> None:
    today_only = chain(
        tuple(m for m in register.mandates if m.holds_on(day)),
        tuple(a for a in register.agreements if a.holds_on(day)),
    )
    assert of(slug, *roles, register=register, today=day) == of(slug, *roles, register=today_only, today=day)
