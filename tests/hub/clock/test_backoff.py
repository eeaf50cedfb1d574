from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patto_hub.clock.backoff import LONGEST_ASKED_S, LONGEST_S, PROBE_S, SPREAD, delay
from patto_hub.ledger.job_state import OPEN_AFTER


@given(failures=st.integers(1, 10_000), seed=st.integers(0, 50))
def test_waits_grow_up_to_a_cap(failures, seed):
    wait = delay(failures, random.Random(seed))

    assert 15 <= wait <= LONGEST_S * (1 + SPREAD)
    assert failures < OPEN_AFTER or wait >= PROBE_S


def test_waits_double():
    still = random.Random(0)
    still.random = lambda: 0.0

    assert [delay(n, still) for n in (1, 2, 3, 4, 9, 99)] == [15, 30, 60, 120, 3600, 3600]


@pytest.mark.parametrize(("asked", "least"), [(None, 15), (0, 15), (-9, 15), (600, 600), (1e9, LONGEST_ASKED_S)])
def test_what_the_partner_asks_for_is_the_least_up_to_six_hours(asked, least):
    wait = delay(1, random.Random(0), retry_after=asked)

    assert least <= wait <= max(least, 15 * (1 + SPREAD))


def test_jobs_that_failed_together_come_back_apart():
    chance = random.Random(1)

    assert len({round(delay(3, chance)) for _ in range(50)}) > 10
