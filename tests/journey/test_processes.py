# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The main job once more, with every service a process of its own, on PostgreSQL and Apache Kafka."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from demo import entries
from demo.caseload import make_caseload
from demo.cases import Case
from demo.chain import AGREEMENTS, CONTRACTS, LEIDSCHENDAM_VOORBURG, MANDATES, PROVIDERS, WASSENAAR, member_id
from demo.timetable import GROUPS
from embedded.folder import DataFolder
from tests.journey.platform import Platform, in_processes, numbers_in

pytestmark = pytest.mark.timeout(1200)  # a machine may be busy with more than this

CASES = {case.person.key: case for case in make_caseload()}
CONSULENT, SCHOOL, TEACHER = "consulent-lv", "system-echt-nederlands", "teacher-echt-nederlands"
SERVICES = ("housing", "intake", "learning-routes", "notifications")
PROCESSES = {"gateway", "portal", *SERVICES}


@pytest.fixture(scope="module")
def processes(postgres_url: str, kafka: str) -> Iterator[Platform]:
    """All processes, on databases of this test and the broker of the run."""
    with in_processes(postgres_url, kafka) as platform:
        yield platform


def agree(platform: Platform) -> None:
    """Who acts for whom, and what is shared, as the demo has it."""
    for number, mandate in enumerate(MANDATES):
        body = entries.mandate_body(mandate, id_=str(UUID(int=number)))
        platform.make("administrator", "/gateway/v1/mandates", body)
    for number, agreement in enumerate(AGREEMENTS):
        body = entries.agreement_body(agreement, id_=str(UUID(int=number)))
        platform.make("administrator", "/gateway/v1/agreements", body)


def register(platform: Platform, case: Case) -> str:
    """Somebody with a PIP, whose lead is consulent-lv."""
    person = str(platform.make(CONSULENT, "/intake/v1/inburgeraars", entries.person_body(case))["id"])
    lead = {"memberId": str(member_id(CONSULENT))}
    platform.make(CONSULENT, f"/intake/v1/inburgeraars/{person}/lead", lead, method="PUT")
    assert case.pip is not None
    platform.make(CONSULENT, f"/intake/v1/inburgeraars/{person}/pips", entries.pip_body(case.pip))
    return person


def lessons_with(platform: Platform, case: Case, person: str, *days: str) -> list[str]:
    """A group of Echt Nederlands in which the person has lessons on these days."""
    quality = "kwaliteitsmedewerker-lv"
    provider = platform.make(quality, "/learning-routes/v1/providers", entries.provider_body(PROVIDERS[0]))[
        "id"
    ]
    terms = entries.contract_body(CONTRACTS[0], provider_id=provider)
    platform.make(quality, "/learning-routes/v1/contracts", terms)
    assert case.placement is not None
    body = entries.placement_body(case.placement, inburgeraar_id=person, provider_id=provider)
    placement = platform.make(CONSULENT, "/learning-routes/v1/placements", body, key="placement")["id"]
    made = platform.make(
        SCHOOL,
        "/learning-routes/v1/groups",
        entries.group_body(GROUPS[0], provider_id=provider, location_id=None),
    )
    group = f"/learning-routes/v1/groups/{made['id']}"
    platform.make(SCHOOL, f"{group}/memberships", {"placementId": placement, "since": days[0]})
    times = {"dayPart": "morning", "startsAt": "08:45", "endsAt": "11:45", "hours": 3}
    return [str(platform.make(SCHOOL, f"{group}/lessons", {"date": day, **times})["id"]) for day in days]


def test_each_service_is_a_process_with_topics_of_twelve_partitions(processes: Platform, kafka: str) -> None:
    living = {one.name: one for one in DataFolder(processes.folder / "data").living()}

    assert set(living) == PROCESSES | {"run-processes"}
    assert len({one.pid for one in living.values()}) == len(living)
    partitions = asyncio.run(partitions_of(kafka))
    for service in SERVICES:
        assert partitions[f"inburgering.{service}.v1"] == 12
        assert partitions[f"inburgering.{service}.v1.dlq"] == 12


