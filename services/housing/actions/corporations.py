# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Corporations, the rules by which they let, and what they agreed to deliver."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from chassis.db import Tx
from chassis.errors import Forbidden, InvalidInput, NotFound, Problem, StaleVersion
from contracts.access import Role
from services.housing.actions.visibility import check_acts, check_sees
from services.housing.errors import AgreementExists, CorporationExists
from services.housing.models import Corporation, CorporationRule, PerformanceAgreement
from services.housing.rules.codes import CorporationRuleKind
from services.housing.store import corporations
from services.housing.store.turns import take_turn

__all__ = [
    "add_rule",
    "change_agreement",
    "change_corporation",
    "end_rule",
    "known_corporation",
    "make_agreement",
    "register_corporation",
]

WITH_VALUE = frozenset({CorporationRuleKind.FULL_OCCUPATION, CorporationRuleKind.MOST_PER_YEAR})
"""The kinds of rule that say how many."""


async def register_corporation(
    tx: Tx, *, name: str, short_name: str | None, organisation_id: UUID, gemeentecodes: list[str]
) -> Corporation:
    """Put a corporation on the list; its people are those of the organisation."""
    _check_keeps(tx, organisation_id, gemeentecodes)
    await take_turn(tx, "corporation", organisation_id)
    if await corporations.corporation_of(tx, organisation_id) is not None:
        raise CorporationExists.on("/organisationId", "Deze organisatie is al een corporatie.")
    corporation = Corporation(
        name=name,
        short_name=short_name,
        organisation_id=organisation_id,
        gemeentecodes=sorted(set(gemeentecodes)),
    )
    tx.add(corporation)
    await tx.flush()
    return corporation


async def change_corporation(
    tx: Tx, *, corporation_id: UUID, expected_version: int, changes: Mapping[str, str | None]
) -> Corporation:
    """Give a corporation another name, or a short one for tables; what is not in `changes` stays.

    Raises:
        NotFound: there is none.
        AgreementMissing, Forbidden: none of its gemeenten is the caller's.
        StaleVersion: somebody else changed it first.
        InvalidInput: it would have no name.
    """
    corporation = await corporations.lock_corporation(tx, corporation_id)
    if corporation is None:
        raise NotFound("Een corporatie met dit nummer is niet gevonden.")
    _check_keeps(tx, corporation.organisation_id, corporation.gemeentecodes)
    if corporation.version != expected_version:
        raise StaleVersion(f"Deze corporatie heeft nu versie {corporation.version}.")
    if changes.get("name", corporation.name) is None:
        raise InvalidInput.on("/name", "Een corporatie heeft een naam.", code="required")
    for name, value in changes.items():
        setattr(corporation, name, value)
    corporation.version += 1
    await tx.flush()
    return corporation


def _check_keeps(tx: Tx, organisation_id: UUID, gemeentecodes: Sequence[str]) -> None:
    """Let only those go on who keep the list for one of these gemeenten, or the corporation itself.

    A gemeente acts for itself or by a mandate; VluchtelingenWerk by its agreement.

    Raises:
        AgreementMissing, Forbidden: none of these gemeenten is the caller's.
    """
    caller = tx.acting
    if caller.has_role(Role.CORPORATION) and caller.organisation_id == organisation_id:
        return
    check = check_sees if caller.has_role(Role.VWN_TEAM_LEADER) else check_acts
    refused: Problem | None = None
    for code in gemeentecodes:
        try:
            check(tx, code)
        except Problem as problem:
            refused = refused or problem
        else:
            return
    raise refused or Forbidden("Noem een gemeente waarvoor uw organisatie werkt.")


async def known_corporation(tx: Tx, corporation_id: UUID) -> Corporation:
    """The corporation in a path.

    Raises:
        NotFound: there is none.
    """
    found = await tx.get(Corporation, corporation_id)
    if found is None:
        raise NotFound("Een corporatie met dit nummer is niet gevonden.")
    return found


