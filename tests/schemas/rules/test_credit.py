from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from patto_schemas.codes import table
from patto_schemas.invent import Inventor
from patto_schemas.invented_dealings import movement, payment_order
from patto_schemas.issues import Severity
from patto_schemas.model.credit import Disbursement, Instalment
from patto_schemas.rules import check
from patto_schemas.rules.credit import ceiling

OLD = date(2016, 6, 1)
"""A day on which the first, confirmed ceilings hold."""
PAID = date(2017, 6, 1)
FIRM = {"borrower_scheme": "piva", "borrower_id": "00743110157"}
E, W = Severity.ERROR, Severity.WARNING


@pytest.fixture
def inventor():
    return Inventor(Random(1))


@pytest.fixture
def business(inventor):
    loan = inventor.loan(inventor.pact())
    plain = {"disbursements": (), "instalments": (), "requested_on": OLD, "approved_on": OLD, "status": "approved"}
    return loan.model_copy(update={**plain, "regime": "business", "amount": Decimal(20000)})


def found(record, **changes):
    issues = check(record.model_copy(update=changes))
    return [(issue.code, issue.where, issue.severity, dict(issue.values).get("most")) for issue in issues]


@pytest.mark.parametrize(
    ("regime", "amount", "most"),
    [
        ("business", "35000.00", None),
        ("business", "35000.01", "35000.00"),
        ("social", "10000.00", None),
        ("social", "10000.01", "10000.00"),
    ],
)
def test_R10_a_loan_stays_below_its_regimes_ceiling(business, regime, amount, most):
    expected = [] if most is None else [("R10.amount", "/amount", E, most)]

    assert found(business, regime=regime, amount=Decimal(amount)) == expected


@pytest.mark.parametrize(
    ("day", "amount", "most"),
    [
        (date(2014, 12, 15), 200000, None),  # there was no such loan yet
        (date(2014, 12, 16), 35001, "35000.00"),
        (date(2020, 3, 16), 35001, "35000.00"),
        (date(2020, 3, 17), 50000, None),
        (date(2024, 1, 11), 50001, "50000.00"),
        (date(2024, 1, 12), 75000, None),
        (date(2024, 1, 12), 75001, "75000.00"),
    ],
)
def test_R10_the_ceiling_is_that_of_the_day_of_approval(business, day, amount, most):
    amounts = [
        issue[3] for issue in found(business, amount=Decimal(amount), approved_on=day) if issue[0] == "R10.amount"
    ]

    assert amounts == ([] if most is None else [most])


def test_R10_the_day_of_the_request_counts_until_there_is_an_approval(business):
    changes = {"amount": Decimal(45000), "requested_on": date(2021, 1, 1), "approved_on": None}

    assert found(business, **changes, status="requested") == []
    assert found(business, **changes | {"requested_on": OLD}, status="requested") == [
        ("R10.amount", "/amount", W, "35000.00")
    ]


def test_R10_a_firm_may_borrow_more_than_a_person(business):
    now = {"approved_on": date(2024, 2, 1), "amount": Decimal(90000)}

    assert found(business, **now) == [("R10.amount", "/amount", W, "75000.00")]
    assert found(business, **now, **FIRM) == []
    assert found(business, **now | {"amount": Decimal(100001)}, **FIRM) == [("R10.amount", "/amount", W, "100000.00")]


def test_R10_a_borrower_by_the_operators_own_key_may_be_a_firm(business):
    own = {"borrower_scheme": "local", "borrower_id": "C-17"}

    assert found(business, approved_on=date(2024, 2, 1), amount=Decimal(90000), **own) == []


@pytest.mark.parametrize("status", ["rejected", "withdrawn"])
def test_R10_what_was_not_lent_is_not_judged(business, status):
    assert found(business, amount=Decimal(99000), months=200, status=status) == []


@pytest.mark.parametrize("status", ["requested", "assessed"])
def test_R10_a_request_may_still_be_cut(business, status):
    assert found(business, amount=Decimal(99000), status=status) == [("R10.amount", "/amount", W, "35000.00")]


def test_R10_a_ceiling_that_was_not_confirmed_gives_a_warning(business):
    unsure = [row for row in table("loan_ceilings").rows["business"] if row.more["confirmed"] == "no"]

    assert [row.valid_from for row in unsure] == [date(2020, 3, 17), date(2024, 1, 12)]
    assert found(business, approved_on=date(2021, 1, 1), months=85) == [("R10.months", "/months", W, "84")]


