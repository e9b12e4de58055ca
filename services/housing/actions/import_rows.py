# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a row of a file does: a household linked, changed or unlinked; a dwelling offered or corrected.

The same row again changes nothing. A row is one household or dwelling, named by its reference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from chassis.db import Tx
from chassis.errors import InvalidInput
from services.housing.actions.consents import change_expectation, expect_family
from services.housing.actions.dwellings import (
    Offer,
    check_shared,
    corporation_for,
    most_persons,
    offer_dwelling,
    stay_of,
)
from services.housing.actions.households import (
    Link,
    Member,
    change_household,
    change_size,
    link_household,
)
from services.housing.actions.members import know_member
from services.housing.actions.unlinking import unlink_household
from services.housing.errors import DwellingInUse, HouseholdEnded, on_day
from services.housing.models import Dwelling, Household
from services.housing.rules.codes import (
    DwellingKind,
    DwellingStatus,
    HouseholdStatus,
    MemberKind,
    UnlinkReason,
)
from services.housing.store import dwellings, households, matches

__all__ = ["Gone", "RowDone", "enter_dwelling", "enter_household", "gone_of"]

Gone = Mapping[households.Named, UUID]
"""The households that an uitruil took, by how a row names them."""


_AS_TVS = "Zo staat het nu in TVS."
"""Why a number of expected family is another one, where a file says so."""


@dataclass(frozen=True, slots=True)
class RowDone:
    """What became of a row: `accepted`, `corrected` or `unchanged`, and the id of what it is about."""

    outcome: str
    subject: UUID
    unlinked: bool = False  # the row ended the link of a household


async def gone_of(tx: Tx, rows: Sequence[Mapping[str, Any]], *, gemeentecode: str | None) -> Gone:
    """Ask at once, for a part of a file, which of its households an uitruil took from a gemeente of the caller.

    A row that names a gemeente of somebody else is left to be refused.
    """
    own = tx.acting.person_codes(tx.purpose)
    named = [one for row in rows if (one := _named(row, gemeentecode)) is not None]
    return await households.gone_by_exchange(tx, {one for one in named if one.gemeentecode in own})


def _named(values: Mapping[str, Any], gemeentecode: str | None) -> households.Named | None:
    code, reference = values.get("gemeentecode") or gemeentecode, values.get("reference")
    if code is None or reference is None or values.get("linkedOn") is None:
        return None
    return households.Named(str(code), str(reference), _day(values))


async def enter_household(tx: Tx, values: dict[str, Any], *, gemeentecode: str | None, gone: Gone) -> RowDone:
    """Enter a row of TVS; `gone` are the households that an uitruil took.

    Raises:
        Problem: why the row cannot be entered.
    """
    code = values.get("gemeentecode") or gemeentecode
    if code is None:
        raise InvalidInput.on("/gemeentecode", "Noem de gemeente van de koppeling.", code="required")
    if values.get("unlinkedOn") is not None and values.get("status") != "unlinked":
        raise InvalidInput.on(
            "/status", "Bij een ontkoppeldatum hoort status 'ontkoppeld'.", code="contradicts"
        )
    reference = str(values["reference"])
    known = (await households.by_reference(tx, code, [reference])).get(reference)
    elsewhere = None if known is not None else gone.get(households.Named(code, reference, _day(values)))
    if elsewhere is not None:
        return RowDone("unchanged", elsewhere)  # an uitruil took it, and TVS goes on to name it for a while
    if known is None or _linked_anew(known, values):
        household = await _link(tx, values, code, reference)
        done = "accepted"
    else:
        household = known
        done = await _change(tx, known, values)
        if await _name_members(tx, known, values) | await _change_family(tx, known, values):
            done = "corrected"
    unlinked = values.get("status") == "unlinked" and await _unlink(tx, household, values)
    return RowDone("corrected" if unlinked and done == "unchanged" else done, household.id, unlinked)


def _day(values: Mapping[str, Any]) -> date:
    """The day of the link."""
    return date.fromisoformat(values["linkedOn"])


def _linked_anew(known: Household, values: dict[str, Any]) -> bool:
    """Whether a row links a household again whose link ended.

    Raises:
        InvalidInput: it would, on a day on which the former link still held.
    """
    if known.unlinked_on is None or values.get("status") == "unlinked":
        return False
    if _day(values) < known.unlinked_on:
        raise InvalidInput.on(
            "/linkedOn",
            f"De koppeling met dit kenmerk is beëindigd op {on_day(known.unlinked_on)}; "
            "een nieuwe koppeling kan niet eerder beginnen.",
            code="before-unlinked",
        )
    return True


