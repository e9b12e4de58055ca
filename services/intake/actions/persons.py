# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Register a person once, and correct what is known."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, cast
from uuid import UUID, uuid4

from chassis.access import Caller
from chassis.calendar import add_years
from chassis.db import Tx
from chassis.errors import FieldError, Problem
from contracts.access import Purpose
from contracts.intake import (
    InburgeraarCorrected,
    InburgeraarRegistered,
    InburgeraarState,
)
from services.intake.actions import clocks, judgement, sealing
from services.intake.errors import (
    AgreementMissing,
    CorrectionContradictsPip,
    GemeenteNotYours,
    NotFound,
    OnlyShortList,
    RefusedByLaw,
    StaleVersion,
)
from services.intake.models import (
    Inburgeraar,
    PersonIdentity,
    PersonName,
    PersonScope,
)
from services.intake.rules import law as law_rules
from services.intake.rules.identity import search_key
from services.intake.rules.law import Refusal
from services.intake.rules.parameters import RULE_VERSION
from services.intake.settings import Vault
from services.intake.store import colleagues, decisions, persons, retention

__all__ = [
    "absent",
    "change_person",
    "correct",
    "publish_state",
    "refuse",
    "register",
    "touch",
]

_YEARS_AHEAD = 2
"""How far ahead an announced day may lie: further is a slip of the pen."""
_DUTY = "Wet inburgering 2021 art. 3"

_CODES = ("permit_type", "obliged_on", "duo_notice_on", "brp_on")
_NAMES = ("given_names", "family_name")
_IDENTITY = (
    "birth_date",
    "gender",
    "phone",
    "email",
    "street",
    "house_number",
    "postal_code",
    "city",
    "language",
)


async def absent(tx: Tx, caller: Caller, inburgeraar_id: UUID) -> Problem:
    """Why a person is not in sight: another gemeente's, or one's own without an agreement.

    The answer is learned from the gemeente code alone, never from personal data.
    """
    code = await persons.gemeentecode_of(tx, inburgeraar_id)
    if code is None or code in caller.person_codes(tx.purpose):
        return NotFound("Deze inburgeraar is niet gevonden.")
    return tx.missing_agreement(code)


async def change_person(
    tx: Tx, caller: Caller, inburgeraar_id: UUID, *, of_short_list: bool = False
) -> Inburgeraar:
    """The person, locked for a change and noted in the access log.

    Args:
        tx: the transaction.
        caller: who changes.
        inburgeraar_id: the person.
        of_short_list: the change is also made when only the short list is left.

    Raises:
        NotFound, AgreementMissing: not in sight.
        OnlyShortList: the dossier was destroyed, and nothing may be added to what is left.
    """
    person = await persons.lock_person(tx, inburgeraar_id)
    if person is None:
        raise await absent(tx, caller, inburgeraar_id)
    tx.look(person.id, person.gemeentecode)
    end = await retention.duty_end(tx, person.id)
    if end is not None and end.reduced_at is not None and not of_short_list:
        raise OnlyShortList(
            "Het dossier van deze inburgeraar is vernietigd.", rule="Besluit inburgering 2021 art. 9.9"
        )
    return person


