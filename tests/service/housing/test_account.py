# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Targets, history, corrections and national numbers, and the balance that everybody sees alike."""

import asyncio

import pytest

from chassis.migrate import differences
from tests.service.housing.account_books import FOUR, LEIDEN, LV, OEGSTGEEST, VOORSCHOTEN, WASSENAAR, Books


@pytest.mark.capability("HO-02")
@pytest.mark.capability("IS-10", part="the balance")
async def test_the_tables_of_the_audit_give_280_persons_behind(books: Books) -> None:
    found = await books.audit()
    assert {code: [(one["year"], one["kind"]) for one in found[code]["findings"]] for code in FOUR} == {
        LV: [(2021, "total-differs"), (2023, "opening-differs")],
        OEGSTGEEST: [],
        VOORSCHOTEN: [(2021, "opening-differs")],
        WASSENAAR: [(2021, "opening-differs")],
    }
    page = await books.get("/balances", books.province(), peildatum="2024-11-01")
    behind = {row["gemeentecode"]: row["balance"] for row in page["items"]}
    assert behind == {LV: 176, VOORSCHOTEN: 40, WASSENAAR: 34, OEGSTGEEST: 30}
    assert sum(behind.values()) == 280
    oegstgeest = await books.balance(OEGSTGEEST)
    assert [year["closing"] for year in oegstgeest["years"]] == [-8, -12, 0, -4, 16, 30]
    lv = await books.balance(LV)
    assert [year["opening"] for year in lv["years"]] == [22, -10, 5, 23, 7, 88]
    assert lv["findings"] == found[LV]["findings"]
    corrections = await books.get(f"/accounts/{LV}/corrections", books.policy(LV))
    assert [(one["countsFrom"], one["persons"], one["kind"]) for one in corrections["items"]] == [
        ("2023-01-01", 12, "opening-differs")
    ]
    # Everybody sees the same account.
    for caller in (books.province(), books.team_leader(), books.policy(LV)):
        assert await books.get(f"/balances/{LV}", caller, peildatum="2024-11-01") == lv
    # The same tables again change nothing; others are refused.
    assert await books.audit(LV) == {LV: found[LV]}
    rows = [{"year": 2024, "opening": 1, "target": 2, "total": 3, "realised": 1, "through": "2024-10-31"}]
    body = {"source": "een ander overzicht", "rows": rows}
    assert await books.refused("PUT", f"/accounts/{LV}/history", books.policy(LV), body, 409) == (
        "history-exists",
        "",
    )


@pytest.mark.capability("HO-02", part="half-years roll up to years, at any peildatum")
async def test_the_balance_follows_targets_and_who_was_housed(books: Books) -> None:
    await books.target(
        WASSENAAR, "2024-1", 30, "2023-09-28", correctionReason="Eerste invoer van het halfjaar"
    )
    await books.target(WASSENAAR, "2024-2", 25, "2024-03-28")
    await books.housed(WASSENAAR, "2024-05-20", 12)
    await books.housed(WASSENAAR, "2024-10-31", 6)
    await books.housed(WASSENAAR, "2024-11-04", 2)
    found = await books.balance(WASSENAAR, "2024-11-01")
    assert (found["balance"], found["missingTargets"]) == (37, [])
    assert [(one["period"], one["opening"], one["total"], one["closing"]) for one in found["halfYears"]] == [
        ("2024-1", 0, 30, 18),
        ("2024-2", 18, 43, 37),
    ]
    assert [(one["period"], one["target"], one["realised"], one["closing"]) for one in found["years"]] == [
        ("2024", 55, 18, 37)
    ]
    assert (await books.balance(WASSENAAR, "2024-06-30"))["balance"] == 18
    assert (await books.balance(WASSENAAR, "2023-12-31"))["balance"] == 0
    correction = {"countsFrom": "2024-07-15", "persons": -3, "reason": "Drie mensen telden dubbel"}
    await books.post(f"/accounts/{WASSENAAR}/corrections", books.policy(), correction)
    assert (await books.get(f"/balances/{WASSENAAR}", books.policy()))["balance"] == 32
    assert (await books.balance(WASSENAAR, "2024-07-14"))["balance"] == 43


@pytest.mark.capability("HO-01", part="a revision keeps the old version")
async def test_a_target_is_revised_and_every_version_is_kept(books: Books) -> None:
    first = await books.target(WASSENAAR, "2025-1", 29, "2024-10-01")
    assert (first["target"], first["closed"], len(first["versions"])) == (29, False, 1)
    again = await books.target(WASSENAAR, "2025-1", 29, "2024-10-01")
    assert again == first
    revised = await books.put(
        f"/taakstellingen/{WASSENAAR}/2025-1", books.province(), {"target": 25, "publishedOn": "2024-11-04"}
    )
    assert (revised["target"], [one["target"] for one in revised["versions"]]) == (25, [29, 25])
    assert await books.get(f"/taakstellingen/{WASSENAAR}/2025-1", books.team_leader()) == revised
    assert (await books.balance(WASSENAAR, "2025-01-01"))["balance"] == 25


