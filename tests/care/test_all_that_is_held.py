# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Somebody asks for everything that is held on them: each service gives its part, complete, to who may have it."""

import asyncio
import json
import time
from typing import Any
from uuid import uuid4

import asyncpg

from embedded.app import SERVICES
from tests.care.chain import CONSULENT, LEIDEN, QUALITY, TEACHER, Chain, caller
from tests.care.filling import School, a_life
from tests.care.sight import SCHEMA, as_superuser, traces


async def exported(chain: Chain, name: str, person: str) -> dict[str, dict[str, Any]]:
    found = {}
    for service in SERVICES:
        answer = await chain.ask(name, "POST", f"/{service.name}/v1/inburgeraars/{person}/exports")
        assert answer.status_code == 200, answer.text
        found[service.name] = answer.json()
    return found


def tables(part: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {one["table"]: one["rows"] for one in part["parts"]}


async def test_each_service_gives_all_that_it_holds(chain: Chain, school: School, postgres_url: str) -> None:
    person = await a_life(chain, school)
    await chain.settle()
    held = await exported(chain, QUALITY, person["id"])

    intake = tables(held["intake"])
    assert intake["person_name"][0]["familyName"] == "Zoekwoord"
    assert intake["person_identity"][0]["bsn"] == person["bsn"]
    assert intake["person_identity"][0]["vNumber"] == person["vNumber"]
    assert "bsnCiphertext" not in intake["person_identity"][0]
    assert json.loads(intake["person_version"][0]["changes"])["family_name"] == [None, "Zoekwoord"]
    learning = tables(held["learning-routes"])
    assert len(learning["attendance"]) == len(learning["attendance_version"]) == len(school.lessons)
    assert [one["kind"] for one in learning["signal"]] == ["unexcused-absences"]
    assert tables(held["notifications"])["deadline"]

    # Complete: of each declared table as many rows as the database has, past every service.
    for service in SERVICES:
        assert service.care is not None
        for holding in service.care.holdings:
            condition = holding.rows.replace("CAST(:persons AS uuid[])", "CAST($1 AS uuid[])")
            number = await counted(chain, service.name, holding.table, condition, person["id"], postgres_url)
            assert len(tables(held[service.name]).get(holding.table, [])) == number, holding.table


async def test_the_rows_of_a_file_are_held_too_and_go_with_the_person(
    chain: Chain, school: School, postgres_url: str
) -> None:
    person = await a_life(chain, school)
    line = f"{person['id']},{school.days[0]},morning,sick"
    sent = await chain.clients["learning-routes"].post(
        "/learning-routes/v1/attendance-batches",
        content=f"inburgeraarId,lessonDate,dayPart,status\n{line}\n".encode(),
        headers={**caller(TEACHER), "Content-Type": "text/csv"},
    )
    assert sent.status_code == 202, sent.text
    await chain.settle()
    (row,) = tables((await exported(chain, QUALITY, person["id"]))["learning-routes"])["background_job_row"]
    assert "sick" in row["data"]
    end = {"endedOn": chain.clock.today().isoformat(), "manner": "died"}
    answer = await chain.ask(CONSULENT, "PUT", f"/intake/v1/inburgeraars/{person['id']}/duty-end", end)
    assert answer.status_code == 200, answer.text
    await chain.settle()
    assert "learning_routes.background_job_row" not in await traces(
        chain.databases, postgres_url, person["id"]
    )


async def counted(
    chain: Chain, service: str, table: str, condition: str, person: str, postgres_url: str
) -> int:
    connection = await asyncpg.connect(
        as_superuser(chain.databases[service], postgres_url),
        server_settings={"search_path": SCHEMA[service]},
    )
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table} WHERE {condition}", [person]))
    finally:
        await connection.close()


async def test_who_looked_is_in_it_and_so_is_this_export(chain: Chain, school: School) -> None:
    person = await a_life(chain, school)
    await chain.ask(CONSULENT, "GET", f"/intake/v1/inburgeraars/{person['id']}")
    await exported(chain, QUALITY, person["id"])
    looks = tables((await exported(chain, QUALITY, person["id"]))["intake"])["access_log"]
    assert {"getInburgeraar", "registerInburgeraar", "exportInburgeraar"} <= {
        one["operation"] for one in looks
    }
    exports = [one for one in looks if one["operation"] == "exportInburgeraar"]
    assert {one["activity"] for one in exports} == {"inzage-verlenen"}


async def test_only_who_may_ask_gets_it(chain: Chain, school: School) -> None:
    person = await a_life(chain, school)
    for service in SERVICES:
        path = f"/{service.name}/v1/inburgeraars/{person['id']}/exports"
        assert (await chain.ask(LEIDEN, "POST", path)).status_code == 404
        assert (await chain.ask(TEACHER, "POST", path)).json()["code"] == "role-missing"
        nobody = f"/{service.name}/v1/inburgeraars/{uuid4()}/exports"
        assert (await chain.ask(QUALITY, "POST", nobody)).status_code == 404


async def test_a_correction_travels_to_all_who_hold_the_fact(chain: Chain, school: School) -> None:
    person = await a_life(chain, school)
    now = (await chain.ask(CONSULENT, "GET", f"/intake/v1/inburgeraars/{person['id']}")).json()
    answer = await chain.ask(
        CONSULENT,
        "PATCH",
        f"/intake/v1/inburgeraars/{person['id']}",
        {"group": "gezinsmigrant", "permitType": "regulier"},
        **{"If-Match": f'"{now["version"]}"', "Content-Type": "application/merge-patch+json"},
    )
    assert answer.status_code == 200, answer.text
    give_up = time.monotonic() + 60
    group = None
    while group != "gezinsmigrant":
        assert time.monotonic() < give_up, "the correction did not arrive"
        await asyncio.sleep(0.05)
        held = tables((await exported(chain, QUALITY, person["id"]))["learning-routes"])
        group = held["inburgeraar"][0]["group"]
