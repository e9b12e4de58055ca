# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""TVS and the lists of corporations by file: dry run, changes, unlinkings, and faults with line and column."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from contracts.housing import HouseholdLinked
from services.housing.actions import imports
from services.housing.store import households
from tests.service.housing.match_desk import OEGSTGEEST, WASSENAAR, Desk
from tests.service.housing.test_searches import ended

HEADER = "kenmerk;koppeldatum;volwassenen;kinderen;status;ontkoppeldatum"
FIRST = (
    HEADER,
    "T1;8-1-2024;1;0;gekoppeld;",
    "T2;2024-09-02;2;7;gekoppeld;",
    "T3;2-12-2024;1;0;gekoppeld;",  # in the future
    "T4;3-9-2024;0;0;gekoppeld;",  # nobody
    "T5;3-9-2024;twee;0;gekoppeld;",
)


async def send(
    desk: Desk, lines: tuple[str, ...], *, kind: str = "household", caller: Any = None, **params: Any
) -> Any:
    """Send a file and wait until it is worked off; answers the job."""
    response = await desk.client.post(
        f"/housing/v1/{kind}-imports",
        headers={**(caller or desk.gemeente()), "Content-Type": "text/csv"},
        params=params,
        content="\n".join(lines).encode(),
    )
    assert response.status_code == 202, response.text
    return await ended(desk, response.json()["id"], caller or desk.gemeente())


def counts(job: Any) -> tuple[int, int, int, int]:
    return job["accepted"], job["corrected"], job["unchanged"], job["rejected"]


async def rows_of(desk: Desk, job: Any) -> list[Any]:
    return await desk.items(f"/jobs/{job['id']}/rows", desk.gemeente())


@pytest.mark.capability("HO-03", part="TVS import: preview, dry run, idempotent, changes and unlinkings")
async def test_a_file_of_tvs_is_tried_entered_and_sent_again(desk: Desk) -> None:
    dry = await send(desk, FIRST, dryRun=True)
    assert (dry["dryRun"], counts(dry)) == (True, (2, 0, 0, 3))
    assert await desk.items("/households", desk.gemeente()) == []
    assert await desk.bench.published(HouseholdLinked) == []
    job = await send(desk, FIRST)
    assert counts(job) == (2, 0, 0, 3)
    assert [one["reference"] for one in await desk.items("/households", desk.gemeente())] == ["T1", "T2"]
    assert counts(await send(desk, FIRST)) == (0, 0, 2, 3)
    changed = (HEADER, "T1;8-1-2024;2;1;gekoppeld;", "T2;2024-09-02;2;7;ontkoppeld;4-11-2024")
    tried = await send(desk, changed, dryRun=True)
    assert (counts(tried), tried["unlinked"]) == ((0, 2, 0, 0), 1)
    assert [row["unlinked"] for row in await rows_of(desk, tried)] == [False, True]
    done = await send(desk, changed)
    assert (counts(done), done["unlinked"]) == ((0, 2, 0, 0), 1)
    assert [row["problem"] for row in await rows_of(desk, done)] == [None, None]
    again = await send(desk, changed)
    assert (counts(again), again["unlinked"]) == ((0, 0, 2, 0), 0)
    one, two = await desk.items("/households", desk.gemeente())
    assert (one["adults"], one["children"], one["houseDueOn"]) == (2, 1, "2024-03-18")
    assert (two["status"], two["unlinkedOn"]) == ("unlinked", "2024-11-04")


async def test_each_bad_row_is_explained_with_its_line_and_column(desk: Desk) -> None:
    job = await send(desk, FIRST)
    bad = [one for one in await rows_of(desk, job) if one["outcome"] == "rejected"]
    told = [
        (one["line"], one["problem"]["errors"][0]["parameter"], one["problem"]["errors"][0]["code"])
        for one in bad
    ]
    assert told == [
        (4, "koppeldatum", "in-future"),
        (5, "volwassenen", "nobody"),
        (6, "volwassenen", "invalid-count"),
    ]


