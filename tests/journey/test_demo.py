# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The journeys of the README, on the demo as a stranger starts it. In order: the later ones move the clock."""

import asyncio
import json
import re
import signal
import subprocess
import time
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from demo.caseload import make_caseload
from demo.parties import OEGSTGEEST, WASSENAAR
from embedded.folder import DataFolder
from embedded.postgres import EmbeddedPostgres
from tests.journey.platform import COMMAND, READY, Platform, numbers_in

pytestmark = pytest.mark.timeout(1200)  # a machine may be busy with more than this

CASES = {case.person.key: case for case in make_caseload()}
GROUP = "Voorburg A2 ochtend"
LEARNER = next(case for case in CASES.values() if case.placement and case.placement.group == "en-lv-a")
NEIGHBOUR = next(key for key, case in CASES.items() if case.first and case.gemeentecode == WASSENAAR)
LEIDENS = next(key for key, case in CASES.items() if case.first and case.gemeentecode == OEGSTGEEST)
TEACHER, CONSULENT = "teacher-echt-nederlands", "consulent-lv"
VWN, HOUSING = "vwn-team-leader", "/housing/v1"


def lessons_of_the_group(demo: Platform, first: str, last: str) -> list[dict[str, Any]]:
    group = next(one for one in demo.items(TEACHER, "/learning-routes/v1/groups") if one["name"] == GROUP)
    path = f"/learning-routes/v1/lessons?groupId={group['id']}&from={first}&until={last}"
    return sorted(demo.items(TEACHER, path), key=lambda lesson: lesson["date"])


def on_the_roll_call(demo: Platform, lesson_id: str, case: Any) -> str:
    """The id of somebody on a roll call, by the school's own number of that learner."""
    entries = demo.get(TEACHER, f"/learning-routes/v1/lessons/{lesson_id}/roll-call")["entries"]
    return next(
        str(one["inburgeraarId"]) for one in entries if one["providerReference"] == case.placement.reference
    )


def somebody_of(demo: Platform, name: str, key: str) -> str:
    """The id of a person of the demo, found by family name and birth date as a colleague would."""
    person = CASES[key].person
    body = {"familyName": person.family_name, "birthDate": person.birth_date.isoformat()}
    (found,) = demo.make(name, "/intake/v1/inburgeraars/_search", body)["items"]
    return str(found["id"])


def test_the_clock_stands_on_a_tuesday_in_november(demo: Platform) -> None:
    now = httpx.get(f"{demo.url}/demo/v1/clock").json()["now"]

    assert now.startswith("2024-11-05T09:")
    assert httpx.get(f"{demo.url}/portal/", follow_redirects=True).status_code == 200


@pytest.mark.capability("LR-11", "LR-12", "NO-02", "IN-15")
def test_two_unexcused_lessons_reach_the_lead_consulent_who_handles_the_signal(demo: Platform) -> None:
    yesterday, today = lessons_of_the_group(demo, "2024-11-04", "2024-11-05")
    learner = on_the_roll_call(demo, today["id"], LEARNER)
    assert demo.signals(CONSULENT, learner, "unexcused-absences", wait=0) == []

    demo.roll_call(TEACHER, yesterday["id"], learner, "unexcused")
    assert demo.signals(CONSULENT, learner, "unexcused-absences", wait=1.5) == [], "one is too few"
    demo.roll_call(TEACHER, today["id"], learner, "unexcused")

    (raised,) = demo.signals(CONSULENT, learner, "unexcused-absences")
    assert (raised["status"], raised["inburgeraarId"], raised["gemeentecode"]) == ("open", learner, "1916")
    assert raised["raisedAt"].startswith("2024-11-05")
    assert raised["facts"]["limit"] == 2
    assert [one["date"] for one in raised["facts"]["lessons"]] == ["2024-11-04", "2024-11-05"]
    assert {one["lessonId"] for one in raised["facts"]["lessons"]} == {yesterday["id"], today["id"]}
    assert raised["rule"]

    path = f"/notifications/v1/signals/{raised['id']}"
    demo.make(CONSULENT, f"{path}/handlings", {"outcome": "talked", "note": "Gebeld, komt donderdag weer."})
    assert demo.get(CONSULENT, path)["status"] == "handled"
    again = demo.ask(CONSULENT, "POST", f"{path}/handlings", {"outcome": "no-action"})
    assert again.status_code == 409, again.text

    demo.roll_call(TEACHER, today["id"], learner, "unexcused")  # the same word once more
    assert len(demo.signals(CONSULENT, learner, "unexcused-absences")) == 1


