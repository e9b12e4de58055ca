# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""From rows to answers: what this caller sees of a person, and what is kept back."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from pydantic.alias_generators import to_camel

from chassis.access import Caller
from services.intake.actions import sealing
from services.intake.api.decisions import PipOut, PipSummary, TermOut
from services.intake.api.schemas import (
    AccessLine,
    ChangeOut,
    LeadOut,
    MoveOut,
    NameOut,
    PersonListed,
    PersonOut,
    VersionOut,
)
from services.intake.models import Inburgeraar, Move, PersonVersion, Pip
from services.intake.rules import clocks, sight
from services.intake.rules.identity import mask
from services.intake.rules.law import PermitType
from services.intake.rules.pip import early_start_warning, talks_warning
from services.intake.settings import Vault
from services.intake.store import persons

__all__ = [
    "access_line",
    "lead_out",
    "listed_out",
    "move_out",
    "name_out",
    "person_out",
    "pip_out",
    "version_out",
]


def person_out(held: persons.Dossier, pips: Sequence[Pip], caller: Caller, vault: Vault) -> PersonOut:
    """The person as this caller sees it."""
    person, name, identity = held.person, held.name, held.identity
    latest = pips[-1] if pips else None
    values: dict[str, Any] = {
        **{field: getattr(person, field, None) for field in sight.FIELDS},
        "group": person.group_code,
        "responsible_gemeentecode": person.gemeentecode,
        "given_names": name.given_names,
        "family_name": name.family_name,
        "pip": latest and PipSummary.model_validate(latest),
        "term": latest and TermOut.model_validate(clocks.term(latest.first_signed_on)),
    }
    if identity is not None:
        for field in sight.FIELDS:
            if field in type(identity).model_fields:
                values[field] = getattr(identity, field)
        for number in sealing.NUMBERS:
            # What is hidden is not decrypted either.
            if sight.shown(number, caller.roles) != "hidden":
                values[number] = sealing.number_of(identity, number, vault)
    kept_back = []
    for field in sight.FIELDS:
        how = sight.shown(field, caller.roles)
        if how == "full":
            continue
        kept_back.append(to_camel(field))
        values[field] = mask(values[field]) if how == "masked" and values[field] else None
    return PersonOut(id=person.id, version=person.version, hidden_fields=kept_back, **values)


def listed_out(row: persons.Listed) -> PersonListed:
    """A row of a list."""
    person, name = row.person, row.name
    return PersonListed(
        id=person.id,
        given_names=name.given_names,
        family_name=name.family_name,
        group=person.group_code,  # type: ignore[arg-type]  # the table holds the codes of the law only
        law=person.law,  # type: ignore[arg-type]  # same
        gemeentecode=person.gemeentecode,
        executing_gemeentecode=person.executing_gemeentecode,
        lead_member_id=person.lead_member_id,
        second_member_id=person.second_member_id,
        brp_on=person.brp_on,
        pip_due_on=person.pip_due_on,
        registered_at=person.registered_at,
    )


def name_out(row: persons.Listed) -> NameOut:
    """A name."""
    return NameOut(
        id=row.person.id,
        given_names=row.name.given_names,
        family_name=row.name.family_name,
        display_name=f"{row.name.given_names} {row.name.family_name}",
    )


def lead_out(person: Inburgeraar, member_id: UUID | None) -> LeadOut:
    """Who the work is with."""
    return LeadOut(
        inburgeraar_id=person.id,
        member_id=member_id,
        lead_member_id=person.lead_member_id,
        second_member_id=person.second_member_id,
    )


def move_out(row: Move) -> MoveOut:
    """A recorded move."""
    return MoveOut(
        id=row.id,
        inburgeraar_id=row.inburgeraar_id,
        gemeentecode=row.to_gemeentecode,
        from_gemeentecode=row.from_gemeentecode,
        executing_gemeentecode=row.to_executing_gemeentecode,
        registered_on=row.registered_on,
        recorded_at=row.recorded_at,
    )


def pip_out(row: Pip, person: Inburgeraar, talks_norm: int | None) -> PipOut:
    """One version of the PIP, and what is good to know about it."""
    term = clocks.term(row.first_signed_on)
    fields = {name: getattr(row, name, None) for name in PipOut.model_fields}
    permit = cast("PermitType", person.permit_type)
    early = (
        early_start_warning(row.signed_on, brp_on=person.brp_on, permit=permit) if row.version == 1 else None
    )
    few_talks = talks_warning(row.talks_planned, norm=talks_norm)
    warnings = [said for said in (early, few_talks) if said is not None]
    return PipOut.model_validate(
        {
            **fields,
            "warnings": warnings,
            "amends": row.amends_id,
            "term_starts_on": term.starts_on,
            "term_ends_on": term.ends_on,
        }
    )


def version_out(row: PersonVersion, caller: Caller, vault: Vault) -> VersionOut:
    """A recorded change as this caller sees it."""
    changes = []
    for field, (before, after) in sorted(sealing.open_changes(row, vault).items()):
        how = sight.shown(field, caller.roles)
        if how == "hidden":
            continue
        pair = [value if how == "full" or value is None else mask(value) for value in (before, after)]
        changes.append(ChangeOut(field=to_camel(field), before=pair[0], after=pair[1]))
    return VersionOut(
        version=row.version,
        kind=row.kind,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        changes=changes,
    )


def access_line(row: Any) -> AccessLine:
    """One line of the access log."""
    return AccessLine(
        id=row.id,
        at=row.at,
        actor_id=row.actor_id,
        actor_kind=row.actor_kind,
        organisation_id=row.organisation_id,
        roles=row.roles.split(","),
        operation=row.operation,
        name=row.name,
        activity=row.activity,
        purpose=row.purpose,
        agreement=row.agreement,
        gemeentecode=row.gemeentecode,
    )
