from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

import pytest

from patto_hub.balance import Balance
from patto_hub.clock.calendar import Place, italy
from patto_hub.clock.freshness import changed, judge, judge_all
from patto_hub.clock.schedule import Schedule
from patto_hub.ledger.freshness import Ended, Facts, Good
from patto_hub.ledger.job_state import JobState

ROME = Place()
JOB = "foggia/pacts"
DAILY = Schedule(cron="30 2 * * *", expected_by=time(8))
HOUR = 3_600_000


def at(*wall: int) -> int:
    return ROME.instant(datetime(*wall))  # noqa: DTZ001 - wall clock in Rome


def good(started_at, *, read=100, new=5, closes=True, run_id=1):
    balance = Balance(read=read, new=new, unchanged=read - new + (0 if closes else 1))
    return Good(run_id=run_id, started_at=started_at, finished_at=started_at + 60_000, balance=balance)


def ended(at_, state="failed", run_id=2):
    return Ended(
        run_id=run_id,
        state=state,
        finished_at=at_,
        trouble_code="http.status",
        trouble_detail="503",
        trouble_hint="wait",
    )


def facts(**known):
    return Facts(state=known.pop("state", JobState(job=JOB)), **known)


def judged(schedule, known, now, place=ROME):
    return judge(JOB, schedule, known, now, place)


def test_data_read_in_the_night_are_on_time_in_the_morning():
    found = judged(DAILY, facts(good=good(at(2027, 5, 4, 2, 30))), at(2027, 5, 4, 9))

    assert (found.state, found.reason, found.deadline) == ("on_time", "arrived", at(2027, 5, 4, 8))
    assert not found.alarming
    assert found.unread_since is None


def test_before_the_hour_it_is_expected_by_nothing_is_late():
    found = judged(DAILY, facts(good=good(at(2027, 5, 3, 2, 30))), at(2027, 5, 4, 7, 59))

    assert found.state == "on_time"


def test_a_run_that_never_came_is_late_from_the_hour_on_without_any_run_to_say_so():
    found = judged(DAILY, facts(good=good(at(2027, 5, 3, 2, 30))), at(2027, 5, 4, 8, 1))

    assert (found.state, found.reason) == ("late", "deadline_passed")
    assert found.unread_since == found.last_good_at == at(2027, 5, 3, 2, 31)
    assert found.alarming


def test_a_run_by_hand_the_day_before_does_not_hide_that_tonights_is_missing():
    found = judged(DAILY, facts(good=good(at(2027, 5, 3, 15))), at(2027, 5, 4, 8, 1))

    assert found.state == "late"


def test_F54_a_run_that_takes_too_long_is_late_while_it_runs():
    known = facts(good=good(at(2027, 5, 3, 2, 30)), running_since=at(2027, 5, 4, 2, 30))
    found = judged(DAILY, known, at(2027, 5, 4, 8, 1))

    assert found.state == "late"
    assert found.running_since == at(2027, 5, 4, 2, 30)


def test_nobody_has_to_look_at_a_first_reading_that_is_under_way():
    now = at(2027, 5, 4, 2, 31)

    assert not judged(DAILY, facts(running_since=at(2027, 5, 4, 2, 30)), now).alarming
    assert judged(DAILY, facts(), now).alarming


def test_late_data_that_arrive_are_on_time_again():
    assert judged(DAILY, facts(good=good(at(2027, 5, 4, 10))), at(2027, 5, 4, 11)).state == "on_time"


def test_could_not_be_read_since_and_nothing_new_since_are_different():
    read_without_news = facts(good=good(at(2027, 5, 4, 2, 30), new=0), news_at=at(2027, 4, 20))
    could_not_be_read = facts(
        good=good(at(2027, 5, 1, 2, 30)), ended=ended(at(2027, 5, 4, 2, 31)), news_at=at(2027, 5, 1)
    )
    quiet = judged(DAILY, read_without_news, at(2027, 5, 4, 9))
    broken = judged(DAILY, could_not_be_read, at(2027, 5, 4, 9))

    assert (quiet.state, quiet.nothing_new_since, quiet.unread_since) == ("on_time", at(2027, 4, 20), None)
    assert (broken.state, broken.nothing_new_since, broken.unread_since) == ("failing", None, at(2027, 5, 1, 2, 31))
    assert (broken.reason, broken.detail, broken.hint) == ("http.status", "503", "wait")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("failed", "failing"),
        ("stopped", "failing"),
        ("partial", "failing"),
        ("cancelled", "on_time"),
        ("lost", "on_time"),
    ],
)
def test_only_trouble_makes_a_job_failing(state, expected):
    known = facts(good=good(at(2027, 5, 4, 2, 30)), ended=ended(at(2027, 5, 4, 3), state))

    assert judged(DAILY, known, at(2027, 5, 4, 9)).state == expected


def test_trouble_before_the_last_good_run_is_over():
    known = facts(good=good(at(2027, 5, 4, 2, 30), run_id=3), ended=ended(at(2027, 5, 4, 2, 35), "done", run_id=3))

    assert judged(DAILY, known, at(2027, 5, 4, 9)).state == "on_time"