@pytest.mark.capability("GW-02", "GW-03")
def test_wassenaar_is_refused_its_own_inhabitant_and_told_which_agreement_is_missing(demo: Platform) -> None:
    person = somebody_of(demo, "consulent-lv-2", NEIGHBOUR)

    answer = demo.ask("policy-wassenaar", "GET", f"/intake/v1/inburgeraars/{person}")

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (403, "agreement-missing")
    wanted = (
        "gegevensovereenkomst op persoonsniveau tussen Gemeente Leidschendam-Voorburg en Gemeente Wassenaar"
    )
    assert problem["missing"] == wanted
    assert wanted in problem["detail"]
    assert demo.ask("policy-oegstgeest", "GET", f"/intake/v1/inburgeraars/{person}").status_code == 404


@pytest.mark.capability("GW-03")
def test_oegstgeest_sees_its_own_inhabitant_under_its_agreement_with_leiden(demo: Platform) -> None:
    person = somebody_of(demo, "consulent-leiden", LEIDENS)

    seen = demo.get("policy-oegstgeest", f"/intake/v1/inburgeraars/{person}")

    assert seen["familyName"] == CASES[LEIDENS].person.family_name
    assert (seen["responsibleGemeentecode"], seen["executingGemeentecode"]) == ("0579", "0546")
    assert demo.ask("policy-wassenaar", "GET", f"/intake/v1/inburgeraars/{person}").status_code == 404


def test_a_taalschool_finds_nothing_of_another_taalschool(demo: Platform) -> None:
    (_, today) = lessons_of_the_group(demo, "2024-11-04", "2024-11-05")

    answer = demo.ask("teacher-foxtaal", "GET", f"/learning-routes/v1/lessons/{today['id']}/roll-call")

    assert answer.status_code == 404, answer.text


def test_the_consulent_has_a_caseload_and_a_work_list_like_any_tuesday(demo: Platform) -> None:
    open_ones = demo.items(CONSULENT, "/notifications/v1/signals?status=open&mine=true")
    handled = demo.items(CONSULENT, "/notifications/v1/signals?status=handled&mine=true")
    kinds = {one["kind"] for one in open_ones}

    assert {"unexcused-absences", "deadline-early"} <= kinds
    assert 3 <= len(open_ones) <= 60
    assert handled, "the list was worked on before today"


@pytest.mark.capability("HO-02", part="four arrears sum to 280: 176, 40, 34 and 30")
@pytest.mark.capability("HO-24", part="the Province sees figures and no person")
def test_the_province_sees_who_is_behind_and_who_rises_on_the_ladder(demo: Platform) -> None:
    rows = {row["gemeentecode"]: row for row in demo.items("province", "/housing/v1/supervision")}

    assert [rows[code]["balance"] for code in ("1916", "0626", "0629", "0579")] == [176, 40, 34, 30]
    now_and_next = {code: (row["step"], row["nextStep"]) for code, row in rows.items()}
    assert now_and_next["1916"] == ("2b", "3")
    assert (now_and_next["0579"][0], now_and_next["0629"]) == ("4", ("0", "2a"))
    assert demo.ask("province", "GET", "/housing/v1/households").status_code == 403