async def _link(tx: Tx, values: dict[str, Any], code: str, reference: str) -> Household:
    persons = [UUID(one) for one in values.get("inburgeraarIds") or ()]
    adults, children = int(values["adults"]), int(values.get("children") or 0)
    if len(persons) > adults + children:
        raise InvalidInput.on(
            "/inburgeraarIds", "Dit zijn meer personen dan het huishouden telt.", code="above-most"
        )
    kinds = [MemberKind.ADULT] * adults + [MemberKind.CHILD] * children
    named: list[UUID | None] = [*persons, *[None] * (len(kinds) - len(persons))]
    household = await link_household(
        tx,
        Link(
            gemeentecode=code,
            linked_on=_day(values),
            members=[Member(kind, None, person) for kind, person in zip(kinds, named, strict=True)],
            reference=reference,
            source="tvs",
            facts={"needs_accessible": bool(values.get("needsAccessible"))},
            counted_at="/adults",
        ),
    )
    if values.get("reunionPersons"):
        await _expect_family(tx, household, values)
    return household


async def _change(tx: Tx, household: Household, values: dict[str, Any]) -> str:
    """Bring a known household in line with the row; who is housed keeps its size."""
    changes: dict[str, Any] = {}
    linked_on = _day(values)
    if linked_on != household.linked_on:
        changes["linked_on"] = linked_on
    wanted = values.get("needsAccessible")
    if wanted is not None and wanted != household.needs_accessible:
        changes["needs_accessible"] = wanted
    adults = int(values["adults"])
    children = int(values["children"]) if values.get("children") is not None else household.children
    size = (adults, children)
    resized = size != (household.adults, household.children)
    if not changes and not resized:
        return "unchanged"
    if household.status in {HouseholdStatus.HOUSED, HouseholdStatus.UNLINKED}:
        raise HouseholdEnded.on(
            "/reference", "Dit huishouden is al gehuisvest of ontkoppeld.", code="household-ended"
        )
    if changes:
        await change_household(tx, household_id=household.id, expected_version=None, changes=changes)
    if resized:
        await change_size(tx, household, adults=adults, children=children)
    return "corrected"


async def _change_family(tx: Tx, household: Household, values: dict[str, Any]) -> bool:
    """Bring the family that is expected in line with the row; who came already, or no longer comes, stays so."""
    persons = values.get("reunionPersons")
    if not persons or household.status == HouseholdStatus.UNLINKED:
        return False
    on = None if values.get("reunionExpectedOn") is None else date.fromisoformat(values["reunionExpectedOn"])
    every = await households.all_reunions(tx, household.id)
    if any(one.persons == persons and on in {None, one.expected_on} for one in every):
        return False
    expected = [one for one in every if one.arrived_on is None and one.withdrawn_on is None]
    if len(expected) > 1:
        raise InvalidInput.on(
            "/reunionPersons",
            "Dit huishouden verwacht meer dan eens gezin. Wijzig dat bij het huishouden zelf.",
            code="several-reunions",
        )
    if expected:
        changes = {
            "persons": persons,
            "adults": min(expected[0].adults, persons),
            "expected_on": on,
            "reason": _AS_TVS,
        }
        await change_expectation(
            tx,
            household_id=household.id,
            reunion_id=expected[0].id,
            expected_version=household.version,
            changes=changes,
        )
        return True
    await _expect_family(tx, household, values)
    return True


async def _expect_family(tx: Tx, household: Household, values: dict[str, Any]) -> None:
    if values.get("reunionExpectedOn") is None:
        raise InvalidInput.on("/reunionExpectedOn", "Noem wanneer de nareis wordt verwacht.", code="required")
    await expect_family(
        tx,
        household_id=household.id,
        persons=int(values["reunionPersons"]),
        adults=0,
        expected_on=date.fromisoformat(values["reunionExpectedOn"]),
        granted_on=None,
    )


async def _name_members(tx: Tx, household: Household, values: dict[str, Any]) -> bool:
    """Say of a known household whom the row names; whom the chain knows of it already stays."""
    wanted = [UUID(one) for one in values.get("inburgeraarIds") or ()]
    if not wanted or household.status == HouseholdStatus.UNLINKED:
        return False
    members = (await households.members_of(tx, [household.id])).get(household.id, [])
    known = {member.inburgeraar_id for member in members}
    unknown = [member for member in members if member.inburgeraar_id is None]
    named = [person for person in wanted if person not in known]
    if len(named) > len(unknown):
        raise InvalidInput.on(
            "/inburgeraarIds",
            f"Van dit huishouden kan nog van {len(unknown)} leden worden gezegd wie het zijn.",
            code="above-most",
        )
    for member, person in zip(unknown, named, strict=False):
        await know_member(
            tx,
            household_id=household.id,
            member_id=member.id,
            inburgeraar_id=person,
            expected_version=household.version,
        )
    return bool(named)


async def _unlink(tx: Tx, household: Household, values: dict[str, Any]) -> bool:
    if values.get("unlinkedOn") is None:
        raise InvalidInput.on("/unlinkedOn", "Noem de dag van de ontkoppeling.", code="required")
    on = date.fromisoformat(values["unlinkedOn"])
    if household.status == HouseholdStatus.UNLINKED and household.unlinked_on == on:
        return False
    reason = UnlinkReason(values.get("unlinkReason") or UnlinkReason.OTHER_GEMEENTE)
    await unlink_household(tx, household_id=household.id, unlinked_on=on, reason=reason)
    return True


