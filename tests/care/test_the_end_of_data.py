# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Data goes when its term is over, in every service and in everything that carries it; never before."""

from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from chassis.care.destruction import digest_of
from chassis.testing import event_message
from contracts.intake import LeadAssigned
from demo.chain import organisation_id
from embedded.app import SERVICES
from tests.care.chain import ADMINISTRATOR, CONSULENT, OPERATIONS, QUALITY, Chain
from tests.care.filling import School, a_life, register
from tests.care.sight import SCHEMA, rows, traces

PERSON = "/intake/v1/inburgeraars/{id}"
OWN_TERM = {"intake.access_log", "intake.access_chain", "learning_routes.access_log", "learning_routes.access_chain",
            "notifications.access_log", "notifications.access_chain"}  # fmt: skip


async def ended(chain: Chain, person: dict[str, Any], on: str, manner: str) -> dict[str, Any]:
    answer = await chain.ask(
        CONSULENT, "PUT", f"{PERSON.format(**person)}/duty-end", {"endedOn": on, "manner": manner}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def due(chain: Chain, name: str, until: str) -> dict[str, dict[str, Any]]:
    answer = await chain.ask(name, "GET", f"/intake/v1/destructions-due?until={until}&pageSize=200")
    assert answer.status_code == 200, answer.text
    return {one["inburgeraarId"]: one for one in answer.json()["items"]}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lives(chain: Chain, school: School) -> dict[str, dict[str, Any]]:
    """Four people: one met the duty, one died, one has an appeal, one is still obliged."""
    names = ("met", "died", "appeal", "obliged")
    return {name: await a_life(chain, school, familyName=f"Zoekwoord{name}") for name in names}


@pytest.mark.timeout(600)
async def test_the_life_of_data(chain: Chain, lives: dict[str, Any], postgres_url: str) -> None:
    """One walk of fifty-three years, since each step needs the one before it."""
    met, died, appeal, obliged = (lives[name] for name in ("met", "died", "appeal", "obliged"))
    words = {name: [one["id"], f"Zoekwoord{name}", f"zoekwoord{name}"] for name, one in lives.items()}

    # The end of a duty stops its clocks and says what will happen, before it does.
    end = await ended(chain, met, "2024-11-01", "met")
    assert end["nextOn"] == "2029-11-02"
    await ended(chain, appeal, "2024-11-01", "exempt")
    held = await chain.ask(CONSULENT, "POST", f"{PERSON.format(**appeal)}/retention-holds", {"reason": "appeal", "since": "2024-11-04"}
    )  # fmt: skip
    assert held.status_code == 201, held.text
    for name in (QUALITY, ADMINISTRATOR):
        listed = await due(chain, name, "2029-12-31")
        assert {key: (one["stage"], one["dueOn"], one["heldBy"]) for key, one in listed.items()} == {
            met["id"]: ("reduced", "2029-11-02", []),
            appeal["id"]: ("reduced", "2029-11-02", ["appeal"]),
        }
        assert "Zoekwoord" not in str(listed)
    assert await due(chain, QUALITY, "2029-11-01") == {}

    # Death: at once, everything, everywhere; the looks stay for their own term.
    await ended(chain, died, "2024-11-05", "died")
    await chain.move_clock("2024-11-05T22:00:00+01:00")
    left = await traces(chain.databases, postgres_url, *words["died"])
    assert set(left) - OWN_TERM - {"intake.outbox"} == set(), left
    assert left["intake.outbox"] == 1, "the event that tells the others"
    assert (await chain.ask(CONSULENT, "GET", PERSON.format(**died))).status_code == 404

    # A late event does not bring anybody back.
    late = event_message(
        LeadAssigned(inburgeraar_id=UUID(died["id"]), member_id=organisation_id("duo")),
        id=UUID(int=77), gemeentecode="1916", aggregate_id=UUID(died["id"]), version=99, now=chain.clock.now(),
    )  # fmt: skip
    errors = await chain.bus.send([late])
    assert errors == [None]
    await chain.move_clock("2024-11-05T23:00:00+01:00")
    people = "SELECT count(*) FROM notifications.person WHERE inburgeraar_id = $1"
    assert (await rows(chain.databases["notifications"], postgres_url, people, died["id"]))[0][0] == 0

    # The last day of five years: all is there. The day after: the short list with intake, no more.
    await chain.move_clock("2029-11-01T12:00:00+01:00")
    before = await traces(chain.databases, postgres_url, *words["met"])
    assert {"intake.pip", "learning_routes.attendance", "notifications.deadline"} <= set(before)
    await chain.move_clock("2029-11-02T12:00:00+01:00")
    left = await traces(chain.databases, postgres_url, *words["met"])
    assert set(left) - OWN_TERM - {"intake.outbox"} == {
        "intake.inburgeraar", "intake.person_name", "intake.person_identity", "intake.person_scope", "intake.duty_end", "intake.blind_index",
    }  # fmt: skip
    (identity,) = await rows(
        chain.databases["intake"], postgres_url, "SELECT * FROM intake.person_identity WHERE inburgeraar_id = $1", met["id"]
    )  # fmt: skip
    assert (identity["street"], identity["email"], identity["v_number_ciphertext"]) == (
        "Zoekstraat",
        None,
        None,
    )
    assert identity["bsn_ciphertext"] is not None
    read = (await chain.ask(CONSULENT, "GET", PERSON.format(**met))).json()
    assert (read["familyName"], read["bsn"]) == ("Zoekwoordmet", met["bsn"])

    # What is held is not touched until the reason ended; who is obliged is never touched.
    assert "intake.pip" in await traces(chain.databases, postgres_url, *words["appeal"])
    hold = held.json()
    path = f"{PERSON.format(**appeal)}/retention-holds/{hold['id']}/endings"
    assert (await chain.ask(QUALITY, "POST", path, {"endedOn": "2029-11-02"})).status_code == 200
    assert (await chain.ask(QUALITY, "POST", path, {"endedOn": "2029-11-02"})).json()["code"] == "hold-ended"
    await chain.move_clock("2029-11-03T12:00:00+01:00")
    assert "intake.pip" not in await traces(chain.databases, postgres_url, *words["appeal"])
    assert "intake.pip" in await traces(chain.databases, postgres_url, *words["obliged"])

    # The looks at who died in 2024 went two years later; their chains are whole to the end.
    assert not OWN_TERM & set(await traces(chain.databases, postgres_url, died["id"]))
    for service in SERVICES:
        broken = f"SELECT count(*) FROM {SCHEMA[service.name]}.broken_access_chains()"
        assert (await rows(chain.databases[service.name], postgres_url, broken))[0][0] == 0

    # Fifty years: nothing.
    for year in (2045, 2060, 2074):
        await chain.move_clock(f"{year}-11-02T12:00:00+01:00")
    left = await traces(chain.databases, postgres_url, *words["met"])
    assert set(left) - OWN_TERM - {"intake.outbox"} == set(), left
    assert "intake.pip" in await traces(chain.databases, postgres_url, *words["obliged"])

    # The record says what, by which rule and when, and nobody's name or id.
    for service in SERVICES:
        answer = await chain.ask(
            OPERATIONS, "GET", f"/{service.name}/v1/operations/destructions?pageSize=200"
        )
        record = answer.json()["items"]
        assert {(one["stage"], one["rule"]) for one in record} == {
            ("reduced", "dossier-five-years"),
            ("destroyed", "at-death"),
            ("destroyed", "short-list-fifty-years"),
        }
        assert met["id"] not in answer.text
        digests = await rows(
            chain.databases[service.name], postgres_url, f"SELECT person_digest FROM {SCHEMA[service.name]}.destruction"
        )  # fmt: skip
        assert digest_of(UUID(died["id"])) in {row[0] for row in digests}
    assert obliged["id"]


async def test_a_mistaken_end_is_taken_back_and_the_clocks_run_again(chain: Chain, school: School) -> None:
    person = await a_life(chain, school)
    path = f"{PERSON.format(**person)}/duty-end"
    today = chain.clock.today().isoformat()
    assert (await chain.ask(CONSULENT, "GET", path)).status_code == 404
    await ended(chain, person, today, "met")
    assert (await chain.ask(CONSULENT, "GET", path)).json()["manner"] == "met"
    assert (await chain.ask(CONSULENT, "DELETE", path)).status_code == 204
    assert (await chain.ask(CONSULENT, "DELETE", path)).status_code == 404
    read = (await chain.ask(CONSULENT, "GET", PERSON.format(**person))).json()
    assert read["terms"] if "terms" in read else read["term"]


async def test_who_was_reckoned_under_a_shorter_term_is_reckoned_anew_and_nobody_waits_behind_them(
    chain: Chain, school: School, postgres_url: str
) -> None:
    person = await a_life(chain, school)
    today = chain.clock.today()
    end = await ended(chain, person, today.isoformat(), "met")
    shorter = "UPDATE intake.duty_end SET next_on = $2 WHERE inburgeraar_id = $1"
    await rows(chain.databases["intake"], postgres_url, shorter, person["id"], today)
    await chain.settle()
    told = await chain.ask(CONSULENT, "GET", f"{PERSON.format(**person)}/duty-end")
    assert told.json()["nextOn"] == end["nextOn"] > today.isoformat()
    assert "intake.pip" in await traces(chain.databases, postgres_url, person["id"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"endedOn": "2199-01-01", "manner": "met"}, "refused-by-law"),
        ({"endedOn": "2020-01-01", "manner": "met"}, "refused-by-law"),
        ({"endedOn": "2024-11-05", "manner": "forgotten"}, "invalid-input"),
        ({"manner": "met"}, "invalid-input"),
    ],
)
async def test_an_end_that_cannot_be_is_refused(chain: Chain, body: dict[str, str], code: str) -> None:
    person = await register(chain)
    answer = await chain.ask(CONSULENT, "PUT", f"{PERSON.format(**person)}/duty-end", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