async def register(tx: Tx, caller: Caller, vault: Vault, facts: Mapping[str, Any]) -> persons.Dossier:
    """Register a person once, in the whole country.

    Args:
        tx: the transaction.
        caller: who registers; the gemeente of the person must be theirs to work for.
        vault: keys for the numbers.
        facts: the fields of `PersonIn`, snake case.

    Raises:
        RefusedByLaw: the group, the permit, the age or a day cannot be right.
        AgreementMissing, GemeenteNotYours: the gemeente is not the caller's to work for.
        PersonExists: the BSN or V-number belongs to somebody who is registered.
    """
    code = facts["gemeentecode"]
    if code not in caller.person_codes(Purpose.CASE_WORK):
        if code in caller.known_codes:
            raise AgreementMissing.naming(
                caller.missing_for(code, Purpose.CASE_WORK), purpose=Purpose.CASE_WORK
            )
        detail = f"U kunt niemand registreren voor gemeente {code}."
        raise GemeenteNotYours(detail, errors=[FieldError("not-yours", detail, pointer="/gemeentecode")])
    refuse(_facts_refusals(facts, today=tx.today))
    executing = await colleagues.executing_for(tx, code, caller.scopes[code].executing or code) or code
    person = Inburgeraar(
        id=uuid4(),
        version=1,
        group_code=facts["group"],
        gemeentecode=code,
        executing_gemeentecode=executing,
        registered_at=tx.now,
        registered_by=caller.subject,
        changed_at=tx.now,
        changed_by=caller.subject,
        law="",
        rights=[],
        duties=[],
        rule_version="",
        **{field: facts[field] for field in _CODES},
    )
    _derive(person)
    await publish_state(tx, person, InburgeraarRegistered)
    first = await clocks.reckon_first(tx, person)
    await tx.insert(person)
    name = PersonName(
        inburgeraar_id=person.id,
        gemeentecode=code,
        family_name_key=search_key(facts["family_name"]),
        **{field: facts[field] for field in _NAMES},
    )
    identity = PersonIdentity(inburgeraar_id=person.id, **{field: facts[field] for field in _IDENTITY})
    for number in sealing.NUMBERS:
        if facts[number] is not None:
            await sealing.claim(tx, number, facts[number], inburgeraar_id=person.id, vault=vault)
            sealing.set_number(identity, number, facts[number], vault)
    scope = PersonScope(inburgeraar_id=person.id, gemeentecode=code)
    changes = {field: (None, value) for field, value in facts.items() if value is not None}
    history = sealing.version_of(tx, person, "registered", changes, by=caller.subject, vault=vault)
    await tx.insert(name, identity, scope, history, *first)  # the policy of each asks for the person
    tx.look(person.id, code)
    return persons.Dossier(person, name, identity)


async def correct(
    tx: Tx,
    caller: Caller,
    vault: Vault,
    inburgeraar_id: UUID,
    *,
    expected: int,
    changes: Mapping[str, Any],
) -> persons.Dossier:
    """Correct facts about a person; what hangs on them is reckoned anew.

    Args:
        tx: the transaction.
        caller: who corrects.
        vault: keys for the numbers.
        inburgeraar_id: the person.
        expected: the version that the correction is based on.
        changes: the fields to change, snake case; None takes a value away.

    Raises:
        NotFound, AgreementMissing: not in sight.
        StaleVersion: somebody else changed the person first.
        RefusedByLaw, PersonExists: as at the registration.
        CorrectionContradictsPip: a signed PIP would become impossible.
    """
    person = await change_person(tx, caller, inburgeraar_id)
    if person.version != expected:
        raise StaleVersion(f"U wijzigt versie {expected}; intussen is er versie {person.version}.")
    held = await persons.dossier(tx, inburgeraar_id)
    if held is None or held.identity is None:
        raise NotFound("Deze inburgeraar is niet gevonden.")
    before: dict[str, Any] = {
        "group": person.group_code,
        **{field: getattr(person, field) for field in _CODES},
        **{field: getattr(held.name, field) for field in _NAMES},
        **{field: getattr(held.identity, field) for field in _IDENTITY},
        **{number: sealing.number_of(held.identity, number, vault) for number in sealing.NUMBERS},
    }
    changed = {field: (before[field], value) for field, value in changes.items() if before[field] != value}
    if not changed:
        return held
    after = {**before, **changes}
    refuse(_facts_refusals(after, today=tx.today))
    await _refuse_against_pips(tx, person, after)
    person.group_code = after["group"]
    for row, fields in ((person, _CODES), (held.name, _NAMES), (held.identity, _IDENTITY)):
        for field in fields:
            setattr(row, field, after[field])
    held.name.family_name_key = search_key(after["family_name"])
    for number in sealing.NUMBERS:
        if number in changed:
            await persons.release_number(tx, kind=sealing.NUMBERS[number][0], inburgeraar_id=person.id)
            if after[number] is not None:
                await sealing.claim(tx, number, after[number], inburgeraar_id=person.id, vault=vault)
            sealing.set_number(held.identity, number, after[number], vault)
    _derive(person)
    touch(person, tx, caller.subject)
    sealing.record(tx, person, "corrected", changed, by=caller.subject, vault=vault)
    await publish_state(tx, person, InburgeraarCorrected)
    await judgement.rejudge(tx, person)
    await clocks.reckon(tx, person)
    return held


