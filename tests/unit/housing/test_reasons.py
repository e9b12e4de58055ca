# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The answers to "waarom niet?" in words: limits that no other choice could lift, and prices."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.housing.actions.reasons import broken_rule, price_in_words
from services.housing.solver import Instance, read_instance
from services.housing.solver.instance import Held, MovingOn

PLACE = {"id": "0629", "region": "r", "x": 0, "y": 0, "target": 5, "exchange_slack": 0, "transit_exits": 1}
QUARTER = {"id": "wijk", "municipality": "0629", "x": 0, "y": 0, "school": 1, "cap": 9}
OWNER = {"id": "owner", "municipality": "0629", "contingent": 5}
HOME = {
    "id": "d", "municipality": "0629", "neighbourhood": "wijk", "corporation": "owner", "kind": "transit", "rooms": 3,
    "min_persons": 2, "max_persons": 4, "rent": 700, "accessible": 0, "available_from": "2024-11-05",
    "max_stay_months": 12, "share_slots": 0, "share_min": 0,
}  # fmt: skip
FAMILY = {
    "id": "h", "municipality": "0629", "persons": 3, "adults": 2, "children": 1, "linked": "2024-01-01", "rent_max": 900,
    "needs_accessible": 0, "school": 0, "work": None, "family": None, "reunion": None, "accepts_sharing": 0,
    "share_group": None, "exchange": [],
}  # fmt: skip


def instance(part: str = "households", **more: Any) -> Instance:
    parts: dict[str, list[dict[str, Any]]] = {
        "municipalities": [PLACE], "neighbourhoods": [QUARTER], "corporations": [OWNER], "dwellings": [HOME],
        "households": [FAMILY],
    }  # fmt: skip
    parts[part] = [{**parts[part][0], **more}]
    head = {
        "problem": "p1",
        "name": "n",
        "scale": "s",
        "seed": 0,
        "today": "2024-11-05",
        "legal_term_weeks": 10,
    }
    return read_instance({**head, **parts})


@pytest.mark.capability("HO-06", part="each rule in words, with the numbers that were looked at")
@pytest.mark.parametrize(
    ("part", "more", "rule", "words"),
    [
        pytest.param("households", {"persons": 5}, "H5", "ten hoogste 4 personen", id="too-small"),
        pytest.param("households", {"persons": 1}, "H5", "ten minste 2 personen", id="too-large"),
        pytest.param("households", {"rent_max": 699}, "H3", "ten hoogste 699 euro", id="too-dear"),
        pytest.param("neighbourhoods", {"cap": 1}, "H6", "mag 1 persoon nog komen wonen", id="quarter-full"),
        pytest.param("neighbourhoods", {"cap": 0}, "H6", "mogen 0 personen nog", id="quarter-closed"),
        pytest.param("corporations", {"contingent": 0}, "H7", "geen woningen meer", id="corporation-done"),
        pytest.param("municipalities", {"transit_exits": 0}, "H8", "doorstroomwoning", id="no-way-out"),
    ],
)
def test_a_rule_that_no_other_choice_could_lift_is_told_with_its_numbers(
    part: str, more: dict[str, Any], rule: str, words: str
) -> None:
    found = broken_rule(instance(part, **more), "h", "d")
    assert found is not None
    assert found.rule == rule
    assert words in found.text


def test_a_single_is_told_that_the_dwelling_is_only_to_be_shared() -> None:
    shared = replace(instance().dwellings["d"], share_slots=3, share_min=2)
    single = replace(instance().households["h"], persons=1)
    found = broken_rule(replace(instance(), dwellings={"d": shared}, households={"h": single}), "h", "d")
    assert found is not None
    assert found.text.endswith("Dit huishouden stemde niet in met delen.")
    willing = replace(single, accepts_sharing=True)
    assert (
        broken_rule(replace(instance(), dwellings={"d": shared}, households={"h": willing}), "h", "d") is None
    )


