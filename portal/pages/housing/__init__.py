# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room of housing: who waits, which dwellings there are, matches, moves, and the account of the gemeente."""

from starlette.routing import BaseRoute, Route

from portal.pages.housing import (
    account,
    corporation,
    decide,
    desk,
    exchanges,
    household,
    moves,
    province,
    search,
    swaps,
)
from portal.rooms import CORPORATION, DECIDERS, DESK, FIGURES, MOVERS, PROVINCE, VWN
from portal.visit import page

__all__ = ["routes"]

_SWAPPERS = (*DECIDERS, *PROVINCE)

routes: list[BaseRoute] = [
    Route("/huisvesting", page(desk.show, *DESK), name="match-desk"),
    Route(
        "/huisvesting/huishoudens/{household_id:uuid}",
        page(household.show, *DESK),
        methods=["GET"],
        name="household",
    ),
    Route("/huisvesting/huishoudens/{household_id:uuid}", page(household.propose, *VWN), methods=["POST"]),
    Route(
        "/huisvesting/huishoudens/{household_id:uuid}/uitruil",
        page(exchanges.propose, *DECIDERS),
        methods=["POST"],
    ),
    Route("/huisvesting/beoordelen", page(decide.show, *DECIDERS), methods=["GET"], name="decide"),
    Route("/huisvesting/beoordelen", page(decide.decide, *DECIDERS), methods=["POST"]),
    Route("/huisvesting/voorstellen", page(search.runs, *DESK), methods=["GET"], name="searches"),
    Route("/huisvesting/voorstellen", page(search.ask, *DESK), methods=["POST"]),
    Route("/huisvesting/voorstellen/{run_id:uuid}", page(search.show, *DESK), methods=["GET"], name="search"),
    Route("/huisvesting/voorstellen/{run_id:uuid}/stoppen", page(search.stop, *DESK), methods=["POST"]),
    Route("/huisvesting/voorstellen/{run_id:uuid}/versturen", page(search.send, *VWN), methods=["POST"]),
    Route("/huisvesting/voorstellen/{run_id:uuid}/opzij", page(search.aside, *DESK), methods=["POST"]),
    Route("/huisvesting/verhuizingen", page(moves.week, *MOVERS), name="moves"),
    Route(
        "/huisvesting/verhuizingen/{match_id:uuid}", page(moves.show, *MOVERS), methods=["GET"], name="move"
    ),
    Route("/huisvesting/verhuizingen/{match_id:uuid}/stap", page(moves.step, *MOVERS), methods=["POST"]),
    Route("/huisvesting/verhuizingen/{match_id:uuid}/lijst", page(moves.tick, *MOVERS), methods=["POST"]),
    Route("/huisvesting/taakstelling", page(account.show, *FIGURES), name="account"),
    Route("/huisvesting/uitruil", page(swaps.show, *_SWAPPERS), methods=["GET"], name="swaps"),
    Route("/huisvesting/uitruil", page(swaps.propose, *DECIDERS), methods=["POST"]),
    Route(
        "/huisvesting/uitruil/huishoudens/{exchange_id:uuid}",
        page(exchanges.answer, *DECIDERS),
        methods=["POST"],
    ),
    Route("/huisvesting/uitruil/{swap_id:uuid}", page(swaps.answer, *DECIDERS), methods=["POST"]),
    Route("/woningen", page(corporation.show, *CORPORATION), methods=["GET"], name="own-dwellings"),
    Route("/woningen", page(corporation.offer, *CORPORATION), methods=["POST"]),
    Route("/woningen/{dwelling_id:uuid}", page(corporation.withdraw, *CORPORATION), methods=["POST"]),
    Route("/toezicht", page(province.show, *PROVINCE), name="supervision"),
]
