"""Quiet hours are of the local clock, over midnight and over the nights on which the clock is changed."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patto_hub.clock.calendar import Place, milliseconds
from patto_hub.clock.quiet import Quiet, loud, window

ROME = Place()


def at(text, fold=0):
    return milliseconds(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Rome"), fold=fold))


def quiet(*texts):
    return Quiet(tuple(map(window, texts)))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-02T21:59", None),
        ("2026-03-02T22:00", "2026-03-03T06:00"),
        ("2026-03-03T00:00", "2026-03-03T06:00"),
        ("2026-03-03T05:59", "2026-03-03T06:00"),
        ("2026-03-03T06:00", None),
    ],
)
def test_a_night_begins_in_the_evening_and_ends_in_the_morning(now, until):
    assert quiet("22:00-06:00").until(at(now), ROME) == (until and at(until))


def test_windows_that_meet_are_one():
    assert quiet("23:00-24:00", "00:00-07:30", "19:00-23:00").until(at("2026-03-02T19:30"), ROME) == at(
        "2026-03-03T07:30"
    )


def test_without_quiet_hours_it_is_never_quiet():
    assert quiet().until(at("2026-03-02T03:00"), ROME) is None


def test_in_the_night_that_has_an_hour_less_the_quiet_ends_by_the_clock():
    assert quiet("22:00-06:00").until(at("2026-03-28T22:00"), ROME) - at("2026-03-28T22:00") == 7 * 3_600_000


def test_an_end_that_comes_twice_in_october_is_the_one_that_lies_ahead():
    night = quiet("01:00-02:30")

    assert night.until(at("2026-10-25T02:10"), ROME) == at("2026-10-25T02:30")
    assert night.until(at("2026-10-25T02:10", fold=1), ROME) == at("2026-10-25T02:30", fold=1)


@pytest.mark.parametrize("text", ["", "22-6", "22:00", "24:00-06:00", "22:00-22:00", "00:00-24:00", "22:60-06:00", "a"])
def test_what_are_no_hours_of_the_day_is_refused(text):
    with pytest.raises(ValueError, match=text or "^$"):
        window(text)


def test_a_receiver_must_be_left_an_hour():
    assert loud([window("06:00-05:00")])
    assert not loud([window("06:00-05:30")])
    assert not loud([window("00:00-12:00"), window("12:00-24:00")])


TIMES = st.times().map(lambda each: each.replace(second=0, microsecond=0))


@given(
    st.lists(st.tuples(TIMES, TIMES).filter(lambda each: each[0] != each[1]), max_size=4),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - local walls
)
def test_where_quiet_ends_it_is_loud(hours, wall):
    windows = [window(f"{begins:%H:%M}-{ends:%H:%M}") for begins, ends in hours]
    now = ROME.instant(wall)
    until = Quiet(tuple(windows)).until(now, ROME)

    if loud(windows):
        assert until is None or (until > now and Quiet(tuple(windows)).until(until, ROME) is None)
