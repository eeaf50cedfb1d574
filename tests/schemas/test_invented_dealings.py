from random import Random

import pytest

from patto_schemas.invent import Inventor
from patto_schemas.invented_dealings import employment, movement, payment_order
from patto_schemas.rules import check


@pytest.mark.parametrize("seed", range(20))
def test_invented_dealings_keep_every_rule_without_a_warning(seed):
    inventor = Inventor(Random(seed))
    pact = inventor.pact()
    loan = inventor.loan(pact)
    records = (employment(inventor, pact), payment_order(inventor, loan), movement(inventor, loan))

    assert [issue for record in records for issue in check(record)] == []


def test_an_order_and_its_movement_tell_of_the_same_money():
    inventor = Inventor(Random(1))
    loan = inventor.loan(inventor.pact())
    order, moved = payment_order(inventor, loan), movement(inventor, loan)

    assert (order.end_to_end_id, order.amount, order.debtor_iban) == (
        moved.end_to_end_id,
        moved.amount,
        moved.account_iban,
    )


def test_an_order_pays_to_the_loans_account_where_it_has_one():
    inventor = Inventor(Random(1))
    loan = inventor.loan(inventor.pact()).model_copy(update={"iban": "IT60X0542811101000000123456"})

    assert payment_order(inventor, loan).creditor_iban == "IT60X0542811101000000123456"
