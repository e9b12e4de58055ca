# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Encryption of single fields, blind indexes, and the change of keys."""

import base64

import pytest
from hypothesis import given, strategies as st

from chassis.crypto import BlindIndex, FieldCipher, KeyRingError, Sealed, Unreadable


def key(letter: str) -> str:
    return base64.b64encode(letter.encode() * 32).decode()


OLD = f"old:{key('o')}"
BOTH = f"new:{key('n')},{OLD}"
TEXT = st.text(max_size=300)


@given(text=TEXT)
def test_what_is_sealed_opens_in_its_own_place_only(text: str) -> None:
    cipher = FieldCipher.parse(OLD)
    sealed = cipher.seal(text, bound_to="row-1/bsn")
    assert cipher.open(sealed, bound_to="row-1/bsn") == text
    with pytest.raises(Unreadable, match="another row"):
        cipher.open(sealed, bound_to="row-2/bsn")


def test_the_same_text_is_never_sealed_the_same_way() -> None:
    cipher = FieldCipher.parse(OLD)
    first, second = (cipher.seal("999990019", bound_to="x") for _ in range(2))
    assert first.ciphertext != second.ciphertext
    assert b"999990019" not in first.ciphertext


@given(place=st.integers(0, 36), bit=st.integers(0, 7))
def test_one_changed_bit_is_noticed(place: int, bit: int) -> None:
    cipher = FieldCipher.parse(OLD)
    sealed = cipher.seal("999990019", bound_to="x")
    changed = bytearray(sealed.ciphertext)
    changed[place] ^= 1 << bit
    with pytest.raises(Unreadable):
        cipher.open(Sealed(sealed.key_id, bytes(changed)), bound_to="x")


def test_after_a_change_of_keys_the_first_seals_and_the_old_one_still_opens() -> None:
    before = FieldCipher.parse(OLD).seal("999990019", bound_to="x")
    cipher = FieldCipher.parse(BOTH)
    assert cipher.open(before, bound_to="x") == "999990019"
    assert cipher.seal("999990019", bound_to="x").key_id == "new"
    with pytest.raises(Unreadable, match="old is not in the ring"):
        FieldCipher.parse(f"new:{key('n')}").open(before, bound_to="x")


def test_a_digest_is_stable_per_key_and_kind() -> None:
    index = BlindIndex.parse(BOTH)
    digests = index.digests("123456782", kind="bsn")
    assert [digest.key_id for digest in digests] == ["new", "old"] == list(index.key_ids)
    assert digests == index.digests("123456782", kind="bsn")
    assert digests[1] == BlindIndex.parse(OLD).digests("123456782", kind="bsn")[0]
    assert digests != index.digests("123456782", kind="v-number")
    assert digests != index.digests("123456783", kind="bsn")


@pytest.mark.parametrize(
    "ring",
    [
        pytest.param("", id="empty"),
        pytest.param(" , ", id="only-commas"),
        pytest.param(key("a"), id="no-id"),
        pytest.param("k1:not base64!", id="not-base64"),
        pytest.param(f"k1:{base64.b64encode(b'short').decode()}", id="short"),
        pytest.param(f"k1:{key('a')},k1:{key('b')}", id="doubled-id"),
        pytest.param(f"k 1:{key('a')}", id="id-with-a-space"),
    ],
)
def test_an_unusable_ring_is_refused_without_repeating_a_key(ring: str) -> None:
    with pytest.raises(KeyRingError) as refused:
        FieldCipher.parse(ring)
    assert key("a") not in str(refused.value)
