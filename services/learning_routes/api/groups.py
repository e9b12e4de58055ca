# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Groups and who sits in them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from chassis.db import Tx
from chassis.errors import NotFound, ReferenceNotYetKnown
from chassis.schema import described
from chassis.web import (
    Count,
    Day,
    DayOrNone,
    Gemeentecode,
    HoursOrNone,
    Page,
    PagingDep,
    Router,
    Schema,
    ShortText,
    TxDep,
    problems,
)
from services.learning_routes import actions, rules, store
from services.learning_routes.api.declarations import PERSON_READERS, REGISTER_READERS, SCHOOL, education
from services.learning_routes.errors import (
    AlreadyEnded,
    AlreadyMember,
    ContractMissing,
    GroupFull,
    GroupInUse,
    LocationClosed,
    LocationDiffers,
    OutsideGroup,
    OutsidePlacement,
    RegisteredLater,
    RouteDiffers,
    RouteNotOffered,
)
from services.learning_routes.models import LessonGroup, Membership

router = Router()


class GroupFields(Schema):
    """Wat een groep is."""

    provider_id: UUID = described("De aanbieder; van uw eigen school.")
    leerroute: rules.Leerroute = described("De leerroute van de lessen.")
    level: rules.GroupLevel = described("Het niveau waarop de groep werkt.")
    gemeentecode: Gemeentecode = described("De gemeente waar de lessen zijn.")


class GroupPlanIn(Schema):
    """Wanneer een groep er is, en hoeveel plaatsen zij heeft. Wat ontbreekt, geldt niet meer."""

    starts_on: DayOrNone = described(
        "Eerste dag; met een dag in de toekomst is de groep aangekondigd. Leeg: de groep loopt al.",
        default=None,
    )
    ends_on: DayOrNone = described("Laatste dag; leeg als er geen einde is gepland.", default=None)
    chairs: Annotated[int, Field(ge=1, le=100, strict=True)] | None = described(
        "Zoveel plaatsen geeft de school; leeg: zoveel als het contract toestaat.", default=None
    )


class GroupIn(GroupFields, GroupPlanIn):
    """Een nieuwe groep."""

    name: ShortText | None = described("Naam van de groep.", default=None)
    pace: rules.Pace | None = described("Leertempo van de groep.", default=None)
    youth: bool = described("Een groep voor jongeren van 18 tot en met 23 jaar.", default=False, strict=True)
    evening: bool = described("Een avondgroep.", default=False, strict=True)
    location_id: UUID | None = described("De locatie waar de lessen zijn.", default=None)
    small_group: bool = described(
        "Een kleine groep voor de Z-route, waar de eigen gemeente te weinig deelnemers heeft.",
        default=False,
        strict=True,
    )


class GroupPlaceIn(Schema):
    """Waar een groep les heeft."""

    location_id: UUID = described("De locatie; van dezelfde aanbieder en in de gemeente van de groep.")
    small_group: bool = described(
        "Een kleine groep voor de Z-route, waar de eigen gemeente te weinig deelnemers heeft.",
        default=False,
        strict=True,
    )


class LevelCount(Schema):
    """Hoeveel deelnemers op een niveau werken."""

    level: rules.GroupLevel
    members: Count


class GroupOut(GroupFields):
    """Een groep, met de spreiding van de niveaus."""

    id: UUID
    organisation_id: UUID
    name: str | None
    pace: rules.Pace | None
    youth: bool
    evening: bool
    location_id: UUID | None = described("De locatie waar de lessen zijn; leeg als die niet is vastgelegd.")
    small_group: bool = described("Of het een kleine groep is in plaats van lessen in de eigen gemeente.")
    starts_on: DayOrNone = described("Eerste dag; leeg als de groep al liep voordat dat werd vastgelegd.")
    ends_on: DayOrNone = described("Laatste dag; leeg als er geen einde is gepland.")
    chairs: Count | None = described(
        "Zoveel plaatsen geeft de school; leeg: zoveel als het contract toestaat."
    )
    max_size: Count = described(
        "Zoveel deelnemers passen er in: wat de school geeft, volgens het contract, nooit meer dan 12."
    )
    members: Count = described("Deelnemers van nu die u mag zien.")
    levels: list[LevelCount]
    homogeneity: HoursOrNone = described(
        "Deel van de groep op het meest voorkomende niveau, 0 tot 1; leeg zonder deelnemers."
    )


