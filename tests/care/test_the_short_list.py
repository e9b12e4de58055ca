# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is left of somebody after the dossier went never grows again, and is what the law names."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from chassis.testing import event_message
from contracts.learning_routes import PlacementMade
from services.intake import jobs
from tests.care.chain import CONSULENT, QUALITY, SCHOOL, Chain
from tests.care.filling import School, a_life, register
from tests.care.sight import rows, traces
from tests.service.intake.people import a_bsn

PERSON = "/intake/v1/inburgeraars/{id}"
LEFT = {"intake.inburgeraar", "intake.person_name", "intake.person_identity", "intake.person_scope", "intake.duty_end",
        "intake.blind_index"}  # fmt: skip
PIP = {
    "signedOn": "2024-09-20",
    "leerroute": "b1",
    "level": "b1",
    "pvtHours": 12,
    "mapHours": 40,
    "participation": "vrijwilligerswerk",
    "talksPlanned": 8,
    "goals": ["werk in de zorg"],
}


def later(day: date, years: int) -> str:
    return f"{day.replace(year=day.year + years, day=min(day.day, 28)) + timedelta(days=5)}T12:00:00+01:00"


async def left_of(chain: Chain, postgres_url: str, person: dict[str, Any]) -> set[str]:
    found = await traces(chain.databases, postgres_url, person["id"])
    return {table for table in found if not table.endswith(("access_log", "access_chain", "outbox"))}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reduced(chain: Chain, school: School) -> dict[str, Any]:
    """Somebody of whom only the short list is left."""
    person = await a_life(chain, school)
    body = {"endedOn": chain.clock.today().isoformat(), "manner": "met"}
    answer = await chain.ask(CONSULENT, "PUT", f"{PERSON.format(**person)}/duty-end", body)
    assert answer.status_code == 200, answer.text
    await chain.move_clock(later(chain.clock.today(), 5))
    return person


async def test_the_short_list_is_what_the_law_names(
    chain: Chain, reduced: dict[str, Any], postgres_url: str
) -> None:
    assert await left_of(chain, postgres_url, reduced) == LEFT
    query = "SELECT rights, duties, duo_notice_on, brp_on FROM intake.inburgeraar WHERE id = $1"
    (row,) = await rows(chain.databases["intake"], postgres_url, query, reduced["id"])
    assert tuple(row) == ([], [], None, None)
    read = (await chain.ask(CONSULENT, "GET", PERSON.format(**reduced))).json()
    assert (read["bsn"], read["rights"], read["duties"]) == (reduced["bsn"], [], [])


@pytest.mark.parametrize(
    ("who", "method", "path", "body"),
    [
        (CONSULENT, "PATCH", "", {"email": "nieuw@voorbeeld.example"}),
        (CONSULENT, "POST", "/pips", PIP),
        (CONSULENT, "POST", "/moves", {"gemeentecode": "0546", "registeredOn": "2024-11-01"}),
        (CONSULENT, "POST", "/provisions", {"code": "pvt"}),
        (
            CONSULENT,
            "POST",
            "/third-party-information",
            {"source": "arts", "requestedOn": "2024-08-20", "receivedOn": "2024-09-01"},
        ),
        (QUALITY, "POST", "/retention-holds", {"reason": "appeal", "since": "2024-11-04"}),
        (QUALITY, "POST", f"/retention-holds/{UUID(int=1)}/endings", {"endedOn": "2024-11-04"}),
        (QUALITY, "PUT", "/lead", {"memberId": str(uuid4())}),
        (QUALITY, "PUT", "/second-contact", {"memberId": str(uuid4())}),
        (CONSULENT, "PUT", "/duty-end", {"endedOn": "2024-11-04", "manner": "left"}),
        (CONSULENT, "DELETE", "/duty-end", None),
    ],
)
async def test_nothing_is_added_to_the_short_list(
    chain: Chain,
    reduced: dict[str, Any],
    who: str,
    method: str,
    path: str,
    body: dict[str, Any] | None,
) -> None:
    read = await chain.ask(CONSULENT, "GET", PERSON.format(**reduced))
    answer = await chain.ask(
        who, method, f"{PERSON.format(**reduced)}{path}", body, **{"If-Match": read.headers["etag"]}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "only-short-list"), answer.text
    assert answer.json()["rule"] == "Besluit inburgering 2021 art. 9.9"


