# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who sees whom, and what of them; and that every look is written down."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from chassis.testing import Bench
from contracts.access import Role
from contracts.learning_routes import PlacementEnded, PlacementMade
from tests.service.intake.people import (
    LV,
    MISSING,
    OEGSTGEEST,
    ROOT,
    WASSENAAR,
    Chain,
    Intake,
    Json,
    a_pip,
    a_v_number,
    organisation,
)

CONTACT = {"phone", "email", "street", "houseNumber", "postalCode", "city"}


async def a_full_person(intake: Intake, chain: Chain, **changes: object) -> Json:
    return await intake.register(
        chain.lv(),
        vNumber=a_v_number(),
        phone="0612345678",
        email="amal@example.org",
        street="Parkweg",
        houseNumber="12a",
        postalCode="2271 AA",
        city="Voorburg",
        language="ti",
        **changes,
    )


async def place(bench: Bench, person: Json, school: str) -> PlacementMade:
    event = PlacementMade(
        placement_id=uuid4(),
        inburgeraar_id=UUID(person["id"]),
        provider_id=uuid4(),
        organisation_id=organisation(school),
        leerroute="b1",
        referred_on=date(2024, 4, 2),
        start_due_on=date(2024, 4, 30),
    )
    await bench.deliver(event, gemeentecode=LV, times=2)
    return event


@pytest.mark.capability("GW-09", part="what each role gets to see of a person")
async def test_a_case_worker_sees_everything(chain: Chain, intake: Intake) -> None:
    person = await a_full_person(intake, chain)
    assert person["hiddenFields"] == []
    assert all(person[field] for field in (*CONTACT, "bsn", "vNumber"))
    assert await intake.read(person, chain.lv(Role.KLANTMANAGER)) == person


@pytest.mark.capability("GW-09", part="what each role gets to see of a person")
async def test_quality_and_policy_see_numbers_masked(chain: Chain, intake: Intake) -> None:
    person = await a_full_person(intake, chain)
    quality = await intake.read(person, chain.lv(Role.KWALITEITSMEDEWERKER))
    assert quality["bsn"] == "******" + person["bsn"][-3:]
    assert quality["vNumber"] == "*******" + person["vNumber"][-3:]
    assert quality["phone"] == "0612345678"
    assert quality["hiddenFields"] == ["bsn", "vNumber"]
    policy = await intake.read(person, chain.lv(Role.POLICY_OFFICER))
    assert policy["bsn"] == quality["bsn"]
    assert {field for field in CONTACT if policy[field] is None} == CONTACT


