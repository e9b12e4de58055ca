# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a household is told about a decision on a home, in words that it can read."""

import pytest

from tests.portal.conftest import SignIn
from tests.portal.fake_gateway import FakeGateway
from tests.portal.fake_housing import LARGE, MOVING, WAITING

LETTER = "/huisvesting/verhuizingen/{}/brief"


@pytest.mark.capability(
    "PX-16", part="the household is told what was weighed, what not, who decided, and what it can do"
)
@pytest.mark.parametrize("outcome", ["approved", "rejected"])
def test_the_letter_tells_what_was_weighed_and_no_reason_that_was_for_colleagues(
    outcome: str, gate: FakeGateway, client_of: SignIn
) -> None:
    secret = "In dit portiek wonen al drie statushouders."
    gate.handled[MOVING] = {
        "status": outcome,
        "decisionReason": secret,
        "reason": secret,
        "proposalId": MOVING,
    }
    client = client_of("consulent")
    path = LETTER.format(MOVING)
    assert f'href="/portal{path}"' in client.get(f"/huisvesting/huishoudens/{LARGE}").text
    shown = client.get(path).text

    assert ("Een woning voor u" in shown, "uw wachttijd telt door" in shown) == (
        outcome == "approved",
        outcome == "rejected",
    )
    for words in (
        "109 weken op de dag van het voorstel",
        "Uw gezin dat nog komt: 4 personen.",
        "Een computer hielp met zoeken. De computer beslist niet.",
        "besliste op 18 oktober 2024",
        "Uw land, uw nationaliteit, uw taal, uw geloof en of u man of vrouw bent.",
        "Vraag de gemeente om er nog eens naar te kijken.",
    ):
        assert words in shown, words
    assert "portiek" not in shown


def test_of_a_match_without_a_decision_there_is_no_letter(client_of: SignIn) -> None:
    waiting = client_of("vwn").get(LETTER.format(WAITING))

    assert (waiting.status_code, "Er is nog geen besluit" in waiting.text) == (404, True)
    assert client_of("corporation").get(LETTER.format(MOVING)).status_code == 403
