# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can be done with the register. Each function is one use case in one transaction."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError

from chassis.access import Caller
from chassis.db import Tx
from chassis.errors import FieldError, Forbidden, InvalidInput, NotFound, ReferenceNotYetKnown, StaleVersion
from contracts.access import OrganisationKind, Role
from contracts.gateway import PolicySet
from gateway import notices, rules, store
from gateway.errors import MandateOverlaps, NameTaken, NotAGemeente
from gateway.models import Agreement, Client, LocalPolicy, Mandate, Member, Organisation, RateLimit
from gateway.policies import POLICY_KEYS, fault_of

__all__ = [
    "add_agreement",
    "add_client",
    "add_mandate",
    "add_member",
    "add_organisation",
    "add_rate_limit",
    "change",
    "find",
    "set_policy",
    "visible_members",
]

_NAMES = {
    "organisation_slug_key": ("/slug", "Er is al een organisatie met deze korte naam."),
    "organisation_gemeentecode_key": ("/gemeentecode", "Er is al een organisatie met deze gemeentecode."),
    "organisation_pkey": ("/id", "Er is al een organisatie met dit id."),
    "member_name_key": ("/name", "Er is al iemand met deze inlognaam."),
    "member_pkey": ("/id", "Er is al iemand met dit id."),
    "member_account": ("/subject", "Dit account hoort al bij iemand anders."),
    "client_client_id_key": ("/clientId", "Er is al een systeem met dit client id."),
    "client_pkey": ("/id", "Er is al een systeem met dit id."),
    "client_account": ("/subject", "Dit account hoort al bij een ander systeem."),
    "mandate_pkey": ("/id", "Er is al een mandaat met dit id."),
    "agreement_pkey": ("/id", "Er is al een overeenkomst met dit id."),
    "local_policy_day": ("/validFrom", "Voor deze dag is deze keuze al vastgelegd."),
}


async def add_organisation(tx: Tx, values: Mapping[str, Any]) -> Organisation:
    """Register a party of the chain."""
    kinds = [str(kind) for kind in values["kinds"]]
    if (OrganisationKind.GEMEENTE in kinds) != (values["gemeentecode"] is not None):
        raise InvalidInput.on(
            "/gemeentecode", "Een gemeente heeft een gemeentecode, een andere organisatie niet."
        )
    row = Organisation(
        **{**values, "kinds": kinds, "id": values["id"] or uuid4()}, version=1, created_at=tx.now
    )
    await _save(tx, row)
    return row


async def add_member(tx: Tx, values: Mapping[str, Any]) -> Member:
    """Register a person who works for an organisation."""
    await _organisation(tx, values["organisation_id"], "/organisationId")
    _check_account(values)
    row = Member(
        **{**values, "id": values["id"] or uuid4(), "roles": _texts(values["roles"])},
        active=True,
        version=1,
        created_at=tx.now,
    )
    await _save(tx, row)
    await notices.publish_members(tx)
    return row


async def add_client(tx: Tx, values: Mapping[str, Any]) -> Client:
    """Register a system of an organisation. It proves itself with a key; secrets are not taken."""
    await _organisation(tx, values["organisation_id"], "/organisationId")
    _check_account(values)
    row = Client(
        **{**values, "id": values["id"] or uuid4(), "roles": _texts(values["roles"])},
        secret_hash=None,
        active=True,
        version=1,
        created_at=tx.now,
    )
    await _save(tx, row)
    return row


async def add_mandate(tx: Tx, values: Mapping[str, Any]) -> Mandate:
    """Register that a gemeente has tasks executed by another one.

    A task of a gemeente is executed by one gemeente at a time, so the gemeente is locked first.
    """
    code, other = values["mandating_code"], values["executing_code"]
    if code == other:
        raise InvalidInput.on("/executingGemeentecode", "Een gemeente mandateert een andere gemeente.")
    _check_period(values["valid_from"], values["valid_until"])
    if await store.lock_gemeente(tx, code) is None:
        raise _no_gemeente("/mandatingGemeentecode", code)
    if await store.gemeente(tx, other) is None:
        raise _no_gemeente("/executingGemeentecode", other)
    row = Mandate(
        **{**values, "id": values["id"] or uuid4(), "tasks": _texts(values["tasks"])},
        version=1,
        created_at=tx.now,
    )
    await _check_tasks_free(tx, row)
    await _save(tx, row)
    await notices.publish_scopes(tx)
    return row


