# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The register: what administrators keep, what others read, and what it opens the moment it changes."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chassis.access import Caller
from chassis.migrate import differences
from chassis.testing import fresh_database
from contracts.access import Purpose, Role
from contracts.gateway import PolicySet
from gateway import store
from gateway.app import SERVICE
from tests.peers.run import REPOSITORY
from tests.service.gateway.world import CLIENTS, CODES, KEY, MEMBERS, NAME_OF_ROLE, World, id_of, world

LV, WASSENAAR, VOORSCHOTEN = "1916", "0629", "0626"
LEIDEN, OEGSTGEEST = "0546", "0579"
TASKS = ["intake", "pip", "education", "guidance", "housing", "enforcement"]


def mandate(by: str, to: str, **changes: Any) -> dict[str, Any]:
    return {
        "mandatingGemeentecode": by,
        "executingGemeentecode": to,
        "tasks": TASKS,
        "source": f"Samenwerkingsovereenkomst {by} en {to}",
        "agreedOn": "2017-04-01",
        "reviewOn": "2025-01-01",
        "validFrom": "2022-01-01",
        **changes,
    }


def agreement(provider: str, receiver: str, *codes: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": f"Gegevensovereenkomst {provider} en {receiver}",
        "providerId": str(id_of(provider)),
        "receiverId": str(id_of(receiver)),
        "gemeentecodes": list(codes),
        "level": "person",
        "purposes": ["case-work", "education"],
        "dataSet": "Dossier",
        "legalGround": "AVG art. 6 lid 1 onder e",
        "validFrom": "2022-01-01",
        **changes,
    }


