"""One hub at a time has a lane, one that comes late keeps nothing, and what a killed one held runs out."""

from __future__ import annotations

import pytest

from patto_hub.ledger import lane_leases
from patto_hub.ledger.lane_leases import LEASE_MS, Fenced
from patto_hub.ledger.lanes import LaneName

LANE = LaneName("foggia", "pacts", "webhook")
NOW = 1_772_442_000_000


@pytest.fixture
def take(ledger):
    return lambda owner, now=NOW, lane=LANE: ledger.write_now(lane_leases.take, lane, owner, now)


def test_a_lane_that_one_hub_has_no_other_gets_and_other_lanes_are_free(take):
    turn, other = take("a"), take("b")

    assert (turn.fence, other) == (1, None)
    assert take("b", lane=LANE._replace(way="signals")) is not None


def test_what_was_given_back_is_free_at_once_and_its_fence_grows(take, ledger):
    ledger.write_now(lane_leases.give_back, take("a"))

    assert take("b").fence == 2


def test_a_lease_that_ran_out_is_taken_over_and_whoever_had_it_is_fenced_off(take, ledger):
    late = take("a")
    held, taken = take("b", NOW + LEASE_MS - 1), take("b", NOW + LEASE_MS)

    assert (held, taken.fence) == (None, 2)
    with pytest.raises(Fenced):
        ledger.write_now(lane_leases.give_back, late)
    ledger.write_now(lane_leases.give_back, taken)


def test_a_lease_is_given_back_once(take, ledger):
    turn = take("a")
    ledger.write_now(lane_leases.give_back, turn)

    with pytest.raises(Fenced):
        ledger.write_now(lane_leases.give_back, turn)


def test_a_hub_takes_again_what_it_could_not_give_back(take):
    take("a")

    assert take("a").fence == 2


def test_a_hub_that_asked_for_the_time_a_moment_before_takes_nothing_over(take):
    take("a", NOW + 5)

    assert take("b") is None


def test_an_expiry_of_a_clock_that_ran_ahead_keeps_nobody_out(take):
    take("a", NOW + 86_400_000)

    assert take("b").fence == 2


def test_a_hub_that_stops_leaves_no_lease_and_touches_no_other(take, ledger):
    take("a")
    take("b", lane=LANE._replace(way="signals"))
    ledger.write_now(lane_leases.end, "a")

    assert take("c") is not None
    assert take("c", lane=LANE._replace(way="signals")) is None
