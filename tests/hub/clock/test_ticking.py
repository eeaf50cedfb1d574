from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from patto_hub.clock import ticking

HOUR = 3600.0


@pytest.fixture
def clock(town):
    """A clock of the town that nobody has started."""
    return ticking.Clock(
        ledger=town.ledger, world=town.world.ports("hub"), jobs=town.jobs, place=town.place, wake=lambda: None
    )


def test_F50_the_night_without_half_past_two_still_gives_one_run(towns):
    with towns(datetime.fromisoformat("2027-03-28T01:45+01:00")) as town:
        town.job(cron="30 2 * * *", catch_up="none")

        town.live(2 * HOUR)

        assert town.local_times() == ["28 03:30"]


def test_F50_the_night_with_two_half_past_twos_gives_one_run(towns):
    with towns(datetime.fromisoformat("2027-10-31T02:15+02:00")) as town:
        town.job(cron="30 2 * * *", catch_up="none")

        town.live(2 * HOUR)  # past both half past twos

        assert town.local_times() == ["31 02:30"]
        assert [made.slot_key for made in town.script.made] == ["2027-10-31"]


def test_a_tick_starts_the_run_in_the_second_it_is_planned_for(town):
    town.job(cron="30 2 * * *", catch_up="none")
    town.to(datetime(2027, 5, 2, 2, 20))  # noqa: DTZ001 - wall clock

    town.live(HOUR / 3)

    planned = town.place.instant(datetime(2027, 5, 2, 2, 30))  # noqa: DTZ001 - wall clock
    assert [made.at - planned < 1000 for made in town.script.made] == [True]


def test_F51_a_host_suspended_over_a_planned_run_catches_it_up_once(town):
    town.job(cron="30 2 * * *", catch_up="none")

    async def sleep_of_the_host(_):
        await asyncio.sleep(HOUR)
        town.world.skew += timedelta(days=2, hours=12)  # timers of the loop do not see the time that passed

    town.live(HOUR + 120, meanwhile=sleep_of_the_host)

    assert [made.slot_key for made in town.script.made] == ["2027-05-04"]
    assert town.script.made[0].reason == "catch_up"


def test_F51_a_hub_that_was_off_catches_up_once_when_it_starts(town):
    town.job(cron="30 2 * * *")
    town.to(datetime(2027, 5, 2, 2, 20))  # noqa: DTZ001 - wall clock
    town.live(HOUR / 3)
    town.script.made.clear()
    town.world.skew += timedelta(days=3)

    town.live(60)

    assert [(made.slot_key, made.reason) for made in town.script.made] == [("2027-05-05", "catch_up")]


@pytest.mark.parametrize(("catch_up", "expected"), [("none", []), ("all", ["2027-05-03", "2027-05-04", "2027-05-05"])])
def test_F51_what_is_caught_up_at_the_start_is_the_schedules_choice(town, catch_up, expected):
    town.job(cron="30 2 * * *", catch_up=catch_up)
    town.to(datetime(2027, 5, 2, 2, 20))  # noqa: DTZ001 - wall clock
    town.live(HOUR / 3)
    town.script.made.clear()
    town.world.skew += timedelta(days=3)

    town.live(600)

    assert [made.slot_key for made in town.script.made] == expected


def test_F52_a_tick_lost_while_the_loop_was_blocked_costs_at_most_a_minute(town, monkeypatch):
    town.job(cron="30 2 * * *", catch_up="none")
    monkeypatch.setattr(AsyncIOScheduler, "wakeup", lambda _self: None)  # no tick comes through at all
    town.to(datetime(2027, 5, 2, 2, 20, 30))  # noqa: DTZ001 - wall clock

    town.live(HOUR / 3)

    planned = town.place.instant(datetime(2027, 5, 2, 2, 30))  # noqa: DTZ001 - wall clock
    assert [0 <= made.at - planned <= (ticking.COMPARE_S + 1) * 1000 for made in town.script.made] == [True]


def test_F53_a_clock_that_ran_a_year_ahead_and_was_put_right_stops_no_job(town):
    town.job(cron="30 2 * * *", catch_up="none")
    town.to(datetime(2028, 5, 1, 2, 20))  # noqa: DTZ001 - wall clock
    town.live(HOUR / 3)
    town.to(datetime(2027, 5, 2, 2, 20))  # noqa: DTZ001 - wall clock

    town.live(HOUR / 3)

    assert [made.slot_key for made in town.script.made] == ["2028-05-01", "2027-05-02"]


def test_F53_a_clock_stepped_back_over_a_run_does_not_repeat_it(town):
    town.job(cron="30 2 * * *", catch_up="none")

    async def step_back(_):
        await asyncio.sleep(HOUR / 2)  # 02:50
        town.world.skew -= timedelta(hours=1)

    town.to(datetime(2027, 5, 2, 2, 20))  # noqa: DTZ001 - wall clock
    town.live(2 * HOUR, meanwhile=step_back)

    assert [made.slot_key for made in town.script.made] == ["2027-05-02"]


def test_two_hubs_on_one_ledger_make_each_planned_run_once(town):
    town.job(every_s=600)

    async def second(_):
        await town.hub(town.dispatcher("second"))

    town.live(2 * HOUR + 60, meanwhile=second)

    keys = [made.slot_key for made in town.script.made]
    assert len(keys) == len(set(keys)) == 13


def test_a_clock_that_compares_the_plan_counts_as_alive(clock, town):
    town.job(every_s=600)

    async def life():
        ticking = asyncio.ensure_future(clock.serve())
        await asyncio.sleep(HOUR)
        said = clock.silent_s, await clock.stopped()
        ticking.cancel()
        return said

    silent, stopped = town.world.run(life())

    assert silent <= ticking.COMPARE_S + 1
    assert stopped is None


def test_a_clock_that_has_not_compared_for_minutes_says_that_it_stands_still(clock, town):
    async def life():
        await asyncio.sleep(ticking.STALE_S - 1)
        before = await clock.stopped()
        await asyncio.sleep(2)
        return before, await clock.stopped()

    before, after = town.world.run(life())

    assert before is None
    assert "181 s" in after


def test_a_clock_whose_ledger_cannot_be_written_stands_still(clock, town, monkeypatch):
    town.job(every_s=60)

    async def full(*_, **__):
        raise OSError(28, "no space")

    async def life():
        await asyncio.sleep(100)
        with monkeypatch.context() as broken:
            broken.setattr(type(town.ledger), "write", full)
            assert await clock.compare(list(town.jobs), 0) == 0
        silent = clock.silent_s
        await clock.compare(list(town.jobs), 0)
        return silent, clock.silent_s

    assert town.world.run(life()) == (pytest.approx(100, abs=1), pytest.approx(0, abs=1))
