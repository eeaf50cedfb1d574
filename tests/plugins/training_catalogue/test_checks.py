"""Where the catalogue and others disagree is found, and only there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from patto_hub import Dossier, Statement
from patto_plugins.training_catalogue.checks import CHECKS
from patto_schemas.model import AttendanceDay, Enrolment, Measure
from patto_schemas.model.measure import MeasureEvent

TODAY = date(2026, 6, 30)
POLICY = "141E000A04A"


def enrolment(**more):
    return Enrolment(
        **{
            "enrolment_id": "IS-1",
            "person_id": "RSSMRA85T10A562S",
            "policy_id": POLICY,
            "type": "course",
            "status": "completed",
            "ended_on": date(2026, 5, 1),
            **more,
        }
    )


def measure(code="02", on=date(2026, 1, 12), policy=POLICY):
    return Measure(
        measure_id="M-1",
        pact_id="P-1",
        type="training",
        activity_code="C05",
        policy_id=policy,
        events=(MeasureEvent(code=code, on=on),),
    )


def day(on, hours="4.00", attendance="present"):
    return AttendanceDay(
        attendance_id=f"IS-1/{on}", enrolment_id="IS-1", day=on, attendance=attendance, hours=Decimal(hours)
    )


def found(*said, today=TODAY):
    statements = tuple(Statement(partner=partner, record=record) for partner, record in said)
    dossier = Dossier(pact="P-1", today=today, statements=statements)
    return {check.rule: [each.subject for each in check.find(dossier)] for check in CHECKS if list(check.find(dossier))}


def test_a_course_that_ended_while_the_measure_goes_on():
    assert found(("catalogo", enrolment()), ("cpi", measure())) == {"course.ended_while_running": ["measure:M-1"]}


@pytest.mark.parametrize(
    "other",
    [("cpi", measure(code="10", on=date(2026, 5, 1))), ("cpi", measure(policy="141E000A05B")), ("catalogo", measure())],
)
def test_a_measure_that_ended_too_or_is_another_is_well(other):
    assert found(("catalogo", enrolment()), other) == {}


def test_a_month_of_patience_is_given():
    assert found(("catalogo", enrolment()), ("cpi", measure()), today=date(2026, 5, 31)) == {}


def test_presence_after_the_end_is_found_absence_is_not():
    late = day(date(2026, 5, 2))

    assert found(("catalogo", enrolment()), ("catalogo", late)) == {"course.attended_after_the_end": ["enrolment:IS-1"]}
    assert found(("catalogo", enrolment()), ("catalogo", day(date(2026, 5, 2), attendance="illness"))) == {}
    assert found(("catalogo", enrolment()), ("catalogo", day(date(2026, 5, 1)))) == {}
    assert found(("catalogo", enrolment()), ("altro", late)) == {}


def test_more_hours_than_planned():
    planned = enrolment(status="enrolled", ended_on=None, planned_hours=Decimal("7.00"))
    days = [("catalogo", day(date(2026, 3, number))) for number in (1, 2)]

    assert found(("catalogo", planned), *days) == {"course.hours_above_the_plan": ["enrolment:IS-1"]}
    assert found(("catalogo", planned), days[0]) == {}


def test_a_request_that_nobody_answers():
    asked = enrolment(enrolment_id="RI-1", status="requested", ended_on=None, requested_on=date(2026, 5, 1))
    answer = enrolment(request_id="RI-1", request_scheme="local:ambito", status="enrolled", ended_on=None)

    assert found(("ambito", asked)) == {"course.request_unanswered": ["enrolment:RI-1"]}
    assert found(("ambito", asked), ("catalogo", answer)) == {}
    assert found(("ambito", asked), today=date(2026, 5, 31)) == {}


def test_every_rule_is_said_in_both_languages_and_the_order_of_words_does_not_matter():
    said = [("catalogo", enrolment()), ("cpi", measure()), ("catalogo", day(date(2026, 5, 2)))]

    assert all(set(check.summary) == {"it", "en"} for check in CHECKS)
    assert found(*said) == found(*reversed(said))
