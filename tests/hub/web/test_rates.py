from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from patto_hub.web.rates import Rates


@given(st.lists(st.floats(min_value=0, max_value=5), max_size=200), st.integers(min_value=1, max_value=20))
def test_never_more_than_a_full_bucket_and_its_refill_are_granted(pauses, limit):
    rates, now, granted = Rates(limit, 10.0), 0.0, 0
    for pause in pauses:
        now += pause
        granted += rates.take("a", now).retry_after_s is None

    assert granted <= limit + now * limit / 10.0 + 1e-6


@given(st.integers(min_value=1, max_value=50))
def test_whoever_waits_as_told_is_let_in(limit):
    rates = Rates(limit, 60.0)
    for _ in range(limit):
        assert rates.take("a", 0.0).retry_after_s is None

    refused = rates.take("a", 0.0)

    assert refused.retry_after_s is not None
    assert rates.take("a", float(refused.retry_after_s)).retry_after_s is None


def test_one_callers_bucket_is_not_anothers():
    rates = Rates(1, 60.0)
    rates.take("a", 0.0)

    assert rates.take("a", 0.0).retry_after_s == 60
    assert rates.take("b", 0.0).retry_after_s is None


def test_a_clock_that_stands_still_or_goes_back_gives_nothing_away():
    rates = Rates(1, 60.0)
    rates.take("a", 100.0)

    assert rates.take("a", 50.0).retry_after_s is not None
