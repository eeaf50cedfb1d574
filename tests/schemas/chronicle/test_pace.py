from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from patto_schemas.chronicle import Calendar

paces = st.builds(Calendar, day_seconds=st.floats(0.1, 10_000), ahead_days=st.floats(0, 700))


def test_a_day_passes_in_the_seconds_that_were_asked_for():
    pace = Calendar(starts_on=date(2024, 1, 8), day_seconds=10, ahead_days=30)

    assert pace.at(0) == datetime(2024, 2, 7, tzinfo=UTC)
    assert pace.at(25) == datetime(2024, 2, 9, 12, tzinfo=UTC)


def test_what_is_told_ahead_is_due_at_once():
    pace = Calendar(starts_on=date(2024, 1, 8), ahead_days=30)

    assert pace.elapsed(datetime(2024, 1, 9, tzinfo=UTC)) == 0


@given(paces, st.floats(0, 100_000))
def test_seconds_and_instants_are_two_names_of_one_moment(pace, elapsed):
    assert abs(pace.elapsed(pace.at(elapsed)) - elapsed) <= 1e-3 + pace.day_seconds / 86_400


@given(paces, st.floats(0, 100_000), st.floats(0, 100_000))
def test_time_never_runs_backwards(pace, one, other):
    first, second = sorted((one, other))

    assert pace.at(first) <= pace.at(second)
