"""A receiver that is down is tried for 75 hours, then asked now and then; a person is told once, and need not act."""

from __future__ import annotations

from random import Random

import pytest

from patto_hub.lanes.schedule import PROBES_S, SPREAD, STEPS_S, Failure, after_failure, after_success, published
from patto_hub.ledger.lanes import Lane

LANE = Lane(partner="foggia", feed="pacts", way="webhook", position=7, since=1)
DOWN = Failure(code="http.status")
HOUR = 3_600


def failed(times, lane=LANE, failure=DOWN, chance=None):
    """Fail a number of times, each as soon as it may be tried again; gives the lane after each."""
    chance, lanes, now = chance or Random(1), [], 1_000
    for _ in range(times):
        lane = after_failure(lane, failure, now, chance)
        lanes.append(lane)
        now = lane.not_before or now
    return lanes


def test_the_schedule_lasts_about_75_hours():
    rows = published()

    assert rows[0] == (1, 0, 0)
    assert 75 * HOUR <= rows[-1].after_s <= 76 * HOUR
    assert [row.wait_s for row in rows] == sorted(row.wait_s for row in rows)


def test_each_wait_is_the_published_one_or_a_little_longer():
    lanes = failed(len(STEPS_S))
    waits = [(lane.not_before - lane.attempted_at) / 1000 for lane in lanes]

    assert all(step <= wait <= step * (1 + SPREAD) for step, wait in zip(STEPS_S, waits, strict=True))
    assert {lane.state for lane in lanes} == {"running"}
    assert {lane.position for lane in lanes} == {7}


def test_receivers_that_fell_together_are_not_tried_together():
    times = {failed(4, chance=Random(seed))[-1].not_before for seed in range(20)}

    assert len(times) == 20


def test_F70_after_the_last_step_the_lane_waits_and_is_probed_less_often_up_to_an_hour():
    lanes = failed(len(STEPS_S) + 6)
    after = lanes[len(STEPS_S) :]
    waits = [(lane.not_before - lane.attempted_at) / 1000 for lane in after]

    assert {lane.state for lane in after} == {"waiting"}
    assert len({lane.since for lane in after}) == 1, "one change of state, one alarm"
    steps = [*PROBES_S, *[PROBES_S[-1]] * 3]
    assert all(step <= wait <= step * (1 + SPREAD) for step, wait in zip(steps, waits, strict=True))


def test_one_good_answer_ends_everything():
    lane = after_success(failed(15)[-1], 99)

    assert (lane.state, lane.failures, lane.not_before, lane.trouble, lane.first_failed_at) == (
        "running",
        0,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(("asked", "least"), [(20, 20), (7_200, 7_200), (1e9, 86_400)])
def test_a_receiver_may_ask_for_a_longer_wait_of_a_day_at_most(asked, least):
    lane = after_failure(LANE, Failure(code="http.rate", retry_after=asked), 0, Random(1))

    assert lane.not_before == pytest.approx(least * 1000, rel=SPREAD)


def test_a_shorter_wait_than_the_schedules_is_not_granted():
    lane = failed(3, failure=Failure(code="http.rate", retry_after=1))[-1]

    assert lane.not_before - lane.attempted_at >= STEPS_S[2] * 1000


def test_F73_gone_stops_the_lane_at_once_and_no_answer_starts_it_again():
    lane = after_failure(LANE, Failure(code="webhook.gone", gone=True), 5, Random(1))
    answered = after_success(lane, 9)

    assert (lane.state, lane.not_before, lane.since) == ("disabled", None, 5)
    assert (answered.state, answered.trouble) == ("disabled", "webhook.gone")


def test_what_a_person_has_stopped_stays_stopped_when_the_message_on_its_way_fails():
    stopped = Lane(partner="foggia", feed="pacts", way="webhook", state="disabled", since=3, updated_by="cli:anna")
    lane = after_failure(stopped, DOWN, 5, Random(1))

    assert (lane.state, lane.since, lane.updated_by, lane.trouble) == ("disabled", 3, "cli:anna", "http.status")
