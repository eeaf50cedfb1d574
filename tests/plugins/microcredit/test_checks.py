"""Each rule speaks where partners contradict each other, and falls silent when they agree."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from patto_hub import Dossier, Statement
from patto_plugins.microcredit.checks import CHECKS
from patto_schemas.issues import Owner
from patto_schemas.model import Loan, Measure, Movement, Pact, PaymentOrder, Visit

CF = "RSSMRA85T10A562S"
OURS, THEIRS = "IT60X0542811101000000123456", "IT40X0542811101000000654321"
PAID = date(2026, 3, 2)
ASKED, APPROVED = date(2026, 1, 12), date(2026, 2, 16)


def pact(**changed):
    usual = {"pact_id": "PA-1", "person_id": CF, "ambito": "LE/1", "municipality": "075035", "scheme": "ReD_3"}
    return Pact.model_validate({**usual, "status": "active", "loan_mode": "alternative", **changed})


def measure(*events, kind="training", **changed):
    said = [{"code": code, "on": on} for code, on in events]
    usual = {"measure_id": "MI-1", "pact_id": "PA-1", "type": kind, "activity_code": "C06", "events": said}
    return Measure.model_validate({**usual, **changed})


def loan(**changed):
    usual = {
        "loan_id": "PR-1",
        "regime": "social",
        "borrower_id": CF,
        "pact_id": "PA-1",
        "amount": "3000.00",
        "requested_on": ASKED,
        "approved_on": APPROVED,
        "disbursements": [{"on": PAID, "amount": "3000.00", "end_to_end_id": "D1"}],
        "instalments": [{"no": 1, "due_on": "2026-04-01", "amount": "125.00", "end_to_end_id": "R1"}],
        "status": "disbursed",
    }
    return Loan.model_validate({**usual, **changed})


def repaid(on="2026-04-01"):
    instalment = {"no": 1, "due_on": "2026-04-01", "amount": "125.00", "paid": "125.00", "paid_on": on}
    return loan(instalments=[{**instalment, "end_to_end_id": "R1"}], status="repaying")


def order(**changed):
    usual = {
        "order_id": "OP-1",
        "type": "disbursement",
        "loan_id": "PR-1",
        "debtor_name": "Microcredito",
        "debtor_iban": OURS,
        "creditor_name": "Maria Rossi",
        "creditor_iban": THEIRS,
        "amount": "3000.00",
        "requested_on": PAID,
        "end_to_end_id": "D1",
        "status": "executed",
    }
    return PaymentOrder.model_validate({**usual, **changed})


def movement(reference="D1", direction="debit", amount="3000.00", status="booked"):
    return Movement.model_validate(
        {
            "movement_id": f"M-{reference}",
            "account_iban": OURS,
            "booked_on": PAID if status == "booked" else None,
            "amount": amount,
            "direction": direction,
            "status": status,
            "end_to_end_id": reference,
        }
    )


def visit(on, **changed):
    usual = {"visit_id": "VI-1", "loan_id": "PR-1", "on": on, "visitor": "OP-1", "place": "home"}
    return Visit.model_validate({**usual, **changed})


SPEAKER = {"pact": "lecce", "measure": "lecce", "movement": "banca"}


def findings(*records, today=PAID):
    said = tuple(Statement(partner=SPEAKER.get(each.kind, "sud"), record=each) for each in records)
    dossier = Dossier(pact="PA-1", today=today, statements=said)
    return [(check.rule, each.subject, each.sources) for check in CHECKS for each in check.find(dossier)]


def test_what_agrees_gives_nothing():
    records = pact(), repaid(), order(), movement(), movement("R1", "credit", "125.00"), visit(PAID + timedelta(20))

    assert findings(*records, today=date(2026, 5, 1)) == []


@pytest.mark.parametrize(("status", "found"), [("requested", 1), ("repaid", 1), ("rejected", 0), ("withdrawn", 0)])
def test_a_loan_on_a_pact_that_provides_for_none(status, found):
    told = findings(pact(loan_mode="none"), loan(status=status, disbursements=[]))

    assert told == [("loan.against_the_pact", "loan:PR-1", ("sud", "lecce"))] * found


@pytest.mark.parametrize(
    ("measures", "found"),
    [
        ([], 1),
        ([measure(("01", "2025-10-01"), ("02", "2025-10-08"))], 1),
        ([measure(("02", "2025-10-08"), ("05", "2026-01-08"))], 1),
        ([measure(("02", "2025-10-08"), ("10", "2026-02-17"))], 1),
        ([measure(("02", "2025-10-08"), ("10", "2026-02-16"))], 0),
        ([measure(("02", "2025-10-08"), ("10", "2026-02-01"), kind="microcredit")], 1),
    ],
    ids=["none", "going on", "abandoned", "finished later", "finished", "the loan's own"],
)
def test_a_loan_after_a_measure_is_approved_when_one_is_finished(measures, found):
    told = findings(pact(loan_mode="downstream"), loan(), *measures)

    assert told == [("loan.before_a_measure", "loan:PR-1", ("sud", "lecce"))] * found


def test_a_loan_that_is_not_approved_yet_may_wait_for_a_measure():
    told = findings(pact(loan_mode="downstream"), loan(status="assessed", approved_on=None, disbursements=[]))

    assert told == []


@pytest.mark.parametrize(
    ("kind", "events", "found"),
    [
        ("training", [("01", "2026-01-10")], 1),
        ("internship", [("02", "2026-01-10")], 1),
        ("internship", [("02", "2026-01-10"), ("09", "2026-02-01")], 1),
        ("internship", [], 1),
        ("training", [("02", "2026-01-10"), ("10", "2026-02-01")], 0),
        ("training", [("03", "2026-01-10")], 0),
        ("social_service", [("02", "2026-01-10")], 0),
    ],
)
def test_a_loan_instead_of_measures_leaves_no_duties(kind, events, found):
    told = findings(pact(), loan(), measure(*events, kind=kind))

    assert told == [("loan.beside_duties", "loan:PR-1", ("sud", "lecce"))] * found


def test_while_it_is_only_asked_for_a_loan_takes_no_duties_away():
    asked = loan(status="requested", approved_on=None, disbursements=[])

    assert findings(pact(), asked, measure(("02", "2026-01-10"))) == []


@pytest.mark.parametrize(
    ("valid_to", "measures", "found"),
    [
        (None, [], 1),
        ("2026-01-13", [], 1),
        ("2026-01-12", [], 0),
        (None, [measure(("10", "2026-01-12"))], 0),
        (None, [measure(("10", "2026-01-13"))], 1),
    ],
)
def test_a_loan_is_not_opened_while_the_pact_rests(valid_to, measures, found):
    resting = pact(suspensions=[{"valid_from": "2026-01-05", "valid_to": valid_to, "reason": "MALATTIA"}])

    told = findings(resting, loan(), *measures)

    assert told == [("loan.opened_while_resting", "loan:PR-1", ("sud", "lecce"))] * found


@pytest.mark.parametrize(
    ("more", "days", "found"),
    [
        ([], 8, 1),
        ([], 7, 0),
        ([movement()], 8, 0),
        ([movement(status="pending")], 8, 1),
        ([movement("X")], 8, 1),
        ([movement(direction="credit")], 8, 1),
    ],
    ids=["nothing", "still in time", "booked", "pending", "another", "sent back"],
)
def test_a_disbursement_shows_in_a_statement_after_a_week(more, days, found):
    told = findings(pact(), loan(), order(), *more, today=PAID + timedelta(days))

    assert told == [("loan.paid_without_movement", "loan:PR-1", ("sud", "sud"))] * found


def test_a_disbursement_that_no_bank_was_asked_for_is_not_missed():
    assert findings(pact(), loan(), today=PAID + timedelta(8)) == []


@pytest.mark.parametrize(("amount", "found"), [("3000.00", 0), ("2999.99", 1), ("3000.01", 1)])
def test_the_bank_pays_what_was_ordered(amount, found):
    told = findings(pact(), loan(), order(), movement(amount=amount))

    assert told == [("order.amount_differs", "payment_order:OP-1", ("sud", "banca"))] * found


@pytest.mark.parametrize(
    ("visits", "days", "found"),
    [
        ([], 30, 0),
        ([], 31, 1),
        ([visit(PAID + timedelta(30))], 90, 0),
        ([visit(PAID + timedelta(31))], 90, 1),
        ([visit(PAID - timedelta(1))], 31, 1),
        ([visit(PAID + timedelta(5), loan_id="PR-2")], 31, 1),
        ([visit(PAID + timedelta(5), loan_id="PR-1", loan_scheme="local:sud")], 31, 0),
        ([visit(PAID + timedelta(5), loan_id="D1", loan_scheme="end_to_end")], 31, 0),
        ([visit(PAID + timedelta(5), loan_id=None, pact_id="PA-1")], 31, 0),
    ],
)
def test_somebody_visits_within_thirty_days_of_the_money(visits, days, found):
    told = findings(pact(), loan(), *visits, today=PAID + timedelta(days))

    assert told == [("loan.first_visit_late", "loan:PR-1", ("sud",))] * found


def test_a_loan_that_is_over_needs_no_visit_any_more():
    assert findings(pact(), loan(status="repaid"), today=PAID + timedelta(99)) == []


@pytest.mark.parametrize(
    ("more", "today", "found"),
    [
        ([], date(2026, 4, 9), 1),
        ([], date(2026, 4, 8), 0),
        ([movement("R1", "credit", "125.00")], date(2026, 4, 9), 0),
    ],
)
def test_a_paid_instalment_shows_in_a_statement_after_a_week(more, today, found):
    told = findings(pact(), repaid(), visit(PAID), movement(), *more, today=today)

    assert told == [("loan.repaid_without_movement", "loan:PR-1/1", ("sud", "banca"))] * found


def test_where_no_bank_speaks_no_instalment_is_missed():
    assert findings(pact(), repaid(), visit(PAID), today=date(2026, 6, 1)) == []


def test_what_is_found_names_no_person_and_somebody_who_decides():
    dossier = Dossier(
        pact="PA-1",
        today=date(2026, 6, 1),
        statements=tuple(
            Statement(partner="sud", record=each)
            for each in (pact(loan_mode="none"), repaid(), order(), movement(amount="1.00"))
        ),
    )

    found = [each for check in CHECKS for each in check.find(dossier)]

    assert len(found) == 4
    assert all(CF not in each.subject and "Rossi" not in each.subject for each in found)
    assert {each.owner for each in found} == {Owner.AMBITO, Owner.PARTNER}
