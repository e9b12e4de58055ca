# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ladder, letters, plans and forecasts, swaps of targets, and the Province's view without persons."""

import asyncio

import pytest

from chassis.access import Scope
from chassis.testing import own
from contracts.access import Role
from tests.service.housing.account_books import FOUR, LEIDEN, LV, OEGSTGEEST, VOORSCHOTEN, WASSENAAR, Books


async def step(books: Books, code: str, name: str, since: str, **more: object) -> dict[str, object]:
    body = {"gemeentecode": code, "step": name, "since": since, "reason": "Brief van de provincie", **more}
    answer: dict[str, object] = await books.post("/ladder-steps", books.policy(code), body)
    return answer


@pytest.mark.capability("HO-16")
@pytest.mark.capability("IS-10", part="the ladder")
async def test_the_four_gemeenten_of_the_audit_stand_on_their_step_with_what_comes_next(books: Books) -> None:
    await books.audit()
    await step(books, LV, "2b", "2024-07-01")
    await step(books, VOORSCHOTEN, "3", "2024-01-01")
    await step(books, VOORSCHOTEN, "4", "2025-01-01")  # announced
    recorded = await step(books, OEGSTGEEST, "4", "2024-07-01", dueOn="2025-01-01")
    assert (recorded["proposedStep"], recorded["misses"]) == ("2a", 1)  # the Province deviates from the facts
    found = {
        code: await books.get(f"/ladder/{code}", books.policy(code), peildatum="2024-11-01") for code in FOUR
    }
    assert {code: (one["step"], one["nextStep"], one["nextOn"]) for code, one in found.items()} == {
        LV: ("2b", "3", "2025-01-01"),
        VOORSCHOTEN: ("3", "4", "2025-01-01"),
        OEGSTGEEST: ("4", "5", "2025-01-01"),
        WASSENAAR: ("0", "2a", "2025-01-01"),  # behind for the first time
    }
    later = await books.get(f"/ladder/{VOORSCHOTEN}", books.province(), peildatum="2025-02-01")
    assert (later["step"], later["nextStep"], later["nextOn"]) == ("4", "5", "2025-07-01")
    assert [one["on"] for one in found[LV]["measurements"]][-1] == "2024-01-01"
    body = {"prolongedUntil": "2026-07-01", "reason": "Verlenging van trede 4 voor zeventien gemeenten"}
    prolonged = f"/ladder-steps/{recorded['id']}/prolongations"
    await books.post(prolonged, books.province(), body)
    found_later = await books.get(f"/ladder/{OEGSTGEEST}", books.policy(OEGSTGEEST))
    assert (found_later["nextStep"], found_later["nextOn"]) == ("5", "2026-07-01")
    assert await books.refused("POST", prolonged, books.province(), body, 400) == (
        "invalid-input",
        "/prolongedUntil",
    )
    again = {"gemeentecode": LV, "step": "3", "since": "2024-07-01", "reason": "x"}
    assert (await books.refused("POST", "/ladder-steps", books.policy(LV), again, 409))[
        0
    ] == "ladder-step-exists"


@pytest.mark.capability("HO-16", part="the quarterly letter and its answer")
async def test_a_letter_of_the_province_asks_an_answer_by_a_day(books: Books) -> None:
    taken = await step(books, LV, "2b", "2024-07-01")
    letter = {
        "gemeentecode": LV,
        "kind": "quarterly",
        "quarter": "2024-3",
        "reference": "PZH-2024-1",
        "sentOn": "2024-10-10",
        "answerDueOn": "2024-11-01",
        "stepId": taken["id"],
    }
    sent = await books.post("/ladder-letters", books.province(), letter)
    assert (sent["late"], sent["answeredOn"]) == (True, None)
    waiting = await books.get("/ladder-letters", books.policy(LV), gemeentecode=LV, unanswered="true")
    assert [one["reference"] for one in waiting["items"]] == ["PZH-2024-1"]
    answers = f"/ladder-letters/{sent['id']}/answers"
    answered = await books.post(answers, books.policy(LV), {"answeredOn": "2024-11-01"})
    assert answered["late"] is False
    waiting = await books.get("/ladder-letters", books.policy(LV), gemeentecode=LV, unanswered="true")
    assert waiting["items"] == []
    wrong = [
        ({**letter}, 409, "letter-exists"),
        ({**letter, "quarter": None}, 400, "invalid-input"),
        ({**letter, "reference": "b", "sentOn": "2024-12-01"}, 400, "invalid-input"),
        ({**letter, "reference": "b", "answerDueOn": "2024-10-01"}, 400, "invalid-input"),
        ({**letter, "reference": "b", "gemeentecode": WASSENAAR}, 409, "reference-not-yet-known"),
        ({**letter, "reference": "b", "gemeentecode": "9999"}, 400, "invalid-input"),
    ]
    for body, status, code in wrong:
        assert (await books.refused("POST", "/ladder-letters", books.province(), body, status))[0] == code
    await books.refused("POST", answers, books.policy(WASSENAAR), {"answeredOn": "2024-11-01"}, 404)


