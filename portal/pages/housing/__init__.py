# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room of housing: who waits, which dwellings there are, matches, moves, and the account of the gemeente."""

from starlette.routing import BaseRoute, Route

from portal.pages.housing import (
    account,
    asked,
    books,
    circumstances,
    corporation,
    corporations,
    decide,
    desk,
    exchanges,
    files,
    forecasts,
    household,
    ladder,
    letter,
    moves,
    needs,
    projects,
    province,
    search,
    sites,
    stock,
    subsidies,
    swaps,
    taking_back,
    terms,
    weeks,
)
from portal.rooms import (
    ADMINISTRATOR,
    CORPORATION,
    DECIDERS,
    DESK,
    FIGURES,
    MOVERS,
    PROVINCE,
    SUBSIDY,
    VWN,
)
from portal.visit import page

__all__ = ["routes"]

_SWAPPERS = (*DECIDERS, *PROVINCE)
_CORPORATION = "/huisvesting/corporaties/{corporation_id:uuid}"


def _files(room: files.FileRoom, *roles: str) -> list[BaseRoute]:
    """The pages of one kind of file."""
    here, job = room.place.removeprefix("/portal"), f"{room.place.removeprefix('/portal')}/{{job_id:uuid}}"
    return [
        Route(here, page(room.show, *roles), methods=["GET"], name=room.call),
        Route(here, page(room.send, *roles), methods=["POST"]),
        Route(f"{here}/uitleg", page(room.explain, *roles)),
        Route(f"{here}/voorbeeld.csv", page(room.example_file, *roles)),
        Route(job, page(room.progress, *roles), methods=["GET"]),
        Route(job, page(room.enter, *roles), methods=["POST"]),
        Route(f"{job}/fouten.csv", page(room.faults, *roles)),
    ]


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
    Route(
        "/huisvesting/huishoudens/{household_id:uuid}/terugdraaien",
        page(taking_back.show, *DESK),
        methods=["GET"],
        name="taking-back",
    ),
    Route(
        "/huisvesting/huishoudens/{household_id:uuid}/terugdraaien",
        page(taking_back.take, *DESK),
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
        "/huisvesting/verhuizingen/{match_id:uuid}",
        page(moves.show, *MOVERS, *CORPORATION),
        methods=["GET"],
        name="move",
    ),
    Route(
        "/huisvesting/verhuizingen/{match_id:uuid}/stap",
        page(moves.step, *MOVERS, *CORPORATION),
        methods=["POST"],
    ),
    Route("/huisvesting/verhuizingen/{match_id:uuid}/brief", page(letter.show, *DESK), name="letter"),
    Route("/huisvesting/verhuizingen/{match_id:uuid}/vertrek", page(moves.leave, *DESK), methods=["POST"]),
    Route(
        "/huisvesting/verhuizingen/{match_id:uuid}/vertrek/terugdraaien",
        page(moves.undo_departure, *DESK),
        methods=["POST"],
    ),
    Route(
        "/huisvesting/verhuizingen/{match_id:uuid}/sleutel/terugdraaien",
        page(moves.undo_key, *MOVERS, *CORPORATION),
        methods=["POST"],
    ),
    Route(
        "/huisvesting/verhuizingen/{match_id:uuid}/lijst",
        page(moves.tick, *MOVERS, *CORPORATION),
        methods=["POST"],
    ),
    Route(
        "/huisvesting/verhuizingen/{match_id:uuid}/vrijwilliger", page(moves.assign, *VWN), methods=["POST"]
    ),
    Route("/huisvesting/weken", page(weeks.show, *DESK), methods=["GET"], name="weeks"),
    Route("/huisvesting/weken", page(weeks.announce, *VWN), methods=["POST"]),
    Route("/huisvesting/taakstelling", page(account.show, *FIGURES), name="account"),
    Route("/huisvesting/prognoses", page(forecasts.overview, *FIGURES), methods=["GET"], name="forecasts"),
    Route("/huisvesting/prognoses", page(forecasts.make, *DECIDERS), methods=["POST"]),
    Route("/huisvesting/prognoses/{forecast_id:uuid}", page(forecasts.show, *FIGURES), name="forecast"),
    Route("/huisvesting/opvang", page(sites.overview, *FIGURES), name="sites"),
    Route("/huisvesting/opvang/nieuw", page(sites.begin, *sites.WRITERS), methods=["GET"], name="site-new"),
    Route("/huisvesting/opvang/nieuw", page(sites.add, *sites.WRITERS), methods=["POST"]),
    Route("/huisvesting/opvang/{site_id:uuid}", page(sites.show, *FIGURES), name="site"),
    Route(
        "/huisvesting/opvang/{site_id:uuid}/plaatsen", page(sites.capacity, *sites.WRITERS), methods=["POST"]
    ),
    Route("/huisvesting/opvang/{site_id:uuid}/telling", page(sites.count, *sites.WRITERS), methods=["POST"]),
    Route(
        "/huisvesting/opvang/{site_id:uuid}/afstand", page(sites.distance, *sites.WRITERS), methods=["POST"]
    ),
    Route("/huisvesting/projecten", page(projects.overview, *FIGURES), methods=["GET"], name="projects"),
    Route("/huisvesting/projecten", page(projects.add, *DECIDERS), methods=["POST"]),
    Route("/huisvesting/projecten/voorraad", page(stock.show, *FIGURES), methods=["GET"], name="stock"),
    Route("/huisvesting/projecten/voorraad", page(stock.record, *DECIDERS), methods=["POST"]),
    Route("/huisvesting/projecten/flex", page(projects.add_flex, *DECIDERS), methods=["POST"]),
    Route(
        "/huisvesting/projecten/flex/{project_id:uuid}",
        page(projects.edit_flex, *DECIDERS),
        methods=["GET"],
        name="flex-project",
    ),
    Route(
        "/huisvesting/projecten/flex/{project_id:uuid}",
        page(projects.change_flex, *DECIDERS),
        methods=["POST"],
    ),
    Route(
        "/huisvesting/projecten/{project_id:uuid}",
        page(projects.edit, *DECIDERS),
        methods=["GET"],
        name="project",
    ),
    Route("/huisvesting/projecten/{project_id:uuid}", page(projects.change, *DECIDERS), methods=["POST"]),
    Route(
        "/huisvesting/grote-gezinnen", page(subsidies.overview, *SUBSIDY), methods=["GET"], name="subsidies"
    ),
    Route("/huisvesting/grote-gezinnen", page(subsidies.ask, *DECIDERS), methods=["POST"]),
    Route(
        "/huisvesting/grote-gezinnen/voorwaarden",
        page(terms.show, *SUBSIDY, *ADMINISTRATOR),
        methods=["GET"],
        name="terms",
    ),
    Route("/huisvesting/grote-gezinnen/voorwaarden", page(terms.record, *ADMINISTRATOR), methods=["POST"]),
    Route(
        "/huisvesting/grote-gezinnen/{application_id:uuid}",
        page(subsidies.show, *SUBSIDY),
        methods=["GET"],
        name="subsidy",
    ),
    Route(
        "/huisvesting/grote-gezinnen/{application_id:uuid}",
        page(subsidies.set_status, *DECIDERS),
        methods=["POST"],
    ),
    Route("/huisvesting/corporaties", page(corporations.overview, *DESK), name="corporations"),
    Route(
        "/huisvesting/corporaties/nieuw",
        page(corporations.begin, *DESK),
        methods=["GET"],
        name="corporation-new",
    ),
    Route("/huisvesting/corporaties/nieuw", page(corporations.add, *DESK), methods=["POST"]),
    Route(_CORPORATION, page(corporations.show, *DESK, *CORPORATION), name="corporation"),
    Route(f"{_CORPORATION}/naam", page(corporations.rename, *DESK), methods=["POST"]),
    Route(f"{_CORPORATION}/regels", page(corporations.add_rule, *DESK), methods=["POST"]),
    Route(
        f"{_CORPORATION}/regels/{{rule_id:uuid}}/einde", page(corporations.end_rule, *DESK), methods=["POST"]
    ),
    Route(f"{_CORPORATION}/afspraken", page(corporations.add_agreement, *DECIDERS), methods=["POST"]),
    Route(
        f"{_CORPORATION}/afspraken/{{agreement_id:uuid}}",
        page(corporations.mend_agreement, *DECIDERS),
        methods=["POST"],
    ),
    *_files(files.HOUSEHOLDS, *DECIDERS),
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
    *_files(files.DWELLINGS, *CORPORATION),
    *_files(files.DWELLINGS_OF_OTHERS, *VWN),
    Route("/woningen/{dwelling_id:uuid}", page(corporation.withdraw, *CORPORATION), methods=["POST"]),
    Route("/toezicht", page(province.show, *PROVINCE), name="supervision"),
    *asked.routes,
    *books.routes,
    *circumstances.routes,
    *ladder.routes,
    *needs.routes,
]
