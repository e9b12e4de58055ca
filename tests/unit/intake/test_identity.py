# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Numbers and names of a person, and what each role sees of them."""

import pytest
from hypothesis import given, strategies as st

from contracts.access import Role
from services.intake.rules.identity import (
    bsn_is_valid,
    mask,
    name_is_plausible,
    search_key,
    v_number_is_valid,
)
from services.intake.rules.sight import FIELDS, shown

WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
DIGITS = st.lists(st.integers(0, 9), min_size=9, max_size=9)


@pytest.mark.parametrize("bsn", ["999990019", "111222333", "123456782", "010464554"])
def test_a_bsn_that_passes_the_elfproef_is_valid(bsn: str) -> None:
    assert bsn_is_valid(bsn)


@pytest.mark.parametrize(
    "bsn",
    [
        pytest.param("999990018", id="last-digit-wrong"),
        pytest.param("000000000", id="nine-zeros"),
        pytest.param("99999001", id="eight-digits"),
        pytest.param("9999900190", id="ten-digits"),
        pytest.param("99999 019", id="a-space"),
        pytest.param("٩٩٩٩٩٠٠١٩", id="arabic-digits"),
        pytest.param("", id="empty"),
        pytest.param("999990019\n", id="a-line-end"),
    ],
)
def test_what_is_no_bsn_is_refused(bsn: str) -> None:
    assert not bsn_is_valid(bsn)


@given(digits=DIGITS)
def test_the_elfproef_is_the_weighted_sum(digits: list[int]) -> None:
    total = sum(weight * digit for weight, digit in zip(WEIGHTS, digits, strict=True))
    expected = total % 11 == 0 and any(digits)
    assert bsn_is_valid("".join(map(str, digits))) is expected


@given(digits=DIGITS, place=st.integers(0, 8), other=st.integers(0, 9))
def test_one_mistyped_digit_never_gives_another_valid_bsn(digits: list[int], place: int, other: int) -> None:
    bsn = "".join(map(str, digits))
    slip = bsn[:place] + str(other) + bsn[place + 1 :]
    assert bsn == slip or not (bsn_is_valid(bsn) and bsn_is_valid(slip))


@pytest.mark.parametrize(
    ("v_number", "valid"),
    [("1234567890", True), ("123456789", False), ("12345678901", False), ("123456789a", False)],
)
def test_a_v_number_has_ten_digits(v_number: str, *, valid: bool) -> None:
    assert v_number_is_valid(v_number) is valid


def test_a_masked_number_shows_its_last_three_digits() -> None:
    assert mask("999990019") == "******019"
    assert mask("1234567890") == "*******890"


@pytest.mark.parametrize(
    "name", ["Amal", "Öztürk-de Vries", "O'Neill", "李小龙", "عمر", "Ng", "van 't Hof", "می\u200cشی"]
)
def test_names_of_any_script_are_plausible(name: str) -> None:
    assert name_is_plausible(name)


@pytest.mark.parametrize("name", ["", "-", "12", "a\x07", "a\nb", "\u202e", "Jan\u202enaJ"])
def test_what_has_no_letter_or_has_control_characters_is_no_name(name: str) -> None:
    assert not name_is_plausible(name)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("ozturk", "Öztürk"),
        ("vanderberg", "van der Berg"),
        ("VAN DER BERG", "Van der Berg"),
        ("oneill", "O'Neill"),
    ],
)
def test_a_seeker_need_not_type_case_accents_or_spaces(typed: str, name: str) -> None:
    assert search_key(typed) == search_key(name)


# Per role what it sees in full, what masked; all else is hidden. Written out, to be read against the rules.
NAMES = {"given_names", "family_name"}
NUMBERS = {"bsn", "v_number"}
CONTACT = {"phone", "email", "street", "house_number", "postal_code", "city"}
WORK = {"obliged_on", "duo_notice_on", "rule_version", "pip_due_on", "pip", "registered_at", "changed_at"}
CODES = set(FIELDS) - NAMES - NUMBERS - CONTACT - WORK

EXPECTED: dict[Role, tuple[set[str], set[str]]] = {
    Role.CONSULENT: (set(FIELDS), set()),
    Role.KLANTMANAGER: (set(FIELDS), set()),
    Role.KWALITEITSMEDEWERKER: (set(FIELDS) - NUMBERS, NUMBERS),
    Role.POLICY_OFFICER: (set(FIELDS) - NUMBERS - CONTACT, NUMBERS),
    Role.VWN_TEAM_LEADER: (NAMES | CODES | CONTACT, NUMBERS),
    Role.TEACHER: (NAMES, set()),
    Role.SCHOOL_SYSTEM: (NAMES, set()),
}


@pytest.mark.capability(
    "GW-09", part="numbers, contact and work kept apart; health and debts are not stored yet"
)
@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_its_own_fields_and_no_other(role: Role) -> None:
    full, masked = EXPECTED.get(role, (set(), set()))
    assert {field for field in FIELDS if shown(field, {role}) == "full"} == full
    assert {field for field in FIELDS if shown(field, {role}) == "masked"} == masked


def test_of_several_roles_the_widest_counts() -> None:
    assert shown("bsn", {Role.TEACHER, Role.CONSULENT}) == "full"
    assert shown("bsn", {Role.TEACHER, Role.POLICY_OFFICER}) == "masked"
    assert shown("bsn", set()) == "hidden"
