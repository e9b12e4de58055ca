# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why a search could not be done, in words for who asked: pins that cannot be kept, or more than can be computed."""

from collections.abc import Mapping
from typing import Any

from chassis.errors import FieldError
from services.housing.actions.reasons import LIMIT, broken_rule
from services.housing.errors import PinsClash, SearchNotPossible
from services.housing.solver import ClashingPins, Instance, InstanceFault, read_instance
from services.housing.solver.reading import MOST_DWELLINGS, MOST_HOUSEHOLDS

__all__ = ["explained"]


def explained(fault: Exception, document: Mapping[str, Any]) -> Exception:
    """What a person is told of a fault of the question; any other fault as it is.

    Args:
        fault: of reading or solving; of regions that are solved side by side it comes in a group.
        document: the instance that was asked about, in the neutral form.
    """
    while isinstance(fault, ExceptionGroup):
        fault = fault.exceptions[0]
    if isinstance(fault, ClashingPins):
        return _clash(fault, read_instance(document))
    if isinstance(fault, InstanceFault):
        return SearchNotPossible(_too_much(document) or f"De opdracht kan niet worden uitgevoerd: {fault}")
    return fault


def _too_much(document: Mapping[str, Any]) -> str | None:
    households, dwellings = len(document["households"]), len(document["dwellings"])
    if households <= MOST_HOUSEHOLDS and dwellings <= MOST_DWELLINGS:
        return None
    return (
        f"Dit zijn {households} huishoudens en {dwellings} woningen. Eén zoekopdracht kan ten hoogste "
        f"{MOST_HOUSEHOLDS} huishoudens en {MOST_DWELLINGS} woningen aan. Zoek in minder gemeenten tegelijk."
    )


def _clash(clash: ClashingPins, instance: Instance) -> PinsClash:
    """Of one pin the rule that forbids it; of more than one, each of which could be kept without the others, that."""
    pins = [(str(household), str(dwelling)) for household, dwelling in clash.pins]
    told = [_of(instance, household, dwelling, alone=len(pins) == 1) for household, dwelling in pins]
    return PinsClash(
        told[0]["why"] if len(pins) == 1 else "Wat is vastgezet, kan niet samen.",
        errors=[
            FieldError("pin", f"Huishouden {one['householdId']} in woning {one['dwellingId']}.", pointer="")
            for one in told
        ],
        extra={"pins": told},
    )


def _of(instance: Instance, household: str, dwelling: str, *, alone: bool) -> dict[str, Any]:
    found = broken_rule(instance, household, dwelling) if alone else None
    return {
        "householdId": household,
        "dwellingId": dwelling,
        "rule": None if found is None else found.rule,
        "why": None if not alone else LIMIT if found is None else found.text,
    }