class MembershipIn(Schema):
    """Een nieuwe deelnemer."""

    placement_id: UUID = described("De plaatsing van de inburgeraar bij uw school.")
    level: rules.GroupLevel | None = described(
        "Eigen niveau; dat van de groep als het ontbreekt.", default=None
    )
    since: DayOrNone = described("Eerste dag; de dag van de aanmelding als het ontbreekt.", default=None)


class MembershipEnd(Schema):
    """Het vertrek van een deelnemer."""

    until: DayOrNone = described("Laatste dag; vandaag als het ontbreekt.", default=None)


class MembershipOut(Schema):
    """Een deelnemer van een groep."""

    id: UUID
    group_id: UUID
    placement_id: UUID
    inburgeraar_id: UUID
    gemeentecode: Gemeentecode
    level: rules.GroupLevel
    since: Day
    until: DayOrNone


def _out(group: LessonGroup, levels: list[str], size: int) -> GroupOut:
    return GroupOut(
        **group.model_dump(),
        max_size=size,
        members=len(levels),
        levels=[
            LevelCount(level=level, members=levels.count(level))
            for level in rules.GroupLevel
            if level in levels
        ],
        homogeneity=rules.homogeneity(levels),
    )


async def _answer(tx: Tx, group: LessonGroup) -> GroupOut:
    levels = await store.levels_on(tx, [group.id], tx.today)
    return _out(group, levels[group.id], await actions.size_of(tx, group))


@router.post(
    "/groups",
    operation_id="makeGroup",
    summary="Een groep maken",
    status_code=201,
    response_model=GroupOut,
    responses=problems(
        ReferenceNotYetKnown, NotFound, RouteNotOffered, ContractMissing, LocationDiffers, LocationClosed
    ),
    openapi_extra=education(SCHOOL, "groep-beheren"),
)
async def make_group(body: GroupIn, tx: TxDep) -> GroupOut:
    """Maakt een groep van uw eigen school. Met een eerste dag in de toekomst kondigt u de groep aan."""
    group = await actions.make_group(
        tx,
        provider_id=body.provider_id,
        leerroute=body.leerroute,
        level=body.level,
        gemeentecode=body.gemeentecode,
        name=body.name,
        pace=body.pace,
        youth=body.youth,
        evening=body.evening,
        location_id=body.location_id,
        small_group=body.small_group,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        chairs=body.chairs,
    )
    return await _answer(tx, group)


@router.get(
    "/groups",
    operation_id="listGroups",
    summary="Groepen",
    response_model=Page[GroupOut],
    openapi_extra=education(REGISTER_READERS, "groep-raadplegen"),
)
async def list_groups(
    tx: TxDep,
    paging: PagingDep,
    provider_id: Annotated[
        UUID | None, Query(alias="providerId", description="Alleen van deze aanbieder.")
    ] = None,
    gemeentecode: Annotated[
        Gemeentecode | None, Query(description="Alleen met lessen in deze gemeente.")
    ] = None,
    leerroute: Annotated[rules.Leerroute | None, Query(description="Alleen van deze leerroute.")] = None,
    level: Annotated[rules.GroupLevel | None, Query(description="Alleen van dit niveau.")] = None,
) -> object:
    """De groepen van uw school, of van de scholen waarmee uw gemeente een contract heeft."""
    rows = await store.groups_page(
        tx,
        provider_id=provider_id,
        gemeentecode=gemeentecode,
        leerroute=leerroute,
        level=level,
        after=paging.after_id,
        limit=paging.fetch,
    )
    shown = rows[: paging.size]
    levels = await store.levels_on(tx, [row.id for row in shown], tx.today)
    sizes = await actions.sizes_of(tx, shown)
    return paging.page(
        rows, key=lambda row: (row.id,), item=lambda row: _out(row, levels[row.id], sizes[row.id])
    )