@pytest.mark.capability(
    "HO-05", "HO-09", "HO-21", part="from a refusal by a rule to the house and the account"
)
def test_a_match_is_refused_by_a_rule_and_another_leads_to_a_house(demo: Platform) -> None:
    single, person = a_single_of_voorschoten(demo)
    free = demo.items(VWN, f"{HOUSING}/dwellings?gemeentecode=0626&status=offered")
    family = next(one for one in free if one["kind"] == "family" and one["reference"].startswith("RW-"))
    studio = next(one for one in free if one["kind"] == "studio")
    waiting = len(demo.items(VWN, f"{HOUSING}/households?gemeentecode=0626&status=waiting"))

    def match_with(home: dict[str, Any]) -> dict[str, str]:
        return {
            "householdId": single,
            "dwellingId": home["id"],
            "reason": "Wacht het langst van alleenstaanden.",
        }

    refused = demo.ask(
        VWN, "POST", f"{HOUSING}/matches", match_with(family), **{"Idempotency-Key": str(uuid4())}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "match-breaks-rule"), refused.text
    (broken,) = refused.json()["errors"]
    assert broken["code"] == "no-singles-in-family-dwelling"
    assert "Toewijzingsbeleid Rijnhart Wonen" in broken["detail"]

    match = demo.make(VWN, f"{HOUSING}/matches", match_with(studio), str(uuid4()))
    path = f"{HOUSING}/matches/{match['id']}"
    decision = {"outcome": "approved", "reason": "Een studio past bij een alleenstaande."}
    assert demo.ask(VWN, "POST", f"{path}/decisions", decision).status_code == 403, (
        "who proposes does not decide"
    )
    approved = demo.make("policy-voorschoten", f"{path}/decisions", decision)
    assert approved["moveDueOn"] == "2024-11-19"
    for step in ("accepted", "key-handed-over", "housed"):
        demo.make(VWN, f"{path}/steps", {"step": step, "on": "2024-11-05"})

    assert demo.get("policy-voorschoten", f"{HOUSING}/balances/0626")["balance"] == 39
    assert len(demo.items(VWN, f"{HOUSING}/households?gemeentecode=0626&status=waiting")) == waiting - 1
    assert demo.get(VWN, f"{HOUSING}/households/{single}")["housedOn"] == "2024-11-05"
    tasks = demo.items("policy-voorschoten", f"{path}/checklist")
    assert {one["party"] for one in tasks} == {"vluchtelingenwerk", "gemeente", "corporation"}
    clocks = {one["rule"]: one for one in until_met(demo, person)}
    assert clocks["house-ten-weeks"]["metOn"] == clocks["move-two-weeks"]["metOn"] == "2024-11-05"
    told = [event for event in asyncio.run(published(demo)) if person in event]
    for name in ("key-handed-over", "person-housed"):
        assert any(name in event for event in told), f"the chain hears of {name}"


def a_single_of_voorschoten(demo: Platform) -> tuple[str, str]:
    """A household of one that waits, and the person, whom the gemeente registers and knows from now on."""
    body = {
        "givenNames": "Samuel",
        "familyName": "Ghebreab",
        "birthDate": "1995-04-12",
        "gender": "male",
        "group": "statushouder",
        "permitType": "asiel",
        "gemeentecode": "0626",
        "obligedOn": "2024-10-01",
    }
    person = str(demo.make("consulent-lv-3", "/intake/v1/inburgeraars", body)["id"])
    households = demo.items(VWN, f"{HOUSING}/households?gemeentecode=0626&status=waiting")
    singles = [one for one in households if one["persons"] == 1 and not one["reunions"]]
    single = min(singles, key=lambda one: str(one["linkedOn"]))
    path = f"{HOUSING}/households/{single['id']}"
    version = demo.ask("policy-voorschoten", "GET", path).headers["ETag"]
    member = f"{path}/members/{single['members'][0]['id']}"
    give_up = time.monotonic() + 60
    while True:
        answer = demo.ask(
            "policy-voorschoten", "PATCH", member, {"inburgeraarId": person}, **{"If-Match": version}
        )
        if answer.status_code == 200:
            return str(single["id"]), person
        assert answer.json()["code"] == "reference-not-yet-known", answer.text
        assert time.monotonic() < give_up, answer.text
        time.sleep(0.2)


def until_met(demo: Platform, person: str) -> list[dict[str, Any]]:
    """The housing clocks of a person, once the word that both were met has arrived."""
    path = f"/notifications/v1/deadlines?inburgeraarId={person}"
    give_up = time.monotonic() + 60
    while True:
        found = [one for one in demo.items("consulent-lv-3", path) if one["ownerService"] == "housing"]
        if len(found) == 2 and all(one["metOn"] for one in found):
            return found
        assert time.monotonic() < give_up, found
        time.sleep(0.2)


@pytest.mark.parametrize("name", ["consulent-lv", "system-echt-nederlands"])
def test_a_token_comes_alone_and_is_one(demo: Platform, name: str) -> None:
    printed = demo.command("demo", "token", name)

    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", printed)


def test_a_client_of_the_list_gets_a_token_with_its_own_secret(demo: Platform) -> None:
    rows = {row["name"]: row for row in json.loads(demo.command("demo", "identities", "--json"))}
    client = rows["system-echt-nederlands"]

    answer = httpx.post(
        f"{demo.url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(client["clientId"], client["clientSecret"]),
    )

    assert answer.status_code == 200, answer.text
    seen = httpx.get(
        f"{demo.url}/learning-routes/v1/groups",
        headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
    )
    assert seen.status_code == 200
    assert seen.json()["items"]


def test_no_event_was_put_aside(demo: Platform) -> None:
    assert demo.command("dead-letters", "list").strip() == "No event waits."
    assert demo.command("dead-letters", "replay") == ""


