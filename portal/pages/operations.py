# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Operations: how each service is, what waits to be sent or read, and messages that nobody could handle."""

from http import HTTPStatus

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal.gateway import Fault, Json
from portal.rooms import OPERATIONS
from portal.visit import Visit, page

__all__ = ["routes"]

SERVICES = ("housing", "intake", "learning-routes", "notifications")
OLD_SECONDS = 60  # an event older than this in the outbox asks for a look


async def show(visit: Visit) -> Response:
    """One row per service; a service that does not answer is a row too."""
    calls = [visit.gateway.get(f"/{name}/v1/operations/status") for name in SERVICES]
    dead = [visit.gateway.items(f"/{name}/v1/operations/dead-letters") for name in SERVICES]
    *answers, signals = await visit.gateway.all_of(
        *calls, *dead, visit.gateway.items("/notifications/v1/signals", status="open")
    )
    for answer in answers:
        if isinstance(answer, Fault) and answer.status == HTTPStatus.FORBIDDEN:
            raise answer
    states = [_state(name, answer) for name, answer in zip(SERVICES, answers, strict=False)]
    letters = [
        {"service": name, **letter}
        for name, answer in zip(SERVICES, answers[len(SERVICES) :], strict=True)
        if not isinstance(answer, Fault)
        for letter in answer
        if letter["replayedAt"] is None
    ]
    return visit.render(
        "operations/show.html",
        states=states,
        letters=letters,
        signals=[] if isinstance(signals, Fault) else signals,
        at=visit.portal.clock.now(),
    )


async def replay(visit: Visit) -> Response:
    """Offer a dead letter to its handler again."""
    service = visit.path("service")
    if service not in SERVICES:
        raise Fault(404, "no-such-service", "Deze dienst bestaat niet", "Het adres klopt niet.")
    await visit.gateway.post(f"/{service}/v1/operations/dead-letters/{visit.path('letter')}/replays", {})
    return visit.go("/portal/techniek", message="opnieuw-aangeboden")


def _state(name: str, answer: Json | Fault) -> Json:
    if isinstance(answer, Fault):
        return {"name": name, "fault": answer, "word": "Niet bereikbaar", "tone": "negative", "lag": 0}
    lag = sum(answer["lagPerTopic"].values())
    if not answer["busAlive"]:
        word, tone = "Geen verbinding met de berichten", "negative"
    elif answer["deadLetters"] or any(job["failing"] for job in answer["jobs"]):
        word, tone = "Vraagt aandacht", "warning"
    elif answer["outboxAgeSeconds"] > OLD_SECONDS:
        word, tone = "Loopt achter", "warning"
    else:
        word, tone = "In orde", "positive"
    return {"name": name, "fault": None, "word": word, "tone": tone, "lag": lag, **answer}


routes: list[BaseRoute] = [
    Route("/techniek", page(show, *OPERATIONS), name="operations"),
    Route(
        "/techniek/{service}/{letter:uuid}/opnieuw",
        page(replay, *OPERATIONS),
        methods=["POST"],
        name="replay",
    ),
]
