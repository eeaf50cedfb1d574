from random import Random

from patto_schemas import Loan, Name, Need, Visit
from patto_schemas.invent import Inventor


def test_a_loan_waits_for_its_pact_and_names_its_operator():
    inventor = Inventor(Random(1))
    loan = inventor.loan(inventor.pact())
    other = Loan.model_validate({**loan.model_dump(), "pact_id": None, "operator_id": "1", "operator_scheme": "piva"})

    assert loan.needs() == (Need("pact", Name("local", loan.pact_id)),)
    assert loan.organisations() == ()
    assert other.needs() == ()
    assert other.organisations() == (Name("piva", "1"),)


def test_a_visit_waits_for_what_it_visits():
    visit = Visit(visit_id="1", pact_id="P", loan_id="L", on="2020-01-01", visitor="A", place="home")

    assert visit.needs() == (Need("pact", Name("local", "P")), Need("loan", Name("local", "L")))


def test_a_loan_is_found_by_the_end_to_end_ids_of_its_payments():
    inventor = Inventor(Random(1))
    loan = inventor.loan(inventor.pact())
    first = loan.instalments[0].model_copy(update={"end_to_end_id": "PR-1-R01"})
    untold = loan.instalments[1].model_copy(update={"end_to_end_id": "NOTPROVIDED"})
    repaying = loan.model_copy(update={"instalments": (first, untold)})

    assert repaying.names() == (
        Name("local", loan.loan_id),
        Name("end_to_end", loan.disbursements[0].end_to_end_id),
        Name("end_to_end", "PR-1-R01"),
    )
