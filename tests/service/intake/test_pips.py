# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The PIP as a signed, versioned decision, with its clock and the term that it starts."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from contracts.access import Role
from contracts.intake import IntakeDeadlineMet, IntakeDeadlineSet, IntakeDeadlineWithdrawn, PipSigned
from tests.service.intake.people import (
    LEIDEN,
    OEGSTGEEST,
    ROOT,
    Chain,
    Intake,
    a_gezinsmigrant,
    a_pip,
    faults,
    member,
)


@pytest.mark.capability("IN-09")
async def test_a_pip_is_a_decision_with_version_date_signer_and_legal_basis(
    chain: Chain, intake: Intake
) -> None:
    person = await intake.register(chain.leiden(), gemeentecode=OEGSTGEEST)
    answer = await intake.post(
        f"{ROOT}/{person['id']}/pips", a_pip(routeHours=450, guidance="taalmaatje"), chain.leiden()
    )
    assert answer.status_code == 201
    pip = answer.json()
    assert (pip["version"], pip["signedOn"], pip["signedBy"]) == (
        1,
        "2024-03-20",
        str(member("consulent-leiden")),
    )
    assert pip["legalBasis"].startswith("Wet inburgering 2021 art. 15")
    assert pip["ruleVersion"]
    assert (pip["responsibleGemeentecode"], pip["executingGemeentecode"]) == (OEGSTGEEST, LEIDEN)
    assert (pip["onTime"], pip["dueOn"], pip["delayReason"]) == (True, "2024-03-25", None)
    assert (pip["pvtHours"], pip["mapHours"], pip["routeHours"], pip["talksPlanned"]) == (12, 40, 450, 8)
    assert (pip["termStartsOn"], pip["termEndsOn"]) == ("2024-03-21", "2027-03-20")
    assert (await intake.get(f"{ROOT}/{person['id']}/pips", chain.oegstgeest())).json()["items"] == [pip]
    seen = await intake.read(person, chain.leiden())
    assert seen["pip"]["version"] == 1
    assert (seen["term"], seen["pipDueOn"]) == ({"startsOn": "2024-03-21", "endsOn": "2027-03-20"}, None)


@pytest.mark.capability("IN-08")
@pytest.mark.parametrize(("signed_on", "late"), [("2024-05-13", False), ("2024-05-14", True)])
async def test_a_late_pip_needs_a_reason(chain: Chain, intake: Intake, signed_on: str, *, late: bool) -> None:
    person = await intake.register(chain.lv(), duoNoticeOn="2024-03-04", brpOn="2024-03-01")
    assert person["pipDueOn"] == "2024-05-13"
    answer = await intake.post(f"{ROOT}/{person['id']}/pips", a_pip(signedOn=signed_on), chain.lv())
    if not late:
        assert (answer.status_code, answer.json()["onTime"]) == (201, True)
        return
    assert (answer.status_code, faults(answer)) == (400, {"/delayReason": "required"})
    assert answer.json()["rule"] == "Besluit inburgering 2021 art. 5.3 lid 1"
    pip = await intake.sign(person, chain.lv(), signedOn=signed_on, delayReason="Startklas begon later")
    assert (pip["onTime"], pip["delayReason"]) == (False, "Startklas begon later")
    [event] = await intake.events(PipSigned, person)
    assert event.on_time is False


@pytest.mark.capability("IN-10")
async def test_an_amendment_keeps_the_first_dagtekening_and_the_judgement(
    chain: Chain, intake: Intake
) -> None:
    person = await intake.register(chain.lv())
    first = await intake.sign(person, chain.lv(), signedOn="2024-03-20")
    by_version = await intake.sign(
        person, chain.lv(), signedOn="2024-06-03", amends=1, leerroute="z", level="a1", participation=800
    )
    by_id = await intake.sign(
        person, chain.lv(), signedOn="2024-09-02", amends=first["id"], goals=["een baan"]
    )
    issued_again = await intake.sign(person, chain.lv(), signedOn="2024-10-01")
    assert [pip["version"] for pip in (first, by_version, by_id, issued_again)] == [1, 2, 3, 4]
    assert [pip["amends"] for pip in (first, by_version, by_id, issued_again)] == [
        None,
        first["id"],
        first["id"],
        by_id["id"],
    ]
    for pip in (by_version, by_id, issued_again):
        assert (pip["firstSignedOn"], pip["onTime"], pip["dueOn"]) == ("2024-03-20", True, "2024-03-25")
        assert (pip["termStartsOn"], pip["termEndsOn"]) == ("2024-03-21", "2027-03-20")
    versions = (await intake.get(f"{ROOT}/{person['id']}/pips", chain.lv(Role.KWALITEITSMEDEWERKER))).json()[
        "items"
    ]
    assert versions == [first, by_version, by_id, issued_again]
    events = await intake.events(PipSigned, person)
    assert [(event.pip_version, event.leerroute) for event in events] == [
        (1, "b1"),
        (2, "z"),
        (3, "b1"),
        (4, "b1"),
    ]


