# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Providers and their quality marks."""

from datetime import date
from uuid import UUID, uuid4

from chassis.db import Tx
from chassis.errors import InvalidInput, NotFound, StaleVersion
from services.learning_routes import rules, store
from services.learning_routes.errors import MarkOverlaps, ProviderInUse, on_day
from services.learning_routes.models import MarkPeriodRow, Provider

__all__ = ["add_mark_period", "change_provider", "end_mark_period", "register_provider"]


def _check_period(since: date, until: date | None, pointer: str) -> None:
    if until is not None and until < since:
        raise InvalidInput.on(pointer, "De laatste dag ligt voor de eerste.", code="before-start")


def _default_kind(routes: list[rules.Leerroute]) -> rules.MarkKind:
    """The onderwijsroute is given under diploma recognition (W 8), the others under the keurmerk (W 16)."""
    if routes == [rules.Leerroute.ONDERWIJSROUTE]:
        return rules.MarkKind.DIPLOMA_RECOGNITION
    return rules.MarkKind.BLIK_OP_WERK


async def register_provider(
    tx: Tx,
    *,
    name: str,
    routes: list[rules.Leerroute],
    mark_from: date,
    mark_until: date | None,
    mark_kind: rules.MarkKind | None,
    organisation_id: UUID | None,
) -> Provider:
    """Put a school on the list, with the period of its mark.

    Without an organisation nobody of the school can work here yet; its own id then stands in.
    """
    _check_period(mark_from, mark_until, "/keurmerkUntil")
    provider_id = uuid4()
    provider = Provider(
        id=provider_id,
        name=name,
        routes=[route.value for route in routes],
        organisation_id=organisation_id or provider_id,
    )
    tx.add(provider)
    await tx.flush()
    kind = mark_kind or _default_kind(routes)
    tx.add(
        MarkPeriodRow(provider_id=provider_id, kind=kind.value, valid_from=mark_from, valid_until=mark_until)
    )
    await tx.flush()
    return provider


async def _locked(tx: Tx, provider_id: UUID) -> Provider:
    provider = await store.lock_provider(tx, provider_id)
    if provider is None:
        raise NotFound("Een aanbieder met dit nummer is niet gevonden.")
    return provider


async def _locked_at(tx: Tx, provider_id: UUID, expected_version: int) -> Provider:
    provider = await _locked(tx, provider_id)
    if provider.version != expected_version:
        raise StaleVersion(f"Deze aanbieder heeft nu versie {provider.version}.")
    return provider


async def change_provider(
    tx: Tx,
    *,
    provider_id: UUID,
    expected_version: int,
    name: str | None,
    routes: list[rules.Leerroute] | None,
    organisation_id: UUID | None,
) -> Provider:
    """Correct a provider; None leaves a field as it is."""
    provider = await _locked_at(tx, provider_id, expected_version)
    if organisation_id is not None and organisation_id != provider.organisation_id:
        if await store.provider_in_use(tx, provider_id):
            raise ProviderInUse("Er is al een contract of een groep bij deze aanbieder.")
        provider.organisation_id = organisation_id
    if name is not None:
        provider.name = name
    if routes is not None:
        provider.routes = [route.value for route in routes]
    provider.version += 1
    await tx.flush()
    return provider


async def add_mark_period(
    tx: Tx, *, provider_id: UUID, since: date, until: date | None, kind: rules.MarkKind | None
) -> Provider:
    """Record that a mark was given or renewed."""
    _check_period(since, until, "/until")
    provider = await _locked(tx, provider_id)
    wanted = kind or _default_kind([rules.Leerroute(route) for route in provider.routes])
    new = rules.MarkPeriod(since, until)
    rows = (await store.mark_rows(tx, [provider_id]))[provider_id]
    for row in rows:
        if row.kind == wanted and rules.MarkPeriod(row.valid_from, row.valid_until).overlaps(new):
            end = "nu" if row.valid_until is None else on_day(row.valid_until)
            raise MarkOverlaps.on(
                "/since", f"Er is al een periode van {on_day(row.valid_from)} tot en met {end}."
            )
    tx.add(MarkPeriodRow(provider_id=provider_id, kind=wanted.value, valid_from=since, valid_until=until))
    provider.version += 1
    await tx.flush()
    return provider


async def end_mark_period(
    tx: Tx,
    *,
    provider_id: UUID,
    period_id: UUID,
    expected_version: int,
    until: date,
    reason: rules.MarkEndReason,
) -> Provider:
    """Record that a mark ends, or ended: expired, suspended or withdrawn (Besluit inburgering art. 8.2)."""
    provider = await _locked_at(tx, provider_id, expected_version)
    rows = (await store.mark_rows(tx, [provider_id]))[provider_id]
    row = next((row for row in rows if row.id == period_id), None)
    if row is None:
        raise NotFound("Deze periode van het keurmerk is niet gevonden.")
    _check_period(row.valid_from, until, "/until")
    changed = rules.MarkPeriod(row.valid_from, until)
    for other in rows:
        if (
            other.id != row.id
            and other.kind == row.kind
            and rules.MarkPeriod(other.valid_from, other.valid_until).overlaps(changed)
        ):
            raise MarkOverlaps.on("/until", f"Vanaf {on_day(other.valid_from)} loopt er een andere periode.")
    row.valid_until = until
    row.end_reason = reason.value
    provider.version += 1
    await tx.flush()
    return provider