@pytest.mark.capability("HO-17")
async def test_a_plan_shows_what_its_measures_close_of_the_arrears(books: Books) -> None:
    await books.audit(LV)
    policy = books.policy(LV)
    plan = await books.post(
        "/action-plans",
        policy,
        {"gemeentecode": LV, "title": "Plan van aanpak 2025", "drawnUpOn": "2024-11-01"},
    )
    measures = f"/action-plans/{plan['id']}/measures"
    body = {
        "kind": "sharing",
        "title": "Woningdelen in vier woningen",
        "owner": "Beleid wonen met Vidomes",
        "expected": 12,
        "expectedBy": "2025-06-30",
        "probabilityPercent": 75,
    }
    measure = await books.post(measures, policy, body)
    found = await books.get(f"/action-plans/{plan['id']}", books.province(), peildatum="2024-11-01")
    assert (found["effect"]["summary"], found["effect"]["remaining"]) == ("sluit 12 van 176", 164)
    results = f"/plan-measures/{measure['id']}/results"
    got = await books.post(results, policy, {"countsFrom": "2024-11-04", "persons": 3})
    assert (got["realised"], got["expected"]) == (3, 12)
    # Looked back at, a plan has what it had brought by then.
    before = await books.get(f"/action-plans/{plan['id']}", policy, peildatum="2024-11-03")
    assert (before["effect"]["realised"], before["effect"]["closes"]) == (0, 12)
    for persons in (0, -4):
        refused = await books.refused(
            "POST", results, policy, {"countsFrom": "2024-11-04", "persons": persons}, 400
        )
        assert refused == ("invalid-input", "/persons")
    statuses = f"/action-plans/{plan['id']}/statuses"
    await books.post(statuses, policy, {"status": "adopted", "on": "2024-11-04"})
    sent = await books.post(statuses, policy, {"status": "sent", "on": "2024-11-05"})
    assert (sent["adoptedOn"], sent["sentOn"], sent["effect"]["closes"]) == ("2024-11-04", "2024-11-05", 9)
    assert (await books.refused("POST", statuses, policy, {"status": "draft", "on": "2024-11-05"}, 400))[
        1
    ] == "/status"
    await books.post(f"/plan-measures/{measure['id']}/statuses", policy, {"status": "stopped"})
    (listed,) = (await books.get("/action-plans", policy, gemeentecode=LV))["items"]
    assert (listed["effect"]["closes"], listed["effect"]["realised"]) == (0, 3)
    await books.post(statuses, policy, {"status": "closed", "on": "2024-11-05"})
    assert (await books.refused("POST", measures, policy, body, 409))[0] == "action-plan-closed"
    await books.get(f"/action-plans/{plan['id']}", books.policy(WASSENAAR), expect=404)


@pytest.mark.capability("HO-20")
async def test_a_forecast_gives_two_curves_of_assumptions_that_are_kept(books: Books) -> None:
    await books.audit(OEGSTGEEST)
    policy = books.policy(OEGSTGEEST)
    await books.target(OEGSTGEEST, "2025-1", 20, "2024-10-01")
    plan = await books.post(
        "/action-plans", policy, {"gemeentecode": OEGSTGEEST, "title": "Plan", "drawnUpOn": "2024-11-01"}
    )
    for expected, by, chance in ((10, "2025-03-01", 50), (8, "2025-12-01", 100), (6, "2024-12-01", 100)):
        measure = {
            "kind": "flex", "title": "x", "owner": "Wonen",
            "expected": expected, "expectedBy": by, "probabilityPercent": chance,
        }  # fmt: skip
        await books.post(f"/action-plans/{plan['id']}/measures", policy, measure)
    body = {
        "gemeentecode": OEGSTGEEST, "title": "Tot en met 2026", "since": "2025-1", "until": "2026-2",
        "housed": 18, "defaultTarget": 24,
    }  # fmt: skip
    made = await books.post("/forecasts", policy, body)
    assert made["assumptions"]["opening"] == 30
    assert made["assumptions"]["targets"] == {"2025-1": 20}
    curves = [(one["halfYear"], one["balanceWithout"], one["balanceWith"]) for one in made["points"]]
    assert curves == [("2025-1", 32, 21), ("2025-2", 38, 19), ("2026-1", 44, 25), ("2026-2", 50, 31)]
    assert [one["targetAssumed"] for one in made["points"]] == [False, True, True, True]
    # What becomes known later does not change a forecast that was made.
    await books.target(OEGSTGEEST, "2025-1", 15, "2024-11-04")
    assert await books.get(f"/forecasts/{made['id']}", books.province()) == made
    assert (await books.get("/forecasts", policy, gemeentecode=OEGSTGEEST))["items"] == [made]
    stated = {
        **body,
        "opening": 0,
        "effects": [{"halfYear": "2025-1", "persons": 4, "probabilityPercent": 100}],
    }
    own_numbers = await books.post("/forecasts", policy, stated)
    assert [one["balanceWith"] for one in own_numbers["points"]] == [-7, -1, 5, 11]
    for wrong, place in (
        ({**body, "until": "2024-2"}, "/until"),
        ({**body, "since": "2025"}, "/since"),
        ({**body, "until": "2060-1"}, "/until"),
        ({**body, "effects": [{"halfYear": "x", "persons": 1}]}, "/effects/0/halfYear"),
        ({**body, "housed": -1}, "/housed"),
    ):
        assert await books.refused("POST", "/forecasts", policy, wrong, 400) == ("invalid-input", place)