@pytest.mark.capability("HO-01")
async def test_a_revised_national_number_recalculates_the_shares_and_keeps_the_old_ones(books: Books) -> None:
    count = {
        "country": 17_811_000,
        "source": "CBS StatLine, gefingeerd",
        "gemeenten": [
            {"gemeentecode": LV, "inhabitants": 77_000},
            {"gemeentecode": WASSENAAR, "inhabitants": 27_000},
            {
                "gemeentecode": "0014",
                "inhabitants": 238_000,
            },  # nobody here knows it; the law counts it all the same
        ],
    }
    administrator = books.administrator()
    counted = await books.put("/inhabitants/2024", administrator, count)
    assert (counted["country"], len(counted["gemeenten"])) == (17_811_000, 3)
    first = await books.put(
        "/national-targets/2025-1", administrator, {"persons": 17_700, "publishedOn": "2024-09-30"}
    )
    assert (first["publishBy"], first["inhabitantsOn"]) == ("2024-10-02", "2024-01-01")
    assert (first["shares"], first["sharesSum"]) == (3, 77 + 27 + 237)
    revision = {"persons": 15_000, "publishedOn": "2024-11-04"}
    path = "/national-targets/2025-1"
    assert await books.refused("PUT", path, administrator, revision, 400) == ("invalid-input", "/reason")
    revision["reason"] = "Brief van de minister"
    found = await books.put(path, administrator, revision)
    assert [(one["persons"], one["inForce"]) for one in found["versions"]] == [
        (17_700, False),
        (15_000, True),
    ]
    assert found["sharesSum"] == 65 + 23 + 201
    target = await books.get(f"/taakstellingen/{LV}/2025-1", books.policy(LV))
    assert (target["target"], [(one["target"], one["source"]) for one in target["versions"]]) == (
        65,
        [(77, "national"), (65, "national")],
    )
    assert (await books.get(path, books.policy(LV)))["sharesSum"] == 65  # of what this caller may see
    assert (await books.put(path, administrator, revision))["shares"] == 0  # the same word again


@pytest.mark.capability("HO-01", part="inhabitants that come later, or are corrected")
async def test_the_same_national_number_again_divides_what_was_not_divided_yet(books: Books) -> None:
    administrator, path = books.administrator(), "/national-targets/2025-1"
    number = {"persons": 18_000, "publishedOn": "2024-09-30"}
    assert (await books.put(path, administrator, number))["shares"] == 0  # nobody counted the people yet

    async def counted(lv: int) -> None:
        rows = [{"gemeentecode": LV, "inhabitants": lv}, {"gemeentecode": WASSENAAR, "inhabitants": 27_000}]
        body = {"country": 18_000_000, "source": "CBS, gefingeerd", "gemeenten": rows}
        await books.put("/inhabitants/2024", administrator, body)

    await counted(77_000)
    assert (await books.put(path, administrator, number))["sharesSum"] == 77 + 27
    assert (await books.put(path, administrator, number))["shares"] == 0
    await counted(78_000)
    corrected = await books.put(path, administrator, number)
    assert (corrected["shares"], corrected["sharesSum"], len(corrected["versions"])) == (1, 78, 1)
    target = await books.get(f"/taakstellingen/{LV}/2025-1", books.policy(LV))
    assert [one["target"] for one in target["versions"]] == [77, 78]


async def test_a_gemeente_that_is_counted_twice_is_refused_with_its_place(books: Books) -> None:
    rows = [{"gemeentecode": LV, "inhabitants": 1}, {"gemeentecode": LV, "inhabitants": 2}]
    body = {"country": 10, "source": "x", "gemeenten": rows}
    assert await books.refused("PUT", "/inhabitants/2024", books.administrator(), body, 400) == (
        "invalid-input",
        "/gemeenten/1/gemeentecode",
    )


async def test_what_holds_for_the_whole_country_is_not_a_provinces_to_write(books: Books) -> None:
    off = {"on": False, "source": "Brief"}
    for path, body in (
        ("/national-targets/2025-1", {"persons": 1, "publishedOn": "2024-09-30"}),
        ("/law-switches/taakstelling/2025-01-01", off),
    ):
        assert (await books.refused("PUT", path, books.province(), body, 403))[0] == "role-missing"


@pytest.mark.capability("HO-22", part="the taakstelling is abolished by a row of data")
async def test_the_law_can_abolish_the_taakstelling_from_a_day_on(books: Books) -> None:
    await books.target(WASSENAAR, "2025-1", 29, "2024-10-01")
    await books.put(
        "/law-switches/taakstelling/2025-01-01", books.administrator(), {"on": False, "source": "Wet X"}
    )
    body = {"on": False, "source": "Wet X"}
    await books.put("/law-switches/taakstelling/2025-01-01", books.administrator(), body)
    (row,) = await books.bench.sql("SELECT count(*) AS rows FROM housing.law_switch")
    assert row.rows == 1  # the same word again
    body = {"target": 20, "publishedOn": "2024-11-01"}
    answer = await books.ask("PUT", f"/taakstellingen/{WASSENAAR}/2025-1", books.policy(), body, 409)
    assert (answer["code"], answer["rule"]) == ("law-switched-off", "Wet X")
    abolished = await books.balance(WASSENAAR, "2025-02-01")
    assert (abolished["balance"], abolished["missingTargets"]) == (0, [])
    now = await books.get("/law-switches", books.policy())
    assert now["inForce"] == {
        "taakstelling": True, "priority": True, "spreidingswet": True, "doorstroomlocaties": True,
    }  # fmt: skip
    later = await books.get("/law-switches", books.policy(), peildatum="2025-06-01")
    assert later["inForce"]["taakstelling"] is False
    await books.refused(
        "PUT", "/law-switches/taakstelling/2025-01-01", books.policy(), {"on": True, "source": "x"}, 403
    )


