from datetime import date
from decimal import Decimal

import pytest

from patto_schemas.chronicle import Rates, WorldSettings
from patto_schemas.chronicle.register import Register, month_end

MARCH = date(2024, 3, 1)


def register(spans=((date(2024, 3, 4), date(2024, 5, 31)),), monthly=Decimal(400), **rates):
    return Register(
        settings=WorldSettings(rates=Rates(**rates)),
        teller="cooperativa_01",
        enrolment_id="T-1",
        spans=spans,
        weekdays=(0, 1, 2, 3, 4),
        activity="Tirocinio",
        starts_at="08:30",
        hours=4,
        monthly=monthly,
    )


def closing(of, month):
    return list(of.histories(month))[-1].versions[-1].record


def test_nobody_works_on_sundays_and_public_holidays():
    days = register().planned(date(2024, 4, 1))

    assert date(2024, 4, 1) not in days, "Easter Monday"
    assert date(2024, 4, 25) not in days
    assert all(day.weekday() < 5 for day in days)
    assert len(days) == 20


def test_months_are_those_of_the_spans():
    spans = ((date(2024, 3, 4), date(2024, 3, 20)), (date(2024, 3, 28), date(2024, 5, 2)))

    assert register(spans).months() == (MARCH, date(2024, 4, 1), date(2024, 5, 1))
    assert date(2024, 3, 25) not in register(spans).planned(MARCH)


def test_the_closing_adds_up_to_the_hours_that_were_planned():
    of = register(absent=0.4)
    days = [each.versions[-1].record for each in of.histories(MARCH)][:-1]
    month = closing(of, MARCH)

    assert month.planned_hours == 4 * len(days)
    assert month.attended_hours == sum(day.hours for day in days)
    assert month.attended_hours + month.justified_hours + month.unjustified_hours == month.planned_hours


@pytest.mark.parametrize("absent", [0, 0.1, 1])
def test_the_indemnity_is_lost_with_any_absence_without_excuse(absent):
    of = register(((date(2024, 1, 1), date(2025, 12, 31)),), absent=absent, corrections=0)
    months = [closing(of, month) for month in of.months()]

    assert {each.status for each in months} == {"paid"}
    assert {(each.unjustified_hours > 0, each.amount_due) for each in months} <= {(False, 400), (True, 0)}
    assert any(each.unjustified_hours for each in months) == (absent > 0)


def test_a_lost_indemnity_is_sometimes_overlooked_and_put_right_when_the_month_is_paid():
    of = register(((date(2024, 1, 1), date(2029, 12, 31)),), absent=0.1, corrections=0)
    told = [[each.record for each in list(of.histories(month))[-1].versions] for month in of.months()]
    lost = [versions for versions in told if versions[-1].unjustified_hours]
    overlooked = [versions for versions in lost if versions[0].amount_due]

    assert 0 < len(overlooked) < len(lost) / 2
    assert {versions[-1].amount_due for versions in lost} == {0}
    assert {each.amount_due for versions in overlooked for each in versions[:-1]} == {400}


def test_as_many_days_are_missed_as_the_rate_says():
    of = register(((date(2020, 1, 1), date(2029, 12, 31)),), None, absent=0.1)
    days = [each.versions[0].record for month in of.months() for each in of.histories(month)]

    assert sum(day.attendance != "present" for day in days) / len(days) == pytest.approx(0.1, abs=0.02)


def test_a_course_s_months_are_not_closed():
    assert {each.versions[-1].record.kind for each in register(monthly=None).histories(MARCH)} == {"attendance_day"}


def test_a_month_ends_on_its_last_day():
    assert [month_end(date(2024, month, 1)).day for month in (1, 2, 4, 12)] == [31, 29, 30, 31]