@pytest.mark.capability("HO-24")
async def test_the_province_sees_figures_and_plans_of_its_gemeenten_and_no_person(books: Books) -> None:
    await books.target(WASSENAAR, "2024-2", 25, "2024-03-28")
    await books.housed(WASSENAAR, "2024-08-20", 12)
    await books.housed(WASSENAAR, "2024-10-31", 6)
    await books.post(
        "/action-plans",
        books.policy(),
        {"gemeentecode": WASSENAAR, "title": "Plan", "drawnUpOn": "2024-11-01"},
    )
    page = await books.get("/supervision", books.province(WASSENAAR, LV), quarters=2)
    rows = {row["gemeentecode"]: row for row in page["items"]}
    assert set(rows) == {WASSENAAR, LV}
    seen = rows[WASSENAAR]
    assert seen["quarters"] == [
        {"quarter": "2024-3", "on": "2024-09-30", "realised": 12, "balance": 13},
        {"quarter": "2024-4", "on": "2024-11-05", "realised": 6, "balance": 7},
    ]
    assert (seen["balance"], seen["nextStep"], seen["planStatus"]) == (7, "2a", "draft")
    assert seen["planEffect"]["summary"] == "sluit 0 van 7"
    back = await books.get("/supervision", books.province(WASSENAAR), peildatum="2024-10-31")
    assert back["items"][0]["planStatus"] is None  # drawn up a day later
    # The counts come without the rows behind them, also where somebody asks the database.
    province = {
        "app.actor": "person", "app.person_codes": "", "app.known_codes": WASSENAAR, "app.roles": "province",
    }  # fmt: skip
    async with books.bench.live.context.database.engine.begin() as connection:
        for name, value in province.items():
            await connection.exec_driver_sql("SELECT set_config($1, $2, true)", (name, value))
        rows_seen = await connection.exec_driver_sql("SELECT count(*) FROM housing.realisation")
        assert rows_seen.scalar_one() == 0
        counted = await connection.exec_driver_sql(
            "SELECT sum(persons) FROM housing.housed_by_day(NULL, DATE '2024-11-05')"
        )
        assert counted.scalar_one() == 18
    # No household, match or list of who waits opens for the Province, and none of its answers has a person's id.
    for path in ("/households", "/matches", "/weeks-lost"):
        assert (await books.refused("GET", path, books.province(), None, 403))[0] == "role-missing"
    assert not {"inburgeraarId", "householdId", "name", "members"} & set(seen)
    assert (await books.refused("GET", "/supervision", books.policy(), None, 403))[0] == "role-missing"