async def test_the_versions_come_in_pages(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv())
    for day in (20, 21, 22):
        await intake.sign(person, chain.lv(), signedOn=f"2024-03-{day}")
    path = f"{ROOT}/{person['id']}/pips"
    page = (await intake.get(path, chain.lv(), pageSize=2)).json()
    rest = (await intake.get(path, chain.lv(), pageSize=2, pageToken=page["nextPageToken"])).json()
    assert [pip["version"] for pip in (*page["items"], *rest["items"])] == [1, 2, 3]
    assert rest["nextPageToken"] is None
    other = await intake.get(ROOT, chain.lv(), pageToken=page["nextPageToken"])
    assert (other.status_code, faults(other)) == (400, {"pageToken": "form"})


@pytest.mark.capability("IN-08", part="the clock as published")
async def test_signing_meets_the_clock_and_starts_the_term(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv())
    await intake.sign(person, chain.lv())
    ten_weeks, *terms = await intake.events(IntakeDeadlineSet, person)
    assert (ten_weeks.rule, ten_weeks.article) == ("pip-ten-weeks", "Besluit inburgering 2021 art. 5.3 lid 1")
    assert (ten_weeks.starts_on.isoformat(), ten_weeks.early_on.isoformat()) == ("2024-01-15", "2024-03-11")
    [met] = await intake.events(IntakeDeadlineMet, person)
    assert (met.deadline_id, met.met_on.isoformat()) == (ten_weeks.deadline_id, "2024-03-20")
    assert [term.rule for term in terms] == ["inburgeringstermijn", "pvt", "map"]
    for term in terms:
        assert (term.starts_on.isoformat(), term.due_on.isoformat()) == ("2024-03-21", "2027-03-20")
        assert term.early_on.isoformat() == "2026-09-20"


async def test_the_onderwijsroute_has_no_clock_for_map(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv())
    await intake.sign(person, chain.lv())
    await intake.sign(person, chain.lv(), signedOn="2024-06-03", leerroute="onderwijsroute", mapHours=0)
    [withdrawn] = await intake.events(IntakeDeadlineWithdrawn, person)
    assert withdrawn.reason == "no-map-in-onderwijsroute"
    await intake.sign(person, chain.lv(), signedOn="2024-07-03")
    clocks = [clock for clock in await intake.events(IntakeDeadlineSet, person) if clock.rule == "map"]
    assert len(clocks) == 2
    assert clocks[0] == clocks[1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"signedOn": "2024-01-09"}, {"/signedOn": "before-duty"}, id="before-the-duty"),
        pytest.param(
            {"signedOn": "2024-11-06", "delayReason": "x"}, {"/signedOn": "in-future"}, id="tomorrow"
        ),
        pytest.param(
            {"signedOn": "9999-12-31", "delayReason": "x"}, {"/signedOn": "in-future"}, id="year-9999"
        ),
        pytest.param({"signedOn": "0001-01-01"}, {"/signedOn": "before-duty"}, id="year-1"),
        pytest.param({"leerroute": "a2"}, {"/leerroute": "literal-error"}, id="route"),
        pytest.param({"level": "a1"}, {"/level": "level-of-other-route"}, id="level-of-another-route"),
        pytest.param({"pvtHours": 11.5}, {"/pvtHours": "too-few"}, id="pvt"),
        pytest.param({"pvtHours": "12"}, {"/pvtHours": "number"}, id="hours-as-text"),
        pytest.param({"pvtHours": 12.345}, {"/pvtHours": "decimals"}, id="three-decimals"),
        pytest.param({"pvtHours": -1}, {"/pvtHours": "hours-range"}, id="negative-hours"),
        pytest.param({"mapHours": 39}, {"/mapHours": "too-few"}, id="map"),
        pytest.param(
            {"participation": 800},
            {"/participation": "no-participation-part"},
            id="participation-hours-in-b1",
        ),
        pytest.param(
            {"participation": {}}, {"/participation": "participation"}, id="participation-of-another-type"
        ),
        pytest.param({"participation": " "}, {"/participation": "participation"}, id="participation-blank"),
        pytest.param({"talksPlanned": 1}, {"/talksPlanned": "too-few"}, id="talks"),
        pytest.param({"talksPlanned": 2.5}, {"/talksPlanned": "int-from-float"}, id="half-a-talk"),
        pytest.param({"goals": ["  "]}, {"/goals/0": "string-too-short"}, id="blank-goal"),
        pytest.param({"goals": ["x"] * 21}, {"/goals": "too-long"}, id="many-goals"),
        pytest.param({"goals": ["x" * 301]}, {"/goals/0": "string-too-long"}, id="long-goal"),
        pytest.param({"amends": "eerste"}, {"/amends": "amends"}, id="amends-nonsense"),
        pytest.param({"amends": 0}, {"/amends": "amends"}, id="amends-zero"),
        pytest.param({"amends": True}, {"/amends": "amends"}, id="amends-true"),
        pytest.param({"delayReason": ""}, {"/delayReason": "string-too-short"}, id="blank-reason"),
        pytest.param({"onTime": True}, {"/onTime": "extra-forbidden"}, id="judging-oneself"),
    ],
)
async def test_a_pip_that_cannot_be_is_refused_and_leaves_nothing(
    chain: Chain, intake: Intake, change: dict[str, Any], expected: dict[str, str]
) -> None:
    person = await intake.register(chain.lv())
    before = await intake.counts()
    answer = await intake.post(f"{ROOT}/{person['id']}/pips", a_pip(**change), chain.lv())
    assert answer.status_code == 400
    assert faults(answer) == expected
    if answer.json()["code"] == "refused-by-law":
        assert answer.json()["rule"]
    assert await intake.counts() == before


