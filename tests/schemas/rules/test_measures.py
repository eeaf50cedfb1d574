from datetime import date
from random import Random

import pytest

from patto_schemas.invent import Inventor
from patto_schemas.issues import Severity
from patto_schemas.model.measure import MeasureEvent
from patto_schemas.rules import check

JAN, FEB, MAR = date(2020, 1, 1), date(2020, 2, 1), date(2020, 3, 1)


def codes(**changes):
    inventor = Inventor(Random(1))
    return {issue.code for issue in check(inventor.measure(inventor.pact()).model_copy(update=changes))} - {"R7"}


def event(code, on):
    return MeasureEvent(code=code, on=on)


@pytest.mark.parametrize(
    ("dates", "found"),
    [
        ((JAN, FEB, MAR), set()),
        ((JAN, JAN, JAN), set()),
        ((FEB, JAN, MAR), {"R1.start"}),
        ((JAN, MAR, FEB), {"R1.end"}),
        ((MAR, FEB, JAN), {"R1.start", "R1.end"}),
        ((None, MAR, None), set()),
    ],
)
def test_R1_dates_follow_each_other(dates, found):
    proposed, started, ended = dates

    assert codes(proposed_on=proposed, started_on=started, ended_on=ended, events=(event("03", JAN),)) == found


def test_R1_holds_for_enrolments_too():
    inventor = Inventor(Random(1))
    pact = inventor.pact()
    enrolment = inventor.enrolment(inventor.measure(pact), pact.person_id)
    wrong = enrolment.model_copy(update={"requested_on": MAR, "started_on": FEB, "ended_on": JAN})

    assert [issue.code for issue in check(wrong)] == ["R1.start", "R1.end"]


@pytest.mark.parametrize(
    ("activity", "proposed", "planned", "found"),
    [
        ("C05", date(2010, 1, 1), None, {"R2"}),
        ("C05", date(2010, 1, 1), MAR, set()),
        ("A03", date(2015, 12, 8), None, set()),
        ("A03", date(2015, 12, 9), None, {"R2"}),
        ("A03", None, None, set()),
    ],
)
def test_R2_a_started_measure_says_its_end(activity, proposed, planned, found):
    changes = {"activity_code": activity, "proposed_on": proposed, "started_on": FEB, "planned_end_on": planned}

    assert codes(**changes, ended_on=None, events=(event("02", FEB),)) == found


@pytest.mark.parametrize(
    ("duration", "unit", "found"),
    [(6, "M", set()), (None, None, set()), (6, None, {"R3.pair"}), (None, "M", {"R3.pair"}), (0, "G", {"R3.positive"})],
)
def test_R3_duration_has_a_unit(duration, unit, found):
    assert codes(duration=duration, duration_unit=unit) == found


@pytest.mark.parametrize("activity", ["D01", "E01", "E02", "E03", "H01", "H02", "H03"])
def test_R4_the_employer_is_named(activity):
    assert codes(activity_code=activity, employer_cf=None) == {"R4.employer"}
    assert codes(activity_code=activity, employer_cf="00743110157") == set()


def test_R4_an_internship_is_described():
    assert codes(activity_code="C06", description="") == {"R4.description"}
    assert codes(activity_code="C07", description=None) == set()


@pytest.mark.parametrize("code", ["05", "07", "08", "09", "10", "12", "14", "15"])
def test_R5_the_last_event_fixes_the_end(code):
    events = (event("02", FEB), event(code, MAR))

    assert codes(proposed_on=JAN, started_on=FEB, ended_on=MAR, events=events) == set()
    assert codes(proposed_on=JAN, started_on=FEB, ended_on=None, events=events) == {"R5"}
    assert codes(proposed_on=JAN, started_on=FEB, ended_on=date(2020, 3, 2), events=events) == {"R5"}


def test_R5_proposal_and_start_are_fixed_by_their_events():
    assert codes(proposed_on=JAN, started_on=None, events=(event("01", FEB),)) == {"R5"}
    assert codes(proposed_on=JAN, started_on=MAR, events=(event("02", FEB),)) == {"R5"}


@pytest.mark.parametrize("code", ["03", "04", "06", "11", "13"])
def test_R5_other_events_fix_no_date(code):
    assert codes(proposed_on=JAN, started_on=FEB, events=(event(code, MAR),)) == set()


def test_R6_policy_and_event_since_december_2017():
    before, since = date(2017, 12, 3), date(2017, 12, 4)

    assert codes(proposed_on=before, started_on=None, policy_id=None, events=()) == set()
    assert codes(proposed_on=since, started_on=None, policy_id=None, events=()) == {"R6.policy_id", "R6.event"}
    assert codes(proposed_on=since, started_on=None, events=(event("01", since),)) == set()


def test_R7_another_letter_is_only_a_warning():
    inventor = Inventor(Random(1))
    measure = inventor.measure(inventor.pact())
    letter = "A" if measure.policy_id[-1] != "A" else "B"
    issues = check(measure.model_copy(update={"policy_id": measure.policy_id[:-1] + letter}))

    assert [(issue.code, issue.severity) for issue in issues] == [("R7", Severity.WARNING)]
    assert issues[0].values["expected"] == measure.policy_id[-1]
