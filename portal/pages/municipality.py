# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""My gemeente: which data of which gemeente this person may see, and why."""

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal.gateway import purposes_in_words
from portal.visit import Visit, page

__all__ = ["routes"]


async def show(visit: Visit) -> Response:
    """The grant in words: level, purposes and the ground per gemeente."""
    me = await visit.gateway.get("/gateway/v1/me")
    own = visit.person.gemeentecode
    scopes = sorted(me["gemeenten"], key=lambda scope: (scope["gemeentecode"] != own, scope["name"] or ""))
    for scope in scopes:
        scope["missing"] = scope["missing"] and purposes_in_words(scope["missing"])
    reviews = await visit.gateway.items("/gateway/v1/reviews", gemeentecode=own) if own else []
    return visit.render("municipality/show.html", me=me, scopes=scopes, reviews=reviews)


routes: list[BaseRoute] = [Route("/gemeente", page(show), name="municipality")]
