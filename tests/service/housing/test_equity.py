# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who got a house in a quarter, how proposals are followed, and what a register of algorithms is told (PX-16)."""

from typing import Any
from uuid import uuid4

import pytest

from services.housing.solver.pairs import TERMS
from tests.service.housing.match_desk import LV, OEGSTGEEST, WASSENAAR, Desk, codes


def _by_name(shares: list[Any]) -> dict[str, Any]:
    return {one["name"]: (one["sought"], one["housed"], one["waiting"]) for one in shares}


@pytest.mark.capability("PX-16", part="per quarter by size, accessibility and gemeente, from what happened")
async def test_who_got_a_house_in_a_quarter_is_counted_from_what_happened(desk: Desk) -> None:
    await desk.housing_corporation()
    single = await desk.household(linkedOn="2024-01-08")
    await desk.household(adults=2, children=6, needsAccessible=True)
    await desk.household(OEGSTGEEST, linkedOn="2024-10-07")
    match = await desk.propose(single, await desk.dwelling())
    decided = {"outcome": "approved", "reason": "Past.", "openedAt": "2024-11-05T08:59:00+01:00"}
    await desk.post(f"/matches/{match['id']}/decisions", desk.gemeente(), decided, 200)
    for step in ("accepted", "key-handed-over"):
        await desk.step(match, step, desk.vwn())

    own = await desk.get("/equity", desk.gemeente(), gemeentecode="0629")
    assert (own["quarter"], own["firstDay"], own["lastDay"]) == ("2024-4", "2024-10-01", "2024-11-05")
    assert _by_name(own["bySize"]) == {"single": (1, 1, 0), "large-family": (1, 0, 1)}
    assert _by_name(own["byAccessibility"]) == {"needed": (1, 0, 1), "not-needed": (1, 1, 0)}
    both = await desk.get("/equity", desk.vwn(WASSENAAR, OEGSTGEEST))
    assert _by_name(both["byGemeente"]) == {"0629": (2, 1, 1), "0579": (1, 0, 1)}
    before = await desk.get("/equity", desk.gemeente(), gemeentecode="0629", quarter="2024-3")
    assert _by_name(before["bySize"]) == {"single": (1, 0, 1), "large-family": (1, 0, 1)}
    assert codes(await desk.get("/equity", desk.gemeente(), 400, quarter="2025-1")) == {"no-quarter"}
    await desk.get("/equity", desk.gemeente(), 403, gemeentecode=LV)
    await desk.get("/equity", desk.corporation(), 403)

    use = await desk.get("/proposal-use", desk.gemeente())
    assert (use["own"], use["judged"], use["deviatingPercent"], use["nobodyDeviates"]) == (1, 0, None, False)
    assert (use["timed"], use["medianSeconds"]) == (1, 60)


@pytest.mark.capability("PX-16", part="how often people deviate from a proposal")
async def test_a_proposal_that_is_set_aside_counts_as_not_followed(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household()
    home = await desk.dwelling()
    run = uuid4()
    await desk.bench.sql(
        "INSERT INTO housing.proposal_run (id, organisation_id, gemeentecodes, scope, status, requested_on, requested_by, "
        "options, outcome) VALUES (:id, :id, '{0629}', '0629', 'done', '2024-11-04', :id, '{}', '{}')",
        id=run,
    )
    for status in ("set-aside", "open"):
        await desk.bench.sql(
            "INSERT INTO housing.proposal (id, run_id, rank, household_id, dwelling_id, gemeentecode, "
            "dwelling_gemeentecode, persons, score, urgency, reasons, alternatives, status) VALUES "
            "(gen_random_uuid(), :run, 1, :household, :home, '0629', '0629', 1, 80, 5, '{}', '{}', :status) "
            "ON CONFLICT (run_id, household_id) DO UPDATE SET status = excluded.status",
            run=run,
            household=household["id"],
            home=home["id"],
            status=status,
        )
        use = await desk.get("/proposal-use", desk.gemeente(), gemeentecode="0629")
        told = (use["setAside"], use["untouched"], use["deviating"], use["deviatingPercent"])
        assert told == ((1, 0, 1, 100.0) if status == "set-aside" else (0, 1, 0, None))
    past = await desk.get("/proposal-use", desk.gemeente(), gemeentecode="0629", until="2024-11-03")
    assert past["untouched"] == 0
    wrong = await desk.get(
        "/proposal-use", desk.gemeente(), 400, **{"from": "2024-11-05"}, until="2024-11-04"
    )
    assert codes(wrong) == {"before-start"}


@pytest.mark.capability("PX-16", part="an entry for a register of algorithms, from how the search is set")
async def test_the_register_is_told_every_fact_that_weighs_and_what_only_the_organisation_knows(
    desk: Desk,
) -> None:
    entry = await desk.get("/algorithm-register-entry", desk.gemeente())

    assert list(entry["weights"]) == list(TERMS)
    assert entry["solverSeconds"] == 60
    assert set(entry["toFill"]) == {name for name, value in entry.items() if value is None}
    told = " ".join(entry["sourceData"]).lower()
    assert not any(word in told for word in ("nationality", "language", "gender", "religion", "origin"))
    assert "huishouden: linked" in entry["sourceData"]