@pytest.fixture
async def empty(postgres_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A register with parties and no mandate or agreement."""
    async with world(postgres_url, tmp_path) as made:
        yield made


async def add(made: World, collection: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await made.post("administrator", f"/gateway/v1/{collection}", body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].startswith(f"/gateway/v1/{collection}")
    found: dict[str, Any] = answer.json()
    return found


async def caller_of(made: World, name: str) -> Caller:
    """Who a service thinks this is."""
    answer = await made.get(name, "/mirror/v1/people")
    assert answer.status_code == 200, answer.text
    return Caller.from_claims(answer.json()["caller"])


async def load_chain(made: World) -> None:
    await add(made, "mandates", mandate(OEGSTGEEST, LEIDEN))
    await add(made, "mandates", mandate(VOORSCHOTEN, LV))
    await add(made, "mandates", mandate(WASSENAAR, LV))
    await add(made, "agreements", agreement("gemeente-leiden", "gemeente-oegstgeest", OEGSTGEEST))
    for slug, code in (("gemeente-voorschoten", VOORSCHOTEN), ("gemeente-wassenaar", WASSENAAR)):
        figures = {"level": "figures", "purposes": ["figures"]}
        await add(made, "agreements", agreement("gemeente-leidschendam-voorburg", slug, code, **figures))
    guidance = {"purposes": ["guidance", "housing"], "name": "Opdracht begeleiding"}
    codes = (LV, VOORSCHOTEN, WASSENAAR)
    await add(
        made,
        "agreements",
        agreement("gemeente-leidschendam-voorburg", "vluchtelingenwerk", *codes, **guidance),
    )


@pytest.mark.capability("GW-03", part="grants")
async def test_the_same_code_gives_two_client_gemeenten_opposite_answers(empty: World) -> None:
    await load_chain(empty)
    oegstgeest = await caller_of(empty, "policy-oegstgeest")
    wassenaar = await caller_of(empty, "policy-wassenaar")
    assert oegstgeest.person_codes(Purpose.CASE_WORK) == {OEGSTGEEST}
    assert wassenaar.person_codes(Purpose.CASE_WORK) == frozenset()
    assert wassenaar.known_codes == {WASSENAAR}
    missing = wassenaar.missing_for(WASSENAAR, Purpose.CASE_WORK)
    assert "persoonsniveau" in missing
    assert "Gemeente Wassenaar" in missing
    centre = await caller_of(empty, "consulent-lv")
    assert centre.person_codes(Purpose.CASE_WORK) == {LV, VOORSCHOTEN, WASSENAAR}
    assert centre.acts_for(WASSENAAR)

    await add(
        empty,
        "agreements",
        agreement("gemeente-leidschendam-voorburg", "gemeente-wassenaar", WASSENAAR, name="Nieuw"),
    )
    assert (await caller_of(empty, "policy-wassenaar")).person_codes(Purpose.CASE_WORK) == {WASSENAAR}
    assert (await caller_of(empty, "policy-voorschoten")).person_codes(Purpose.CASE_WORK) == frozenset()


@pytest.mark.capability("GW-02", part="grants")
async def test_a_purpose_outside_the_agreement_names_the_ground_that_is_missing(empty: World) -> None:
    await load_chain(empty)
    klantmanager = await caller_of(empty, "klantmanager-oegstgeest")
    assert klantmanager.person_codes(Purpose.EDUCATION) == {OEGSTGEEST}
    assert klantmanager.person_codes(Purpose.ENFORCEMENT) == frozenset()
    assert "Gegevensovereenkomst gemeente-leiden" in klantmanager.missing_for(OEGSTGEEST, Purpose.ENFORCEMENT)
    leader = await caller_of(empty, "vwn-team-leader")
    assert leader.person_codes(Purpose.GUIDANCE) == {LV, VOORSCHOTEN, WASSENAAR}
    assert "Opdracht begeleiding" in leader.missing_for(LV, Purpose.CASE_WORK)


async def test_an_agreement_that_ends_closes_the_look_at_once(empty: World) -> None:
    await add(empty, "mandates", mandate(OEGSTGEEST, LEIDEN))
    made = await add(empty, "agreements", agreement("gemeente-leiden", "gemeente-oegstgeest", OEGSTGEEST))
    assert (await caller_of(empty, "policy-oegstgeest")).person_codes(Purpose.CASE_WORK) == {OEGSTGEEST}
    ended = await empty.patch(
        "administrator", f"/gateway/v1/agreements/{made['id']}", {"validUntil": "2024-11-04"}, made["version"]
    )
    assert ended.status_code == 200
    assert (await caller_of(empty, "policy-oegstgeest")).person_codes(Purpose.CASE_WORK) == frozenset()


async def test_a_mandate_ends_with_the_legal_day_and_not_before(empty: World) -> None:
    await add(empty, "mandates", mandate(WASSENAAR, LV, validUntil="2024-11-05"))
    assert (await caller_of(empty, "consulent-lv")).acts_for(WASSENAAR)
    moved = await empty.post("administrator", "/demo/v1/clock", {"now": "2024-11-05T23:00:00+01:00"})
    assert moved.status_code == 200, moved.text
    assert (await caller_of(empty, "consulent-lv")).acts_for(WASSENAAR)
    await empty.post("administrator", "/demo/v1/clock", {"advance": "PT1H"})
    assert WASSENAAR not in (await caller_of(empty, "consulent-lv")).scopes
    assert (await caller_of(empty, "policy-wassenaar")).acts_for(WASSENAAR)


async def test_a_member_who_is_no_longer_active_is_out_at_once(empty: World) -> None:
    path = f"/gateway/v1/members/{id_of('teacher')}"
    await caller_of(empty, "teacher")
    found = (await empty.get("administrator", path)).json()
    assert (await empty.patch("administrator", path, {"active": False}, found["version"])).status_code == 200
    refused = await empty.get("teacher", "/mirror/v1/people")
    assert (refused.status_code, refused.json()["code"]) == (403, "not-a-member")
    assert (await empty.client.post("/demo/v1/tokens", json={"name": "teacher"})).status_code == 404


async def test_a_changed_role_counts_at_once(empty: World) -> None:
    path = f"/gateway/v1/members/{id_of('teacher')}"
    assert (await caller_of(empty, "teacher")).roles == {"teacher"}
    version = (await empty.get("administrator", path)).json()["version"]
    await empty.patch("administrator", path, {"roles": ["participation-partner"]}, version)
    assert (await caller_of(empty, "teacher")).roles == {"participation-partner"}


@pytest.mark.parametrize("role", list(Role))
async def test_me_tells_each_role_who_it_is(chain: World, role: Role) -> None:
    name = NAME_OF_ROLE[role]
    answer = await chain.get(name, "/gateway/v1/me")
    assert answer.status_code == 200
    body = answer.json()
    organisation = {**MEMBERS, **CLIENTS}[name][0]
    assert body["subject"] == str(id_of(name))
    assert body["roles"] == [role]
    assert body["organisation"]["id"] == str(id_of(organisation))
    assert body["gemeentecode"] == CODES.get(organisation)
    assert body["name"] == (f"Naam van {name}" if name in MEMBERS else f"Systeem {name}")


async def test_me_explains_each_gemeente(empty: World) -> None:
    await load_chain(empty)
    (own,) = (await empty.get("policy-wassenaar", "/gateway/v1/me")).json()["gemeenten"]
    assert own["level"] == "figures"
    assert own["executingGemeentecode"] == LV
    assert own["name"] == "Gemeente Wassenaar"
    assert own["agreement"] == "Gegevensovereenkomst gemeente-leidschendam-voorburg en gemeente-wassenaar"
    assert "gegevensovereenkomst op persoonsniveau" in own["missing"]


async def test_colleagues_are_those_of_ones_own_gemeente_and_its_partners(empty: World) -> None:
    async def names(name: str, query: str = "") -> set[str]:
        answer = await empty.get(name, f"/gateway/v1/members?pageSize=200{query}")
        assert answer.status_code == 200, answer.text
        return {row["displayName"].removeprefix("Naam van ") for row in answer.json()["items"]}

    own = {"consulent-lv", "kwaliteitsmedewerker-lv"}
    assert await names("consulent-lv") == own
    await load_chain(empty)
    wassenaar = {"policy-wassenaar", "controller-wassenaar"}
    assert await names("consulent-lv") == own | wassenaar | {"policy-voorschoten"}
    assert await names("policy-wassenaar") == wassenaar | own
    assert await names("consulent-lv", "&role=consulent") == {"consulent-lv"}
    assert await names("consulent-lv", f"&organisationId={id_of('gemeente-wassenaar')}") == wassenaar
    assert await names("consulent-lv", f"&organisationId={id_of('gemeente-leiden')}") == set()
    assert await names("administrator") == set(MEMBERS)
    refused = await empty.get("teacher", "/gateway/v1/members")
    assert refused.status_code == 403


async def test_a_list_of_members_shows_no_account(empty: World) -> None:
    row = (await empty.get("consulent-lv", "/gateway/v1/members")).json()["items"][0]
    assert set(row) == {"id", "displayName", "organisationId", "roles", "active"}


async def test_lists_come_in_pages(chain: World) -> None:
    seen: list[str] = []
    token = ""
    for _ in range(10):
        answer = await chain.get("administrator", f"/gateway/v1/members?pageSize=5{token}")
        body = answer.json()
        seen += [row["displayName"] for row in body["items"]]
        if body["nextPageToken"] is None:
            break
        token = f"&pageToken={body['nextPageToken']}"
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen)) == len(MEMBERS)
    wrong = await chain.get("administrator", "/gateway/v1/members?pageToken=onzin")
    assert wrong.status_code == 400


async def test_an_agreement_is_read_by_its_parties_only(empty: World) -> None:
    await load_chain(empty)

    async def read(name: str) -> set[str]:
        rows = (await empty.get(name, "/gateway/v1/agreements?pageSize=200")).json()["items"]
        return {row["name"] for row in rows}

    everything = await read("administrator")
    assert len(everything) == 4
    assert await read("policy-oegstgeest") == {"Gegevensovereenkomst gemeente-leiden en gemeente-oegstgeest"}
    assert await read("vwn-team-leader") == {"Opdracht begeleiding"}
    assert await read("teacher") == set()
    assert await read("operations") == set()


async def test_mandates_are_known_to_all_and_shown_for_a_day(empty: World) -> None:
    await add(empty, "mandates", mandate(WASSENAAR, LV, validUntil="2024-12-31"))
    await add(empty, "mandates", mandate(OEGSTGEEST, LEIDEN))
    assert len((await empty.get("teacher", "/gateway/v1/mandates")).json()["items"]) == 2
    later = await empty.get("teacher", "/gateway/v1/mandates?on=2025-01-01")
    assert [row["mandatingGemeentecode"] for row in later.json()["items"]] == [OEGSTGEEST]
    (own,) = (await empty.get("teacher", f"/gateway/v1/mandates?gemeentecode={LV}")).json()["items"]
    assert (own["agreedOn"], own["reviewOn"], own["tasks"]) == ("2017-04-01", "2025-01-01", sorted(TASKS))


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        (mandate(WASSENAAR, WASSENAAR), 400, "invalid-input", "/executingGemeentecode"),
        (mandate("9999", LV), 409, "not-a-gemeente", "/mandatingGemeentecode"),
        (mandate(WASSENAAR, "9999"), 409, "not-a-gemeente", "/executingGemeentecode"),
        (mandate(WASSENAAR, LV, validUntil="2021-12-31"), 400, "invalid-input", "/validUntil"),
        (mandate(WASSENAAR, LV, tasks=[]), 400, "invalid-input", "/tasks"),
        (mandate(WASSENAAR, LV, tasks=["koffie"]), 400, "invalid-input", "/tasks/0"),
        (mandate("629", LV), 400, "invalid-input", "/mandatingGemeentecode"),
        (mandate(WASSENAAR, LV, validFrom=0), 400, "invalid-input", "/validFrom"),
        (mandate(WASSENAAR, LV, version=3), 400, "invalid-input", "/version"),
    ],
)
async def test_a_mandate_that_cannot_be_is_refused(
    chain: World, body: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    answer = await chain.post("administrator", "/gateway/v1/mandates", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_two_gemeenten_never_get_the_same_task_also_at_once(empty: World) -> None:
    answers = await asyncio.gather(
        *(
            empty.post("administrator", "/gateway/v1/mandates", mandate(WASSENAAR, to))
            for to in (LV, LEIDEN, VOORSCHOTEN, LV)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"mandate-overlaps"}


async def test_a_mandate_of_one_gemeente_does_not_wait_for_that_of_another(empty: World) -> None:
    async with empty.door.live.context.begin() as tx:
        assert await store.lock_gemeente(tx, OEGSTGEEST) is not None  # its mandate is being made
        await add(empty, "mandates", mandate(WASSENAAR, LV))  # and this one tells the scopes of all gemeenten


async def test_a_mandate_is_not_prolonged_over_the_next_one(empty: World) -> None:
    first = await add(empty, "mandates", mandate(WASSENAAR, LV, validUntil="2024-12-31"))
    await add(empty, "mandates", mandate(WASSENAAR, LEIDEN, validFrom="2025-01-01"))
    answer = await empty.patch(
        "administrator", f"/gateway/v1/mandates/{first['id']}", {"validUntil": None}, 1
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "mandate-overlaps")


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"receiverId": str(id_of("gemeente-leiden"))}, 400, "invalid-input", "/receiverId"),
        ({"receiverId": str(uuid4())}, 409, "reference-not-yet-known", "/receiverId"),
        ({"gemeentecodes": ["9999"]}, 409, "not-a-gemeente", "/gemeentecodes/0"),
        ({"gemeentecodes": []}, 400, "invalid-input", "/gemeentecodes"),
        ({"level": "nothing"}, 400, "invalid-input", "/level"),
        ({"purposes": ["curiosity"]}, 400, "invalid-input", "/purposes/0"),
        ({"validUntil": "2021-01-01"}, 400, "invalid-input", "/validUntil"),
        ({"legalGround": " "}, 400, "invalid-input", "/legalGround"),
    ],
)
async def test_an_agreement_that_cannot_be_is_refused(
    chain: World, changes: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    body = agreement("gemeente-leiden", "gemeente-oegstgeest", OEGSTGEEST, **changes)
    answer = await chain.post("administrator", "/gateway/v1/agreements", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_the_same_row_twice_is_told_apart_from_a_new_one(empty: World) -> None:
    body = {**mandate(WASSENAAR, LV), "id": str(uuid4())}
    await add(empty, "mandates", body)
    again = await empty.post("administrator", "/gateway/v1/mandates", body)
    assert (again.status_code, again.json()["code"]) == (409, "name-taken")
    key = {"Idempotency-Key": "een"}
    one = agreement("gemeente-leiden", "gemeente-oegstgeest", OEGSTGEEST)
    first = await empty.post("administrator", "/gateway/v1/agreements", one, **key)
    second = await empty.post("administrator", "/gateway/v1/agreements", one, **key)
    assert second.headers["idempotency-replayed"] == "true"
    assert first.content == second.content


async def test_organisations_members_and_clients_are_kept_by_the_administrator(empty: World) -> None:
    new = await add(
        empty, "organisations", {"slug": "nieuw", "name": "Nieuwe school", "kinds": ["taalschool"]}
    )
    member = await add(
        empty,
        "members",
        {
            "name": "j.de-vries@nieuw.example",
            "displayName": "J. de Vries",
            "organisationId": new["id"],
            "roles": ["teacher"],
            "issuer": "built-in",
            "subject": "j.de-vries@nieuw.example",
        },
    )
    assert (await caller_of(empty, "j.de-vries@nieuw.example")).roles == {"teacher"}
    taken = await empty.post(
        "administrator",
        "/gateway/v1/members",
        {"name": "ander", "displayName": "A", "organisationId": new["id"], "roles": ["teacher"]}
        | {"issuer": "built-in", "subject": "j.de-vries@nieuw.example"},
    )
    assert (taken.status_code, taken.json()["errors"][0]["pointer"]) == (409, "/subject")
    half = await empty.post(
        "administrator",
        "/gateway/v1/members",
        {
            "name": "half",
            "displayName": "H",
            "organisationId": new["id"],
            "roles": ["teacher"],
            "issuer": "x",
        },
    )
    assert half.status_code == 400
    stale = await empty.patch(
        "administrator", f"/gateway/v1/members/{member['id']}", {"roles": ["teacher"]}, 7
    )
    assert stale.status_code == 412
    headers = await empty.as_("administrator")
    bare = await empty.client.patch(f"/gateway/v1/members/{member['id']}", json={}, headers=headers)
    assert bare.status_code == 428
    renamed = await empty.patch(
        "administrator", f"/gateway/v1/organisations/{new['id']}", {"name": "Anders"}, 1
    )
    assert renamed.json()["name"] == "Anders"
    assert renamed.headers["etag"] == '"2"'
    unknown = await empty.get("administrator", f"/gateway/v1/organisations/{uuid4()}")
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"slug": "gemeente-leiden"}, 409),
        ({"kinds": ["gemeente"], "gemeentecode": "0546"}, 409),
        ({"kinds": ["gemeente"]}, 400),
        ({"gemeentecode": "1234"}, 400),
        ({"kinds": []}, 400),
        ({"slug": "Met Spaties"}, 400),
        ({"name": "\x00"}, 400),
    ],
)
async def test_an_organisation_that_cannot_be_is_refused(
    chain: World, changes: dict[str, Any], status: int
) -> None:
    body = {"slug": f"s-{uuid4()}", "name": "School", "kinds": ["taalschool"], **changes}
    answer = await chain.post("administrator", "/gateway/v1/organisations", body)
    assert answer.status_code == status, answer.text


async def test_a_client_proves_itself_with_a_public_key_and_secrets_are_never_shown(empty: World) -> None:
    numbers = KEY.public_key().public_numbers()
    import base64

    def b64(number: int) -> str:
        return (
            base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))
            .rstrip(b"=")
            .decode()
        )

    key = {"kty": "RSA", "kid": "een", "alg": "RS256", "use": "sig", "n": b64(numbers.n), "e": b64(numbers.e)}
    body = {
        "clientId": "nieuw-systeem",
        "name": "Nieuw systeem",
        "organisationId": str(id_of("echt-nederlands")),
        "roles": ["school-system"],
        "issuer": "built-in",
        "subject": "nieuw-systeem",
        "publicKeys": [key],
    }
    made = await add(empty, "clients", body)
    assert made["publicKeys"][0]["kid"] == "een"
    for wrong in ({**key, "n": "AQAB"}, {**key, "d": "AQAB"}, {**key, "kty": "EC"}, {**key, "n": None}):
        refused = await empty.post("administrator", "/gateway/v1/clients", {**body, "publicKeys": [wrong]})
        assert refused.status_code == 400, refused.text
    text = (await empty.get("administrator", "/gateway/v1/clients?pageSize=200")).text
    assert "secret" not in text.lower()
    changed = await empty.patch("administrator", f"/gateway/v1/clients/{made['id']}", {"publicKeys": []}, 1)
    assert changed.json()["publicKeys"] == []


THREE = {
    LV: {"first-group-programme": "startklas", "progress-talks": 8, "pvt-by": "vluchtelingenwerk"},
    LEIDEN: {"first-group-programme": "startgroep", "progress-talks": 10, "pvt-by": "gemeente-leiden"},
    WASSENAAR: {"participation-partners": ["vrijwilligerscentrale"], "guidance-months": 18},
}


@pytest.mark.capability("GW-05", part="the register of local policy")
async def test_three_infrastructures_run_on_one_build(empty: World) -> None:
    for code, values in THREE.items():
        for key, value in values.items():
            body = {
                "gemeentecode": code,
                "key": key,
                "value": value,
                "source": "Beleid",
                "validFrom": "2022-01-01",
            }
            await add(empty, "policies", body)
    for code, values in THREE.items():
        answer = await empty.get("teacher", f"/gateway/v1/effective-policies/{code}")
        found = {row["key"]: row["value"] for row in answer.json()["items"] if row["value"] is not None}
        assert found == values
        assert answer.json()["on"] == "2024-11-05"
    events = await published(empty)
    assert len(events) == 8
    assert {event.gemeentecode for event in events} == set(THREE)


async def published(made: World) -> list[PolicySet]:
    async with made.door.live.context.begin() as tx:
        import sqlalchemy as sa

        rows = await tx.scalars(
            sa.text("SELECT data FROM gateway.outbox WHERE type = :type ORDER BY seq"),
            {"type": PolicySet.type},
        )
    return [PolicySet.model_validate(row) for row in rows]


@pytest.mark.capability("GW-05", part="the register of local policy")
async def test_a_choice_counts_from_its_day_and_earlier_ones_stay(empty: World) -> None:
    for day, value in (("2022-01-01", 8), ("2025-01-01", 12), ("2026-01-01", None)):
        body = {"gemeentecode": LV, "key": "progress-talks", "value": value, "source": "B", "validFrom": day}
        await add(empty, "policies", body)

    async def on(day: str) -> Any:
        items = (await empty.get("teacher", f"/gateway/v1/effective-policies/{LV}?on={day}")).json()["items"]
        return next(row["value"] for row in items if row["key"] == "progress-talks")

    assert [await on(day) for day in ("2021-12-31", "2024-12-31", "2025-01-01", "2026-06-01")] == [
        None,
        8,
        12,
        None,
    ]
    history = await empty.get("teacher", f"/gateway/v1/policies?gemeentecode={LV}&key=progress-talks")
    assert [row["value"] for row in history.json()["items"]] == [8, 12, None]
    same_day = await empty.post(
        "administrator",
        "/gateway/v1/policies",
        {"gemeentecode": LV, "key": "progress-talks", "value": 9, "source": "B", "validFrom": "2025-01-01"},
    )
    assert (same_day.status_code, same_day.json()["errors"][0]["pointer"]) == (409, "/validFrom")


async def test_a_policy_officer_sets_the_policy_of_the_own_gemeente_only(empty: World) -> None:
    body = {"key": "guidance-months", "value": 12, "source": "Raad", "validFrom": "2025-01-01"}
    own = await empty.post("policy-wassenaar", "/gateway/v1/policies", {**body, "gemeentecode": WASSENAAR})
    assert own.status_code == 201, own.text
    assert own.json()["recordedBy"] == str(id_of("policy-wassenaar"))
    other = await empty.post("policy-wassenaar", "/gateway/v1/policies", {**body, "gemeentecode": LV})
    assert other.status_code == 403
    assert (
        await empty.post("teacher", "/gateway/v1/policies", {**body, "gemeentecode": LV})
    ).status_code == 403


@pytest.mark.parametrize(
    ("changes", "status", "pointer"),
    [
        ({"key": "koffie"}, 400, "/key"),
        ({"value": "veel"}, 400, "/value"),
        ({"value": 8.5}, 400, "/value"),
        ({"value": True}, 400, "/value"),
        ({"value": {"a": 1}}, 400, "/value"),
        ({"gemeentecode": "9999"}, 409, "/gemeentecode"),
        ({"validFrom": "1 januari"}, 400, "/validFrom"),
    ],
)
async def test_a_choice_that_cannot_be_is_refused(
    chain: World, changes: dict[str, Any], status: int, pointer: str
) -> None:
    body = {"gemeentecode": LV, "key": "progress-talks", "value": 8, "source": "B", "validFrom": "2022-01-01"}
    answer = await chain.post("administrator", "/gateway/v1/policies", {**body, **changes})
    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


async def test_policy_of_a_gemeente_that_takes_no_part_is_not_found(chain: World) -> None:
    assert (await chain.get("teacher", "/gateway/v1/effective-policies/9999")).status_code == 404


async def test_the_register_stays_when_the_gateway_starts_again(postgres_url: str, tmp_path: Path) -> None:
    from gateway import bootstrap
    from gateway.bootstrap import Bootstrap
    from tests.service.gateway.world import bootstrap_document

    async with world(postgres_url, tmp_path) as made:
        version = (await made.get("administrator", f"/gateway/v1/members/{id_of('teacher')}")).json()[
            "version"
        ]
        document = bootstrap_document()
        async with made.door.live.context.begin() as tx:
            await bootstrap.apply(tx, Bootstrap.model_validate(document))
        found = (await made.get("administrator", f"/gateway/v1/members/{id_of('teacher')}")).json()
        assert found["version"] == version
        document["members"] = [
            one | {"displayName": "Nieuw"} for one in document["members"] if one["name"] == "teacher"
        ]
        async with made.door.live.context.begin() as tx:
            await bootstrap.apply(tx, Bootstrap.model_validate(document))
        found = (await made.get("administrator", f"/gateway/v1/members/{id_of('teacher')}")).json()
        assert (found["displayName"], found["version"]) == ("Nieuw", version + 1)
        assert (await made.get("consulent-lv", "/gateway/v1/me")).status_code == 200


async def test_who_was_set_inactive_or_lost_a_role_stays_so_when_the_gateway_starts_again(
    postgres_url: str, tmp_path: Path
) -> None:
    from gateway import bootstrap
    from gateway.bootstrap import Bootstrap
    from tests.service.gateway.world import bootstrap_document

    async with world(postgres_url, tmp_path) as made:
        document = bootstrap_document()
        client = document["clients"][0]["id"]
        paths: dict[str, dict[str, Any]] = {
            f"/gateway/v1/members/{id_of('teacher')}": {"active": False},
            f"/gateway/v1/members/{id_of('consulent-lv')}": {"roles": ["controller"]},
            f"/gateway/v1/clients/{client}": {"active": False},
        }
        for path, change in paths.items():
            changed = await made.patch("administrator", path, change, 1)
            assert changed.status_code == 200, changed.text
        before = {path: (await made.get("administrator", path)).json() for path in paths}
        async with made.door.live.context.begin() as tx:
            await bootstrap.apply(tx, Bootstrap.model_validate(document))
        for path, change in paths.items():
            after = (await made.get("administrator", path)).json()
            assert after == before[path]
            assert change.items() <= after.items()


async def test_the_tables_are_what_the_models_say(postgres_url: str) -> None:
    async with fresh_database(SERVICE, postgres_url) as databases:
        assert await differences(SERVICE, databases.owner_url) == []


async def test_what_the_page_for_operators_registers_is_taken(empty: World) -> None:
    """The forms of docs/deployment.md, as they stand there but for the ids."""
    page = (REPOSITORY / "docs" / "deployment.md").read_text()
    told = re.findall(r"^register (\w+) '(.*?)'$", page, re.MULTILINE | re.DOTALL)
    assert [collection for collection, _ in told] == ["organisations", "members", "mandates"]
    for collection, text in told:
        body = json.loads(text.replace("ID OF LEIDEN", str(id_of("gemeente-leiden"))))
        if collection == "organisations":  # Leiden is there already
            body |= {"slug": "zoetermeer", "gemeentecode": "0637"}
        made = await add(empty, collection, body)
        if collection == "members":
            path = f"/gateway/v1/members/{made['id']}"
            headers = await empty.as_("administrator", **{"If-Match": f'"{made["version"]}"'})
            left = await empty.client.patch(path, json={"active": False}, headers=headers)
            assert left.json()["active"] is False