@pytest.mark.capability("HO-15", part="the targets of a half-year change together, and the sum stays")
async def test_two_gemeenten_swap_targets_once_both_agree(books: Books) -> None:
    await books.target(WASSENAAR, "2024-2", 67, "2024-03-28")
    await books.target(LV, "2024-2", 40, "2024-03-28")
    body = {
        "gemeentecode": WASSENAAR,
        "halfYear": "2024-2",
        "targets": [{"gemeentecode": WASSENAAR, "target": 60}, {"gemeentecode": LV, "target": 47}],
        "reason": "Wassenaar vangt meer mensen op in Duinrell",
    }
    swap = await books.post("/target-swaps", books.policy(), body)
    assert (swap["settledOn"], [one["agreedOn"] for one in swap["parties"]]) == (None, ["2024-11-05", None])
    agreements = f"/target-swaps/{swap['id']}/agreements"
    assert (await books.get(f"/balances/{WASSENAAR}", books.policy()))["balance"] == 67
    await books.refused("POST", agreements, books.policy(OEGSTGEEST), {"gemeentecode": LV}, 404)
    await books.refused("POST", agreements, books.policy(), {"gemeentecode": LV}, 400)
    settled = await books.post(agreements, books.policy(LV), {"gemeentecode": LV})
    assert settled["settledOn"] == "2024-11-05"
    page = await books.get("/balances", books.province())
    assert {row["gemeentecode"]: row["balance"] for row in page["items"]} == {WASSENAAR: 60, LV: 47}
    target = await books.get(f"/taakstellingen/{LV}/2024-2", books.policy(LV))
    assert (target["target"], target["swapped"]) == (40, 7)
    assert (await books.balance(WASSENAAR, "2024-11-04"))["balance"] == 67
    assert (await books.get("/target-swaps", books.policy(LV), halfYear="2024-2"))["items"] == [settled]
    over = await books.refused("POST", f"/target-swaps/{swap['id']}/withdrawals", books.policy(), None, 409)
    assert over[0] == "swap-over"
    # A later, lower number leaves less than was swapped away: it is kept as published, and said.
    lower = await books.target(WASSENAAR, "2024-2", 5, "2024-11-04")
    assert (lower["target"], lower["swapped"], lower["belowZero"]) == (5, -7, True)


@pytest.mark.capability("HO-15", part="a swap that changes the sum is refused")
async def test_a_swap_that_cannot_be_is_refused_with_each_reason(books: Books) -> None:
    await books.target(WASSENAAR, "2024-2", 67, "2024-03-28")
    await books.target(LV, "2024-2", 40, "2024-03-28")

    def swap(**targets: int) -> dict[str, object]:
        return {
            "gemeentecode": WASSENAAR,
            "halfYear": "2024-2",
            "targets": [{"gemeentecode": code[1:], "target": count} for code, count in targets.items()],
            "reason": "x",
        }

    for body, place in (
        (swap(_0629=60, _1916=48), "/targets"),
        (swap(_0629=67, _1916=40), "/targets/0"),
        (swap(_0629=67), "/targets"),
        (swap(_0629=60, _0546=7), "/targets/1"),
        (swap(_0579=60, _1916=7), "/targets"),
    ):
        refused = await books.refused("POST", "/target-swaps", books.policy(), body, 400)
        assert refused == ("swap-not-possible", place)
    made = await books.post("/target-swaps", books.policy(), swap(_0629=60, _1916=47))
    await books.target(LV, "2024-2", 44, "2024-11-01")
    agreed = f"/target-swaps/{made['id']}/agreements"
    assert (await books.refused("POST", agreed, books.policy(LV), {"gemeentecode": LV}, 409))[
        0
    ] == "swap-outdated"
    # Each party may withdraw, also one that knows the figures of the other.
    figures = Scope(level="figures", purposes=frozenset({"figures"}), basis="agreement")
    caller = books.bench.as_caller(
        roles={Role.POLICY_OFFICER}, scopes={**own(LV), WASSENAAR: figures}, gemeentecode=LV
    )
    withdrawn = await books.post(f"/target-swaps/{made['id']}/withdrawals", caller, None)
    assert withdrawn["withdrawnOn"] == "2024-11-05"


async def test_the_last_two_agreements_at_one_moment_settle_a_swap_once(books: Books) -> None:
    for code, persons in ((WASSENAAR, 67), (LV, 40), (OEGSTGEEST, 30)):
        await books.target(code, "2024-2", persons, "2024-03-28")
    new = ((WASSENAAR, 60), (LV, 44), (OEGSTGEEST, 33))
    body = {
        "gemeentecode": WASSENAAR,
        "halfYear": "2024-2",
        "targets": [{"gemeentecode": code, "target": target} for code, target in new],
        "reason": "x",
    }
    swap = await books.post("/target-swaps", books.policy(), body)
    agreements = f"/target-swaps/{swap['id']}/agreements"
    await asyncio.gather(
        *(books.post(agreements, books.policy(code), {"gemeentecode": code}) for code in (LV, OEGSTGEEST))
    )
    page = await books.get("/balances", books.province())
    assert {row["gemeentecode"]: row["balance"] for row in page["items"]} == dict(new)


async def test_a_gemeente_that_only_looks_by_agreement_records_nothing(books: Books) -> None:
    reader = books.bench.as_caller(roles={Role.POLICY_OFFICER}, scopes=own(LEIDEN), gemeentecode=LEIDEN)
    body = {"gemeentecode": WASSENAAR, "step": "3", "since": "2024-07-01", "reason": "x"}
    refused = await books.refused("POST", "/ladder-steps", reader, body, 400)
    assert refused == ("invalid-input", "/gemeentecode")