async def test_a_row_that_is_refused_half_way_leaves_nothing(desk: Desk) -> None:
    lines = ("kenmerk;koppeldatum;volwassenen;nareis", "T1;8-1-2024;1;4")  # when they are expected is missing
    assert counts(await send(desk, lines)) == (0, 0, 0, 1)
    assert await desk.items("/households", desk.gemeente()) == []
    assert await desk.bench.published(HouseholdLinked) == []


async def test_a_file_with_another_column_becomes_no_job(desk: Desk) -> None:
    response = await desk.client.post(
        "/housing/v1/household-imports",
        headers={**desk.gemeente(), "Content-Type": "text/csv"},
        content=b"kenmerk;koppeldatum;volwassenen;nationaliteit\nT1;8-1-2024;1;x",
    )
    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == "nationaliteit"


async def test_a_row_of_another_gemeente_is_rejected(desk: Desk) -> None:
    lines = ("kenmerk;koppeldatum;volwassenen;gemeentecode", f"T1;8-1-2024;1;{OEGSTGEEST}")
    job = await send(desk, lines)
    (row,) = await rows_of(desk, job)
    assert (row["outcome"], row["problem"]["status"]) == ("rejected", 403)


@pytest.mark.capability("HO-05", part="dwellings by file")
async def test_a_corporation_sends_its_dwellings_and_corrects_them_by_sending_again(desk: Desk) -> None:
    await desk.housing_corporation()
    head = "woningnummer;wijk;kamers;oppervlakte;huur;beschikbaar-vanaf;soort"
    lines = (head, "W1;Kerkehout;4;92;645,50;1-11-2024;eengezins", "W2;Oostdorp;1;28;430;1-12-2024;studio")
    caller = desk.corporation()
    assert counts(await send(desk, lines, kind="dwelling", caller=caller)) == (2, 0, 0, 0)
    assert counts(await send(desk, lines, kind="dwelling", caller=caller)) == (0, 0, 2, 0)
    better = (head, "W1;Kerkehout;5;95;655;1-11-2024;eengezins", "W3;Oostdorp;0;28;430;1-12-2024;studio")
    assert counts(await send(desk, better, kind="dwelling", caller=caller)) == (0, 1, 0, 1)
    shown = {one["reference"]: one for one in await desk.items("/dwellings", caller)}
    assert (shown["W1"]["rooms"], shown["W1"]["rentCents"], shown["W1"]["maxPersons"]) == (5, 65_500, 8)


async def test_a_row_sent_again_says_who_the_members_are_whom_nobody_knew(desk: Desk) -> None:
    one, two, elsewhere = await desk.person(), await desk.person(), (await desk.known())[0]
    head = "kenmerk;koppeldatum;volwassenen;kinderen;inburgeraar-ids"
    await send(desk, (head, "T1;8-1-2024;2;1;"))
    first = (head, f"T1;8-1-2024;2;1;{one}")
    assert counts(await send(desk, first)) == (0, 1, 0, 0)
    assert counts(await send(desk, first)) == (0, 0, 1, 0)
    assert counts(await send(desk, (head, f"T1;8-1-2024;2;1;{one} {two}"))) == (0, 1, 0, 0)
    household = next(it for it in await desk.items("/households", desk.gemeente()) if it["reference"] == "T1")
    assert [member["inburgeraarId"] for member in household["members"]] == [str(one), str(two), None]
    assert (await desk.bench.published(HouseholdLinked))[-1].inburgeraar_ids == (one, two)
    for wrong, code in (
        (f"{one} {elsewhere}", "person-in-household"),
        (f"{one} {' '.join([str(UUID(int=1))] * 3)}", "invalid-input"),
    ):
        job = await send(desk, (head, f"T1;8-1-2024;2;1;{wrong}"))
        (row,) = await rows_of(desk, job)
        assert (row["outcome"], row["problem"]["code"]) == ("rejected", code)