@pytest.mark.parametrize("amends", [1, 7, pytest.param(str(uuid4()), id="unknown")])
async def test_what_is_amended_must_exist(chain: Chain, intake: Intake, amends: int | str) -> None:
    person = await intake.register(chain.lv())
    answer = await intake.post(f"{ROOT}/{person['id']}/pips", a_pip(amends=amends), chain.lv())
    assert (answer.status_code, answer.json()["code"]) == (409, "no-such-pip")
    assert faults(answer) == {"/amends": "unknown"}


async def test_a_pip_of_somebody_else_cannot_be_amended(chain: Chain, intake: Intake) -> None:
    person, other = await intake.register(chain.lv()), await intake.register(chain.lv())
    theirs = await intake.sign(other, chain.lv())
    await intake.sign(person, chain.lv())
    answer = await intake.post(f"{ROOT}/{person['id']}/pips", a_pip(amends=theirs["id"]), chain.lv())
    assert (answer.status_code, answer.json()["code"]) == (409, "no-such-pip")


async def test_under_the_old_act_there_is_no_pip(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv(), obligedOn="2021-12-31", duoNoticeOn=None)
    answer = await intake.post(f"{ROOT}/{person['id']}/pips", a_pip(), chain.lv())
    assert (answer.status_code, answer.json()["code"]) == (409, "no-pip-under-old-act")
    assert answer.json()["rule"] == "Wet inburgering 2021 art. 54 lid 1"


async def test_the_z_route_of_the_family_group_has_no_participation_hours(
    chain: Chain, intake: Intake
) -> None:
    person = (await intake.post(ROOT, a_gezinsmigrant(), chain.lv())).json()
    z = {"leerroute": "z", "level": "a1"}
    answer = await intake.post(f"{ROOT}/{person['id']}/pips", a_pip(**z, participation=800), chain.lv())
    assert (answer.status_code, faults(answer)) == (400, {"/participation": "no-participation-part"})
    pip = await intake.sign(person, chain.lv(), **z, participation=0)
    assert (pip["participation"], pip["participationHours"]) == (0, 0)
    statushouder = await intake.register(chain.lv())
    pip = await intake.sign(statushouder, chain.lv(), **z, participation=None)
    assert (pip["participation"], pip["participationHours"]) == (None, 800)


@pytest.mark.parametrize("participation", [True, False, None, "stage", "800 uur"])
async def test_participation_comes_back_as_it_was_written(
    chain: Chain, intake: Intake, participation: object
) -> None:
    person = await intake.register(chain.lv())
    await intake.sign(person, chain.lv(), participation=participation)
    [pip] = (await intake.get(f"{ROOT}/{person['id']}/pips", chain.lv())).json()["items"]
    assert pip["participation"] == participation