@pytest.mark.capability("NO-01", "IN-08", part="the clock of the PIP: early, due and overdue, each once")
def test_a_clock_of_ten_weeks_fires_early_due_and_overdue_as_the_demo_goes_on(demo: Platform) -> None:
    registered = demo.make(
        "consulent-lv",
        "/intake/v1/inburgeraars",
        {
            "givenNames": "Dunya",
            "familyName": "Barzani",
            "birthDate": "1991-02-03",
            "gender": "female",
            "group": "gezinsmigrant",
            "permitType": "regulier",
            "gemeentecode": "1916",
            "obligedOn": "2024-10-28",
            "duoNoticeOn": "2024-11-05",
            "brpOn": "2024-10-01",
        },
    )
    person = registered["id"]
    path = f"/notifications/v1/deadlines?inburgeraarId={person}"
    (clock,) = demo.arrived(CONSULENT, path)
    assert (clock["startsOn"], clock["dueOn"], clock["status"]) == ("2024-11-05", "2025-01-14", "running")

    def fired() -> list[str]:
        found = demo.items(CONSULENT, f"/notifications/v1/signals?inburgeraarId={person}")
        return sorted(one["kind"] for one in found)

    assert fired() == []
    demo.move_clock(now="2025-01-13T12:00:00+01:00")
    assert fired() == ["deadline-early"]
    demo.move_clock(now="2025-01-14T12:00:00+01:00")
    assert fired() == ["deadline-due", "deadline-early"]
    demo.move_clock(advance="P2D")
    assert fired() == ["deadline-due", "deadline-early", "deadline-overdue"]
    assert [one["status"] for one in demo.items(CONSULENT, path)] == ["late"]

    back = demo.ask("administrator", "POST", "/demo/v1/clock", {"now": "2024-11-05T09:00:00+01:00"})
    assert back.status_code == 409, "forward only"
    assert demo.ask(CONSULENT, "POST", "/demo/v1/clock", {"advance": "P1D"}).status_code == 403


def test_a_second_start_keeps_the_data_is_quick_and_ctrl_c_leaves_no_process(demo: Platform) -> None:
    person = somebody_of(demo, "consulent-leiden", LEIDENS)
    before = httpx.get(f"{demo.url}/demo/v1/clock").json()["now"]

    assert demo.stop(signal.SIGINT) == 0
    folder = DataFolder(DataFolder.locate(demo.folder / "data").root)
    assert folder.living() == []
    assert not EmbeddedPostgres(folder).is_running()

    seconds = demo.start(READY)
    assert seconds < 60  # the promise is 10 on a machine that does nothing else; a test run is not that
    demo._tokens.clear()
    assert demo.get("policy-oegstgeest", f"/intake/v1/inburgeraars/{person}")["id"] == person
    assert httpx.get(f"{demo.url}/demo/v1/clock").json()["now"][:13] == before[:13], (
        "it stood still meanwhile"
    )


def test_a_start_beside_a_running_demo_says_so(demo: Platform) -> None:
    done = subprocess.run(
        [COMMAND, "demo"], env=demo.environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert f"running already at {demo.url}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_demo_that_was_killed_comes_back_with_all_that_was_answered(demo: Platform) -> None:
    person = somebody_of(demo, "consulent-lv", LEARNER.person.key)
    signals = demo.signals(CONSULENT, person, "unexcused-absences")

    assert demo.stop(signal.SIGKILL) == -signal.SIGKILL
    demo.start(READY)

    demo._tokens.clear()
    assert demo.signals(CONSULENT, person, "unexcused-absences") == signals


def test_no_bsn_or_v_number_stands_in_a_log_or_an_event(demo: Platform) -> None:
    numbers = {case.person.bsn for case in CASES.values()} | {case.person.v_number for case in CASES.values()}
    written = {path.name: path.read_text() for path in (demo.folder / "data" / "logs").iterdir()}
    written["output"] = demo.output.read_text()
    written["events"] = "\n".join(asyncio.run(published(demo)))

    assert written["events"].count("inburgeraarId") > 100
    found = {name for name, text in written.items() if numbers & numbers_in(text)}
    assert found == set()


async def published(demo: Platform) -> list[str]:
    """Every event that any service published, whole."""
    server = EmbeddedPostgres(DataFolder(demo.folder / "data"))
    connection = await asyncpg.connect(server.url.replace("/postgres?", "/open_inburgering?"))
    try:
        rows: list[str] = []
        for schema in ("gateway", "housing", "intake", "learning_routes", "notifications"):
            rows += [
                row["event"]
                for row in await connection.fetch(f"SELECT to_jsonb(o)::text AS event FROM {schema}.outbox o")
            ]
        return rows
    finally:
        await connection.close()