@router.get(
    "/groups/{groupId}",
    operation_id="readGroup",
    summary="Een groep",
    response_model=GroupOut,
    responses=problems(NotFound),
    openapi_extra=education(REGISTER_READERS, "groep-raadplegen"),
)
async def read_group(groupId: UUID, tx: TxDep) -> GroupOut:  # noqa: N803 - as in the path
    """Een groep met de spreiding van de niveaus."""
    return await _answer(tx, await actions.visible_group(tx, groupId))


@router.put(
    "/groups/{groupId}/location",
    operation_id="placeGroup",
    summary="Vastleggen waar een groep les heeft",
    response_model=GroupOut,
    responses=problems(NotFound, ReferenceNotYetKnown, LocationDiffers, LocationClosed),
    openapi_extra=education(SCHOOL, "groep-beheren"),
)
async def place_group(groupId: UUID, body: GroupPlaceIn, tx: TxDep) -> GroupOut:  # noqa: N803 - as in the path
    """Geeft een groep van uw school een locatie. De lessen die zijn gepland moeten daar kunnen."""
    group = await actions.place_group(
        tx, group_id=groupId, location_id=body.location_id, small_group=body.small_group
    )
    return await _answer(tx, group)


@router.put(
    "/groups/{groupId}/plan",
    operation_id="planGroup",
    summary="De dagen en plaatsen van een groep aankondigen",
    response_model=GroupOut,
    responses=problems(NotFound, GroupInUse),
    openapi_extra=education(SCHOOL, "groep-beheren"),
)
async def plan_group(groupId: UUID, body: GroupPlanIn, tx: TxDep) -> GroupOut:  # noqa: N803 - as in the path
    """Kondigt aan wanneer een groep van uw school begint en stopt, en hoeveel plaatsen er zijn."""
    group = await actions.plan_group(
        tx, group_id=groupId, starts_on=body.starts_on, ends_on=body.ends_on, chairs=body.chairs
    )
    return await _answer(tx, group)


@router.post(
    "/groups/{groupId}/memberships",
    operation_id="addMember",
    summary="Een deelnemer in een groep zetten",
    status_code=201,
    response_model=MembershipOut,
    responses=problems(
        NotFound, GroupFull, AlreadyMember, RouteDiffers, AlreadyEnded, OutsidePlacement, OutsideGroup
    ),
    openapi_extra=education(SCHOOL, "groep-indelen"),
)
async def add_member(groupId: UUID, body: MembershipIn, tx: TxDep) -> Membership:  # noqa: N803 - as in the path
    """Geeft een inburgeraar een plaats in de groep, zolang er plaats is."""
    return await actions.add_member(
        tx, group_id=groupId, placement_id=body.placement_id, level=body.level, since=body.since
    )


@router.get(
    "/groups/{groupId}/memberships",
    operation_id="listMembers",
    summary="De deelnemers van een groep",
    response_model=Page[MembershipOut],
    responses=problems(NotFound),
    openapi_extra=education(PERSON_READERS, "groep-raadplegen"),
)
async def list_members(groupId: UUID, tx: TxDep, paging: PagingDep) -> object:  # noqa: N803 - as in the path
    """De deelnemers van nu die u mag zien."""
    await actions.visible_group(tx, groupId)
    rows = await store.members_page(tx, groupId, day=tx.today, after=paging.after_id, limit=paging.fetch)
    for row in rows[: paging.size]:
        tx.look(row.inburgeraar_id, row.gemeentecode)
    return paging.page(rows, key=lambda row: (row.id,), item=MembershipOut.model_validate)


@router.post(
    "/memberships/{membershipId}/end",
    operation_id="endMembership",
    summary="Een deelnemer uit een groep halen",
    response_model=MembershipOut,
    responses=problems(NotFound, AlreadyEnded, RegisteredLater),
    openapi_extra=education(SCHOOL, "groep-indelen"),
)
async def end_membership(membershipId: UUID, body: MembershipEnd, tx: TxDep) -> Membership:  # noqa: N803 - as in the path
    """Legt de laatste dag van een deelnemer in de groep vast. De plaats komt daarmee vrij."""
    return await actions.end_membership(tx, membership_id=membershipId, until=body.until)
