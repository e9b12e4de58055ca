# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a household is told about a decision on a home: what was weighed, what not, who decided, and what it can do.

A text to print, in plain words. It names no other household, and repeats no reason that was written for colleagues.
"""

from starlette.responses import Response

from portal.gateway import Fault, Json
from portal.pages.housing.who import HOUSING, corporations, names_of
from portal.visit import Visit

__all__ = ["show"]

TOLD = frozenset({"approved", "accepted", "declined", "key-handed-over", "housed", "rejected"})
"""Of a match that waits for the gemeente there is nothing to tell yet."""


async def show(visit: Visit) -> Response:
    """The letter on one match."""
    gateway = visit.gateway
    match: Json = await gateway.get(f"{HOUSING}/matches/{visit.path('match_id')}")
    if match["status"] not in TOLD:
        raise Fault(
            404,
            "not-decided",
            "Er is nog geen besluit",
            "De gemeente besliste nog niet over deze match. Daarna kunt u de brief maken.",
        )
    household = await gateway.get(f"{HOUSING}/households/{match['householdId']}")
    dwelling, owners = await gateway.all_of(
        gateway.get(f"{HOUSING}/dwellings/{match['dwellingId']}"), corporations(visit)
    )
    return visit.render(
        "housing/letter.html",
        match=match,
        household=household,
        name=(await names_of(visit, [household]))[household["id"]],
        dwelling=None if isinstance(dwelling, Fault) else dwelling,
        owners=owners,
        offered=match["status"] != "rejected",
    )