@pytest.mark.capability("HO-01", part="what bad input gets")
async def test_bad_input_names_its_place_and_stores_nothing(books: Books) -> None:
    policy, good = books.policy(), {"target": 25, "publishedOn": "2024-11-01"}
    running = f"/taakstellingen/{WASSENAAR}/2024-2"
    cases = [
        (running, {**good, "target": -1}, 400, ("invalid-input", "/target")),
        (running, {**good, "target": "25"}, 400, ("invalid-input", "/target")),
        (running, {**good, "publishedOn": "2024-11-06"}, 400, ("invalid-input", "/publishedOn")),
        (running, {**good, "publishedOn": "1-11-2024"}, 400, ("invalid-input", "/publishedOn")),
        (running, {**good, "unknown": 1}, 400, ("invalid-input", "/unknown")),
        (f"/taakstellingen/{WASSENAAR}/2024-3", good, 400, ("invalid-input", "halfYear")),
        (f"/taakstellingen/{WASSENAAR}/2024", good, 400, ("invalid-input", "halfYear")),
        (
            f"/taakstellingen/{WASSENAAR}/2024-1",
            good,
            400,
            ("correction-reason-required", "/correctionReason"),
        ),
        ("/taakstellingen/9999/2024-2", good, 404, ("not-found", "gemeentecode")),
        ("/taakstellingen/62/2024-2", good, 400, ("invalid-input", "gemeentecode")),
        (f"/taakstellingen/{LEIDEN}/2024-2", good, 404, ("not-found", "gemeentecode")),
    ]
    for path, body, status, wanted in cases:
        assert await books.refused("PUT", path, policy, body, status) == wanted, path
    corrections = f"/accounts/{WASSENAAR}/corrections"
    for body, place in (
        ({"countsFrom": "2024-11-06", "persons": 3, "reason": "x"}, "/countsFrom"),
        ({"countsFrom": "2024-11-01", "persons": 0, "reason": "x"}, "/persons"),
        ({"countsFrom": "2024-11-01", "persons": 1, "reason": " "}, "/reason"),
    ):
        assert await books.refused("POST", corrections, policy, body, 400) == ("invalid-input", place)
    history = f"/accounts/{WASSENAAR}/history"
    year = {"year": 2022, "opening": 0, "target": 1, "total": 1, "realised": 1}
    for rows, place in (
        ([{**year, "year": 2024}], "/rows/0/through"),
        ([year, {**year, "year": 2024, "through": "2024-10-31"}], "/rows"),
        ([{**year, "through": "2022-06-30"}, {**year, "year": 2023}], "/rows/0/through"),
        ([{**year, "realised": -1}], "/rows/0/realised"),
    ):
        body = {"source": "x", "rows": rows}
        assert await books.refused("PUT", history, policy, body, 400) == ("invalid-input", place)
    assert (await books.get(running, policy))["versions"] == []
    assert (await books.balance(WASSENAAR))["halfYears"] == []


async def test_only_the_gemeente_itself_and_its_province_write_the_account(books: Books) -> None:
    body = {"target": 25, "publishedOn": "2024-11-01"}
    path = f"/taakstellingen/{WASSENAAR}/2024-2"
    assert (await books.refused("PUT", path, books.team_leader(), body, 403))[0] == "role-missing"
    assert (await books.refused("PUT", path, books.province(LV), body, 404))[0] == "not-found"
    assert (await books.refused("PUT", path, books.policy(LV), body, 404))[0] == "not-found"
    await books.put(path, books.province(), body)
    await books.get(f"/balances/{WASSENAAR}", books.policy(LV), expect=404)
    assert (await books.get("/balances", books.policy(LV)))["items"] == []


async def test_words_on_one_target_at_the_same_moment_take_turns(books: Books) -> None:
    days = ["2024-10-28", "2024-10-29", "2024-10-30", "2024-10-31"]
    await asyncio.gather(
        *(books.target(WASSENAAR, "2024-2", 20 + place, day) for place, day in enumerate(days))
    )
    found = await books.get(f"/taakstellingen/{WASSENAAR}/2024-2", books.policy())
    assert sorted(one["number"] for one in found["versions"]) == [1, 2, 3, 4]
    assert (found["target"], found["publishedOn"]) == (23, "2024-10-31")  # published last, whoever came first


async def test_the_tables_are_as_the_models_say(books: Books) -> None:
    assert await differences(books.bench.service, books.bench.databases.owner_url) == []
