# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The people of the chain and the events of its other services, before notifications."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from chassis.access import Scope
from chassis.testing import ALL_PURPOSES, Bench, own
from contracts import intake, learning_routes
from services.notifications.app import SERVICE
from tests.service.asking import quiet

QUIET = quiet(SERVICE)
"""The service with jobs that wait until a test says when."""

LEIDEN, LEIDSCHENDAM, OEGSTGEEST, VOORSCHOTEN, WASSENAAR = "0546", "1916", "0579", "0626", "0629"
MISSING = "een gegevensovereenkomst van Wassenaar met Leidschendam-Voorburg voor begeleiding en besluiten"
SCHOOL, OTHER_SCHOOL = UUID(int=70), UUID(int=71)
LEAD, COLLEAGUE = UUID(int=11), UUID(int=12)


class Chain:
    """The service under test, with the others' events and callers at hand."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.versions: dict[UUID, int] = {}

    # Events -------------------------------------------------------------------------------------

    def next_version(self, aggregate: UUID) -> int:
        self.versions[aggregate] = self.versions.get(aggregate, 0) + 1
        return self.versions[aggregate]

    async def register(
        self,
        person: UUID | None = None,
        *,
        responsible: str = WASSENAAR,
        executing: str = LEIDSCHENDAM,
        kind: type[intake.InburgeraarState] = intake.InburgeraarRegistered,
        version: int | None = None,
        times: int = 1,
    ) -> UUID:
        person = person or uuid4()
        await self.bench.deliver(
            kind(
                inburgeraar_id=person,
                law="wi2021",
                group="statushouder",
                permit_type="asiel",
                obliged_on=date(2024, 8, 1),
                responsible_gemeentecode=responsible,
                executing_gemeentecode=executing,
            ),
            gemeentecode=responsible,
            aggregate_id=person,
            version=version or self.next_version(person),
            times=times,
        )
        return person

    async def lead(self, person: UUID, member: UUID | None, *, version: int | None = None) -> None:
        await self.bench.deliver(
            intake.LeadAssigned(inburgeraar_id=person, member_id=member),
            gemeentecode=WASSENAAR,
            aggregate_id=person,
            version=version or self.next_version(person),
        )

    async def absence(
        self, person: UUID, *, signal: UUID | None = None, code: str | None = WASSENAAR, times: int = 1
    ) -> UUID:
        signal = signal or uuid4()
        await self.bench.deliver(
            learning_routes.AbsenceSignalRaised(
                signal_id=signal,
                inburgeraar_id=person,
                placement_id=uuid4(),
                organisation_id=SCHOOL,
                lessons=(
                    learning_routes.MissedLesson(lesson_id=UUID(int=1), date=date(2024, 10, 29)),
                    learning_routes.MissedLesson(lesson_id=UUID(int=2), date=date(2024, 10, 31)),
                ),
                limit=2,
                rule="Contract met de taalschool: 2 lessen zonder geldige reden",
            ),
            gemeentecode=code,
            aggregate_id=signal,
            times=times,
        )
        return signal

    async def withdraw(self, signal: UUID, subject: UUID) -> None:
        await self.bench.deliver(
            learning_routes.SignalWithdrawn(
                signal_id=signal, subject_id=subject, kind="unexcused-absences", reason="attendance-corrected"
            ),
            gemeentecode=WASSENAAR,
            aggregate_id=signal,
            version=2,
        )

    async def missing(self, *, organisation: UUID = SCHOOL) -> UUID:
        signal = uuid4()
        await self.bench.deliver(
            learning_routes.RegistrationsMissing(
                signal_id=signal,
                lesson_id=uuid4(),
                group_id=uuid4(),
                organisation_id=organisation,
                lesson_date=date(2024, 11, 1),
                missing=3,
                rule="Contract met de taalschool: presentie binnen 2 werkdagen",
            ),
            gemeentecode=WASSENAAR,
            aggregate_id=signal,
        )
        return signal

    async def set_clock(
        self,
        person: UUID,
        *,
        clock: UUID | None = None,
        due: date,
        early: date | None = None,
        organisation: UUID | None = None,
        version: int | None = None,
        times: int = 1,
    ) -> UUID:
        clock = clock or uuid4()
        kind = intake.IntakeDeadlineSet if organisation is None else learning_routes.LearningRoutesDeadlineSet
        await self.bench.deliver(
            kind(
                deadline_id=clock,
                inburgeraar_id=person,
                rule="pip-ten-weeks" if organisation is None else "placement-start",
                article="Besluit inburgering 2021 art. 5.3 lid 1",
                starts_on=due - timedelta(days=70),
                due_on=due,
                early_on=early or due - timedelta(days=14),
                organisation_id=organisation,
            ),
            gemeentecode=WASSENAAR,
            aggregate_id=clock,
            version=version or self.next_version(clock),
            times=times,
        )
        return clock

    async def meet(self, clock: UUID, person: UUID, on: date, *, version: int | None = None) -> None:
        await self.bench.deliver(
            intake.IntakeDeadlineMet(deadline_id=clock, inburgeraar_id=person, met_on=on),
            gemeentecode=WASSENAAR,
            aggregate_id=clock,
            version=version or self.next_version(clock),
        )

    async def drop(self, clock: UUID, person: UUID, *, version: int | None = None) -> None:
        await self.bench.deliver(
            intake.IntakeDeadlineWithdrawn(deadline_id=clock, inburgeraar_id=person, reason="moved"),
            gemeentecode=WASSENAAR,
            aggregate_id=clock,
            version=version or self.next_version(clock),
        )

    async def fire(self) -> None:
        """Run the deadline engine now."""
        await self.run("fire-deadlines")

    async def run(self, name: str) -> None:
        """Run a job now."""
        (job,) = (one for one in QUIET.jobs if one.name == name)
        assert await self.bench.live.run_job(job)

    async def rows(self, query: str, **parameters: Any) -> list[Any]:
        """Rows of a query over all gemeenten, on the pool of the service."""
        async with self.bench.live.context.begin() as tx:
            return list(await tx.rows(sa.text(query), parameters))

    # Callers ------------------------------------------------------------------------------------

    def consulent(self, subject: UUID = LEAD, role: str = "consulent") -> dict[str, str]:
        """Of Leidschendam-Voorburg, which also acts for Voorschoten and Wassenaar."""
        scopes = own(LEIDSCHENDAM) | {
            code: Scope(
                level="person",
                purposes=ALL_PURPOSES,
                basis="mandate",
                agreement="mandaat",
                executing=LEIDSCHENDAM,
            )
            for code in (VOORSCHOTEN, WASSENAAR)
        }
        return self.bench.as_caller(roles={role}, scopes=scopes, gemeentecode=LEIDSCHENDAM, subject=subject)

    def policy_lv(self) -> dict[str, str]:
        """Of Leidschendam-Voorburg as well; keeps its receivers of events."""
        return self.consulent(UUID(int=23), "policy-officer")

    def consulent_leiden(self) -> dict[str, str]:
        return self.bench.as_caller(
            roles={"consulent"},
            scopes=own(LEIDEN, OEGSTGEEST),
            gemeentecode=LEIDEN,
            subject=UUID(int=21),
            organisation_id=UUID(int=22),
        )

    def policy_wassenaar(self, role: str = "policy-officer") -> dict[str, str]:
        """Figures only of the own gemeente, since no agreement says otherwise."""
        scope = Scope(
            level="figures", purposes=ALL_PURPOSES, basis="agreement", missing=MISSING, executing=LEIDSCHENDAM
        )
        return self.bench.as_caller(
            roles={role},
            scopes={WASSENAAR: scope},
            gemeentecode=WASSENAAR,
            subject=UUID(int=31),
            organisation_id=UUID(int=32),
        )

    def teacher(self, organisation: UUID = SCHOOL, role: str = "teacher") -> dict[str, str]:
        return self.bench.as_caller(
            roles={role}, organisation_id=organisation, organisation_kind="taalschool", subject=UUID(int=41)
        )

    def vwn(self, *codes: str, role: str = "vwn-team-leader") -> dict[str, str]:
        """Of VluchtelingenWerk, which guides people by an agreement and works on no case."""
        scope = Scope(
            level="person",
            purposes=frozenset({"guidance", "housing"}),
            basis="agreement",
            agreement="Uitvoeringsovereenkomst",
        )
        return self.bench.as_caller(
            roles={role},
            scopes=dict.fromkeys(codes or (WASSENAAR,), scope),
            organisation_id=UUID(int=61),
            organisation_kind="vluchtelingenwerk",
            subject=UUID(int=62),
        )

    def operations(self) -> dict[str, str]:
        return self.bench.as_caller(
            roles={"operations"},
            organisation_id=UUID(int=51),
            organisation_kind="operations",
            subject=UUID(int=52),
        )

    # Questions ----------------------------------------------------------------------------------

    async def get(self, path: str, who: dict[str, str], expected: int = 200, /, **query: Any) -> Any:
        answer = await self.bench.client.get(f"/notifications/v1{path}", headers=who, params=query)
        assert answer.status_code == expected, answer.text
        return answer.json()

    async def signals(self, who: dict[str, str], **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.get("/signals", who, **query))["items"]
        return found

    async def deadlines(self, who: dict[str, str], **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.get("/deadlines", who, **query))["items"]
        return found

    async def post(self, path: str, who: dict[str, str], body: Any, status: int) -> Any:
        answer = await self.bench.client.post(f"/notifications/v1{path}", headers=who, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def put(self, path: str, who: dict[str, str], body: Any, status: int) -> Any:
        answer = await self.bench.client.put(f"/notifications/v1{path}", headers=who, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()