async def add_agreement(tx: Tx, values: Mapping[str, Any]) -> Agreement:
    """Register what an organisation lets another see, of whom and for what."""
    if values["provider_id"] == values["receiver_id"]:
        raise InvalidInput.on("/receiverId", "Een overeenkomst heeft twee verschillende partijen.")
    _check_period(values["valid_from"], values["valid_until"])
    await _organisation(tx, values["provider_id"], "/providerId")
    await _organisation(tx, values["receiver_id"], "/receiverId")
    for place, code in enumerate(values["gemeentecodes"]):
        if await store.gemeente(tx, code) is None:
            raise _no_gemeente(f"/gemeentecodes/{place}", code)
    row = Agreement(
        **{
            **values,
            "id": values["id"] or uuid4(),
            "purposes": _texts(values["purposes"]),
            "gemeentecodes": _texts(values["gemeentecodes"]),
            "tasks": _texts(values["tasks"]),
        },
        version=1,
        created_at=tx.now,
    )
    await _save(tx, row)
    await notices.publish_scopes(tx)
    return row


async def add_rate_limit(tx: Tx, values: Mapping[str, Any]) -> RateLimit:
    """Record how fast somebody may go in a period. Of several for the same, the one that began last counts."""
    _check_period(values["valid_from"], values["valid_until"])
    subject = values["subject"]
    if subject is not None and values["kind"] == "gemeente":
        if await store.gemeente(tx, subject) is None:
            raise _no_gemeente("/subject", subject)
    elif subject is not None:
        known = Organisation if values["kind"] == "organisation" else None
        try:
            key = UUID(subject)
        except ValueError as fault:
            raise InvalidInput.on(
                "/subject", "Geef het id van het lid, het systeem of de organisatie."
            ) from fault
        if known is not None:
            await _organisation(tx, key, "/subject")
        elif await store.name_of(tx, key) is None:
            raise InvalidInput.on("/subject", "Dit lid of systeem is niet bekend.")
        values = {**values, "subject": str(key)}
    row = RateLimit(**{**values, "id": uuid4()}, version=1, created_at=tx.now)
    await _save(tx, row)
    return row


async def set_policy(tx: Tx, caller: Caller, values: Mapping[str, Any]) -> LocalPolicy:
    """Record a choice of a gemeente from a day on. Earlier choices stay readable."""
    code, key, value = values["gemeentecode"], values["key"], values["value"]
    if not caller.has_role(Role.ADMINISTRATOR) and caller.gemeentecode != code:
        raise Forbidden("U legt alleen het beleid van uw eigen gemeente vast.")
    if key not in POLICY_KEYS:
        raise InvalidInput.on(
            "/key", f"Onbekende keuze. Bekend zijn: {', '.join(POLICY_KEYS)}.", code="unknown-key"
        )
    if (fault := fault_of(key, value)) is not None:
        raise InvalidInput.on("/value", f"De waarde {fault}.")
    if await store.gemeente(tx, code) is None:
        raise _no_gemeente("/gemeentecode", code)
    row = LocalPolicy(**{**values, "id": uuid4()}, recorded_by=caller.subject, version=1, created_at=tx.now)
    await _save(tx, row)
    await tx.publish(
        PolicySet(
            policy_id=row.id,
            gemeentecode=code,
            policy_key=key,
            value=value,
            valid_from=row.valid_from,
        ),
        aggregate_id=row.id,
        version=row.version,
        gemeentecode=code,
    )
    return row


async def find(tx: Tx, model: type[store.Row], key: UUID) -> store.Row:
    """The row with this id.

    Raises:
        NotFound: there is none, or it is not for the caller.
    """
    row = await store.find(tx, model, key)
    if row is None:
        raise NotFound("Er is niets met dit id.")
    return row