async def test_a_row_sent_again_changes_the_family_that_is_expected(desk: Desk) -> None:
    head = "kenmerk;koppeldatum;volwassenen;kinderen;nareis;nareis-verwacht"

    async def sent(row: str) -> tuple[int, int, int, int]:
        return counts(await send(desk, (head, row)))

    async def expected() -> list[tuple[int, str]]:
        (household,) = await desk.items("/households", desk.gemeente())
        told = (await desk.get(f"/households/{household['id']}", desk.gemeente()))["reunions"]
        return [(one["persons"], one["expectedOn"]) for one in told]

    assert await sent("T1;8-1-2024;1;0;;") == (1, 0, 0, 0)
    assert await sent("T1;8-1-2024;1;0;3;1-3-2025") == (0, 1, 0, 0)
    assert await sent("T1;8-1-2024;1;0;4;1-4-2025") == (0, 1, 0, 0)
    assert await expected() == [(4, "2025-04-01")]
    assert await sent("T1;8-1-2024;1;0;4;1-4-2025") == (0, 0, 1, 0)
    assert await sent("T1;8-1-2024;1;0;;") == (0, 0, 1, 0), "a row that does not tell takes nothing back"
    assert await sent("T2;8-1-2024;1;0;2;") == (0, 0, 0, 1), "when is asked"


async def test_a_household_that_went_by_an_uitruil_is_not_linked_again_by_the_file_that_still_names_it(
    desk: Desk,
) -> None:
    row = (HEADER, "T1;8-1-2024;2;7;gekoppeld;")
    await send(desk, row)
    (family,) = await desk.items("/households", desk.gemeente())
    consent = {"kind": "exchange", "gemeentecode": OEGSTGEEST, "givenOn": "2024-11-01"}
    await desk.post(f"/households/{family['id']}/consents", desk.gemeente(), consent)
    body = {
        "kind": "persons", "firstGemeentecode": WASSENAAR, "secondGemeentecode": OEGSTGEEST,
        "householdIds": [family["id"]], "planReference": "Regionaal plan 2024",
        "decisionReference": "Verdeelbesluit 2024-11", "reason": "Oegstgeest heeft een grote woning.",
    }  # fmt: skip
    made = await desk.post("/exchanges", desk.gemeente(), body)
    await desk.post(f"/exchanges/{made['id']}/agreement", desk.gemeente(OEGSTGEEST), None, 200)
    assert await desk.items("/households", desk.gemeente()) == []
    assert counts(await send(desk, row)) == (0, 0, 1, 0)
    assert await desk.items("/households", desk.gemeente()) == []
    desk.on(date(2024, 12, 10))
    assert counts(await send(desk, (HEADER, "T1;9-12-2024;2;7;gekoppeld;"))) == (1, 0, 0, 0), (
        "linked here anew"
    )


@pytest.mark.capability("HO-03", part="of two rows that contradict each other the second is explained")
async def test_of_two_rows_that_tell_otherwise_of_one_household_the_second_is_refused(desk: Desk) -> None:
    rows = ("T1;8-1-2024;1;0;gekoppeld;", "T1;8-1-2024;1;0;gekoppeld;", "T1;8-1-2024;2;7;gekoppeld;")
    ends = ("T2;8-1-2024;1;0;gekoppeld;", "T2;8-1-2024;1;0;ontkoppeld;1-3-2024", "T2;2-4-2024;1;0;gekoppeld;")
    job = await send(desk, (HEADER, *rows, *ends))
    assert counts(job) == (3, 1, 1, 1), "a link, its end and the next link are one story"
    (refused,) = [row for row in await rows_of(desk, job) if row["problem"]]
    (error,) = refused["problem"]["errors"]
    assert (refused["line"], error["code"], error["parameter"]) == (4, "twice-in-file", "kenmerk")
    assert "regel 2" in error["detail"]
    (first,) = [one for one in await desk.items("/households", desk.gemeente()) if one["reference"] == "T1"]
    assert first["persons"] == 1


