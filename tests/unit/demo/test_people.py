# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
from collections import Counter
from itertools import islice

from demo.numbers import reserved_bsns, reserved_v_numbers
from demo.people import Group, make_people

WANTED: list[tuple[str, Group]] = [
    (f"x-{number:03}", "statushouder" if number % 2 else "gezinsmigrant") for number in range(400)
]


def passes_eleven_test(bsn: str) -> bool:
    *head, last = map(int, bsn)
    return (sum(digit * weight for digit, weight in zip(head, range(9, 1, -1), strict=True)) - last) % 11 == 0


def test_bsns_are_valid_and_of_the_range_that_is_kept_for_tests() -> None:
    bsns = list(reserved_bsns())

    assert len(bsns) == len(set(bsns)) > 9000
    assert all(len(bsn) == 9 and bsn.startswith("9999") and passes_eleven_test(bsn) for bsn in bsns)


def test_v_numbers_have_ten_digits_and_are_all_different() -> None:
    numbers = list(islice(reserved_v_numbers(), 5000))

    assert len(set(numbers)) == 5000
    assert all(len(number) == 10 and number.isdigit() for number in numbers)


def test_the_same_seed_gives_the_same_people() -> None:
    assert make_people(WANTED) == make_people(WANTED)
    assert make_people(WANTED, seed="another") != make_people(WANTED)


def test_appending_a_person_leaves_the_others_as_they_are() -> None:
    assert make_people([*WANTED, ("x-400", "statushouder")])[: len(WANTED)] == make_people(WANTED)


def test_no_two_people_share_a_name_or_a_number() -> None:
    people = make_people(WANTED)

    assert len({person.name for person in people}) == len(people)
    assert len({person.bsn for person in people}) == len(people)
    assert len({person.v_number for person in people}) == len(people)


def test_people_are_of_the_age_and_the_origins_of_the_audit() -> None:
    people = make_people(WANTED)
    ages = [(2024 - person.birth_date.year) for person in people]
    origins = Counter(person.origin for person in people if person.group == "statushouder")

    assert 17 <= min(ages) < 27
    assert 50 <= max(ages) < 66
    assert origins.most_common(1)[0][0] == "Syrië"
    assert len(origins) >= 6


def test_a_gezinsmigrant_has_a_regular_permit_and_a_status_holder_one_of_asylum() -> None:
    permits = {(person.group, person.permit_type) for person in make_people(WANTED)}

    assert permits == {
        ("statushouder", "asiel"),
        ("statushouder", "afgeleid-asiel"),
        ("gezinsmigrant", "regulier"),
    }