async def partitions_of(kafka: str) -> dict[str, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        topics = await admin.describe_topics([name for name in await admin.list_topics() if name[0] != "_"])
        return {topic["topic"]: len(topic["partitions"]) for topic in topics}
    finally:
        await admin.close()


@pytest.mark.capability("LR-11", "LR-12", "NO-02", "GW-03")
def test_the_main_job_works_across_processes(processes: Platform) -> None:
    agree(processes)
    case = CASES["lv-001"]
    learner = register(processes, case)
    first, second = lessons_with(processes, case, learner, "2024-09-03", "2024-09-05")
    assert processes.move_clock(now="2024-09-05T12:00:00+02:00").startswith("2024-09-05T12:00")

    processes.roll_call(TEACHER, first, learner, "unexcused")
    processes.roll_call(TEACHER, second, learner, "unexcused")

    (raised,) = processes.signals(CONSULENT, learner, "unexcused-absences", wait=60)
    assert [one["lessonId"] for one in raised["facts"]["lessons"]] == [first, second]
    assert raised["raisedAt"].startswith("2024-09-05")
    path = f"/notifications/v1/signals/{raised['id']}"
    processes.make(CONSULENT, f"{path}/handlings", {"outcome": "talked"})
    assert processes.get(CONSULENT, path)["status"] == "handled"

    neighbour = register(processes, CASES["wa-001"])
    refused = processes.ask("policy-wassenaar", "GET", f"/intake/v1/inburgeraars/{neighbour}")
    assert (refused.status_code, refused.json()["code"]) == (403, "agreement-missing")
    assert "Gemeente Leidschendam-Voorburg en Gemeente Wassenaar" in refused.json()["missing"]
    assert (
        processes.get("kwaliteitsmedewerker-lv", f"/intake/v1/inburgeraars/{neighbour}")["gemeentecode"]
        == WASSENAAR
    )


def test_a_clock_moves_for_all_processes(processes: Platform) -> None:
    person = processes.make(
        CONSULENT,
        "/intake/v1/inburgeraars",
        {
            "givenNames": "Dunya",
            "familyName": "Barzani",
            "birthDate": "1991-02-03",
            "gender": "female",
            "group": "gezinsmigrant",
            "permitType": "regulier",
            "gemeentecode": LEIDSCHENDAM_VOORBURG,
            "obligedOn": "2024-08-20",
            "duoNoticeOn": "2024-09-02",
            "brpOn": "2024-08-01",
        },
    )["id"]

    processes.move_clock(now="2024-11-12T09:00:00+01:00")

    found = processes.items(CONSULENT, f"/notifications/v1/signals?inburgeraarId={person}")
    assert {one["kind"] for one in found} == {"deadline-early", "deadline-due", "deadline-overdue"}
    assert (
        processes.items(CONSULENT, f"/notifications/v1/deadlines?inburgeraarId={person}")[0]["dueOn"]
        == "2024-11-11"
    )


def test_a_process_that_is_killed_comes_back_and_nothing_is_lost(processes: Platform) -> None:
    folder = DataFolder(processes.folder / "data")
    before = {one.name: one.pid for one in folder.living()}
    os.kill(before["notifications"], signal.SIGKILL)
    give_up = time.monotonic() + 120
    while {one.name: one.pid for one in folder.living()}.get("notifications", 0) in {
        0,
        before["notifications"],
    }:
        assert time.monotonic() < give_up
        time.sleep(0.2)
    while processes.ask(CONSULENT, "GET", "/notifications/v1/signals").status_code != 200:
        assert time.monotonic() < give_up
        time.sleep(0.2)

    handled = processes.items(CONSULENT, "/notifications/v1/signals?status=handled&kind=unexcused-absences")
    assert len(handled) == 1
    assert "starting it again" in processes.output.read_text()


def test_no_bsn_or_v_number_stands_in_a_log_or_on_kafka(processes: Platform, kafka: str) -> None:
    numbers = {case.person.bsn for case in CASES.values()} | {case.person.v_number for case in CASES.values()}
    written = {path.name: path.read_text() for path in (processes.folder / "data" / "logs").iterdir()}
    written["output"] = processes.output.read_text()
    written["kafka"] = "\n".join(asyncio.run(everything_on(kafka)))

    assert {f"{name}.log" for name in PROCESSES} <= set(written)
    assert "inburgeraarId" in written["kafka"]
    assert {name for name, text in written.items() if numbers & numbers_in(text)} == set()


async def everything_on(kafka: str) -> list[str]:
    """Every message of the platform that the broker holds: key, headers and value."""
    topics = [
        name
        for service in SERVICES
        for name in (f"inburgering.{service}.v1", f"inburgering.{service}.v1.dlq")
    ]
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found: list[str] = []
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(part) < end for part, end in ends.items()]):
            batch = await consumer.getmany(timeout_ms=1000)
            found += [
                f"{record.key!r} {record.headers!r} {record.value!r}"
                for records in batch.values()
                for record in records
            ]
        return found
    finally:
        await consumer.stop()


def test_all_processes_end_with_the_command(processes: Platform) -> None:
    folder = DataFolder(processes.folder / "data")

    assert processes.stop() == 0
    assert folder.living() == []
    assert processes.output.read_text().rstrip().endswith("All processes have stopped.")