async def test_a_whole_part_of_a_file_asks_once_whom_an_uitruil_took_and_nobody_elses_gemeente(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    known = households.gone_by_exchange

    async def counted(tx: Any, named: Any) -> Any:
        asked.append(len(named))
        return await known(tx, named)

    monkeypatch.setattr(households, "gone_by_exchange", counted)
    head = "kenmerk;koppeldatum;volwassenen;gemeentecode"
    rows = [f"T{one};8-1-2024;1;{OEGSTGEEST if one == 7 else WASSENAAR}" for one in range(30)]
    job = await send(desk, (head, *rows))
    assert (counts(job), asked) == ((29, 0, 0, 1), [29])


async def test_a_file_asks_of_a_home_to_share_or_for_a_time_what_the_form_asks(desk: Desk) -> None:
    await desk.housing_corporation()
    head = "woningnummer;wijk;kamers;oppervlakte;huur;beschikbaar-vanaf;soort;deelplaatsen;verblijf-maanden"
    home = "Kerkehout;4;92;645,50;1-11-2024"
    caller = desk.corporation()

    async def entered(*lines: str) -> tuple[tuple[int, int, int, int], list[str]]:
        job = await send(desk, (head, *lines), kind="dwelling", caller=caller)
        rows = await desk.items(f"/jobs/{job['id']}/rows", caller)
        told = [row["problem"]["errors"][0]["parameter"] for row in rows if row["problem"]]
        return counts(job), told

    wrong = (f"W1;{home};gedeeld;;", f"W2;{home};flex;;")
    assert await entered(*wrong) == ((0, 0, 0, 2), ["deelplaatsen", "verblijf-maanden"])
    assert await entered(f"W1;{home};gedeeld;3;", f"W2;{home};flex;;0", f"W3;{home};eengezins;;") == (
        (3, 0, 0, 0),
        [],
    )
    # What a row does not tell stays; another kind needs what goes with it.
    assert await entered(f"W1;{home};gedeeld;;", f"W2;{home};flex;;24", f"W3;{home};gedeeld;;") == (
        (0, 1, 1, 1),
        ["deelplaatsen"],
    )
    shown = {one["reference"]: one for one in await desk.items("/dwellings", caller)}
    assert (shown["W1"]["shareSlots"], shown["W1"]["shareMin"]) == (3, 2)
    assert (shown["W2"]["maxStayMonths"], shown["W3"]["kind"]) == (24, "family")


@pytest.mark.parametrize("kind", ["household", "dwelling"])
async def test_a_long_dry_run_holds_no_lock_per_row(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    await desk.housing_corporation()
    held: list[int] = []
    enter = imports._enter

    async def counted(tx: Any, *rest: Any) -> Any:
        done = await enter(tx, *rest)
        held.append(
            await tx.scalar(
                sa.text("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND NOT fastpath")
            )
        )
        return done

    monkeypatch.setattr(imports, "_enter", counted)
    lines = {
        "household": ("kenmerk;koppeldatum;volwassenen", *(f"T{one};8-1-2024;1" for one in range(120))),
        "dwelling": (
            "woningnummer;wijk;kamers;oppervlakte;huur;beschikbaar-vanaf;soort",
            *(f"W{one};Kerkehout;4;92;645,50;1-11-2024;eengezins" for one in range(120)),
        ),
    }[kind]
    caller = desk.gemeente() if kind == "household" else desk.corporation()
    job = await send(desk, lines, kind=kind, caller=caller, dryRun=True)
    assert (counts(job), len(held)) == ((120, 0, 0, 0), 120)
    assert held[-1] <= held[20] + 5