async def test_a_caseload_that_is_handed_over_leaves_them_out(chain: Chain, reduced: dict[str, Any]) -> None:
    body = {"inburgeraarIds": [reduced["id"]], "toMemberId": str(uuid4())}
    answer = await chain.post(QUALITY, "/intake/v1/inburgeraars/_reassign", body)
    assert answer["inburgeraarIds"] == []


async def test_a_late_event_adds_nothing_either(
    chain: Chain, reduced: dict[str, Any], postgres_url: str
) -> None:
    made = PlacementMade(
        inburgeraar_id=UUID(reduced["id"]), placement_id=uuid4(), provider_id=uuid4(), organisation_id=SCHOOL,
        leerroute="b1", referred_on=date(2024, 9, 25), start_due_on=date(2024, 11, 1),
    )  # fmt: skip
    late = event_message(
        made,
        id=uuid4(),
        gemeentecode="1916",
        aggregate_id=made.placement_id,
        version=1,
        now=chain.clock.now(),
    )
    assert await chain.bus.send([late]) == [None]
    await chain.settle()
    assert await left_of(chain, postgres_url, reduced) == LEFT


async def test_who_returns_is_registered_anew_by_v_number(chain: Chain, reduced: dict[str, Any]) -> None:
    taken = {"bsn": reduced["bsn"], "vNumber": reduced["vNumber"], "givenNames": "Amal", "familyName": "Terug",
             "birthDate": f"{chain.clock.today().year - 30}-01-01", "gender": "female", "group": "statushouder", "permitType": "asiel",
             "gemeentecode": "1916", "obligedOn": chain.clock.today().isoformat()}  # fmt: skip
    refused = await chain.ask(CONSULENT, "POST", "/intake/v1/inburgeraars", taken)
    assert (refused.status_code, refused.json().get("inburgeraarId")) == (409, reduced["id"]), refused.text
    made = await chain.post(CONSULENT, "/intake/v1/inburgeraars", {**taken, "bsn": None})
    assert made["id"] != reduced["id"]


async def test_a_term_that_was_shortened_holds_for_who_ended_before(
    chain: Chain, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_RECKONED_AT_ONCE", 1)  # every person is a batch
    people = [await register(chain, bsn=a_bsn(), vNumber=None) for _ in range(3)]
    ended = chain.clock.today()
    days = []
    for person in people:
        body = {"endedOn": ended.isoformat(), "manner": "met"}
        told = await chain.ask(CONSULENT, "PUT", f"{PERSON.format(**person)}/duty-end", body)
        assert told.status_code == 200, told.text
        days.append(told.json()["nextOn"])
        longer = "UPDATE intake.duty_end SET next_on = next_on + 3650 WHERE inburgeraar_id = $1"
        await rows(chain.databases["intake"], postgres_url, longer, person["id"])
    await chain.settle()
    for person, day in zip(people, days, strict=True):
        read = await chain.ask(CONSULENT, "GET", f"{PERSON.format(**person)}/duty-end")
        assert read.json()["nextOn"] == day


async def test_at_death_the_short_list_goes_too(
    chain: Chain, reduced: dict[str, Any], postgres_url: str
) -> None:
    body = {"endedOn": chain.clock.today().isoformat(), "manner": "died"}
    answer = await chain.ask(CONSULENT, "PUT", f"{PERSON.format(**reduced)}/duty-end", body)
    assert answer.status_code == 200, answer.text
    assert await left_of(chain, postgres_url, reduced) == LEFT, (
        "neither the death nor any write before it added something"
    )
    await chain.settle()
    assert await left_of(chain, postgres_url, reduced) == set()
