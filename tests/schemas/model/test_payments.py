from random import Random

import pytest

from patto_schemas import Name, Need
from patto_schemas.invent import Inventor
from patto_schemas.invented_dealings import BIC, movement, payment_order


@pytest.fixture
def inventor():
    return Inventor(Random(1))


@pytest.fixture
def loan(inventor):
    return inventor.loan(inventor.pact())


def test_an_order_waits_for_what_it_pays_and_names_its_bank(inventor, loan):
    order = payment_order(inventor, loan)
    indemnity = order.model_copy(update={"type": "indemnity", "loan_id": None, "pact_id": "P", "bank_id": None})

    assert order.needs() == (Need("loan", Name("local", loan.loan_id)),)
    assert order.organisations() == (Name("bic", BIC),)
    assert indemnity.needs() == (Need("pact", Name("local", "P")),)
    assert indemnity.organisations() == ()


def test_a_movement_finds_the_loan_that_it_pays_by_its_end_to_end_id(inventor, loan):
    asked = movement(inventor, loan).needs()

    assert [need.kind for need in asked] == ["loan"]
    assert asked[0].name in loan.names()
    assert asked[0].name in payment_order(inventor, loan).names()


@pytest.mark.parametrize("nothing", [None, "NOTPROVIDED"])
def test_a_movement_without_end_to_end_id_waits_for_nothing(inventor, loan, nothing):
    assert movement(inventor, loan).model_copy(update={"end_to_end_id": nothing}).needs() == ()