@pytest.mark.capability("HO-12", part="why a dwelling is no next home")
@pytest.mark.parametrize(
    ("home", "room", "stay", "words"),
    [
        pytest.param(None, 3, 12, "In deze woning is het verblijf ten hoogste 12 maanden.", id="for-a-time"),
        pytest.param("d", 3, 0, "woont al in deze woning en zoekt juist een andere", id="own"),
        pytest.param(
            None, 5, 0, "zoekt plaats voor 5 personen. De woning is voor ten hoogste 4", id="family"
        ),
    ],
)
def test_why_a_dwelling_is_no_next_home_is_told(home: str | None, room: int, stay: int, words: str) -> None:
    where = replace(instance().dwellings["d"], max_stay_months=stay, kind="family")
    who = replace(instance().households["h"], moving_on=MovingOn(home, room))
    found = broken_rule(replace(instance(), dwellings={"d": where}, households={"h": who}), "h", "d")
    assert found is not None
    assert (found.rule, words in found.text) == ("H10", True)


@pytest.mark.capability("HO-08", part="why somebody gets no place in a home that others share")
@pytest.mark.parametrize(
    ("slots", "who", "words"),
    [
        pytest.param(3, {}, "Er kan alleen iemand bij die alleen is, en dit huishouden telt 3", id="family"),
        pytest.param(3, {"persons": 1}, "Dit huishouden stemde niet in met delen.", id="unwilling"),
        pytest.param(
            3,
            {"persons": 1, "accepts_sharing": True, "share_group": "b"},
            "zijn 2 plaatsen bezet, door mensen van een andere groep",
            id="other-group",
        ),
        pytest.param(0, {"persons": 1}, "de corporatie staat niet toe dat er iemand bij komt", id="stopped"),
        pytest.param(3, {"persons": 1, "moving_on": MovingOn(None, 3)}, "zoekt een hele woning", id="exit"),
    ],
)
def test_why_there_is_no_place_beside_others_is_told(slots: int, who: dict[str, Any], words: str) -> None:
    where = replace(
        instance().dwellings["d"], max_stay_months=0, share_slots=slots, held=Held(2, "a"), kind="shared"
    )
    person = replace(instance().households["h"], **who)
    found = broken_rule(replace(instance(), dwellings={"d": where}, households={"h": person}), "h", "d")
    assert found is not None
    assert (found.rule, words in found.text) == ("H5", True), found.text


def test_a_dwelling_that_counts_already_is_not_told_to_be_beyond_the_contingent() -> None:
    where = replace(instance().dwellings["d"], let_this_year=True)
    none_left = instance("corporations", contingent=0)
    assert broken_rule(replace(none_left, dwellings={"d": where}), "h", "d") is None


def test_a_pair_that_may_be_breaks_no_rule() -> None:
    assert instance().today == date(2024, 11, 5)
    assert broken_rule(instance(), "h", "d") is None


@pytest.mark.parametrize(
    ("price", "words"),
    [
        pytest.param({}, "Het mag, en het kost niets", id="free"),
        pytest.param({"persons": 1}, "Het mag, maar dan krijgt 1 persoon minder een huis.", id="one"),
        pytest.param(
            {"persons": 2, "weeks": -31, "points": 1, "losing": 2},
            "Het mag, maar dan krijgen 2 personen minder een huis, telt het wachten 31 punten meer en "
            "passen de woningen samen 1 punt slechter. 2 huishoudens verliezen hun voorstel.",
            id="all",
        ),
        pytest.param({"weeks": 1, "excluded": True}, "Iemand had dit paar", id="excluded"),
        pytest.param({"weeks": 1, "proven": False}, "niet bewezen dat het niet goedkoper kan.", id="in-time"),
    ],
)
def test_a_price_is_told_in_words(price: dict[str, Any], words: str) -> None:
    told = {"persons": 0, "weeks": 0, "points": 0, "losing": 0, "proven": True, "excluded": False}
    assert words in price_in_words(**{**told, **price})