async def enter_dwelling(tx: Tx, values: dict[str, Any], *, corporation_id: UUID | None) -> RowDone:
    """Enter a row of a corporation's list.

    Raises:
        Problem: why the row cannot be entered.
    """
    corporation = await corporation_for(tx, corporation_id)
    reference = str(values["reference"])
    known = await dwellings.by_reference(tx, corporation.id, reference)
    if known is None:
        _check_numbers(values)
        made = await offer_dwelling(tx, _offer(values, corporation.id, reference))
        return RowDone("accepted", made.id)
    return RowDone(await _correct(tx, known, values), known.id)


def _check_numbers(values: dict[str, Any]) -> None:
    for field in ("rooms", "sizeM2", "minPersons", "maxPersons"):
        if values.get(field) == 0:
            raise InvalidInput.on(f"/{field}", "Dit aantal is 1 of meer.", code="invalid-count")


def _offer(values: dict[str, Any], corporation_id: UUID, reference: str) -> Offer:
    kind = values.get("kind")
    return Offer(
        gemeentecode=values.get("gemeentecode"),
        quarter=str(values["quarter"]),
        rooms=int(values["rooms"]),
        size_m2=int(values["sizeM2"]),
        rent_cents=int(values["rentCents"]),
        available_from=date.fromisoformat(values["availableFrom"]),
        corporation_id=corporation_id,
        reference=reference,
        kind=None if kind is None else DwellingKind(kind),
        min_persons=values.get("minPersons"),
        max_persons=values.get("maxPersons"),
        accessible=bool(values.get("accessible")),
        max_stay_months=values.get("maxStayMonths"),
        share_slots=int(values.get("shareSlots") or 0),
    )


def _terms(dwelling: Dwelling, kind: DwellingKind, values: dict[str, Any]) -> dict[str, int]:
    """How long people may stay and how many share it, after a row; what the row does not tell stays."""
    stay, slots = values.get("maxStayMonths"), values.get("shareSlots")
    if stay is None and kind == dwelling.kind:
        stay = dwelling.max_stay_months
    fewest = dwelling.share_min
    if slots is not None and slots != dwelling.share_slots:
        fewest = min(2, slots)
    slots = dwelling.share_slots if slots is None else slots
    if (kind, slots) != (dwelling.kind, dwelling.share_slots):
        check_shared(kind, slots)
    return {"max_stay_months": stay_of(kind, stay), "share_slots": slots, "share_min": fewest}


async def _correct(tx: Tx, dwelling: Dwelling, values: dict[str, Any]) -> str:
    """Bring a known dwelling in line with the row, as long as it is on offer."""
    _check_numbers(values)
    quarter = await dwellings.quarter_named(tx, dwelling.gemeentecode, str(values["quarter"]))
    kind = DwellingKind(values.get("kind") or dwelling.kind)
    rooms = int(values["rooms"])
    wanted: dict[str, Any] = {
        "quarter_id": quarter.id,
        "rooms": rooms,
        "size_m2": int(values["sizeM2"]),
        "rent_cents": int(values["rentCents"]),
        "available_from": date.fromisoformat(values["availableFrom"]),
        "kind": kind.value,
        "max_persons": values.get("maxPersons")
        or (dwelling.max_persons if rooms == dwelling.rooms else most_persons(kind, rooms)),
        "min_persons": values.get("minPersons") or dwelling.min_persons,
        **_terms(dwelling, kind, values),
    }
    if values.get("accessible") is not None:
        wanted["accessible"] = values["accessible"]
    if int(wanted["min_persons"]) > int(wanted["max_persons"]):
        raise InvalidInput.on(
            "/minPersons",
            f"Dit is meer dan de {wanted['max_persons']} die er ten hoogste in kunnen.",
            code="above-most",
        )
    changed = {name: value for name, value in wanted.items() if getattr(dwelling, name) != value}
    if not changed:
        return "unchanged"
    if dwelling.status != DwellingStatus.OFFERED:
        raise DwellingInUse.on(
            "/reference", "Deze woning is al gematcht, verhuurd of teruggenomen.", code="dwelling-in-use"
        )
    if not changed.keys().isdisjoint({"share_slots", "max_stay_months"}) and (
        dwelling.kept_places or await matches.sharers(tx, dwelling.id)
    ):
        raise DwellingInUse.on(
            "/reference",
            "Een deel van deze woning is gematcht of bewoond: delen en verblijf liggen vast.",
            code="dwelling-in-use",
        )
    for name, value in changed.items():
        setattr(dwelling, name, value)
    dwelling.version += 1
    await tx.flush()
    return "corrected"
