"""A key's age is told by a mark of it: from its first start on, through restarts, until it is taken out."""

from __future__ import annotations

import pytest

from patto_hub.ledger import lane_secrets
from patto_hub.ledger.keys import DAY_MS
from patto_hub.ledger.lane_secrets import Aged, mark_of
from patto_hub.ledger.lanes import LaneName

LANE = LaneName("foggia", "pacts", "webhook")
OTHER = LANE._replace(partner="lecce")
OLD, NEW = mark_of(b"o" * 32), mark_of(b"n" * 32)


@pytest.fixture
def see(ledger):
    def seen(now, **lanes):
        named = {OTHER if name == "other" else LANE: marks for name, marks in lanes.items()}
        ledger.write_now(lane_secrets.see, named, now)
        return ledger.read_now(lane_secrets.since, [LANE, OTHER])

    return seen


def test_a_key_is_as_old_as_its_first_start_whatever_came_after(see):
    see(5, lane=[OLD])

    assert see(9, lane=[OLD, NEW]) == {(LANE, OLD): 5, (LANE, NEW): 9}


def test_a_key_that_is_taken_out_is_forgotten(see):
    see(5, lane=[OLD, NEW])

    assert see(9, lane=[NEW]) == {(LANE, NEW): 5}


def test_keys_that_cannot_be_read_for_a_while_keep_their_age(see):
    see(5, lane=[OLD], other=[OLD])

    assert see(9, lane=[OLD]) == {(LANE, OLD): 5, (OTHER, OLD): 5}


def test_nothing_of_a_key_is_kept(see, sql):
    see(5, lane=[mark_of(b"canarino" * 4)])

    assert b"canarino" not in sql("SELECT mark FROM lane_secret")[0][0]


@pytest.mark.parametrize(
    ("days", "age", "left", "reminder"),
    [(0, 0, 365, None), (334, 334, 31, None), (335, 335, 30, 30), (358, 358, 7, 7), (364, 364, 1, 1), (400, 400, 0, 1)],
)
def test_it_is_reminded_of_30_7_and_1_days_before_its_end(days, age, left, reminder):
    key = Aged(lane=LANE, since=10, days=365)
    now = 10 + days * DAY_MS

    assert (key.age(now), key.days_left(now), key.reminder(now)) == (age, left, reminder)