@pytest.mark.capability("IN-08", part="only information of a third party moves the day")
async def test_waiting_for_a_third_party_gives_two_weeks_from_its_answer(
    chain: Chain, intake: Intake
) -> None:
    person = await intake.register(chain.lv())
    path = f"{ROOT}/{person['id']}"
    information = {"source": "ROC Mondriaan", "requestedOn": "2024-03-01", "receivedOn": "2024-04-10"}
    answer = await intake.post(f"{path}/third-party-information", information, chain.lv())
    assert (answer.status_code, answer.json()["pipDueOn"]) == (201, "2024-04-24")
    late = await intake.post(f"{path}/pips", a_pip(signedOn="2024-04-25"), chain.lv())
    assert (late.status_code, late.json()["rule"]) == (400, "Besluit inburgering 2021 art. 5.3 lid 2")
    assert (await intake.sign(person, chain.lv(), signedOn="2024-04-24"))["onTime"] is True


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"requestedOn": "2024-03-26"}, {"/requestedOn": "requested-after-due"}),
        ({"receivedOn": "2024-02-29"}, {"/receivedOn": "received-before-requested"}),
        ({"receivedOn": "2024-11-06"}, {"/receivedOn": "in-future"}),
        ({"source": " "}, {"/source": "string-too-short"}),
    ],
)
async def test_information_that_gives_no_time_is_refused(
    chain: Chain, intake: Intake, change: dict[str, str], expected: dict[str, str]
) -> None:
    person = await intake.register(chain.lv())
    body = {"source": "ROC", "requestedOn": "2024-03-01", "receivedOn": "2024-04-10", **change}
    answer = await intake.post(f"{ROOT}/{person['id']}/third-party-information", body, chain.lv())
    assert (answer.status_code, faults(answer)) == (400, expected)
    assert (await intake.read(person, chain.lv()))["pipDueOn"] == "2024-03-25"


async def test_without_a_clock_there_is_nothing_to_extend(chain: Chain, intake: Intake) -> None:
    person = await intake.register(chain.lv(), duoNoticeOn=None)
    body = {"source": "ROC", "requestedOn": "2024-03-01", "receivedOn": "2024-04-10"}
    answer = await intake.post(f"{ROOT}/{person['id']}/third-party-information", body, chain.lv())
    assert (answer.status_code, faults(answer)) == (400, {"/requestedOn": "no-clock"})


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CONSULENT, Role.KLANTMANAGER}))
async def test_only_who_works_on_cases_signs(chain: Chain, intake: Intake, role: Role) -> None:
    answer = await intake.post(f"{ROOT}/{uuid4()}/pips", a_pip(), chain.lv(role))
    assert (answer.status_code, answer.json()["code"]) == (403, "role-missing")


async def test_pips_signed_at_once_get_versions_in_order_and_one_first_day(
    chain: Chain, intake: Intake
) -> None:
    for _ in range(3):
        person = await intake.register(chain.lv())
        answers = await asyncio.gather(
            *(intake.post(f"{ROOT}/{person['id']}/pips", a_pip(), chain.lv()) for _ in range(4))
        )
        assert [answer.status_code for answer in answers] == [201] * 4
        pips = sorted((answer.json() for answer in answers), key=lambda pip: pip["version"])
        assert [pip["version"] for pip in pips] == [1, 2, 3, 4]
        assert [pip["amends"] for pip in pips] == [None, *(pip["id"] for pip in pips[:-1])]
        clocks = [clock.rule for clock in await intake.events(IntakeDeadlineSet, person)]
        assert sorted(clocks) == ["inburgeringstermijn", "map", "pip-ten-weeks", "pvt"], "each clock once"
        versions = await intake.bench.sql(
            "SELECT aggregate_version FROM intake.outbox WHERE subject = :id ORDER BY seq", id=person["id"]
        )
        assert [row.aggregate_version for row in versions] == [1, 2, 3, 4, 5]


async def test_a_pip_of_before_the_registration_starts_the_term_at_once(chain: Chain, intake: Intake) -> None:
    # Early start in the azc: no clock runs, so nothing is late, and the three years begin.
    person = await intake.register(chain.lv(), brpOn=None)
    pip = await intake.sign(person, chain.lv(), signedOn="2024-02-01")
    assert (pip["onTime"], pip["dueOn"], pip["termStartsOn"]) == (True, None, "2024-02-02")
    await intake.patch(person, {"brpOn": "2024-03-01"}, chain.lv())
    [met] = await intake.events(IntakeDeadlineMet, person)
    assert met.met_on.isoformat() == "2024-02-01"
    assert (await intake.read(person, chain.lv()))["pipDueOn"] is None
    [read] = (await intake.get(f"{ROOT}/{person['id']}/pips", chain.lv())).json()["items"]
    assert read["warnings"] == pip["warnings"]
    assert "drie jaar" in pip["warnings"][0]