def _derive(person: Inburgeraar) -> None:
    """Act, rights and duties, by the rules of today's text."""
    group = cast("law_rules.Group", person.group_code)
    permit = cast("law_rules.PermitType", person.permit_type)
    law = law_rules.law_for(person.obliged_on)
    person.law = law
    person.rights = list(law_rules.rights(law, group, permit))
    person.duties = list(law_rules.duties(law))
    person.rule_version = RULE_VERSION


def touch(person: Inburgeraar, tx: Tx, by: UUID) -> None:
    """Count a change of the person: the version of the next event, and the ETag."""
    person.version += 1
    person.changed_at = tx.now
    person.changed_by = by


async def publish_state(tx: Tx, person: Inburgeraar, kind: type[InburgeraarState]) -> None:
    """Publish the whole state of a person, under the person's present version."""
    event = kind.model_validate(
        {
            "inburgeraar_id": person.id,
            "law": person.law,
            "group": person.group_code,
            "permit_type": person.permit_type,
            "obliged_on": person.obliged_on,
            "responsible_gemeentecode": person.gemeentecode,
            "executing_gemeentecode": person.executing_gemeentecode,
        }
    )
    await tx.publish(event, aggregate_id=person.id, version=person.version, gemeentecode=person.gemeentecode)


def refuse(refusals: Iterable[Refusal]) -> None:
    """Raise what the law refuses, all at once.

    Raises:
        RefusedByLaw: there is at least one refusal.
    """
    found = list(refusals)
    if found:
        raise RefusedByLaw.of(found)


def _facts_refusals(facts: Mapping[str, Any], *, today: date) -> list[Refusal]:
    """What cannot be right in the facts about a person, all at once."""
    found = []
    if facts["birth_date"] > today:
        found.append(Refusal("birthDate", "in-future", "De geboortedatum ligt in de toekomst.", _DUTY))
    horizon = add_years(today, _YEARS_AHEAD)
    for field, wire in (("obliged_on", "obligedOn"), ("duo_notice_on", "duoNoticeOn"), ("brp_on", "brpOn")):
        if facts[field] is not None and facts[field] > horizon:
            detail = f"Deze dag ligt meer dan {_YEARS_AHEAD} jaar vooruit."
            found.append(Refusal(wire, "too-far-ahead", detail, _DUTY))
    group = law_rules.group_refusal(facts["group"], facts["permit_type"])
    notice = law_rules.notice_refusal(facts["obliged_on"], facts["duo_notice_on"])
    # An age is reckoned of plausible days only: a day in the year 9999 has no birthday after it.
    age = None if found else law_rules.age_refusal(facts["birth_date"], facts["obliged_on"])
    return [*found, *(refusal for refusal in (group, notice, age) if refusal is not None)]


async def _refuse_against_pips(tx: Tx, person: Inburgeraar, after: Mapping[str, Any]) -> None:
    """Refuse a day of the duty that a signed PIP rules out."""
    pips = await decisions.pips(tx, person.id, fetch=1)
    if not pips or after["obliged_on"] == person.obliged_on:
        return
    detail = None
    if law_rules.law_for(after["obliged_on"]) == "wi2013":
        detail = "Met deze datum geldt de Wet inburgering 2013, en daaronder bestaat geen PIP."
    elif after["obliged_on"] > pips[0].signed_on:
        detail = f"Met deze datum is het PIP van {pips[0].signed_on.isoformat()} van voor de plicht."
    if detail is not None:
        raise CorrectionContradictsPip(
            detail,
            errors=[FieldError("contradicts-pip", detail, pointer="/obligedOn")],
            rule="Wet inburgering 2021 art. 15 lid 1 en art. 54 lid 1",
        )
