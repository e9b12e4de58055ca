# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card of a proposal: each fact that the optimiser looked at, in words of the person who reads it."""

import pytest

from portal.pages.housing.card import fact_in_words
from services.housing.solver import read_instance
from services.housing.solver.cards import cards
from tests.unit.housing.solver.samples import dwelling, household, instance, single


def test_every_fact_on_a_card_has_dutch_words() -> None:
    alone = {"accepts_sharing": 1, "rent_max": 900}
    document = instance(
        households=[household(), single("s1", **alone), single("s2", **alone)],
        dwellings=[dwelling(), dwelling("d2", kind="shared", share_slots=3, share_min=2)],
    )
    found = cards(read_instance(document), [("h1", "d1"), ("s1", "d2"), ("s2", "d2")])

    facts = [check.datum for card in found for check in card.rules]
    assert facts
    assert [fact for fact in facts if not fact_in_words(fact)] == []


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ("rent 462, at most 880", "De huur is 462 euro. Dit huishouden kan ten hoogste 880 euro betalen."),
        ("rent 462, at most 1000000", "De huur is 462 euro. Van dit huishouden is geen hoogste huur bekend."),
        (
            "dwelling in 0626; household linked to 1916, accepts 0626, 0629",
            ("De woning staat in Voorschoten. Het huishouden is gekoppeld aan Leidschendam-Voorburg, "
            "en wil ook wonen in Voorschoten of Wassenaar."),
        ),
        ("accessible not needed, dwelling is not", "Dat is niet nodig. De woning is niet toegankelijk."),
        (
            "room needed for 5 (4 expected by nareis), dwelling for 1 to 6",
            "Er is plaats nodig voor 5 personen, van wie er 4 nog komen. De woning is voor 1 tot 6.",
        ),
        (
            "1 person(s), sharing accepted, group None; 3 places, opened by 2 or more",
            "Het huishouden wil delen. De woning heeft 3 plaatsen, en gaat open vanaf 2 personen.",
        ),
        ("7 persons newly housed in q-1, at most 12", "Nieuw in de wijk: 7 personen; ten hoogste 12."),
        ("3 dwellings of c-1 used, at most 1000000", "Van deze corporatie zijn er 3 gebruikt; er is geen grens."),
        ("0626 sends 9 persons and takes 3, may differ by 10", "Voorschoten stuurt 9 personen en neemt er 3; dat mag 10 verschillen."),
        ("something that the optimiser says in another way", ""),
    ],
)  # fmt: skip
def test_the_fact_behind_a_rule_is_told_in_dutch(fact: str, words: str) -> None:
    assert fact_in_words(fact) == words
