# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the optimiser takes: a whitelist of facts, and each fault told with its place."""

import copy
import json
from typing import Any

import pytest

from services.housing.solver import InstanceFault, parse_instance, read_instance
from services.housing.solver.components import split
from services.housing.solver.reading import MOST_DWELLINGS
from tests.unit.housing.solver.samples import corporation, dwelling, household, instance, municipality


@pytest.mark.capability("PX-16", part="what is no fact of the dwelling question cannot come in")
@pytest.mark.parametrize(
    "field",
    ["nationality", "religion", "sex", "gender", "language", "mother_tongue", "origin", "bsn", "name"],
)
@pytest.mark.parametrize(
    "place", ["households", "dwellings", "municipalities", "neighbourhoods", "corporations"]
)
def test_a_field_that_says_who_people_are_is_refused_by_its_name(field: str, place: str) -> None:
    document = instance()
    document[place][0][field] = "x"
    with pytest.raises(InstanceFault, match=rf"{place}\[0\].*{field}"):
        read_instance(document)


def test_a_field_inside_the_expected_family_is_refused_too() -> None:
    who = household(reunion={"persons": 1, "months": 2, "granted": 1, "origin": "x"})
    with pytest.raises(InstanceFault, match="origin"):
        read_instance(instance([who]))


def test_a_table_that_is_not_of_the_problem_is_refused() -> None:
    with pytest.raises(InstanceFault, match="nationalities"):
        read_instance(instance(nationalities={"h1": "x"}))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("problem", "p2", "p1"),
        ("today", "5 January", "today"),
        ("today", None, "today"),
        ("legal_term_weeks", -1, "legal_term_weeks may not be negative"),
        ("households", {}, "households must be a list"),
        ("households", ["h1"], r"households\[0\] must be an object"),
        ("households.0.persons", 0, r"households\[0\].persons must be 1 or more"),
        ("households.0.persons", -2, r"households\[0\].persons may not be negative"),
        ("households.0.persons", 2.5, "whole number"),
        ("households.0.persons", True, "whole number"),
        ("households.0.persons", "4", "whole number"),
        ("households.0.persons", 10**9, "larger than"),
        ("households.0.id", None, r"households\[0\].id must be a text or a whole number"),
        ("households.0.linked", "2025-02-30", r"households\[0\].linked"),
        ("households.0.work", [1], r"work must be \[x, y\] or null"),
        ("households.0.exchange", ["Z"], "exchange 'Z' does not exist"),
        ("households.0.exchange", "A", "exchange must be a list"),
        ("households.0.municipality", "Z", "municipality 'Z' does not exist"),
        ("households.0.accepts_sharing", 2, "must be 0 or 1"),
        ("households.0.reunion", {"persons": 1, "months": 1}, "granted"),
        ("dwellings.0.municipality", "Z", "municipality 'Z' does not exist"),
        ("dwellings.0.neighbourhood", "Z", "neighbourhood 'Z' does not exist"),
        ("dwellings.0.corporation", "Z", "corporation 'Z' does not exist"),
        ("dwellings.0.kind", "castle", "kind must be one of"),
        ("dwellings.0.rent", -1, "rent may not be negative"),
        ("corporations.0.contingent", -1, "contingent may not be negative"),
        ("neighbourhoods.0.cap", -1, "cap may not be negative"),
        ("municipalities.0.target", -1, "target may not be negative"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_place(path: str, value: Any, said: str) -> None:
    document = copy.deepcopy(instance())
    holder: Any = document
    *way, last = [int(one) if one.isdecimal() else one for one in path.split(".")]
    for step in way:
        holder = holder[step]
    holder[last] = value
    with pytest.raises(InstanceFault, match=said):
        read_instance(document)


@pytest.mark.parametrize("field", ["persons", "exchange", "linked", "reunion", "work"])
def test_a_missing_field_is_told_with_its_place(field: str) -> None:
    document = instance()
    del document["households"][0][field]
    with pytest.raises(InstanceFault, match=rf"households\[0\]: field '{field}' is missing"):
        read_instance(document)


@pytest.mark.parametrize("part", ["today", "households", "dwellings", "municipalities"])
def test_a_missing_part_is_told(part: str) -> None:
    document = instance()
    del document[part]
    with pytest.raises(InstanceFault, match=f"'{part}' is missing"):
        read_instance(document)


def test_an_id_that_stands_twice_is_told() -> None:
    with pytest.raises(InstanceFault, match="households: id 'h1' stands twice"):
        read_instance(instance([household("h1"), household("h1")]))


def test_more_than_the_documented_memory_holds_is_refused_before_any_work() -> None:
    homes = [dwelling()] * (MOST_DWELLINGS + 1)
    with pytest.raises(InstanceFault, match="documented memory"):
        read_instance(instance(None, homes))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not JSON"),
        (b'{"problem": "p1", "name": "\\ud800"}', "not JSON"),
        (b'{"problem": "p1", "seed": ' + b"9" * 5_000 + b"}", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[]", "JSON object"),
        (b'{"problem": "p1", "problem": "p1"}', "stands twice"),
        (b'{"problem": "p1", "today": NaN}', "NaN"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_file_that_is_no_instance_is_told(data: bytes, said: str) -> None:
    with pytest.raises(InstanceFault, match=said):
        parse_instance(data)


def test_the_hash_knows_an_input_whatever_the_order_of_its_fields() -> None:
    document = instance()
    turned = dict(reversed(document.items()))
    assert parse_instance(json.dumps(document).encode())[1] == parse_instance(json.dumps(turned).encode())[1]


def test_ids_may_be_numbers_or_texts_and_both() -> None:
    document = instance([household(7), household("7")])
    assert set(read_instance(document).households) == {7, "7"}


def test_family_may_live_outside_the_instance() -> None:
    assert read_instance(instance([household(family="elsewhere")])).households["h1"].family == "elsewhere"


def test_what_nothing_connects_is_parted() -> None:
    document = instance(
        [household("h1"), household("h2", municipality="B", exchange=["C"])],
        [
            dwelling("d1"),
            dwelling("d2", municipality="C", neighbourhood="A-n", corporation="C-c"),
        ],
        municipalities=[municipality(), municipality("B"), municipality("C"), municipality("D")],
        corporations=[corporation(), corporation("C-c", municipality="C")],
    )
    parts = [set(part.instance.municipalities) for part in split(read_instance(document))]
    assert parts == [{"A", "B", "C"}, {"D"}]  # A and C by a neighbourhood, B and C by consent
