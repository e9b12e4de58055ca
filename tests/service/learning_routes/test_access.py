# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who sees whom: by the grant, by the school, and by the rows that the database hides."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.tables import CHASSIS_TABLES
from chassis.testing import own
from contracts import intake
from contracts.access import Role
from tests.service.learning_routes.schoolyear import (
    FOXTAAL,
    LEIDEN,
    LEIDSCHENDAM,
    OEGSTGEEST,
    WASSENAAR,
    Enrolled,
    SchoolYear,
    day,
    problem,
)


async def _in_wassenaar(year: SchoolYear) -> tuple[Enrolled, Any, Any]:
    provider = await year.provider()
    await year.contract(provider)
    person = await year.person(gemeentecode=WASSENAAR)
    placement = await year.refer(person, provider)
    group = await year.group(provider)
    await year.seat(group, placement["id"])
    here = Enrolled(year, provider, person, UUID(placement["id"]), group)
    [lesson] = await here.lessons(day(-1))
    return here, lesson, await here.attend(lesson)


@pytest.mark.capability("GW-03", part="the hours of Wassenaar and of Oegstgeest")
async def test_wassenaar_is_told_which_agreement_is_missing_and_sees_nobody(year: SchoolYear) -> None:
    here, _, _ = await _in_wassenaar(year)
    officer = year.policy_officer_of_wassenaar()
    for path in (f"/placements/{here.placement}", f"/inburgeraars/{here.person}/ledger"):
        refused = await year.get(path, officer, 403)
        assert problem(refused) == (403, "agreement-missing")
        assert "Leidschendam-Voorburg en Wassenaar" in refused["missing"]
    for path in ("/placements", "/waiting-entries", "/attendances", f"/groups/{here.group}/memberships"):
        assert (await year.get(path, officer))["items"] == [], path
    # Timetables and contracts hold no person: what is known as figures may be seen.
    assert (await year.get("/groups", officer))["items"][0]["members"] == 0
    assert (await year.get("/contracts", officer))["items"]


@pytest.mark.capability("GW-03", part="reading and not acting by agreement")
async def test_oegstgeest_reads_its_own_people_and_leiden_acts(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider, LEIDEN, OEGSTGEEST)
    person = await year.person(gemeentecode=OEGSTGEEST, executing=LEIDEN)
    reader = year.reader_by_agreement(OEGSTGEEST)
    refused = await year.refer(person, provider, caller=reader, expect=403)
    assert problem(refused) == (403, "role-missing")
    assert OEGSTGEEST in refused["missing"]
    placement = await year.refer(person, provider, caller=year.consulent(LEIDEN, OEGSTGEEST))
    assert (await year.get(f"/placements/{placement['id']}", reader))["id"] == placement["id"]
    assert (await year.get(f"/inburgeraars/{person}/ledger", reader))["gemeentecode"] == OEGSTGEEST


async def test_to_all_others_a_person_does_not_exist(year: SchoolYear) -> None:
    here, lesson, entry = await _in_wassenaar(year)
    strangers = {
        "consulent of Leiden": year.consulent(LEIDEN),
        "teacher of Foxtaal": year.teacher(FOXTAAL),
        "system of Foxtaal": year.teacher(FOXTAAL, role=Role.SCHOOL_SYSTEM),
    }
    paths = (
        f"/placements/{here.placement}",
        f"/placements/{here.placement}/waiting-entries",
        f"/inburgeraars/{here.person}/ledger",
        f"/attendances/{entry['id']}",
        f"/groups/{here.group}",
        f"/lessons/{lesson['id']}",
        f"/lessons/{lesson['id']}/roll-call",
    )
    for who, caller in strangers.items():
        for path in paths:
            foreign = await year.get(path, caller, 404)
            parts = path.split("/")
            parts[2] = str(uuid4())
            unknown = await year.get("/".join(parts), caller, 404)
            assert {**foreign, "instance": None} == {**unknown, "instance": None}, (who, path)
        for path in ("/placements", "/waiting-entries", "/attendances", "/missing-registrations", "/lessons"):
            assert (await year.get(path, caller))["items"] == [], (who, path)
    foreign = await year.refer(here.person, here.provider, caller=year.consulent(LEIDEN), expect=409)
    assert problem(foreign) == (409, "reference-not-yet-known")
    body: dict[str, Any]
    for path, body in (
        (f"/placements/{here.placement}/start", {"startedOn": "2024-09-09"}),
        (f"/placements/{here.placement}/end", {"endedOn": "2024-11-05", "reason": "stopped"}),
        (f"/placements/{here.placement}/waiting-entries", {"reason": "person"}),
        (f"/lessons/{lesson['id']}/cancellation", {}),
        (f"/groups/{here.group}/memberships", {"placementId": str(here.placement)}),
    ):
        await year.post(path, year.teacher(FOXTAAL), body, 404)
    own_group = await _group_of_foxtaal(year)
    stolen = {"placementId": str(here.placement)}
    await year.post(f"/groups/{own_group}/memberships", year.teacher(FOXTAAL), stolen, 404)