@pytest.mark.capability("GW-09", part="what each role gets to see of a person")
async def test_guidance_sees_contact_and_masked_numbers_under_its_own_purpose(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    person = await a_full_person(intake, chain)
    await intake.sign(person, chain.lv())
    seen = await intake.read(person, chain.vwn())
    assert seen["phone"] == "0612345678"
    assert seen["bsn"].startswith("******")
    assert (seen["pip"], seen["obligedOn"], seen["duoNoticeOn"]) == (None, None, None)
    [line] = await bench.sql(
        "SELECT purpose, agreement FROM intake.access_log WHERE inburgeraar_id = :id AND organisation_id = :organisation",
        id=UUID(person["id"]),
        organisation=organisation("vluchtelingenwerk"),
    )
    assert line == ("guidance", "Opdracht maatschappelijke begeleiding")
    elsewhere = await a_full_person(intake, chain, gemeentecode=WASSENAAR)
    assert (await intake.get(f"{ROOT}/{elsewhere['id']}", chain.vwn())).status_code == 404


@pytest.mark.capability("GW-09", part="a taalschool gets names only")
async def test_a_taalschool_sees_the_names_of_its_own_placements_and_nothing_else(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    person, other = await a_full_person(intake, chain), await a_full_person(intake, chain)
    assert (await intake.get(f"{ROOT}/{person['id']}", chain.school())).status_code == 404
    placement = await place(bench, person, "echt-nederlands")
    seen = await intake.read(person, chain.school())
    assert {field for field, value in seen.items() if value not in (None, [])} == {
        "id", "version", "givenNames", "familyName", "hiddenFields",
    }  # fmt: skip
    for secret in (person["bsn"], person["vNumber"], "1990", "06123", "statushouder", LV):
        assert secret not in str({**seen, "id": None})
    names = await intake.post(
        f"{ROOT}/_read", {"ids": [person["id"], other["id"]]}, chain.school(role=Role.SCHOOL_SYSTEM)
    )
    assert names.json() == {
        "items": [
            {"id": person["id"], "givenNames": "Amal", "familyName": "Öztürk", "displayName": "Amal Öztürk"}
        ],
        "missing": [other["id"]],
        "nextPageToken": None,
    }
    assert (await intake.get(f"{ROOT}/{person['id']}", chain.school("foxtaal"))).status_code == 404
    await bench.deliver(
        PlacementEnded(
            placement_id=placement.placement_id,
            inburgeraar_id=placement.inburgeraar_id,
            organisation_id=placement.organisation_id,
            ended_on=date(2024, 11, 1),
            end_reason="completed",
        ),
        gemeentecode=LV,
    )
    assert (await intake.get(f"{ROOT}/{person['id']}", chain.school())).status_code == 404


async def test_an_end_that_comes_before_its_placement_still_ends_it(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    person = await a_full_person(intake, chain)
    placement_id = uuid4()
    school = organisation("foxtaal")
    ended = PlacementEnded(
        placement_id=placement_id, inburgeraar_id=UUID(person["id"]), organisation_id=school,
        ended_on=date(2024, 11, 1), end_reason="withdrawn",
    )  # fmt: skip
    made = PlacementMade(
        placement_id=placement_id, inburgeraar_id=UUID(person["id"]), provider_id=uuid4(), organisation_id=school,
        leerroute="z", referred_on=date(2024, 10, 1), start_due_on=date(2024, 10, 29),
    )  # fmt: skip
    await bench.deliver(ended, gemeentecode=LV)
    await bench.deliver(made, gemeentecode=LV)
    assert (await intake.get(f"{ROOT}/{person['id']}", chain.school("foxtaal"))).status_code == 404


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(("GET", ""), id="pips"),
        pytest.param(("GET", "/versions"), id="history"),
        pytest.param(("GET", "/access-log"), id="access-log"),
    ],
)
async def test_a_taalschool_sees_no_decision_history_or_log(
    bench: Bench, chain: Chain, intake: Intake, operation: tuple[str, str]
) -> None:
    person = await a_full_person(intake, chain)
    await place(bench, person, "echt-nederlands")
    path = operation[1] or "/pips"
    answer = await intake.get(f"{ROOT}/{person['id']}{path}", chain.school())
    assert (answer.status_code, answer.json()["code"]) == (403, "role-missing")


@pytest.mark.capability("GW-02", "GW-03", part="the same code, two agreements, opposite answers: at intake")
async def test_oegstgeest_sees_its_own_person_and_wassenaar_is_told_what_is_missing(
    chain: Chain, intake: Intake
) -> None:
    oegstgeest = await intake.register(chain.leiden(), gemeentecode=OEGSTGEEST)
    wassenaar = await intake.register(chain.lv(), gemeentecode=WASSENAAR)
    seen = await intake.read(oegstgeest, chain.oegstgeest(Role.POLICY_OFFICER))
    assert (seen["familyName"], seen["bsn"]) == ("Öztürk", "******" + oegstgeest["bsn"][-3:])
    for path in ("", "/pips"):
        answer = await intake.get(f"{ROOT}/{wassenaar['id']}{path}", chain.wassenaar())
        assert (answer.status_code, answer.json()["code"]) == (403, "agreement-missing")
        assert answer.json()["missing"] == MISSING
        assert MISSING in answer.json()["detail"]
        assert "Öztürk" not in answer.text
    listed = await intake.get(ROOT, chain.wassenaar(), gemeentecode=WASSENAAR)
    assert (listed.status_code, listed.json()["missing"]) == (403, MISSING)
    assert (await intake.get(ROOT, chain.wassenaar())).json()["items"] == []
    names = await intake.post(f"{ROOT}/_read", {"ids": [wassenaar["id"]]}, chain.wassenaar())
    assert names.json() == {"items": [], "missing": [wassenaar["id"]], "nextPageToken": None}


async def test_people_of_others_do_not_exist(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv())
    for caller in (chain.leiden(), chain.oegstgeest(), chain.wassenaar(), chain.school()):
        answer = await intake.get(f"{ROOT}/{person['id']}", caller)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    unknown = await intake.get(f"{ROOT}/{uuid4()}", chain.lv())
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")


async def test_every_change_of_a_person_out_of_sight_is_refused_alike(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv())
    path = f"{ROOT}/{person['id']}"
    before = await intake.counts()
    stranger = chain.leiden()
    calls = [
        ("PATCH", path, {"familyName": "Anders"}),
        ("PUT", f"{path}/lead", {"memberId": None}),
        ("PUT", f"{path}/second-contact", {"memberId": None}),
        ("POST", f"{path}/moves", {"gemeentecode": "0546", "registeredOn": "2024-11-01"}),
        ("POST", f"{path}/pips", a_pip()),
        ("POST", f"{path}/provisions", {"code": "pvt"}),
        (
            "POST",
            f"{path}/third-party-information",
            {"source": "ROC", "requestedOn": "2024-03-01", "receivedOn": "2024-04-10"},
        ),
    ]
    for method, where, body in calls:
        answer = await intake.bench.client.request(
            method, where, json=body, headers={**stranger, "If-Match": '"1"'}
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), where
    moved = await intake.post(
        f"{ROOT}/_reassign", {"inburgeraarIds": [person["id"]], "toMemberId": None}, stranger
    )
    assert moved.json() == {"reassigned": 0, "inburgeraarIds": []}
    assert await intake.counts() == before


async def test_a_look_without_a_grant_is_refused(bench: Bench, intake: Intake, chain: Chain) -> None:
    person = await intake.register(chain.lv())
    answer = await bench.client.get(f"{ROOT}/{person['id']}")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.capability("GW-07")
async def test_the_access_log_tells_who_looked_when_why_and_under_which_agreement(
    chain: Chain, intake: Intake
) -> None:
    person = await intake.register(chain.lv(), gemeentecode=WASSENAAR)
    await intake.read(person, chain.lv(Role.KWALITEITSMEDEWERKER, "kwaliteitsmedewerker-lv"))
    await intake.sign(person, chain.lv())
    refused = await intake.get(f"{ROOT}/{person['id']}", chain.wassenaar())
    assert refused.status_code == 403
    answer = await intake.get(f"{ROOT}/{person['id']}/access-log", chain.lv())
    assert answer.status_code == 200
    lines = answer.json()["items"]
    assert [line["operation"] for line in lines] == ["signPip", "getInburgeraar", "registerInburgeraar"]
    assert [line["roles"] for line in lines] == [["consulent"], ["kwaliteitsmedewerker"], ["consulent"]]
    assert {line["agreement"] for line in lines} == {f"Mandaatbesluit {WASSENAAR}"}
    assert {line["purpose"] for line in lines} == {"case-work"}
    assert lines[1]["at"] == "2024-11-05T08:00:00Z"
    pages = []
    token = None
    while True:
        page = (
            await intake.get(
                f"{ROOT}/{person['id']}/access-log",
                chain.lv(),
                pageSize=1,
                **({"pageToken": token} if token else {}),
            )
        ).json()
        pages += page["items"]
        token = page["nextPageToken"]
        if token is None or len(pages) > 20:
            break
    # Reading the log is a look too, so the list grows at its head while it is read.
    assert [line["id"] for line in pages[-3:]] == [line["id"] for line in lines]


async def test_a_list_writes_one_line_per_person_shown(bench: Bench, chain: Chain, intake: Intake) -> None:
    people = [
        await intake.register(chain.leiden(), gemeentecode=OEGSTGEEST, familyName="Rijk") for _ in range(3)
    ]
    ids = [person["id"] for person in people]
    count = "SELECT count(*) FROM intake.access_log WHERE inburgeraar_id = ANY(CAST(:ids AS uuid[])) AND operation = :operation"
    await intake.post(f"{ROOT}/_read", {"ids": [*ids, *ids]}, chain.leiden())
    assert await bench.sql(count, ids=ids, operation="readNames") == [(3,)]
    await intake.post(f"{ROOT}/_search", {"familyName": "rijk"}, chain.leiden())
    assert await bench.sql(count, ids=ids, operation="searchInburgeraars") == [(3,)]


@pytest.mark.parametrize(
    ("ids", "status"),
    [
        pytest.param([], 200, id="nobody"),
        pytest.param([str(uuid4()) for _ in range(200)], 200, id="200"),
        pytest.param([str(uuid4()) for _ in range(201)], 400, id="201"),
        pytest.param(["x"], 400, id="no-uuid"),
        pytest.param("x", 400, id="no-list"),
    ],
)
async def test_at_most_200_names_are_read_at_once(
    chain: Chain, intake: Intake, ids: object, status: int
) -> None:
    answer = await intake.post(f"{ROOT}/_read", {"ids": ids}, chain.lv())
    assert answer.status_code == status


async def test_the_database_itself_hides_numbers_from_a_taalschool(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    person = await a_full_person(intake, chain)
    await place(bench, person, "echt-nederlands")
    settings = {
        "app.actor": "person", "app.person_codes": "", "app.known_codes": "", "app.roles": "teacher",
        "app.organisation": str(organisation("echt-nederlands")), "app.subject": str(uuid4()),
    }  # fmt: skip
    async with bench.live.context.database.engine.begin() as connection:
        for name, value in settings.items():
            await connection.exec_driver_sql("SELECT set_config($1, $2, true)", (name, value))
        seen = {}
        for table in (
            "inburgeraar",
            "person_name",
            "person_identity",
            "blind_index",
            "pip",
            "person_version",
            "clock",
        ):
            column = "id" if table == "inburgeraar" else "inburgeraar_id"
            result = await connection.exec_driver_sql(
                f"SELECT count(*) FROM intake.{table} WHERE {column} = $1",
                (UUID(person["id"]),),
            )
            seen[table] = result.scalar_one()
    assert seen == {
        "inburgeraar": 1, "person_name": 1, "person_identity": 0, "blind_index": 0, "pip": 0, "person_version": 0, "clock": 0,
    }  # fmt: skip


async def test_numbers_are_stored_encrypted_with_the_id_of_their_key(
    bench: Bench, chain: Chain, intake: Intake
) -> None:
    person = await a_full_person(intake, chain)
    [row] = await bench.sql(
        "SELECT bsn_ciphertext, bsn_key_id, v_number_ciphertext, v_number_key_id FROM intake.person_identity "
        "WHERE inburgeraar_id = :id",
        id=UUID(person["id"]),
    )
    assert (row.bsn_key_id, row.v_number_key_id) == ("e1", "e1")
    assert person["bsn"].encode() not in bytes(row.bsn_ciphertext)
    index = await bench.sql(
        "SELECT kind, key_id, digest FROM intake.blind_index WHERE inburgeraar_id = :id ORDER BY kind",
        id=UUID(person["id"]),
    )
    assert [(line.kind, line.key_id, len(line.digest)) for line in index] == [
        ("bsn", "i1", 32),
        ("v-number", "i1", 32),
    ]
    dumped = str(await bench.sql("SELECT to_jsonb(v) FROM intake.person_version v"))
    assert person["bsn"] not in dumped
    assert "Parkweg" not in dumped


async def test_every_table_is_protected_by_forced_row_level_security(bench: Bench) -> None:
    open_tables = await bench.sql(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'intake' "
        "AND c.relkind = 'r' AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1"
    )
    # These hold no person's data that a caller could ask for, or are protected in their own way.
    assert {row.relname for row in open_tables} == {
        "access_chain", "access_log", "alembic_version", "dead_letter", "destruction", "idempotency_key", "inbox", "inbox_version", "outbox",
    }  # fmt: skip
