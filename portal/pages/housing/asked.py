# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages beside the desk that answer a question: why not, what is laid down, what is to be done, how long.

And whether all of it is fair.
"""

from starlette.routing import BaseRoute, Route

from portal.pages.housing import equity, pins, todo, waiting, why_not
from portal.rooms import DESK, MOVERS
from portal.visit import page

__all__ = ["routes"]

_RUN = "/huisvesting/voorstellen/{run_id:uuid}/waarom-niet"
_PINS = "/huisvesting/voorstellen/vastgezet"
_TODO = "/huisvesting/verhuizingen/taken"
_EQUITY = "/huisvesting/voorstellen/verdeling"

routes: list[BaseRoute] = [
    Route("/huisvesting/voorstellen/waarom-niet", page(why_not.latest, *DESK), name="ask-why-not-lately"),
    Route(_RUN, page(why_not.form, *DESK), methods=["GET"], name="ask-why-not"),
    Route(_RUN, page(why_not.ask, *DESK), methods=["POST"]),
    Route(f"{_RUN}/{{explanation_id:uuid}}", page(why_not.answer, *DESK), name="why-not"),
    Route(_PINS, page(pins.show, *DESK), methods=["GET"], name="pins"),
    Route(_PINS, page(pins.store, *DESK), methods=["POST"]),
    Route(f"{_PINS}/{{pin_id:uuid}}/los", page(pins.lift, *DESK), methods=["POST"]),
    Route(_TODO, page(todo.show, *MOVERS), methods=["GET"], name="todo"),
    Route(_TODO, page(todo.done, *MOVERS), methods=["POST"]),
    Route(_EQUITY, page(equity.show, *DESK), name="equity"),
    Route(f"{_EQUITY}/algoritmeregister.json", page(equity.register, *DESK)),
    Route("/huisvesting/wachttijden", page(waiting.show, *DESK), name="waiting-times"),
]
