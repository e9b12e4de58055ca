# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A taalschool with people, groups and lessons, to send attendance of in bulk."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from httpx import Response

from chassis.testing import Bench
from services.learning_routes.models import (
    Contract,
    ContractTerms,
    Inburgeraar,
    Lesson,
    LessonGroup,
    Membership,
    Placement,
    Provider,
)

BATCHES = "/learning-routes/v1/attendance-batches"
FIRST_DAY = date(2024, 6, 3)
LAST_DAY = date(2024, 11, 29)
HOURS = Decimal("3.00")
GEMEENTE = "1916"


@dataclass(slots=True)
class School:
    """A school; `lessons` maps day to the morning lesson of its group."""

    bench: Bench
    organisation_id: UUID
    provider_id: UUID
    contract_id: UUID
    group_id: UUID
    lessons: dict[date, UUID]
    subject: UUID = field(default_factory=uuid4)

    @property
    def headers(self) -> dict[str, str]:
        """Of its teacher."""
        return self.bench.as_caller(
            roles={"teacher"},
            organisation_id=self.organisation_id,
            organisation_kind="taalschool",
            subject=self.subject,
        )

    @property
    def days(self) -> list[date]:
        """The days with a lesson that was held, the last first."""
        return sorted((day for day in self.lessons if day < date(2024, 11, 5)), reverse=True)

    async def send(self, rows: list[Any], **more: Any) -> Response:
        """Send a batch as JSON."""
        return await self.bench.client.post(BATCHES, json={"rows": rows, **more}, headers=self.headers)

    async def send_file(self, data: bytes, media: str = "text/csv", **headers: str) -> Response:
        """Send a file as the body."""
        return await self.bench.client.post(
            BATCHES, content=data, headers={**self.headers, "Content-Type": media, **headers}
        )

    async def get(self, path: str, **headers: str) -> Response:
        """Read something."""
        return await self.bench.client.get(path, headers={**self.headers, **headers})

    async def person(
        self,
        *,
        reference: str | None = None,
        id: UUID | None = None,
        group_id: UUID | None = None,
        referred_on: date = FIRST_DAY,
        ended_on: date | None = None,
        since: date = FIRST_DAY,
    ) -> UUID:
        """Somebody with a placement here and a chair in the group."""
        return (
            await self.people(
                1,
                references=[reference],
                ids=[id or uuid4()],
                group_id=group_id,
                referred_on=referred_on,
                ended_on=ended_on,
                since=since,
            )
        )[0]

    async def people(
        self,
        count: int,
        *,
        references: list[str | None] | None = None,
        ids: list[UUID] | None = None,
        group_id: UUID | None = None,
        referred_on: date = FIRST_DAY,
        ended_on: date | None = None,
        since: date = FIRST_DAY,
    ) -> list[UUID]:
        """Many of them."""
        made = ids or [uuid4() for _ in range(count)]
        async with self.bench.live.context.begin() as tx:
            for id_ in made:
                if await tx.get(Inburgeraar, id_) is None:
                    tx.add(
                        Inburgeraar(
                            id=id_,
                            law="wi2021",
                            group="statushouder",
                            gemeentecode=GEMEENTE,
                            executing_gemeentecode=GEMEENTE,
                        )
                    )
            await tx.flush()
            for number, id_ in enumerate(made):
                placement = Placement(
                    inburgeraar_id=id_,
                    gemeentecode=GEMEENTE,
                    provider_id=self.provider_id,
                    organisation_id=self.organisation_id,
                    contract_id=self.contract_id,
                    leerroute="b1",
                    payer="gemeente",
                    provider_reference=references[number] if references else None,
                    referred_on=referred_on,
                    start_due_on=referred_on + timedelta(days=28),
                    ended_on=ended_on,
                )
                tx.add(placement)
                await tx.flush()
                tx.add(
                    Membership(
                        group_id=group_id or self.group_id,
                        placement_id=placement.id,
                        inburgeraar_id=id_,
                        organisation_id=self.organisation_id,
                        gemeentecode=GEMEENTE,
                        level="a1",
                        since=since,
                    )
                )
        return made

    async def attendance(self, person: UUID) -> list[tuple[date, str, Decimal, int, str]]:
        """What is kept of somebody, by day."""
        rows = await self.bench.sql(
            "SELECT lesson_date, status, hours, version, approval FROM learning_routes.attendance "
            "WHERE inburgeraar_id = :person ORDER BY lesson_date",
            person=person,
        )
        return [tuple(row) for row in rows]


async def open_school(bench: Bench, *, unexcused_limit: int = 2) -> School:
    """Make a school with a contract, a group and a lesson on every working-day morning."""
    organisation = uuid4()
    async with bench.live.context.begin() as tx:
        provider = Provider(name="Echt Nederlands", routes=["b1"], organisation_id=organisation)
        tx.add(provider)
        await tx.flush()
        contract = Contract(
            provider_id=provider.id,
            organisation_id=organisation,
            gemeentecodes=[GEMEENTE],
            valid_from=date(2024, 1, 1),
        )
        tx.add(contract)
        await tx.flush()
        tx.add(
            ContractTerms(
                contract_id=contract.id,
                valid_from=date(2024, 1, 1),
                unexcused_limit=unexcused_limit,
                sickness_percent=Decimal(20),
                group_max=12,
                start_working_days=20,
                late_entry_months=2,
            )
        )
        group = LessonGroup(
            provider_id=provider.id,
            organisation_id=organisation,
            gemeentecode=GEMEENTE,
            leerroute="b1",
            level="a1",
        )
        tx.add(group)
        await tx.flush()
    school = School(bench, organisation, provider.id, contract.id, group.id, {})
    school.lessons = await plan_lessons(bench, school, group.id)
    return school


async def plan_lessons(
    bench: Bench, school: School, group_id: UUID, *, day_part: str = "morning"
) -> dict[date, UUID]:
    """Plan a lesson on every working day."""
    made: dict[date, UUID] = {}
    async with bench.live.context.begin() as tx:
        day = FIRST_DAY
        while day <= LAST_DAY:
            if day.isoweekday() < 6:
                lesson = Lesson(
                    group_id=group_id,
                    provider_id=school.provider_id,
                    organisation_id=school.organisation_id,
                    gemeentecode=GEMEENTE,
                    held_on=day,
                    day_part=day_part,
                    starts_at=time(9),
                    ends_at=time(12),
                    hours=HOURS,
                )
                tx.add(lesson)
                made[day] = lesson.id
            day += timedelta(days=1)
    return made


def row_of(person: UUID | None, day: date, status: str = "present", **more: Any) -> dict[str, Any]:
    """A row of a batch."""
    return {
        **({} if person is None else {"inburgeraarId": str(person)}),
        "lessonDate": day.isoformat(),
        "dayPart": "morning",
        "status": status,
        **more,
    }
