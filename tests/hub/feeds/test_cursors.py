from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patto_hub.feeds import cursors

KEY = b"k" * 32
numbers = st.integers(min_value=0, max_value=2**63 - 1)
small = st.integers(min_value=0, max_value=2**32 - 1)
places = st.builds(cursors.Place, numbers, small, st.one_of(st.none(), numbers), st.one_of(st.none(), small))


@given(places)
def test_a_cursor_gives_back_the_place_that_it_was_made_of(place):
    assert cursors.read(KEY, "pacts", "cpi", cursors.write(KEY, "pacts", "cpi", place)) == place


@given(places, st.integers(min_value=0, max_value=300), st.integers(min_value=1, max_value=255))
def test_F80_no_changed_byte_is_accepted(place, index, flip):
    good = cursors.write(KEY, "pacts", "cpi", place).encode()
    index %= len(good)
    changed = bytes([*good[:index], good[index] ^ flip, *good[index + 1 :]]).decode("latin-1")

    with pytest.raises(cursors.Forged):
        cursors.read(KEY, "pacts", "cpi", changed)


@given(st.text(max_size=100))
def test_F80_no_invented_text_is_accepted(text):
    with pytest.raises(cursors.Forged):
        cursors.read(KEY, "pacts", "cpi", text)


@given(places, st.sampled_from(["=", "==", " ", "\n", "A", "AA", "AAA", "AAAA"]))
def test_F80_a_place_has_one_spelling(place, more):
    cursor = cursors.write(KEY, "pacts", "cpi", place)

    for other in (cursor + more, more + cursor, cursor.replace("-", "+").replace("_", "/") + more):
        with pytest.raises(cursors.Forged):
            cursors.read(KEY, "pacts", "cpi", other)


@given(places)
def test_a_cursor_is_good_for_its_feed_its_partner_and_its_hub_only(place):
    cursor = cursors.write(KEY, "pacts", "cpi", place)

    for key, feed, partner in ((KEY, "enrolments", "cpi"), (KEY, "pacts", "ente"), (b"o" * 32, "pacts", "cpi")):
        with pytest.raises(cursors.Forged):
            cursors.read(key, feed, partner, cursor)


def test_names_that_run_into_each_other_make_different_cursors():
    place = cursors.Place(1, 1)

    assert cursors.write(KEY, "ab", "c", place) != cursors.write(KEY, "a", "bc", place)


def test_a_cursor_of_before_there_were_snapshots_is_a_place_in_the_changes():
    issued = "AQAAAAAAAAAqAABQIwSysaw3whtSpKcb1-fpEcw"  # by version 1, for number 42

    assert cursors.read(KEY, "pacts", "cpi", issued) == cursors.Place(42, 0x5023)


def test_a_cursor_of_before_cursors_said_what_was_due_is_good_for_whatever_is_due():
    issued = "AgAAAAAAAAAAKgAAAAAAAAAAAABQI_34ekAb4Uguoh88kxdiHjc"  # by version 2, for number 42

    assert cursors.read(KEY, "pacts", "cpi", issued) == cursors.Place(42, 0x5023)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        struct.pack(">BQI", 2, 42, 1),
        struct.pack(">BBQQI", 1, 0, 42, 0, 1),
        struct.pack(">BBQQI", 2, 2, 42, 0, 1),
        struct.pack(">BBQQI", 2, 0, 42, 7, 1),
        struct.pack(">BBQQI", 3, 0, 42, 0, 1),
        struct.pack(">BBQQII", 2, 0, 42, 0, 1, 1),
        struct.pack(">BBQQII", 3, 2, 42, 0, 1, 1),
        struct.pack(">BBQQII", 3, 0, 42, 7, 1, 1),
        struct.pack(">BBQQII", 4, 0, 42, 0, 1, 1),
    ],
)
def test_F80_a_signed_text_of_another_shape_is_no_place(body):
    with pytest.raises(cursors.Forged):
        cursors.read(KEY, "pacts", "cpi", cursors._signed(KEY, "pacts", "cpi", body))
