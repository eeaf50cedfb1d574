from hypothesis import given
from hypothesis import strategies as st

from patto_hub.marks import Marks

NUMBERS = st.lists(st.integers(0, 100_000))


@given(NUMBERS, NUMBERS)
def test_marks_hold_what_a_set_holds_in_ascending_order(first, second):
    marks = Marks()
    marks.add(first)
    marks.add(second)

    assert list(marks) == sorted({*first, *second})
    assert all(number in marks for number in first)


def test_what_was_never_noted_is_not_there():
    marks = Marks()

    assert 3 not in marks
    assert list(marks) == []


def test_a_million_take_little_room():
    marks = Marks()
    marks.add(range(1_000_000))

    assert len(marks.bits) < 135_000


def test_numbers_far_apart_are_told_apart():
    marks = Marks()

    marks.add([3, 1_000_000])

    assert 3 in marks
    assert 1_000_000 in marks
    assert 4 not in marks
    assert 9_000_000 not in marks