def test_a_job_that_was_never_read_says_so():
    found = judged(DAILY, facts(), at(2027, 5, 4, 9))

    assert (found.state, found.last_good_at, found.unread_since, found.volume) == ("never", None, None, "unknown")
    assert found.alarming


def test_a_pause_is_shown_before_anything_else_and_ends_by_itself():
    state = JobState(job=JOB, paused_at=0, paused_until=at(2027, 5, 4, 10))
    known = facts(state=state, good=good(at(2027, 5, 1)), ended=ended(at(2027, 5, 2)))

    assert judged(DAILY, known, at(2027, 5, 4, 9)).state == "paused"
    assert judged(DAILY, known, at(2027, 5, 4, 11)).state == "failing"


@pytest.mark.parametrize(
    ("known", "schedule", "reason"),
    [
        (facts(good=good(at(2027, 5, 4, 2, 30), closes=False)), DAILY, "balance_open"),
        (facts(good=good(at(2028, 5, 4, 2, 30))), DAILY, "clock_was_wrong"),
        (facts(good=good(at(2027, 5, 4, 2, 30))), Schedule(), "no_expectation"),
    ],
)
def test_what_cannot_be_judged_is_unknown_and_not_green(known, schedule, reason):
    found = judged(schedule, known, at(2027, 5, 4, 9))

    assert (found.state, found.reason) == ("unknown", reason)
    assert found.alarming


def test_a_weekend_and_a_holiday_are_no_delay_for_an_office_that_rests():
    schedule = replace(DAILY, working_days_only=True)
    friday = facts(good=good(at(2026, 12, 24, 2, 30)))

    for day in (25, 26, 27):
        assert judged(schedule, friday, at(2026, 12, day, 12), italy()).state == "on_time"
    assert judged(schedule, friday, at(2026, 12, 28, 7, 59), italy()).state == "on_time"
    assert judged(schedule, friday, at(2026, 12, 28, 8, 1), italy()).state == "late"


def test_a_longest_time_without_a_good_run_can_be_expected_instead():
    schedule = Schedule(every_s=600, expected_within_s=3600)
    known = facts(good=good(at(2027, 5, 4, 9)))

    assert judged(schedule, known, at(2027, 5, 4, 10)).state == "on_time"
    assert judged(schedule, known, at(2027, 5, 4, 10, 1)).state == "on_time"
    late = judged(schedule, known, at(2027, 5, 4, 10, 3))
    assert (late.state, late.deadline) == ("late", at(2027, 5, 4, 10, 1))


def test_a_plan_without_expectation_gives_each_run_some_grace():
    nightly, often = Schedule(cron="30 2 * * *"), Schedule(every_s=60)
    yesterday = facts(good=good(at(2027, 5, 3, 2, 30)))
    earlier = facts(good=good(at(2027, 5, 4, 2)))

    assert [judged(nightly, yesterday, at(2027, 5, 4, 3, m)).state for m in (29, 31)] == ["on_time", "late"]
    assert [judged(often, earlier, at(2027, 5, 4, 2, m, 30)).state for m in (9, 13)] == ["on_time", "late"]


def test_a_drop_folder_without_plan_is_expected_on_its_day():
    schedule = Schedule(expected_by=time(8))

    assert judged(schedule, facts(good=good(at(2027, 5, 4, 7))), at(2027, 5, 4, 9)).state == "on_time"
    assert judged(schedule, facts(good=good(at(2027, 5, 3, 9))), at(2027, 5, 4, 9)).state == "late"


@pytest.mark.parametrize(
    ("read", "volumes", "expected"),
    [
        (0, (100, 90, 110), "zero"),
        (20, (100, 90, 110), "low"),
        (80, (100, 90, 110), "normal"),
        (0, (0, 0, 5), "normal"),
        (0, (100, 100), "unknown"),
        (500, (100, 90, 110), "normal"),
    ],
)
def test_volume_is_judged_against_history(read, volumes, expected):
    known = facts(good=good(at(2027, 5, 4, 2, 30), read=read, new=0), volumes=volumes)
    found = judged(DAILY, known, at(2027, 5, 4, 9))

    assert (found.volume, found.read) == (expected, read)
    assert found.alarming == (expected in ("zero", "low"))


def test_F50_the_hour_that_is_missing_or_comes_twice_makes_nothing_late():
    schedule = Schedule(cron="30 2 * * *", expected_by=time(2, 45))
    for night, started in (((2027, 3, 28), at(2027, 3, 28, 3, 30)), ((2027, 10, 31), at(2027, 10, 31, 2, 30))):
        assert judged(schedule, facts(good=good(started)), at(*night, 9)).state == "on_time"


def test_changes_between_two_looks_are_listed_once():
    schedules = {JOB: DAILY}
    known = {JOB: facts(good=good(at(2027, 5, 3, 2, 30)))}
    fresh = judge_all(schedules, known, at(2027, 5, 4, 7), ROME)
    late = judge_all(schedules, known, at(2027, 5, 4, 9), ROME)
    still = judge_all(schedules, known, at(2027, 5, 4, 10), ROME)

    assert [(old and old.state, new.state) for old, new in changed({}, fresh)] == [(None, "on_time")]
    assert [(old.state, new.state) for old, new in changed(fresh, late)] == [("on_time", "late")]
    assert list(changed(late, still)) == []
