from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from patto_hub import Dossier, Statement
from patto_plugins.cooperatives.checks import CHECKS
from patto_schemas.issues import Owner
from patto_schemas.model import AttendanceDay, AttendanceMonth, Enrolment, Pact
from patto_schemas.model.pact import Closure

COOP, OTHER, AMBITO = "coop_1", "coop_2", "ambito_le_1"
CF = "RSSMRA85T10A562S"


def enrolment(key, host="01234567897", **more):
    fields = {"person_id": CF, "policy_id": "140F358F85S", "type": "internship", "status": "enrolled"}
    return Enrolment(enrolment_id=key, host_id=host, host_scheme="piva", **{**fields, **more})


def day(key, number, hours=4, attendance="present"):
    return AttendanceDay(
        attendance_id=f"2026-03/{key}/{number}",
        enrolment_id=key,
        day=date(2026, 3, number),
        attendance=attendance,
        hours=Decimal(hours),
    )


def month(key="T-1", attended=8, **more):
    fields = {
        "planned_hours": Decimal(80),
        "status": "closed",
        "unjustified_hours": Decimal(0),
        "amount_due": Decimal(0),
    }
    return AttendanceMonth(
        attendance_month_id=f"chiusure/2026-03/{key}",
        enrolment_id=key,
        month="2026-03",
        attended_hours=Decimal(attended),
        **{**fields, **more},
    )


def pact(on=None):
    closure = None if on is None else Closure(code="10", on=on)
    status = "active" if on is None else "completed"
    return Pact(pact_id="P-1", person_id=CF, ambito="LE/1", scheme="ReD_3", status=status, closure=closure)


def found(rule, *said):
    (check,) = [each for each in CHECKS if each.rule == f"internship.{rule}"]
    statements = tuple(Statement(partner=partner, record=record) for partner, record in said)
    findings = list(check.find(Dossier(pact="P-1", today=date(2026, 4, 9), statements=statements)))
    assert not [each for each in findings if CF in each.subject]
    return [(each.subject, each.sources, each.owner) for each in findings]


TWO = [(COOP, enrolment("T-1")), (OTHER, enrolment("T-2", "98765432103"))]


def test_two_hosts_on_a_day_are_told_once():
    days = [(COOP, day("T-1", 2)), (COOP, day("T-1", 3)), (OTHER, day("T-2", 2)), (OTHER, day("T-2", 3))]

    assert found("two_hosts_on_a_day", *TWO, *days) == [("enrolment:T-1+enrolment:T-2", (COOP, OTHER), Owner.PARTNER)]


@pytest.mark.parametrize(
    "others",
    [
        [*TWO, (COOP, day("T-1", 2)), (OTHER, day("T-2", 3))],
        [*TWO, (COOP, day("T-1", 2)), (OTHER, day("T-2", 2, attendance="illness"))],
        [TWO[0], (COOP, enrolment("T-2")), (COOP, day("T-1", 2)), (COOP, day("T-2", 2))],
        [TWO[0], (COOP, enrolment("S-1", type="service")), (COOP, day("T-1", 2)), (COOP, day("S-1", 2))],
    ],
)
def test_other_days_absences_the_same_host_and_services_are_well(others):
    assert found("two_hosts_on_a_day", *others) == []


def test_attendance_after_the_pact_was_closed_is_told():
    said = [(AMBITO, pact(date(2026, 3, 2))), (COOP, enrolment("T-1")), (COOP, day("T-1", 3))]

    assert found("attended_after_the_pact", *said) == [("enrolment:T-1", (AMBITO, COOP), Owner.AMBITO)]


@pytest.mark.parametrize(
    "said",
    [
        [(AMBITO, pact()), (COOP, enrolment("T-1")), (COOP, day("T-1", 3))],
        [(AMBITO, pact(date(2026, 3, 3))), (COOP, enrolment("T-1")), (COOP, day("T-1", 3))],
        [(AMBITO, pact(date(2026, 3, 2))), (COOP, enrolment("T-1")), (COOP, day("T-1", 3, 0, "illness"))],
        [(AMBITO, pact(date(2026, 3, 2))), (COOP, enrolment("T-1", type="course")), (COOP, day("T-1", 3))],
    ],
)
def test_an_open_pact_its_last_day_and_absences_are_well(said):
    assert found("attended_after_the_pact", *said) == []


@pytest.mark.parametrize(("planned", "told"), [(7, True), (8, False), (None, False)])
def test_more_hours_than_planned_are_told(planned, told):
    hours = None if planned is None else Decimal(planned)
    said = [(COOP, enrolment("T-1", planned_hours=hours)), (COOP, day("T-1", 2)), (COOP, day("T-1", 3))]

    assert found("hours_above_the_plan", *said) == ([("enrolment:T-1", (COOP,), Owner.PARTNER)] if told else [])


@pytest.mark.parametrize(
    ("closing", "told"),
    [
        (month(attended=8), False),
        (month(attended=9), True),
        (month(attended=9, status="draft"), False),
        (month(attended=9, status="paid"), True),
    ],
)
def test_a_closed_month_that_is_not_the_sum_of_its_days_is_told(closing, told):
    days = [(COOP, day("T-1", 2)), (COOP, day("T-1", 3)), (COOP, day("T-1", 4, 0, "illness")), (OTHER, day("T-1", 5))]

    findings = found("month_differs_from_days", (COOP, closing), *days)

    assert findings == ([("attendance_month:chiusure/2026-03/T-1", (COOP,), Owner.PARTNER)] if told else [])


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"unjustified_hours": Decimal(4), "amount_due": Decimal(400)}, True),
        ({"unjustified_hours": Decimal(4), "amount_due": Decimal(400), "status": "draft"}, False),
        ({"unjustified_hours": Decimal(4), "amount_due": Decimal(0)}, False),
        ({"unjustified_hours": Decimal(0), "amount_due": Decimal(400)}, False),
        ({"unjustified_hours": None, "amount_due": None}, False),
    ],
)
def test_an_indemnity_despite_absences_without_excuse_is_told(more, told):
    findings = found("due_despite_absences", (COOP, month(**more)))

    assert findings == ([("attendance_month:chiusure/2026-03/T-1", (COOP,), Owner.AMBITO)] if told else [])