async def change(
    tx: Tx, model: type[store.Row], key: UUID, expected: int, changes: Mapping[str, Any]
) -> store.Row:
    """Change fields of a row that nobody changed since it was read.

    Raises:
        NotFound: there is no such row.
        StaleVersion: somebody else was first.
    """
    row = await store.find(tx, model, key)
    if isinstance(row, Mandate):
        await store.lock_gemeente(tx, row.mandating_code)  # the same order as when one is added
    row = await store.find(tx, model, key, lock=True)
    if row is None:
        raise NotFound("Er is niets met dit id.")
    if row.version != expected:
        raise StaleVersion("Iemand anders heeft dit intussen gewijzigd.")
    for name, value in changes.items():
        setattr(row, name, _texts(value) if name == "roles" else value)
    if isinstance(row, Member | Client):
        _check_account({"issuer": row.issuer, "subject": row.subject})
    if isinstance(row, Mandate | Agreement | RateLimit):
        _check_period(row.valid_from, row.valid_until)
    if isinstance(row, Mandate):
        await _check_tasks_free(tx, row)
    row.version += 1
    await _save(tx, row)
    if isinstance(row, Mandate | Agreement):
        await notices.publish_scopes(tx)
    if isinstance(row, Member):
        await notices.publish_members(tx)
    return row


async def visible_members(tx: Tx, caller: Caller) -> frozenset[UUID] | None:
    """The organisations whose members the caller may list; None: all.

    People of a gemeente see their own colleagues and those of the gemeenten that they work with
    under a mandate today, so that a lead consulent can be chosen.
    """
    if caller.has_role(Role.ADMINISTRATOR):
        return None
    found = {caller.organisation_id}
    if caller.gemeentecode is not None:
        register = await store.register(tx)
        for code in rules.partners(register, caller.gemeentecode, tx.today):
            partner = register.gemeente(code)
            if partner is not None:
                found.add(partner.id)
    return frozenset(found)


async def _check_tasks_free(tx: Tx, row: Mandate) -> None:
    earlier = await store.mandates_of(tx, row.mandating_code)
    taken = rules.overlapping_tasks(earlier, store.mandate_of(row))
    if taken:
        raise MandateOverlaps(
            f"In deze periode zijn al gemandateerd: {', '.join(sorted(taken))}.",
            errors=[
                FieldError(
                    code="mandate-overlaps", detail="Deze taken zijn al gemandateerd.", pointer="/tasks"
                )
            ],
        )


async def _organisation(tx: Tx, key: UUID, pointer: str) -> Organisation:
    row = await store.find(tx, Organisation, key)
    if row is None:
        detail = "Deze organisatie is niet bekend."
        raise ReferenceNotYetKnown(
            detail, errors=[FieldError(code="reference-not-yet-known", detail=detail, pointer=pointer)]
        )
    return row


def _no_gemeente(pointer: str, code: str) -> NotAGemeente:
    detail = f"Gemeente {code} is niet als organisatie geregistreerd."
    return NotAGemeente(detail, errors=[FieldError(code="not-a-gemeente", detail=detail, pointer=pointer)])


def _check_period(valid_from: date, valid_until: date | None) -> None:
    if valid_until is not None and valid_until < valid_from:
        raise InvalidInput.on("/validUntil", "De laatste dag ligt voor de eerste.")


def _check_account(values: Mapping[str, Any]) -> None:
    if (values["issuer"] is None) != (values["subject"] is None):
        raise InvalidInput.on("/subject", "Geef 'issuer' en 'subject' samen, of geen van beide.")


def _texts(values: Any) -> list[str]:
    """Each value once, as text, in order."""
    return sorted({str(value) for value in values})


async def _save(tx: Tx, row: Any) -> None:
    tx.add(row)
    try:
        await tx.flush()
    except IntegrityError as fault:
        constraint = getattr(getattr(fault.orig, "__cause__", None), "constraint_name", None)
        if constraint not in _NAMES:
            raise
        pointer, detail = _NAMES[constraint]
        raise NameTaken(
            detail, errors=[FieldError(code="name-taken", detail=detail, pointer=pointer)]
        ) from fault
