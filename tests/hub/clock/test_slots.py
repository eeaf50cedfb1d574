from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patto_hub.clock.calendar import EPOCH, Place, italy
from patto_hub.clock.schedule import Schedule
from patto_hub.clock.slots import due, following, latest, missed, problems

ROME = Place()
HOUR = 3_600_000
DAY = 24 * HOUR


def at(*wall: int) -> int:
    return ROME.instant(datetime(*wall))  # noqa: DTZ001 - wall clock in Rome


def shown(instant: int) -> str:
    return ROME.local(instant).strftime("%Y-%m-%d %H:%M%z")


@pytest.mark.parametrize(
    ("night", "expected"),
    [
        ((2027, 3, 27, 12), ["2027-03-28 03:30+0200"]),
        ((2027, 10, 30, 12), ["2027-10-31 02:30+0200"]),
        ((2027, 6, 1, 12), ["2027-06-02 02:30+0200"]),
    ],
)
def test_F50_a_daily_job_runs_once_in_each_night(night, expected):
    start = at(*night)

    slots = due(Schedule(cron="30 2 * * *"), start, start + DAY, ROME)

    assert [shown(slot.due_at) for slot in slots] == expected


def test_F50_ten_years_of_a_daily_job_are_one_run_per_date():
    start, end = at(2026, 1, 1), at(2036, 1, 1)

    slots = due(Schedule(cron="30 2 * * *"), start, end, ROME)

    days = [(date(2026, 1, 1) + timedelta(days=n)).isoformat() for n in range(3652)]
    assert [slot.key for slot in slots] == days
    assert all(slot.key == str(ROME.local(slot.due_at).date()) for slot in slots)