async def _group_of_foxtaal(year: SchoolYear) -> UUID:
    provider = await year.provider(name="Foxtaal", organisationId=str(FOXTAAL))
    await year.contract(provider)
    return await year.group(provider, teacher=year.teacher(FOXTAAL))


async def test_a_school_that_also_has_a_gemeente_in_its_grant_still_sees_its_own_people_only(
    year: SchoolYear,
) -> None:
    here, _, _ = await _in_wassenaar(year)
    wide = year.bench.as_caller(
        roles={Role.TEACHER}, scopes=own(LEIDSCHENDAM, WASSENAAR), organisation_id=FOXTAAL
    )
    await year.get(f"/placements/{here.placement}", wide, 404)
    assert (await year.get("/placements", wide))["items"] == []


async def test_a_school_sees_its_own_hours_of_a_person_only(year: SchoolYear) -> None:
    here, _, _ = await _in_wassenaar(year)
    fox_group = await _group_of_foxtaal(year)
    fox = (await year.get(f"/groups/{fox_group}", year.teacher(FOXTAAL)))["providerId"]
    placement = await year.refer(here.person, UUID(fox))
    await year.post(
        f"/groups/{fox_group}/memberships", year.teacher(FOXTAAL), {"placementId": placement["id"]}
    )
    path = f"/inburgeraars/{here.person}/ledger"
    seen = {
        "fox": await year.get(path, year.teacher(FOXTAAL)),
        "echt": await year.get(path, year.teacher()),
        "gemeente": await year.get(path, year.consulent()),
    }
    assert [len(one["placements"]) for one in seen.values()] == [1, 1, 2]
    assert [one["attended"] for one in seen.values()] == [0, 3, 3]


@pytest.mark.parametrize(
    "role",
    [
        Role.PROVINCE,
        Role.CORPORATION,
        Role.VWN_VOLUNTEER,
        Role.OPERATIONS,
        Role.DUO,
        Role.COA,
        Role.CONTROLLER,
    ],
)
async def test_other_roles_are_refused_before_anything_is_looked_up(year: SchoolYear, role: Role) -> None:
    caller = year.bench.as_caller(roles={role}, scopes=own(WASSENAAR), gemeentecode=WASSENAAR)
    for path in ("/placements", f"/inburgeraars/{uuid4()}/ledger", "/missing-registrations"):
        assert problem(await year.get(path, caller, 403)) == (403, "role-missing")


async def test_without_a_grant_there_is_no_answer(year: SchoolYear) -> None:
    assert problem(await year.get("/placements", {}, 401)) == (401, "unauthenticated")


async def test_every_look_at_a_person_is_logged_once(year: SchoolYear) -> None:
    here, lesson, entry = await _in_wassenaar(year)
    await year.bench.sql("SELECT 1")
    before = len(await year.bench.sql("SELECT id FROM learning_routes.access_log"))
    reads = (
        f"/placements/{here.placement}",
        f"/inburgeraars/{here.person}/ledger",
        f"/attendances/{entry['id']}",
        f"/lessons/{lesson['id']}/roll-call",
        f"/groups/{here.group}/memberships",
        "/placements",
    )
    for path in reads:
        await year.get(path, year.consulent())
    rows = await year.bench.sql(
        "SELECT inburgeraar_id, gemeentecode, purpose, operation, activity FROM learning_routes.access_log "
        "ORDER BY chain_no OFFSET :before",
        before=before,
    )
    assert len(rows) == len(reads)
    assert {(row.inburgeraar_id, row.gemeentecode, row.purpose) for row in rows} == {
        (here.person, WASSENAAR, "education")
    }
    assert [row.operation for row in rows][:2] == ["readPlacement", "readLedger"]
    assert await year.bench.sql("SELECT * FROM learning_routes.broken_access_chains()") == []


async def test_a_refused_or_failed_look_leaves_no_log_line(year: SchoolYear) -> None:
    here, _, _ = await _in_wassenaar(year)
    count = "SELECT count(*) FROM learning_routes.access_log"
    [before] = await year.bench.sql(count)
    await year.get(f"/placements/{here.placement}", year.policy_officer_of_wassenaar(), 403)
    await year.get(f"/placements/{here.placement}", year.consulent(LEIDEN), 404)
    assert await year.bench.sql(count) == [before]


async def test_every_table_is_bound_to_row_level_security(year: SchoolYear) -> None:
    rows = await year.bench.sql(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, "
        "EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS has_policy FROM pg_class c "
        "WHERE c.relnamespace = 'learning_routes'::regnamespace AND c.relkind = 'r'"
    )
    # These hold no person's data that a caller could ask for, or are protected in their own way.
    ours = [row for row in rows if row.relname not in {*CHASSIS_TABLES, "alembic_version"}]
    assert len(ours) >= 16
    assert [
        row.relname for row in ours if not (row.relrowsecurity and row.relforcerowsecurity and row.has_policy)
    ] == []


async def test_an_unknown_person_hears_of_no_one_else(year: SchoolYear) -> None:
    await year.person(kind=intake.InburgeraarRegistered)
    refused = await year.get(f"/inburgeraars/{uuid4()}/ledger", year.consulent(), 404)
    assert problem(refused) == (404, "not-found")