@pytest.mark.parametrize(
    ("regime", "purpose", "months", "most"),
    [
        ("business", None, 84, None),
        ("business", None, 85, "84"),
        ("business", "wages", 85, "84"),
        ("business", "training", 120, None),
        ("business", "training", 121, "120"),
        ("social", None, 60, None),
        ("social", "training", 61, "60"),
    ],
)
def test_R10_a_loan_runs_no_longer_than_its_purpose_allows(business, regime, purpose, months, most):
    expected = [] if most is None else [("R10.months", "/months", E, most)]

    assert found(business, regime=regime, purpose=purpose, months=months, amount=Decimal(5000)) == expected


def test_R10_a_business_loan_comes_with_two_different_services(business):
    missing = [("R10.services", "/auxiliary_services", E, None)]

    assert found(business, auxiliary_services=("monitoring", "monitoring")) == missing
    assert found(business, auxiliary_services=()) == missing
    assert found(business, auxiliary_services=("monitoring", "pricing")) == []
    assert found(business, auxiliary_services=(), status="requested") == []
    assert found(business, auxiliary_services=(), regime="social", amount=Decimal(5000)) == []


def paid_back(late=(), short=(), count=6):
    """Give instalments due on the six months before the second disbursement."""
    due = [PAID - timedelta(30 * (count - number)) for number in range(count)]
    return tuple(
        Instalment(
            no=number + 1,
            due_on=day,
            amount=Decimal(100),
            paid=Decimal(90 if number in short else 100),
            paid_on=day + timedelta(1 if number in late else 0),
        )
        for number, day in enumerate(due)
    )


EARNED = [
    (paid_back(), True),
    (paid_back(count=7, late=(0,)), True),
    (paid_back(count=5), False),
    (paid_back(late=(3,)), False),
    (paid_back(short=(5,)), False),
    ((), False),
]


@pytest.mark.parametrize(("instalments", "earned"), EARNED)
def test_R10_more_than_the_ceiling_is_paid_out_only_to_who_paid_back_in_time(business, instalments, earned):
    parts = (Disbursement(on=OLD, amount=Decimal(25000)), Disbursement(on=PAID, amount=Decimal(10000)))
    expected = [] if earned else [("R10.extension", "/disbursements/1/amount", E, "25000.00")]

    assert found(business, amount=Decimal(35000), disbursements=parts, instalments=instalments) == expected


def test_R10_instalments_that_nobody_has_paid_earn_nothing(business):
    untold = tuple(each.model_copy(update={"paid_on": None, "paid": None}) for each in paid_back())
    parts = (Disbursement(on=PAID, amount=Decimal(25001)),)

    assert [code for code, *_ in found(business, disbursements=parts, instalments=untold)] == ["R10.extension"]


def test_R10_where_there_is_no_extension_only_the_amount_counts(business):
    parts = (Disbursement(on=PAID, amount=Decimal(9000)), Disbursement(on=PAID, amount=Decimal(900)))

    assert found(business, regime="social", amount=Decimal(9900), disbursements=parts) == []


def test_a_regime_allows_nothing_before_its_law():
    assert ceiling("business", date(2014, 12, 15)) is None
    assert ceiling("social", date(2014, 12, 16)).amount == Decimal(10000)
    assert ceiling("business", None).amount_firm == Decimal(100000)


def test_an_amount_of_nothing_is_no_payment(inventor, business):
    loan = inventor.loan(inventor.pact())
    nothing = {"amount": Decimal(0)}
    zero = [("amount.zero", "/amount", E, None)]

    assert found(business, **nothing) == zero
    assert found(payment_order(inventor, loan), **nothing) == zero
    assert found(movement(inventor, loan), **nothing) == zero


def test_an_order_says_what_it_pays(inventor):
    order = payment_order(inventor, inventor.loan(inventor.pact()))

    assert found(order, loan_id=None) == [("order.subject", "/loan_id", E, None)]
    assert found(order, type="indemnity") == [("order.subject", "/pact_id", E, None)]
    assert found(order, type="indemnity", pact_id="P-1", loan_id=None) == []