@pytest.mark.parametrize("year", range(2026, 2036))
def test_F50_half_hours_are_evenly_spaced_through_both_nights_of_ten_years(year):
    for start in (at(year, 3, 24), at(year, 10, 24)):
        slots = due(Schedule(cron="*/30 * * * *"), start - 1, start + 9 * DAY, ROME)

        assert {later.due_at - earlier.due_at for earlier, later in pairwise(slots)} == {HOUR // 2}
        assert len({slot.key for slot in slots}) == len(slots) == 9 * 48 + 1


@pytest.mark.parametrize("expression", ["0 2,14 * * *", "0,45 2 * * *", "59 1,2,3 * * *"])
def test_F50_ten_years_of_fixed_hours_each_wall_time_gives_one_run(expression):
    minutes, hours = (set(map(int, field.split(","))) for field in expression.split()[:2])
    start, end = at(2026, 1, 1), at(2036, 1, 1)
    walls = [
        datetime(2026, 1, 1) + timedelta(days=day, hours=hour, minutes=minute)  # noqa: DTZ001 - wall clock in Rome
        for day in range(3652)
        for hour in hours
        for minute in minutes
    ]

    slots = due(Schedule(cron=expression), start - 1, end - 1, ROME)

    # an oracle of its own: the zone database through a different path, each wall time once, shifted over the gap
    rome = ZoneInfo("Europe/Rome")
    instants = {int(wall.replace(tzinfo=rome, fold=0).astimezone(UTC).timestamp() * 1000) for wall in walls}
    assert [slot.due_at for slot in slots] == sorted(instants)
    assert len({slot.key for slot in slots}) == len(slots)


@given(
    cuts=st.lists(st.integers(0, 4 * 24 * 60), max_size=40),
    expression=st.sampled_from(["30 2 * * *", "*/30 * * * *", "0 2,14 * * *", "5 * * * *", "0 3 * * 0"]),
    spring=st.booleans(),
    jitter=st.sampled_from([0.0, 90.0, 3_000.0]),
)
def test_F50_however_often_the_clock_looks_each_slot_comes_once(cuts, expression, spring, jitter):
    schedule = Schedule(cron=expression, jitter_s=jitter)
    start = at(2027, 3, 26) if spring else at(2027, 10, 29)
    looks = [start, *(start + cut * 60_000 for cut in sorted(cuts)), start + 4 * DAY]

    pieces = [slot for since, until in pairwise(looks) for slot in due(schedule, since, until, ROME, job="a/b")]

    assert pieces == due(schedule, start, start + 4 * DAY, ROME, job="a/b")


def test_F55_jitter_spreads_jobs_and_is_the_same_after_a_restart():
    schedule = Schedule(cron="0 2 * * *", jitter_s=1800)
    start = at(2027, 5, 1)

    firsts = [due(schedule, start, start + DAY, ROME, job=f"ambito-{n}/pacts")[0].due_at for n in range(270)]
    again = [due(schedule, start, start + DAY, ROME, job=f"ambito-{n}/pacts")[0].due_at for n in range(270)]

    assert firsts == again
    offsets = [first - at(2027, 5, 1, 2) for first in firsts]
    assert 0 <= min(offsets) < 60_000
    assert 1_700_000 < max(offsets) <= 1_800_000
    per_minute = [sum(1 for offset in offsets if offset // 60_000 == minute) for minute in range(30)]
    assert max(per_minute) < 30


def test_weekdays_count_from_sunday_as_in_a_crontab():
    slots = due(Schedule(cron="0 6 * * 1-5"), at(2027, 5, 1), at(2027, 5, 15), ROME)

    assert {ROME.local(slot.due_at).weekday() for slot in slots} == {0, 1, 2, 3, 4}
    assert len(slots) == 10


@pytest.mark.parametrize("sunday", ["0", "7", "sun", "0-0"])
def test_sunday_has_three_names(sunday):
    slot = following(Schedule(cron=f"0 6 * * {sunday}"), at(2027, 5, 1), ROME)

    assert slot is not None
    assert slot.key == "2027-05-02"


def test_working_days_leave_out_weekends_and_italian_holidays():
    schedule = Schedule(cron="0 6 * * *", working_days_only=True)

    slots = due(schedule, at(2026, 12, 23), at(2026, 12, 31), italy())

    assert [slot.key for slot in slots] == ["2026-12-23", "2026-12-24", "2026-12-28", "2026-12-29", "2026-12-30"]


def test_a_patron_saint_is_a_holiday_in_its_province_alone():
    saint_nicholas = date(2027, 12, 6)

    assert italy().works(saint_nicholas)
    assert not italy("BA").works(saint_nicholas)


def test_intervals_are_aligned_so_that_all_hubs_name_the_same_slots():
    schedule = Schedule(every_s=900)
    start = at(2027, 5, 1, 10, 7)

    slots = due(schedule, start, start + HOUR, ROME)

    assert [slot.key[11:] for slot in slots] == ["08:15:00Z", "08:30:00Z", "08:45:00Z", "09:00:00Z"]


def test_following_gives_the_next_leap_day():
    slot = following(Schedule(cron="0 6 29 2 *"), at(2028, 3, 1), ROME)

    assert slot is not None
    assert slot.key == "2032-02-29"


def test_a_job_without_plan_has_no_slots():
    assert following(Schedule(), at(2027, 5, 1), ROME) is None
    assert latest(Schedule(), None, at(2027, 5, 1), ROME) is None
    assert due(Schedule(), 0, at(2027, 5, 1), ROME) == []


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [("none", ["2027-05-05"]), ("last", ["2027-05-05"]), ("all", ["2027-05-03", "2027-05-04", "2027-05-05"])],
)
def test_catch_up_after_three_days_away(catch_up, expected):
    schedule = Schedule(cron="30 2 * * *", catch_up=catch_up)

    slots = missed(schedule, at(2027, 5, 2, 2, 30), at(2027, 5, 5, 9), ROME)

    assert [slot.key for slot in slots] == expected


def test_a_job_never_planned_before_starts_with_its_last_slot():
    slots = missed(Schedule(cron="30 2 * * *", catch_up="all"), None, at(2027, 5, 5, 9), ROME)

    assert [slot.key for slot in slots] == ["2027-05-05"]


def test_a_catch_up_of_all_is_bounded():
    schedule = Schedule(every_s=60, catch_up="all")

    slots = missed(schedule, at(2027, 4, 1), at(2027, 5, 1), ROME)

    assert len(slots) == 1000
    assert slots[-1].due_at == at(2027, 5, 1)


@pytest.mark.parametrize("expression", ["0 2,14 * * *", "*/10 2 * * *", "15 */2 * * *"])
def test_times_that_a_night_lacks_are_warned_of(expression):
    assert problems(Schedule(cron=expression))


@pytest.mark.parametrize("expression", ["30 2 * * *", "*/30 * * * *", "0 3,15 * * *", "15 2 1 * *"])
def test_plans_that_both_nights_keep_are_not_warned_of(expression):
    assert problems(Schedule(cron=expression)) == []


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(cron="30 2 * *"),
        Schedule(cron="60 2 * * *"),
        Schedule(cron="0 0 30 2 *"),
        Schedule(cron="0 6 1 * 1"),
        Schedule(cron="0 6 * * 5-3"),
        Schedule(cron="tutti i giorni alle 2"),
        Schedule(every_s=0),
        Schedule(cron="0 6 * * *", every_s=60),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_refused(schedule):
    with pytest.raises(ValueError, match=r"\|"):  # said in both languages
        problems(schedule)


def test_keys_tell_milliseconds_apart():
    slots = due(Schedule(every_s=0.5), 1_000_000, 1_001_000, Place())

    assert [slot.key for slot in slots] == ["1970-01-01T00:16:40.500Z", "1970-01-01T00:16:41Z"]
    assert EPOCH + timedelta(milliseconds=slots[0].due_at) == datetime(1970, 1, 1, 0, 16, 40, 500_000, tzinfo=UTC)
