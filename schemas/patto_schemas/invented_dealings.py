"""Invented jobs, payment orders and movements of the people that `invent.py` makes; every check letter is right."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from patto_schemas.identity.numbers import italian_iban
from patto_schemas.model import Employment, Movement, PaymentOrder
from patto_schemas.model.base import Identifier
from patto_schemas.model.employment import Communication

if TYPE_CHECKING:
    from patto_schemas.invent import Inventor
    from patto_schemas.model import Loan, Pact

BANK: Final = "0999904000"
"""ABI and CAB of an invented bank."""
BIC: Final = "PTTOIT2BXXX"
"""Its BIC; nobody has it."""
LENDER: Final = "0" * 11 + "7"
"""The lender's account there."""


def employment(inventor: Inventor, pact: Pact) -> Employment:
    """Give an internship of the pact's person that goes on, with the communication of its start."""
    start = (pact.signed_on or inventor.day()) + timedelta(20)
    code = f"16{inventor.key('CO')[-6:]:0>14}"
    return Employment(
        revision=1,
        employment_id=inventor.key("RL"),
        identifiers=(Identifier(scheme="co", value=code),),
        person_id=pact.person_id,
        person_scheme=pact.person_scheme,
        pact_id=pact.pact_id,
        type="internship",
        contract_code="C.01.00",
        employer_id=inventor.vat_number(),
        employer_scheme="piva",
        promoter_id=inventor.promoter_code(),
        promoter_scheme="cpi_11",
        started_on=start,
        planned_end_on=start + timedelta(180),
        weekly_hours=Decimal(20),
        communications=(Communication(code=code, type="ASS", on=start, state="validated"),),
        status="active",
    )


def payment_order(inventor: Inventor, loan: Loan) -> PaymentOrder:
    """Give the order that paid out the loan's first disbursement."""
    paid = loan.disbursements[0]
    return PaymentOrder(
        revision=1,
        order_id=inventor.key("OP"),
        type="disbursement",
        loan_id=loan.loan_id,
        debtor_name="Microcredito di prova",
        debtor_iban=italian_iban(BANK + LENDER),
        creditor_name="Persona inventata",
        creditor_iban=loan.iban or italian_iban(f"{BANK}{inventor.key('C')[-6:]:0>12}"),
        amount=paid.amount,
        requested_on=paid.on,
        end_to_end_id=paid.end_to_end_id or inventor.key("E2E"),
        remittance=f"Erogazione {loan.loan_id}",
        bank_id=BIC,
        status="executed",
    )


def movement(inventor: Inventor, loan: Loan) -> Movement:
    """Give the bank's movement of the loan's first disbursement."""
    paid = loan.disbursements[0]
    key = inventor.key("BM")
    return Movement(
        revision=1,
        movement_id=key,
        account_iban=italian_iban(BANK + LENDER),
        statement_id=f"{paid.on:%Y%j}",
        booked_on=paid.on,
        value_on=paid.on,
        amount=paid.amount,
        direction="debit",
        status="booked",
        end_to_end_id=paid.end_to_end_id,
        bank_reference=key,
        transaction_code="PMNT/ICDT/ESCT",
    )