async def add_rule(
    tx: Tx,
    *,
    corporation_id: UUID,
    kind: CorporationRuleKind,
    value: int | None,
    gemeentecode: str | None,
    valid_from: date,
    valid_until: date | None,
    source: str,
) -> CorporationRule:
    """Record a rule by which a corporation lets, from a day on."""
    corporation = await known_corporation(tx, corporation_id)
    _check_keeps(
        tx,
        corporation.organisation_id,
        corporation.gemeentecodes if gemeentecode is None else [gemeentecode],
    )
    if (value is not None) is not (kind in WITH_VALUE):
        wanted = "noem bij 'value' het aantal." if kind in WITH_VALUE else "deze regel heeft geen aantal."
        raise InvalidInput.on("/value", f"Regel '{kind.value}': {wanted}", code="value-of-rule")
    if valid_until is not None and valid_until < valid_from:
        raise InvalidInput.on("/validUntil", "De laatste dag ligt voor de eerste.", code="before-start")
    if gemeentecode is not None and gemeentecode not in corporation.gemeentecodes:
        raise InvalidInput.on(
            "/gemeentecode", "De corporatie heeft geen woningen in deze gemeente.", code="other-gemeente"
        )
    rule = CorporationRule(
        corporation_id=corporation_id,
        gemeentecode=gemeentecode,
        kind=kind.value,
        value=value,
        valid_from=valid_from,
        valid_until=valid_until,
        source=source,
    )
    tx.add(rule)
    await tx.flush()
    return rule


async def end_rule(
    tx: Tx, *, corporation_id: UUID, rule_id: UUID, expected_version: int, valid_until: date
) -> CorporationRule:
    """Record the last day of a rule; what it refused before that day stays refused."""
    rule = await tx.get(CorporationRule, rule_id, lock=True)
    if rule is None or rule.corporation_id != corporation_id:
        raise NotFound("Deze regel van de corporatie is niet gevonden.")
    corporation = await known_corporation(tx, corporation_id)
    _check_keeps(
        tx,
        corporation.organisation_id,
        corporation.gemeentecodes if rule.gemeentecode is None else [rule.gemeentecode],
    )
    if rule.version != expected_version:
        raise StaleVersion(f"Deze regel heeft nu versie {rule.version}.")
    if valid_until < rule.valid_from:
        raise InvalidInput.on("/validUntil", "De laatste dag ligt voor de eerste.", code="before-start")
    rule.valid_until = valid_until
    rule.version += 1
    await tx.flush()
    return rule


async def make_agreement(
    tx: Tx, *, corporation_id: UUID, gemeentecode: str, year: int, dwellings: int, source: str
) -> PerformanceAgreement:
    """Record how many dwellings a corporation agreed to offer in a gemeente in a year.

    Raises:
        NotFound: there is no such corporation.
        AgreementMissing, Forbidden: the caller does not act for the gemeente.
        InvalidInput: the corporation has no dwellings there.
        AgreementExists: there is one of this year.
    """
    corporation = await corporations.lock_corporation(tx, corporation_id)
    if corporation is None:
        raise NotFound("Een corporatie met dit nummer is niet gevonden.")
    check_acts(tx, gemeentecode)
    if gemeentecode not in corporation.gemeentecodes:
        raise InvalidInput.on(
            "/gemeentecode", "De corporatie heeft geen woningen in deze gemeente.", code="other-gemeente"
        )
    known = await tx.scalar(
        select(PerformanceAgreement.id).where(
            col(PerformanceAgreement.corporation_id) == corporation_id,
            col(PerformanceAgreement.gemeentecode) == gemeentecode,
            col(PerformanceAgreement.year) == year,
        )
    )
    if known is not None:
        raise AgreementExists.on("/year", "Voor deze gemeente en dit jaar is er al een afspraak.")
    agreement = PerformanceAgreement(
        corporation_id=corporation_id,
        gemeentecode=gemeentecode,
        year=year,
        dwellings=dwellings,
        source=source,
    )
    tx.add(agreement)
    await tx.flush()
    return agreement


async def change_agreement(
    tx: Tx, *, agreement_id: UUID, expected_version: int, dwellings: int, source: str
) -> PerformanceAgreement:
    """Mend what was agreed, and where it stands.

    Raises:
        NotFound: there is no such agreement.
        AgreementMissing, Forbidden: the caller does not act for its gemeente.
        StaleVersion: somebody else changed it first.
    """
    agreement = await tx.get(PerformanceAgreement, agreement_id, lock=True)
    if agreement is None:
        raise NotFound("Deze prestatieafspraak is niet gevonden.")
    check_acts(tx, agreement.gemeentecode)
    if agreement.version != expected_version:
        raise StaleVersion(f"Deze afspraak heeft nu versie {agreement.version}.")
    agreement.dwellings, agreement.source = dwellings, source
    agreement.version += 1
    await tx.flush()
    return agreement
